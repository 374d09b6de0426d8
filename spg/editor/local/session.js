// One picture being edited, as spg/editor/session.py has it: edits in, label map and picture out. It works in a page's
// worker and under node, and knows nothing of either.

import { runs } from "../js/board.js";
import { said } from "../js/words.js";
import { Drawing, History, boxOf, doEdit } from "./drawing.js";
import { sha256 } from "./files.js";

const LEAST = Math.fround(1e-6); // a class that is not barred keeps this much
const KEPT = 3; // holes whose S_R is remembered

export class Session {
  /** nets: `Nets`. scene: {height, width, picture (bytes RGB), known (labels)}. classes: as the page's scene has them. */
  constructor(nets, scene, classes) {
    Object.assign(this, { nets, classes, ...scene });
    this.size = this.height * this.width;
    this.drawing = new Drawing(this.height, this.width);
    this.history = new History();
    this.guesses = []; // [hole, S_R], the last asked last
    this.painted = null; // {of: frozen drawing, filled}
  }

  get missing() {
    return this.drawing.missing;
  }

  /** S_R, barred classes taken out; asked once for each hole. */
  async chances() {
    const { hole, barred } = this.drawing;
    const place = this.guesses.findIndex(([asked]) => same(asked, hole));
    const [guess] = place >= 0 ? this.guesses.splice(place, 1) : [[hole.slice(), await this.nets.predict({ ...this, hole })]];
    this.guesses = [...this.guesses, guess].slice(-KEPT);
    return without(guess[1], barred);
  }

  /** The complete label map: known, decided, or SP-Net's most probable class. A new array. */
  async layout() {
    const { decided, hole, painted } = this.drawing;
    const layout = this.known.map((label, i) => (hole[i] ? painted[i] : label));
    if (!hole.some((missing, i) => missing && !decided[i])) return layout;
    const chances = await this.chances();
    hole.forEach((missing, i) => {
      if (!missing || decided[i]) return;
      layout[i] = 0;
      for (let c = 1; c < this.classes.length; c++) if (chances[c * this.size + i] > chances[layout[i] * this.size + i]) layout[i] = c;
    });
    return layout;
  }

  /** The picture, its hole painted after the layout; bytes RGB. */
  async filled() {
    if (!this.missing) return this.picture;
    const { drawing } = this;
    if (!this.painted || !sameDrawing(this.painted.of, drawing)) {
      const of = drawing.freeze();
      const open = drawing.hole.some((missing, i) => missing && !drawing.decided[i]);
      const filled = await this.nets.paint({ ...this, ...of, layout: await this.layout(), opinion: open ? await this.chances() : null });
      this.painted = { of, filled };
    }
    return this.painted.filled;
  }

  /** Do one edit; answers with what is said of it. Throws Refused where nothing is done. */
  async edit(edit) {
    const before = this.drawing.freeze();
    const answer = await doEdit(edit, this);
    this.history.add(edit, before);
    return answer;
  }

  undo() {
    this.drawing.thaw(this.history.undo(this.drawing.freeze()));
    return said("undone");
  }

  redo() {
    this.drawing.thaw(this.history.redo(this.drawing.freeze()));
    return said("redone");
  }

  /** The seed of the next other layout: one above the last one in the record. */
  nextSeed() {
    const seeds = this.history.edits.filter((edit) => edit.do === "another").map(({ seed }) => seed);
    return seeds.length ? seeds[seeds.length - 1] + 1 : 0;
  }

  /** Do an edit, see what becomes of it, and go back: {restore, hole, layout, filled, box, pixels}. */
  async variant(edit) {
    const before = this.drawing.freeze();
    try {
      if (edit) await doEdit(edit, this);
      const { drawing } = this;
      const found = { restore: drawing.snapshot(), hole: drawing.hole.slice(), layout: await this.layout(), filled: await this.filled() };
      return { ...found, ...cut(found.filled, found.hole, this.width) };
    } finally {
      if (edit) this.drawing.thaw(before);
    }
  }

  /** What a record of its edits starts with, as spg/editor/record.py has it. */
  beginning(nets) {
    const { height, known, picture, width } = this;
    const [hashed, classes] = [sha256(planes(picture)), this.classes.map(({ name }) => name)];
    return { format: "spg-edits", version: 1, size: [height, width], classes, nets, picture: hashed, hole: [0, this.size], labels: runs(known) };
  }

  /** The record. The picture is not among its results: another machine's arithmetic may differ by a level. */
  async document(nets) {
    const result = { hole: sha256(this.drawing.hole), layout: sha256(await this.layout()) };
    return { ...this.beginning(nets), edits: this.history.edits, result };
  }
}

/** Pixels RGB, RGB, … as three planes. */
const planes = (rgb) => Uint8Array.from(rgb, (_, k) => rgb[3 * (k % (rgb.length / 3)) + Math.floor((3 * k) / rgb.length)]);

const same = (a, b) => a.every((value, i) => value === b[i]);
const sameDrawing = (a, b) => String(a.colours) === String(b.colours) && ["hole", "decided", "painted", "barred", "asked"].every((part) => same(a[part], b[part]));

/** The box around the hole and the picture's pixels in it. */
export function cut(picture, hole, width) {
  const box = boxOf(hole, width);
  const [top, left, bottom, right] = box;
  const row = 3 * (right - left);
  const pixels = new Uint8Array((bottom - top) * row);
  for (let y = top; y < bottom; y++) pixels.set(picture.subarray(3 * (y * width + left), 3 * (y * width + right)), (y - top) * row);
  return { box, pixels };
}

/** S_R with the barred classes (bits) at zero and the others scaled to a sum of 1, in single precision as Python has it. */
function without(chances, barred) {
  if (!barred.some(Boolean)) return chances;
  const size = barred.length;
  const classes = chances.length / size;
  const found = new Float32Array(chances.length);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const share = (barred[i] >> c) & 1 ? 0 : Math.max(chances[c * size + i], LEAST);
      found[c * size + i] = share;
      sum = Math.fround(sum + share);
    }
    for (let c = 0; c < classes; c++) found[c * size + i] /= sum;
  }
  return found;
}

/** Mean share of the hole's pixels that differ in class, over all pairs. */
export function difference(variants) {
  const pairs = variants.flatMap((a, k) => variants.slice(k + 1).map((b) => [a, b]));
  const shares = pairs.map(([a, b]) => {
    let [differ, area] = [0, 0];
    a.hole.forEach((missing, i) => (missing || b.hole[i]) && (area++, (differ += a.layout[i] !== b.layout[i])));
    return differ / area;
  });
  return shares.length ? shares.reduce((sum, share) => sum + share, 0) / shares.length : 0;
}
