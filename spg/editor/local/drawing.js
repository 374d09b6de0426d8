// What a person has drawn and the edits that change it: the same as spg/editor/drawing.py, edits.py and objects.py say,
// pixel for pixel. Maps are Uint8Array of height·width; masks too, 1 inside.

import { runs } from "../js/board.js";
import { brush, fill, lasso } from "../js/raster.js";
import { classNamed, said } from "../js/words.js";
import { another } from "./chance.js";

const PARTS = ["hole", "decided", "painted", "barred"];
const FROZEN = [...PARTS, "asked"];
const DEPTH = 200; // steps that can be undone
const RIM = 1 / 32; // of the shorter side
const DARK = Math.fround(0.82); // a shadow is darker than so much of the ground's median
const REACH = 0.6; // of the object's height: so far beside and below it a shadow is looked for

/** An edit that cannot be done here; nothing was changed. said: why, for the status line. */
export class Refused extends Error {
  constructor(key, places) {
    super(key);
    this.said = said(key, places);
  }
}

export class Drawing {
  constructor(height, width) {
    Object.assign(this, { height, width, colours: [] });
    for (const part of FROZEN) this[part] = new Uint8Array(height * width);
  }

  get missing() {
    return this.hole.includes(1);
  }

  /** [top, left, bottom, right] around the hole, all 0 where there is none. */
  get box() {
    return boxOf(this.hole, this.width);
  }

  close(mask) {
    each(mask, (i) => FROZEN.forEach((part) => (this[part][i] = 0)));
  }

  /** Set the layout in mask, inside the hole only, to a class or to those of a map; ask for a colour there, or none. */
  decide(mask, classes, colour = null) {
    const inside = mask.map((drawn, i) => drawn & this.hole[i]);
    each(inside, (i) => ([this.decided[i], this.painted[i]] = [1, typeof classes === "number" ? classes : classes[i]]));
    this.ask(inside, colour);
  }

  ask(mask, colour) {
    if (!mask.includes(1)) return;
    const place = () => this.colours.findIndex((known) => String(known) === String(colour));
    if (colour && place() < 0) {
      this.forget();
      this.colours = [...this.colours, colour];
    }
    const number = colour ? place() + 1 : 0;
    each(mask, (i) => (this.asked[i] = number));
  }

  /** Drop the colours that are asked for nowhere: a byte has room for 255. */
  forget() {
    const used = [...new Set(this.asked)].filter(Boolean).sort((a, b) => a - b);
    this.colours = used.map((number) => this.colours[number - 1]);
    this.asked = this.asked.map((number) => used.indexOf(number) + 1);
  }

  leave(mask) {
    each(mask, (i) => (this.decided[i] = this.painted[i] = this.asked[i] = 0));
  }

  freeze() {
    return { colours: this.colours, ...Object.fromEntries(FROZEN.map((part) => [part, this[part].slice()])) };
  }

  thaw(frozen) {
    this.colours = frozen.colours;
    for (const part of FROZEN) this[part] = frozen[part].slice();
  }

  /** The edit that brings the drawing back as it is now. */
  snapshot() {
    const colours = this.asked.some(Boolean) ? { asked: runs(this.asked), colours: this.colours } : {};
    return { do: "restore", ...Object.fromEntries(PARTS.map((part) => [part, runs(this[part])])), ...colours };
  }
}

const each = (mask, act) => mask.forEach((inside, i) => inside && act(i));
const count = (mask) => mask.reduce((sum, inside) => sum + inside, 0);

/** [top, left, bottom, right] around a mask, all 0 where it is empty. */
export function boxOf(mask, width) {
  let [top, left, bottom, right] = [Infinity, Infinity, 0, 0];
  each(mask, (i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y + 1), Math.max(right, x + 1)];
  });
  return bottom ? [top, left, bottom, right] : [0, 0, 0, 0];
}

/** The edits done so far, and the frozen drawings around them. */
export class History {
  constructor() {
    Object.assign(this, { edits: [], before: [], undone: [] });
  }

  add(edit, before) {
    this.edits.push(edit);
    this.before = [...this.before, before].slice(-DEPTH);
    this.undone = [];
  }

  undo(now) {
    if (!this.before.length) throw new Refused("undone.nothing");
    this.undone.push([this.edits.pop(), now]);
    return this.before.pop();
  }

