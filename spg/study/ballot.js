// The ballot. All that lasts longer than one drawing of the widget is in a Ballot, one per model, so that a view that
// JupyterLab throws away and draws again finds it. Phases: join, practice, loading,
// showing (no vote is taken yet), vote, saving, done. Its words are the editor's: one file a language.

import { language, said, tell, told } from "../editor/js/words.js";

const SOONEST = 300; // ms after which a new pair takes a vote: the second press of a double click is none
const PATIENCE = 5000; // ms without an answer after which the rater is told

class Ballot {
  constructor(model) {
    this.model = model;
    this.phase = "join";
    this.error = ""; // or a sentence
    this.queue = []; // [{trial, pictures}], the first one is shown
    this.total = this.left = 0;
    this.canUndo = false; // the last vote of this visit can be taken back
    this.hidden = false; // the time limit is over
    this.active = false; // the rater has acted here: only then may we take the keyboard's focus
    this.listeners = new Set();
    model.on("msg:custom", (message, buffers) => this.receive(message, buffers));
    model.send({ kind: "hello" });
  }

  changed() {
    this.listeners.forEach((listener) => listener());
  }

  async receive(message, buffers) {
    if (message.kind === "joined") this.joined(message);
    if (message.kind === "undone") this.undone(message);
    if (message.kind === "trial") await this.load(message.trial, buffers);
    if (message.kind === "saved") this.saved(message);
    if (message.kind === "failed") this.failed(message.why);
  }

  joined({ total, left }) {
    Object.assign(this, { total, left, queue: [], error: "" });
    clearTimeout(this.timeLimit);
    clearTimeout(this.patience);
    this.phase = !left ? "done" : left === total && !this.practised ? "practice" : "loading";
    this.changed();
  }

  undone({ left }) {
    clearTimeout(this.patience);
    clearTimeout(this.timeLimit);
    Object.assign(this, { left, queue: [], error: "", canUndo: false, phase: "loading" });
    this.changed();
  }

  /** The practice pair was chosen from: from now on, votes count. */
  endPractice() {
    Object.assign(this, { practised: true, active: true, phase: "loading" });
    this.next();
  }

  async load(trial, buffers) {
    const place = { trial, pictures: null }; // keeps its place in the queue while it is decoded
    this.queue.push(place);
    place.pictures = await Promise.all(buffers.map(decode));
    if (this.phase === "loading") this.next();
  }

  next() {
    if (!this.left) this.phase = "done";
    else if (this.queue.length && this.queue[0].pictures) this.show();
    else this.phase = "loading";
    this.changed();
  }

  show() {
    const shown = this.queue[0];
    Object.assign(this, { phase: "showing", hidden: false });
    const start = () => { // the second frame: the first one has been painted by then
      if (this.queue[0] !== shown || this.phase !== "showing") return;
      this.shownAt = performance.now();
      const { seconds } = this.model.get("settings");
      if (seconds) this.timeLimit = setTimeout(() => { this.hidden = true; this.changed(); }, seconds * 1000);
      setTimeout(() => this.open(shown), SOONEST);
    };
    requestAnimationFrame(() => requestAnimationFrame(start));
  }

  open(shown) { // take votes on the pair shown, if it still is
    if (this.queue[0] !== shown || this.phase !== "showing") return;
    this.phase = "vote";
    this.changed();
  }

  vote(side) {
    if (this.phase === "practice") return this.endPractice();
    if (this.phase !== "vote") return;
    const seconds = (performance.now() - this.shownAt) / 1000;
    clearTimeout(this.timeLimit);
    Object.assign(this, { phase: "saving", active: true });
    this.model.send({ kind: "vote", trial: this.queue[0].trial, side, seconds });
    this.wait();
    this.changed();
  }

  undo() {
    if (!this.canUndo || !["showing", "vote", "done"].includes(this.phase)) return;
    Object.assign(this, { canUndo: false, active: true, phase: "loading" });
    this.model.send({ kind: "undo" });
    this.wait();
    this.changed();
  }

  join(code) {
    this.active = true;
    this.model.send({ kind: "join", code });
    this.wait();
  }

  wait() {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.error = said("vote.unsaved", { why: said("vote.silent") });
      this.changed();
    }, PATIENCE);
  }

  saved({ trial, left }) {
    if (!this.queue.length || this.queue[0].trial !== trial) return;
    clearTimeout(this.patience);
    this.error = "";
    Object.assign(this, { left, canUndo: true });
    this.queue.shift();
    this.next();
  }

  failed(why) {
    clearTimeout(this.patience);
    this.error = said("vote.unsaved", { why });
    if (this.phase === "saving") this.phase = "vote";
    this.changed();
  }
}

