// @ts-check
// Starts the page: state, connection, header and views.

import { get } from "./api/client.js";
import { LiveFeed } from "./api/live-feed.js";
import { refreshColors } from "./charts/palette.js";
import { formatRoute, parseRoute } from "./lib/route.js";
import { Scans } from "./state/scans.js";
import { createStore } from "./state/store.js";
import { onThemeChange, restoreTheme } from "./state/theme.js";
import { createBlocksView } from "./views/blocks.js";
import { createConnectionBanner } from "./views/connection-banner.js";
import { createCyclesView } from "./views/cycles.js";
import { createErrorsView } from "./views/errors.js";
import { createFlameView } from "./views/flame.js";
import { createHeader } from "./views/header.js";
import { createImagesView } from "./views/images.js";
import { createLeaksView } from "./views/leaks.js";
import { createObjectView } from "./views/object.js";
import { createOverview } from "./views/overview.js";
import { createSafetyView } from "./views/safety.js";
import { createSitesView } from "./views/sites.js";
import { createSnapshotsView } from "./views/snapshots.js";
import { createTabs } from "./views/tabs.js";
import { createScopesView } from "./views/scopes.js";
import { createTasksView } from "./views/tasks.js";
import { createThreadsView } from "./views/threads.js";
import { createTypesView } from "./views/types.js";
import { createVariablesView } from "./views/variables.js";

/** @typedef {import("./wire-types.js").SummaryEnvelope} SummaryEnvelope */
/** @typedef {import("./api/live-feed.js").FeedListener["happened"]} HappenedListener */

/**
 * The objects that every view may use.
 * @typedef {object} Application
 * @property {import("./state/store.js").Store} store
 * @property {LiveFeed} feed
 * @property {Scans} scans
 * @property {(route: import("./lib/route.js").Route) => void} navigate - without a new entry in the browser's history
 * @property {() => Promise<void>} loadConfig
 * @property {(listener: (envelope: SummaryEnvelope) => void) => void} onSummary - only envelopes with data
 * @property {(listener: HappenedListener) => void} onHappened
 */

/** @returns {Application} */
function createApplication() {
  const store = createStore();
  /** @type {HappenedListener[]} */
  const happenedListeners = [];
  const feed = new LiveFeed({
    summary: (envelope, by) => store.dispatch({ type: "summary", envelope, by }),
    failed: ({ code, message, hint, status }, retryAt, attempt) =>
      store.dispatch({ type: "connection", event: { type: "failed", code, message, hint, status, attempt, retryAt } }),
    happened: (kind, envelope) => happenedListeners.forEach((listener) => listener(kind, envelope)),
  });
  return {
    store,
    feed,
    scans: new Scans(),
    navigate(route) {
      const hash = formatRoute(route);
      history.replaceState(null, "", hash);
      store.dispatch({ type: "route", route: parseRoute(hash) });
    },
    async loadConfig() {
      // Without the configuration the menu offers every mode, so a failure is not reported.
      const envelope = await get("config").catch(() => null);
      if (envelope?.data) store.dispatch({ type: "config", config: envelope.data });
    },
    onSummary(listener) {
      /** @type {SummaryEnvelope | null} */
      let seen = null;
      store.subscribe(({ summary }) => {
        if (summary === seen || !summary?.data) return;
        seen = summary;
        listener(summary);
      });
    },
    onHappened: (listener) => void happenedListeners.push(listener),
  };
}

/** @param {Application} app */
function followVisibility(app) {
  const update = () => {
    if (!document.hidden) return app.feed.start();
    app.feed.stop();
    app.store.dispatch({ type: "connection", event: { type: "paused" } });
  };
  document.addEventListener("visibilitychange", update);
  update();
}

function start() {
  restoreTheme();
  onThemeChange(refreshColors);
  const app = createApplication();
  const readRoute = () => app.store.dispatch({ type: "route", route: parseRoute(location.hash) });
  readRoute();
  const { navigation, main } = createTabs(app, {
    overview: createOverview(app),
    sites: createSitesView(app),
    types: createTypesView(app),
    blocks: createBlocksView(app),
    threads: createThreadsView(app),
    tasks: createTasksView(app),
    scopes: createScopesView(app),
    variables: createVariablesView(app),
    flame: createFlameView(app),
    leaks: createLeaksView(app),
    cycles: createCyclesView(app),
    object: createObjectView(app),
    errors: createErrorsView(app),
    safety: createSafetyView(app),
    snapshots: createSnapshotsView(app),
    images: createImagesView(),
  });
  document.body.replaceChildren(createHeader(app), navigation, createConnectionBanner(app), main);
  app.store.subscribe(({ connection }) => document.body.classList.toggle("is-stale", connection.error !== null));
  addEventListener("hashchange", readRoute);
  app.store.subscribe(({ summary }) => summary?.mode && app.scans.modeIs(summary.mode));
  app.onHappened((kind, envelope) => kind === "leakscan" && app.scans.heard(envelope));
  followVisibility(app);
}

start();
