// @ts-check
// The frame around a view: heading, controls, when its data is from.

import { h, icon, setAttribute, setText } from "../dom/elements.js";
import { formatClock, wallMilliseconds } from "../lib/format.js";

/**
 * @param {string} title
 * @param {string} text - what the view shows, in a sentence
 * @param {...(Node | null)} controls
 */
export function createPanel(title, text, ...controls) {
  const place = h("div", { class: "panel-state" });
  const content = h("div", { class: "panel-content" });
  const element = h("section", { class: "panel", "aria-label": title },
    h("header", { class: "panel-head" },
      h("div", { class: "panel-title" }, h("h2", {}, title), h("p", { class: "muted" }, text)),
      h("div", { class: "controls" }, ...controls)),
    place, content);
  return { element, place, content };
}

/** @param {() => void} refresh */
export function createRefresh(refresh) {
  const text = h("span", { class: "as-of" });
  const button = h("button", { class: "button is-quiet", type: "button", title: "Refresh", "aria-label": "Refresh",
    on: { click: refresh } }, icon("refresh"));
  return {
    element: h("div", { class: "refresh" }, text, button),
    /**
     * @param {import("../state/resource.js").ResourceState<any>} state
     * @param {string} [scanned] - the one figure that is of the answer's scan; without it all are, where there is one
     */
    update({ envelope, busy }, scanned) {
      setAttribute(button, "aria-busy", String(busy));
      if (!envelope) return;
      const clock = (/** @type {number} */ time) =>
        formatClock(wallMilliseconds(time, envelope.process.wallAnchor), true);
      const scannedAt = envelope.data?.scan?.takenAt;
      const now = `as of ${clock(envelope.generatedAt)}`;
      const scan = scannedAt && `scan of ${clock(scannedAt)}`;
      setText(text, scanned && scan ? `${now}, ${scanned}: ${scan}` : scan || now);
    },
  };
}

/** @param {string} label @param {(query: string) => void} changed */
export function createSearch(label, changed) {
  const input = h("input", { type: "search", class: "input", placeholder: label, "aria-label": label,
    spellcheck: "false", autocomplete: "off" });
  input.addEventListener("input", () => changed(input.value));
  return { element: h("div", { class: "search" }, icon("search"), input), input };
}

/**
 * A row of buttons of which one is pressed.
 * @param {string} label
 * @param {{value: string, label: string, title?: string}[]} options
 * @param {(value: string) => void} chosen
 */
export function createChoice(label, options, chosen) {
  const buttons = options.map((option) => h("button", { type: "button", class: "choice", title: option.title ?? null,
    data: { value: option.value }, on: { click: () => chosen(option.value) } }, option.label));
  return {
    element: h("div", { class: "choices", role: "group", "aria-label": label }, ...buttons),
    /** @param {string} value */
    select(value) {
      for (const button of buttons) setAttribute(button, "aria-pressed", String(button.dataset.value === value));
    },
  };
}
