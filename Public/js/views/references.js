// @ts-check
// The references to an object, and its own references.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { groupDigits } from "../lib/format.js";
import { REFERENCES } from "../lib/words.js";
import { createListFooter } from "./list-footer.js";
import { objectLink } from "./object-link.js";
import { Table } from "./table.js";

/** @typedef {import("../graph-types.js").Reference} Reference */
/** @typedef {Reference & {at: number}} Row */

/** @param {HTMLElement} cell @param {Row} row */
function updateObject(cell, row) {
  const link = objectLink(row.address, row.type);
  setAttribute(link, "title", `${row.type} at ${row.address}`);
  setAttribute(link, "data-address", row.address);
  replace(cell, h("div", { class: "named" }, link, h("span", { class: "place" }, row.address)));
}

/** @param {HTMLElement} cell @param {Row} row */
function updateKind(cell, row) {
  const words = REFERENCES[row.kind] ?? { label: row.kind, text: "" };
  replace(cell, h("span", { class: "badge", title: words.text || null, data: { reference: row.kind } }, words.label));
}

/** @param {string} title @param {string} fieldLabel */
function createTable(title, fieldLabel) {
  return new Table({
    caption: title,
    key: (/** @type {Row} */ row) => String(row.at),
    columns: [
      { label: "Object", class: "col-name", update: updateObject },
      { label: fieldLabel, class: "col-field", update: (cell, row) => {
        setText(cell, row.field ?? "unknown");
        setAttribute(cell, "title", row.field);
      } },
      { label: "Reference", class: "col-quality", update: updateKind },
    ],
  });
}

/**
 * @param {string} title
 * @param {string} fieldLabel
 * @param {string} none
 * @param {(cursor: number) => Promise<Reference[]>} load - those behind so many
 */
export function createReferences(title, fieldLabel, none, load) {
  const table = createTable(title, fieldLabel);
  const heading = h("h3", {});
  const empty = h("p", { class: "muted" }, none);
  const scroll = h("div", { class: "table-scroll" }, table.element);
  /** @type {Reference[]} */
  let shown = [];
  const footer = createListFooter("references", async () => {
    const before = shown;
    const more = await load(before.length);
    // Another object may be shown by now.
    if (shown === before) view.show([...before, ...more], total);
  });
  let total = 0;
  const view = {
    element: h("section", { class: "references", "aria-label": title }, heading, empty, scroll, footer.element),
    /** @param {Reference[]} references @param {number} all */
    show(references, all) {
      shown = references;
      total = all;
      const some = references.length < total ? `${groupDigits(references.length)} of ` : "";
      setText(heading, `${title}: ${some}${groupDigits(total)}`);
      setAttribute(empty, "hidden", references.length > 0);
      setAttribute(scroll, "hidden", references.length === 0);
      table.show(references.map((reference, at) => ({ ...reference, at })));
      footer.update({ shown: references.length, loaded: references.length, total, more: references.length < total,
        truncated: false });
      setAttribute(footer.element, "hidden", references.length === total);
    },
  };
  return view;
}
