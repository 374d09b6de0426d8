// The editor's view: it joins the arrays (board), the hand, the panes, the controls and the line to Python.

import { Board, bytes, patched } from "./board.js";
import { Camera } from "./camera.js";
import { chancePane, layoutPane, outline, picturePane } from "./compose.js";
import { download, h } from "./dom.js";
import { Hand } from "./hand.js";
import { remember } from "./keepsake.js";
import { meaning } from "./keys.js";
import { Link } from "./link.js";
import { Notice } from "./notice.js";
import { Pane } from "./pane.js";
import { panel, slider } from "./panel.js";
import { listen } from "./pointer.js";
import { LARGEST_BRUSH } from "./raster.js";
import { strip } from "./strip.js";

const MOST_BYTES = 8_000_000; // of an upload; spg/editor/files.py has the same number

class View {
  constructor(model, element) {
    Object.assign(this, { model, element, frames: 0 });
    this.state = { tool: "brush", on: "layout", label: 6, size: 9, opacity: 0.75, marks: false, show: "layout", split: 0, A: null, B: null };
    this.link = new Link(model, () => this.notice.silence(this.board), () => this.notice.hide());
    this.notice = new Notice(this.link);
    this.act = this.act.bind(this);
    this.build();
    this.begin();
    this.follow();
  }

  // ------------------------------------------------------------ building

  build() {
    const { classes } = this.model.get("scene");
    this.panel = panel(this.act, classes);
    this.strip = strip(this.act);
    this.left = new Pane("Layout: paint here", {
      ...{ tabindex: "0", role: "application", "aria-roledescription": "drawing area", "data-focus": "layout" },
      "aria-label": "Drawing area. Arrow keys move the cursor, space puts the pen down, Enter finishes. More under Keys.",
    });
    this.right = new Pane("Picture: filled after the layout", { role: "img", "aria-label": "The picture, its hole filled after the layout" });
    this.split = slider("Before / after", 0, 100, (value) => this.act({ do: "split", to: value }));
    this.right.element.append(this.split.element);
    this.status = h("p", { class: "spg-status", role: "status", "aria-live": "polite" });
    this.where = h("p", { class: "spg-where", "aria-hidden": "true" });
    this.root = h(
      "div",
      { class: "spg-editor", "data-lm-suppress-shortcuts": "true", role: "region", "aria-label": "Segmentation editor" },
      this.notice.element,
      this.panel.top,
      h(
        "div",
        { class: "spg-middle" },
        this.panel.palette,
        h("div", { class: "spg-work" }, h("div", { class: "spg-panes" }, this.left.element, this.right.element), h("div", { class: "spg-foot" }, this.status, this.where)),
        this.panel.side,
      ),
      this.strip.element,
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const pane of [this.left, this.right]) listen(pane.canvas, this.pointerActions());
    this.left.canvas.addEventListener("focus", () => this.redraw());
    this.left.canvas.addEventListener("blur", () => this.redraw());
    this.element.append(this.root);
    this.watch = new ResizeObserver(() => this.redraw());
    this.watch.observe(this.root);
  }

  pointerActions() {
    return {
      camera: () => this.camera,
      pans: () => this.state.tool === "hand",
      begin: (at, near) => this.press(at, near),
      move: (at) => (this.hand.move(at), this.redraw()),
      end: () => (this.hand.end(), this.redraw()),
      cancel: () => (this.hand.cancel(), this.redraw()),
      hover: (at) => this.hover(at),
      size: (step) => this.act({ do: "size", by: step }),
      redraw: () => this.redraw(),
    };
  }

  /** A new picture. */
  begin() {
    const scene = this.model.get("scene");
    this.board = new Board(scene);
    this.camera = new Camera(scene.width, scene.height);
    this.hand = new Hand(this.board, (edit) => this.draw(edit));
    this.cursor = [Math.floor(scene.width / 2), Math.floor(scene.height / 2)];
    Object.assign(this.state, { A: null, B: null });
    this.root.style.setProperty("--spg-shape", `${scene.width} / ${scene.height}`);
    this.receive();
    this.painted();
    this.notice.offer(this.board, this.model.get("frame"));
    this.show();
  }

  follow() {
    const on = (name, handler) => this.model.on(name, handler);
    this.handlers = {
      "change:scene": () => this.begin(),
      "change:frame": () => (this.receive(), this.show()),
      "change:filled": () => this.painted(),
      "change:chances": () => this.redraw(),
      "change:kept": () => this.show(),
      "change:status": () => this.say(this.model.get("status")),
      comm_live_update: () => this.link.send({ type: "ping" }),
      "msg:custom": (content, buffers) => this.message(content, buffers),
    };
    for (const [name, handler] of Object.entries(this.handlers)) on(name, handler);
    this.say(this.model.get("status"));
  }

