// @ts-check
// How long to wait before the next attempt.

export const FIRST_DELAY = 1000;
export const LONGEST_DELAY = 15000;

/**
 * Doubles from one second to a quarter of a minute, spread by a quarter to
 * either side so that many pages do not come back at the same instant.
 * @param {number} attempt - failures so far, from 1
 * @param {number} random - in [0, 1)
 * @returns {number} milliseconds within [FIRST_DELAY, LONGEST_DELAY]
 */
export function retryDelay(attempt, random) {
  const doubled = FIRST_DELAY * 2 ** Math.min(attempt - 1, 30);
  const spread = Math.min(doubled, LONGEST_DELAY) * (0.75 + random / 2);
  return Math.min(LONGEST_DELAY, Math.max(FIRST_DELAY, Math.round(spread)));
}

/**
 * @param {string | null} header - `Retry-After`
 * @param {number} fallback - milliseconds
 * @returns {number} milliseconds
 */
export function retryAfter(header, fallback) {
  const seconds = header === null || header.trim() === "" ? NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, 60_000) : fallback;
}
