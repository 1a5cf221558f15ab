// @ts-check
// A small course of one figure, in a cell.

import { setAttribute, svg } from "../dom/elements.js";
import { sparkPath } from "../lib/spark-path.js";

const WIDTH = 96;
const HEIGHT = 20;

/** @param {HTMLElement} cell */
export function createSparkLine(cell) {
  cell.append(svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, svg("path", {})));
}

/**
 * @param {HTMLElement} cell
 * @param {{time: number, value: number}[]} points - each holds until the next one
 * @param {number} end - until when the last one holds
 * @param {string} text - the same in words
 */
export function updateSparkLine(cell, points, end, text) {
  const drawing = /** @type {SVGElement} */ (cell.querySelector("svg"));
  setAttribute(drawing, "aria-label", text);
  setAttribute(/** @type {SVGElement} */ (drawing.querySelector("path")), "d", sparkPath(points, end, WIDTH, HEIGHT));
}
