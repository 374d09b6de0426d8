// The strip of kept variants, of which any two can be compared. Each tells the editor; `show` is told.

import { patched } from "./board.js";
import { h, pictureOf } from "./dom.js";
import { button } from "./panel.js";
import { tell } from "./words.js";

/** strip(act): {element, show(board, kept, state)}; act gets {do: "use" | "drop" | "compare" | "clear", …}. */
export function strip(act) {
  const list = h("ol", { class: "spg-strip", "aria-label": tell("strip") });
  const figure = h("p", { class: "spg-figure" });
  const clear = button(tell("strip.clear"), tell("strip.clear.title"), () => act({ do: "clear" }));
  const element = h("section", { class: "spg-kept", hidden: true }, h("div", { class: "spg-kept-head" }, h("h3", {}, tell("strip")), figure, clear), list);
  let shown = 0;
  const show = (board, kept, state) => {
    const variants = kept?.variants ?? [];
    element.hidden = !variants.length;
    figure.textContent = variants.length > 1 ? tell("strip.differ", { percent: percent(kept.difference) }) : "";
    list.replaceChildren(...variants.map((variant, k) => card(board, variant, k, state, act)));
    if (variants.length > shown) requestAnimationFrame(() => element.scrollIntoView({ block: "nearest", behavior: "smooth" }));
    shown = variants.length;
  };
  return { element, show };
}

function card(board, variant, k, state, act) {
  const { id } = variant;
  const named = (key) => tell(key, { n: k + 1 });
  const side = (letter, key) =>
    labelled(letter, named(key), () => act({ do: "compare", [letter]: id }), { "aria-pressed": String(state[letter] === id) });
  return h(
    "li",
    {},
    labelled(pictureOf(patched(board, variant), board.height, board.width), named("strip.use"), () => act({ do: "use", id }), { class: "spg-thumb" }),
    h("div", { class: "spg-card" }, h("strong", {}, String(k + 1)), obeyed(variant)),
    h("div", { class: "spg-group" }, side("A", "strip.left"), side("B", "strip.right"), labelled("×", named("strip.remove"), () => act({ do: "drop", id }))),
  );
}

function obeyed({ obeys }) {
  return obeys === null ? null : h("span", { title: tell("strip.matches.title") }, tell("strip.matches", { percent: percent(obeys) }));
}

/** A button whose content says nothing to a screen reader. */
const labelled = (content, label, onclick, extra = {}) => button(content, label, onclick, { "aria-label": label, ...extra });

const percent = (share) => Math.round(100 * share);
