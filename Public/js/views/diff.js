// @ts-check
// What changed between two snapshots, by site and by type.

import { get } from "../api/client.js";
import { exactBytes, signedBytes, signedCount } from "../lib/format.js";
import { sortRows } from "../lib/sort.js";
import { Resource } from "../state/resource.js";
import { h, setAttribute, setText } from "./dom.js";
import { notice, showState } from "./notices.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn, Table } from "./table.js";
import { createTypeCell, updateTypeCell } from "./types.js";

/** @typedef {import("../types.js").Diff} Diff */
/** @typedef {import("../types.js").SiteDifference} SiteDifference */
/** @typedef {import("../types.js").TypeRow} TypeRow */

/**
 * A column of differences, coloured by sign.
 * @template {{bytes: number, blocks: number}} Row
 * @param {string} label
 * @param {"bytes" | "blocks"} key
 * @returns {import("./table.js").Column<Row>}
 */
function signedColumn(label, key) {
  const text = key === "bytes" ? signedBytes : signedCount;
  const exact = key === "bytes" ? exactBytes : signedCount;
  const column = figureColumn({ label, sort: key }, (/** @type {Row} */ row) => row[key], text, exact);
  return {
    ...column,
    update(cell, row) {
      column.update(cell, row);
      markSign(cell, row[key]);
    },
  };
}

/** @param {HTMLElement} element @param {number} value */
function markSign(element, value) {
  element.classList.toggle("is-more", value > 0);
  element.classList.toggle("is-less", value < 0);
}

/** @param {(sort: string) => void} sorted @returns {Table<SiteDifference>} */
function createSiteTable(sorted) {
  return new Table({
    caption: "Differences by site",
    key: (row) => String(row.id),
    sorted,
    detail: (row) => ({ element: h("div", { class: "site-detail" }, stackList(row.stack)), update: () => undefined }),
    columns: [
      { label: "Function", class: "col-name", create: createStackCell, update: (cell, row) => updateStackCell(cell, row.stack) },
      signedColumn("Bytes", "bytes"), signedColumn("Blocks", "blocks"),
    ],
  });
}

/** @param {(sort: string) => void} sorted @returns {Table<TypeRow>} */
function createTypeTable(sorted) {
  return new Table({
    caption: "Differences by type",
    key: (row) => `${row.kind} ${row.name}`,
    sorted,
    columns: [
      { label: "Type", class: "col-name", create: createTypeCell, update: updateTypeCell },
      signedColumn("Bytes", "bytes"), signedColumn("Blocks", "blocks"),
    ],
  });
}

export function createDiff() {
  const query = { from: "", to: "" };
  /** @type {Resource<Diff>} */
  const resource = new Resource(() => get("diff", query), render, null);
  const sort = { sites: "-bytes", types: "-bytes" };
  const sites = createSiteTable((chosen) => resort("sites", chosen));
  const types = createTypeTable((chosen) => resort("types", chosen));
  const place = h("div");
  const bytes = h("span", { class: "diff-bytes" });
  const blocks = h("span", { class: "muted" });
  const content = h("div", { hidden: true }, h("p", { class: "diff-total" }, bytes, blocks),
    h("h3", {}, "By type"), h("div", { class: "table-scroll" }, types.element),
    h("h3", {}, "By site"), h("div", { class: "table-scroll" }, sites.element));
  const element = h("div", { class: "diff" }, place, content);

  /** @param {"sites" | "types"} which @param {string} chosen */
  function resort(which, chosen) {
    sort[which] = chosen;
    render();
  }

  function render() {
    const { state } = resource;
    const usable = state.status !== "idle" && showState(place, state, { retry: () => resource.refresh() });
    setAttribute(content, "hidden", !usable || state.status === "error");
    if (!usable || !state.envelope) return;
    const { data } = state.envelope;
    setText(bytes, signedBytes(data.bytes));
    setText(blocks, ` in ${signedCount(data.blocks)} blocks, ${data.from.name || data.from.id} to ${data.to.name || data.to.id}`);
    setAttribute(bytes, "title", exactBytes(data.bytes));
    setAttribute(bytes, "data-value", data.bytes);
    markSign(bytes, data.bytes);
    sites.show(sortRows(data.sites, sort.sites), sort.sites);
    types.show(sortRows(data.types, sort.types), sort.types);
    if (data.sites.length + data.types.length === 0) place.replaceChildren(notice("No difference", "The two are alike."));
  }

  return {
    element,
    /** @param {string} from @param {string} to */
    load(from, to) {
      if (from !== query.from || to !== query.to) resource.reset();
      Object.assign(query, { from, to });
      resource.refresh();
    },
    clear() {
      resource.reset();
      Object.assign(query, { from: "", to: "" });
      place.replaceChildren();
      delete place.dataset.state;
      setAttribute(content, "hidden", true);
    },
  };
}
