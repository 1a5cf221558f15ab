// @ts-check
// A figure with a bar that shows its share of a whole.

import { h, setAttribute, setText } from "../dom/elements.js";
import { formatShare } from "../lib/format.js";

/** @param {HTMLElement} cell */
export function createShareBar(cell) {
  const track = h("span", { class: "share-track" }, h("span", { class: "share-fill" }));
  cell.append(h("span", { class: "share-text" }), track);
}

/** @param {HTMLElement} cell @param {number} part @param {number | null} whole */
export function updateShareBar(cell, part, whole) {
  const share = whole ? Math.min(1, Math.max(0, part / whole)) : 0;
  const fill = /** @type {HTMLElement} */ (cell.querySelector(".share-fill"));
  setText(/** @type {HTMLElement} */ (cell.querySelector(".share-text")), formatShare(part, whole));
  fill.style.width = `${(share * 100).toFixed(2)}%`;
  setAttribute(cell, "data-value", share.toFixed(4));
}
