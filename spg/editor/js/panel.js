// The controls around the canvases: buttons, palette, sliders, files, help. Each tells the editor; `show` is told.

import { CLASS_KEYS, TOOLS, helpOnKeys } from "./actions.js";
import { css, h, icon } from "./dom.js";
import { markOf } from "./painter.js";
import { LARGEST_BRUSH } from "./raster.js";
import { CHANGED, LANGUAGES, classNamed, language, tell, told } from "./words.js";

const VIEWS = { layout: "labels", chance: "view.chance", entropy: "view.entropy" };
const MOST_KEPT = 12; // spg/editor/variants.py has the same number
const SAMPLED = 6;

/** The page's first line: what this is, its nets, files. about: the scene. */
export function header(act, about) {
  const street = about.street ?? true;
  const nets = Object.entries(about.choices ?? {}).map(([name, text]) => h("option", { value: name }, `${name}, ${told(text)}`));
  const chooser = h("select", { class: "spg-select", "aria-label": tell("nets"), onchange: (event) => act({ do: "nets", name: event.target.value }) }, nets);
  const element = h(
    "header",
    { class: "spg-head" },
    h(about.page ? "h1" : "h3", {}, tell(about.page ? (street ? "title.street" : "title.picture") : "title.editor")),
    h("div", { class: "spg-choosers" }, nets.length ? h("label", { class: "spg-nets" }, h("span", {}, tell("nets")), chooser) : null, languages()),
    h("div", { class: "spg-group" }, [
      about.page && street ? button(tell("samples"), tell("samples.title"), () => act({ do: "samples" })) : null,
      opener(act, "picture", tell("open")),
      button(tell("save_picture"), tell("save_picture.title"), () => act({ do: "picture" })),
      button(tell("copy"), tell("copy.title"), () => act({ do: "copy" }), { class: "spg-button spg-copy" }),
      button(tell("save_all"), tell("save_all.title", { opener: tell("open") }), () => act({ do: "save" })),
      button("?", tell("help.title"), () => act({ do: "help" }), { "aria-label": tell("help.label") }),
    ]),
  );
  return { element, show: ({ nets: name }) => name && (chooser.value = name) };
}

/** The chooser of the language; it tells every editor of the page. */
function languages() {
  const options = Object.entries(LANGUAGES).map(([name, words]) => h("option", { value: name, selected: name === language(), lang: name }, words.language));
  const chosen = ({ target }) => dispatchEvent(new CustomEvent(CHANGED, { detail: target.value }));
  return h("select", { class: "spg-select spg-language", "aria-label": tell("language.choose"), onchange: chosen }, options);
}