  close() {
    for (const [name, handler] of Object.entries(this.handlers)) this.model.off(name, handler);
    this.watch.disconnect();
  }

  // ------------------------------------------------------------ from Python

  receive() {
    const frame = this.model.get("frame") ?? {};
    if (!this.board.receive(frame)) return;
    Object.assign(this.state, { undo: frame.undo, redo: frame.redo });
    this.link.seq = Math.max(this.link.seq, frame.seq);
    this.edges = null;
    if (frame.edits) remember(this.board);
  }

  painted() {
    const filled = this.model.get("filled") ?? {};
    if (!this.board.receiveFilled(filled)) return;
    this.root.dataset.painted = filled.seq;
    this.where.textContent = `painted in ${filled.milliseconds} ms`;
    this.redraw();
  }

  message(content, buffers) {
    if (content.type === "got") this.link.got(content.seq);
    if (content.type === "saved") download(content.name, bytes(buffers[0]), "application/zip");
  }

  say(status) {
    if (!status?.text) return;
    this.status.textContent = status.text;
    this.status.dataset.tone = status.tone;
    if (status.tone === "refused") this.nudge();
  }

  nudge() {
    this.left.element.classList.remove("spg-nudge");
    void this.left.element.offsetWidth; // starts the animation again
    this.left.element.classList.add("spg-nudge");
  }

  // ------------------------------------------------------------ what the person does

  key(event) {
    const onCanvas = event.target === this.left.canvas;
    const action = meaning(event, onCanvas);
    event.stopPropagation(); // the notebook has keys of its own
    if (!action || (event.target.type === "range" && ["step", "press", "finish"].includes(action.do))) return;
    event.preventDefault();
    this.act(action);
  }

  /** One action, from a button, a key or the wheel. */
  act(action) {
    const known = this.actions()[action.do];
    const result = known ? known(action) : this.link.send({ type: action.do, k: action.k });
    this.show();
    return result;
  }

  actions() {
    const set = (values) => Object.assign(this.state, values);
    const drawing = ["brush", "lasso", "fill"];
    return {
      tool: ({ tool }) => (this.hand.cancel(), set({ tool })),
      mode: ({ on }) => (this.hand.cancel(), set({ on: on ?? (this.state.on === "hole" ? "layout" : "hole") })),
      label: ({ label }) => set({ label, on: "layout", tool: drawing.includes(this.state.tool) ? this.state.tool : "brush" }),
      size: ({ by, to }) => set({ size: Math.min(LARGEST_BRUSH, Math.max(1, to ?? stepped(this.state.size, by))) }),
      opacity: ({ to }) => set({ opacity: to }),
      marks: ({ to }) => set({ marks: to }),
      split: ({ to }) => set({ split: to }),
      show: ({ what }) => (set({ show: what }), this.link.send({ type: "show", what })),
      zoom: ({ by }) => (by ? this.camera.zoom(by) : this.camera.fit()),
      predict: () => this.link.send({ type: "edit", edit: { do: "predict" } }),
      step: ({ by }) => this.step(by),
      press: () => this.pressKey(),
      finish: () => (this.hand.busy ? this.hand.finish() : (this.press(this.cursor), this.hand.kind === "brush" && this.hand.finish())),
      cancel: () => this.hand.cancel(),
      compare: ({ A, B }) => this.compare(A, B),
      open: ({ what, file }) => this.open(what, file),
    };
  }

  /** A press of the pointer, or of a key at the cursor. */
  press(at, near = 0) {
    this.cursor = at;
    const { tool } = this.state;
    this.hand.settings = this.state;
    if (tool === "pick") this.pick(at);
    else if (tool === "remove") this.link.send({ type: "edit", edit: { do: "remove", at } });
    else if (tool === "lasso") this.hand.corner(at, near);
    else if (tool !== "hand") this.hand.begin(at);
    this.redraw();
  }

  pressKey() {
    if (this.hand.kind === "brush") this.hand.finish();
    else this.press(this.cursor);
  }

  step([dx, dy]) {
    const { width, height } = this.board;
    this.cursor = [Math.min(width - 1, Math.max(0, this.cursor[0] + dx)), Math.min(height - 1, Math.max(0, this.cursor[1] + dy))];
    this.camera.show(this.cursor);
    if (this.hand.kind === "brush") this.hand.move(this.cursor);
    this.hover(this.cursor);
  }

