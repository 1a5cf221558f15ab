// @ts-check
// Makes elements. Text is added as text only, never as HTML: names come from the watched program.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | null | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties] - `class`, `data` (dataset), `on` (listeners by event);
 *   anything else is an attribute, which false and null leave out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const { class: className, data, on, ...attributes } = properties;
  const element = document.createElement(tag);
  if (className) element.className = className;
  Object.assign(element.dataset, data);
  for (const [name, listener] of Object.entries(on ?? {})) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...present(children));
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes - as `setAttribute` takes them
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...present(children));
  return element;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function present(children) {
  return /** @type {(Node | string)[]} */ (children.filter((child) => child !== null && child !== false));
}

/** @param {Element} element @param {string} name @param {any} value - true, false and null as for boolean attributes */
export function setAttribute(element, name, value) {
  const text = value === true ? "" : value === false || value === null || value === undefined ? null : String(value);
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

/**
 * Writes only what changed: an unchanged node keeps the reader's selection.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} element @param {...Child} children */
export function replace(element, ...children) {
  element.replaceChildren(...present(children));
}

/** @type {Record<string, string>} 16 by 16, stroked */
const ICONS = {
  theme: "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13",
  chevron: "M6 3.5 10.5 8 6 12.5",
  caret: "M4 6l4 4 4-4",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 1.8v3h-3",
  flag: "M3.5 14.5v-13M3.5 2.5h8l-2 3 2 3h-8",
  camera: "M1.5 5h3l1.2-2h4.6l1.2 2h3v8h-13zM8 11.2a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10M10.7 10.7 14 14",
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2",
};

/** @param {string} name @returns {SVGElement} decoration only: hidden from assistive technology */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
