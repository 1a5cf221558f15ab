// @ts-check
// One resource of the API that a panel shows; fetched again while the panel is visible.

import { ApiError } from "../api/client.js";

// A busy server is asked again; the page reports it only if it stays busy.
const PATIENCE = 10;

/**
 * @template Data
 * @typedef {object} ResourceState
 * @property {"idle" | "loading" | "ready" | "error" | "unavailable"} status
 * @property {import("../wire-types.js").Envelope<Data> | null} envelope - stays while a later load fails
 * @property {ApiError | null} error
 * @property {boolean} busy - a request is under way
 */

/** @template Data */
export class Resource {
  /**
   * @param {() => Promise<import("../wire-types.js").Envelope<Data>>} load
   * @param {(state: ResourceState<Data>) => void} changed
   * @param {number | null} interval - milliseconds between loads; null: only when asked
   */
  constructor(load, changed, interval) {
    this.load = load;
    this.changed = changed;
    this.interval = interval;
    this.wanted = false;
    this.generation = 0;
    /** Times in a row that the server was busy. */
    this.refusals = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ResourceState<Data>} */
    this.state = { status: "idle", envelope: null, error: null, busy: false };
  }

  start() {
    if (this.wanted) return;
    this.wanted = true;
    if (this.state.status !== "ready" || this.interval !== null) this.refresh();
  }

  /** Goes on after a stop without asking at once. */
  resume() {
    this.wanted = true;
    if (this.interval !== null) this.timer = setTimeout(() => this.refresh(), this.interval);
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
  }

  /** Forgets what was shown: the next answer is about something else. */
  reset() {
    this.generation += 1;
    this.state = { status: "idle", envelope: null, error: null, busy: false };
  }

  async refresh() {
    clearTimeout(this.timer);
    this.generation += 1;
    const generation = this.generation;
    this.update({ busy: true, status: this.state.envelope ? this.state.status : "loading" });
    let wait = this.interval;
    try {
      const envelope = await this.load();
      if (generation !== this.generation) return;
      this.refusals = 0;
      this.update({
        status: envelope.available === false ? "unavailable" : "ready", envelope, error: null, busy: false,
      });
    } catch (cause) {
      if (generation !== this.generation) return;
      const error = cause instanceof ApiError ? cause : new ApiError("internal", String(cause));
      wait = error.retryMilliseconds ?? wait;
      this.refusals = error.retryMilliseconds === null ? 0 : this.refusals + 1;
      const patient = this.refusals > 0 && this.refusals < PATIENCE;
      this.update(patient ? { busy: false } : { status: "error", error, busy: false });
    }
    if (this.wanted && wait !== null) this.timer = setTimeout(() => this.refresh(), wait);
  }

  /** @param {Partial<ResourceState<Data>>} change */
  update(change) {
    this.state = { ...this.state, ...change };
    this.changed(this.state);
  }
}
