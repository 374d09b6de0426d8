// What the person does, by button, key, pointer or wheel: each changes the view's state, moves the hand, or asks Python.

import { remember } from "./link.js";
import { listen } from "./pointer.js";
import { LARGEST_BRUSH } from "./raster.js";
import { classNamed, language, said, tell, told } from "./words.js";

const MOST_BYTES = 8_000_000; // of an upload; spg/pictures.py has the same number
const SHAPES = ["brush", "lasso", "fill"]; // the tools that put a class
const TAPS = ["remove", "fill", "pick"]; // the tools that a finger taps with: it scrolls when it moves

export class Actions {
  constructor(view) {
    this.view = view;
    this.act = this.act.bind(this);
  }

  /** One action {do, …}. What is not known here, Python is asked. */
  act(action) {
    const known = this.table()[action.do];
    const result = known ? known(action) : this.view.link.send({ type: action.do });
    this.view.show();
    return result;
  }

  table() {
    const { state, hand, camera, link } = this.view;
    const set = (values) => Object.assign(state, values);
    const drawing = () => (SHAPES.includes(state.tool) || state.tool === "eraser" ? state.tool : "brush");
    return {
      tool: ({ tool }) => (hand.cancel(), set({ tool })),
      mode: ({ on }) => (hand.cancel(), set({ on: on ?? (state.on === "hole" ? "layout" : "hole"), tool: drawing() })),
      label: ({ label }) => this.inHole(() => set({ label, on: "layout", tool: SHAPES.includes(state.tool) ? state.tool : "brush" })),
      size: ({ by, to }) => set({ size: Math.min(LARGEST_BRUSH, Math.max(1, to ?? stepped(state.size, by))) }),
      opacity: ({ to }) => set({ opacity: to }),
      marks: ({ to }) => set({ marks: to }),
      split: ({ to }) => set({ split: to }),
      show: ({ what }) => (set({ show: what }), link.send({ type: "show", what })),
      zoom: ({ by }) => (by ? camera.zoom(by) : camera.fit()),
      predict: () => this.inHole(() => link.send({ type: "edit", edit: { do: "predict" } })),
      another: () => this.inHole(() => link.send({ type: "another" })),
      keep: () => this.inHole(() => link.send({ type: "keep" })),
      colour: ({ to }) => this.colour(to),
      repaint: () => this.repaint(),
      step: ({ by }) => this.step(by),
      press: () => this.pressKey(),
      finish: () => this.finish(),
      cancel: () => (hand.cancel(), this.view.welcome.hide()),
      compare: ({ A, B }) => this.compare(A, B),
      use: ({ id }) => this.use(id),
      drop: ({ id }) => link.send({ type: "drop", id }),
      open: ({ what, file }) => this.open(what, file),
      copy: () => this.copy(),
      street: ({ k }) => this.replacing(tell("replace.street"), () => link.send({ type: "street", k })),
      part: ({ left, side, top }) => this.part({ left, side, top }),
      nets: ({ name }) => link.send({ type: "nets", name }),
      samples: () => this.view.welcome.toggle(),
      help: () => this.view.coach.toggle(),
    };
  }

  /** What needs a hole: without one nothing is asked of Python, which could only refuse. */
  inHole(ask) {
    if (this.view.board.missing) return ask();
    this.view.say({ said: said("no_hole"), tone: "refused" });
  }

  // ------------------------------------------------------------ keys and pointer

  key(event) {
    if (/^(SELECT|TEXTAREA)$/.test(event.target.tagName) && !event.ctrlKey && !event.metaKey) return event.stopPropagation();
    const action = meaning(event, event.target === this.view.left.canvas, this.view.board.classes.length);
    event.stopPropagation(); // the notebook has keys of its own
    if (!action && (event.ctrlKey || event.metaKey)) return this.passOn(event);
    if (!action || (event.target.type === "range" && ["step", "press", "finish"].includes(action.do))) return;
    event.preventDefault();
    this.act(action);
  }

  /** A key with Ctrl that is none of ours: the notebook around may have it. Where nobody wants Ctrl S, all is saved. */
  passOn(event) {
    const { altKey, code, ctrlKey, key, keyCode, metaKey, shiftKey } = event;
    const copy = new KeyboardEvent("keydown", { ...{ altKey, code, ctrlKey, key, keyCode, metaKey, shiftKey }, bubbles: true, cancelable: true });
    const taken = !this.view.element.dispatchEvent(copy);
    if (taken || key.toLowerCase() === "s") event.preventDefault();
    if (!taken && key.toLowerCase() === "s") this.act({ do: "save" });
  }

