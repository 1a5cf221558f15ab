// @ts-check
// A line below the header while the server does not answer.

import { h, setAttribute, setText } from "../dom/elements.js";
import { explain } from "./notices.js";

/** @param {import("../main.js").Application} app */
export function createConnectionBanner(app) {
  const title = h("strong");
  const text = h("span");
  const wait = h("span", { class: "banner-wait" });
  const element = h("div", { class: "banner", role: "alert", hidden: true }, h("div", { class: "banner-inner" },
    h("p", {}, title, " ", text, " ", wait),
    h("button", { class: "button", type: "button", on: { click: () => app.feed.retry() } }, "Try now")));

  function count() {
    const { retryAt } = app.store.get().connection;
    const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    setText(wait, retryAt === null ? "" : seconds > 0 ? `Next attempt in ${seconds} s.` : "Trying…");
  }

  app.store.subscribe(({ connection, summary }) => {
    setAttribute(element, "hidden", connection.error === null);
    if (!connection.error) return;
    const words = explain(connection.error);
    setText(title, `${words.title}.`);
    setText(text, summary ? `${words.text} Figures below are the last that came.` : words.text);
    count();
  });
  setInterval(count, 1000);
  return element;
}
