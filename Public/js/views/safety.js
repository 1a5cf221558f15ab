// @ts-check
// The findings of all detectors, by risk, and how much each detector covered.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { matchesStack, matchesText } from "../lib/filter.js";
import { formatShare } from "../lib/format.js";
import { COVERAGES, DETECTORS, EVIDENCE, SEVERITIES } from "../lib/words.js";
import { createListView } from "./list-view.js";
import { stackList } from "./stack.js";

/** @typedef {import("../error-types.js").Finding} Finding */
/** @typedef {import("../error-types.js").Safety} Safety */

/** @param {HTMLElement} cell @param {string} label @param {string} [title] @param {Record<string, string>} [data] */
function updateBadge(cell, label, title = "", data = {}) {
  const badge = /** @type {HTMLElement} */ (cell.querySelector(".badge"));
  setText(badge, label);
  setAttribute(badge, "title", title || null);
  for (const [name, value] of Object.entries(data)) setAttribute(badge, `data-${name}`, value);
}

/** @param {HTMLElement} cell */
function createFindingCell(cell) {
  cell.append(h("div", { class: "named" }, h("span", { class: "name title" }), h("span", { class: "place" })));
}

/** @param {HTMLElement} cell @param {Finding} finding */
function updateFindingCell(cell, finding) {
  const title = /** @type {HTMLElement} */ (cell.querySelector(".title"));
  setText(title, finding.title);
  setAttribute(title, "title", finding.title);
  setText(/** @type {HTMLElement} */ (cell.querySelector(".place")), DETECTORS[finding.detector] ?? finding.detector);
}

/** @type {import("./table.js").Column<Finding>[]} */
const COLUMNS = [
  { label: "Finding", sort: "detector", ascendingFirst: true, class: "col-name", create: createFindingCell,
    update: updateFindingCell },
  { label: "Severity", sort: "severity", class: "col-quality",
    create: (cell) => cell.append(h("span", { class: "badge severity" })),
    update: (cell, { severity }) => updateBadge(cell, SEVERITIES[severity]?.label ?? severity,
      SEVERITIES[severity]?.text, { severity }) },
  { label: "What to do", class: "col-name is-optional", create: (cell) => cell.append(h("span", { class: "remedy" })),
    update: (cell, { remedy }) => setText(/** @type {Node} */ (cell.firstElementChild), remedy) },
  { label: "Confidence", sort: "confidence", class: "figure is-optional", hint: "How sure it is that this is a defect",
    update: (cell, { confidence }) => setText(cell, formatShare(confidence, 1)) },
  { label: "Basis", class: "col-quality is-spare", create: (cell) => cell.append(h("span", { class: "badge quality" })),
    update: (cell, { quality }) => updateBadge(cell, EVIDENCE[quality]?.label ?? quality, "", { quality }) },
];

/** @param {Finding} finding @returns {{element: HTMLElement, update: (finding: Finding) => void}} */
function findingDetail(finding) {
  const evidence = h("p", { class: "error-note" });
  const remedy = h("p");
  const link = h("a", { class: "link" }, "Show it where it was found");
  const update = (/** @type {Finding} */ current) => {
    setText(evidence, current.evidence);
    setText(remedy, `What to do: ${current.remedy}.`);
    setAttribute(link, "href", current.link);
  };
  update(finding);
  const stack = finding.stack.length > 0 && stackList(finding.stack);
  return { element: h("div", { class: "site-detail" }, evidence, remedy, h("p", {}, link), stack), update };
}

/** @param {import("../error-types.js").DetectorState} state @returns {HTMLElement} */
function detectorLine({ detector, coverage, reason, enable }) {
  const words = COVERAGES[coverage] ?? { label: coverage, text: "" };
  const text = [reason, enable && `To see more: ${enable}`].filter(Boolean).join(". ");
  return h("li", { class: "detector", data: { detector, coverage } },
    h("span", { class: "detector-name" }, DETECTORS[detector] ?? detector),
    h("span", { class: "badge", title: words.text, data: { coverage } }, words.label),
    h("span", { class: "muted" }, text));
}

/** @returns {{element: HTMLElement, update: (data: Safety) => void}} */
function createHead() {
  const figure = h("p", { class: "score" });
  const about = h("p", { class: "muted" });
  const formula = h("p", { class: "muted code" });
  const detectors = h("ul", { class: "detectors", "aria-label": "Detectors" });
  let shown = "";
  return {
    element: h("div", { class: "safety-head" },
      h("div", {}, figure, about, h("details", {}, h("summary", {}, "How the score is made"), formula)), detectors),
    update(data) {
      setText(figure, `${data.score} of 100`);
      setText(about, data.complete ? "Every detector looked at all it can see."
        : "At most: not every detector looked at everything.");
      setText(formula, data.formula);
      const wanted = JSON.stringify(data.detectors);
      if (wanted !== shown) replace(detectors, ...data.detectors.map(detectorLine));
      shown = wanted;
    },
  };
}

/** @param {import("../main.js").Application} app */
export function createSafetyView(app) {
  const view = createListView(app, {
    name: "safety",
    rowsName: "findings",
    title: "Safety",
    text: "What threatens the program, from all detectors, the worst first.",
    defaultSort: "-severity",
    filterLabel: "Filter by finding, detector or function",
    matches: (query, /** @type {Finding} */ row) =>
      matchesText(query, [row.title, row.detector, row.severity, row.remedy]) || matchesStack(query, row.stack),
    empty: { title: "Nothing was found", text: "The detectors that ran found nothing; which did stands above." },
    key: (row) => [row.detector, row.site, row.link, row.title].join(" "),
    columns: COLUMNS,
    head: createHead(),
    detail: findingDetail,
  });
  app.onHappened((kind) => (kind === "memoryerror" || kind === "leakscan") && view.refresh());
  return view;
}
