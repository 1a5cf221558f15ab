// @ts-check
// A panel around a list resource: filter, table, footer, and the text that is shown
// when there are no rows.

import { h, setAttribute } from "../dom/elements.js";
import { createListFooter } from "./list-footer.js";
import { notice, showState } from "./notices.js";
import { PagedList } from "./paged-list.js";
import { createPanel, createRefresh, createSearch } from "./panel.js";
import { Table } from "./table.js";

/**
 * @template Row
 * @typedef {object} ListOptions
 * @property {"sites" | "types" | "threads" | "tasks" | "scopes" | "variables" | "errors" | "safety"} name - of view and
 *   resource
 * @property {string} [rowsName] - of the array in its data, unless it is the same
 * @property {string} title
 * @property {string} text - what the list shows
 * @property {string} defaultSort
 * @property {string} filterLabel
 * @property {(query: string, row: Row) => boolean} matches
 * @property {{title: string, text: string}} empty - why there may be no row at all
 * @property {(row: Row) => string} key
 * @property {import("./table.js").Column<Row>[]} columns
 * @property {import("./table.js").TableOptions<Row>["detail"]} [detail]
 * @property {{element: HTMLElement, update: (data: any) => void}} [head] - above the table
 * @property {(data: any) => Node | null} [note] - something to say below the table
 * @property {string} [scanned] - the one figure that is of the last scan, where there was one
 */

/** @template Row */
class ListView {
  /**
   * @param {import("../main.js").Application} app
   * @param {ListOptions<Row>} options
   */
  constructor(app, options) {
    this.options = options;
    const { name, defaultSort } = options;
    /** @type {PagedList<Row, any>} */
    this.list = new PagedList(name, defaultSort, () => this.render(), undefined, options.rowsName);
    this.search = createSearch(options.filterLabel, () => this.render());
    this.refresh = createRefresh(() => this.list.resource.refresh());
    this.panel = createPanel(options.title, options.text, this.search.element, this.refresh.element);
    const sorted = (/** @type {string} */ sort) =>
      app.navigate({ view: name, params: { sort: sort === defaultSort ? "" : sort } });
    this.table = new Table({ ...options, caption: options.title, sorted });
    this.scroll = h("div", { class: "table-scroll" }, this.table.element);
    this.empty = h("div");
    this.note = h("div", { class: "list-note muted" });
    this.footer = createListFooter(options.rowsName ?? name, () => this.list.more());
    if (options.head) this.panel.content.append(options.head.element);
    this.panel.content.append(this.scroll, this.empty, this.footer.element, this.note);
  }

  render() {
    const { list, options, panel } = this;
    const { envelope } = list.state;
    const usable = showState(panel.place, list.state, { retry: () => list.resource.refresh() });
    setAttribute(panel.content, "hidden", !usable);
    this.refresh.update(list.state, options.scanned);
    if (!usable || !envelope) return;
    const rows = list.rows.filter((row) => options.matches(this.search.input.value, row));
    this.table.show(rows, list.sort);
    setAttribute(this.scroll, "hidden", rows.length === 0);
    this.empty.replaceChildren(...(rows.length === 0 ? [emptyNotice(options.empty, list.rows.length)] : []));
    options.head?.update(envelope.data);
    this.note.replaceChildren(options.note?.(envelope.data) ?? "");
    this.footer.update({ shown: rows.length, loaded: list.rows.length, total: list.total, more: list.next !== null,
      truncated: envelope.truncated });
  }
}

/**
 * @template Row
 * @param {import("../main.js").Application} app
 * @param {ListOptions<Row>} options
 */
export function createListView(app, options) {
  const view = new ListView(app, options);
  const { list } = view;
  // Shares and ages need the summary, which may come after the rows.
  const unsubscribe = app.store.subscribe(({ summary }) => {
    if (!summary) return;
    queueMicrotask(() => unsubscribe());
    view.render();
  });
  return {
    refresh: () => list.resource.wanted && list.resource.refresh(),
    element: view.panel.element,
    /** @param {Record<string, string>} params */
    show(params) {
      if (params.filter) view.search.input.value = params.filter;
      list.sortBy(params.sort || options.defaultSort);
      list.resource.start();
    },
    hide: () => list.resource.stop(),
  };
}

/** @param {{title: string, text: string}} empty @param {number} loaded */
function emptyNotice(empty, loaded) {
  return loaded === 0
    ? notice(empty.title, empty.text)
    : notice("No loaded row matches", "The filter looks at loaded rows only: show more, or change it.");
}
