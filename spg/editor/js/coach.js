// Three first steps: remove an object, paint a tree, six variants. Each is ticked off when it is done, whoever did it how;
// the whole can be dismissed, and comes back with "?".

import { h } from "./dom.js";
import { button } from "./panel.js";
import { classNamed, tell } from "./words.js";

const KEY = "spg-editor-coach"; // in localStorage: "dismissed"
const TREE = "vegetation";

const STEPS = [
  { text: (touch) => tell(touch ? "coach.remove.touch" : "coach.remove"), otherwise: () => tell("coach.remove.any"), done: (view) => view.board.missing },
  { text: () => tell("coach.paint", { kind: classNamed(TREE) }), otherwise: () => tell("coach.paint.any"), done: (view) => (tree(view) < 0 ? view.board.decided.includes(1) : view.board.painted(tree(view))) },
  { text: () => tell("coach.variants", { button: tell("six") }), done: (view) => (view.model.get("kept")?.variants ?? []).length >= 6 },
];
const last = () => tell("coach.last", { keep: tell("keep"), save: tell("save_picture") });

const tree = ({ board }) => board.classes.findIndex(({ name }) => name === TREE);

export class Coach {
  constructor(view) {
    this.view = view;
    this.step = 0;
    this.text = h("p", { class: "spg-coach-text" });
    this.dots = h("ol", { class: "spg-dots", "aria-hidden": "true" }, STEPS.map((_, i) => h("li", {}, String(i + 1))));
    this.skip = button(tell("coach.skip"), tell("coach.skip.title"), () => this.advance());
    this.close = button(tell("coach.close"), tell("coach.close.title"), () => this.dismiss());
    this.element = h("section", { class: "spg-coach", role: "note", "aria-label": tell("coach"), "aria-live": "polite", hidden: true }, this.dots, this.text, h("div", { class: "spg-group" }, this.skip, this.close));
  }

  /** A new picture: from the first step on, unless it was dismissed. inPage: it begins by itself. */
  begin(inPage) {
    this.step = 0;
    this.element.hidden = !inPage || dismissed();
  }

  toggle() {
    if (!this.element.hidden) return this.dismiss();
    this.step = 0;
    this.element.hidden = false;
  }

  dismiss() {
    const held = this.element.contains(document.activeElement);
    this.element.hidden = true;
    if (held) this.view.root.querySelector(".spg-canvas")?.focus({ preventScroll: true }); // or the next "?" is heard by nobody
    try {
      localStorage.setItem(KEY, "dismissed");
    } catch {
      // a forbidden storage: it comes back next time
    }
    this.view.show();
  }

  advance() {
    this.step++;
    this.view.show();
  }

  /** Say the step that is next, and point at what it needs. */
  show() {
    const { root } = this.view;
    while (this.step < STEPS.length && STEPS[this.step].done(this.view)) this.step++;
    const now = this.element.hidden ? null : STEPS[this.step];
    const car = this.step === 0 && now ? this.car() : null;
    this.view.suggested = car;
    root.dataset.coach = now ? String(this.step + 1) : "";
    const other = (this.step === 0 && !car) || (this.step === 1 && tree(this.view) < 0);
    const said = !now ? last() : other ? now.otherwise() : now.text(matchMedia("(pointer: coarse)").matches);
    if (this.text.textContent !== said) this.text.textContent = said;
    this.skip.hidden = !now;
    [...this.dots.children].forEach((dot, i) => (dot.className = i < this.step ? "spg-done" : i === this.step ? "spg-now" : ""));
    root.querySelectorAll(".spg-class").forEach((one) => one.classList.toggle("spg-hint", this.step === 1 && now && one.dataset.value === String(tree(this.view))));
  }

  car() {
    const { board } = this.view;
    if (!board.truth) return null;
    if (this.found?.board !== board) this.found = { board, at: board.largest(board.classes.findIndex(({ name }) => name === "vehicle")) };
    return this.found.at;
  }
}

function dismissed() {
  try {
    return localStorage.getItem(KEY) === "dismissed";
  } catch {
    return false;
  }
}
