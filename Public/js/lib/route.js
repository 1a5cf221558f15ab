// @ts-check
// Reads and writes routes such as "#/sites?sort=-blocks". The address contains the state that a reload should keep.

export const VIEWS = /** @type {const} */ ([
  "overview", "sites", "types", "blocks", "threads", "tasks", "scopes", "variables", "flame", "leaks", "cycles",
  "object", "errors", "safety", "snapshots", "images",
]);

/** @typedef {{view: typeof VIEWS[number], params: Record<string, string>}} Route */

/** @param {string} hash @returns {Route} the overview for anything that is not ours */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const view = VIEWS.find((candidate) => candidate === path);
  if (!view) return { view: "overview", params: {} };
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {Route} route @returns {string} parameters that are "" are left out */
export function formatRoute(route) {
  const kept = Object.entries(route.params).filter(([, value]) => value !== "");
  const query = new URLSearchParams(kept).toString();
  return `#/${route.view}${query ? `?${query}` : ""}`;
}
