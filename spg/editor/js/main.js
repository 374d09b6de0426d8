// The editor's view: it joins the arrays (board), the hand, the panes, the controls and the line to Python.

import { Actions } from "./actions.js";
import { Board, bytes } from "./board.js";
import { download, h } from "./dom.js";
import { Hand } from "./hand.js";
import { Link, remember } from "./link.js";
import { Notice } from "./notice.js";
import { Painter } from "./painter.js";
import { Camera, Pane } from "./pane.js";
import { panel, slider, strip } from "./panel.js";

class View {
  constructor(model, element) {
    Object.assign(this, { model, element });
    this.state = { tool: "brush", on: "layout", label: 6, size: 9, opacity: 0.75, marks: false, show: "layout", split: 0, A: null, B: null };
    this.link = new Link(model, () => this.notice.silence(this.board), () => this.notice.hide());
    this.notice = new Notice(this.link);
    this.actions = new Actions(this);
    this.painter = new Painter(this);
    this.build();
    this.begin();
    this.follow();
  }

  // ------------------------------------------------------------ building

  build() {
    const { classes } = this.model.get("scene");
    const { act } = this.actions;
    this.panel = panel(act, classes);
    this.strip = strip(act);
    this.left = new Pane("Layout: paint here", {
      ...{ tabindex: "0", role: "application", "aria-roledescription": "drawing area", "data-focus": "layout" },
      "aria-label": "Drawing area. Arrow keys move the cursor, space puts the pen down, Enter finishes. More under Keys.",
    });
    this.right = new Pane("Picture: filled after the layout", { role: "img", "aria-label": "The picture, its hole filled after the layout" });
    this.split = slider("Before / after", 0, 100, (value) => act({ do: "split", to: value }));
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
    this.root.addEventListener("keydown", (event) => this.actions.key(event));
    for (const pane of [this.left, this.right]) this.actions.listen(pane);
    for (const name of ["focus", "blur"]) this.left.canvas.addEventListener(name, () => this.painter.redraw());
    this.element.append(this.root);
    this.watch = new ResizeObserver(() => this.painter.redraw());
    this.watch.observe(this.root);
  }

  /** A new picture. */
  begin() {
    const scene = this.model.get("scene");
    this.board = new Board(scene);
    this.camera = new Camera(scene.width, scene.height);
    this.hand = new Hand(this.board, (edit) => this.actions.draw(edit));
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
      "change:chances": () => this.painter.redraw(),
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
    this.painter.redraw({ newHole: true });
    if (frame.edits) remember(this.board);
  }

  painted() {
    const filled = this.model.get("filled") ?? {};
    if (!this.board.receiveFilled(filled)) return;
    this.root.dataset.painted = filled.seq;
    this.where.textContent = `painted in ${filled.milliseconds} ms`;
    this.painter.redraw();
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

  /** The controls and both panes, as the state is now. */
  show() {
    this.panel.show(this.state);
    this.strip.show(this.board, this.model.get("kept"), this.state);
    const { A, B, split } = this.state;
    const name = (k, other) => (k === null ? other : `layout ${k + 1}`);
    this.split.show(split, split ? `${name(A, "before")} | ${name(B, "after")}` : name(B, "after"));
    this.painter.redraw();
  }
}

export default {
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.close();
  },
};
