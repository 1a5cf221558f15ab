// @ts-check
// One retain cycle: as a drawing and as text, with its size and the reference to break.

import { drawRing } from "../charts/ring-chart.js";
import { h } from "../dom/elements.js";
import { breakIndex, cycleText, ringOf, stepText } from "../lib/cycle.js";
import { exactBytes, formatBytes, formatCount } from "../lib/format.js";
import { fullLocation, location } from "../lib/frames.js";
import { EVIDENCE } from "../lib/words.js";
import { createFacts } from "./facts.js";
import { objectLink } from "./object-link.js";
import { stackList } from "./stack.js";

/** @typedef {import("../graph-types.js").Cycle} Cycle */
/** @typedef {import("../wire-types.js").Frame} Frame */

/** @type {import("./facts.js").Fact<Cycle>[]} */
const FACTS = [
  ["Cycles alike", (it) => formatCount(it.count)],
  ["Objects", (it) => formatCount(it.objects)],
  ["Bytes", (it) => formatBytes(it.bytes), (it) => exactBytes(it.bytes)],
  ["One of them", (it) => objectLink(it.address)],
];

/** @param {Cycle} cycle @returns {HTMLElement} which reference should not be strong, and why that one */
function breakText({ breakEdge, path, reachable }) {
  if (!breakEdge) return h("p", { class: "muted" }, "Which reference should not be strong is not known.");
  const name = stepText({ type: breakEdge.from, field: breakEdge.field });
  const drawn = breakIndex(path, breakEdge) >= 0 ? " (dashed)" : "";
  const advice = reachable ? "If it is not meant, break it at " : "Break it at ";
  return h("p", { class: "cycle-break" }, h("strong", {}, advice), h("span", { class: "code" }, name), " → ",
    h("span", { class: "code" }, breakEdge.to), `${drawn}: ${breakEdge.reason}.`, ...madeIn(breakEdge.at));
}

/** @param {Frame | null} at @returns {(string | HTMLElement)[]} where what holds the reference was made */
function madeIn(at) {
  if (!at) return [];
  const place = location(at);
  return [" Made in ", h("span", { class: "code", title: fullLocation(at) || null }, at.function),
    place ? `, ${place}.` : "."];
}

/** @param {Cycle} cycle @returns {HTMLElement} */
export function cycleCard(cycle) {
  const text = cycleText(cycle.path);
  const evidence = cycle.inferred ? "inferred" : "measured";
  const facts = createFacts(FACTS);
  facts.update(cycle);
  const drawing = h("div", { class: "ring-place" });
  drawRing(drawing, (limit) => ringOf(cycle.path, cycle.breakEdge, limit), `Cycle: ${text}`);
  const badge = h("span", { class: "badge quality", title: EVIDENCE[evidence].text, data: { quality: evidence } },
    EVIDENCE[evidence].label);
  return h("article", { class: "cycle", "aria-label": text, data: { address: cycle.address } }, drawing,
    h("div", { class: "cycle-words" },
      h("p", { class: "code cycle-path" }, text), badge, breakText(cycle), facts.element,
      h("details", {}, h("summary", {}, "Where its oldest object was made"), stackList(cycle.stack))));
}
