// @ts-check
// The summary, each second: by server-sent events if they arrive, otherwise by
// polling. Only one of the two runs at a time, and none while the page is hidden.

import { retryDelay } from "../lib/backoff.js";
import { ApiError, get } from "./client.js";

const POLL_INTERVAL = 1000;
const SILENCE = 5000;
// If polling works but events did not: the number of answers after which events are tried again.
const POLLS_BEFORE_EVENTS = 30;
const HAPPENINGS = /** @type {const} */ (["mark", "mode", "snapshot", "leakscan", "memoryerror"]);

/** @typedef {import("../wire-types.js").SummaryEnvelope} SummaryEnvelope */
/** @typedef {typeof HAPPENINGS[number]} Happening */

/**
 * @typedef {object} FeedListener
 * @property {(envelope: SummaryEnvelope, by: "events" | "polling") => void} summary
 * @property {(error: ApiError, retryAt: number, attempt: number) => void} failed - `retryAt` in ms since 1970
 * @property {(kind: Happening, envelope: import("../wire-types.js").Envelope<any>) => void} happened
 */

export class LiveFeed {
  /** @param {FeedListener} listener */
  constructor(listener) {
    this.listener = listener;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.attempt = 0;
    this.polls = 0;
    this.running = false;
    // Answers to requests made before a stop must not restart anything.
    this.generation = 0;
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.polls = POLLS_BEFORE_EVENTS;
    this.poll();
  }

  stop() {
    this.running = false;
    this.generation += 1;
    clearTimeout(this.timer);
    this.closeEvents();
  }

  /** Tries again at once instead of waiting. */
  retry() {
    this.stop();
    this.start();
  }

  /** Sends a normal request first: a status code says more than the error event of an EventSource. */
  async poll() {
    const generation = this.generation;
    try {
      const envelope = await get("summary");
      if (generation === this.generation) this.polled(envelope);
    } catch (error) {
      if (generation === this.generation) this.failed(/** @type {ApiError} */ (error));
    }
  }

  /** @param {SummaryEnvelope} envelope */
  polled(envelope) {
    this.attempt = 0;
    this.polls += 1;
    this.listener.summary(envelope, "polling");
    if (this.polls > POLLS_BEFORE_EVENTS) this.openEvents();
    else this.timer = setTimeout(() => this.poll(), POLL_INTERVAL);
  }

  /** @param {ApiError} error */
  failed(error) {
    this.attempt += 1;
    const delay = error.retryMilliseconds ?? retryDelay(this.attempt, Math.random());
    this.listener.failed(error, Date.now() + delay, this.attempt);
    this.timer = setTimeout(() => this.poll(), delay);
  }

  openEvents() {
    const source = new EventSource("/api/events");
    this.source = source;
    source.addEventListener("summary", (event) => {
      this.watch();
      this.listener.summary(JSON.parse(event.data), "events");
    });
    for (const kind of HAPPENINGS) {
      source.addEventListener(kind, (event) => this.listener.happened(kind, JSON.parse(event.data)));
    }
    source.onerror = () => this.leaveEvents();
    this.watch();
  }

  /** Missing events also mean a broken connection, even without an error event. */
  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.leaveEvents(), SILENCE);
  }

  leaveEvents() {
    this.closeEvents();
    clearTimeout(this.timer);
    this.polls = 0;
    this.poll();
  }

  closeEvents() {
    this.source?.close();
    this.source = null;
  }
}
