// The editor's view: it joins the arrays (board), the hand, the panes, the controls and the line to Python.

import { Actions } from "./actions.js";
import { Board, bytes } from "./board.js";
import { Busy } from "./busy.js";
import { Coach } from "./coach.js";
import { download, h, icon } from "./dom.js";
import { Hand } from "./hand.js";
import { Keeper } from "./keeper.js";
import { Link, remember } from "./link.js";
import { looks } from "./looks.js";
import { Notice } from "./notice.js";
import { Painter } from "./painter.js";
import { Camera, Pane } from "./pane.js";
import { header, panel, slider } from "./panel.js";
import { Part } from "./part.js";
import { strip } from "./strip.js";
import { Welcome } from "./welcome.js";
import { CHANGED, choose, counted, language, tell, told } from "./words.js";

const BRUSH = 0.07; // of the picture's shorter side: the first brush
const NARROW = 600; // CSS pixels: below, one canvas shows layout and picture, one over the other

class View {
  /** before: the view of the same model whose place it takes, in another language. */
  constructor(model, element, before) {
    Object.assign(this, { model, element, suggested: null });
    this.state = { tool: "remove", on: "layout", label: 6, size: 9, opacity: 0.75, marks: false, show: "layout", split: 0, A: null, B: null, colours: {} };
    this.link = new Link(model, () => this.silence(), () => this.notice.hide(), (seq, type) => this.sent(seq, type));
    this.keeper = Object.assign(before?.keeper ?? new Keeper(), { view: this });
    this.notice = new Notice(this.link);
    this.actions = new Actions(this);
    this.painter = new Painter(this);
    this.coach = new Coach(this);
    this.build();
    this.begin();
    this.follow();
    if (before) this.goOn(before);
  }

  /** With the tool, the colours and the number of the last message that the view before had. */
  goOn({ coach, link, saved, state, welcome }) {
    Object.assign(this.state, state);
    this.saved = saved;
    this.link.seq = Math.max(this.link.seq, link.seq);
    this.coach.element.hidden = coach.element.hidden;
    if (welcome.element.hidden) this.welcome.hide();
    this.show();
  }

  // ------------------------------------------------------------ building

  build() {
    const scene = this.model.get("scene");
    const { act } = this.actions;
    this.inPage = Boolean(scene.page); // alone in a page, not in a notebook
    this.header = header(act, scene);
    this.panel = panel(act, scene);
    this.looks = looks(act);
    this.part = new Part(act);
    this.strip = strip(act);
    this.welcome = new Welcome(act, this.model.get("samples"));
    this.left = new Pane(tell("pane.layout"), {
      ...{ tabindex: "0", role: "application", "aria-roledescription": tell("pane.role"), "data-focus": "layout" },
      "aria-label": tell("pane.label"),
    });
    this.right = new Pane(tell("pane.picture"), { role: "img", "aria-label": tell("pane.picture.label") });
    this.split = slider(tell("split"), 0, 100, (value) => act({ do: "split", to: value }));
    this.status = h("p", { class: "spg-status", role: "status", "aria-live": "polite" });
    this.where = h("p", { class: "spg-where", "aria-hidden": "true" });
    const foot = h("div", { class: "spg-foot" }, this.status, this.where);
    const work = h("div", { class: "spg-work" }, h("div", { class: "spg-panes" }, this.left.element, this.right.element), this.split.element, foot);
    this.root = h(
      this.inPage ? "main" : "div",
      { class: "spg-editor", "data-lm-suppress-shortcuts": "true", role: this.inPage ? null : "region", "aria-label": tell("title.editor"), lang: language(), "data-host": host() },
      this.header.element,
      this.notice.element,
      this.welcome.element,
      h("div", { class: "spg-body" }, [
        this.coach.element,
        this.panel.top,
        h("div", { class: "spg-middle" }, h("div", { class: "spg-palettes" }, this.part.element, this.panel.palette, this.looks.element), work, this.panel.side),
        this.strip.element,
      ]),
    );
    this.busy = new Busy(this.root);
    this.right.frame.append(this.busy.element);
    this.listen();
    this.element.append(this.root);
  }

