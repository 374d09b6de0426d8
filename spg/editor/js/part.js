// Of a photo that is larger than the nets a square part is edited: the whole, small, with a frame that the person moves.

import { bytes } from "./board.js";
import { h, pictureOf } from "./dom.js";
import { button, slider } from "./panel.js";
import { tell } from "./words.js";

export class Part {
  /** act gets {do: "part", left, top, side}. */
  constructor(act) {
    this.canvas = h("canvas", { class: "spg-whole", tabindex: "0", role: "application", "aria-roledescription": tell("part.role"), "aria-label": tell("part.label") });
    this.size = slider(tell("part.size"), 0, 1000, (value) => this.resize(value / 1000));
    this.edit = button(tell("part.edit"), tell("part.edit.title"), () => act({ do: "part", ...this.frame }));
    this.hint = h("p", { class: "spg-figure" });
    this.element = h("section", { class: "spg-part", hidden: true, "aria-label": tell("part") }, h("h3", {}, tell("part")), this.canvas, this.size.element, this.hint, this.edit);
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      this.centre(x * this.photo.width, y * this.photo.height);
    };
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => (canvas.setPointerCapture?.(event.pointerId), at(event)));
    canvas.addEventListener("pointermove", (event) => event.buttons && at(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** photo: of the scene, {height, width, least, left, top, side, size, small}; undefined where there is none to choose from. */
  show(photo) {
    this.element.hidden = !photo;
    this.photo = photo;
    if (!photo) return;
    const { height, pixels, width } = photo.small;
    this.small = pictureOf(bytes(pixels), height, width);
    this.size.element.hidden = photo.least === this.most;
    this.back();
  }

  get most() {
    return Math.min(this.photo.height, this.photo.width);
  }

  /** The frame around the part that is edited now. */
  back() {
    const { left, top, side } = this.photo;
    this.set({ left, top, side });
  }

  centre(x, y) {
    const { side } = this.frame;
    this.set({ side, left: x - side / 2, top: y - side / 2 });
  }

  /** share: from 0, the smallest frame, to 1, the largest. */
  resize(share) {
    const [{ least }, { left, side, top }] = [this.photo, this.frame];
    const wide = least * (this.most / least) ** share;
    this.set({ side: wide, left: left + (side - wide) / 2, top: top + (side - wide) / 2 });
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!steps) return;
    event.preventDefault();
    event.stopPropagation();
    const { left, side, top } = this.frame;
    this.set({ side, left: left + (steps[0] * side) / 8, top: top + (steps[1] * side) / 8 });
  }

  set({ left, side, top }) {
    const { height, least, size, width } = this.photo;
    const within = (value, most) => Math.round(Math.min(most, Math.max(0, value)));
    const wide = Math.round(side);
    this.frame = { left: within(left, width - wide), top: within(top, height - wide), side: wide };
    this.edit.disabled = ["left", "top", "side"].every((name) => this.frame[name] === this.photo[name]);
    this.size.show(this.most > least ? (1000 * Math.log(wide / least)) / Math.log(this.most / least) : 0, `${wide} px`);
    this.hint.textContent = wide > size ? tell("part.sharper", { size }) : "";
    this.draw();
  }

  draw() {
    const { canvas, small } = this;
    Object.assign(canvas, { width: small.width, height: small.height });
    const context = canvas.getContext("2d");
    const scale = small.width / this.photo.width;
    const box = [this.frame.left, this.frame.top, this.frame.side, this.frame.side].map((length) => length * scale);
    context.drawImage(small, 0, 0);
    context.fillStyle = "rgb(0 0 0 / .5)";
    context.fillRect(0, 0, small.width, small.height);
    context.drawImage(small, ...box, ...box);
    Object.assign(context, { strokeStyle: "#ffd60a", lineWidth: 3 });
    context.strokeRect(...box);
  }
}
