// @ts-check
// The unreachable blocks of the last scan, by kind, type and site.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount, formatShare, groupDigits } from "../lib/format.js";
import { matchesStack, matchesText } from "../lib/filter.js";
import { leakEvidence, leakKey, unlistedTexts } from "../lib/heap.js";
import { EVIDENCE, KINDS, LEAK_KINDS } from "../lib/words.js";
import { createFacts } from "./facts.js";
import { GraphPanel } from "./graph-panel.js";
import { createListFooter } from "./list-footer.js";
import { notice } from "./notices.js";
import { objectLink } from "./object-link.js";
import { PagedList } from "./paged-list.js";
import { createChoice, createSearch } from "./panel.js";
import { createStackCell, stackList, updateStackCell } from "./stack.js";
import { figureColumn, Table } from "./table.js";

/** @typedef {import("../graph-types.js").Leak} Leak */
/** @typedef {import("../graph-types.js").LeakList} LeakList */

const SORT = "-bytes";

/** @type {import("./facts.js").Fact<import("../graph-types.js").LeakSummary>[]} */
const TOTALS = [
  ["Unreachable", (it) => formatBytes(it.unreachableBytes), (it) => exactBytes(it.unreachableBytes)],
  ["Unreachable blocks", (it) => formatCount(it.unreachableBlocks)],
  ["Cycles", (it) => formatCount(it.cycles)],
  ["Suspects", (it) => formatCount(it.suspects),
    () => "Unreachable in one pass only, or perhaps held by io_uring: not confirmed"],
  ["On one stack word", (it) => formatCount(it.stackSuspects),
    () => "Held by nothing but one word on a stack, in a register or in a task's frames, with what only they hold"],
];

/** @type {import("./facts.js").Fact<Leak>[]} */
const FACTS = [
  ["Bytes", (it) => formatBytes(it.bytes), (it) => exactBytes(it.bytes)],
  ["Blocks", (it) => formatCount(it.count)],
  ["Retained", (it) => formatBytes(it.retainedBytes), (it) => exactBytes(it.retainedBytes)],
  ["What it is", (it) => KINDS[it.typeKind] ?? it.typeKind],
  ["Site", (it) => String(it.site)],
];

/** @type {import("./facts.js").Fact<Leak>[]} */
const GROWTH_FACTS = [
  ["Grows by", (it) => `${formatBytes(it.slopeBytesPerSecond)}/s`, (it) => exactBytes(it.slopeBytesPerSecond)],
  ["Confidence", (it) => formatShare(it.confidence, 1)],
];

/** @param {Leak} leak @returns {Node} links to some of the blocks */
function addresses({ addresses: known, count }) {
  if (known.length === 0) return h("p", { class: "muted" }, "No single block is named.");
  const text = known.length < count ? `${groupDigits(known.length)} of ${groupDigits(count)} blocks` : "Blocks";
  return h("div", { class: "addresses" }, h("h3", {}, text),
    h("ul", { class: "address-list" }, ...known.map((address) => h("li", {}, objectLink(address)))));
}

/**
 * Why it is a leak, and where it came from.
 * @param {Leak} leak
 * @returns {{element: HTMLElement, update: (leak: Leak) => void}}
 */
function leakDetail(leak) {
  const reason = h("p", { class: "leak-reason" });
  const facts = createFacts(leak.kind === "growth" ? [...GROWTH_FACTS, ...FACTS] : FACTS);
  const blocks = h("div");
  let shown = "";
  const update = (/** @type {Leak} */ current) => {
    setText(reason, current.reason);
    facts.update(current);
    // A link that is replaced would lose the reader's focus.
    const wanted = [current.count, ...current.addresses].join(" ");
    if (wanted !== shown) replace(blocks, addresses(current));
    shown = wanted;
  };
  update(leak);
  return { element: h("div", { class: "site-detail" }, reason, facts.element, blocks, stackList(leak.stack)), update };
}

/** @param {HTMLElement} cell */
function createLeakCell(cell) {
  cell.append(h("div", { class: "type" }, h("span", { class: "badge kind" }), h("span", { class: "name code" })));
}

/** @param {HTMLElement} cell @param {Leak} leak */
function updateLeakCell(cell, leak) {
  const badge = /** @type {HTMLElement} */ (cell.querySelector(".kind"));
  const name = /** @type {HTMLElement} */ (cell.querySelector(".name"));
  const words = LEAK_KINDS[leak.kind] ?? { label: leak.kind, text: "" };
  setText(badge, words.label);
  setAttribute(badge, "title", words.text || null);
  setAttribute(badge, "data-leak", leak.kind);
  setText(name, leak.type);
  setAttribute(name, "title", `${leak.type}: ${leak.reason}`);
}

