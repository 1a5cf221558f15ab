// @ts-check
// Grid, labels, marks and crosshair of a time chart. Coordinates are CSS pixels.

import { formatClock } from "../lib/format.js";
import { color, font } from "./palette.js";

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** @typedef {(value: number) => number} Scale */

const LABEL_GAP = 10;

/** @param {CanvasRenderingContext2D} context @param {number} y @param {number} from @param {number} to */
function horizontal(context, y, from, to) {
  context.beginPath();
  // Moved by half a pixel: otherwise a line of one pixel would be drawn over two.
  context.moveTo(from, Math.round(y) + 0.5);
  context.lineTo(to, Math.round(y) + 0.5);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} from @param {number} to */
function vertical(context, x, from, to) {
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, from);
  context.lineTo(Math.round(x) + 0.5, to);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {{ticks: number[], y: Scale, label: (value: number) => string}} axis
 */
export function drawValueAxis(context, box, { ticks, y, label }) {
  context.font = font(11);
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (const tick of ticks) {
    context.strokeStyle = color(tick === 0 ? "line-strong" : "chart-grid");
    horizontal(context, y(tick), box.left, box.right);
    context.fillStyle = color("ink-3");
    context.fillText(label(tick), box.left - LABEL_GAP, y(tick));
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {{ticks: number[], step: number, x: Scale}} axis - ticks in milliseconds since 1970
 */
export function drawTimeAxis(context, box, { ticks, step, x }) {
  context.font = font(11);
  context.textBaseline = "top";
  context.fillStyle = color("ink-3");
  for (const tick of ticks) {
    const text = formatClock(tick, step < 60_000);
    const half = context.measureText(text).width / 2;
    if (x(tick) - half < box.left - LABEL_GAP || x(tick) + half > box.right + LABEL_GAP) continue;
    context.textAlign = "center";
    context.fillText(text, x(tick), box.bottom + 8);
  }
}

/**
 * Dashed lines with their names on top; a name that would overlap the one before is left out.
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {{name: string, x: number}[]} marks - ascending by x
 * @param {boolean} named
 */
export function drawMarks(context, box, marks, named) {
  context.save();
  context.font = font(11);
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.strokeStyle = color("chart-mark");
  context.setLineDash([3, 3]);
  let free = -Infinity;
  for (const { name, x } of marks) {
    vertical(context, x, box.top, box.bottom);
    const text = name.length > 24 ? `${name.slice(0, 23)}…` : name;
    const width = context.measureText(text).width + 12;
    const left = Math.min(x, box.right - width);
    if (!named || left < free) continue;
    context.fillStyle = color("chart-mark");
    context.beginPath();
    context.roundRect(left, 1, width, 16, 4);
    context.fill();
    context.fillStyle = color("surface");
    context.fillText(text, left + 6, 9.5);
    free = left + width + 4;
  }
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {number} x
 * @param {{y: number, color: string}[]} dots
 */
export function drawCrosshair(context, box, x, dots) {
  context.strokeStyle = color("ink-3");
  context.lineWidth = 1;
  vertical(context, x, box.top, box.bottom);
  for (const dot of dots) {
    context.beginPath();
    context.arc(x, dot.y, 4, 0, 2 * Math.PI);
    context.fillStyle = color(dot.color);
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = color("surface");
    context.stroke();
  }
}