  listen() {
    this.root.addEventListener("keydown", (event) => this.actions.key(event));
    this.actions.listenForFiles(this.root);
    for (const pane of [this.left, this.right]) this.actions.listen(pane);
    for (const name of ["focus", "blur"]) this.left.canvas.addEventListener(name, () => this.painter.redraw());
    this.watch = new ResizeObserver(() => this.fit());
    for (const watched of [this.root, this.left.canvas, this.right.canvas]) this.watch.observe(watched);
  }

  /** The page has given the editor another size, or shows it again. */
  fit() {
    const narrow = this.root.clientWidth > 0 && this.root.clientWidth < NARROW;
    if (this.root.clientWidth && narrow !== this.narrow) {
      this.narrow = narrow;
      this.state.opacity = narrow ? 0.25 : 0.75;
      (narrow ? this.left : this.right).frame.append(this.busy.element);
      this.left.caption.textContent = tell(narrow ? "pane.over" : "pane.layout");
      this.show();
    }
    this.painter.redraw();
  }

  /** The camera for the pane's size now: somebody may click before a new picture is drawn, which the screen's next frame does. */
  aimed() {
    const { clientHeight, clientWidth } = this.left.canvas;
    if (clientWidth) this.camera.resize(clientWidth, clientHeight);
    return this.camera;
  }

  /** A new picture. */
  begin() {
    const scene = this.model.get("scene");
    const before = this.board?.classes;
    this.board = new Board(scene);
    if (before && JSON.stringify(before) !== JSON.stringify(scene.classes)) this.panel.begin(scene.classes);
    this.state.label = Math.min(this.state.label, scene.classes.length - 1);
    this.camera = new Camera(scene.width, scene.height);
    this.hand = new Hand(this.board, (edit) => this.actions.draw(edit));
    this.cursor = [Math.floor(scene.width / 2), Math.floor(scene.height / 2)];
    Object.assign(this.state, { A: null, B: null, split: 0, colours: {}, size: Math.max(3, Math.round(BRUSH * Math.min(scene.width, scene.height))) });
    this.root.style.setProperty("--spg-shape", `${scene.width} / ${scene.height}`);
    this.coach.begin(this.inPage);
    this.fresh = true;
    this.receive();
    this.painted();
    this.keeper.begin(scene);
    if (!scene.page) this.notice.offer(this.board, this.model.get("frame"));
    this.header.show(scene);
    this.part.show(scene.photo);
    if (scene.welcome && this.welcome.samples.length && !this.model.get("frame")?.edits) this.welcome.show(this.root);
    else this.welcome.hide();
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
      "change:done": () => (this.busy.done(this.model.get("done")), this.keeper.rest()),
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
    if (this.fresh) this.state.on = this.board.missing ? "layout" : "hole";
    this.fresh = false;
    Object.assign(this.state, { undo: frame.undo, redo: frame.redo });
    this.link.seq = Math.max(this.link.seq, frame.seq);
    this.painter.redraw({ newHole: true });
    const edits = frame.edits ?? 0;
    if (edits) remember(this.board);
    if (edits && edits !== this.edits) this.welcome.hide(); // somebody is at work; other frames bring nothing new
    this.edits = edits;
  }

  painted() {
    const filled = this.model.get("filled") ?? {};
    if (!this.board.receiveFilled(filled)) return;
    this.root.dataset.painted = filled.seq;
    if (this.board.missing) this.where.textContent = tell("painted", { ms: filled.milliseconds });
    this.painter.redraw();
  }

  sent(seq, type) {
    this.busy.sent(seq, type);
    this.keeper.sent(type);
  }

