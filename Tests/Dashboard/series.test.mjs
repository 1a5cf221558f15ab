import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appendPoint, COLUMNS, decimate, largest, linePath, lowerBound, nearestIndex, pointFromSummary,
} from "../../Public/js/lib/series.js";

const identity = (value) => value;
const columnsAt = (times) =>
  Object.fromEntries(COLUMNS.map((key) => [key, key === "time" ? times : times.map(() => 1)]));

test("The nearest point is found at, between and beyond the ends", () => {
  const times = [10, 20, 40];
  assert.deepEqual([0, 10, 14, 15, 16, 31, 99].map((time) => nearestIndex(times, time)), [0, 0, 0, 0, 1, 2, 2]);
  assert.equal(nearestIndex([], 5), -1);
  assert.deepEqual([0, 10, 11, 41].map((time) => lowerBound(times, time)), [0, 0, 1, 3]);
});

test("The largest value ignores what is unknown or out of view", () => {
  assert.equal(largest([[9, 2, null], [1, 3, 2]], 1), 3);
  assert.equal(largest([[null]], 0), 0);
});

test("Thinning keeps the extremes of each pixel and its breaks", () => {
  const times = Array.from({ length: 1000 }, (_, index) => index);
  const values = times.map((time) => Math.sin(time));
  values[123] = 50;
  values[456] = -50;
  values[789] = null;
  const kept = decimate(times, values, 0, (time) => time / 100);
  assert.ok(kept.length <= 10 * 5);
  for (const index of [0, 123, 456, 789, 999]) assert.ok(kept.includes(index), `${index}`);
  assert.deepEqual(kept, [...kept].sort((left, right) => left - right));
});

test("Nothing is thinned while points are sparse", () => {
  assert.deepEqual(decimate([0, 10, 20], [1, 2, 3], 1, identity), [1, 2]);
});

test("A line breaks where a value is unknown and where time is missing", () => {
  const times = [0, 1, 2, 3, 4, 50, 51];
  const values = [5, 6, null, 7, 8, 9, 10];
  const runs = linePath(times, values, { from: 0, x: (time) => time * 10, y: identity, step: 1 });
  assert.deepEqual(runs, [[0, 5, 10, 6], [30, 7, 40, 8], [500, 9, 510, 10]]);
});

test("Only unknown values draw nothing", () => {
  assert.deepEqual(linePath([0, 1], [null, null], { from: 0, x: identity, y: identity, step: 1 }), []);
});

test("A new point is added, one that is already there is not, and old ones leave", () => {
  const columns = columnsAt([0, 10, 20]);
  const point = (time) => Object.fromEntries(COLUMNS.map((key) => [key, key === "time" ? time : null]));
  assert.equal(appendPoint(columns, point(24), 10, 100), columns);
  const added = appendPoint(columns, point(30), 10, 20);
  assert.deepEqual(added.time, [10, 20, 30]);
  assert.deepEqual(added.rssBytes, [1, 1, null]);
  assert.deepEqual(columns.time, [0, 10, 20]);
});

test("A summary gives one point with every column", () => {
  const rates = { allocationsPerSecond: 1, freesPerSecond: 2, allocatedBytesPerSecond: null };
  const data = { liveBytes: 3, liveBlocks: 4, rssBytes: null, allocatorHeldBytes: 5, ownBytes: 6, rates };
  const point = pointFromSummary({ generatedAt: 9, data });
  assert.deepEqual(Object.keys(point).sort(), [...COLUMNS].sort());
  assert.equal(point.time, 9);
  assert.equal(point.allocatedBytesPerSecond, null);
});
