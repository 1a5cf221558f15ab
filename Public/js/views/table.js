// @ts-check
// A table that keeps its rows while figures change, so that focus, selection and
// expanded rows survive a refresh.

import { h, icon, setAttribute, setText } from "../dom/elements.js";
import { ariaSort, nextSort } from "../lib/sort.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} label
 * @property {string} [hint] - longer explanation of the heading
 * @property {string} [sort] - name of the column in the API; without it the column does not sort
 * @property {boolean} [ascendingFirst]
 * @property {string} [class] - width and alignment
 * @property {(cell: HTMLElement) => void} [create] - once per row
 * @property {(cell: HTMLElement, row: Row) => void} update - each time figures arrive
 */

/**
 * @template Row
 * @typedef {object} TableOptions
 * @property {string} caption - for assistive technology
 * @property {Column<Row>[]} columns
 * @property {(row: Row) => string} key - what makes a row the same row
 * @property {(sort: string) => void} [sorted]
 * @property {(row: Row) => {element: HTMLElement, update: (row: Row) => void}} [detail] - what a row opens to
 */

/** @template Row @typedef {{row: Row, line: HTMLTableRowElement, detail: HTMLTableRowElement | null,
 *   update: ((row: Row) => void) | null, opener: HTMLButtonElement | null}} Line */

let nextID = 0;

/** @template Row */
export class Table {
  /** @param {TableOptions<Row>} options */
  constructor(options) {
    this.options = options;
    /** @type {Map<string, Line<Row>>} */
    this.lines = new Map();
    this.sort = "";
    this.headings = options.columns.map((column) => this.heading(column));
    this.body = h("tbody");
    const head = h("thead", {}, h("tr", {}, ...this.headings));
    this.element = h("table", { class: "table" }, h("caption", {}, options.caption), head, this.body);
    // A cell that spans columns the style sheet has hidden would bring them back, empty.
    if (options.detail) new ResizeObserver(() => this.spanDetails()).observe(this.element);
  }

  spanDetails() {
    const visible = this.headings.filter((heading) => heading.offsetParent !== null).length;
    for (const { detail } of this.lines.values()) {
      if (detail) setAttribute(detail.cells[0], "colspan", visible);
    }
  }

  /** @param {Column<Row>} column */
  heading(column) {
    const properties = { class: column.class ?? null, scope: "col", title: column.hint ?? null };
    const { sort } = column;
    if (!sort) return h("th", properties, column.label);
    const click = () => this.options.sorted?.(nextSort(this.sort, sort, column.ascendingFirst));
    const button = h("button", { class: "sort", type: "button", data: { sort }, on: { click } },
      h("span", {}, column.label), icon("caret"));
    return h("th", properties, button);
  }

  /** @param {Row[]} rows @param {string} [sort] - what is in force */
  show(rows, sort = "") {
    this.sort = sort;
    this.options.columns.forEach((column, index) => {
      if (column.sort) setAttribute(this.headings[index], "aria-sort", ariaSort(sort, column.sort));
    });
    const kept = new Set(rows.map(this.options.key));
    for (const [key, line] of this.lines) {
      if (kept.has(key)) continue;
      line.line.remove();
      line.detail?.remove();
      this.lines.delete(key);
    }
    /** @type {Element | null} */
    let before = null;
    for (const row of rows) before = this.place(this.lineFor(row), before);
  }

  /** @param {Row} row @returns {Line<Row>} with the row's newest figures */
  lineFor(row) {
    const key = this.options.key(row);
    const line = this.lines.get(key) ?? this.createLine(key, row);
    line.row = row;
    this.options.columns.forEach((column, index) => {
      column.update(/** @type {HTMLElement} */ (line.line.children[index]), row);
    });
    line.update?.(row);
    return line;
  }

  /** @param {string} key @param {Row} row @returns {Line<Row>} */
  createLine(key, row) {
    const cells = this.options.columns.map((column) => h("td", { class: column.class ?? null }));
    const element = h("tr", { data: { key } }, ...cells);
    /** @type {Line<Row>} */
    const line = { row, line: element, detail: null, update: null, opener: null };
    this.options.columns.forEach((column, index) => column.create?.(cells[index]));
    if (this.options.detail) this.makeExpandable(line, cells[0]);
    this.lines.set(key, line);
    return line;
  }

  /** @param {Line<Row>} line @param {HTMLElement} cell */
  makeExpandable(line, cell) {
    line.opener = h("button", { class: "opener", type: "button", "aria-expanded": "false", "aria-label": "Stack" },
      icon("chevron"));
    cell.prepend(line.opener);
    line.line.classList.add("is-expandable");
    line.line.addEventListener("click", () => {
      // The end of a text selection does not count as a click.
      if (getSelection()?.type !== "Range") this.toggle(line);
    });
  }

  /** @param {Line<Row>} line */
  toggle(line) {
    const open = line.detail === null;
    line.line.classList.toggle("is-open", open);
    if (line.opener) setAttribute(line.opener, "aria-expanded", String(open));
    if (!open) {
      line.detail?.remove();
      line.detail = line.update = null;
      line.opener?.removeAttribute("aria-controls");
      return;
    }
    const made = this.options.detail?.(line.row);
    if (!made) return;
    const id = `detail-${(nextID += 1)}`;
    line.detail = h("tr", { class: "detail", id }, h("td", {}, made.element));
    line.update = made.update;
    if (line.opener) setAttribute(line.opener, "aria-controls", id);
    line.line.after(line.detail);
    this.spanDetails();
  }

  /** @param {Line<Row>} line @param {Element | null} before @returns {Element} the line's last row */
  place(line, before) {
    const wanted = before ? before.nextElementSibling : this.body.firstElementChild;
    if (wanted !== line.line) {
      if (before) before.after(line.line);
      else this.body.prepend(line.line);
      if (line.detail) line.line.after(line.detail);
    }
    return line.detail ?? line.line;
  }
}

/**
 * A column of figures.
 * @template Row
 * @param {Pick<Column<Row>, "label" | "sort" | "hint"> & {class?: string}} heading
 * @param {(row: Row) => number | null} value
 * @param {(value: number | null) => string} format
 * @param {(value: number | null) => string} exact - for the title
 * @returns {Column<Row>}
 */
export function figureColumn(heading, value, format, exact) {
  return {
    ...heading,
    class: `figure ${heading.class ?? ""}`.trim(),
    update(cell, row) {
      setText(cell, format(value(row)));
      setAttribute(cell, "title", exact(value(row)));
      setAttribute(cell, "data-value", value(row));
    },
  };
}
