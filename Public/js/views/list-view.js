// @ts-check
// A panel around a list resource: filter, table, footer, and what stands there
// when there are no rows.

import { h, setAttribute } from "./dom.js";
import { createListFooter } from "./list-footer.js";
import { notice, showState } from "./notices.js";
import { PagedList } from "./paged-list.js";
import { createPanel, createRefresh, createSearch } from "./panel.js";
import { Table } from "./table.js";

/**
 * @template Row
 * @typedef {object} ListOptions
 * @property {"sites" | "types" | "threads"} name - of the view, the resource and the array in its data
 * @property {string} title
 * @property {string} text - what the list shows
 * @property {string} defaultSort
 * @property {string} filterLabel
 * @property {(query: string, row: Row) => boolean} matches
 * @property {{title: string, text: string}} empty - why there may be no row at all
 * @property {(row: Row) => string} key
 * @property {import("./table.js").Column<Row>[]} columns
 * @property {import("./table.js").TableOptions<Row>["detail"]} [detail]
 * @property {(data: any) => Node | null} [note] - something to say below the table
 */

/**
 * @template Row
 * @param {import("../main.js").Application} app
 * @param {ListOptions<Row>} options
 */
export function createListView(app, options) {
  /** @type {PagedList<Row, any>} */
  const list = new PagedList(options.name, options.defaultSort, render);
  const reload = () => list.resource.refresh();
  const search = createSearch(options.filterLabel, render);
  const refresh = createRefresh(reload);
  const panel = createPanel(options.title, options.text, search.element, refresh.element);
  const sorted = (/** @type {string} */ sort) =>
    app.navigate({ view: options.name, params: { sort: sort === options.defaultSort ? "" : sort } });
  const table = new Table({ ...options, caption: options.title, sorted });
  const scroll = h("div", { class: "table-scroll" }, table.element);
  const empty = h("div");
  const note = h("div", { class: "list-note muted" });
  const footer = createListFooter(options.name, () => list.more());
  panel.content.append(scroll, empty, footer.element, note);

  function render() {
    const usable = showState(panel.place, list.state, { retry: reload });
    setAttribute(panel.content, "hidden", !usable);
    refresh.update(list.state);
    if (!usable || !list.state.envelope) return;
    const rows = list.rows.filter((row) => options.matches(search.input.value, row));
    table.show(rows, list.sort);
    setAttribute(scroll, "hidden", rows.length === 0);
    empty.replaceChildren(...(rows.length === 0 ? [emptyNotice(options.empty, list.rows.length)] : []));
    note.replaceChildren(options.note?.(list.state.envelope.data) ?? "");
    footer.update({ shown: rows.length, loaded: list.rows.length, total: list.total, more: list.next !== null,
      truncated: list.state.envelope.truncated });
  }

  // Shares and ages need the summary, which may come after the rows.
  const unsubscribe = app.store.subscribe(({ summary }) => {
    if (!summary) return;
    queueMicrotask(() => unsubscribe());
    render();
  });

  return {
    element: panel.element,
    /** @param {Record<string, string>} params */
    show(params) {
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
