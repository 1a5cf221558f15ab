// @ts-check
// State that several parts of the page share. Change it through `dispatch` only.

import { CONNECTING, connectionAfter } from "./connection.js";

/** @typedef {import("../wire-types.js").SummaryEnvelope} SummaryEnvelope */
/** @typedef {import("../wire-types.js").Config} Config */
/** @typedef {import("./connection.js").ConnectionEvent} ConnectionEvent */

/**
 * @typedef {object} State
 * @property {SummaryEnvelope | null} summary - the newest
 * @property {import("./connection.js").Connection} connection
 * @property {import("../lib/route.js").Route} route
 * @property {Config | null} config
 */

/**
 * @typedef {{type: "summary", envelope: SummaryEnvelope, by: "events" | "polling"}
 *   | {type: "connection", event: ConnectionEvent}
 *   | {type: "route", route: State["route"]}
 *   | {type: "config", config: Config}
 * } Action
 */

/** @type {State} */
export const INITIAL = {
  summary: null,
  connection: CONNECTING,
  route: { view: "overview", params: {} },
  config: null,
};

/** @param {State} state @param {Action} action @returns {State} */
export function reduce(state, action) {
  switch (action.type) {
    case "summary":
      return {
        ...state,
        summary: newest(state.summary, action.envelope),
        connection: connectionAfter(state.connection, { type: "answered", by: action.by }),
      };
    case "connection":
      return { ...state, connection: connectionAfter(state.connection, action.event) };
    case "route":
      return { ...state, route: action.route };
    case "config":
      return { ...state, config: action.config };
  }
}

/**
 * Answers may arrive in another order; an older answer must not replace a newer one.
 * A new process at the same address starts with a new state.
 * @param {SummaryEnvelope | null} known @param {SummaryEnvelope} arrived
 */
function newest(known, arrived) {
  const same = known && known.process.pid === arrived.process.pid
    && known.process.startedAt === arrived.process.startedAt;
  return same && known.generatedAt > arrived.generatedAt ? known : arrived;
}

/**
 * @param {State} initial
 */
export function createStore(initial = INITIAL) {
  let state = initial;
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    /** @param {Action} action */
    dispatch(action) {
      state = reduce(state, action);
      for (const listener of listeners) listener(state);
    },
    /**
     * @param {(state: State) => void} listener - called now and after each change
     * @returns {() => void} ends it
     */
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
