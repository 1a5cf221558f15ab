// @ts-check
// Columnar time series: `times` ascending, each value column as long as `times`,
// null where a value is not known.

/** @typedef {import("../wire-types.js").TimelineColumns} TimelineColumns */
/** @typedef {ReadonlyArray<number | null>} Column */

/** @type {(keyof TimelineColumns)[]} */
export const COLUMNS = [
  "time", "liveBytes", "maximumLiveBytes", "liveBlocks", "allocationsPerSecond", "freesPerSecond",
  "allocatedBytesPerSecond", "rssBytes", "allocatorHeldBytes", "ownBytes",
];

/** @param {ReadonlyArray<number>} times @param {number} time @returns {number} first index at or after `time` */
export function lowerBound(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {ReadonlyArray<number>} times @param {number} time @returns {number} -1 when there are no points */
export function nearestIndex(times, time) {
  if (times.length === 0) return -1;
  const after = Math.min(lowerBound(times, time), times.length - 1);
  if (after === 0) return 0;
  return time - times[after - 1] <= times[after] - time ? after - 1 : after;
}

/** @param {Column[]} columns @param {number} from - first index @returns {number} 0 without a known value */
export function largest(columns, from) {
  let result = 0;
  for (const column of columns) {
    for (let index = from; index < column.length; index += 1) result = Math.max(result, column[index] ?? 0);
  }
  return result;
}

/**
 * Indices to draw: at most the first, lowest, highest and last point of each
 * pixel column, so that no spike is lost however many points share a pixel.
 * A null is kept, as a gap of the line.
 * @param {ReadonlyArray<number>} times
 * @param {Column} values
 * @param {number} from - first index to look at
 * @param {(time: number) => number} x - to CSS pixels
 * @returns {number[]} ascending
 */
export function decimate(times, values, from, x) {
  /** @type {number[]} */
  const kept = [];
  let index = from;
  while (index < times.length) {
    const pixel = Math.floor(x(times[index]));
    let end = index + 1;
    while (end < times.length && Math.floor(x(times[end])) === pixel) end += 1;
    kept.push(...extremes(values, index, end));
    index = end;
  }
  return kept;
}

/** @param {Column} values @param {number} start @param {number} end @returns {number[]} ascending, distinct */
function extremes(values, start, end) {
  if (end - start <= 4) return Array.from({ length: end - start }, (_, offset) => start + offset);
  let low = start;
  let high = start;
  let gap = -1;
  for (let index = start; index < end; index += 1) {
    const value = values[index];
    if (value === null) gap = index;
    else {
      if (value < (values[low] ?? Infinity)) low = index;
      if (value > (values[high] ?? -Infinity)) high = index;
    }
  }
  const chosen = new Set([start, low, high, end - 1]);
  if (gap >= 0) chosen.add(gap);
  return [...chosen].sort((left, right) => left - right);
}

/**
 * Unbroken runs of points in pixels. A null, or a gap of more than three
 * steps (the process was stopped), ends a run.
 * @param {ReadonlyArray<number>} times
 * @param {Column} values
 * @param {{from: number, x: (time: number) => number, y: (value: number) => number, step: number}} view
 * @returns {number[][]} each run is x0, y0, x1, y1, …
 */
export function linePath(times, values, view) {
  /** @type {number[][]} */
  const runs = [];
  /** @type {number[]} */
  let run = [];
  let previous = -Infinity;
  for (const index of decimate(times, values, view.from, view.x)) {
    const value = values[index];
    if (run.length > 0 && (value === null || times[index] - previous > 3 * view.step)) {
      runs.push(run);
      run = [];
    }
    if (value !== null) run.push(view.x(times[index]), view.y(value));
    previous = times[index];
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/**
 * Adds the newest figures so that the page need not fetch the whole ring each second.
 * @param {TimelineColumns} columns - left as it is
 * @param {Record<keyof TimelineColumns, number | null>} point
 * @param {number} step - nanoseconds between points; a point less than half of it after the last is not added
 * @param {number} span - points older than this before the new one are dropped
 * @returns {TimelineColumns}
 */
export function appendPoint(columns, point, step, span) {
  const time = point.time;
  const last = columns.time[columns.time.length - 1];
  if (time === null || (last !== undefined && time - last < step / 2)) return columns;
  const from = lowerBound(columns.time, time - span);
  const entries = COLUMNS.map((key) => [key, [...columns[key].slice(from), point[key]]]);
  return Object.fromEntries(entries);
}

/**
 * @param {import("../wire-types.js").SummaryEnvelope} envelope
 * @returns {Record<keyof TimelineColumns, number | null>}
 */
export function pointFromSummary(envelope) {
  const data = envelope.data;
  return {
    time: envelope.generatedAt,
    liveBytes: data.liveBytes,
    maximumLiveBytes: data.liveBytes,
    liveBlocks: data.liveBlocks,
    allocationsPerSecond: data.rates.allocationsPerSecond,
    freesPerSecond: data.rates.freesPerSecond,
    allocatedBytesPerSecond: data.rates.allocatedBytesPerSecond,
    rssBytes: data.rssBytes,
    allocatorHeldBytes: data.allocatorHeldBytes,
    ownBytes: data.ownBytes,
  };
}
