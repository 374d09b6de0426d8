// The bar above the editor: Python does not answer; or, there is an earlier drawing of this picture.

import { download, h } from "./dom.js";
import { record, remember, remembered } from "./link.js";
import { button } from "./panel.js";
import { tell } from "./words.js";

export class Notice {
  constructor(link) {
    this.link = link;
    this.element = h("div", { class: "spg-notice", role: "alert", hidden: true });
    this.offered = new Set();
  }

  show(text, ...buttons) {
    this.element.replaceChildren(h("p", {}, ...[text].flat()), h("div", { class: "spg-group" }, buttons.filter(Boolean)));
    this.element.hidden = false;
  }

  hide() {
    this.element.hidden = true;
  }

  /** A question before something is lost: each answer is [text, title, what it does]. */
  ask(text, ...answers) {
    const made = answers.map(([name, title, done]) => button(name, title, () => (this.hide(), done?.())));
    this.show(text, ...made);
    made[0].focus();
  }

  /** No answer for seconds. The drawing stays in the tab, and can be saved as a file without Python. */
  silence(board, inPage) {
    remember(board);
    const save = () => download("spg-drawing.json", JSON.stringify(record(board)), "application/json");
    const again = () => {
      this.link.silent = false;
      this.link.send({ type: "ping" });
    };
    this.show(
      [h("strong", {}, tell("silence")), tell("silence.why"), tell(inPage ? "silence.page" : "silence.cell")],
      inPage ? button(tell("silence.load"), tell("silence.load.title"), () => location.reload()) : null,
      button(tell("silence.try"), tell("silence.try.title"), again),
      button(tell("silence.save"), tell("silence.save.title"), save),
    );
  }

  /** A drawing of this picture from before a restart: offer it, once, while nothing new was drawn. */
  offer(board, frame) {
    const old = remembered(board);
    if (!old || frame?.edits || this.offered.has(board.name)) return;
    this.offered.add(board.name);
    const take = () => {
      this.hide();
      this.link.send({ type: "edit", edit: old });
    };
    this.show(
      tell("earlier"),
      button(tell("earlier.take"), tell("earlier.take.title"), take),
      button(tell("earlier.leave"), tell("earlier.leave.title"), () => this.hide()),
    );
  }
}
