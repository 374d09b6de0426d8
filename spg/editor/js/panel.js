// The controls around the canvases: buttons, palette, sliders, files, help, and below them the strip of kept layouts, of
// which any two can be compared. Each tells the editor; `show` is told.

import { KEYS, TOOLS } from "./actions.js";
import { patched } from "./board.js";
import { css, h, icon, pictureOf } from "./dom.js";
import { MARKS } from "./painter.js";
import { LARGEST_BRUSH } from "./raster.js";

const VIEWS = [
  ["layout", "Layout"],
  ["chance", "Chance of the class"],
  ["entropy", "Entropy"],
];

/** act(action): see actions.js. Returns {top, palette, side, show(state)}. */
export function panel(act, classes) {
  const modes = choice("What to draw", [["hole", "Hole"], ["layout", "Layout"]], (on) => act({ do: "mode", on }));
  const tools = toolBar(act);
  const undo = iconButton("undo", "Undo (Ctrl Z)", () => act({ do: "undo" }));
  const redo = iconButton("redo", "Redo (Ctrl Y)", () => act({ do: "redo" }));
  const size = slider("Size", 1, LARGEST_BRUSH, (value) => act({ do: "size", to: fromSlider(value) }), { max: 100 });
  const palette = paletteOf(classes, act);
  const opacity = slider("Labels", 0, 100, (value) => act({ do: "opacity", to: value / 100 }));
  const marks = h("input", { type: "checkbox", onchange: (e) => act({ do: "marks", to: e.target.checked }) });
  const views = choice("The left pane shows", VIEWS, (what) => act({ do: "show", what }));
  const zoom = [["−", 0.8, "Zoom out (−)"], ["1:1", 0, "Whole picture (0)"], ["+", 1.25, "Zoom in (+)"]].map(([text, by, label]) =>
    button(text, label, () => act({ do: "zoom", by }), { "aria-label": label }),
  );
  const top = h(
    "div",
    { class: "spg-top" },
    modes.element,
    tools.element,
    size.element,
    h("div", { class: "spg-group", role: "group", "aria-label": "Steps" }, undo, redo),
    h("div", { class: "spg-group spg-zoom", role: "group", "aria-label": "Zoom" }, zoom),
  );
  const side = h(
    "div",
    { class: "spg-side" },
    h("div", { class: "spg-actions", role: "group", "aria-label": "Layouts" }, [
      button("Predict", "SP-Net's layout for the whole hole (P)", () => act({ do: "predict" })),
      button("Another", "another plausible layout (N)", () => act({ do: "another" })),
      button("Keep", "keep this layout in the strip (K)", () => act({ do: "keep" })),
      button("Six variants", "six other layouts, painted, with how much they differ", () => act({ do: "sample" })),
    ]),
    h("details", { class: "spg-more" }, h("summary", {}, "View"), views.element, opacity.element, h("label", { class: "spg-check" }, marks, "Patterns on the labels")),
    fileMenu(act),
    help(),
  );
  const show = (state) => {
    modes.show(state.on);
    tools.show(state.tool);
    palette.show(state.label, state.on);
    views.show(state.show);
    size.show(toSlider(state.size), `${state.size} px`);
    opacity.show(Math.round(100 * state.opacity), `${Math.round(100 * state.opacity)} %`);
    marks.checked = state.marks;
    undo.disabled = !state.undo;
    redo.disabled = !state.redo;
  };
  return { top, palette: palette.element, side, show };
}

/** A slider's 0..100 and the brush's pixels: the small sizes get most of the way. */
const fromSlider = (value) => Math.max(1, Math.round(LARGEST_BRUSH ** (value / 100)));
const toSlider = (size) => Math.round((100 * Math.log(size)) / Math.log(LARGEST_BRUSH));

/** content: text, an element, or a list of them. extra: attributes beside these, or instead of them. */
export function button(content, title, onclick, extra = {}) {
  return h("button", { type: "button", class: "spg-button", title, onclick, ...extra }, content);
}

