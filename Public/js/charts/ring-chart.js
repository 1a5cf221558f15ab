// @ts-check
// Draws a ring of objects that hold each other: boxes with types, arrows with fields.

import { replace, setAttribute, svg } from "../dom/elements.js";
import { layoutRing, nodeLimit } from "../lib/ring-layout.js";

const WIDEST = 640;
const NARROWEST = 220;

/** @param {import("../lib/ring-layout.js").Box} box @param {import("../lib/cycle.js").RingNode} node */
function drawNode(box, node) {
  return svg("g", { class: node.folded ? "ring-node is-folded" : "ring-node" },
    svg("title", {}, node.label),
    svg("rect", { x: box.x - box.width / 2, y: box.y - box.height / 2, width: box.width, height: box.height, rx: 8 }),
    svg("text", { x: box.x, y: box.y, class: "ring-name" }, box.text));
}

/** @param {import("../lib/ring-layout.js").Arrow} arrow @param {import("../lib/cycle.js").RingEdge} edge */
function drawEdge({ line, arrow, label }, edge) {
  return svg("g", { class: edge.isBreak ? "ring-edge is-break" : "ring-edge" },
    svg("title", {}, edge.label),
    svg("path", { d: line, class: "ring-line" }),
    svg("path", { d: arrow, class: "ring-arrow" }),
    svg("text", { x: label.x, y: label.y, class: "ring-field", "text-anchor": label.anchor }, label.text));
}

/**
 * @param {HTMLElement} place - as wide as the drawing may be; a narrow one gets a narrow drawing
 * @param {(limit: number) => import("../lib/cycle.js").Ring} ringFor - with at most so many nodes
 * @param {string} text - the same in words
 */
export function drawRing(place, ringFor, text) {
  const element = svg("svg", { class: "ring", role: "img", "aria-label": text });
  let drawn = 0;
  const draw = () => {
    const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, place.clientWidth)));
    if (width === drawn || place.clientWidth === 0) return;
    drawn = width;
    const ring = ringFor(nodeLimit(width));
    const layout = layoutRing(ring, width);
    setAttribute(element, "viewBox", `0 0 ${layout.width} ${layout.height}`);
    setAttribute(element, "width", layout.width);
    setAttribute(element, "height", layout.height);
    replace(element, ...layout.arrows.map((arrow, index) => drawEdge(arrow, ring.edges[index])),
      ...layout.boxes.map((box, index) => drawNode(box, ring.nodes[index])));
  };
  place.append(element);
  new ResizeObserver(draw).observe(place);
}
