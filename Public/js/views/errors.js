// @ts-check
// Memory errors: what happened to which block, and the stacks that allocated, used and freed it.

import { h, setAttribute, setText } from "../dom/elements.js";
import { matchesStack, matchesText } from "../lib/filter.js";
import { checksText, dumpRows, threadText } from "../lib/memory-errors.js";
import { exactBytes, formatBytes, formatClock, formatCount, groupDigits, wallMilliseconds } from "../lib/format.js";
import { DISCOVERIES, ERROR_KINDS, STACK_QUALITIES } from "../lib/words.js";
import { createFacts } from "./facts.js";
import { createListView } from "./list-view.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../error-types.js").MemoryError} MemoryError */
/** @typedef {import("../error-types.js").ErrorList} ErrorList */
/** @typedef {import("../error-types.js").Role} Role */

const WITHOUT = "Not known.";

/** @type {import("./facts.js").Fact<ErrorList>[]} */
const TOTALS = [
  ["Errors", ({ checks }) => formatCount(checks.totals.errors), () => "Repeated ones too"],
  ["Distinct", ({ checks }) => formatCount(checks.totals.distinct), () => "By kind and call stacks"],
  ["Without a report", ({ checks }) => formatCount(checks.totals.dropped), () => "Counted only: the table was full"],
  ["Unknown frees", ({ checks }) => formatCount(checks.unknownFrees),
    () => "Of addresses that nobody can tell about; passed on"],
];

/** @typedef {() => import("../wire-types.js").SummaryEnvelope | null} Latest */

/** @param {Latest} summary @returns {import("./facts.js").Fact<MemoryError>[]} */
function facts(summary) {
  const clock = (/** @type {number} */ time) => {
    const anchor = summary()?.process.wallAnchor;
    return anchor ? formatClock(wallMilliseconds(time, anchor), true) : "unknown";
  };
  return [
    ["Address", (it) => it.address],
    ["Block", (it) => it.block ?? "unknown"],
    ["Size", (it) => formatBytes(it.size), (it) => exactBytes(it.size)],
    ["Offset", (it) => (it.offset === null ? "unknown" : groupDigits(it.offset)), () => "From the block's first byte"],
    ["Type", (it) => it.type ?? "unknown"],
    ["Found", (it) => DISCOVERIES[it.found]?.label ?? it.found, (it) => DISCOVERIES[it.found]?.text ?? ""],
    ["First seen", (it) => clock(it.firstSeen)],
    ["Last seen", (it) => clock(it.lastSeen)],
  ];
}

/** @param {MemoryError} error @param {Role} role @param {string} title @returns {HTMLElement} */
function witness(error, role, title) {
  const quality = error.stackQualities[role];
  const words = quality && quality !== "exact" ? STACK_QUALITIES[quality] : null;
  return h("section", { class: "witness", data: { role }, "aria-label": title },
    h("h3", {}, title, words && h("span", { class: "badge", title: words.text }, words.label)),
    h("p", { class: "muted" }, threadText(error.threads[role])),
    stackList(error[role], WITHOUT));
}

/** @param {MemoryError} error @returns {HTMLElement} */
function dump(error) {
  const rows = dumpRows(error);
  if (rows.length === 0) {
    return h("p", { class: "muted" }, "What is in memory is not shown: MEMSCOPE_SHOW_CONTENTS=1 would.");
  }
  const cell = ({ text = "", damaged = false, inside = false }) =>
    h("span", { class: `byte${damaged ? " is-damaged" : ""}${inside ? " is-inside" : ""}` }, text);
  return h("div", { class: "dump code", role: "img", "aria-label": "Memory around the damage" },
    ...rows.map((row) => h("div", { class: "dump-row" }, h("span", { class: "dump-address" }, row.address),
      ...row.cells.map(cell))));
}

/**
 * @param {MemoryError} error
 * @param {Latest} summary
 * @returns {{element: HTMLElement, update: (error: MemoryError) => void}}
 */
