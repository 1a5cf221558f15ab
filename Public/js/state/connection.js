// @ts-check
// What the page says about its connection: a state machine without effects.

const LOST_AFTER = 5;

/**
 * @typedef {object} Connection
 * @property {"connecting" | "live" | "polling" | "reconnecting" | "lost" | "refused" | "paused"} status
 * @property {number | null} retryAt - milliseconds since 1970
 * @property {{code: string, message: string, hint: string} | null} error
 */

/**
 * @typedef {{type: "answered", by: "events" | "polling"} | {type: "paused"}
 *   | {type: "failed", code: string, message: string, hint: string, status: number, attempt: number, retryAt: number}
 * } ConnectionEvent
 */

/** @type {Connection} */
export const CONNECTING = { status: "connecting", retryAt: null, error: null };

/**
 * @param {Connection} connection
 * @param {ConnectionEvent} event
 * @returns {Connection} the same object when nothing changed
 */
export function connectionAfter(connection, event) {
  switch (event.type) {
    case "answered": {
      const status = event.by === "events" ? "live" : "polling";
      return connection.status === status ? connection : { status, retryAt: null, error: null };
    }
    case "paused":
      return { status: "paused", retryAt: null, error: null };
    case "failed": {
      const { code, message, hint, retryAt } = event;
      return { status: failureStatus(event), retryAt, error: { code, message, hint } };
    }
  }
}

/** @param {{status: number, attempt: number}} failure @returns {Connection["status"]} */
function failureStatus({ status, attempt }) {
  if (status === 401 || status === 403) return "refused";
  return attempt >= LOST_AFTER ? "lost" : "reconnecting";
}
