// @ts-check
// Axes: where ticks stand and how values map to pixels.

/**
 * @param {number} from @param {number} to - ends of the domain
 * @param {number} start @param {number} end - ends of the range
 * @returns {(value: number) => number} `start` everywhere for an empty domain
 */
export function linearScale(from, to, start, end) {
  const factor = to === from ? 0 : (end - start) / (to - from);
  return (value) => start + (value - from) * factor;
}

/** @param {number} max @param {number} step @returns {{ticks: number[], top: number}} from 0 to at least `max` */
function ticksUpTo(max, step) {
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return { ticks: Array.from({ length: count + 1 }, (_, index) => index * step), top: count * step };
}

/**
 * Ticks at powers of two, so that labels read 64, 128, 192 MiB.
 * @param {number} max - bytes; anything not positive gives an axis up to 1 KiB
 * @param {number} count - about how many intervals are wanted
 */
export function byteTicks(max, count) {
  const target = Math.max(max, 1024) / count;
  return ticksUpTo(Math.max(max, 1024), 2 ** Math.ceil(Math.log2(target)));
}

/**
 * Ticks at 1, 2 or 5 times a power of ten.
 * @param {number} max - anything not positive gives an axis up to 1
 * @param {number} count - about how many intervals are wanted
 */
export function decimalTicks(max, count) {
  const wanted = Math.max(max, 1);
  const target = Math.max(1, wanted / count);
  const power = 10 ** Math.floor(Math.log10(target));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= target - 1e-9);
  return ticksUpTo(wanted, step ?? power * 10);
}

const MINUTE = 60_000;
const TIME_STEPS = [
  5_000, 10_000, 15_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  60 * MINUTE, 120 * MINUTE, 180 * MINUTE, 360 * MINUTE, 720 * MINUTE,
];

/**
 * Round moments of the local clock.
 * @param {number} start @param {number} end - milliseconds since 1970
 * @param {number} count - at most so many intervals
 * @param {number} offsetMinutes - `Date.getTimezoneOffset()`: UTC minus local
 * @returns {{ticks: number[], step: number}}
 */
export function timeTicks(start, end, count, offsetMinutes) {
  const step = TIME_STEPS.find((candidate) => (end - start) / candidate <= count) ?? TIME_STEPS[TIME_STEPS.length - 1];
  const shift = offsetMinutes * MINUTE;
  const ticks = [];
  for (let tick = Math.ceil((start - shift) / step) * step + shift; tick <= end; tick += step) ticks.push(tick);
  return { ticks, step };
}

/**
 * The part of a ring's span to show: a young process would otherwise fill
 * only a narrow part at the right edge. The start moves in steps, so that the
 * chart does not move between them.
 * @param {number} first @param {number} last - times of the oldest and newest point
 * @param {number} span - what the ring can hold
 * @returns {{start: number, end: number}}
 */
export function timeWindow(first, last, span) {
  const share = [0.1, 0.2, 0.5].find((candidate) => last - first <= span * candidate) ?? 1;
  return { start: last - span * share, end: last };
}
