// @ts-check
// Filters over rows that are already on the page.

/** @typedef {import("../wire-types.js").Frame} Frame */

/** @param {string} query @param {(string | null | undefined)[]} texts @returns {boolean} true for an empty query */
export function matchesText(query, texts) {
  const wanted = query.trim().toLowerCase();
  return wanted === "" || texts.some((text) => text?.toLowerCase().includes(wanted));
}

/**
 * @param {string} query
 * @param {Frame[]} stack
 * @returns {boolean} whether any frame's function, file or image matches
 */
export function matchesStack(query, stack) {
  return stack.length === 0
    ? matchesText(query, [])
    : stack.some((frame) => matchesText(query, [frame.function, frame.file, frame.image]));
}
