// Something is always said: while Python works, the view is aria-busy, after a moment a line runs over the picture, and
// what is out of date is dimmed.

import { h } from "./dom.js";
import { tell } from "./words.js";

const MOMENT = 150; // milliseconds; what is faster needs no word

export class Busy {
  /** root: the view's element; it gets aria-busy, and data-busy after a moment. */
  constructor(root) {
    Object.assign(this, { root, last: 0, timer: 0 });
    this.text = h("span");
    this.element = h("div", { class: "spg-busy" }, h("div", { class: "spg-busy-line" }), this.text);
  }

  /** Message number seq was sent. */
  sent(seq, type) {
    if (["ping", "remember"].includes(type)) return; // nobody waits for it
    this.last = seq;
    this.root.setAttribute("aria-busy", "true");
    this.text.textContent = tell(["open", "street", "part", "nets", "resume"].includes(type) ? "busy.opening" : "busy.painting");
    this.timer ||= setTimeout(() => (this.root.dataset.busy = "true"), MOMENT);
  }

  /** Python has nothing left to do, after message number seq. */
  done(seq) {
    if (seq >= this.last) this.stop();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.root.removeAttribute("aria-busy");
    delete this.root.dataset.busy;
  }
}
