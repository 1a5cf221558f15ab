// @ts-check
// Switches between views, and starts and stops what a view runs while it is shown.

import { h, setAttribute } from "../dom/elements.js";
import { formatRoute, VIEWS } from "../lib/route.js";

/** @typedef {typeof VIEWS[number]} ViewName */
/**
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(params: Record<string, string>) => void} show
 * @property {() => void} hide
 */

/** @type {Record<ViewName, string>} */
const LABELS = {
  overview: "Overview",
  sites: "Sites",
  types: "Types",
  blocks: "Blocks",
  threads: "Threads",
  tasks: "Tasks",
  scopes: "Scopes",
  variables: "Variables",
  flame: "Flame graph",
  leaks: "Leaks",
  cycles: "Cycles",
  object: "Object",
  errors: "Errors",
  safety: "Safety",
  snapshots: "Snapshots",
  images: "Images",
};

/** @param {import("../main.js").Application} app @param {Record<ViewName, View>} views */
export function createTabs(app, views) {
  const links = VIEWS.map((view) =>
    h("a", { class: "tab", href: formatRoute({ view, params: {} }), data: { view } }, LABELS[view]));
  const navigation = h("nav", { class: "tabs", "aria-label": "Views" }, h("div", { class: "tabs-inner" }, ...links));
  const main = h("main", { id: "content", tabindex: "-1" }, ...VIEWS.map((view) => views[view].element));
  /** @type {import("../lib/route.js").Route | null} */
  let shown = null;
  let paused = false;

  app.store.subscribe(({ route, connection }) => {
    // While the server does not answer, no view asks it; when it answers again, the
    // view is shown again, which fetches its newest data.
    const pause = connection.status === "paused" || connection.error !== null;
    if (shown === route && paused === pause) return;
    for (const link of links) setAttribute(link, "aria-current", link.dataset.view === route.view ? "page" : null);
    for (const view of VIEWS) setAttribute(views[view].element, "hidden", view !== route.view);
    if (shown && (pause || shown.view !== route.view)) views[shown.view].hide();
    if (shown?.view !== route.view) {
      // Not scrollIntoView: that would scroll the page as well.
      const link = links[VIEWS.indexOf(route.view)];
      navigation.scrollLeft = link.offsetLeft - navigation.clientWidth / 2 + link.offsetWidth / 2;
    }
    if (!pause) views[route.view].show(route.params);
    shown = route;
    paused = pause;
  });
  return { navigation, main };
}
