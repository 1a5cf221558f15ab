// @ts-check
// Shows the current mode, and lets the reader change it.

import { post } from "../api/client.js";
import { h, setAttribute, setText } from "../dom/elements.js";
import { formatBytes } from "../lib/format.js";
import { MODES } from "../lib/words.js";
import { createMenu } from "./menu.js";
import { explain } from "./notices.js";

/**
 * One button per mode; arrow keys move between them.
 * @param {(mode: string) => void} choose
 */
function createOptions(choose) {
  const options = Object.entries(MODES).map(([mode, { label, text }]) => h("button", { type: "button", class: "option",
    role: "radio", data: { mode }, on: { click: () => choose(mode) } },
    h("span", { class: "option-label" }, label), h("span", { class: "option-text" }, text)));
  const element = h("div", { role: "radiogroup", "aria-label": "Mode" }, ...options);
  element.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const shown = options.filter((option) => !option.hidden);
    const at = shown.findIndex((option) => option === document.activeElement);
    shown[(at + step + shown.length) % shown.length].focus();
  });
  return {
    element,
    /** @param {string} mode - in force @param {string[] | null} known - null: all */
    update(mode, known) {
      for (const option of options) {
        const own = option.dataset.mode ?? "";
        setAttribute(option, "aria-checked", String(own === mode));
        setAttribute(option, "hidden", known !== null && !known.includes(own));
      }
    },
  };
}

/** @param {import("../main.js").Application} app */
export function createModeMenu(app) {
  const face = h("span", { class: "menu-face" }, "\u2013");
  const failure = h("p", { class: "failure", role: "alert" });
  const interval = h("p", { class: "muted menu-note" });
  const options = createOptions(choose);
  const menu = createMenu("Mode of recording", face, h("div", { class: "mode" },
    h("p", { class: "menu-title" }, "What is recorded"), options.element, interval, failure), app.loadConfig);

  /** @param {string} mode */
  async function choose(mode) {
    setText(failure, "");
    try {
      await post("mode", { mode });
      app.loadConfig();
      app.feed.retry();
      menu.close();
    } catch (error) {
      setText(failure, explain(/** @type {import("../api/client.js").ApiError} */ (error)).text);
    }
  }

  app.store.subscribe(({ summary, config }) => {
    const mode = summary?.mode ?? "";
    setText(face, mode ? `Mode: ${MODES[mode]?.label ?? mode}` : "Mode");
    setAttribute(menu.element, "data-mode", mode);
    options.update(mode, config?.modes ?? null);
    setText(interval, config ? `Samples are ${formatBytes(config.sampleIntervalBytes)} apart on average.` : "");
  });
  return menu.element;
}