/** act(action): see actions.js. about: the scene. Returns {top, palette, side, show(state, board, kept), begin(classes)}. */
export function panel(act, about) {
  const { classes } = about;
  const modes = choice(tell("mode"), [["hole", tell("mode.hole")], ["layout", tell("mode.layout")]], (on) => act({ do: "mode", on }));
  const tools = toolBar(act);
  const undo = iconButton("undo", tell("undo"), () => act({ do: "undo" }));
  const redo = iconButton("redo", tell("redo"), () => act({ do: "redo" }));
  const size = slider(tell("size"), 1, LARGEST_BRUSH, (value) => act({ do: "size", to: fromSlider(value) }), { max: 100 });
  let palette = paletteOf(classes, act);
  const opacity = slider(tell("labels"), 0, 100, (value) => act({ do: "opacity", to: value / 100 }));
  const marks = h("input", { type: "checkbox", onchange: (e) => act({ do: "marks", to: e.target.checked }) });
  const views = choice(tell("view.pane"), Object.entries(VIEWS).map(([what, key]) => [what, tell(key)]), (what) => act({ do: "show", what }));
  const zoom = [["−", 0.8, tell("zoom.out")], [tell("zoom.fit"), 0, tell("zoom.fit.title")], ["+", 1.25, tell("zoom.in")]].map(([text, by, label]) =>
    button(text, label, () => act({ do: "zoom", by }), { "aria-label": label }),
  );
  const predict = button(tell("predict"), tell("predict.title"), () => act({ do: "predict" }));
  const another = button(tell("another"), tell("another.title"), () => act({ do: "another" }));
  const keep = button(tell("keep"), tell("keep.title"), () => act({ do: "keep" }));
  const six = button(tell("six"), tell("six.title"), () => act({ do: "sample" }), { class: "spg-button spg-six" });
  const top = h(
    "div",
    { class: "spg-top" },
    tools.element,
    modes.element,
    size.element,
    h("div", { class: "spg-group", role: "group", "aria-label": tell("steps") }, undo, redo),
    h("div", { class: "spg-group spg-zoom", role: "group", "aria-label": tell("zoom") }, zoom),
  );
  const side = h(
    "div",
    { class: "spg-side" },
    h("div", { class: "spg-actions", role: "group", "aria-label": tell("layouts") }, [six, predict, another, keep]),
    opacity.element,
    h("details", { class: "spg-more" }, h("summary", {}, tell("view")), views.element, h("label", { class: "spg-check" }, marks, tell("view.patterns"))),
    about.opens === "pictures" ? null : fileMenu(act),
    help(),
  );
  const show = (state, board, kept) => {
    const { missing } = board;
    if (!missing && state.on === "layout" && state.tool !== "remove") state.on = "hole";
    modes.show(["remove", "pick", "hand"].includes(state.tool) ? null : state.on);
    modes.disable("layout", !missing);
    tools.show(state.tool);
    palette.show(state, missing);
    views.show(state.show);
    size.show(toSlider(state.size), `${state.size} px`);
    size.element.hidden = !["brush", "eraser"].includes(state.tool);
    opacity.show(Math.round(100 * state.opacity), `${Math.round(100 * state.opacity)} %`);
    marks.checked = state.marks;
    undo.disabled = !state.undo;
    redo.disabled = !state.redo;
    predict.disabled = another.disabled = !missing;
    keep.disabled = !missing || kept >= MOST_KEPT;
    six.disabled = !missing || kept > MOST_KEPT - SAMPLED;
  };
  const begin = (others) => {
    const before = palette;
    palette = paletteOf(others, act);
    before.element.replaceWith(palette.element);
  };
  return { top, palette: palette.element, side, show, begin };
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
  const show = (value) => buttons.forEach((b) => b.setAttribute("aria-pressed", b.dataset.value === String(value)));
  const disable = (value, disabled) => buttons.forEach((b) => b.dataset.value === value && (b.disabled = disabled));
  return { element, show, disable };
}

function choice(label, options, chosen) {
  return oneOf(label, "spg-choice", options.map(([value, text]) => button(text, text, () => chosen(value), { "data-value": value })));
}

/** Attributes of a button with a key of its own. */
const keyed = (look, value, key) => ({ class: look, "data-value": value, "aria-keyshortcuts": key ?? null });

function toolBar(act) {
  const made = ([tool, key]) =>
    button([icon(tool), h("span", {}, tell(`tool.${tool}`))], `${tell(`tool.${tool}`)} (${key})`, () => act({ do: "tool", tool }), keyed("spg-tool", tool, key));
  return oneOf(tell("tools"), "spg-tools", TOOLS.map(made));
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
  const made = ({ name: own, colour }, i) => {
    const [key, name] = [CLASS_KEYS[i], told(classNamed(own))];
    const content = [swatch(colour, markOf(i)), h("span", {}, name), key ? h("kbd", {}, key) : null];
    return button(content, key ? `${name} (${key})` : name, () => act({ do: "label", label: i }), keyed("spg-class", i, key));
  };
  const group = oneOf(tell("classes"), "spg-palette", classes.map(made));
  const show = ({ label, on, tool }, missing) => {
    const painting = on === "layout" && !["remove", "pick", "hand"].includes(tool);
    group.show(painting ? label : null);
    classes.forEach((_, i) => group.disable(String(i), !missing));
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

/** A button that opens a file, and its input: a picture, saved work, or a label map. */
export function opener(act, what, text, accept = "image/*,.zip,.json,application/json,application/zip") {
  const input = h("input", {
    ...{ type: "file", class: "spg-file", "data-what": what, accept, tabindex: "-1", "aria-hidden": "true" },
    onchange: async () => {
      const [file] = input.files;
      if (file) await act({ do: "open", what, file });
      input.value = "";
    },
  });
  return h("span", {}, button(text, what === "picture" ? tell("open.title") : text, () => input.click()), input);
}

function fileMenu(act) {
  return h("details", { class: "spg-more" }, h("summary", {}, tell("own_labels")), h("div", { class: "spg-actions" }, opener(act, "labels", tell("own_labels.open"), "image/png")));
}

function help() {
  const rows = helpOnKeys().map(([key, text]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)));
  return h("details", { class: "spg-more" }, h("summary", {}, tell("keys")), h("dl", { class: "spg-keys" }, rows));
}
