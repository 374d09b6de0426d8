// The strip of kept variants, of which any two can be compared. Each tells the editor; `show` is told.

import { patched } from "./board.js";
import { h, pictureOf } from "./dom.js";
import { button } from "./panel.js";

/** strip(act): {element, show(board, kept, state)}; act gets {do: "use" | "drop" | "compare" | "clear", …}. */
export function strip(act) {
  const list = h("ol", { class: "spg-strip", "aria-label": "Kept variants" });
  const figure = h("p", { class: "spg-figure" });
  const clear = button("Clear all", "remove every kept variant", () => act({ do: "clear" }));
  const element = h("section", { class: "spg-kept", hidden: true }, h("div", { class: "spg-kept-head" }, h("h3", {}, "Kept variants"), figure, clear), list);
  let shown = 0;
  const show = (board, kept, state) => {
    const variants = kept?.variants ?? [];
    element.hidden = !variants.length;
    figure.textContent = variants.length > 1 ? `Any two differ in ${percent(kept.difference)} of the hole, on average.` : "";
    list.replaceChildren(...variants.map((variant, k) => card(board, variant, k, state, act)));
    if (variants.length > shown) requestAnimationFrame(() => element.scrollIntoView({ block: "nearest", behavior: "smooth" }));
    shown = variants.length;
  };
  return { element, show };
}

function card(board, variant, k, state, act) {
  const name = `variant ${k + 1}`;
  const { id } = variant;
  const side = (letter, text) =>
    labelled(letter, `${letter}: ${name} as ${text} picture of the comparison`, () => act({ do: "compare", [letter]: id }), { "aria-pressed": String(state[letter] === id) });
  return h(
    "li",
    {},
    labelled(pictureOf(patched(board, variant), board.height, board.width), `Use ${name}`, () => act({ do: "use", id }), { class: "spg-thumb" }),
    h("div", { class: "spg-card" }, h("strong", {}, String(k + 1)), obeyed(variant)),
    h("div", { class: "spg-group" }, side("A", "the left"), side("B", "the right"), labelled("×", `Remove ${name}`, () => act({ do: "drop", id }))),
  );
}

function obeyed({ obeys }) {
  const title = "share of the hole in which the segmenter finds the class that the layout asked for";
  return obeys === null ? null : h("span", { title }, `matches ${percent(obeys)}`);
}

/** A button whose content says nothing to a screen reader. */
const labelled = (content, label, onclick, extra = {}) => button(content, label, onclick, { "aria-label": label, ...extra });

const percent = (share) => `${Math.round(100 * share)}%`;