function errorDetail(error, summary) {
  const figures = createFacts(facts(summary));
  figures.update(error);
  const access = error.found === "later" ? "Found in" : "Accessed in";
  const isFree = error.kind.endsWith("free");
  const element = h("div", { class: "site-detail" },
    error.note && h("p", { class: "error-note" }, error.note), figures.element,
    h("div", { class: "witnesses" },
      witness(error, "access", isFree ? (error.kind === "double-free" ? "Freed again in" : "Freed in") : access),
      witness(error, "allocated", "Allocated in"),
      witness(error, "freed", error.kind === "double-free" ? "Freed first in" : "Freed in")),
    dump(error));
  return { element, update: (current) => figures.update(current) };
}

/** @param {HTMLElement} cell */
function createErrorCell(cell) {
  cell.append(h("div", { class: "named" },
    h("span", { class: "error-kind" }, h("span", { class: "badge severity" })), h("span", { class: "name title" })));
}

/** @param {HTMLElement} cell @param {MemoryError} error */
function updateErrorCell(cell, error) {
  const badge = /** @type {HTMLElement} */ (cell.querySelector(".badge"));
  const words = ERROR_KINDS[error.kind] ?? { label: error.kind, text: "" };
  setText(badge, words.label);
  setAttribute(badge, "title", words.text || null);
  setAttribute(badge, "data-error", error.kind);
  const title = /** @type {HTMLElement} */ (cell.querySelector(".title"));
  setText(title, error.title);
  setAttribute(title, "title", [error.title, error.note].filter(Boolean).join(". "));
}

/** @type {import("./table.js").Column<MemoryError>[]} */
const COLUMNS = [
  { label: "Error", sort: "kind", ascendingFirst: true, class: "col-name", create: createErrorCell,
    update: updateErrorCell },
  { label: "Where", class: "col-name is-optional", hint: "The access; or, where that is not known, the allocation",
    create: createStackCell,
    update: (cell, error) => updateStackCell(cell, error.access.length > 0 ? error.access : error.allocated) },
  { label: "Type", class: "col-name is-spare", create: (cell) => cell.append(h("span", { class: "name code" })),
    update: (cell, error) => setText(/** @type {Node} */ (cell.firstElementChild), error.type ?? "unknown") },
  figureColumn({ label: "Offset", class: "is-optional", hint: "From the block's first byte" }, (it) => it.offset,
    (offset) => (offset === null ? "unknown" : groupDigits(offset)), exactBytes),
  figureColumn({ label: "Size", class: "is-optional" }, (it) => it.size, formatBytes, exactBytes),
  figureColumn({ label: "Count", sort: "count" }, (it) => it.count, formatCount, formatCount),
];

/** @returns {{element: HTMLElement, update: (data: ErrorList) => void}} */
function createHead() {
  const totals = createFacts(TOTALS);
  totals.element.classList.add("error-totals");
  const about = h("p", { class: "muted checks-about" });
  return {
    element: h("div", { class: "error-head" }, totals.element, about),
    update(data) {
      totals.update(data);
      setText(about, checksText(data.checks));
    },
  };
}

/** @param {import("../main.js").Application} app */
export function createErrorsView(app) {
  const view = createListView(app, {
    name: "errors",
    title: "Memory errors",
    text: "Accesses to memory that is not the program's, and bad frees. The program went on.",
    defaultSort: "firstSeen",
    filterLabel: "Filter by kind, type, function or file",
    matches: (query, /** @type {MemoryError} */ row) =>
      matchesText(query, [`#${row.id}`, row.kind, row.title, row.type ?? "", row.address])
      || [row.access, row.allocated, row.freed].some((stack) => matchesStack(query, stack)),
    empty: { title: "No memory error was noticed", text: "What is looked at stands above: a part is not the whole." },
    key: (row) => String(row.id),
    columns: COLUMNS,
    head: createHead(),
    detail: (row) => errorDetail(row, () => app.store.get().summary),
  });
  app.onHappened((kind) => kind === "memoryerror" && view.refresh());
  return view;
}
