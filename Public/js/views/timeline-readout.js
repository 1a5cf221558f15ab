// @ts-check
// Legends above the charts and the box of values beside the crosshair.

import { h, setAttribute, setText } from "../dom/elements.js";
import { formatBytes, formatClock, formatRate, wallMilliseconds } from "../lib/format.js";

/** @typedef {import("../charts/time-chart.js").Series} Series */
/** @typedef {import("../wire-types.js").TimelineColumns} TimelineColumns */

/** @param {Series} series @param {TimelineColumns} columns @param {number} index */
function valueText(series, columns, index) {
  const value = columns[series.key][index];
  return series.key.endsWith("PerSecond") ? formatRate(value) : formatBytes(value);
}

/**
 * Buttons that name a line, show its newest value and hide or show it.
 * @param {Series[]} series
 * @param {(key: string, hidden: boolean) => void} toggled
 */
export function createLegend(series, toggled) {
  const values = series.map(() => h("span", { class: "legend-value" }));
  const buttons = series.map((one, index) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `var(--ms-${one.color})`;
    const button = h("button", { class: "legend-item", type: "button", "aria-pressed": "true", title: "Show or hide",
      on: { click: () => {
        const hidden = button.getAttribute("aria-pressed") === "true";
        setAttribute(button, "aria-pressed", String(!hidden));
        toggled(one.key, hidden);
      } } }, swatch, h("span", {}, one.label), values[index]);
    return button;
  });
  return {
    element: h("div", { class: "legend" }, ...buttons),
    /** @param {TimelineColumns} columns */
    update(columns) {
      const last = columns.time.length - 1;
      series.forEach((one, index) => setText(values[index], last < 0 ? "" : valueText(one, columns, last)));
    },
  };
}

/** @param {Series[]} series */
export function createReadout(series) {
  const time = h("div", { class: "readout-time" });
  const values = series.map(() => h("dd"));
  const rows = series.map((one, index) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `var(--ms-${one.color})`;
    return h("div", {}, h("dt", {}, swatch, one.label), values[index]);
  });
  const element = h("div", { class: "readout", hidden: true, role: "status" }, time, h("dl", {}, ...rows));
  return {
    element,
    /**
     * @param {TimelineColumns} columns @param {number} index - of the point; -1 hides the box
     * @param {{monotonic: number, unix: number}} anchor
     * @param {number} x - of the crosshair @param {number} width - to stay within, CSS pixels
     */
    update(columns, index, anchor, x, width) {
      setAttribute(element, "hidden", index < 0);
      if (index < 0) return;
      setText(time, formatClock(wallMilliseconds(columns.time[index], anchor), true));
      series.forEach((one, place) => setText(values[place], valueText(one, columns, index)));
      const left = x + element.offsetWidth + 24 > width ? x - element.offsetWidth - 12 : x + 12;
      element.style.transform = `translateX(${Math.max(0, Math.round(left))}px)`;
    },
  };
}