  /** Follow mouse, pen and fingers on a pane. */
  listen(pane) {
    const { view } = this;
    const redraw = () => view.painter.redraw();
    listen(pane.canvas, {
      redraw,
      camera: () => view.aimed(),
      pans: () => view.state.tool === "hand",
      taps: () => TAPS.includes(view.state.tool),
      double: () => view.hand.kind === "lasso" && (view.hand.finish(), redraw()),
      begin: (at, near) => this.press(at, near),
      move: (at) => (view.hand.move(at), redraw()),
      end: () => (view.hand.end(), redraw()),
      cancel: () => (view.hand.cancel(), redraw()),
      hover: (at) => this.hover(at),
      size: (step) => this.act({ do: "size", by: step }),
    });
  }

  /** A press of the pointer, or of a key at the cursor. */
  press(at, near = 0) {
    const { hand, link, state } = this.view;
    this.view.cursor = at;
    hand.settings = state;
    if (state.tool === "pick") this.pick(at);
    else if (state.tool === "remove") link.send({ type: "edit", edit: { do: "remove", at, shadow: true } });
    else if (state.tool === "lasso") hand.corner(at, near);
    else if (state.tool !== "hand") hand.begin(at);
    this.view.painter.redraw();
  }

  pressKey() {
    if (this.view.hand.kind === "brush") this.view.hand.finish();
    else this.press(this.view.cursor);
  }

  finish() {
    const { hand } = this.view;
    if (hand.busy) return hand.finish();
    this.press(this.view.cursor);
    if (hand.kind === "brush") hand.finish();
  }

  step([dx, dy]) {
    const { board, camera, cursor, hand } = this.view;
    const within = (value, size) => Math.min(size - 1, Math.max(0, value));
    const at = [within(cursor[0] + dx, board.width), within(cursor[1] + dy, board.height)];
    camera.show(at);
    if (hand.kind === "brush") hand.move(at);
    this.hover(at);
  }

  hover(at) {
    this.view.pointed = at;
    if (at) this.view.cursor = at;
    const name = at && this.nameAt(at);
    if (name) this.view.where.textContent = `${at[0]}, ${at[1]} · ${told(classNamed(name))}`;
    const removable = this.view.state.tool === "remove" && at && this.view.board.objectAt(at);
    this.view.root.dataset.over = removable ? "object" : "";
    this.view.painter.redraw();
  }

  pick(at) {
    const name = this.nameAt(at);
    if (!name) return;
    this.act({ do: "label", label: this.view.board.classes.findIndex((known) => known.name === name) });
    this.view.say({ said: said("picked", { kind: classNamed(name) }), tone: "good" });
  }

  /** The class at a pixel; undefined outside the picture. */
  nameAt([x, y]) {
    const { classes, height, layout, width } = this.view.board;
    if (x >= 0 && y >= 0 && x < width && y < height) return classes[layout[y * width + x]].name;
  }

  // ------------------------------------------------------------ what comes of it

  /** A finished shape: shown at once, sent to Python. What lies wholly outside the hole is for Python to refuse. */
  draw(edit) {
    const { board, link, painter } = this.view;
    board.expect(link.send({ type: "edit", edit }), edit);
    remember(board); // Python may be gone, and not say so
    painter.redraw({ newHole: true });
  }

  compare(A, B) {
    const { state } = this.view;
    if (A !== undefined) state.A = state.A === A ? null : A;
    if (B !== undefined) state.B = state.B === B ? null : B;
    if (!state.split) state.split = 50;
  }

  /** A kept variant on the canvas; on a phone, where the strip lies far below it, the canvas comes back into view. */
  use(id) {
    const { left, link, narrow } = this.view;
    if (narrow) left.element.scrollIntoView({ block: "center", behavior: "smooth" });
    return link.send({ type: "use", id });
  }

  // ------------------------------------------------------------ colours

  /** The class's next strokes in this colour, or null: as the net likes. What is painted of it already, too. */
  colour(to) {
    const { board, link, state } = this.view;
    const { name } = board.classes[state.label];
    if (to) state.colours[name] = to;
    else delete state.colours[name];
    if (board.painted(state.label)) link.send({ type: "edit", edit: { do: "colour", put: name, colour: to } });
  }

  /** The same outline in another of the class's own colours. */
  repaint() {
    const { board, state } = this.view;
    const { name, own } = board.classes[state.label];
    const others = own.filter((colour) => String(colour) !== String(state.colours[name]));
    this.colour(others[Math.floor(Math.random() * others.length)]);
  }

  // ------------------------------------------------------------ files

  async open(what, file) {
    const limit = this.view.model.get("scene").limit ?? MOST_BYTES;
    if (file.size > limit) {
      const megabytes = (file.size / 1e6).toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      const sizes = { size: megabytes, limit: limit / 1e6 };
      this.view.say({ said: said("too_large", { name: file.name, ...sizes }), tone: "error" });
      return;
    }
    const bytes = await file.arrayBuffer();
    this.replacing(file.name, () => this.view.link.send({ type: "open", what, name: file.name }, [bytes]));
  }

