// The strip of kept layouts: each with its picture and its figures; any two can be compared.

import { patched } from "./board.js";
import { h, pictureOf } from "./dom.js";
import { button } from "./panel.js";

/** strip(act): {element, show(board, kept, state)}; act gets {do: "use" | "drop" | "compare", …}. */
export function strip(act) {
  const list = h("ol", { class: "spg-strip", "aria-label": "Kept layouts" });
  const figure = h("p", { class: "spg-figure" });
  const element = h("section", { class: "spg-kept", hidden: true }, h("h3", {}, "Kept layouts"), figure, list);
  const show = (board, kept, state) => {
    const variants = kept?.variants ?? [];
    element.hidden = !variants.length;
    figure.textContent = variants.length > 1 ? `Any two differ in ${percent(kept.difference)} of the hole's classes, on average.` : "";
    list.replaceChildren(...variants.map((variant, k) => card(board, variant, k, state, act)));
  };
  return { element, show };
}

function card(board, variant, k, state, act) {
  const name = `Layout ${k + 1}`;
  const side = (letter, text) =>
    button(letter, `${name} as ${text} picture of the comparison`, () => act({ do: "compare", [letter]: k }), { "aria-pressed": String(state[letter] === k) });
  return h(
    "li",
    {},
    labelled(pictureOf(patched(board, variant), board.height, board.width), `Use ${name.toLowerCase()}`, () => act({ do: "use", k }), { class: "spg-thumb" }),
    h("div", { class: "spg-card" }, h("strong", {}, String(k + 1)), obeyed(variant)),
    h("div", { class: "spg-group" }, side("A", "the left"), side("B", "the right"), labelled("×", `Remove ${name.toLowerCase()}`, () => act({ do: "drop", k }))),
  );
}

function obeyed({ obeys }) {
  const title = "share of the hole in which the segmenter finds the class that the layout asked for";
  return obeys === null ? null : h("span", { title }, `obeyed ${percent(obeys)}`);
}

/** A button whose content says nothing to a screen reader. */
const labelled = (content, label, onclick, extra = {}) => button(content, label, onclick, { "aria-label": label, ...extra });

const percent = (share) => `${Math.round(100 * share)}%`;
