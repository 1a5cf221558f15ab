// @ts-check
// Call stacks that allocated, with their figures.

import { h, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount } from "../lib/format.js";
import { matchesStack } from "../lib/filter.js";
import { STACK_QUALITIES } from "../lib/words.js";
import { createFacts } from "./facts.js";
import { createListView } from "./list-view.js";
import { createShareBar, updateShareBar } from "./share-bar.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../wire-types.js").Site} Site */
/** @typedef {import("./table.js").Column<Site>} SiteColumn */

/** @type {import("./facts.js").Fact<Site>[]} */
const FACTS = [
  ["Live", (it) => formatBytes(it.bytes), (it) => exactBytes(it.bytes)],
  ["Live blocks", (it) => formatCount(it.blocks)],
  ["Peak, at least", (it) => formatBytes(it.peakBytes), (it) => exactBytes(it.peakBytes)],
  ["Allocations", (it) => formatCount(it.allocations)],
  ["Frees", (it) => formatCount(it.frees)],
  ["Allocated", (it) => formatBytes(it.allocatedBytes), (it) => exactBytes(it.allocatedBytes)],
  ["Freed", (it) => formatBytes(it.freedBytes), (it) => exactBytes(it.freedBytes)],
  ["Site", (it) => String(it.id)],
];

/** @param {Site} site @returns {{element: HTMLElement, update: (site: Site) => void}} the stack and every figure */
function siteDetail(site) {
  const facts = createFacts(FACTS);
  facts.update(site);
  return { element: h("div", { class: "site-detail" }, facts.element, stackList(site.stack)), update: facts.update };
}

/** @param {HTMLElement} cell @param {Site} site */
function updateQuality(cell, site) {
  const words = STACK_QUALITIES[site.stackQuality] ?? { label: site.stackQuality, text: "" };
  const badge = /** @type {HTMLElement} */ (cell.firstElementChild);
  setText(badge, site.async ? `${words.label} · async` : words.label);
  const followed = site.async ? " Outer frames were followed through async contexts." : "";
  setAttribute(badge, "title", words.text + followed);
  setAttribute(badge, "class", site.stackQuality === "exact" ? "badge" : "badge is-warning");
}

/**
 * @param {string} label
 * @param {"bytes" | "allocatedBytes" | "peakBytes"} key
 * @returns {SiteColumn}
 */
function bytes(label, key, className = "") {
  return figureColumn({ label, sort: key, class: className }, (site) => site[key], formatBytes, exactBytes);
}

/** @param {string} label @param {"blocks" | "allocations" | "frees"} key @returns {SiteColumn} */
function count(label, key, className = "") {
  return figureColumn({ label, sort: key, class: className }, (site) => site[key], formatCount, formatCount);
}

/** @param {() => number | null} whole - live bytes of the process @returns {SiteColumn[]} */
function siteColumns(whole) {
  return [
    { label: "Function", class: "col-name", create: createStackCell,
      update: (cell, site) => updateStackCell(cell, site.stack) },
    bytes("Live", "bytes"),
    { label: "Share", class: "col-share is-optional", hint: "Of the process' live bytes", create: createShareBar,
      update: (cell, site) => updateShareBar(cell, site.bytes, whole()) },
    count("Blocks", "blocks"),
    bytes("Peak", "peakBytes", "is-optional"),
    count("Allocations", "allocations", "is-optional"),
    count("Frees", "frees", "is-extra"),
    bytes("Allocated", "allocatedBytes", "is-optional"),
    { label: "Stack", class: "col-quality is-spare", create: (cell) => cell.append(h("span", { class: "badge" })),
      update: updateQuality },
  ];
}

/** @param {import("../main.js").Application} app */
export function createSitesView(app) {
  return createListView(app, {
    name: "sites",
    title: "Sites",
    text: "Distinct call stacks that allocated. Open a row for its stack.",
    defaultSort: "-bytes",
    filterLabel: "Filter by function, file or image",
    matches: (query, /** @type {Site} */ site) => matchesStack(query, site.stack),
    empty: { title: "Nothing recorded yet", text: "No allocation was seen. If the mode is off, switch it on above." },
    key: (site) => String(site.id),
    columns: siteColumns(() => app.store.get().summary?.data?.liveBytes ?? null),
    detail: siteDetail,
  });
}
