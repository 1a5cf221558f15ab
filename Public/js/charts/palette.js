// @ts-check
// Colours of the style sheet for canvases, read once per theme.

/** @type {Map<string, string>} */
const cache = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** Reads the colours anew, and has what was painted painted again: to be called after the theme changed. */
export function refreshColors() {
  cache.clear();
  for (const listener of listeners) listener();
}

/** @param {() => void} listener - called after the colours changed */
export function onColorChange(listener) {
  listeners.add(listener);
}

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
