// @ts-check
// The mapped images, the sources of the names of their code, and missing sources.

import { get } from "../api/client.js";
import { h, setAttribute, setText } from "../dom/elements.js";
import { matchesText } from "../lib/filter.js";
import { FUNCTION_NAMES } from "../lib/words.js";
import { Resource } from "../state/resource.js";
import { notice, showState } from "./notices.js";
import { createPanel, createRefresh, createSearch } from "./panel.js";
import { Table } from "./table.js";

/** @typedef {import("../wire-types.js").ImageRow} ImageRow */

/** @param {HTMLElement} cell */
function createImageCell(cell) {
  cell.append(h("div", { class: "named" }, h("span", { class: "name" }), h("span", { class: "place" })));
}

/** @param {HTMLElement} cell @param {ImageRow} row */
function updateImageCell(cell, { path, buildID, unloadedAt }) {
  setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), path?.split("/").pop() ?? "unknown");
  const place = /** @type {HTMLElement} */ (cell.querySelector(".place"));
  setText(place, [path, unloadedAt !== null && "unloaded"].filter(Boolean).join(" · "));
  setAttribute(place, "title", [path, buildID && `build id ${buildID}`].filter(Boolean).join("\n") || null);
}

/** @param {ImageRow} row @returns {string} */
function lackingText({ names, unloadedAt }) {
  if (names === null) return unloadedAt === null ? "" : "unloaded: names that were found are kept";
  return names.problem ?? "nothing";
}

/** @type {import("./table.js").Column<ImageRow>[]} */
const COLUMNS = [
  { label: "Image", class: "col-name", create: createImageCell, update: updateImageCell },
  { label: "Functions", class: "col-quality", hint: "Which functions have names",
    update: (cell, { names }) => setText(cell, names ? FUNCTION_NAMES[names.functions] ?? names.functions : "") },
  { label: "Lines", class: "col-quality", hint: "Whether code has source lines and inlined calls",
    update: (cell, { names }) => {
      setText(cell, names ? (names.lines ? "yes" : "no") : "");
      setAttribute(cell, "title", names?.debugFile ?? null);
    } },
  { label: "What is lacking", class: "col-name", create: (cell) => cell.append(h("span", { class: "remedy" })),
    update: (cell, row) => {
      setText(/** @type {Node} */ (cell.firstElementChild), lackingText(row));
      setAttribute(cell, "title", lackingText(row) || null);
    } },
];

class ImagesView {
  constructor() {
    /** @type {Resource<import("../wire-types.js").Metadata>} */
    this.resource = new Resource(() => get("metadata"), () => this.render(), null);
    this.search = createSearch("Filter by path or by what is lacking", () => this.render());
    this.refresh = createRefresh(() => this.resource.refresh());
    this.panel = createPanel("Images", "The program and its libraries: where the names of their code come from.",
      this.search.element, this.refresh.element);
    /** @type {Table<ImageRow>} */
    this.table = new Table({ caption: "Images", columns: COLUMNS, key: (row) => `${row.start} ${row.loadedAt}` });
    this.scroll = h("div", { class: "table-scroll" }, this.table.element);
    this.empty = h("div");
    this.panel.content.append(this.scroll, this.empty);
  }

  render() {
    const { state } = this.resource;
    const usable = showState(this.panel.place, state, { retry: () => this.resource.refresh() });
    setAttribute(this.panel.content, "hidden", !usable);
    this.refresh.update(state);
    if (!usable || !state.envelope) return;
    const query = this.search.input.value;
    const rows = state.envelope.data.images.filter((row) => matchesText(query, [row.path, lackingText(row)]));
    this.table.show(rows);
    setAttribute(this.scroll, "hidden", rows.length === 0);
    this.empty.replaceChildren(...(rows.length > 0 ? [] : [notice("No image matches", "Change the filter.")]));
  }
}

export function createImagesView() {
  const view = new ImagesView();
  return {
    element: view.panel.element,
    show: () => view.resource.start(),
    hide: () => view.resource.stop(),
  };
}
