// @ts-check
// A short list on the overview, with a link to the whole list.

import { get } from "../api/client.js";
import { h, replace, setAttribute } from "../dom/elements.js";
import { formatBytes, formatShare } from "../lib/format.js";
import { Resource } from "../state/resource.js";
import { notice, showState } from "./notices.js";

const ROWS = 6;
const INTERVAL = 5000;

/** @typedef {{name: string, title: string, place: string, bytes: number}} TopRow */

/** @param {TopRow} row @param {number} largest @param {number | null} whole */
function topLine(row, largest, whole) {
  const fill = h("span", { class: "top-fill" });
  fill.style.width = `${largest > 0 ? (100 * row.bytes) / largest : 0}%`;
  return h("li", { class: "top-line", title: row.title }, fill,
    h("span", { class: "top-text" },
      h("span", { class: "code top-name" }, row.name), h("span", { class: "place" }, row.place)),
    h("span", { class: "top-share" }, formatShare(row.bytes, whole)),
    h("span", { class: "top-figure" }, formatBytes(row.bytes)));
}

/**
 * @param {import("../main.js").Application} app
 * @param {{title: string, resource: "sites" | "types", link: string, rows: (data: any) => TopRow[]}} options
 */
export function createTopList(app, { title, resource: name, link, rows }) {
  const resource = new Resource(() => get(name, { limit: ROWS, sort: "-bytes" }), render, INTERVAL);
  const place = h("div", { class: "panel-state" });
  const list = h("ol", { class: "top" });
  const element = h("section", { class: "panel", "aria-label": title },
    h("header", { class: "panel-head" }, h("div", { class: "panel-title" }, h("h2", {}, title)),
      h("a", { class: "link", href: `#/${name}` }, link)), place, list);

  function render() {
    const usable = showState(place, resource.state, { retry: () => resource.refresh(), rows: ROWS });
    setAttribute(list, "hidden", !usable);
    if (!usable || !resource.state.envelope) return;
    const found = rows(resource.state.envelope.data);
    const whole = app.store.get().summary?.data?.liveBytes ?? null;
    replace(list, ...found.map((row) => topLine(row, found[0].bytes, whole)));
    if (found.length === 0) list.append(h("li", {}, notice("Nothing yet", "No live block has been recorded.")));
  }

  return { element, show: () => resource.start(), hide: () => resource.stop() };
}