  /** The picture into the clipboard: promised within the click, as browsers ask, and handed over when it has come. */
  copy() {
    const picture = new Promise((come) => (this.view.copied = come));
    const item = () => new ClipboardItem({ "image/png": picture });
    this.view.link.send({ type: "picture", copy: true });
    return Promise.resolve()
      .then(() => navigator.clipboard.write([item()]))
      .then(() => this.view.say({ said: said("copied"), tone: "good" }))
      .catch(() => this.view.say({ said: said("copy.refused"), tone: "error" }));
  }

  /** Do what puts another picture in place of this one; ask first where work would be lost. */
  replacing(what, go) {
    const work = this.view.unsaved();
    if (!work) return go();
    this.view.notice.ask(
      tell("replace", { what, work }),
      [tell("replace.save"), tell("replace.save.title"), () => (this.act({ do: "save" }), this.view.keeper.forget(), go())],
      [tell("replace.lose"), tell("replace.lose.title"), () => (this.view.keeper.forget(), go())],
      [tell("replace.stay"), tell("replace.stay.title")],
    );
  }

  /** Edit another part of a photo; what was changed stays in it, but its steps go: ask first. */
  part(where) {
    const { keeper, link, notice } = this.view;
    const go = () => {
      keeper.next = keeper.id; // the same work goes on
      link.send({ type: "part", ...where });
    };
    const work = this.view.work();
    if (!work) return go();
    const stay = () => this.view.part.back();
    notice.ask(tell("part.question", { work }), [tell("part.edit"), tell("part.edit.title"), go], [tell("replace.stay"), tell("part.stay"), stay]);
  }

  /** Files that are dropped on the editor, or pasted into it. */
  listenForFiles(root) {
    const take = (file) => this.open("picture", file);
    const first = (transfer) => [...(transfer?.files ?? [])][0];
    root.addEventListener("dragover", (event) => event.preventDefault());
    root.addEventListener("drop", (event) => {
      event.preventDefault(); // or the browser would open it in place of the page
      const file = first(event.dataTransfer);
      if (file) take(file);
    });
    root.addEventListener("paste", (event) => {
      const file = first(event.clipboardData);
      if (file) take(file);
    });
  }
}

/** One step of the brush's size: by one while small, then by about a tenth. */
const stepped = (size, by) => size + by * Math.max(1, Math.round(size / 10));

// ------------------------------------------------------------ the keyboard: what each key does, in tables that the help and the tool bar show too

/** [tool, its key]. */
export const TOOLS = [["remove", "X"], ["brush", "B"], ["lasso", "L"], ["fill", "F"], ["eraser", "E"], ["pick", "I"], ["hand", "V"]];

/** [action, its key]. */
const COMMANDS = [["mode", "M"], ["predict", "P"], ["another", "N"], ["keep", "K"], ["help", "?"]];

/** The keys of the classes: digits, then the letters that nothing else has. Later classes have a button alone. */
export const CLASS_KEYS = [..."123456789ACDGHJOQRSTUWYZ"];

/** [key, what it does], in words: the help. */
export function helpOnKeys() {
  const named = ["undo", "zoom", "step", "press", "finish", "save", "cancel"].map((name) => [name === "zoom" ? "+ − 0" : tell(`key.${name}`), tell(`keys.${name}`)]);
  return [
    ...[...TOOLS, ...COMMANDS].map(([name, key]) => [key, tell(`keys.${name}`)]),
    ["1 2 3 …", tell("keys.class")],
    ["[ ]", tell("keys.size")],
    ...named,
  ];
}

const LETTERS = new Map([
  ...TOOLS.map(([tool, key]) => [key, { do: "tool", tool }]),
  ...COMMANDS.map(([action, key]) => [key, { do: action }]),
]);

/** An event → {do, …}, or null when it is not for us. onCanvas: the drawing area has the focus. classes: their number. */
export function meaning(event, onCanvas, classes = 8) {
  const key = event.key;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    if (key.toLowerCase() === "z") return { do: event.shiftKey ? "redo" : "undo" };
    return key.toLowerCase() === "y" ? { do: "redo" } : null;
  }
  if (event.altKey) return null;
  if (onCanvas) {
    const far = event.shiftKey ? 8 : 1;
    const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (steps[key]) return { do: "step", by: steps[key] };
    if (key === " ") return { do: "press" };
    if (key === "Enter") return { do: "finish" };
  }
  if (key === "Escape") return { do: "cancel" };
  const label = CLASS_KEYS.slice(0, classes).indexOf(key.toUpperCase());
  if (label >= 0) return { do: "label", label };
  if (key === "[" || key === "]") return { do: "size", by: key === "]" ? 1 : -1 };
  if (key === "+" || key === "=") return { do: "zoom", by: 1.25 };
  if (key === "-") return { do: "zoom", by: 0.8 };
  if (key === "0") return { do: "zoom", by: 0 };
  return LETTERS.get(key.toUpperCase()) ?? null;
}
