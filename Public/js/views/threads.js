// @ts-check
// Threads that allocated, alive or not.

import { h, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount, formatDuration } from "../lib/format.js";
import { matchesText } from "../lib/filter.js";
import { createListView } from "./list-view.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../wire-types.js").ThreadRow} ThreadRow */

/** @param {HTMLElement} cell */
function createThreadCell(cell) {
  cell.append(h("div", { class: "thread" }, h("span", { class: "dot" }), h("div", { class: "named" },
    h("span", { class: "name" }), h("span", { class: "place" }))));
}

/** @param {HTMLElement} cell @param {ThreadRow} row */
function updateThreadCell(cell, row) {
  const dot = /** @type {HTMLElement} */ (cell.querySelector(".dot"));
  setAttribute(dot, "class", row.alive ? "dot is-good" : "dot");
  setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), row.name || "unnamed");
  const place = /** @type {HTMLElement} */ (cell.querySelector(".place"));
  setText(place, `tid ${row.tid} · ${row.alive ? "running" : "ended"}`);
}

/** @param {() => number | null} now @returns {import("./table.js").Column<ThreadRow>[]} */
function threadColumns(now) {
  const age = (/** @type {ThreadRow} */ row) => {
    const end = row.endedAt ?? now();
    return end === null ? null : end - row.startedAt;
  };
  return [
    { label: "Thread", class: "col-name", sort: "id", ascendingFirst: true, create: createThreadCell,
      update: updateThreadCell },
    figureColumn({ label: "Allocations", sort: "allocations" }, (row) => row.allocations, formatCount, formatCount),
    figureColumn({ label: "Frees", sort: "frees", class: "is-optional" }, (row) => row.frees, formatCount, formatCount),
    figureColumn({ label: "Allocated", sort: "allocatedBytes" }, (row) => row.allocatedBytes, formatBytes, exactBytes),
    figureColumn({ label: "Freed", class: "is-optional" }, (row) => row.freedBytes, formatBytes, exactBytes),
    figureColumn({ label: "Age", class: "is-spare", hint: "From the first allocation to the end, or until now" }, age,
      formatDuration, formatDuration),
  ];
}

/** @param {import("../wire-types.js").ThreadList} data */
function ownThreadsNote({ ownThreads }) {
  const text = `Not in the list: ${formatCount(ownThreads.count)} of MemScope's own threads, which made `
    + `${formatCount(ownThreads.allocations)} allocations of ${formatBytes(ownThreads.allocatedBytes)} in total and `
    + `freed ${formatBytes(ownThreads.freedBytes)}. A block may be freed by another thread than the one that made it.`;
  return document.createTextNode(text);
}

/** @param {import("../main.js").Application} app */
export function createThreadsView(app) {
  return createListView(app, {
    name: "threads",
    title: "Threads",
    text: "Who allocates. Ended threads keep their figures.",
    defaultSort: "-allocatedBytes",
    filterLabel: "Filter by name or tid",
    matches: (query, /** @type {ThreadRow} */ row) => matchesText(query, [row.name, String(row.tid)]),
    empty: { title: "No threads yet", text: "A thread appears with its first allocation." },
    key: (row) => String(row.id),
    columns: threadColumns(() => app.store.get().summary?.generatedAt ?? null),
    note: ownThreadsNote,
  });
}
