// @ts-check
// The frame around the results of a scan: the button that starts a scan, the scan's
// cost, and the text that is shown while there was no scan.

import { h, replace, setAttribute, setText } from "../dom/elements.js";
import { scanCaveats, scanText } from "../lib/heap.js";
import { errorNotice, notice, showState, unavailableNotice } from "./notices.js";
import { createPanel, createRefresh } from "./panel.js";
import { createScanButton, createScanProgress } from "./scan-button.js";

/** @typedef {import("../state/resource.js").ResourceState<any>} ResourceState */
/**
 * @typedef {object} GraphPanelOptions
 * @property {string} title
 * @property {string} text
 * @property {(Node | null)[]} controls
 * @property {import("../state/resource.js").Resource<any>} resource - what is shown
 * @property {() => boolean} [isAsked] - whether there is something to ask for
 * @property {(data: any, envelope: import("../wire-types.js").Envelope<any>) => void} render
 * @property {(state: ResourceState) => HTMLElement | null} [explain] - a notice in place of the usual one
 */

const NEVER = "A scan follows every pointer of the heap and finds what nothing holds any more. It works on a copy of "
  + "the process: the program is paused only while that copy is made. Nobody has asked for one so far.";

/** @type {ResourceState} */
const LOADING = { status: "loading", envelope: null, error: null, busy: true };

export class GraphPanel {
  /** @param {import("../main.js").Application} app @param {GraphPanelOptions} options */
  constructor(app, options) {
    this.app = app;
    this.options = options;
    this.shown = false;
    this.seen = 0;
    /** @type {unknown} */
    this.answered = null;
    this.refresh = createRefresh(() => this.ask());
    this.frame = createPanel(options.title, options.text, ...options.controls, this.refresh.element,
      createScanButton(app.scans));
    this.about = h("p", { class: "muted scan-about" });
    this.failure = h("p", { class: "failure", role: "alert" });
    this.frame.place.before(createScanProgress(app.scans), this.failure, this.about);
    this.element = this.frame.element;
    this.content = this.frame.content;
    app.scans.subscribe(() => this.shown && this.follow());
  }

  show() {
    this.shown = true;
    this.app.scans.look();
    this.follow();
  }

  hide() {
    this.shown = false;
    this.options.resource.stop();
  }

  ask() {
    this.app.scans.look();
    if (this.app.scans.state.status === "known") this.options.resource.refresh();
  }

  /** Fetches the results when a first or a new scan has ended. */
  follow() {
    const { status, generation } = this.app.scans.state;
    const { resource, isAsked } = this.options;
    if (status === "known" && (isAsked?.() ?? true)) {
      const isNew = generation !== this.seen && resource.state.status !== "idle";
      this.seen = generation;
      if (isNew) {
        resource.resume();
        resource.refresh();
      } else resource.start();
    }
    this.render();
  }

  render() {
    const { scans } = this.app;
    const { state } = this.options.resource;
    const waiting = scans.state.status !== "known";
    const usable = waiting ? this.showWaiting() : this.showResource(state);
    this.showFailure(usable);
    setAttribute(this.content, "hidden", !usable);
    setAttribute(this.refresh.element, "hidden", waiting);
    setAttribute(this.about, "hidden", !usable);
    this.refresh.update(state);
    if (!usable || !state.envelope) return;
    if (state.envelope !== this.answered) scans.answered();
    this.answered = state.envelope;
    const { scan } = state.envelope.data;
    if (scan) setText(this.about, [scanText(scan), ...scanCaveats(scan)].join(" "));
    this.options.render(state.envelope.data, state.envelope);
  }

  /** @param {ResourceState} state @returns {boolean} */
  showResource(state) {
    const { place } = this.frame;
    const own = this.options.explain?.(state) ?? null;
    if (!own) return showState(place, state, { retry: () => this.ask() });
    place.dataset.state = "own";
    replace(place, own);
    return false;
  }

  /** @returns {boolean} false: nothing can be shown before a scan */
  showWaiting() {
    const { place } = this.frame;
    const { status, since, error, refusal } = this.app.scans.state;
    const kind = refusal ? "refused" : error ? "failed" : status;
    if (since !== null || kind === "unknown") return showState(place, LOADING, { retry: () => this.retry() });
    if (place.dataset.state === kind) return false;
    place.dataset.state = kind;
    if (refusal) replace(place, unavailableNotice(refusal));
    else if (error) replace(place, errorNotice(error, () => this.retry()));
    else replace(place, notice("Not scanned yet", NEVER));
    return false;
  }

  retry() {
    const { scans } = this.app;
    if (scans.state.status === "unknown") scans.look();
    else scans.run();
  }

  /**
   * The failure of a later scan is shown above the results of the last successful scan.
   * @param {boolean} usable
   */
  showFailure(usable) {
    const { error, refusal } = this.app.scans.state;
    const answer = refusal ? [refusal.reason, refusal.enable] : [error?.message, error?.hint];
    const text = answer.filter(Boolean).join(" ");
    setText(this.failure, usable && text ? `The scan did not work, so this is the one before. ${text}` : "");
  }
}
