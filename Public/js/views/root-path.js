// @ts-check
// Why an object is alive: the path from a root to it.

import { h } from "../dom/elements.js";
import { stepText } from "../lib/cycle.js";
import { rootText } from "../lib/heap.js";
import { formatRoute } from "../lib/route.js";
import { objectLink } from "./object-link.js";

/** @typedef {import("../graph-types.js").HeapObject} HeapObject */
/** @typedef {import("../graph-types.js").RootStep | import("../graph-types.js").ObjectStep} Step */

/** @param {Step} step @param {boolean} isLast - the object itself */
function stepLine(step, isLast) {
  if ("root" in step) {
    return h("li", { class: "step" }, h("span", { class: "badge" }, "root"), rootText(step.root));
  }
  if (isLast) return h("li", { class: "step is-here" }, h("span", { class: "code" }, step.type), " (this object)");
  return h("li", { class: "step" }, objectLink(step.address, stepText(step)));
}

/** @param {HeapObject} object @returns {HTMLElement} */
export function rootPath({ rootPath: path, reachable, type }) {
  if (!reachable || !path) {
    return h("p", {}, "No root leads to it: it is unreachable. ",
      h("a", { class: "link", href: formatRoute({ view: "leaks", params: { type } }) }, "Leaks of this type"));
  }
  return h("ol", { class: "steps", "aria-label": "From a root to this object" },
    ...path.map((step, index) => stepLine(step, index === path.length - 1)));
}