function iconButton(name, label, onclick) {
  return button(icon(name), label, onclick, { class: "spg-button spg-icon", "aria-label": label });
}

/** One of several: buttons, each with its data-value, that say which is pressed. */
function oneOf(label, look, buttons) {
  const element = h("div", { class: look, role: "group", "aria-label": label }, buttons);
  return { element, show: (value) => buttons.forEach((b) => b.setAttribute("aria-pressed", b.dataset.value === String(value))) };
}

function choice(label, options, chosen) {
  return oneOf(label, "spg-choice", options.map(([value, text]) => button(text, text, () => chosen(value), { "data-value": value })));
}

/** Attributes of a button with a key of its own. */
const keyed = (look, value, key) => ({ class: look, "data-value": value, "aria-keyshortcuts": key });

function toolBar(act) {
  const made = ([tool, key, name]) =>
    button([icon(tool), h("span", {}, name)], `${name} (${key})`, () => act({ do: "tool", tool }), keyed("spg-tool", tool, key));
  return oneOf("Tools", "spg-tools", TOOLS.map(made));
}

export function slider(label, min, max, changed, { max: top = max } = {}) {
  const input = h("input", { type: "range", min: top === max ? min : 0, max: top, "aria-label": label, oninput: (e) => changed(Number(e.target.value)) });
  const output = h("output", {});
  const show = (value, text) => {
    input.value = value;
    input.setAttribute("aria-valuetext", (output.textContent = text));
  };
  return { element: h("label", { class: "spg-slider" }, h("span", {}, label), input, output), show, input };
}

function paletteOf(classes, act) {
  const made = ({ name, colour }, i) => {
    const key = String(i + 1);
    const content = [swatch(colour, MARKS[i]), h("span", {}, name), h("kbd", {}, key)];
    return button(content, `${name} (${key})`, () => act({ do: "label", label: i }), keyed("spg-class", i, key));
  };
  const group = oneOf("Classes", "spg-palette", classes.map(made));
  const show = (label, on) => {
    group.show(on === "layout" ? label : null);
    group.element.classList.toggle("spg-idle", on !== "layout");
  };
  return { element: group.element, show };
}

/** A class's colour with its pattern, drawn once. */
function swatch(colour, mark) {
  const canvas = h("canvas", { class: "spg-swatch", width: 24, height: 24, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.fillStyle = css(colour);
  context.fillRect(0, 0, 24, 24);
  context.fillStyle = "rgb(255 255 255 / .6)";
  for (let y = 0; mark && y < 24; y++) for (let x = 0; x < 24; x++) if (mark(x, y)) context.fillRect(x, y, 1, 1);
  return canvas;
}

function fileMenu(act) {
  const opener = (what, text, accept) => {
    const input = h("input", {
      ...{ type: "file", class: "spg-file", "data-what": what, accept, tabindex: "-1", "aria-hidden": "true" },
      onchange: async () => {
        const [file] = input.files;
        if (file) await act({ do: "open", what, file });
        input.value = "";
      },
    });
    return [button(text, text, () => input.click()), input];
  };
  return h(
    "details",
    { class: "spg-more" },
    h("summary", {}, "File"),
    h("div", { class: "spg-actions" }, [
      ...opener("picture", "Open a picture…", "image/*"),
      ...opener("labels", "Open its label map…", "image/png"),
      ...opener("edits", "Replay edits…", ".json,application/json"),
      button("Save all", "picture, label map, hole and edits as a ZIP file", () => act({ do: "save" })),
    ]),
  );
}

function help() {
  const rows = KEYS.map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)));
  return h("details", { class: "spg-more" }, h("summary", {}, "Keys"), h("dl", { class: "spg-keys" }, rows));
}

// ------------------------------------------------------------ the strip of kept layouts

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
