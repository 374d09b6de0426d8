// The colour of what is painted: as the net likes, one of the class's own, or one that the person picks. Shown only where
// SG-Net can be asked for colours.

import { css, h } from "./dom.js";
import { button } from "./panel.js";
import { classNamed, tell } from "./words.js";

/** looks(act): {element, show(board, state)}; act gets {do: "colour", to: [r, g, b] or null} and {do: "repaint"}. */
export function looks(act) {
  const chips = h("div", { class: "spg-chips", role: "group", "aria-label": tell("colour") });
  const picker = h("input", { type: "color", class: "spg-picker", "aria-label": tell("colour.pick"), title: tell("colour.pick.title"), onchange: (event) => act({ do: "colour", to: rgb(event.target.value) }) });
  const again = button(tell("colour.another"), tell("colour.another.title"), () => act({ do: "repaint" }));
  const title = h("h3", {});
  const element = h("section", { class: "spg-looks", hidden: true }, title, h("div", { class: "spg-looks-row" }, chips, picker), again);
  const show = (board, state) => {
    const { name, own, thing } = board.classes[state.label];
    const chosen = state.colours[name];
    element.hidden = !(board.coloured && (own.length || thing));
    again.hidden = !own.length;
    title.textContent = tell("colour.of", { kind: classNamed(name) });
    const chip = (colour) => {
      const [r, g, b] = colour;
      const label = tell("colour.rgb", { r, g, b });
      const style = `background: ${css(colour)}`;
      return button("", label, () => act({ do: "colour", to: colour }), { class: "spg-chip", "aria-label": label, style, "aria-pressed": String(String(colour) === String(chosen)) });
    };
    const free = button(tell("colour.any"), tell("colour.any.title"), () => act({ do: "colour", to: null }), { "aria-pressed": String(!chosen) });
    chips.replaceChildren(free, ...own.map(chip));
    if (chosen) picker.value = `#${chosen.map((n) => n.toString(16).padStart(2, "0")).join("")}`;
    again.disabled = !board.painted(state.label);
  };
  return { element, show };
}

/** "#rrggbb" → [r, g, b]. */
export const rgb = (text) => [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));
