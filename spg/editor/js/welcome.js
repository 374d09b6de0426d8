// The empty state of a page of its own: six sample streets, and the way to a picture of one's own.

import { bytes } from "./board.js";
import { h } from "./dom.js";
import { button, opener } from "./panel.js";

export class Welcome {
  /** samples: PNG files' bytes. own: whether a picture of one's own can be opened. */
  constructor(act, samples, own) {
    this.samples = samples ?? [];
    const choose = (k) => () => (this.hide(), act({ do: "street", k }));
    const card = (data, k) => {
      const name = `Edit sample street ${k + 1}`;
      const source = URL.createObjectURL(new Blob([bytes(data)], { type: "image/png" }));
      return h("li", {}, button(h("img", { src: source, alt: "", width: 160, height: 160 }), name, choose(k), { class: "spg-thumb", "aria-label": name }));
    };
    this.element = h(
      "section",
      { class: "spg-welcome", hidden: true, "aria-label": "Choose a picture" },
      h("p", { class: "spg-lead" }, "Click a car, and it is gone. Paint a tree, and it grows there. Choose a street to begin with."),
      h("ul", { class: "spg-samples" }, this.samples.map(card)),
      own ? h("p", {}, "Or take a picture of your own: ", opener(act, "picture", "Open…"), " drop it here, or paste it. It stays on this machine.") : null,
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