  silence() {
    this.busy.stop();
    this.keeper.alone();
    this.notice.silence(this.board, this.inPage || host() === "page");
  }

  /** What would be lost if another picture took this one's place, in words; "" where nothing would. */
  unsaved() {
    return this.saved === this.workNow() ? "" : this.work(this.model.get("scene").photo?.edits);
  }

  /** What was done, in words: the edits, those before them too, and the kept variants. */
  work(before = 0) {
    const edits = (this.model.get("frame")?.edits ?? 0) + before;
    const kept = this.model.get("kept")?.variants ?? [];
    const parts = { edits: edits && counted("work.edits", edits), variants: kept.length && counted("work.variants", kept.length) };
    return parts.edits && parts.variants ? tell("work.both", parts) : parts.edits || parts.variants || "";
  }

  /** A name for the work as it is: it changes with every edit and kept variant. */
  workNow() {
    const { colours, edits, maps, scene } = this.model.get("frame") ?? {};
    const kept = (this.model.get("kept")?.variants ?? []).map(({ id }) => id);
    return JSON.stringify([scene, edits, colours, [...bytes(maps)].reduce((sum, value, i) => (sum * 31 + value * i) % 1e9, 0), kept]);
  }

  message(content, buffers) {
    if (content.type === "got") this.link.got(content.seq);
    if (content.type === "remember") this.keeper.store(content);
    if (content.type === "copied") this.copied(new Blob([bytes(buffers[0])], { type: content.mime }));
    if (content.type !== "saved") return;
    download(content.name, bytes(buffers[0]), content.mime);
    if (content.name.endsWith(".zip")) this.saved = this.workNow();
  }

  /** A sentence in the status line: {said, tone}; a text that is none is the program's own, and stays in English. */
  say(status) {
    if (!status?.said) return;
    const text = status.said.key || status.tone === "good" ? told(status.said) : tell("failed", { text: status.said });
    this.status.replaceChildren(...(status.tone === "good" ? [] : [icon(status.tone)]), text);
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
    const kept = this.model.get("kept")?.variants ?? [];
    for (const side of ["A", "B"]) if (!kept.some(({ id }) => id === this.state[side])) this.state[side] = null;
    this.panel.show(this.state, this.board, kept.length);
    this.looks.show(this.board, this.state);
    this.strip.show(this.board, this.model.get("kept"), this.state);
    this.coach.show();
    const { A, B, split } = this.state;
    const name = (id, other) => (id === null ? tell(other) : tell("strip.variant", { n: kept.findIndex((variant) => variant.id === id) + 1 }));
    this.split.show(split, split ? `${name(A, "split.before")} | ${name(B, "split.after")}` : name(B, "split.after"));
    this.split.element.hidden = !this.board.missing && !kept.length;
    this.root.dataset.armed = this.armed();
    this.painter.redraw();
  }

  /** What one finger on a canvas does: "draw", "pan", or "tap", and then it scrolls the page when it moves. */
  armed() {
    const { tool } = this.state;
    if (tool === "hand") return this.camera.fitted ? "tap" : "pan";
    return ["remove", "fill", "pick"].includes(tool) ? "tap" : "draw";
  }
}

/** Whose page it is: "jupyter", whose theme is followed, or "page", of which it is the only thing. */
function host() {
  const { jpThemeLight, voila } = document.body.dataset;
  return jpThemeLight !== undefined && !voila ? "jupyter" : "page";
}

export default {
  render({ model, el }) {
    let view = new View(model, el);
    const again = ({ detail }) => {
      const held = view.root.contains(document.activeElement);
      choose(detail);
      view.close();
      view.root.remove();
      view = new View(model, el, view);
      if (held) view.root.querySelector(".spg-language").focus();
    };
    addEventListener(CHANGED, again); // each editor of a notebook has these modules for itself
    return () => (removeEventListener(CHANGED, again), view.close());
  },
};
