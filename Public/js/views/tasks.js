// @ts-check
// What Swift tasks allocate, and what is left of it when they have ended.

import { h, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatCount, formatDuration } from "../lib/format.js";
import { matchesStack, matchesText } from "../lib/filter.js";
import { headline } from "../lib/frames.js";
import { memberName, shortName } from "../lib/names.js";
import { createFacts } from "./facts.js";
import { createListView } from "./list-view.js";
import { createShareBar, updateShareBar } from "./share-bar.js";
import { stackList } from "./stack.js";
import { figureColumn } from "./table.js";

/** @typedef {import("../named-types.js").TaskRow} TaskRow */

/** @type {Record<string, string>} */
const KINDS = { unstructured: "Task", groupChild: "child of a task group", asyncLet: "async let" };
const UNKNOWN = "unknown";
const NO_STACK = "What made the task is not known: it was made by async let, or before MemScope recorded it.";

/** @param {string} id - "0x2a": people know tasks by their decimal number, as Swift's own tools show it */
const numberOf = (id) => String(BigInt(id));

/** @param {TaskRow} row */
function titleOf(row) {
  if (row.name) return row.name;
  const frame = headline(row.stack);
  return frame ? `made by ${memberName(shortName(frame.function))}` : `task ${numberOf(row.id)}`;
}

/** @param {TaskRow} row */
function placeOf(row) {
  const outer = row.parent ? `in task ${numberOf(row.parent)}` : "";
  const orphaned = row.orphaned ? "the task that made it has ended" : "";
  const kind = row.kind ? KINDS[row.kind] ?? row.kind : "";
  return [`task ${numberOf(row.id)}`, kind, outer, row.state ?? "", orphaned].filter(Boolean).join(" · ");
}

/** @param {HTMLElement} cell */
function createTaskCell(cell) {
  cell.append(h("div", { class: "thread" }, h("span", { class: "dot" }), h("div", { class: "named" },
    h("span", { class: "name" }), h("span", { class: "place" }))));
}

/** @param {HTMLElement} cell @param {TaskRow} row */
function updateTaskCell(cell, row) {
  const lives = row.state !== null && row.state !== "completed";
  setAttribute(/** @type {HTMLElement} */ (cell.querySelector(".dot")), "class", lives ? "dot is-good" : "dot");
  setText(/** @type {HTMLElement} */ (cell.querySelector(".name")), titleOf(row));
  setText(/** @type {HTMLElement} */ (cell.querySelector(".place")), placeOf(row));
}

/**
 * @param {() => number | null} whole - live bytes of the process
 * @param {() => number | null} now
 * @returns {import("./table.js").Column<TaskRow>[]}
 */
const taskColumns = (whole, now) => [
  { label: "Task", class: "col-name", sort: "id", ascendingFirst: true, create: createTaskCell,
    update: updateTaskCell },
  figureColumn({ label: "Live", sort: "liveBytes", hint: "Blocks that the task allocated, wherever they are held" },
    (row) => row.liveBytes, formatBytes, exactBytes),
  { label: "Share", class: "col-share is-optional", hint: "Of the process' live bytes", create: createShareBar,
    update: (cell, row) => updateShareBar(cell, row.liveBytes, whole()) },
  figureColumn({ label: "Blocks", sort: "liveBlocks", class: "is-optional", hint: "Live blocks" },
    (row) => row.liveBlocks, formatCount, formatCount),
  figureColumn({ label: "Allocated", sort: "totalBytes", hint: "So far" }, (row) => row.totalBytes, formatBytes,
    exactBytes),
  figureColumn({ label: "Allocations", sort: "allocations", class: "is-optional" }, (row) => row.allocations,
    formatCount, formatCount),
  figureColumn({ label: "Made", sort: "createdAt", class: "is-spare", hint: "How long ago the task was made" },
    (row) => ageOf(row, now()), formatDuration, formatDuration),
];

/** @param {TaskRow} row @param {number | null} now */
const ageOf = (row, now) => (row.createdAt === null || now === null ? null : Math.max(0, now - row.createdAt));

/** @type {import("./facts.js").Fact<TaskRow>[]} */
const FACTS = [
  ["Task", (it) => numberOf(it.id)],
  ["State", (it) => it.state ?? UNKNOWN],
  ["Kind", (it) => (it.kind ? KINDS[it.kind] ?? it.kind : UNKNOWN)],
  ["Priority", (it) => (it.priority === null ? UNKNOWN : String(it.priority))],
  ["Child of", (it) => (it.parent ? `task ${numberOf(it.parent)}` : "–")],
  ["Made by", (it) => (it.creator ? `task ${numberOf(it.creator)}` : "–")],
  ["Its maker has ended", (it) => (it.orphaned === null ? UNKNOWN : it.orphaned ? "yes" : "no")],
];

/** @param {TaskRow} row @returns {{element: HTMLElement, update: (row: TaskRow) => void}} */
function taskDetail(row) {
  const facts = createFacts(FACTS);
  facts.update(row);
  const element = h("div", { class: "site-detail" }, facts.element, stackList(row.stack, NO_STACK));
  return { element, update: facts.update };
}

/** @param {import("../named-types.js").TaskList} data */
function taskNote({ ended, outside, problem }) {
  const { liveBytes, allocatedBytes } = outside;
  const kept = ended.tasks === 0 ? ""
    : `${formatCount(ended.tasks)} tasks have ended, and ${formatBytes(ended.liveBytes)} of theirs is live. `;
  const rest = `In no task: ${formatBytes(liveBytes)} live of ${formatBytes(allocatedBytes)} allocated.`;
  return document.createTextNode(`${kept}${rest}${problem ? ` ${problem}` : ""}`);
}

/** @param {import("../main.js").Application} app */
export function createTasksView(app) {
  return createListView(app, {
    name: "tasks",
    title: "Tasks",
    text: "Swift tasks that allocated, and live or have live blocks. Open a row for what made the task.",
    defaultSort: "-liveBytes",
    filterLabel: "Filter by name, state or what made it",
    matches: (query, /** @type {TaskRow} */ row) =>
      matchesText(query, [titleOf(row), placeOf(row)]) || matchesStack(query, row.stack),
    empty: { title: "No tasks yet", text: "A task appears when it allocates." },
    key: (row) => row.id,
    columns: taskColumns(() => app.store.get().summary?.data?.liveBytes ?? null,
      () => app.store.get().summary?.generatedAt ?? null),
    detail: taskDetail,
    note: taskNote,
  });
}