/** @param {HTMLElement} cell @param {Leak} leak */
function updateEvidence(cell, leak) {
  const evidence = leakEvidence(leak);
  const badge = /** @type {HTMLElement} */ (cell.firstElementChild);
  setText(badge, EVIDENCE[evidence].label);
  setAttribute(badge, "title", EVIDENCE[evidence].text);
  setAttribute(badge, "data-quality", evidence);
}

/** @type {import("./table.js").Column<Leak>[]} */
const COLUMNS = [
  { label: "Leak", sort: "type", ascendingFirst: true, class: "col-name", create: createLeakCell,
    update: updateLeakCell },
  { label: "Allocated by", class: "col-name is-optional", create: createStackCell,
    update: (cell, leak) => updateStackCell(cell, leak.stack) },
  figureColumn({ label: "Bytes", sort: "bytes" }, (leak) => leak.bytes, formatBytes, exactBytes),
  figureColumn({ label: "Retained", sort: "retainedBytes", class: "is-optional", hint: "What would be freed with it" },
    (leak) => leak.retainedBytes, formatBytes, exactBytes),
  figureColumn({ label: "Blocks", sort: "count" }, (leak) => leak.count, formatCount, formatCount),
  { label: "Basis", class: "col-quality is-spare", create: (cell) => cell.append(h("span", { class: "badge quality" })),
    update: updateEvidence },
];

class LeaksView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.app = app;
    /** @type {Record<string, string>} */
    this.params = {};
    /** @type {PagedList<Leak, LeakList>} */
    this.list = new PagedList("leaks", SORT, () => this.panel.render(), null);
    this.search = createSearch("Filter by type, function or file", () => this.panel.render());
    const kinds = Object.entries(LEAK_KINDS).map(([value, { label, text }]) => ({ value, label, title: text }));
    this.kinds = createChoice("Kind of leak", [{ value: "", label: "all" }, ...kinds], (kind) => this.go({ kind }));
    this.table = new Table({ caption: "Leaks", columns: COLUMNS, key: leakKey, detail: leakDetail,
      sorted: (sort) => this.go({ sort: sort === SORT ? "" : sort }) });
    this.panel = new GraphPanel(app, {
      title: "Leaks", text: "Memory that nothing can reach any more, and memory that steadily grows.",
      controls: [this.search.element, this.kinds.element], resource: this.list.resource,
      render: (data, envelope) => this.render(data, envelope),
    });
    this.totals = createFacts(TOTALS);
    this.totals.element.classList.add("leak-totals");
    this.unlisted = h("p", { class: "muted unlisted" });
    this.scroll = h("div", { class: "table-scroll" }, this.table.element);
    this.empty = h("div");
    this.footer = createListFooter("leaks", () => this.list.more());
    this.panel.content.append(this.totals.element, this.unlisted, this.scroll, this.empty, this.footer.element);
  }

  /** @param {Record<string, string>} change */
  go(change) {
    this.app.navigate({ view: "leaks", params: { ...this.params, ...change } });
  }

  /** @param {LeakList} data @param {import("../wire-types.js").Envelope<LeakList>} envelope */
  render(data, envelope) {
    const { list } = this;
    const query = this.search.input.value;
    const rows = list.rows.filter((leak) =>
      matchesText(query, [leak.type, leak.reason]) || matchesStack(query, leak.stack));
    this.totals.update(data.summary);
    this.table.show(rows, list.sort);
    setAttribute(this.scroll, "hidden", rows.length === 0);
    replace(this.empty, rows.length === 0 && this.emptyNotice());
    this.footer.update({ shown: rows.length, loaded: list.rows.length, total: list.total, more: list.next !== null,
      truncated: envelope.truncated });
    setText(this.unlisted, unlistedTexts(data.summary).join(" "));
  }

  emptyNotice() {
    if (this.list.rows.length > 0) {
      return notice("No loaded row matches", "The filter looks at loaded rows only: show more, or change it.");
    }
    const { kind } = this.params;
    if (kind === "stack") {
      return notice("No suspect", "No block hangs on a single word of a stack, a register or a task's frames.");
    }
    return kind
      ? notice(`No leak of kind ${LEAK_KINDS[kind]?.label ?? kind}`, "Other kinds may have some: choose all above.")
      : notice("No leaks found", "Something holds every block of the last scan. Let the program work, scan again.");
  }

  /** @param {Record<string, string>} params */
  show(params) {
    if (params.type !== this.params.type) this.search.input.value = params.type ?? "";
    this.params = params;
    this.kinds.select(params.kind ?? "");
    this.list.sortBy(params.sort || SORT, params.kind ? { kind: params.kind } : {});
    this.panel.show();
  }
}

/** @param {import("../main.js").Application} app */
export function createLeaksView(app) {
  const view = new LeaksView(app);
  return {
    element: view.panel.element,
    show: (/** @type {Record<string, string>} */ params) => view.show(params),
    hide: () => view.panel.hide(),
  };
}
