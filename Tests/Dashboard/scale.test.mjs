import assert from "node:assert/strict";
import { test } from "node:test";
import { byteTicks, decimalTicks, linearScale, timeTicks, timeWindow } from "../../Public/js/lib/scale.js";

test("A linear scale maps ends to ends and survives an empty domain", () => {
  const scale = linearScale(10, 20, 100, 0);
  assert.deepEqual([10, 15, 20].map(scale), [100, 50, 0]);
  assert.equal(linearScale(3, 3, 40, 90)(3), 40);
});

test("Byte ticks are powers of two apart, start at zero and reach the largest value", () => {
  for (const max of [1, 1000, 1025, 5e6, 53.2 * 2 ** 20, 3e12]) {
    const { ticks, top } = byteTicks(max, 5);
    assert.equal(ticks[0], 0);
    assert.ok(top >= max, `${top} < ${max}`);
    assert.equal(ticks.at(-1), top);
    assert.ok(ticks.length >= 2 && ticks.length <= 7, `${ticks.length} ticks for ${max}`);
    assert.ok(Number.isInteger(Math.log2(ticks[1])));
  }
});

test("An axis without values still has one", () => {
  assert.deepEqual(byteTicks(0, 4).top, 1024);
  assert.deepEqual(decimalTicks(0, 4), { ticks: [0, 1], top: 1 });
});

test("Decimal ticks are one, two or five times a power of ten apart", () => {
  for (const max of [3, 7, 42, 999, 64_000, 1.2e9]) {
    const { ticks, top } = decimalTicks(max, 4);
    const first = Number(ticks[1].toExponential().split("e")[0]);
    assert.ok([1, 2, 5].includes(first), `${ticks[1]}`);
    assert.ok(top >= max && ticks.length <= 7);
  }
});

test("Time ticks are round in local time, also half an hour off UTC", () => {
  const start = Date.UTC(2026, 0, 1, 3, 0, 20);
  const { ticks, step } = timeTicks(start, start + 600_000, 6, -330);
  assert.equal(step, 120_000);
  assert.ok(ticks.length >= 4 && ticks.length <= 6);
  for (const tick of ticks) assert.equal((tick + 330 * 60_000) % step, 0);
  const day = timeTicks(start, start + 86_400_000, 8, -330);
  for (const tick of day.ticks) assert.equal((tick + 330 * 60_000) % 10_800_000, 0);
});

test("A young process fills the chart in steps and an old one the whole span", () => {
  assert.deepEqual(timeWindow(95, 100, 600), { start: 40, end: 100 });
  assert.deepEqual(timeWindow(0, 100, 600), { start: -20, end: 100 });
  assert.deepEqual(timeWindow(0, 400, 600), { start: -200, end: 400 });
});
