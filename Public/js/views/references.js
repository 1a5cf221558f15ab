// @ts-check
// What holds an object, and what it holds.

import { groupDigits } from "../lib/format.js";
import { REFERENCES } from "../lib/words.js";
import { h, replace, setAttribute, setText } from "./dom.js";
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

/** @param {string} title @param {string} fieldLabel @param {string} none */
export function createReferences(title, fieldLabel, none) {
  const table = new Table({
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
  const heading = h("h3", {});
  const empty = h("p", { class: "muted" }, none);
  const scroll = h("div", { class: "table-scroll" }, table.element);
  return {
    element: h("section", { class: "references", "aria-label": title }, heading, empty, scroll),
    /** @param {Reference[]} references @param {number} total */
    show(references, total) {
      const some = references.length < total ? `${groupDigits(references.length)} of ` : "";
      setText(heading, `${title}: ${some}${groupDigits(total)}`);
      setAttribute(empty, "hidden", references.length > 0);
      setAttribute(scroll, "hidden", references.length === 0);
      table.show(references.map((reference, at) => ({ ...reference, at })));
    },
  };
}