async function decode(view) {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return createImageBitmap(new Blob([bytes], { type: "image/png" }));
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function canvas(picture, side, hidden) {
  const made = element("canvas", { width: picture.width, height: picture.height, className: hidden ? "spg-vote-gone" : "" });
  made.style.width = `${side}px`;
  made.getContext("2d").drawImage(picture, 0, 0);
  return made;
}

/** A word for a wide page, where pictures lie beside each other, and one for a phone, where they lie one over the other. */
const either = (wide, narrow) => element("span", {}, element("span", { className: "spg-vote-wide" }, wide), element("span", { className: "spg-vote-narrow" }, narrow));

function joinForm(ballot, settings) {
  const code = element("input", { className: "spg-vote-code", maxLength: 40, placeholder: tell("vote.code"), ariaLabel: tell("vote.code"), autocapitalize: "none", autocomplete: "off", spellcheck: false });
  const form = element("form", { className: "spg-vote-form" }, code, element("button", { type: "submit", className: "spg-vote-start" }, tell("vote.start")));
  form.onsubmit = (event) => { event.preventDefault(); ballot.join(code.value); };
  return [
    element("ul", { className: "spg-vote-told" }, ...(settings.told ?? []).map((sentence) => element("li", {}, told(sentence)))),
    element("p", { className: "spg-vote-consent" }, told(settings.consent ?? "")),
    form,
    element("p", {}, tell("vote.code.why")),
  ];
}

function choice(ballot, side, label, picture, width) {
  const button = element("button", { className: `spg-vote-choice spg-vote-${side}`, type: "button" },
    canvas(picture, width, ballot.hidden), label);
  button.onclick = () => ballot.vote(side);
  button.disabled = !["vote", "practice"].includes(ballot.phase);
  return button;
}

function pair(ballot, [left, right, known], settings) {
  const rows = [];
  if (known) rows.push(element("div", { className: "spg-vote-known" }, canvas(known, settings.side / 3, ballot.hidden)));
  rows.push(element("div", { className: "spg-vote-pair" },
    choice(ballot, "left", either(tell("vote.left"), tell("vote.upper")), left, settings.side),
    choice(ballot, "right", either(tell("vote.right"), tell("vote.lower")), right, settings.side)));
  const below = [];
  if (settings.unsure) below.push(plainButton("spg-vote-unsure", either(tell("vote.unsure.key"), tell("vote.unsure")), () => ballot.vote("unsure")));
  below.push(...undoButton(ballot));
  if (below.length) rows.push(element("div", { className: "spg-vote-below" }, ...below));
  return rows;
}

function plainButton(className, label, onclick) {
  return element("button", { className, type: "button", onclick }, label);
}

const undoButton = (ballot) => (ballot.canUndo ? [plainButton("spg-vote-undo", tell("vote.undo"), () => ballot.undo())] : []);

/** Two pictures that nobody has to think about: a little street, and the same with a grey smear in it. */
function practicePair(side) {
  return [true, false].map((smeared) => {
    const made = element("canvas", { width: side, height: side });
    const context = made.getContext("2d");
    const fill = (colour, x, y, w, h) => { context.fillStyle = colour; context.fillRect(x * side, y * side, w * side, h * side); };
    fill("#8fc1e8", 0, 0, 1, 0.5);
    fill("#6d6f75", 0, 0.6, 1, 0.4);
    fill("#b5754e", 0.05, 0.22, 0.3, 0.4);
    fill("#d9c39a", 0.4, 0.14, 0.28, 0.48);
    fill("#4d8a3d", 0.74, 0.3, 0.22, 0.32);
    for (let i = 0; i < 4; i++) fill("#f2f2f2", 0.05 + 0.27 * i, 0.79, 0.14, 0.02);
    if (smeared) fill("#83868d", 0.3, 0.3, 0.38, 0.42);
    return made;
  });
}

function progress(ballot) {
  const done = ballot.total - ballot.left;
  return element("div", { className: "spg-vote-progress" }, element("progress", { max: ballot.total, value: done, ariaLabel: tell("vote.done") }),
    element("span", {}, tell("vote.done.of", { done, total: ballot.total })));
}

function draw(root, ballot) {
  const settings = ballot.model.get("settings");
  const rows = [element(root.tagName === "MAIN" ? "h1" : "h3", { className: "spg-vote-question" }, told(settings.question))];
  if (settings.observer !== "people") rows.push(element("p", { className: "spg-vote-observer" }, settings.observer));
  if (ballot.phase === "join") rows.push(...joinForm(ballot, settings));
  if (ballot.phase === "practice") {
    rows.push(element("p", { className: "spg-vote-practice" }, tell("vote.practice")));
    rows.push(...pair(ballot, practicePair(settings.side), settings));
  }
  if (ballot.phase === "loading") rows.push(element("p", { role: "status" }, tell("vote.loading")));
  if (["showing", "vote", "saving"].includes(ballot.phase)) rows.push(...pair(ballot, ballot.queue[0].pictures, settings));
  if (ballot.phase === "done") rows.push(element("p", { className: "spg-vote-done" }, tell("vote.thanks")), ...undoButton(ballot));
  if (ballot.total) rows.push(progress(ballot));
  if (ballot.phase === "vote" && !ballot.active) rows.push(element("p", {}, tell("vote.keys")));
  rows.push(element("p", { className: "spg-vote-error", role: "alert" }, told(ballot.error)));
  root.replaceChildren(...rows);
  root.dataset.phase = ballot.phase;
  if (["vote", "practice"].includes(ballot.phase) && ballot.active) root.focus({ preventScroll: true }); // the keys work at once
}

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "unsure" };

function onKey(event, ballot) {
  if (event.key === "Backspace" && ballot.canUndo && event.target.tagName !== "INPUT") {
    event.preventDefault();
    return ballot.undo();
  }
  const side = KEYS[event.key];
  if (!side || event.repeat || event.target.tagName === "INPUT") return;
  if (side === "unsure" && !ballot.model.get("settings").unsure) return;
  event.preventDefault();
  event.stopPropagation();
  ballot.vote(side);
}

export default () => {
  let ballot; // one per model: anywidget calls this function once for each
  return {
    initialize({ model }) {
      ballot = new Ballot(model);
    },
    render({ el }) {
      const { jpThemeLight, voila } = document.body.dataset;
      const notebook = jpThemeLight !== undefined && !voila;
      const root = element(notebook ? "div" : "main", { className: "spg-ballot", tabIndex: 0, lang: language() });
      root.dataset.host = notebook ? "jupyter" : "page";
      root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
      const redraw = () => draw(root, ballot);
      root.addEventListener("keydown", (event) => onKey(event, ballot));
      el.append(root);
      ballot.listeners.add(redraw);
      redraw();
      return () => ballot.listeners.delete(redraw);
    },
  };
};
