// @ts-check
// Tracked variables: what they own, and how it changed.

import { createSparkLine, updateSparkLine } from "../charts/spark-line.js";
import { h, setText } from "../dom/elements.js";
import { matchesText } from "../lib/filter.js";
import { exactBytes, formatBytes, formatCount } from "../lib/format.js";
import { shortName } from "../lib/names.js";
import { VARIABLE_STATES } from "../lib/words.js";
import { createListView } from "./list-view.js";
import { figureColumn } from "./table.js";
import { createVariable } from "./variable.js";

/** @typedef {import("../named-types.js").VariableRow} VariableRow */

/** @param {HTMLElement} cell */
function createNameCell(cell) {
  cell.append(h("div", { class: "named" }, h("span", { class: "name" }), h("span", { class: "place" })));
}

/** @param {HTMLElement} cell @param {VariableRow} row */
function updateNameCell(cell, row) {
  setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), row.name);
  const place = `${shortName(row.type)} · ${row.place.file}:${row.place.line}`;
  setText(/** @type {HTMLElement} */ (cell.querySelector(".place")), place);
}

/** @param {HTMLElement} cell @param {VariableRow} row */
function updateState(cell, row) {
  const { label, text } = VARIABLE_STATES[String(row.alive)];
  setText(cell, label);
  cell.title = text;
}

/** @param {() => number} now @returns {import("./table.js").Column<VariableRow>[]} */
const variableColumns = (now) => [
  { label: "Variable", class: "col-name", sort: "name", ascendingFirst: true, create: createNameCell,
    update: updateNameCell },
  figureColumn({ label: "Owned", sort: "bytes", hint: "Live blocks that its value refers to itself" },
    (row) => row.bytes, formatBytes, exactBytes),
  { label: "Course", class: "col-share is-optional", hint: "Owned bytes, since it was tracked", create: createSparkLine,
    update(cell, row) {
      const points = row.history.map(({ time, bytes }) => ({ time, value: bytes }));
      const text = `${points.length} values, the largest ${formatBytes(Math.max(0, ...points.map((it) => it.value)))}`;
      updateSparkLine(cell, points, row.died ?? now(), text);
    } },
  figureColumn({ label: "Retained", sort: "retainedBytes", class: "is-optional",
    hint: "What would be freed with it, at the last scan" }, (row) => row.retainedBytes, formatBytes, exactBytes),
  figureColumn({ label: "Shared", sort: "sharedBytes", class: "is-optional",
    hint: "Owned objects that something else refers to, too" }, (row) => row.sharedBytes, formatBytes, exactBytes),
  figureColumn({ label: "Copies", sort: "copies", class: "is-optional",
    hint: "Its contents were copied on write, because something else referred to them" },
  (row) => row.copies, formatCount, formatCount),
  figureColumn({ label: "Copied", sort: "copiedBytes", class: "is-spare",
    hint: "Bytes of the blocks that these copies needed" }, (row) => row.copiedBytes, formatBytes, exactBytes),
  { label: "State", class: "is-optional", update: updateState },
];

/** @param {import("../named-types.js").VariableList} data */
function limitsNote({ droppedVariables, droppedBlocks, forgottenVariables }) {
  const dropped = droppedVariables === 0 ? ""
    : `${formatCount(droppedVariables)} variables were not tracked: there were too many at one time. `;
  const forgotten = forgottenVariables === 0 ? ""
    : `${formatCount(forgottenVariables)} variables have ended and are not kept any more.`;
  const blocks = droppedBlocks === 0 ? ""
    : `${formatCount(droppedBlocks)} references to blocks are missing: there were too many blocks. `;
  const text = dropped + blocks + forgotten;
  return text ? document.createTextNode(text) : null;
}

/** @param {import("../main.js").Application} app */
export function createVariablesView(app) {
  return createListView(app, {
    name: "variables",
    title: "Variables",
    text: "Values with names: MemScope.track(value, \"name\") and @Tracked properties. Owned are the blocks that the "
      + "value refers to itself; retained is what would be freed with them. Open a row for blocks and changes.",
    defaultSort: "-bytes",
    filterLabel: "Filter by name, type or file",
    matches: (query, /** @type {VariableRow} */ row) => matchesText(query, [row.name, row.type, row.place.file]),
    empty: { title: "No variables yet", text: "A variable appears when MemScope.track(_:_:) first runs." },
    key: (row) => String(row.id),
    columns: variableColumns(() => app.store.get().summary?.generatedAt ?? 0),
    detail: (row) => createVariable(row, () => app.store.get().summary),
    note: limitsNote,
    scanned: "Retained bytes",
  });
}
