// The empty state of a page of its own: six sample streets, and the way to a picture of one's own.

import { bytes } from "./board.js";
import { h } from "./dom.js";
import { button, opener } from "./panel.js";
import { tell } from "./words.js";

export class Welcome {
  /** samples: PNG files' bytes. */
  constructor(act, samples) {
    this.samples = samples ?? [];
    const choose = (k) => () => (this.hide(), act({ do: "street", k }));
    const card = (data, k) => {
      const name = tell("welcome.street", { n: k + 1 });
      const source = URL.createObjectURL(new Blob([bytes(data)], { type: "image/png" }));
      return h("li", {}, button(h("img", { src: source, alt: "", width: 160, height: 160 }), name, choose(k), { class: "spg-thumb", "aria-label": name }));
    };
    this.element = h(
      "section",
      { class: "spg-welcome", hidden: true, "aria-label": tell("welcome") },
      h("p", { class: "spg-lead" }, tell("welcome.lead")),
      h("ul", { class: "spg-samples" }, this.samples.map(card)),
      h("p", {}, tell("welcome.own"), opener(act, "picture", tell("open")), tell("welcome.own.drop")),
    );
  }

  /** root: where it is shown. */
  show(root) {
    this.root = root ?? this.root;
    this.element.hidden = false;
    this.root.dataset.welcome = "true";
  }

  hide() {
    this.element.hidden = true;
    if (this.root) delete this.root.dataset.welcome;
  }

  toggle() {
    if (this.element.hidden) this.show();
    else this.hide();
  }
}
