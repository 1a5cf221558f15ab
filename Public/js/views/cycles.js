// @ts-check
// Retain cycles of the last scan: the unreachable cycles, and separately the cycles that
// a root still holds.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { cycleText } from "../lib/cycle.js";
import { matchesText } from "../lib/filter.js";
import { groupDigits } from "../lib/format.js";
import { cycleCard } from "./cycle-card.js";
import { GraphPanel } from "./graph-panel.js";
import { createListFooter } from "./list-footer.js";
import { notice } from "./notices.js";
import { PagedList } from "./paged-list.js";
import { createSearch } from "./panel.js";

/** @typedef {import("../graph-types.js").Cycle} Cycle */
/** @typedef {import("../graph-types.js").CycleList} CycleList */

/** @param {string} name @param {string} title @param {string} text */
function createSection(name, title, text) {
  const heading = h("h3", {});
  const cards = h("div", { class: "cycles" });
  const element = h("section", { class: "cycle-section", "aria-label": title, data: { cycles: name } }, heading,
    h("p", { class: "muted" }, text), cards);
  return {
    element,
    /** @param {Cycle[]} cycles */
    show(cycles) {
      setAttribute(element, "hidden", cycles.length === 0);
      setText(heading, `${title}: ${groupDigits(cycles.reduce((sum, cycle) => sum + cycle.count, 0))}`);
      replace(cards, ...cycles.map(cycleCard));
    },
  };
}

class CyclesView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    /** @type {PagedList<Cycle, CycleList>} */
    this.list = new PagedList("cycles", "-bytes", () => this.panel.render(), null);
    /**
     * The rows and the filter that are shown: drawing them again would close rows that the reader opened.
     * @type {{rows: Cycle[] | null, query: string}}
     */
    this.drawn = { rows: null, query: "" };
    this.search = createSearch("Filter by type or field", () => this.panel.render());
    this.panel = new GraphPanel(app, {
      title: "Cycles",
      text: "Objects that keep each other alive by strong references, one drawing for all that are alike.",
      controls: [this.search.element], resource: this.list.resource,
      render: (data, envelope) => this.render(data, envelope),
    });
    this.unreachable = createSection("unreachable", "Unreachable cycles",
      "Nothing else holds them: their memory never comes back.");
    this.held = createSection("held", "Cycles that are still held",
      "Something outside holds these, so they may be meant. They stay for ever unless somebody breaks them first.");
    this.empty = h("div");
    this.footer = createListFooter("cycles", () => this.list.more());
    this.panel.content.append(this.empty, this.unreachable.element, this.held.element, this.footer.element);
  }

  /** @param {CycleList} _data @param {import("../wire-types.js").Envelope<CycleList>} envelope */
  render(_data, { truncated }) {
    const { rows, total, next } = this.list;
    const query = this.search.input.value;
    const matching = rows.filter((cycle) => matchesText(query, [cycleText(cycle.path), ...cycle.types]));
    this.footer.update({ shown: matching.length, loaded: rows.length, total, more: next !== null, truncated });
    if (rows === this.drawn.rows && query === this.drawn.query) return;
    this.drawn = { rows, query };
    this.unreachable.show(matching.filter((cycle) => !cycle.reachable));
    this.held.show(matching.filter((cycle) => cycle.reachable));
    replace(this.empty, matching.length === 0 && (rows.length === 0
      ? notice("No cycles found", "In the last scan no objects held each other by strong references.")
      : notice("No loaded cycle matches", "The filter looks at loaded cycles only: show more, or change it.")));
  }

  show() {
    this.panel.show();
  }
}

/** @param {import("../main.js").Application} app */
export function createCyclesView(app) {
  const view = new CyclesView(app);
  return { element: view.panel.element, show: () => view.show(), hide: () => view.panel.hide() };
}
