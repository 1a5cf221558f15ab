// @ts-check
// Calls the API by fetch. Every failure becomes an ApiError that says what to do.

import { retryAfter } from "../lib/backoff.js";

// The first answer with stacks may have to read a program's debug information.
const TIMEOUT = 60_000;
const BUSY_WAIT = 3000;

export class ApiError extends Error {
  /**
   * @param {string} code - of the wire format; "network" when nothing answered, "bad-answer" when it was no JSON
   * @param {string} message
   * @param {{status?: number, hint?: string, retryMilliseconds?: number | null}} details
   */
  constructor(code, message, { status = 0, hint = "", retryMilliseconds = null } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.hint = hint;
    /** Set when the server asks the client to try again later. */
    this.retryMilliseconds = retryMilliseconds;
  }
}

/** @param {Response} response @returns {Promise<ApiError>} */
async function errorFrom(response) {
  const body = await response.json().catch(() => null);
  const { code = "bad-answer", message = `The server answered ${response.status}.`, hint = "" } = body?.error ?? {};
  const busy = response.status === 503 || response.status === 429;
  const retryMilliseconds = busy ? retryAfter(response.headers.get("Retry-After"), BUSY_WAIT) : null;
  return new ApiError(code, message, { status: response.status, hint, retryMilliseconds });
}

/** @param {string} path @param {RequestInit} options @returns {Promise<any>} */
async function request(path, options) {
  // TypeScript 4.8 does not know it.
  const signal = /** @type {any} */ (AbortSignal).timeout(TIMEOUT);
  const response = await fetch(path, { ...options, signal }).catch((/** @type {any} */ cause) => {
    const late = cause?.name === "TimeoutError";
    throw new ApiError("network", late ? "The server did not answer in time." : "The server cannot be reached.", {
      hint: "The process may have ended, or the network is down.",
    });
  });
  if (!response.ok) throw await errorFrom(response);
  return response.json().catch(() => {
    throw new ApiError("bad-answer", `${path} did not answer with JSON.`, { status: response.status });
  });
}

// The server does one heavy job at a time and answers 503 to the next. So the page's
// heavy requests wait for each other. All routes except these are heavy; a test compares them with the server's table.
const LIGHT = new Set(["GET summary", "GET timeline", "GET snapshots", "GET config", "POST mark", "POST mode"]);
/** @type {Promise<unknown>} */
let heavyJobs = Promise.resolve();

/** @param {string} line - method and resource @param {() => Promise<any>} ask @returns {Promise<any>} */
function inTurn(line, ask) {
  if (LIGHT.has(line)) return ask();
  const answer = heavyJobs.then(ask);
  heavyJobs = answer.catch(() => undefined);
  return answer;
}

/**
 * @param {string} resource - below /api/
 * @param {Record<string, string | number>} [parameters]
 * @returns {Promise<import("../wire-types.js").Envelope<any>>}
 * @throws {ApiError}
 */
export function get(resource, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).map(([key, value]) => [key, String(value)])).toString();
  const path = `/api/${resource}${query ? `?${query}` : ""}`;
  return inTurn(`GET ${resource}`, () => request(path, { headers: { Accept: "application/json" } }));
}

/**
 * @param {string} resource - below /api/
 * @param {object} body
 * @returns {Promise<import("../wire-types.js").Envelope<any>>}
 * @throws {ApiError}
 */
export function post(resource, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  return inTurn(`POST ${resource}`, () => request(`/api/${resource}`, options));
}
