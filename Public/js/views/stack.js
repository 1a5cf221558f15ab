// @ts-check
// Call stacks: one line of them, or all.

import { h, setAttribute, setText } from "../dom/elements.js";
import { fullLocation, headline, isPlumbing, location } from "../lib/frames.js";
import { memberName, shortName } from "../lib/names.js";

/** @typedef {import("../wire-types.js").Frame} Frame */

/**
 * The cell that names a stack: the innermost function of the program's own and its place.
 * @param {HTMLElement} cell
 */
export function createStackCell(cell) {
  cell.append(h("div", { class: "named" },
    h("span", { class: "name code" }), h("span", { class: "place" })));
}

/** @param {HTMLElement} cell @param {Frame[]} stack */
export function updateStackCell(cell, stack) {
  const frame = headline(stack);
  const name = /** @type {HTMLElement} */ (cell.querySelector(".name"));
  const place = /** @type {HTMLElement} */ (cell.querySelector(".place"));
  setText(name, frame ? memberName(shortName(frame.function)) : "No stack was taken");
  setAttribute(name, "title", frame?.function ?? null);
  setText(place, frame ? [location(frame), frame.image].filter(Boolean).join(" · ") : "balanced mode or a full table");
  setAttribute(place, "title", frame ? fullLocation(frame) || frame.image : null);
}

/** @param {Frame} frame @returns {HTMLElement} */
function stackLine(frame) {
  const place = fullLocation(frame);
  return h("li", { class: `frame${isPlumbing(frame) ? " is-plumbing" : ""}` },
    h("span", { class: "code frame-function" }, frame.function),
    frame.inlined && h("span", { class: "badge", title: "Inlined into the function below it" }, "inlined"),
    h("span", { class: "frame-place" },
      h("span", { title: place || null }, place),
      h("span", { class: "frame-image", title: frame.address }, frame.image ?? "unknown image")));
}

const NO_STACK = "No stack was taken for these blocks: they were recorded in balanced mode, or the table of stacks is "
  + "full.";

/** @param {Frame[]} stack - innermost first @param {string} [without] - why there is none @returns {HTMLElement} */
export function stackList(stack, without = NO_STACK) {
  if (stack.length === 0) return h("p", { class: "muted" }, without);
  return h("ol", { class: "stack", "aria-label": "Call stack, innermost first" }, ...stack.map(stackLine));
}
