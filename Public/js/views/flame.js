// @ts-check
// The flame graph panel: weights, search, zoom by pointer and by keyboard.

import { FlameChart, ROW } from "../charts/flame-chart.js";
import { get } from "../api/client.js";
import { h, setAttribute, setText } from "../dom/elements.js";
import { findPath, layoutFlame, neighbour, pathOf, searchFlame } from "../lib/flame-layout.js";
import { formatBytes, formatCount, formatShare, groupDigits } from "../lib/format.js";
import { CODE_GROUPS } from "../lib/frames.js";
import { WEIGHTS } from "../lib/words.js";
import { Resource } from "../state/resource.js";
import { createFlameTip } from "./flame-tip.js";
import { notice, showState } from "./notices.js";
import { createChoice, createPanel, createRefresh, createSearch } from "./panel.js";

/** @typedef {import("../wire-types.js").FlameGraph} FlameGraph */
/** @typedef {import("../lib/flame-layout.js").FlameLayout} FlameLayout */

const DEFAULT_WEIGHT = "bytes";
const HELP = "Flame graph. Arrow keys walk through callers and callees, Enter zooms, Escape shows everything.";

function createGroups() {
  const items = Object.entries(CODE_GROUPS).map(([group, label]) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `var(--ms-flame-${group})`;
    return h("li", {}, swatch, label);
  });
  return h("ul", { class: "flame-groups", "aria-label": "Colours" }, ...items);
}

