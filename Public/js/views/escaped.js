// @ts-check
// What has escaped from a scope: the largest call stacks and types.

import { get } from "../api/client.js";
import { h, replace, setAttribute } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount } from "../lib/format.js";
import { Resource } from "../state/resource.js";
import { notice, showState } from "./notices.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn, Table } from "./table.js";
import { createTypeCell, updateTypeCell } from "./types.js";

/** @typedef {import("../named-types.js").EscapedSite} EscapedSite */
/** @typedef {import("../named-types.js").EscapedType} EscapedType */
/** @typedef {import("../named-types.js").ScopeDetail} ScopeDetail */

const ROWS = 5;

/** @returns {import("./table.js").Column<any>[]} */
const figures = () => [
  figureColumn({ label: "Escaped" }, (row) => row.bytes, formatBytes, exactBytes),
  figureColumn({ label: "Blocks" }, (row) => row.blocks, formatCount, formatCount),
];

function createTables() {
  /** @type {Table<EscapedSite>} */
  const sites = new Table({
    caption: "Escaped bytes by call stack",
    key: (row) => String(row.id),
    columns: [{ label: "Allocated by", class: "col-name", create: createStackCell,
      update: (cell, row) => updateStackCell(cell, row.stack) }, ...figures()],
    detail: (row) => ({ element: stackList(row.stack), update() {} }),
  });
  /** @type {Table<EscapedType>} */
  const types = new Table({
    caption: "Escaped bytes by type",
    key: (row) => `${row.kind} ${row.name}`,
    columns: [{ label: "Type", class: "col-name", create: createTypeCell,
      update: (cell, row) => updateTypeCell(cell, row) }, ...figures()],
  });
  return { sites, types };
}

/**
 * @param {{id: number}} scope
 * @returns {{element: HTMLElement, update: () => void}} asked for when the row opens, and again with the button
 */
export function createEscaped({ id }) {
  /** @type {Resource<ScopeDetail>} */
  const resource = new Resource(() => get(`scopes/${id}`, { limit: ROWS }), render, null);
  const { sites, types } = createTables();
  const state = h("div", { class: "panel-state" });
  const tables = h("div", { class: "escaped" }, sites.element, types.element);
  const none = h("div");

  function render() {
    const usable = showState(state, resource.state, { retry: () => resource.refresh(), rows: ROWS });
    const data = usable ? resource.state.envelope?.data : null;
    setAttribute(tables, "hidden", !data || data.sites.length === 0);
    if (!data) return;
    sites.show(data.sites);
    types.show(data.types);
    const text = "Every block that it allocated has been freed, or belongs to a call that runs.";
    replace(none, ...(data.sites.length === 0 ? [notice("Nothing has escaped", text)] : []));
  }

  resource.start();
  return { element: h("div", { class: "site-detail" }, state, tables, none), update() {} };
}
