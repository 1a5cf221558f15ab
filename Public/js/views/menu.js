// @ts-check
// A button that opens a box below it.

import { h, icon, setAttribute } from "../dom/elements.js";

/**
 * @param {string} label - for assistive technology
 * @param {HTMLElement} face - what the button shows
 * @param {HTMLElement} content - what the box shows
 * @param {() => void} [opened]
 */
export function createMenu(label, face, content, opened) {
  const box = h("div", { class: "menu-box", hidden: true }, content);
  const button = h("button", { class: "button menu-button", type: "button", "aria-expanded": "false",
    "aria-label": label, on: { click: () => toggle(box.hidden) } }, face, icon("caret"));
  const element = h("div", { class: "menu" }, button, box);

  /** @param {boolean} open */
  function toggle(open) {
    setAttribute(box, "hidden", !open);
    setAttribute(button, "aria-expanded", String(open));
    if (open) opened?.();
  }

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    toggle(false);
    button.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.hidden && !element.contains(/** @type {Node} */ (event.target))) toggle(false);
  });
  return { element, button, close: () => toggle(false) };
}
