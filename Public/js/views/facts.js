// @ts-check
// Figures with their names; updated when they change.

import { h, replace, setAttribute, setText } from "../dom/elements.js";

/**
 * A name, the value below it, and the text shown when the pointer is over it.
 * @template Data
 * @typedef {[label: string, text: (data: Data) => string | Node, title?: (data: Data) => string]} Fact
 */

/** @template Data @param {Fact<Data>[]} facts @returns {{element: HTMLElement, update: (data: Data) => void}} */
export function createFacts(facts) {
  const values = facts.map(() => h("dd"));
  const element = h("dl", { class: "facts" },
    ...facts.map(([label], index) => h("div", {}, h("dt", {}, label), values[index])));
  return {
    element,
    update: (data) => facts.forEach(([, text, title], index) => {
      const value = text(data);
      if (typeof value === "string") setText(values[index], value);
      else replace(values[index], value);
      setAttribute(values[index], "title", title?.(data) || null);
    }),
  };
}
