// @ts-check
// Knows whether the heap was scanned, and starts a scan. A scan pauses the program, so
// the page starts one only when the reader asks for it.

import { ApiError, get, post } from "../api/client.js";

const PATIENCE = 10;
// The server discards a scan that no request used for ten minutes; the next request would start another.
const REMEMBERED = 9 * 60_000;

/** @typedef {import("../wire-types.js").Envelope<any>} Envelope */
/**
 * @typedef {object} ScanState
 * @property {"unknown" | "never" | "known"} status
 * @property {number | null} since - a scan is under way; milliseconds since 1970
 * @property {ApiError | null} error - of the last attempt
 * @property {Envelope | null} refusal - the answer that says why there can be none
 * @property {number} generation - a greater one than before: what was shown may be of another scan
 */

/** @type {ScanState} */
const INITIAL = { status: "unknown", since: null, error: null, refusal: null, generation: 0 };

/** @param {() => Promise<Envelope>} ask @returns {Promise<Envelope>} asks again while the server is busy */
async function patiently(ask) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const wait = error instanceof ApiError ? error.retryMilliseconds : null;
      if (wait === null || attempt === PATIENCE) throw error;
      await new Promise((resume) => setTimeout(resume, wait));
    }
  }
}

/** @param {unknown} cause @returns {ApiError} */
function asApiError(cause) {
  return cause instanceof ApiError ? cause : new ApiError("internal", String(cause));
}

export class Scans {
  constructor() {
    this.state = INITIAL;
    /** @type {Set<(state: ScanState) => void>} */
    this.listeners = new Set();
    this.looking = false;
    /**
     * Of the newest scan that this page knows.
     * @type {number | null}
     */
    this.takenAt = null;
    /** When the server last answered from a scan; milliseconds since 1970. */
    this.answeredAt = 0;
    /** @type {string | null} */
    this.mode = null;
  }

  /** @param {(state: ScanState) => void} listener - called now and after each change */
  subscribe(listener) {
    this.listeners.add(listener);
    listener(this.state);
  }

  /** Finds out, if need be, whether there is a scan to show; types know what they retain only from one. */
  async look() {
    const { status, since } = this.state;
    if (this.looking || since !== null || (status === "known" && Date.now() - this.answeredAt < REMEMBERED)) return;
    this.looking = true;
    const generation = this.state.generation + (status === "known" ? 1 : 0);
    if (status === "known") this.update({ status: "unknown", generation });
    try {
      const { data } = await patiently(() => get("types", { sort: "-bytes", limit: 1 }));
      const known = Boolean(data?.scan);
      // A scan that was started meanwhile is newer.
      if (this.state.generation === generation) this.update({ status: known ? "known" : "never", error: null });
      this.answered();
    } catch (cause) {
      this.update({ error: asApiError(cause) });
    }
    this.looking = false;
  }

  /** The server answered from a scan, so it remembers that one for a while longer. */
  answered() {
    this.answeredAt = Date.now();
  }

  async run() {
    if (this.state.since !== null) return;
    this.update({ since: Date.now(), error: null, refusal: null });
    try {
      const envelope = await patiently(() => post("leakscan", {}));
      if (envelope.available === false) this.update({ since: null, refusal: envelope });
      else this.taken(envelope);
    } catch (cause) {
      this.update({ since: null, error: asApiError(cause) });
    }
  }

  /**
   * A scan was made, by another client or by this page (whose own answer reports it, too).
   * @param {Envelope} envelope
   */
  heard(envelope) {
    if (this.state.since === null && envelope.data?.scan.takenAt !== this.takenAt) this.taken(envelope);
  }

  /**
   * The reason why a scan was not possible in one mode does not apply to another mode.
   * @param {string} mode
   */
  modeIs(mode) {
    if (this.mode !== null && this.mode !== mode) this.update({ error: null, refusal: null });
    this.mode = mode;
  }

  /** @param {Envelope} envelope */
  taken({ data }) {
    this.takenAt = data.scan.takenAt;
    this.answered();
    this.update({ since: null, status: "known", error: null, refusal: null, generation: this.state.generation + 1 });
  }

  /** @param {Partial<ScanState>} change */
  update(change) {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener(this.state);
  }
}
