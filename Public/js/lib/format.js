// @ts-check
// Figures as text. Locale-independent on purpose: a figure on the page, in a
// screenshot and in a bug report should look the same everywhere.

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const COUNT_UNITS = ["", "k", "M", "G", "T"];
const MINUS = "\u2212";
export const UNKNOWN = "unknown";

/**
 * Three significant digits: 1.23, 12.3, 123.
 * @param {number} value - below 1024
 */
function threeDigits(value) {
  if (value >= 99.95) return String(Math.round(value));
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** @param {number} value @param {number} base @param {string[]} units @returns {[string, string]} */
function scaled(value, base, units) {
  let power = 0;
  // Half a unit of the last digit shown belongs to the next unit: 1023.6 KiB reads 1.00 MiB.
  while (value >= base - 0.5 && power < units.length - 1) {
    value /= base;
    power += 1;
  }
  return [power === 0 ? String(Math.round(value)) : threeDigits(value), units[power]];
}

/** @param {number | null | undefined} value @returns {value is number} */
export function isKnown(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * A figure and its unit apart, so that a page can set them in different sizes.
 * @param {number | null | undefined} bytes - may be negative
 * @returns {{figure: string, unit: string}}
 */
export function splitBytes(bytes) {
  if (!isKnown(bytes)) return { figure: UNKNOWN, unit: "" };
  const [figure, unit] = scaled(Math.abs(bytes), 1024, BYTE_UNITS);
  return { figure: (bytes < 0 ? MINUS : "") + figure, unit };
}

/** @param {number | null | undefined} bytes @returns {string} "1.50 MiB" */
export function formatBytes(bytes) {
  const { figure, unit } = splitBytes(bytes);
  return unit ? `${figure} ${unit}` : figure;
}

/** @param {number} bytes @returns {string} as short as an axis wants it: "64 MiB", "1.5 MiB", "0" */
export function axisBytes(bytes) {
  return bytes === 0 ? "0" : formatBytes(bytes).replace(/\.0+ |(\.\d*?[1-9])0+ /, "$1 ");
}

/** @param {number} value @returns {string} "1,234,567" */
export function groupDigits(value) {
  const digits = Math.abs(Math.round(value)).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? MINUS + digits : digits;
}

/** @param {number | null | undefined} bytes @returns {string} "1,234 bytes" */
export function exactBytes(bytes) {
  if (!isKnown(bytes)) return UNKNOWN;
  return `${groupDigits(bytes)} ${Math.abs(bytes) === 1 ? "byte" : "bytes"}`;
}

/** @param {number | null | undefined} count @returns {string} exact below ten million, then "12.3 M" */
export function formatCount(count) {
  if (!isKnown(count)) return UNKNOWN;
  return Math.abs(count) < 1e7 ? groupDigits(count) : compactCount(count);
}

/** @param {number | null | undefined} count @returns {string} "950", "12.3 k", "4.56 M" */
export function compactCount(count) {
  if (!isKnown(count)) return UNKNOWN;
  const [figure, unit] = scaled(Math.abs(count), 1000, COUNT_UNITS);
  return (count < 0 ? MINUS : "") + (unit ? `${figure} ${unit}` : figure);
}

/** @param {number} count @returns {string} as short as an axis wants it: "20 k", "1.5 M" */
export function axisCount(count) {
  return compactCount(count).replace(/\.0+ |(\.\d*?[1-9])0+ /, "$1 ");
}

/** @param {number | null | undefined} perSecond @returns {string} */
export function formatRate(perSecond) {
  return isKnown(perSecond) ? `${compactCount(perSecond)}/s` : UNKNOWN;
}

/** @param {number | null | undefined} bytes @returns {string} "+1.50 MiB", "−3 B", "0 B" */
export function signedBytes(bytes) {
  return isKnown(bytes) && bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}

/** @param {number | null | undefined} count @returns {string} "+12", "−3", "0" */
export function signedCount(count) {
  return isKnown(count) && count > 0 ? `+${formatCount(count)}` : formatCount(count);
}

/**
 * @param {number | null | undefined} part
 * @param {number | null | undefined} whole
 * @returns {string} "43 %", "0.4 %", "< 0.1 %"; "" when there is no whole to compare with
 */
export function formatShare(part, whole) {
  if (!isKnown(part) || !isKnown(whole) || whole <= 0) return "";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent >= 9.95 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** @param {number | null | undefined} nanoseconds @returns {string} "2 h 14 min", "3 min 12 s", "45 s" */
export function formatDuration(nanoseconds) {
  if (!isKnown(nanoseconds)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(nanoseconds / 1e9));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/**
 * @param {number} monotonic - nanoseconds
 * @param {{monotonic: number, unix: number}} anchor - one moment on both clocks, nanoseconds
 * @returns {number} milliseconds since 1970
 */
export function wallMilliseconds(monotonic, anchor) {
  return (anchor.unix + (monotonic - anchor.monotonic)) / 1e6;
}

/** @param {number} milliseconds - since 1970 @param {boolean} withSeconds @returns {string} local "14:03:09" */
export function formatClock(milliseconds, withSeconds) {
  const date = new Date(milliseconds);
  const parts = [date.getHours(), date.getMinutes()];
  if (withSeconds) parts.push(date.getSeconds());
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** @param {number | null | undefined} nanoseconds @returns {string} "850 µs", "2.10 ms", "1.25 s", "3 min 12 s" */
export function formatSpan(nanoseconds) {
  if (!isKnown(nanoseconds)) return UNKNOWN;
  if (nanoseconds >= 60e9) return formatDuration(nanoseconds);
  const [figure, unit] = scaled(Math.max(0, nanoseconds), 1000, ["ns", "µs", "ms", "s"]);
  return `${figure} ${unit}`;
}
