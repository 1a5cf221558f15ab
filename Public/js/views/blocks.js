// @ts-check
// The blocks of a type in the last scan, with a link to each block.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatClock, wallMilliseconds } from "../lib/format.js";
import { GraphPanel } from "./graph-panel.js";
import { createListFooter } from "./list-footer.js";
import { notice } from "./notices.js";
import { objectLink } from "./object-link.js";
import { PagedList } from "./paged-list.js";
import { figureColumn, Table } from "./table.js";
import { createTypeCell, updateTypeCell } from "./types.js";

/** @typedef {import("../graph-types.js").Instance} Instance */
/** @typedef {import("../graph-types.js").InstanceList} InstanceList */

const SORT = "-retainedBytes";

/**
 * @param {() => import("../wire-types.js").Envelope<InstanceList> | null} answer
 * @returns {import("./table.js").Column<Instance>[]}
 */
function columns(answer) {
  return [
    { label: "Block", class: "col-name", update: (cell, row) => replace(cell, objectLink(row.address)) },
    figureColumn({ label: "Retained", sort: "retainedBytes", hint: "What would be freed with it" },
      (row) => row.retainedBytes, formatBytes, exactBytes),
    figureColumn({ label: "Size", sort: "size" }, (row) => row.size, formatBytes, exactBytes),
    { label: "Made", class: "figure is-optional", sort: "birth", update: (cell, row) => {
      const anchor = answer()?.process.wallAnchor;
      setText(cell, anchor && row.birth ? formatClock(wallMilliseconds(row.birth, anchor), true) : "unknown");
    } },
    { label: "Held", class: "col-quality is-spare", update: (cell, row) =>
      setText(cell, row.reachable ? "yes" : "no") },
  ];
}

class BlocksView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.app = app;
    /** @type {Record<string, string>} */
    this.params = {};
    /** @type {PagedList<Instance, InstanceList>} */
    this.list = new PagedList("", SORT, () => this.panel.render(), null, "objects");
    this.panel = new GraphPanel(app, {
      title: "Blocks of a type", text: "Each block of one type, as the last scan saw them.", controls: [],
      resource: this.list.resource, isAsked: () => this.list.name !== "", explain: (state) => this.explain(state),
      render: (data, envelope) => this.render(data, envelope),
    });
    this.name = h("div", { class: "object-name", role: "heading", "aria-level": "3" });
    createTypeCell(this.name);
    this.table = new Table({ caption: "Blocks", key: (/** @type {Instance} */ row) => row.address,
      columns: columns(() => this.list.state.envelope),
      sorted: (sort) => this.go({ sort: sort === SORT ? "" : sort }) });
    this.footer = createListFooter("blocks", () => this.list.more());
    this.panel.content.append(this.name, h("div", { class: "table-scroll" }, this.table.element), this.footer.element);
  }

  /** @param {Record<string, string>} change */
  go(change) {
    this.app.navigate({ view: "blocks", params: { ...this.params, ...change } });
  }

  /** @param {import("../state/resource.js").ResourceState<InstanceList>} state @returns {HTMLElement | null} */
  explain({ status, error }) {
    if (this.list.name === "") return notice("No type chosen", "Open one from the list of types.");
    if (status !== "error" || error?.status !== 404) return null;
    return notice("No such block", [error.message, error.hint].filter(Boolean).join(" "));
  }

  /** @param {InstanceList} data @param {import("../wire-types.js").Envelope<InstanceList>} envelope */
  render(data, envelope) {
    const { list } = this;
    updateTypeCell(this.name, { name: this.params.type, kind: list.rows[0]?.kind ?? "unknown" });
    this.table.show(list.rows, list.sort);
    this.footer.update({ shown: list.rows.length, loaded: list.rows.length, total: data.total,
      more: list.next !== null, truncated: envelope.truncated });
  }

  /** @param {Record<string, string>} params */
  show(params) {
    const name = params.type ? `types/${encodeURIComponent(params.type)}/objects` : "";
    if (name !== this.list.name) {
      this.list.resource.stop();
      this.list.resource.reset();
      this.list.name = name;
    }
    this.params = params;
    this.list.sortBy(params.sort || SORT, params.kind ? { kind: params.kind } : {});
    this.panel.show();
  }
}

/** @param {import("../main.js").Application} app */
export function createBlocksView(app) {
  const view = new BlocksView(app);
  return {
    element: view.panel.element,
    show: (/** @type {Record<string, string>} */ params) => view.show(params),
    hide: () => view.panel.hide(),
  };
}
