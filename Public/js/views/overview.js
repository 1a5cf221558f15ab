// @ts-check
// The first view: how much memory is used, since when, and by what.

import { h } from "../dom/elements.js";
import { headline, location } from "../lib/frames.js";
import { memberName, shortName } from "../lib/names.js";
import { KINDS } from "../lib/words.js";
import { createTiles } from "./tiles.js";
import { createTimelineView } from "./timeline.js";
import { createTopList } from "./top-list.js";

/** @param {import("../wire-types.js").SiteList} data */
function siteRows(data) {
  return data.sites.map((site) => {
    const frame = headline(site.stack);
    const place = frame ? [location(frame), frame.image].filter(Boolean).join(" · ") : "";
    const name = frame ? memberName(shortName(frame.function)) : "No stack was taken";
    return { name, title: frame?.function ?? "", place, bytes: site.bytes };
  });
}

/** @param {import("../wire-types.js").TypeList} data */
function typeRows(data) {
  return data.types.map(({ name, kind, bytes }) => ({ name, title: name, place: KINDS[kind] ?? kind, bytes }));
}

/** @param {import("../main.js").Application} app */
export function createOverview(app) {
  const tiles = createTiles();
  const timeline = createTimelineView(app);
  const lists = [
    createTopList(app, { title: "Largest sites", resource: "sites", link: "All sites", rows: siteRows }),
    createTopList(app, { title: "Largest types", resource: "types", link: "All types", rows: typeRows }),
  ];
  app.onSummary((envelope) => tiles.update(envelope));
  const parts = [timeline, ...lists];
  return {
    element: h("div", { class: "overview" }, tiles.element, timeline.element,
      h("div", { class: "columns" }, ...lists.map((list) => list.element))),
    show: () => parts.forEach((part) => part.show()),
    hide: () => parts.forEach((part) => part.hide()),
  };
}
