// @ts-check
// The watched process, how much is recorded, and whether the server answers.

import { h, icon, replace, setAttribute, setText } from "../dom/elements.js";
import { formatCount, formatDuration } from "../lib/format.js";
import { DROPS, QUALITIES } from "../lib/words.js";
import { isDark, onThemeChange, toggleTheme } from "../state/theme.js";
import { createMenu } from "./menu.js";
import { createModeMenu } from "./mode-menu.js";

/** @typedef {import("../state/connection.js").Connection} Connection */

/** @type {Record<Connection["status"], {label: string, tone: string, title: string}>} */
const STATUS = {
  connecting: { label: "Connecting", tone: "", title: "Waiting for the first answer" },
  live: { label: "Live", tone: "is-good", title: "The server sends figures each second" },
  polling: { label: "Live", tone: "is-good", title: "Asking for figures each second: events did not get through" },
  reconnecting: { label: "Reconnecting", tone: "is-warn", title: "The server did not answer" },
  lost: { label: "Lost", tone: "is-bad", title: "The server has not answered for a while" },
  refused: { label: "Refused", tone: "is-bad", title: "The server does not let this page in" },
  paused: { label: "Paused", tone: "", title: "Nothing is fetched while the page is hidden" },
};

/** @param {import("../main.js").Application} app */
function createStatus(app) {
  const dot = h("span", { class: "dot" });
  const text = h("span");
  const element = h("span", { class: "status", role: "status" }, dot, text);
  app.store.subscribe(({ connection }) => {
    const { label, tone, title } = STATUS[connection.status];
    setAttribute(dot, "class", `dot ${tone}`.trim());
    setText(text, label);
    setAttribute(element, "title", title);
    setAttribute(element, "data-status", connection.status);
  });
  return element;
}

/** @param {import("../main.js").Application} app */
function createQuality(app) {
  const element = h("span", { class: "badge quality" }, "\u2013");
  app.onSummary(({ quality }) => {
    setText(element, QUALITIES[quality]?.label ?? quality);
    setAttribute(element, "title", QUALITIES[quality]?.text ?? null);
    setAttribute(element, "data-quality", quality);
  });
  return element;
}

/**
 * Counts records that were lost because tables were full; hidden while there are none.
 * @param {import("../main.js").Application} app
 */
function createDrops(app) {
  const face = h("span", { class: "menu-face" });
  const list = h("dl", { class: "drops" });
  const why = "Full tables never block the program: what does not fit is counted here.";
  const content = h("div", {}, h("p", { class: "menu-title" }, "Dropped since the start"),
    h("p", { class: "muted menu-note" }, why), list);
  const menu = createMenu("What was dropped", h("span", { class: "drops-face" }, icon("warning"), face), content);
  menu.element.classList.add("is-warning");
  menu.element.hidden = true;
  app.onSummary(({ dropped, data }) => {
    setAttribute(menu.element, "hidden", dropped === 0);
    setText(face, `${formatCount(dropped)} dropped`);
    const lost = Object.entries(DROPS).filter(([key]) => (data.drops[key] ?? 0) > 0);
    replace(list, ...lost.map(([key, { label, text }]) =>
      h("div", {}, h("dt", {}, `${formatCount(data.drops[key])} ${label}`), h("dd", {}, text))));
  });
  return menu.element;
}

function createThemeToggle() {
  const button = h("button", { class: "button is-quiet", type: "button", data: { action: "theme" },
    on: { click: toggleTheme } }, icon("theme"));
  const update = () => {
    const label = isDark() ? "Switch to the light theme" : "Switch to the dark theme";
    setAttribute(button, "aria-label", label);
    setAttribute(button, "title", label);
  };
  onThemeChange(update);
  update();
  return button;
}

/** @param {import("../main.js").Application} app */
export function createHeader(app) {
  const name = h("span", { class: "process-name" }, "\u2013");
  const pid = h("span", { class: "process-detail" });
  const uptime = h("span", { class: "process-detail uptime" });
  app.onSummary(({ process, data }) => {
    setText(name, process.name);
    setText(pid, `pid ${process.pid}`);
    setText(uptime, `up ${formatDuration(data.uptimeNanoseconds)}`);
    document.title = `${process.name} · MemScope`;
  });
  const brand = h("a", { class: "brand", href: "#/overview", "aria-label": "MemScope, overview" },
    h("img", { src: "icon.svg", alt: "", width: "24", height: "24" }), h("span", {}, "MemScope"));
  return h("header", { class: "top-bar" }, h("div", { class: "top-bar-inner" }, brand,
    h("div", { class: "process" }, name, pid, uptime),
    h("div", { class: "top-bar-right" }, createDrops(app), createQuality(app), createModeMenu(app), createStatus(app),
      createThemeToggle())));
}
