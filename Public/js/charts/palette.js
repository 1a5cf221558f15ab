// @ts-check
// Colours of the style sheet for canvases, read once per theme.

import { onThemeChange } from "../state/theme.js";

/** @type {Map<string, string>} */
const cache = new Map();
onThemeChange(() => cache.clear());

/**
 * @param {string} name - "ink-2" for --ms-ink-2
 * @returns {string} as rgb(), which is what light-dark() computes to
 */
export function color(name) {
  const known = cache.get(name);
  if (known) return known;
  const probe = document.createElement("span");
  probe.style.color = `var(--ms-${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  cache.set(name, value);
  return value;
}

/** @param {number} pixels @returns {string} for `context.font` */
export function font(pixels) {
  const family = getComputedStyle(document.documentElement).getPropertyValue("--ms-font").trim();
  return `${pixels}px ${family}`;
}
