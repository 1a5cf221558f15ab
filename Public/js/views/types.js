// @ts-check
// The live heap by type.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount } from "../lib/format.js";
import { matchesText } from "../lib/filter.js";
import { formatRoute } from "../lib/route.js";
import { KINDS } from "../lib/words.js";
import { createListView } from "./list-view.js";
import { createShareBar, updateShareBar } from "./share-bar.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../wire-types.js").TypeRow} TypeRow */

/** @param {HTMLElement} cell */
export function createTypeCell(cell) {
  cell.append(h("div", { class: "type" }, h("span", { class: "badge kind" }), h("span", { class: "name code" })));
}

/** @param {HTMLElement} cell @param {{name: string, kind: string}} row */
export function updateTypeCell(cell, row) {
  const [badge, name] = /** @type {HTMLElement[]} */ ([.../** @type {Element} */ (cell.firstElementChild).children]);
  setText(badge, row.kind);
  setAttribute(badge, "title", KINDS[row.kind] ?? null);
  setAttribute(badge, "data-kind", row.kind);
  setText(name, row.name);
  setAttribute(name, "title", row.name);
}

/** @param {"blocks" | "leaks"} view @param {string} label @param {TypeRow} row */
function scanLink(view, label, { name, kind }) {
  /** @type {Record<string, string>} */
  const params = view === "blocks" ? { type: name, kind } : { type: name };
  return h("a", { class: "link", href: formatRoute({ view, params }), "aria-label": `${label} of ${name}` }, label);
}

/**
 * Is not replaced once it is shown: a replaced link would lose the reader's focus.
 * @param {HTMLElement} cell
 * @param {TypeRow} row
 */
function updateLinks(cell, row) {
  const wasScanned = typeof row.retainedBytes === "number";
  if (wasScanned === cell.hasChildNodes()) return;
  replace(cell, wasScanned && scanLink("blocks", "Blocks", row), wasScanned && " ",
    wasScanned && scanLink("leaks", "Leaks", row));
}

/** @param {() => number | null} whole @returns {import("./table.js").Column<TypeRow>[]} */
function typeColumns(whole) {
  return [
    { label: "Type", sort: "name", ascendingFirst: true, class: "col-name", create: createTypeCell,
      update: updateTypeCell },
    figureColumn({ label: "Live", sort: "bytes" }, (row) => row.bytes, formatBytes, exactBytes),
    { label: "Share", class: "col-share is-wide is-optional", hint: "Of the process' live bytes",
      create: createShareBar, update: (cell, row) => updateShareBar(cell, row.bytes, whole()) },
    figureColumn({ label: "Retained", sort: "retainedBytes", class: "is-optional",
      hint: "What would be freed if every block of the type were; known after a scan of the heap" },
    (row) => row.retainedBytes ?? null, formatBytes, exactBytes),
    figureColumn({ label: "Blocks", sort: "blocks" }, (row) => row.blocks, formatCount, formatCount),
    figureColumn({ label: "Mean size", class: "is-spare" }, (row) => (row.blocks > 0 ? row.bytes / row.blocks : null),
      formatBytes, exactBytes),
    { label: "", class: "col-link is-spare", update: updateLinks },
  ];
}

/** @param {import("../main.js").Application} app */
export function createTypesView(app) {
  return createListView(app, {
    name: "types",
    title: "Types",
    text: "What every live block is: Swift types by name, C blocks by the image that asked.",
    defaultSort: "-bytes",
    filterLabel: "Filter by name or kind",
    matches: (query, /** @type {TypeRow} */ row) => matchesText(query, [row.name, row.kind]),
    empty: { title: "No live blocks", text: "Nothing alive was recorded. If the mode is off, switch it on above." },
    key: (row) => `${row.kind} ${row.name}`,
    columns: typeColumns(() => app.store.get().summary?.data?.liveBytes ?? null),
    scanned: "retained",
  });
}
