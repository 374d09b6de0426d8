// What the browser knows of one editor: Python's maps, and the strokes Python has not answered yet, done on top.
// Arrays only, no canvas: a notebook may blank its canvases at any time, and they are drawn again from here.

import { brush, fill, lasso } from "./raster.js";

/** The maps of one picture. `layout`, `hole`, `decided`: Uint8Array of height·width, as shown to the person. */
export class Board {
  constructor(scene) {
    Object.assign(this, { height: scene.height, width: scene.width, number: scene.number, classes: scene.classes });
    this.coloured = Boolean(scene.coloured); // whether a colour can be asked for
    this.bits = scene.bits ?? 3; // of a byte of the maps that are the class
    this.record = scene.record; // what a record of its edits starts with
    this.original = bytes(scene.picture);
    this.picture = this.original.slice(); // RGB, row by row: with the hole filled
    const size = this.height * this.width;
    [this.layout, this.hole, this.decided] = [0, 0, 0].map(() => new Uint8Array(size));
    this.barred = new Uint8Array(0);
    [this.asked, this.colours] = [new Uint8Array(size), []]; // number k: colours[k - 1] is asked for
    this.region = null; // the object that was pointed at last
    this.pending = []; // [{seq, edit}]
    this.truth = null;
    this.seq = 0;
  }

  /** Python's maps after the edit number frame.seq. Older ones than we have are dropped. */
  receive(frame) {
    if (!frame.maps || frame.scene !== this.number || frame.seq < this.seq) return false;
    this.seq = frame.seq;
    this.truth = bytes(frame.maps);
    this.barred = words(bytes(frame.barred), this.layout.length);
    [this.truthAsked, this.colours] = [bytes(frame.asked), [...(frame.colours ?? [])]];
    this.pending = this.pending.filter(({ seq }) => seq > frame.seq);
    this.again();
    return true;
  }

  /** The hole's new pixels. */
  receiveFilled(filled) {
    if (!filled.pixels || filled.scene !== this.number) return false;
    this.picture = patched(this, filled);
    return true;
  }

  /** A stroke that was sent to Python as message number seq: show what it will do. */
  expect(seq, edit) {
    this.pending.push({ seq, edit });
    this.apply(edit);
  }

  /** Python's maps, then all that it has not answered. */
  again() {
    this.region = null;
    this.asked.fill(0);
    this.asked.set(this.truthAsked ?? []);
    const { bits, truth } = this;
    for (let i = 0; i < truth.length; i++) {
      this.layout[i] = truth[i] & ((1 << bits) - 1);
      this.hole[i] = (truth[i] >> bits) & 1;
      this.decided[i] = (truth[i] >> (bits + 1)) & 1;
    }
    for (const { edit } of this.pending) this.apply(edit);
  }

  /** The pixels an edit touches, as spg/editor/edits.py has it. */
  mask(edit) {
    const { height, width } = this;
    if (edit.do === "brush") return brush(height, width, edit.points, edit.size);
    if (edit.do === "lasso") return lasso(height, width, edit.points);
    const values = this.layout.slice();
    if (edit.on === "layout") {
      const [x, y] = edit.at;
      for (let i = 0; i < values.length; i++) if (!this.hole[i]) values[i] = 255;
      if (x < 0 || y < 0 || x >= width || y >= height || values[y * width + x] === 255) return new Uint8Array(values.length);
    }
    return fill(height, width, values, edit.at);
  }

  /** Do an edit to our copy, as far as no net is needed. Returns the number of pixels it touched. */
  apply(edit) {
    this.region = null;
    if (!["brush", "lasso", "fill"].includes(edit.do)) return 0;
    const mask = this.mask(edit);
    const label = this.classes.findIndex(({ name }) => name === edit.put);
    const asked = this.numberOf(edit.colour);
    let touched = 0;
    for (let i = 0; i < mask.length; i++) {
      if (!mask[i]) continue;
      if (edit.on === "hole") {
        this.hole[i] = edit.put === "hole" ? 1 : 0;
        if (!this.hole[i]) this.decided[i] = 0;
      } else if (this.hole[i]) {
        this.decided[i] = label >= 0 ? 1 : 0;
        if (label >= 0) this.layout[i] = label;
        this.asked[i] = asked;
      } else continue;
      touched++;
    }
    return touched;
  }

  numberOf(colour) {
    if (!colour) return 0;
    const known = this.colours.findIndex((other) => String(other) === String(colour));
    return known >= 0 ? known + 1 : this.colours.push(colour);
  }

  // ------------------------------------------------------------ asked of it

  /** Whether anything is missing. */
  get missing() {
    return this.hole.includes(1);
  }

  /** Whether the person has painted a class, by its number. */
  painted(label) {
    return this.layout.some((value, i) => value === label && this.decided[i]);
  }

  /** The object at a pixel: {mask, name, label}; null where the street itself is. */
  objectAt([x, y]) {
    const i = y * this.width + x;
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return null;
    if (this.region?.mask[i]) return this.region;
    const known = this.classes[this.layout[i]];
    if (!known.thing) return null;
    return (this.region = { mask: fill(this.height, this.width, this.layout, [x, y]), name: known.name, label: this.layout[i] });
  }

  /** A pixel of the largest object of a class, [x, y]; null where there is none. */
  largest(label) {
    const seen = new Uint8Array(this.layout.length);
    let [best, most] = [null, 0];
    this.layout.forEach((value, i) => {
      if (value !== label || seen[i] || this.hole[i]) return;
      const at = [i % this.width, Math.floor(i / this.width)];
      let area = 0;
      fill(this.height, this.width, this.layout, at).forEach((inside, j) => inside && (seen[j] = ++area && 1));
      if (area > most) [best, most] = [at, area];
    });
    return best;
  }
}

/** The original picture with a box of new pixels ({box: [top, left, bottom, right], pixels}). */
export function patched(board, { box, pixels }) {
  const picture = board.original.slice();
  const [top, left, bottom, right] = box;
  const source = bytes(pixels);
  const row = 3 * (right - left);
  for (let y = top; y < bottom; y++) picture.set(source.subarray((y - top) * row, (y - top + 1) * row), 3 * (y * board.width + left));
  return picture;
}

/** A buffer as Jupyter hands it over, as bytes. */
export function bytes(view) {
  if (!view) return new Uint8Array(0);
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);
}

const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

/** Bytes of a map of so many pixels as numbers: one, two, four or eight bytes each, the lowest first. */
function words(data, pixels) {
  const width = data.length / pixels;
  if (WORDS[width]) return width === 1 ? data : new WORDS[width](data.slice().buffer);
  const halves = new Uint32Array(data.slice().buffer);
  return Array.from({ length: halves.length / 2 }, (_, i) => halves[2 * i] + (halves[2 * i + 1] % 2 ** 21) * 2 ** 32); // 53 bits are exact
}

/** A map → [value, count, value, count, …], as spg/editor/drawing.py has it. */
export function runs(map) {
  const found = [];
  for (let i = 0; i < map.length; i++) {
    if (i && map[i] === map[i - 1]) found[found.length - 1]++;
    else found.push(map[i], 1);
  }
  return found;
}
