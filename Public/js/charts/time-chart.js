// @ts-check
// Lines over time on a canvas.

import { axisBytes, axisCount, wallMilliseconds } from "../lib/format.js";
import { byteTicks, decimalTicks, linearScale, timeTicks } from "../lib/scale.js";
import { largest, linePath, lowerBound } from "../lib/series.js";
import { drawCrosshair, drawMarks, drawTimeAxis, drawValueAxis } from "./axes.js";
import { color } from "./palette.js";
import { Surface } from "./surface.js";

/** @typedef {import("../wire-types.js").TimelineColumns} TimelineColumns */

/**
 * @typedef {object} Series
 * @property {keyof TimelineColumns} key
 * @property {string} label
 * @property {string} color - name of a token
 * @property {boolean} [filled]
 * @property {keyof TimelineColumns} [upper] - how high it went between two readings
 */

/**
 * @typedef {object} ChartModel
 * @property {TimelineColumns} columns
 * @property {import("../wire-types.js").Mark[]} marks
 * @property {{start: number, end: number}} window - monotonic nanoseconds
 * @property {number} step - nanoseconds between points
 * @property {{monotonic: number, unix: number}} anchor
 */

const LEFT = 64;
const RIGHT = 12;
const TOP = 22;
const TOP_BARE = 8;
const BOTTOM = 28;
const PIXELS_PER_TIME_TICK = 90;

/** @param {number[]} run - x0, y0, x1, y1, … */
function pathOf(run) {
  const path = new Path2D();
  path.moveTo(run[0], run[1]);
  for (let index = 2; index < run.length; index += 2) path.lineTo(run[index], run[index + 1]);
  return path;
}

export class TimeChart {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{series: Series[], unit: "bytes" | "count", ticks: number, namesMarks: boolean}} options
   */
  constructor(canvas, options) {
    this.options = options;
    /** @type {ChartModel | null} */
    this.model = null;
    /** @type {Set<string>} */
    this.hidden = new Set();
    /** Index of the point under the crosshair; -1 for none. */
    this.hovered = -1;
    this.surface = new Surface(canvas, (context, width, height) => this.paint(context, width, height));
  }

  /** @param {ChartModel} model */
  show(model) {
    this.model = model;
    this.surface.request();
  }

  /** @param {number} index - of a point; -1 for none */
  hover(index) {
    if (this.hovered === index) return;
    this.hovered = index;
    this.surface.request();
  }

  /** @param {string} key @param {boolean} hidden */
  hide(key, hidden) {
    if (hidden) this.hidden.add(key);
    else this.hidden.delete(key);
    this.surface.request();
  }

  /** @param {number} width - of the canvas @param {number} height @returns {import("./axes.js").Box} */
  box(width, height) {
    const top = this.options.namesMarks ? TOP : TOP_BARE;
    return { left: LEFT, right: width - RIGHT, top, bottom: height - BOTTOM };
  }

  /** @param {number} x - CSS pixels from the canvas' left edge @returns {number} monotonic nanoseconds */
  timeAt(x) {
    if (!this.model) return 0;
    const { start, end } = this.model.window;
    const box = this.box(this.surface.canvas.clientWidth, 0);
    return linearScale(box.left, box.right, start, end)(x);
  }

  /** @param {number} time @returns {number} CSS pixels from the canvas' left edge */
  xAt(time) {
    const { start, end } = this.model?.window ?? { start: 0, end: 0 };
    const box = this.box(this.surface.canvas.clientWidth, 0);
    return linearScale(start, end, box.left, box.right)(time);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  paint(context, width, height) {
    if (!this.model) return;
    const { columns, window } = this.model;
    const box = this.box(width, height);
    const from = lowerBound(columns.time, window.start);
    const visible = this.options.series.filter((series) => !this.hidden.has(series.key));
    const { ticks, top } = this.valueTicks(largest(visible.map((series) => columns[series.upper ?? series.key]), from));
    const y = linearScale(0, top, box.bottom, box.top);
    const label = this.options.unit === "bytes" ? axisBytes : axisCount;
    drawValueAxis(context, box, { ticks, y, label });
    this.paintTimes(context, box);
    for (const series of visible) this.paintSeries(context, box, series, from, y);
    this.paintMarks(context, box);
    this.paintCrosshair(context, box, visible, y);
  }

  /** @param {number} max */
  valueTicks(max) {
    // Space above the highest point, so that it does not touch the names of marks.
    const wanted = max * 1.04;
    return this.options.unit === "bytes"
      ? byteTicks(wanted, this.options.ticks) : decimalTicks(wanted, this.options.ticks);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./axes.js").Box} box */
  paintTimes(context, box) {
    const { window, anchor } = /** @type {ChartModel} */ (this.model);
    const start = wallMilliseconds(window.start, anchor);
    const end = wallMilliseconds(window.end, anchor);
    const count = Math.max(2, Math.floor((box.right - box.left) / PIXELS_PER_TIME_TICK));
    const axis = timeTicks(start, end, count, new Date(end).getTimezoneOffset());
    drawTimeAxis(context, box, { ...axis, x: linearScale(start, end, box.left, box.right) });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./axes.js").Box} box
   * @param {Series} series
   * @param {number} from
   * @param {(value: number) => number} y
   */
  paintSeries(context, box, series, from, y) {
    const { columns, window, step } = /** @type {ChartModel} */ (this.model);
    const x = linearScale(window.start, window.end, box.left, box.right);
    context.strokeStyle = color(series.color);
    if (series.upper) this.paintUpper(context, linePath(columns.time, columns[series.upper], { from, x, y, step }));
    context.lineWidth = this.options.unit === "bytes" && series.filled ? 2 : 1.5;
    context.lineJoin = "round";
    for (const run of linePath(columns.time, columns[series.key], { from, x, y, step })) {
      const path = pathOf(run);
      if (series.filled) this.fill(context, box, run, path);
      context.stroke(path);
    }
  }

  /**
   * Draws the highest value between two readings, which the line of readings does not show.
   * @param {CanvasRenderingContext2D} context
   * @param {number[][]} runs
   */
  paintUpper(context, runs) {
    context.save();
    context.globalAlpha = 0.45;
    context.lineWidth = 1;
    for (const run of runs) context.stroke(pathOf(run));
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./axes.js").Box} box
   * @param {number[]} run
   * @param {Path2D} line
   */
  fill(context, box, run, line) {
    const area = new Path2D(line);
    area.lineTo(run[run.length - 2], box.bottom);
    area.lineTo(run[0], box.bottom);
    context.save();
    context.globalAlpha = 0.13;
    context.fillStyle = context.strokeStyle;
    context.fill(area);
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./axes.js").Box} box */
  paintMarks(context, box) {
    const { marks, window } = /** @type {ChartModel} */ (this.model);
    const shown = marks.filter((mark) => mark.time >= window.start && mark.time <= window.end);
    const placed = shown.map((mark) => ({ name: mark.name, x: this.xAt(mark.time) }));
    drawMarks(context, box, placed, this.options.namesMarks);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./axes.js").Box} box
   * @param {Series[]} visible
   * @param {(value: number) => number} y
   */
  paintCrosshair(context, box, visible, y) {
    const { columns } = /** @type {ChartModel} */ (this.model);
    const time = columns.time[this.hovered];
    if (time === undefined) return;
    const dots = visible.flatMap((series) => {
      const value = columns[series.key][this.hovered];
      return value === null ? [] : [{ y: y(value), color: series.color }];
    });
    drawCrosshair(context, box, this.xAt(time), dots);
  }
}
