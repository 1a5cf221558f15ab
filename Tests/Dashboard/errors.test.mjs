import assert from "node:assert/strict";
import { test } from "node:test";

import { checksText, dumpRows, threadText } from "../../Public/js/lib/memory-errors.js";

const error = {
  address: "0x7f0000000018", block: "0x7f0000000000", size: 24,
  bytes: { address: "0x7f0000000010", hexadecimal: `${"00".repeat(8)}2a${"ff".repeat(9)}` },
};

test("a dump has sixteen bytes to a row, and marks the damage and the block", () => {
  const rows = dumpRows(error);
  assert.deepEqual(rows.map((row) => row.address), ["0x7f0000000010", "0x7f0000000020"]);
  assert.deepEqual(rows.map((row) => row.cells.length), [16, 2]);
  const cells = rows.flatMap((row) => row.cells);
  assert.deepEqual(cells.flatMap((cell, index) => (cell.damaged ? [index] : [])), [8]);
  assert.equal(cells[8].text, "2a");
  assert.equal(cells.filter((cell) => cell.inside).length, 8);
});

test("without contents there is no dump, and without a block nothing is inside", () => {
  assert.deepEqual(dumpRows({ ...error, bytes: null }), []);
  const cells = dumpRows({ ...error, block: null, size: null }).flatMap((row) => row.cells);
  assert.ok(cells.every((cell) => !cell.inside));
});

test("every way of checking says what it does not see", () => {
  const checks = { guard: { rate: 5000 }, quarantine: { bytes: 1024, limitBytes: 2048 } };
  const texts = ["off", "sampled", "full", "pages"].map((mode) => checksText({ ...checks, mode }));
  assert.equal(new Set(texts).size, 4);
  assert.match(texts[1], /One allocation in about 5,000/);
  assert.match(texts[2], /1\.00 KiB of 2\.00 KiB/);
  assert.equal(threadText(null), "");
  assert.equal(threadText({ id: 1, tid: 7, name: "" }), "by thread unnamed (tid 7)");
});
