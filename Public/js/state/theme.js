// @ts-check
// The theme: light, dark or the system's; the choice is stored.

const KEY = "memscope-theme";

/**
 * Called after the colours changed, by the reader or by the system.
 * @type {Set<() => void>}
 */
const listeners = new Set();
const system = matchMedia("(prefers-color-scheme: dark)");

/** @returns {string | null} null as well where the browser forbids storage */
function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @returns {boolean} */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

export function restoreTheme() {
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  system.addEventListener("change", announce);
}

export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  announce();
}

/** @param {() => void} listener */
export function onThemeChange(listener) {
  listeners.add(listener);
}

function announce() {
  for (const listener of listeners) listener();
}
