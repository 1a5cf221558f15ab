// @ts-check
// Snapshots: take, list, choose two to compare.

import { get, post } from "../api/client.js";
import { h, icon, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatClock, formatCount, wallMilliseconds } from "../lib/format.js";
import { Resource } from "../state/resource.js";
import { DiffView } from "./diff.js";
import { explain, notice, showState } from "./notices.js";
import { createPanel } from "./panel.js";
import { figureColumn, Table } from "./table.js";

/** @typedef {import("../wire-types.js").SnapshotInfo} SnapshotInfo */

const NOW = "now";

/** @param {(snapshot: SnapshotInfo) => string} time @param {(from: string) => void} compare */
function snapshotColumns(time, compare) {
  return [
    { label: "Name", class: "col-name", create: (/** @type {HTMLElement} */ cell) => {
      cell.append(h("div", { class: "named" }, h("span", { class: "name" }), h("span", { class: "place" })));
    }, update: (/** @type {HTMLElement} */ cell, /** @type {SnapshotInfo} */ snapshot) => {
      const missed = `${formatCount(snapshot.missedBlocks)} blocks missed`;
      setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), snapshot.name || `Snapshot ${snapshot.id}`);
      setText(/** @type {HTMLElement} */ (cell.querySelector(".place")),
        [time(snapshot), snapshot.consistent ? "" : `not consistent: ${missed}`].filter(Boolean).join(" · "));
    } },
    figureColumn({ label: "Live" }, (/** @type {SnapshotInfo} */ snapshot) => snapshot.liveBytes, formatBytes,
      exactBytes),
    figureColumn({ label: "Blocks", class: "is-optional" },
      (/** @type {SnapshotInfo} */ snapshot) => snapshot.liveBlocks, formatCount, formatCount),
    { label: "", class: "col-action", create: (/** @type {HTMLElement} */ cell) => {
      cell.append(h("button", { class: "button", type: "button",
        on: { click: () => compare(cell.dataset.id ?? "") } }, "Compare with now"));
    }, update: (/** @type {HTMLElement} */ cell, /** @type {SnapshotInfo} */ snapshot) => {
      setAttribute(cell, "data-id", snapshot.id);
    } },
  ];
}

/** @param {() => void} taken */
function createTakeForm(taken) {
  const input = h("input", { class: "input", "aria-label": "Name of the snapshot", placeholder: "Name, if you like",
    maxlength: "64", autocomplete: "off" });
  const button = h("button", { class: "button is-primary", type: "submit" }, icon("camera"), "Take snapshot");
  const failure = h("span", { class: "failure", role: "alert" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    setText(failure, "");
    const name = input.value.trim();
    await post("snapshots", name ? { name } : {}).then(() => {
      input.value = "";
      taken();
    }, (error) => setText(failure, explain(error).text));
    button.disabled = false;
  };
  return h("form", { class: "inline-form take", on: { submit } }, input, button, failure);
}

/** @param {string} label @param {() => void} changed */
function createPicker(label, changed) {
  const select = h("select", { class: "input", "aria-label": label, on: { change: changed } });
  return {
    element: h("label", { class: "picker" }, h("span", {}, label), select),
    select,
    /** @param {{value: string, text: string}[]} options @param {string} chosen */
    fill(options, chosen) {
      const wanted = JSON.stringify([options, chosen]);
      if (select.dataset.filled === wanted) return;
      select.dataset.filled = wanted;
      select.replaceChildren(...options.map(({ value, text }) => h("option", { value }, text)));
      select.value = chosen;
    },
  };
}

class SnapshotsView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.app = app;
    /** @type {Record<string, string>} */
    this.params = {};
    /** @type {Resource<import("../wire-types.js").SnapshotList>} */
    this.resource = new Resource(() => get("snapshots"), () => this.render(), null);
    const reload = () => this.resource.refresh();
    this.panel = createPanel("Snapshots", "The live heap at one moment, kept by name. Compare two to see what grew.",
      createTakeForm(reload));
    this.table = new Table({
      caption: "Snapshots",
      columns: snapshotColumns((snapshot) => this.time(snapshot), (from) => this.compare(from, NOW)),
      key: (/** @type {SnapshotInfo} */ snapshot) => String(snapshot.id),
    });
    const picked = () => this.compare(this.from.select.value, this.to.select.value);
    this.from = createPicker("From", picked);
    this.to = createPicker("to", picked);
    this.diff = new DiffView();
    this.empty = h("div");
    this.list = h("div", { class: "table-scroll" }, this.table.element);
    this.limit = h("p", { class: "muted list-note" });
    this.pickers = h("div", { class: "pickers" }, h("h3", {}, "Difference"), this.from.element, this.to.element);
    this.panel.content.append(this.empty, this.list, this.limit, this.pickers, this.diff.element);
    app.onHappened((kind) => kind === "snapshot" && this.resource.wanted && this.resource.refresh());
  }

  /** @param {SnapshotInfo} snapshot */
  time(snapshot) {
    const anchor = this.resource.state.envelope?.process.wallAnchor;
    return anchor ? formatClock(wallMilliseconds(snapshot.takenAt, anchor), true) : "";
  }

  /** @param {string} from @param {string} to */
  compare(from, to) {
    this.app.navigate({ view: "snapshots", params: { from, to: to === NOW ? "" : to } });
    // Choosing the same snapshots again refreshes `now`.
    if (from === this.params.from) this.diff.load(from, to);
  }

  render() {
    const { state } = this.resource;
    const usable = showState(this.panel.place, state, { retry: () => this.resource.refresh() });
    setAttribute(this.panel.content, "hidden", !usable);
    if (!usable || !state.envelope) return;
    const { snapshots, limit } = state.envelope.data;
    const some = snapshots.length > 0;
    this.table.show(snapshots);
    for (const part of [this.list, this.limit, this.pickers]) setAttribute(part, "hidden", !some);
    setText(this.limit, `${formatCount(snapshots.length)} of at most ${formatCount(limit)} kept`);
    this.empty.replaceChildren(...(some ? [] : [notice("No snapshots yet",
      "Take one, let the program work, and compare: what stays and grows is worth a look.")]));
    const options = snapshots.map((snapshot) => ({ value: String(snapshot.id),
      text: `${snapshot.name || `Snapshot ${snapshot.id}`} · ${this.time(snapshot)}` }));
    this.from.fill([{ value: "", text: "Choose…" }, ...options], this.params.from ?? "");
    this.to.fill([{ value: NOW, text: "Now" }, ...options], this.params.to ?? NOW);
  }

  /** @param {Record<string, string>} params */
  show(params) {
    const changed = params.from !== this.params.from || params.to !== this.params.to;
    this.params = params;
    this.resource.start();
    this.render();
    if (!params.from) this.diff.clear();
    else if (changed) this.diff.load(params.from, params.to ?? NOW);
  }
}

/** @param {import("../main.js").Application} app */
export function createSnapshotsView(app) {
  const view = new SnapshotsView(app);
  return {
    element: view.panel.element,
    show: (/** @type {Record<string, string>} */ params) => view.show(params),
    hide: () => view.resource.stop(),
  };
}
