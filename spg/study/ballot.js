// The ballot. All that lasts longer than one drawing of the widget is in a Ballot, one per model, so that a view that
// JupyterLab throws away and draws again finds it. Phases: join, loading,
// showing (no vote is taken yet), vote, saving, done.

const SOONEST = 300; // ms after which a new pair takes a vote: the second press of a double click is none
const PATIENCE = 5000; // ms without an answer after which the rater is told

class Ballot {
  constructor(model) {
    this.model = model;
    this.phase = "join";
    this.error = "";
    this.queue = []; // [{trial, pictures}], the first one is shown
    this.total = this.left = 0;
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
    if (message.kind === "trial") await this.load(message.trial, buffers);
    if (message.kind === "saved") this.saved(message);
    if (message.kind === "failed") this.failed(message.why);
  }

  joined({ total, left }) {
    Object.assign(this, { total, left, queue: [], error: "" });
    clearTimeout(this.timeLimit);
    this.phase = left ? "loading" : "done";
    this.changed();
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
    if (this.phase !== "vote") return;
    const seconds = (performance.now() - this.shownAt) / 1000;
    clearTimeout(this.timeLimit);
    Object.assign(this, { phase: "saving", active: true });
    this.model.send({ kind: "vote", trial: this.queue[0].trial, side, seconds });
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
      this.error = "Not saved: the server does not answer. Load this page again and type the same code; " +
        "all votes before this one are kept.";
      this.changed();
    }, PATIENCE);
  }

  saved({ trial, left }) {
    if (!this.queue.length || this.queue[0].trial !== trial) return;
    clearTimeout(this.patience);
    this.error = "";
    this.left = left;
    this.queue.shift();
    this.next();
  }

  failed(why) {
    clearTimeout(this.patience);
    this.error = `Not saved: ${why}`;
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
  const made = element("canvas", { width: picture.width, height: picture.height, className: hidden ? "gone" : "" });
  made.style.width = `${side}px`;
  made.getContext("2d").drawImage(picture, 0, 0);
  return made;
}

function joinForm(ballot) {
  const code = element("input", { className: "code", maxLength: 40, placeholder: "your code", ariaLabel: "your code" });
  const form = element("form", {}, code, element("button", { type: "submit" }, "Start"));
  form.onsubmit = (event) => { event.preventDefault(); ballot.join(code.value); };
  return [element("p", {}, "Any short code will do, no name is needed. The same code takes up where it stopped."), form];
}

function choice(ballot, side, key, picture, width) {
  const button = element("button", { className: `choice ${side}`, type: "button", ariaLabel: `${side} picture` },
    canvas(picture, width, ballot.hidden), element("span", {}, key));
  button.onclick = () => ballot.vote(side);
  button.disabled = ballot.phase !== "vote";
  return button;
}

function pair(ballot, settings) {
  const [left, right, known] = ballot.queue[0].pictures;
  const rows = [];
  if (known) rows.push(element("div", { className: "known" }, canvas(known, settings.side / 3, ballot.hidden)));
  rows.push(element("div", { className: "pair" },
    choice(ballot, "left", "←", left, settings.side), choice(ballot, "right", "→", right, settings.side)));
  if (settings.unsure) {
    const unsure = element("button", { className: "unsure", type: "button" }, "↓ not sure");
    unsure.onclick = () => ballot.vote("unsure");
    rows.push(unsure);
  }
  return rows;
}

function progress(ballot) {
  const done = ballot.total - ballot.left;
  return element("div", { className: "progress" }, element("progress", { max: ballot.total, value: done }),
    element("span", {}, `${done} of ${ballot.total}`));
}

function draw(root, ballot) {
  const settings = ballot.model.get("settings");
  const rows = [element("h3", {}, settings.question)];
  if (settings.observer !== "people") rows.push(element("p", { className: "observer" }, settings.observer));
  if (ballot.phase === "join") rows.push(...joinForm(ballot));
  if (ballot.phase === "loading") rows.push(element("p", {}, "Loading …"));
  if (["showing", "vote", "saving"].includes(ballot.phase)) rows.push(...pair(ballot, settings));
  if (ballot.phase === "done") rows.push(element("p", { className: "done" }, "That was the last one. Thank you."));
  if (ballot.total) rows.push(progress(ballot));
  if (ballot.phase === "vote" && !ballot.active) rows.push(element("p", {}, "Click here once, then use the keys."));
  rows.push(element("p", { className: "error", role: "alert" }, ballot.error));
  root.replaceChildren(...rows);
  root.dataset.phase = ballot.phase;
  if (ballot.phase === "vote" && ballot.active) root.focus({ preventScroll: true }); // the keys work at once
}

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "unsure" };

function onKey(event, ballot) {
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
      const root = element("div", { className: "spg-ballot", tabIndex: 0 });
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
