// @ts-check
// Starts a scan of the heap, and shows its progress.

import { h, icon, setAttribute, setText } from "../dom/elements.js";

/** @param {import("../state/scans.js").Scans} scans */
export function createScanButton(scans) {
  const label = h("span", {}, "Scan now");
  const button = h("button", { class: "button is-primary", type: "button", data: { action: "scan" },
    title: "Pauses the program for a moment, as long as a fork takes", on: { click: () => scans.run() } },
    icon("search"), label);
  scans.subscribe(({ since }) => {
    setAttribute(button, "aria-busy", String(since !== null));
    // Not `disabled`: a disabled button would lose the reader's focus.
    setAttribute(button, "aria-disabled", String(since !== null));
    setText(label, since === null ? "Scan now" : "Scanning…");
  });
  return button;
}

/** @param {import("../state/scans.js").Scans} scans @returns {HTMLElement} hidden while no scan is under way */
export function createScanProgress(scans) {
  const seconds = h("span", { class: "muted", "aria-hidden": "true" });
  const bar = h("progress", { class: "progress", "aria-label": "Scanning the heap" });
  const element = h("div", { class: "scan-progress", hidden: true }, bar,
    h("p", { role: "status" }, "Scanning a copy of the heap; the program goes on meanwhile."), seconds);
  const count = () => {
    const { since } = scans.state;
    if (since !== null) setText(seconds, `${Math.floor((Date.now() - since) / 1000)} s`);
  };
  scans.subscribe(({ since }) => {
    setAttribute(element, "hidden", since === null);
    count();
  });
  setInterval(count, 1000);
  return element;
}
