// @ts-check
// Below a list: how many rows are shown, and a button for more.

import { h, setAttribute, setText } from "../dom/elements.js";
import { groupDigits } from "../lib/format.js";
import { explain } from "./notices.js";

/** @param {string} noun - plural @param {() => Promise<void>} more */
export function createListFooter(noun, more) {
  const text = h("p", { class: "muted", role: "status" });
  const click = async () => {
    button.disabled = true;
    // The list stays as it was. The reason is shown below it, and the reader can try again.
    await more().catch((error) => setText(text, explain(error).text));
    button.disabled = false;
  };
  const button = h("button", { class: "button", type: "button", hidden: true, on: { click } }, "Show more");
  return {
    element: h("footer", { class: "list-footer" }, text, button),
    /** @param {{shown: number, loaded: number, total: number, more: boolean, truncated: boolean}} list */
    update({ shown, loaded, total, more: hasMore, truncated }) {
      const loadedText = `${groupDigits(loaded)} of ${groupDigits(total)} ${noun} loaded`;
      const filtered = `${groupDigits(shown)} match the filter, which looks at loaded rows only (${loadedText})`;
      // If there is a next page, the answer was cut by the page's own limit.
      const left = truncated && !hasMore ? ". The server left part of them out." : "";
      setText(text, (shown === loaded ? loadedText : filtered) + left);
      setAttribute(button, "hidden", !hasMore);
    },
  };
}
