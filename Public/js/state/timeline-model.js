// @ts-check
// History: fetched from the process, which keeps it, and extended with each summary.

import { get } from "../api/client.js";
import { appendPoint, COLUMNS, pointFromSummary } from "../lib/series.js";
import { timeWindow } from "../lib/scale.js";
import { Resource } from "./resource.js";

/** @typedef {import("../wire-types.js").Resolution} Resolution */
/** @typedef {import("../wire-types.js").Timeline} Timeline */

const SECOND = 1e9;
/**
 * Spans in nanoseconds, intervals in milliseconds.
 * @type {Record<Resolution, {label: string, title: string, span: number, interval: number}>}
 */
export const RESOLUTIONS = {
  "1s": { label: "10 min", title: "Every second, the last 10 minutes", span: 600 * SECOND, interval: 30_000 },
  "10s": { label: "2 h", title: "Every 10 seconds, the last 2 hours", span: 7200 * SECOND, interval: 10_000 },
  "1m": { label: "24 h", title: "Every minute, the last 24 hours", span: 86_400 * SECOND, interval: 30_000 },
};

/** @returns {import("../wire-types.js").TimelineColumns} */
function emptyColumns() {
  return /** @type {any} */ (Object.fromEntries(COLUMNS.map((key) => [key, []])));
}

export class TimelineModel {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Resolution} */
    this.resolution = "1s";
    this.columns = emptyColumns();
    /** @type {import("../wire-types.js").Mark[]} */
    this.marks = [];
    this.step = SECOND;
    /**
     * The answer that the columns came from: the same answer again must not remove added points.
     * @type {unknown}
     */
    this.taken = null;
    this.resource = this.createResource();
  }

  createResource() {
    const { resolution } = this;
    const load = () => get("timeline", { resolution });
    return new Resource(load, (state) => this.arrived(state), RESOLUTIONS[resolution].interval);
  }

  /** @param {import("./resource.js").ResourceState<Timeline>} state */
  arrived({ status, envelope }) {
    if (status === "ready" && envelope && envelope !== this.taken) {
      this.taken = envelope;
      this.columns = envelope.data.points;
      this.marks = envelope.data.marks;
      this.step = envelope.data.resolutionNanoseconds;
    }
    this.changed();
  }

  /** @param {Resolution} resolution */
  choose(resolution) {
    if (resolution === this.resolution) return;
    const { wanted } = this.resource;
    this.resource.stop();
    this.resource.reset();
    this.resolution = resolution;
    this.columns = emptyColumns();
    this.resource = this.createResource();
    if (wanted) this.resource.start();
  }

  /** @param {import("../wire-types.js").SummaryEnvelope} envelope */
  follow(envelope) {
    if (this.resolution !== "1s" || this.columns.time.length === 0 || !envelope.data) return;
    this.columns = appendPoint(this.columns, pointFromSummary(envelope), this.step, RESOLUTIONS["1s"].span);
    this.changed();
  }

  /** @returns {{start: number, end: number}} what the chart shows */
  window() {
    const { time } = this.columns;
    return timeWindow(time[0], time[time.length - 1], RESOLUTIONS[this.resolution].span);
  }
}
