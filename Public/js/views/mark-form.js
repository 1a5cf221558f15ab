// @ts-check
// Names a moment on the timeline.

import { post } from "../api/client.js";
import { h, icon, setAttribute, setText } from "../dom/elements.js";
import { explain } from "./notices.js";

/** @param {() => void} added */
export function createMarkForm(added) {
  const input = h("input", { class: "input", "aria-label": "Name of the mark", placeholder: "Name this moment",
    maxlength: "64", required: true, autocomplete: "off" });
  const failure = h("span", { class: "failure", role: "alert" });
  const form = h("form", { class: "inline-form", hidden: true },
    input, h("button", { class: "button is-primary", type: "submit" }, "Add"), failure);
  const opener = h("button", { class: "button", type: "button", "aria-expanded": "false" }, icon("flag"), "Mark");

  /** @param {boolean} open */
  function toggle(open) {
    setAttribute(form, "hidden", !open);
    setAttribute(opener, "hidden", open);
    setAttribute(opener, "aria-expanded", String(open));
    setText(failure, "");
    (open ? input : opener).focus();
  }

  opener.addEventListener("click", () => toggle(true));
  form.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("mark", { name: input.value });
      input.value = "";
      toggle(false);
      added();
    } catch (error) {
      setText(failure, explain(/** @type {import("../api/client.js").ApiError} */ (error)).text);
    }
  });
  return { element: h("div", { class: "mark" }, opener, form) };
}
