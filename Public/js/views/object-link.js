// @ts-check
// A link to one object.

import { h } from "../dom/elements.js";
import { formatRoute } from "../lib/route.js";

/** @param {string} address @param {string} [text] @returns {HTMLAnchorElement} */
export function objectLink(address, text = address) {
  return h("a", { class: "link code", href: formatRoute({ view: "object", params: { address } }) }, text);
}
