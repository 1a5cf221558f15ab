// @ts-check
// Describes the box under the pointer in the flame graph.

import { h, setAttribute, setText } from "../dom/elements.js";
import { formatShare } from "../lib/format.js";
import { fullLocation } from "../lib/frames.js";

const OFFSET = 14;

export function createFlameTip() {
  const name = h("div", { class: "code tip-name" });
  const place = h("div", { class: "tip-place" });
  const figures = h("div", { class: "tip-figures" });
  const element = h("div", { class: "tip", hidden: true, "aria-hidden": "true" }, name, figures, place);
  return {
    element,
    hide: () => setAttribute(element, "hidden", true),
    /**
     * @param {import("../lib/flame-layout.js").FlameLayout} layout
     * @param {number} index
     * @param {(value: number) => string} format
     * @param {number} x @param {number} y - of the pointer, in the window
     */
    show(layout, index, format, x, y) {
      const node = layout.nodes[index];
      const caller = layout.nodes[layout.parent[index]];
      const shares = [
        `${formatShare(node.value, layout.nodes[0].value)} of all`,
        caller && index > 0 ? `${formatShare(node.value, caller.value)} of its caller` : "",
      ];
      setText(name, node.name);
      setText(figures, [format(node.value), ...shares].filter(Boolean).join(" · "));
      const where = [fullLocation({ file: node.file ?? null, line: node.line ?? null }), node.image];
      setText(place, where.filter(Boolean).join(" · "));
      setAttribute(element, "hidden", false);
      const left = Math.min(x + OFFSET, innerWidth - element.offsetWidth - 8);
      const below = y + OFFSET + element.offsetHeight < innerHeight;
      const top = below ? y + OFFSET : y - OFFSET - element.offsetHeight;
      element.style.transform = `translate(${Math.max(8, Math.round(left))}px, ${Math.round(top)}px)`;
    },
  };
}
