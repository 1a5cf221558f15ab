import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpan } from "../../Public/js/lib/format.js";
import { leakKey, parseAddress, rootText, scanCaveats, scanText, unlistedTexts } from "../../Public/js/lib/heap.js";

const scan = { takenAt: 1, method: "fork+registers", pauseNanoseconds: 2_100_000, durationNanoseconds: 1.25e9,
  blocks: 1234, bytes: 2048, threads: 9, threadsRead: 8, threadsLeft: 0, unknownHeap: false,
  refusedReferences: 0, passes: 2 };

test("A span has the unit it is read in", () => {
  const cases = [[0, "0 ns"], [999, "999 ns"], [850_000, "850 µs"], [2_100_000, "2.10 ms"], [1.25e9, "1.25 s"],
    [61e9, "1 min 1 s"], [null, "unknown"]];
  for (const [nanoseconds, text] of cases) assert.equal(formatSpan(nanoseconds), text);
});

test("A scan says what it cost and how it was made", () => {
  assert.equal(scanText(scan), "The program was paused for 2.10 ms; the scan took 1.25 s in 2 passes and looked at a "
    + "copy of the process and at its threads' registers: 1,234 blocks, 2.00 KiB, registers of 8 of 9 threads.");
  assert.match(scanText({ ...scan, passes: 1, method: "stopped" }), /took 1\.25 s and looked at the process itself/);
  assert.match(scanText({ ...scan, method: "a new one" }), / and a new one: /);
});

test("What a scan could not see is said, and nothing else", () => {
  assert.deepEqual(scanCaveats(scan), []);
  assert.match(scanCaveats({ ...scan, unknownHeap: true })[0], /leaks may be missing/);
  assert.match(scanCaveats({ ...scan, refusedReferences: 3 })[0], /^3 words /);
  assert.match(scanCaveats({ ...scan, threadsLeft: 1 })[0], /^1 thread was left/);
  assert.match(scanCaveats({ ...scan, threadsLeft: 2 })[0], /^2 threads were left/);
});

test("What is not listed is explained when there is some", () => {
  const none = {
    suspects: 0, kernelSuspects: 0, stackHeldBlocks: 0, stackHeldBytes: 0, stackSuspects: 0,
    stackSuspectBytes: 0, kernelHeldBlocks: 0, kernelHeldBytes: 0, suppressedBlocks: 0, suppressedBytes: 0,
  };
  assert.deepEqual(unlistedTexts(none), []);
  assert.match(unlistedTexts({ ...none, suspects: 1 })[0], /^1 more block is suspect/);
  const [suspects, suppressed] = unlistedTexts({ ...none, suspects: 2, suppressedBlocks: 1, suppressedBytes: 64 });
  assert.match(suspects, /^2 more blocks are suspect/);
  assert.match(suppressed, /^64 B in 1 block are left out/);
  const [stack, kernel] = unlistedTexts(
    { ...none, stackHeldBlocks: 1, stackHeldBytes: 32, kernelHeldBlocks: 50, kernelHeldBytes: 64 });
  assert.match(stack, /^32 B in 1 block is held by nothing but words on stacks.*left there\.$/);
  const [single] = unlistedTexts({ ...none, stackHeldBlocks: 9, stackHeldBytes: 320, stackSuspects: 2 });
  assert.match(single, /; 2 of them hang on single words\.$/);
  assert.match(kernel, /^64 B in 50 blocks are held by the kernel only/);
  const maybe = unlistedTexts({ ...none, suspects: 3, kernelSuspects: 3 });
  assert.equal(maybe.length, 1);
  assert.match(maybe[0], /^3 of the suspects may be held by the kernel/);
});

test("A root is named by what is known of it", () => {
  const cases = [
    [{ kind: "global", image: "demo", symbol: "cache" }, "global variable cache in demo"],
    [{ kind: "global", image: "demo", symbol: null }, "global variable in demo"],
    [{ kind: "stack", tid: 17 }, "stack of thread 17"],
    [{ kind: "register", tid: 17, image: null }, "register of thread 17"],
    [{ kind: "thread", tid: 17 }, "variable of thread 17"],
    [{ kind: "kernel" }, "user data in the kernel"],
    [{ kind: "something new" }, "something new"],
  ];
  for (const [root, text] of cases) assert.equal(rootText(root), text);
});

test("Rows of leaks are told apart by all that makes a group", () => {
  const leak = { kind: "direct", typeKind: "class", type: "A", site: 1, reason: "r" };
  const others = [{ kind: "cycle" }, { type: "B" }, { site: 2 }, { reason: "s" }];
  const keys = [leak, ...others.map((change) => ({ ...leak, ...change }))];
  assert.equal(new Set(keys.map(leakKey)).size, keys.length);
  assert.equal(leakKey(leak), leakKey({ ...leak, bytes: 5 }));
});

test("Addresses are taken as people write them, and nothing else is", () => {
  for (const text of ["0x7F12", " 7f12 ", "0X007f12"]) assert.equal(parseAddress(text), "0x7f12");
  assert.equal(parseAddress("0"), "0x0");
  for (const text of ["", "0x", "12345678901234567", "0x7f/../types", "-1", "1.5", "zz"]) {
    assert.equal(parseAddress(text), null, text);
  }
});
