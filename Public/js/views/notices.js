// @ts-check
// The text that a panel shows when it has no data: waiting, empty, refused, failed.

import { h, icon, replace } from "../dom/elements.js";

/** @param {number} count @returns {HTMLElement} grey rows in the place of those to come */
export function skeleton(count) {
  const rows = Array.from({ length: count }, () => h("div", { class: "skeleton-row" }));
  return h("div", { class: "skeleton", role: "status", "aria-label": "Loading" }, ...rows);
}

/** @param {string} title @param {string} text @param {...(Node | null)} actions @returns {HTMLElement} */
export function notice(title, text, ...actions) {
  return h("div", { class: "notice" },
    h("p", { class: "notice-title" }, title), h("p", { class: "notice-text" }, text), ...actions);
}

/** @param {import("../api/client.js").ApiError} error @param {() => void} retry @returns {HTMLElement} */
export function errorNotice(error, retry) {
  const { title, text } = explain(error);
  const button = h("button", { class: "button", type: "button", on: { click: retry } }, icon("refresh"), "Try again");
  const element = notice(title, text, button);
  element.classList.add("is-error");
  element.setAttribute("role", "alert");
  return element;
}

/** @param {{code: string, message: string, hint: string}} error @returns {{title: string, text: string}} */
export function explain(error) {
  const text = [error.message, error.hint].filter(Boolean).join(" ");
  switch (error.code) {
    case "unauthorized":
      return {
        title: "This server wants its token",
        text: `${text} Open the link that the program printed when its server started; it signs this browser in.`,
      };
    case "forbidden-host":
      return { title: "This address is not on the server's list", text };
    case "busy":
      return { title: "The server is busy with another request of this kind", text: `${text} Trying again shortly.` };
    case "network":
      return { title: "No answer", text };
    default:
      return { title: "That did not work", text };
  }
}

/** @param {import("../wire-types.js").Envelope<any>} envelope @returns {HTMLElement} */
export function unavailableNotice(envelope) {
  const { reason = "", enable } = envelope;
  return notice("Not available here", reason, enable ? h("p", { class: "notice-text" }, enable) : null);
}

/**
 * Shows the right notice for a resource in `place`, or nothing when there is data.
 * @param {HTMLElement} place
 * @param {import("../state/resource.js").ResourceState<any>} state
 * @param {{retry: () => void, rows?: number}} options
 * @returns {boolean} whether the data can be shown
 */
export function showState(place, state, { retry, rows = 6 }) {
  const usable = state.envelope !== null && state.status !== "unavailable";
  const kind = state.status === "error" ? `error ${state.error?.message}` : usable ? "" : state.status;
  if (place.dataset.state !== kind) {
    place.dataset.state = kind;
    if (state.status === "error" && state.error) replace(place, errorNotice(state.error, retry));
    else if (usable) replace(place);
    else if (state.envelope) replace(place, unavailableNotice(state.envelope));
    else replace(place, skeleton(rows));
  }
  return usable;
}