  redo(now) {
    if (!this.undone.length) throw new Refused("redone.nothing");
    const [edit, after] = this.undone.pop();
    this.edits.push(edit);
    this.before.push(now);
    return after;
  }
}

/** [value, count, …] → a map of so many pixels. */
export function unrun(values, size) {
  const map = new Uint8Array(size);
  for (let k = 0, at = 0; k < values.length; k += 2) map.fill(values[k], at, (at += values[k + 1]));
  return map;
}

// ------------------------------------------------------------ what edits do

/**
 * Do an edit to the session's drawing; answers with what is said of it, or throws Refused and changes nothing.
 * session: gives drawing, classes, picture (bytes RGB) and, when asked, the layout and SP-Net's chances.
 */
export async function doEdit(edit, session) {
  const { drawing } = session;
  if (["brush", "lasso", "fill"].includes(edit.do)) return put(edit, session, await maskOf(edit, session));
  if (edit.do === "remove") return remove(edit, session, await session.layout());
  if (edit.do === "colour") return colour(edit, session);
  if (edit.do === "restore") return restore(edit, drawing);
  if (!drawing.missing) throw new Refused("no_hole");
  if (edit.do === "predict") {
    drawing.leave(drawing.hole);
    return said("predicted");
  }
  if (edit.do !== "another") throw new Error(`unknown edit ${edit.do}`);
  const { height, width } = drawing;
  drawing.decide(drawing.hole, another(await session.chances(), height, width, edit.seed, drawing.box));
  return said("another.number", { n: edit.seed });
}

async function maskOf(edit, session) {
  const { height, width, hole } = session.drawing;
  if (edit.do === "brush") return brush(height, width, edit.points, edit.size);
  if (edit.do === "lasso") return lasso(height, width, edit.points);
  const values = await session.layout();
  if (edit.on === "layout") {
    const [x, y] = edit.at;
    hole.forEach((missing, i) => missing || (values[i] = 255));
    if (x < 0 || y < 0 || x >= width || y >= height || values[y * width + x] === 255) return new Uint8Array(values.length);
  }
  return fill(height, width, values, edit.at);
}

function put(edit, { classes, drawing }, mask) {
  if (edit.on === "hole") return edit.put === "hole" ? dig(drawing, mask) : close(drawing, mask);
  const inside = mask.map((drawn, i) => drawn & drawing.hole[i]);
  if (!inside.includes(1)) throw new Refused(drawing.missing ? "put.outside" : "put.no_hole");
  if (edit.put === "predicted") {
    drawing.leave(inside);
    return said("put.predicted", { n: count(inside) });
  }
  drawing.decide(inside, labelOf(classes, edit.put), edit.colour);
  return said("put", { kind: classNamed(edit.put), n: count(inside) });
}

function labelOf(classes, wanted) {
  const label = classes.findIndex(({ name }) => name === wanted);
  if (label < 0) throw new Error(`unknown class ${wanted}`);
  return label;
}

function dig(drawing, mask) {
  if (!mask.includes(1)) throw new Refused("hole.outside");
  if (mask.every((inside, i) => inside | drawing.hole[i])) throw new Refused("hole.all");
  each(mask, (i) => (drawing.hole[i] = 1));
  return sizeOf(drawing);
}

function sizeOf({ hole }) {
  const share = count(hole) / hole.length;
  return said("hole.size", { percent: Number((100 * share).toFixed(share >= 0.01 ? 0 : 1)) });
}

function close(drawing, mask) {
  if (!mask.some((inside, i) => inside & drawing.hole[i])) throw new Refused("hole.not_there");
  drawing.close(mask);
  return drawing.missing ? sizeOf(drawing) : said("hole.closed");
}

function colour(edit, { classes, drawing }) {
  const label = labelOf(classes, edit.put);
  const mask = drawing.painted.map((painted, i) => (drawing.decided[i] && painted === label ? 1 : 0));
  if (!mask.includes(1)) throw new Refused("coloured.nothing", { kind: classNamed(edit.put) });
  drawing.ask(mask, edit.colour);
  return said(edit.colour ? "coloured" : "coloured.any", { kind: classNamed(edit.put) });
}

