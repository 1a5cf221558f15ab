// @ts-check
// One variable: its blocks, and how they changed.

import { get } from "../api/client.js";
import { h, replace } from "../dom/elements.js";
import { exactBytes, formatBytes, formatClock, formatCount, wallMilliseconds } from "../lib/format.js";
import { shortName } from "../lib/names.js";
import { VARIABLE_CHANGES, VARIABLE_STATES } from "../lib/words.js";
import { Resource } from "../state/resource.js";
import { createFacts } from "./facts.js";
import { notice, showState } from "./notices.js";
import { objectLink } from "./object-link.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn, Table } from "./table.js";

/** @typedef {import("../named-types.js").VariableDetail} VariableDetail */
/** @typedef {import("../named-types.js").VariableReference} VariableReference */
/** @typedef {import("../named-types.js").VariableChange & {index: number}} Change */
/** @typedef {(time: number) => string} Clock */

/** @param {Clock} clock @returns {import("./facts.js").Fact<VariableDetail>[]} */
const facts = (clock) => [
  ["State", ({ variable }) => VARIABLE_STATES[String(variable.alive)].label,
    ({ variable }) => VARIABLE_STATES[String(variable.alive)].text],
  ["Type", ({ variable }) => shortName(variable.type), ({ variable }) => variable.type],
  ["Held a", ({ variable }) => shortName(variable.dynamicType), ({ variable }) => variable.dynamicType],
  ["Declared in", ({ variable: { place } }) => `${place.file}:${place.line}`,
    ({ variable: { place } }) => place.function],
  ["Tracked", ({ variable }) => clock(variable.born)],
  ["Ended", ({ variable }) => (variable.died === null ? "no" : clock(variable.died))],
  ["Thread", ({ variable }) => String(variable.thread ?? "unknown")],
  ["Task", ({ variable }) => String(variable.task ?? "none")],
];

/** @param {Clock} clock @returns {import("./table.js").Column<VariableReference>[]} */
const referenceColumns = (clock) => [
  { label: "Refers to", class: "col-name", create: createStackCell, update(cell, row) {
    updateStackCell(cell, row.allocated);
    const link = row.end ? h("span", { class: "code" }, row.address) : objectLink(row.address);
    const field = row.field === null ? "type unknown" : row.field || "the value";
    replace(/** @type {HTMLElement} */ (cell.querySelector(".name")), link, ` ${row.type ?? ""} `);
    const end = row.end ? `freed ${clock(row.end.time)}` : "";
    const parts = [field, row.kind && row.kind !== "strong" ? row.kind : "", end];
    replace(/** @type {HTMLElement} */ (cell.querySelector(".place")), parts.filter(Boolean).join(" · "));
  } },
  figureColumn({ label: "Bytes" }, (row) => row.bytes, formatBytes, exactBytes),
  figureColumn({ label: "References", hint: "Strong references to the object, now" }, (row) => row.strong, formatCount,
    formatCount),
];

/** @param {VariableReference} row */
const stacksOf = (row) => ({
  element: h("div", { class: "site-detail" },
    h("h3", {}, "Allocated by"), stackList(row.allocated),
    row.end && h("h3", {}, "Freed by"), row.end && stackList(row.end.stack, "Not known.")),
  update() {},
});

/** @param {Clock} clock @returns {import("./table.js").Column<Change>[]} */
const changeColumns = (clock) => [
  { label: "Change", class: "col-name", create: createStackCell, update(cell, row) {
    updateStackCell(cell, row.stack);
    const name = /** @type {HTMLElement} */ (cell.querySelector(".name"));
    replace(name, `${VARIABLE_CHANGES[row.kind].label}: ${name.textContent}`);
  } },
  figureColumn({ label: "Bytes", hint: "Owned since then" }, (row) => row.bytes, formatBytes, exactBytes),
  { label: "When", update: (cell, row) => replace(cell, clock(row.time)) },
];

/**
 * @param {{id: number}} variable
 * @param {() => import("../wire-types.js").SummaryEnvelope | null} summary
 * @returns {{element: HTMLElement, update: () => void}} asked for when the row opens
 */
export function createVariable({ id }, summary) {
  const clock = (/** @type {number} */ time) => {
    const anchor = summary()?.process.wallAnchor;
    return anchor ? formatClock(wallMilliseconds(time, anchor), true) : "unknown";
  };
  /** @type {Resource<VariableDetail>} */
  const resource = new Resource(() => get(`variables/${id}`, {}), render, null);
  const figures = createFacts(facts(clock));
  /** @type {Table<VariableReference>} */
  const references = new Table({ caption: "Blocks that it refers to", columns: referenceColumns(clock),
    key: (row) => `${row.field} ${row.address}`, detail: stacksOf });
  /** @type {Table<Change>} */
  const changes = new Table({ caption: "Changes", columns: changeColumns(clock), key: (row) => String(row.index),
    detail: (row) => ({ element: stackList(row.stack), update() {} }) });
  const state = h("div", { class: "panel-state" });
  const content = h("div");

  function render() {
    const usable = showState(state, resource.state, { retry: () => resource.refresh(), rows: 3 });
    const data = usable ? resource.state.envelope?.data : null;
    if (!data) return;
    figures.update(data);
    references.show(data.references);
    changes.show(data.changes.map((change, index) => ({ ...change, index })).reverse());
    replace(content, figures.element,
      data.references.length > 0 ? references.element
        : notice("No blocks", "Its value refers to no block of the heap."),
      ...(data.changes.length > 0 ? [changes.element] : []));
  }

  resource.start();
  return { element: h("div", { class: "site-detail" }, state, content), update() {} };
}
