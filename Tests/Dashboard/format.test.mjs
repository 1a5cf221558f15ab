import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axisBytes, axisCount, exactBytes, formatBytes, formatClock, formatCount, formatDuration, formatRate, formatShare,
  groupDigits, signedBytes, signedCount, splitBytes, wallMilliseconds,
} from "../../Public/js/lib/format.js";

test("Bytes show three digits and a binary unit", () => {
  const cases = [[0, "0 B"], [1, "1 B"], [1023, "1023 B"], [1024, "1.00 KiB"], [1536, "1.50 KiB"], [10240, "10.0 KiB"],
    [104857600, "100 MiB"], [2 ** 40, "1.00 TiB"]];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test("A figure that would round to the next unit is shown in it", () => {
  assert.equal(formatBytes(1024 * 1024 - 1), "1.00 MiB");
  assert.equal(formatBytes(1024 * 1023), "1023 KiB");
  assert.equal(formatRate(999_999), "1.00 M/s");
});

test("An unknown figure is called so and never zero", () => {
  for (const format of [formatBytes, exactBytes, formatCount, formatRate, signedBytes, signedCount, formatDuration]) {
    for (const value of [null, undefined, NaN]) assert.equal(format(value), "unknown");
  }
  assert.deepEqual(splitBytes(null), { figure: "unknown", unit: "" });
});

test("Exact figures group digits and mind the singular", () => {
  assert.equal(exactBytes(48234496), "48,234,496 bytes");
  assert.equal(exactBytes(1), "1 byte");
  assert.equal(groupDigits(-1234567), "\u22121,234,567");
  assert.equal(groupDigits(999), "999");
});

test("Counts are exact below ten million", () => {
  assert.equal(formatCount(9_999_999), "9,999,999");
  assert.equal(formatCount(12_345_678), "12.3 M");
});

test("Differences carry their sign", () => {
  assert.equal(signedBytes(1536), "+1.50 KiB");
  assert.equal(signedBytes(-1536), "\u22121.50 KiB");
  assert.equal(signedBytes(0), "0 B");
  assert.equal(signedCount(12), "+12");
  assert.equal(signedCount(-12), "\u221212");
});

test("Axis labels leave out zeros that say nothing", () => {
  assert.deepEqual([0, 1024, 64 * 2 ** 20, 1.5 * 2 ** 20, 10 * 2 ** 20].map(axisBytes),
    ["0", "1 KiB", "64 MiB", "1.5 MiB", "10 MiB"]);
  assert.deepEqual([0, 100, 20_000, 1_500_000].map(axisCount), ["0", "100", "20 k", "1.5 M"]);
});

test("A share needs a whole", () => {
  assert.equal(formatShare(43, 100), "43 %");
  assert.equal(formatShare(1, 3), "33 %");
  assert.equal(formatShare(4, 1000), "0.4 %");
  assert.equal(formatShare(1, 1e6), "< 0.1 %");
  assert.equal(formatShare(0, 10), "0.0 %");
  for (const whole of [0, null, undefined]) assert.equal(formatShare(1, whole), "");
});

test("Durations show their two largest units", () => {
  const seconds = (count) => formatDuration(count * 1e9);
  assert.deepEqual([0, 59, 61, 3600, 90_000].map(seconds), ["0 s", "59 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
});

test("Monotonic times become wall times through the anchor", () => {
  const anchor = { monotonic: 5e9, unix: 1_790_000_000e9 };
  assert.equal(wallMilliseconds(7e9, anchor), 1_790_000_002_000);
  const noon = new Date(2026, 0, 2, 12, 5, 9).getTime();
  assert.equal(formatClock(noon, true), "12:05:09");
  assert.equal(formatClock(noon, false), "12:05");
});
