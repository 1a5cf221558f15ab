// @ts-check
// What named parts of the program allocate, and what is left of it when they have ended.

import { h, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount, formatSpan } from "../lib/format.js";
import { matchesText } from "../lib/filter.js";
import { createEscaped } from "./escaped.js";
import { createListView } from "./list-view.js";
import { createShareBar, updateShareBar } from "./share-bar.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../named-types.js").ScopeRow} ScopeRow */

/** @param {ScopeRow} row */
const attributesOf = (row) => Object.entries(row.attributes).map(([key, value]) => `${key} = ${value}`);

/** @param {HTMLElement} cell */
function createScopeCell(cell) {
  cell.append(h("div", { class: "named" }, h("span", { class: "name" }), h("span", { class: "place" })));
}

/** @param {HTMLElement} cell @param {ScopeRow} row */
function updateScopeCell(cell, row) {
  setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), [row.name, ...attributesOf(row)].join(" · "));
  const outer = row.path.slice(0, -1);
  const running = row.running > 0 ? `${formatCount(row.running)} running` : "";
  const place = [outer.length > 0 ? `in ${outer.join(" › ")}` : "", running].filter(Boolean).join(" · ");
  setText(/** @type {HTMLElement} */ (cell.querySelector(".place")), place);
}

/** @param {ScopeRow} row */
const timePerCall = (row) => {
  const ended = row.calls - row.running;
  return ended > 0 ? row.nanoseconds / ended : null;
};

/** @param {() => number | null} whole - live bytes of the process @returns {import("./table.js").Column<ScopeRow>[]} */
const scopeColumns = (whole) => [
  { label: "Scope", class: "col-name", create: createScopeCell, update: updateScopeCell },
  figureColumn({ label: "Escaped", sort: "escapedBytes", hint: "Live, though the call that allocated it has ended" },
    (row) => row.escapedBytes, formatBytes, exactBytes),
  { label: "Share", class: "col-share is-optional", hint: "Of the process' live bytes", create: createShareBar,
    update: (cell, row) => updateShareBar(cell, row.escapedBytes, whole()) },
  figureColumn({ label: "Blocks", sort: "escapedBlocks", class: "is-optional", hint: "Escaped blocks" },
    (row) => row.escapedBlocks, formatCount, formatCount),
  figureColumn({ label: "Live", sort: "liveBytes", class: "is-optional", hint: "Escaped, and of calls that run" },
    (row) => row.liveBytes, formatBytes, exactBytes),
  figureColumn({ label: "Peak", sort: "peakBytes", class: "is-optional", hint: "Most live bytes at one time" },
    (row) => row.peakBytes, formatBytes, exactBytes),
  figureColumn({ label: "Allocated", sort: "allocatedBytes" }, (row) => row.allocatedBytes, formatBytes, exactBytes),
  figureColumn({ label: "Calls", sort: "calls", class: "is-optional" }, (row) => row.calls, formatCount, formatCount),
  figureColumn({ label: "Time a call", class: "is-spare", hint: "Mean of the calls that have ended" }, timePerCall,
    formatSpan, formatSpan),
];

/** @param {import("../named-types.js").ScopeList} data */
function outsideNote({ outside, droppedCalls }) {
  const dropped = droppedCalls === 0 ? ""
    : ` ${formatCount(droppedCalls)} calls found no place: they are counted for the scope around them.`;
  const { liveBytes, allocatedBytes } = outside;
  const text = `In no scope: ${formatBytes(liveBytes)} live of ${formatBytes(allocatedBytes)} allocated. `
    + `What is allocated in a scope counts for the scopes around it, too.${dropped}`;
  return document.createTextNode(text);
}

/** @param {import("../main.js").Application} app */
export function createScopesView(app) {
  return createListView(app, {
    name: "scopes",
    title: "Scopes",
    text: "What named parts of the program allocate: MemScope.scope(\"import\") { … }. Escaped bytes are live after "
      + "their call has ended. Open a row for where they come from.",
    defaultSort: "-escapedBytes",
    filterLabel: "Filter by name or attribute",
    matches: (query, /** @type {ScopeRow} */ row) => matchesText(query, [...row.path, ...attributesOf(row)]),
    empty: { title: "No scopes yet", text: "A scope appears when MemScope.scope(_:) first runs." },
    key: (row) => String(row.id),
    columns: scopeColumns(() => app.store.get().summary?.data?.liveBytes ?? null),
    detail: createEscaped,
    note: outsideNote,
  });
}
