// @ts-check
// The line of a figure that changes in steps.

/**
 * @param {{time: number, value: number}[]} points - ascending by time; each holds until the next one
 * @param {number} end - until when the last one holds
 * @param {number} width
 * @param {number} height
 * @returns {string} the `d` of a path; empty without points
 */
export function sparkPath(points, end, width, height) {
  if (points.length === 0) return "";
  const start = points[0].time;
  const span = Math.max(end - start, 1);
  const largest = Math.max(...points.map(({ value }) => value), 1);
  const x = (/** @type {number} */ time) => ((Math.min(time, end) - start) / span * width).toFixed(1);
  const y = (/** @type {number} */ value) => (1 + (1 - value / largest) * (height - 2)).toFixed(1);
  const steps = points.map(({ time, value }, index) => (index === 0 ? `M0 ${y(value)}` : `H${x(time)}V${y(value)}`));
  return `${steps.join("")}H${width}`;
}
