// @ts-check
// One object of the last scan, with links to the objects around it.

import { get } from "../api/client.js";
import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { exactBytes, formatBytes, formatClock, formatCount, formatDuration, wallMilliseconds } from "../lib/format.js";
import { parseAddress } from "../lib/heap.js";
import { KINDS } from "../lib/words.js";
import { Resource } from "../state/resource.js";
import { createFacts } from "./facts.js";
import { GraphPanel } from "./graph-panel.js";
import { notice } from "./notices.js";
import { objectLink } from "./object-link.js";
import { createReferences } from "./references.js";
import { rootPath } from "./root-path.js";
import { stackList } from "./stack.js";
import { createTypeCell, updateTypeCell } from "./types.js";

/** @typedef {import("../graph-types.js").HeapObject} HeapObject */
/** @typedef {import("../wire-types.js").Envelope<HeapObject>} ObjectEnvelope */

/** @param {"strong" | "unowned" | "weak"} which @returns {(envelope: ObjectEnvelope) => string} */
function count(which) {
  return ({ data: { counts } }) => (counts ? formatCount(counts[which]) : "not counted");
}

/** @param {ObjectEnvelope} envelope @returns {string} "14:03:09, 12 s ago", as of the answer */
function birthText({ data: { birth }, generatedAt, process }) {
  if (birth === null) return "unknown";
  const clock = formatClock(wallMilliseconds(birth, process.wallAnchor), true);
  return `${clock}, ${formatDuration(generatedAt - birth)} ago`;
}

/** @param {ObjectEnvelope} envelope @returns {string | Node} */
function dominator({ data }) {
  if (data.dominator) return objectLink(data.dominator.address, data.dominator.type);
  return data.reachable ? "roots alone" : "nothing";
}

/** @param {ObjectEnvelope} envelope @returns {string} */
function dominatorTitle({ data }) {
  return data.dominator ? "Every way to this object leads through that one: freed, it would free this one too" : "";
}

/** @param {ObjectEnvelope} envelope @returns {string} */
function countTitle({ data: { counts } }) {
  return counts ? "References that the object itself counts" : "Only Swift objects count who refers to them";
}

/** @type {import("./facts.js").Fact<ObjectEnvelope>[]} */
const FACTS = [
  ["Address", ({ data }) => data.address],
  ["Size", ({ data }) => formatBytes(data.size), ({ data }) => exactBytes(data.size)],
  ["Retained", ({ data }) => formatBytes(data.retainedBytes), ({ data }) => exactBytes(data.retainedBytes)],
  ["Strong", count("strong"), countTitle],
  ["Unowned", count("unowned"), countTitle],
  ["Weak", count("weak"), countTitle],
  ["Made", birthText],
  ["Thread", ({ data }) => String(data.thread ?? "unknown")],
  ["Task", ({ data }) => String(data.task ?? "none")],
  ["Held through", dominator, dominatorTitle],
];

/** @param {(address: string) => void} go */
function createAddressForm(go) {
  const input = h("input", { class: "input code", "aria-label": "Address of an object", placeholder: "0x…",
    spellcheck: "false", autocomplete: "off", required: true });
  const failure = h("span", { class: "failure", role: "alert" });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const address = parseAddress(input.value);
    setText(failure, address ? "" : "An address is a hexadecimal number such as 0x7f12a4001230.");
    if (address) go(address);
  };
  const form = h("form", { class: "inline-form address-form", on: { submit } }, input,
    h("button", { class: "button", type: "submit" }, "Show"), failure);
  return { form, input };
}

/** @param {string} title @param {HTMLElement} content */
function part(title, content) {
  return h("section", { class: "object-part", "aria-label": title }, h("h3", {}, title), content);
}

class ObjectView {
  /** @param {import("../main.js").Application} app */
  constructor(app) {
    this.address = "";
    /** @type {Resource<HeapObject>} */
    this.resource = new Resource(() => get(`objects/${this.address}`), () => this.panel.render(), null);
    // This makes an entry in the browser's history (a change of order does not), so that "back" works.
    this.form = createAddressForm((address) => (location.hash = objectLink(address).hash));
    this.panel = new GraphPanel(app, {
      title: "Object", text: "What holds it, what it holds, and why it is alive, as the last scan saw it.",
      controls: [this.form.form], resource: this.resource,
      isAsked: () => this.address !== "", explain: (state) => this.explain(state),
      render: (_, envelope) => this.render(envelope),
    });
    // Whether the shown object has changed.
    this.isAnother = false;
    this.name = h("div", { class: "object-name", role: "heading", "aria-level": "3", tabindex: "-1" });
    createTypeCell(this.name);
    this.facts = createFacts(FACTS);
    this.path = h("div");
    this.stack = h("div");
    this.referrers = createReferences("Held by", "Its field", "No block of the heap points here.",
      (cursor) => this.more("referrers", cursor));
    this.referents = createReferences("Holds", "Through field", "It points to no other block.",
      (cursor) => this.more("referents", cursor));
    this.panel.content.append(this.name, this.facts.element,
      part("Why it is alive", this.path),
      h("div", { class: "columns object-part" }, this.referrers.element, this.referents.element),
      part("Where it was made", this.stack));
  }

  /** @param {"referrers" | "referents"} which @param {number} cursor */
  async more(which, cursor) {
    const { data } = await get(`objects/${this.address}/${which}`, { cursor, limit: 1000 });
    return data[which];
  }

  /** @param {import("../state/resource.js").ResourceState<HeapObject>} state @returns {HTMLElement | null} */
  explain({ status, error }) {
    if (this.address === "") {
      return notice("No object chosen", "Open one from a leak or a cycle, or give its address above.");
    }
    if (status !== "error" || error?.status !== 404) return null;
    return notice("No block there", `${[error.message, error.hint].filter(Boolean).join(" ")} It may have been freed, `
      + "or made after the last scan.");
  }

  /** @param {ObjectEnvelope} envelope */
  render(envelope) {
    const { data } = envelope;
    updateTypeCell(this.name, { name: data.type, kind: data.kind });
    setAttribute(this.name, "data-address", data.address);
    setAttribute(this.name, "title", KINDS[data.kind] ?? null);
    this.facts.update(envelope);
    replace(this.path, rootPath(data));
    replace(this.stack, stackList(data.stack));
    this.referrers.show(data.referrers, data.referrersTotal);
    this.referents.show(data.referents, data.referentsTotal);
    if (!this.isAnother) return;
    this.isAnother = false;
    scrollTo(0, 0);
    this.name.focus({ preventScroll: true });
  }

  /** @param {Record<string, string>} params */
  show(params) {
    const address = parseAddress(params.address ?? "") ?? "";
    if (address !== this.address) {
      this.resource.stop();
      this.resource.reset();
      this.isAnother = this.address !== "";
      this.address = address;
      this.form.input.value = address;
    }
    this.panel.show();
  }
}

/** @param {import("../main.js").Application} app */
export function createObjectView(app) {
  const view = new ObjectView(app);
  return {
    element: view.panel.element,
    show: (/** @type {Record<string, string>} */ params) => view.show(params),
    hide: () => view.panel.hide(),
  };
}
