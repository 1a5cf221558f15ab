// @ts-check
// Memory and rates over time, with marks.

import { TimeChart } from "../charts/time-chart.js";
import { h, setAttribute } from "../dom/elements.js";
import { nearestIndex } from "../lib/series.js";
import { RESOLUTIONS, TimelineModel } from "../state/timeline-model.js";
import { createMarkForm } from "./mark-form.js";
import { notice, showState } from "./notices.js";
import { createChoice, createPanel } from "./panel.js";
import { createLegend, createReadout } from "./timeline-readout.js";

/** @type {import("../charts/time-chart.js").Series[]} */
const MEMORY = [
  { key: "rssBytes", label: "Resident (RSS)", color: "series-rss" },
  { key: "allocatorHeldBytes", label: "Held by allocator", color: "series-held" },
  { key: "liveBytes", label: "Live bytes", color: "series-live", filled: true, upper: "maximumLiveBytes" },
];
/** @type {import("../charts/time-chart.js").Series[]} */
const RATES = [
  { key: "allocationsPerSecond", label: "Allocations", color: "series-allocations", filled: true },
  { key: "freesPerSecond", label: "Frees", color: "series-frees" },
];
const LEGEND_ORDER = [MEMORY[2], MEMORY[1], MEMORY[0]];

/** @param {string} label */
function createCanvas(label) {
  return h("canvas", { class: "chart", tabindex: "0", role: "img",
    "aria-label": `${label}. Left and right arrow keys read single points.` });
}

class TimelineView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.app = app;
    this.model = new TimelineModel(() => this.render());
    this.choice = createChoice("Time span", Object.entries(RESOLUTIONS).map(([value, { label, title }]) =>
      ({ value, label, title })), (value) => this.model.choose(/** @type {any} */ (value)));
    const form = createMarkForm(() => this.model.resource.refresh());
    this.panel = createPanel("Memory over time", "What the program holds, against what the system gave for it.",
      form.element, this.choice.element);
    this.canvases = [createCanvas("Memory over time"), createCanvas("Allocations and frees per second over time")];
    this.canvases[1].classList.add("is-small");
    this.charts = [
      new TimeChart(this.canvases[0], { series: MEMORY, unit: "bytes", ticks: 5, namesMarks: true }),
      new TimeChart(this.canvases[1], { series: RATES, unit: "count", ticks: 3, namesMarks: false }),
    ];
    this.legends = [LEGEND_ORDER, RATES].map((series, index) =>
      createLegend(series, (key, hidden) => this.charts[index].hide(key, hidden)));
    this.readout = createReadout([...LEGEND_ORDER, ...RATES]);
    /**
     * The time under the crosshair: it stays the same while points move.
     * @type {number | null}
     */
    this.hoveredTime = null;
    this.empty = h("div");
    this.plot = h("div", { class: "plot" }, this.legends[0].element, this.canvases[0],
      h("h3", { class: "plot-title" }, "Per second"), this.legends[1].element, this.canvases[1], this.readout.element);
    this.panel.content.append(this.empty, this.plot);
    this.listen();
  }

  listen() {
    for (const [index, canvas] of this.canvases.entries()) {
      canvas.addEventListener("pointermove", (event) => this.hover(this.charts[index].timeAt(event.offsetX)));
      canvas.addEventListener("pointerleave", () => this.hover(null));
      canvas.addEventListener("keydown", (event) => this.pressed(event));
      canvas.addEventListener("blur", () => this.hover(null));
    }
    this.app.onSummary((envelope) => this.model.follow(envelope));
    this.app.onHappened((kind) => kind === "mark" && this.model.resource.wanted && this.model.resource.refresh());
  }

  render() {
    const { model, panel, plot } = this;
    const { state } = model.resource;
    const usable = showState(panel.place, state, { retry: () => model.resource.refresh() });
    const filled = model.columns.time.length > 0;
    this.choice.select(model.resolution);
    setAttribute(panel.content, "hidden", !usable);
    setAttribute(plot, "hidden", !filled);
    setAttribute(plot, "data-points", model.columns.time.length);
    setAttribute(plot, "data-first", model.columns.time[0]);
    this.empty.replaceChildren(...(usable && !filled ? [notice("No history yet",
      "The first point comes within a second, or with the first full step of the chosen span.")] : []));
    if (!usable || !filled || !state.envelope) return;
    const anchor = state.envelope.process.wallAnchor;
    const shown = { columns: model.columns, marks: model.marks, window: model.window(), step: model.step, anchor };
    for (const chart of this.charts) chart.show(shown);
    for (const legend of this.legends) legend.update(model.columns);
    this.hover(this.hoveredTime);
  }

  /** @param {number | null} time - null takes the crosshair away */
  hover(time) {
    this.hoveredTime = time;
    const { columns } = this.model;
    const index = time === null ? -1 : nearestIndex(columns.time, time);
    for (const chart of this.charts) chart.hover(index);
    const anchor = this.charts[0].model?.anchor;
    const x = this.charts[0].xAt(columns.time[index]);
    if (anchor) this.readout.update(columns, index, anchor, x, this.plot.clientWidth);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { time } = this.model.columns;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") this.hover(null);
    if (step === undefined || time.length === 0) return;
    event.preventDefault();
    const from = this.hoveredTime === null ? time.length : nearestIndex(time, this.hoveredTime);
    this.hover(time[Math.min(time.length - 1, Math.max(0, from + step))]);
  }
}

/** @param {import("../main.js").Application} app */
export function createTimelineView(app) {
  const view = new TimelineView(app);
  return {
    element: view.panel.element,
    show: () => view.model.resource.start(),
    hide: () => view.model.resource.stop(),
  };
}