  hover(at) {
    this.pointed = at;
    if (at) this.cursor = at;
    const label = at && this.board.layout[at[1] * this.board.width + at[0]];
    const inside = at && at[0] >= 0 && at[1] >= 0 && at[0] < this.board.width && at[1] < this.board.height;
    if (inside) this.where.textContent = `${at[0]}, ${at[1]} · ${this.board.classes[label].name}`;
    this.redraw();
  }

  pick([x, y]) {
    const label = this.board.layout[y * this.board.width + x];
    if (x < 0 || x >= this.board.width || label === undefined) return;
    this.act({ do: "label", label });
    this.say({ text: `Picked: ${this.board.classes[label].name}`, tone: "good" });
  }

  /** A finished shape: shown at once, sent to Python. What lies wholly outside the hole is for Python to refuse. */
  draw(edit) {
    const seq = this.link.send({ type: "edit", edit });
    this.board.expect(seq, edit);
    remember(this.board); // Python may be gone, and not say so
    this.edges = null;
    this.redraw();
  }

  compare(A, B) {
    if (A !== undefined) this.state.A = this.state.A === A ? null : A;
    if (B !== undefined) this.state.B = this.state.B === B ? null : B;
    if (!this.state.split) this.state.split = 50;
  }

  async open(what, file) {
    if (file.size > MOST_BYTES) {
      this.say({ text: `${file.name} has ${(file.size / 1e6).toFixed(1)} MB; the limit is ${MOST_BYTES / 1e6} MB: make it smaller`, tone: "error" });
      return;
    }
    this.link.send({ type: "open", what, name: file.name }, [await file.arrayBuffer()]);
  }

  // ------------------------------------------------------------ drawing

  show() {
    this.panel.show(this.state);
    this.strip.show(this.board, this.model.get("kept"), this.state);
    const { A, B, split } = this.state;
    const name = (k, other) => (k === null ? other : `layout ${k + 1}`);
    this.split.show(split, split ? `${name(A, "before")} | ${name(B, "after")}` : name(B, "after"));
    this.redraw();
  }

  /** At most once for each frame of the screen. */
  redraw() {
    if (this.frames) return;
    this.frames = requestAnimationFrame(() => {
      this.frames = 0;
      this.paint();
    });
  }

  paint() {
    const { board, camera, state } = this;
    const [width, height] = this.left.measure();
    this.right.measure();
    if (!width || !board.truth) return;
    camera.resize(width, height);
    this.hand.settings = state;
    const stroke = this.hand.preview();
    const strokeColour = state.on === "hole" ? [255, 0, 200] : state.tool === "eraser" ? [255, 255, 255] : board.classes[state.label].colour;
    this.left.draw(camera, this.leftPixels(stroke, strokeColour), board.height, board.width);
    if (state.marks && state.show === "layout") this.left.marks(camera, board.layout, board.height, board.width);
    this.right.draw(camera, picturePane(board, { ...this.compared(), stroke, strokeColour }), board.height, board.width, true);
    this.edges ??= outline(board.hole, board.height, board.width);
    this.over(this.left, true);
    this.over(this.right, !state.split && state.on === "hole");
    if (state.split) this.right.seam((state.split / 100) * board.width, board.height);
  }

  leftPixels(stroke, strokeColour) {
    const { show, label, opacity } = this.state;
    const chances = this.model.get("chances");
    if (show === "layout" || !chances?.planes || chances.scene !== this.board.number) return layoutPane(this.board, { opacity, stroke, strokeColour });
    return chancePane(this.board, { box: chances.box, planes: bytes(chances.planes) }, show === "entropy" ? 8 : label);
  }

  compared() {
    const { A, B, split } = this.state;
    const variants = this.model.get("kept")?.variants ?? [];
    const picture = (k, other) => (variants[k] ? patched(this.board, variants[k]) : other);
    return { before: picture(A, this.board.original), after: picture(B, this.board.picture), split: (split / 100) * this.board.width };
  }

  over(pane, withOutline) {
    if (withOutline) pane.outline(this.edges);
    if (this.hand.kind === "lasso") pane.polygon(this.hand.points);
    const focused = document.activeElement === this.left.canvas;
    const at = this.pointed ?? (focused ? this.cursor : null);
    const sized = ["brush", "eraser"].includes(this.state.tool);
    if (at && this.state.tool !== "hand") pane.cursor(at, sized ? this.state.size : 1, !sized || focused);
  }
}

/** One step of the brush's size: by one while small, then by about a tenth. */
const stepped = (size, by) => size + by * Math.max(1, Math.round(size / 10));

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