function restore(edit, drawing) {
  const size = drawing.hole.length;
  const maps = Object.fromEntries(PARTS.map((part) => [part, unrun(edit[part], size)]));
  if (maps.hole.every(Boolean)) throw new Refused("hole.all");
  for (const part of PARTS) drawing[part] = maps[part].map((value, i) => value * maps.hole[i]);
  drawing.asked = new Uint8Array(size);
  if (edit.asked) {
    const asked = unrun(edit.asked, size).map((number, i) => number * drawing.hole[i] * drawing.decided[i]);
    (edit.colours ?? []).forEach((rgb, k) => drawing.ask(asked.map((number) => (number === k + 1 ? 1 : 0)), rgb));
  }
  return said("restored");
}

// ------------------------------------------------------------ removing an object, with its rim and its shadow

function remove(edit, session, layout) {
  const { classes, drawing } = session;
  const { height, width } = drawing;
  const [x, y] = edit.at;
  if (x < 0 || y < 0 || x >= width || y >= height) throw new Refused("remove.outside", { x, y });
  const label = layout[y * width + x];
  if (!classes[label].thing) {
    const objects = classes.filter(({ thing }) => thing).map(({ name }) => classNamed(name));
    throw new Refused("remove.no_object", { kind: classNamed(classes[label].name), objects });
  }
  const rim = Math.max(2, rounded(Math.min(height, width) * RIM));
  const object = fill(height, width, layout, edit.at);
  const dark = edit.shadow ? shadow(object, layout, session, edit.at, rim) : object;
  const mask = grow(object.map((inside, i) => inside | dark[i]), height, width, rim);
  dig(drawing, mask);
  drawing.leave(mask);
  each(mask, (i) => (drawing.barred[i] |= 1 << label));
  classes.forEach(({ thing }, other) => {
    if (!thing) return;
    const near = grow(layout.map((c, i) => (c === other && !mask[i] ? 1 : 0)), height, width, rim);
    each(mask, (i) => near[i] || (drawing.barred[i] |= 1 << other)); // behind an object is the street: others end at its rim
  });
  return said(edit.shadow ? "removed.shadow" : "removed", { kind: classNamed(classes[label].name), n: count(mask) });
}

/** The dark ground that touches an object near its foot, at most as large as the object. */
function shadow(object, layout, session, at, rim) {
  const { height, width } = session.drawing;
  const [top, left, bottom, right] = boxOf(object, width);
  const reach = Math.max(rim, rounded(REACH * (bottom - top)));
  const [from, to] = [Math.floor((top + bottom - 1) / 2), bottom - 1 + reach];
  const [first, last] = [Math.max(0, left - reach), right - 1 + reach];
  const road = session.classes.findIndex(({ ground }) => ground);
  const light = (i) => Math.fround((session.picture[3 * i] + session.picture[3 * i + 1] + session.picture[3 * i + 2]) / 3);
  const isGround = (i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return layout[i] === road && y >= from && y < to && x >= first && x < last;
  };
  const ground = [...layout.keys()].filter(isGround);
  const nothing = new Uint8Array(layout.length);
  if (ground.length < 16) return nothing;
  const limit = Math.fround(DARK * median(ground.map(light)));
  const dark = nothing.slice();
  for (const i of ground) if (light(i) < limit) dark[i] = 1;
  const near = grow(object, height, width, rim);
  const touching = fill(height, width, near.map((inside, i) => inside | dark[i]), at).map((inside, i) => inside & dark[i]);
  return count(touching) <= count(object) ? touching : nothing;
}

function median(values) {
  const sorted = Float32Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : Math.fround((sorted[middle - 1] + sorted[middle]) / 2);
}

/** The mask and every pixel at most `by` from it. */
function grow(mask, height, width, by) {
  const grown = mask.slice();
  each(mask, (i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    for (let dy = -by; dy <= by; dy++)
      for (let dx = -by; dx <= by; dx++) {
        const inside = dx * dx + dy * dy <= by * by && y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width;
        if (inside) grown[i + dy * width + dx] = 1;
      }
  });
  return grown;
}

/** Rounded as Python does it: halves to the even number. */
function rounded(x) {
  const whole = Math.round(x);
  return Math.abs(x % 1) === 0.5 && whole % 2 ? whole - 1 : whole;
}
