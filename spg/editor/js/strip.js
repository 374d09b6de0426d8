// The strip of kept layouts: each with its picture and its figures; any two can be compared.

import { patched } from "./board.js";
import { h } from "./dom.js";
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
    h("button", { type: "button", class: "spg-thumb", "aria-label": `Use ${name.toLowerCase()}`, onclick: () => act({ do: "use", k }) }, thumbnail(board, variant)),
    h("div", { class: "spg-card" }, h("strong", {}, String(k + 1)), obeyed(variant)),
    h("div", { class: "spg-group" }, side("A", "the left"), side("B", "the right"), button("×", `Remove ${name.toLowerCase()}`, () => act({ do: "drop", k }), { "aria-label": `Remove ${name.toLowerCase()}` })),
  );
}

function obeyed({ obeys }) {
  const title = "share of the hole in which the segmenter finds the class that the layout asked for";
  return obeys === null ? null : h("span", { title }, `obeyed ${percent(obeys)}`);
}

function thumbnail(board, variant) {
  const { height, width } = board;
  const picture = patched(board, variant);
  const canvas = h("canvas", { width, height });
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) image.data.set([picture[3 * i], picture[3 * i + 1], picture[3 * i + 2], 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

const percent = (share) => `${Math.round(100 * share)}%`;
