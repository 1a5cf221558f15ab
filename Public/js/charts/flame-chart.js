// @ts-check
// Draws a flame graph, root on top, and finds what is under the pointer.

import { boxAt, isWithin } from "../lib/flame-layout.js";
import { codeGroup } from "../lib/frames.js";
import { fitName, shortName } from "../lib/names.js";
import { color, font } from "./palette.js";
import { Surface } from "./surface.js";

/** @typedef {import("../lib/flame-layout.js").FlameLayout} FlameLayout */

export const ROW = 21;
const GAP = 1;
const TEXT_MARGIN = 6;
const LEAST_TEXT_WIDTH = 28;
const LEAST_WIDTH = 0.4;
const ZOOM_MILLISECONDS = 180;

export class FlameChart {
  /** @param {HTMLCanvasElement} canvas @param {() => number} scrolled - CSS pixels above the visible part */
  constructor(canvas, scrolled) {
    this.scrolled = scrolled;
    /** @type {FlameLayout | null} */
    this.layout = null;
    /** @type {string[]} by index, as the layout */
    this.shortNames = [];
    /** @type {number[]} of colours, by index */
    this.groups = [];
    this.focus = 0;
    this.selected = -1;
    this.hovered = -1;
    /** @type {Uint8Array | null} */
    this.matched = null;
    /** The part of the weight axis that fills the width. */
    this.view = { start: 0, end: 1 };
    this.animation = 0;
    this.surface = new Surface(canvas, (context, width, height) => this.paint(context, width, height));
  }

  /** @param {FlameLayout} layout @param {number} focus */
  show(layout, focus) {
    this.layout = layout;
    this.shortNames = layout.nodes.map((node) => shortName(node.name));
    this.groups = layout.nodes.map((node, index) => (index === 0 ? 6 : codeGroup(node)));
    this.selected = this.hovered = -1;
    this.matched = null;
    this.focus = focus;
    this.view = { start: layout.start[focus], end: layout.end[focus] };
    this.surface.request();
  }

  /** @param {Uint8Array | null} matched */
  highlight(matched) {
    this.matched = matched;
    this.surface.request();
  }

  /** @param {"selected" | "hovered"} which @param {number} index */
  point(which, index) {
    if (this[which] === index) return;
    this[which] = index;
    this.surface.request();
  }

  /** @param {number} index - fills the width from now on */
  zoom(index) {
    if (!this.layout) return;
    this.focus = index;
    const from = this.view;
    const to = { start: this.layout.start[index], end: this.layout.end[index] };
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const began = performance.now();
    this.animation += 1;
    const animation = this.animation;
    const step = () => {
      if (animation !== this.animation) return;
      const share = still ? 1 : Math.min(1, (performance.now() - began) / ZOOM_MILLISECONDS);
      const eased = 1 - (1 - share) ** 3;
      this.view = {
        start: from.start + (to.start - from.start) * eased, end: from.end + (to.end - from.end) * eased,
      };
      this.surface.request();
      if (share < 1) requestAnimationFrame(step);
    };
    step();
  }

  /** @param {number} x @param {number} y - CSS pixels within the canvas @returns {number} -1 for none */
  indexAt(x, y) {
    if (!this.layout) return -1;
    const { start, end } = this.view;
    const position = start + (x / this.surface.canvas.clientWidth) * (end - start);
    return boxAt(this.layout, Math.floor((y + this.scrolled()) / ROW), position);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  paint(context, width, height) {
    const layout = this.layout;
    if (!layout) return;
    context.font = font(12);
    context.textBaseline = "middle";
    const top = this.scrolled();
    const first = Math.floor(top / ROW);
    const last = Math.min(layout.levels.length - 1, Math.floor((top + height) / ROW));
    for (let level = first; level <= last; level += 1) this.paintLevel(context, level, level * ROW - top, width);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} level @param {number} y @param {number} width */
  paintLevel(context, level, y, width) {
    const layout = /** @type {FlameLayout} */ (this.layout);
    const scale = width / Math.max(this.view.end - this.view.start, Number.MIN_VALUE);
    for (const index of layout.levels[level]) {
      if (layout.end[index] <= this.view.start || layout.start[index] >= this.view.end) continue;
      const left = Math.max(0, (layout.start[index] - this.view.start) * scale);
      const right = Math.min(width, (layout.end[index] - this.view.start) * scale);
      if (right - left >= LEAST_WIDTH) this.paintBox(context, index, left, y, right - left);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} index
   * @param {number} x
   * @param {number} y
   * @param {number} width
   */
  paintBox(context, index, x, y, width) {
    const layout = /** @type {FlameLayout} */ (this.layout);
    const found = this.matched?.[index] === 1;
    const above = layout.depth[index] < layout.depth[this.focus] && isWithin(layout, index, this.focus);
    context.globalAlpha = above || (this.matched && !found) ? 0.45 : 1;
    context.fillStyle = color(found ? "flame-match" : `flame-${this.groups[index]}`);
    const inner = Math.max(width - (width > 3 ? GAP : 0), LEAST_WIDTH);
    context.fillRect(x, y, inner, ROW - GAP);
    if (width >= LEAST_TEXT_WIDTH) {
      context.globalAlpha = above ? 0.75 : 1;
      context.fillStyle = color(found ? "flame-match-ink" : "flame-ink");
      const text = fitName(this.shortNames[index], width - 2 * TEXT_MARGIN, (part) => context.measureText(part).width);
      context.fillText(text, x + TEXT_MARGIN, y + (ROW - GAP) / 2 + 0.5);
    }
    context.globalAlpha = 1;
    if (index === this.hovered || index === this.selected) this.outline(context, x, y, inner);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} width */
  outline(context, x, y, width) {
    context.lineWidth = 2;
    context.strokeStyle = color("ink");
    context.strokeRect(x + 1, y + 1, Math.max(width - 2, 1), ROW - GAP - 2);
  }
}