class FlameView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.app = app;
    this.weight = DEFAULT_WEIGHT;
    /** @type {FlameLayout | null} */
    this.layout = null;
    /** @type {Resource<FlameGraph>} */
    this.resource = new Resource(() => get("flamegraph", { weight: this.weight }), () => this.render(), null);
    this.choice = createChoice("Weight", Object.entries(WEIGHTS).map(([value, { label }]) => ({ value, label })),
      (weight) => app.navigate({ view: "flame", params: { weight: weight === DEFAULT_WEIGHT ? "" : weight } }));
    this.search = createSearch("Find a function, file or image", () => this.find());
    this.refresh = createRefresh(() => this.resource.refresh());
    this.panel = createPanel("Flame graph", "Callers above callees; width is weight. The picture stands still until "
      + "you refresh it.", this.search.element, this.refresh.element);
    this.found = h("span", { class: "muted", role: "status" });
    this.reset = h("button", { class: "button", type: "button", hidden: true, on: { click: () => this.zoom(0) } },
      "Reset zoom");
    this.canvas = h("canvas", { class: "flame-canvas", "aria-hidden": "true" });
    this.spacer = h("div", { class: "flame-spacer" }, this.canvas);
    this.scroll = h("div", { class: "flame", tabindex: "0", role: "application", "aria-label": HELP }, this.spacer);
    this.spoken = h("p", { class: "visually-hidden", "aria-live": "polite" });
    this.empty = h("div");
    this.tip = createFlameTip();
    this.panel.content.append(h("div", { class: "flame-bar" }, this.choice.element, this.found, this.reset),
      this.empty, this.scroll, createGroups(), this.spoken, this.tip.element);
    this.chart = new FlameChart(this.canvas, () => this.scroll.scrollTop);
    this.listen();
  }

  listen() {
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.leave());
    this.canvas.addEventListener("click", (event) => {
      const index = this.chart.indexAt(event.offsetX, event.offsetY);
      if (index >= 0) this.zoom(index);
    });
    this.scroll.addEventListener("scroll", () => {
      this.leave();
      this.chart.surface.request();
    });
    this.scroll.addEventListener("keydown", (event) => this.pressed(event));
  }

  render() {
    const { state } = this.resource;
    const usable = showState(this.panel.place, state, { retry: () => this.resource.refresh(), rows: 12 });
    this.choice.select(this.weight);
    this.refresh.update(state);
    setAttribute(this.panel.content, "hidden", !usable);
    if (!usable || state.busy || state.status !== "ready" || !state.envelope) return;
    const { root, total, weight } = state.envelope.data;
    const path = this.layout ? pathOf(this.layout, this.chart.focus) : [];
    this.layout = layoutFlame(root);
    setAttribute(this.scroll, "data-total", total);
    setAttribute(this.scroll, "data-weight", weight);
    setAttribute(this.scroll, "hidden", total <= 0);
    const nothing = notice("Nothing to show", "No stack carries any of this weight.");
    this.empty.replaceChildren(...(total > 0 ? [] : [nothing]));
    this.spacer.style.height = `${this.layout.levels.length * ROW}px`;
    this.chart.show(this.layout, findPath(this.layout, path));
    this.showFocus();
    this.find();
  }

  /** @param {number} value @returns {string} */
  text(value) {
    return WEIGHTS[this.weight].unit === "bytes" ? formatBytes(value) : formatCount(value);
  }

  find() {
    if (!this.layout) return;
    const { matched, count, value } = searchFlame(this.layout, this.search.input.value);
    const searching = this.search.input.value.trim() !== "";
    const share = formatShare(value, this.layout.nodes[0].value) || "0 %";
    this.chart.highlight(searching ? matched : null);
    const matches = `${groupDigits(count)} ${count === 1 ? "match" : "matches"}`;
    setText(this.found, searching ? `${matches} · ${this.text(value)} · ${share} of all` : "");
    setAttribute(this.scroll, "data-matches", searching ? count : null);
    setAttribute(this.scroll, "data-match-value", searching ? value : null);
  }

  /** @param {number} index */
  zoom(index) {
    if (!this.layout) return;
    this.chart.zoom(index);
    // The focused box is scrolled near the top; three of its callers stay visible above it.
    this.scroll.scrollTop = Math.max(0, (this.layout.depth[index] - 3) * ROW);
    this.showFocus();
  }

  showFocus() {
    const node = this.layout?.nodes[this.chart.focus];
    setAttribute(this.reset, "hidden", this.chart.focus === 0);
    setAttribute(this.scroll, "data-focus", node?.name);
    setAttribute(this.scroll, "data-focus-value", node?.value);
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const index = this.chart.indexAt(event.offsetX, event.offsetY);
    this.chart.point("hovered", index);
    this.canvas.classList.toggle("is-over-box", index >= 0);
    if (!this.layout || index < 0) this.tip.hide();
    else this.tip.show(this.layout, index, (value) => this.text(value), event.clientX, event.clientY);
  }

  leave() {
    this.chart.point("hovered", -1);
    this.tip.hide();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!this.layout) return;
    const { selected, focus } = this.chart;
    if (event.key.startsWith("Arrow")) this.select(selected < 0 ? focus : neighbour(this.layout, selected, event.key));
    else if (event.key === "Enter" && selected >= 0) this.zoom(selected);
    else if (event.key === "Escape") this.zoom(0);
    else return;
    event.preventDefault();
  }

  /** @param {number} index */
  select(index) {
    if (!this.layout) return;
    const node = this.layout.nodes[index];
    const top = this.layout.depth[index] * ROW;
    this.chart.point("selected", index);
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    if (top + ROW > this.scroll.scrollTop + this.scroll.clientHeight) {
      this.scroll.scrollTop = top + ROW - this.scroll.clientHeight;
    }
    const share = formatShare(node.value, this.layout.nodes[0].value);
    setText(this.spoken, `${node.name}, ${this.text(node.value)}, ${share}`);
    setAttribute(this.scroll, "data-selected", node.name);
  }

  /** @param {Record<string, string>} params */
  show({ weight = DEFAULT_WEIGHT }) {
    const wanted = weight in WEIGHTS ? weight : DEFAULT_WEIGHT;
    if (wanted !== this.weight) {
      this.weight = wanted;
      if (this.resource.wanted) this.resource.refresh();
      else this.resource.reset();
    }
    this.resource.start();
  }
}

/** @param {import("../main.js").Application} app */
export function createFlameView(app) {
  const view = new FlameView(app);
  return {
    element: view.panel.element,
    show: (/** @type {Record<string, string>} */ params) => view.show(params),
    hide: () => view.resource.stop(),
  };
}
