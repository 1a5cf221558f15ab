// @ts-check
// What changed between two snapshots, by site and by type.

import { get } from "../api/client.js";
import { h, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, signedBytes, signedCount } from "../lib/format.js";
import { sortRows } from "../lib/sort.js";
import { Resource } from "../state/resource.js";
import { notice, showState } from "./notices.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn, Table } from "./table.js";
import { createTypeCell, updateTypeCell } from "./types.js";

/** @typedef {import("../wire-types.js").Diff} Diff */
/** @typedef {import("../wire-types.js").SiteDifference} SiteDifference */
/** @typedef {import("../wire-types.js").TypeDifference} TypeDifference */

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

/** @type {import("./table.js").Column<SiteDifference | TypeDifference>} */
const changeColumn = { label: "Change", update: (cell, row) => setText(cell, row.change) };

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
      { label: "Function", class: "col-name", create: createStackCell,
        update: (cell, row) => updateStackCell(cell, row.stack) },
      changeColumn, signedColumn("Bytes", "bytes"), signedColumn("Blocks", "blocks"),
    ],
  });
}

/** @param {(sort: string) => void} sorted @returns {Table<TypeDifference>} */
function createTypeTable(sorted) {
  return new Table({
    caption: "Differences by type",
    key: (row) => `${row.kind} ${row.name}`,
    sorted,
    columns: [
      { label: "Type", class: "col-name", create: createTypeCell, update: updateTypeCell },
      changeColumn, signedColumn("Bytes", "bytes"), signedColumn("Blocks", "blocks"),
    ],
  });
}

export class DiffView {
  constructor() {
    this.query = { from: "", to: "" };
    /** @type {Resource<Diff>} */
    this.resource = new Resource(() => get("diff", this.query), () => this.render(), null);
    this.sort = { sites: "-bytes", types: "-bytes" };
    this.sites = createSiteTable((sort) => this.sortBy("sites", sort));
    this.types = createTypeTable((sort) => this.sortBy("types", sort));
    this.place = h("div");
    this.bytes = h("span", { class: "diff-bytes" });
    this.blocks = h("span", { class: "muted" });
    this.content = h("div", { hidden: true }, h("p", { class: "diff-total" }, this.bytes, this.blocks),
      h("h3", {}, "By type"), h("div", { class: "table-scroll" }, this.types.element),
      h("h3", {}, "By site"), h("div", { class: "table-scroll" }, this.sites.element));
    this.element = h("div", { class: "diff" }, this.place, this.content);
  }

  /** @param {"sites" | "types"} which @param {string} sort */
  sortBy(which, sort) {
    this.sort[which] = sort;
    this.render();
  }

  render() {
    const { state } = this.resource;
    const usable = state.status !== "idle" && showState(this.place, state, { retry: () => this.resource.refresh() });
    setAttribute(this.content, "hidden", !usable || state.status === "error");
    if (!usable || state.status === "error" || !state.envelope) return;
    const { data } = state.envelope;
    const span = `${data.from.name || data.from.id} to ${data.to.name || data.to.id}`;
    setText(this.bytes, signedBytes(data.bytes));
    setText(this.blocks, ` in ${signedCount(data.blocks)} blocks, ${span}`);
    setAttribute(this.bytes, "title", exactBytes(data.bytes));
    setAttribute(this.bytes, "data-value", data.bytes);
    markSign(this.bytes, data.bytes);
    this.sites.show(sortRows(data.sites, this.sort.sites), this.sort.sites);
    this.types.show(sortRows(data.types, this.sort.types), this.sort.types);
    const alike = data.sites.length + data.types.length === 0;
    if (alike) this.place.replaceChildren(notice("No difference", "The two are alike."));
  }

  /** @param {string} from @param {string} to */
  load(from, to) {
    if (from !== this.query.from || to !== this.query.to) this.resource.reset();
    this.query = { from, to };
    this.resource.refresh();
  }

  clear() {
    this.resource.reset();
    this.query = { from: "", to: "" };
    this.place.replaceChildren();
    delete this.place.dataset.state;
    setAttribute(this.content, "hidden", true);
  }
}
