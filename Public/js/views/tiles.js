// @ts-check
// The figures on top of the overview.

import { h, setAttribute, setText } from "../dom/elements.js";
import {
  exactBytes, formatBytes, formatCount, formatRate, formatShare, groupDigits, isKnown, splitBytes,
} from "../lib/format.js";

/** @typedef {import("../wire-types.js").Summary} Summary */

/**
 * @typedef {object} Tile
 * @property {string} metric - for tests and styles
 * @property {string} label
 * @property {(data: Summary) => number | null} value
 * @property {"bytes" | "count" | "rate"} unit
 * @property {(data: Summary) => string} note
 * @property {string} unknown - why the value may be null
 */

const NO_RSS = "The kernel's /proc/self/statm could not be read.";
const NO_HELD = "This allocator does not say how much it holds.";
const NO_RATE = "Known from the second second on.";

/** @type {Tile[]} */
const TILES = [
  {
    metric: "liveBytes", label: "Live bytes", unit: "bytes", value: (data) => data.liveBytes, unknown: "",
    note: ({ sites, liveBytesStandardError: error }) =>
      (error > 0 ? `± ${formatBytes(error)} (standard error)` : `at ${formatCount(sites)} sites`),
  },
  {
    metric: "liveBlocks", label: "Live blocks", unit: "count", value: (data) => data.liveBlocks, unknown: "",
    note: (data) => (data.liveBlocks > 0 ? `${formatBytes(data.liveBytes / data.liveBlocks)} on average` : "none"),
  },
  {
    metric: "peakLiveBytes", label: "Peak live", unit: "bytes", value: (data) => data.peakLiveBytes, unknown: "",
    note: (data) => (data.peakErrorBytes > 0 ? `± ${formatBytes(data.peakErrorBytes)}` : "exact"),
  },
  {
    metric: "rssBytes", label: "Resident (RSS)", unit: "bytes", value: (data) => data.rssBytes, unknown: NO_RSS,
    note: (data) => shareNote(data.liveBytes, data.rssBytes),
  },
  {
    metric: "allocatorHeldBytes", label: "Held by allocator", unit: "bytes", value: (data) => data.allocatorHeldBytes,
    unknown: NO_HELD,
    note: (data) => [data.allocator, shareNote(data.liveBytes, data.allocatorHeldBytes)].filter(Boolean).join(" · "),
  },
  {
    metric: "allocationsPerSecond", label: "Allocations", unit: "rate", unknown: NO_RATE,
    value: (data) => data.rates.allocationsPerSecond,
    note: ({ rates }) =>
      (isKnown(rates.allocatedBytesPerSecond) ? `${formatBytes(rates.allocatedBytesPerSecond)}/s` : ""),
  },
  {
    metric: "freesPerSecond", label: "Frees", unit: "rate", unknown: NO_RATE,
    value: (data) => data.rates.freesPerSecond,
    note: (data) => `${formatCount(data.frees)} so far`,
  },
  {
    metric: "ownBytes", label: "MemScope itself", unit: "bytes", value: (data) => data.ownBytes, unknown: "",
    note: (data) => (data.ownLimitBytes > 0 ? `of at most ${formatBytes(data.ownLimitBytes)}` : "no limit set"),
  },
];

/** @param {number} part @param {number | null} whole */
function shareNote(part, whole) {
  const share = formatShare(part, whole);
  return share ? `live is ${share} of it` : "";
}

/** @param {Tile} tile @param {number | null} value @returns {{figure: string, unit: string, title: string}} */
function tileText(tile, value) {
  if (!isKnown(value)) return { figure: "unknown", unit: "", title: tile.unknown };
  if (tile.unit === "bytes") return { ...splitBytes(value), title: exactBytes(value) };
  if (tile.unit === "count") return { figure: formatCount(value), unit: "", title: groupDigits(value) };
  const [figure, scale = ""] = formatRate(value).replace("/s", "").split(" ");
  return { figure, unit: `${scale}/s`, title: `${groupDigits(value)} in the last second` };
}

/** @param {Tile} tile */
function createTile(tile) {
  const figure = h("span", { class: "tile-number" }, "\u2013");
  const unit = h("span", { class: "tile-unit" });
  const note = h("div", { class: "tile-note" }, "\u00a0");
  const value = h("div", { class: "tile-value" }, figure, unit);
  const element = h("div", { class: "tile", data: { metric: tile.metric } },
    h("div", { class: "tile-label" }, tile.label), value, note);
  /** @param {Summary} data */
  const update = (data) => {
    const current = tile.value(data);
    const text = tileText(tile, current);
    setText(figure, text.figure);
    setText(unit, text.unit);
    setText(note, isKnown(current) ? tile.note(data) || "\u00a0" : tile.unknown);
    setAttribute(value, "title", text.title);
    setAttribute(note, "title", note.textContent);
    setAttribute(element, "data-value", current);
    element.classList.toggle("is-unknown", !isKnown(current));
  };
  return { element, update };
}

export function createTiles() {
  const tiles = TILES.map(createTile);
  const element = h("section", { class: "tiles", "aria-label": "Figures" }, ...tiles.map((tile) => tile.element));
  return {
    element,
    /** @param {import("../wire-types.js").SummaryEnvelope} envelope */
    update(envelope) {
      setAttribute(element, "data-generated-at", envelope.generatedAt);
      for (const tile of tiles) tile.update(envelope.data);
    },
  };
}
