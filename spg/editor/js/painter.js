// What the two panes show: drawn again from the arrays at most once for each frame of the screen. Composing the pixels
// (RGBA, height·width·4) needs no canvas, so that node can test it.

import { bytes, patched } from "./board.js";
import { classNamed, tell } from "./words.js";

export class Painter {
  constructor(view) {
    Object.assign(this, { view, frame: 0, edges: null });
  }

  /** newHole: the hole's outline may have changed. */
  redraw({ newHole = false } = {}) {
    if (newHole) this.edges = null;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    const { board, camera, hand, left, right, state } = this.view;
    const [width, height] = left.measure();
    if (!width || !board.truth) return;
    const two = right.measure()[0] > 0; // on a phone there is one canvas: the layout lies over the picture
    camera.resize(width, height);
    hand.settings = state;
    const hint = { stroke: hand.preview(), strokeColour: this.strokeColour() };
    const compared = this.compared();
    const under = two ? {} : { picture: joined(board, compared), knownShare: 0 };
    left.draw(camera, this.leftPixels({ ...under, ...hint }), board.height, board.width, !two);
    if (state.marks && state.show === "layout") left.marks(camera, board.layout, board.height, board.width);
    this.edges ??= outline(board.hole, board.height, board.width);
    const seam = (pane) => state.split && pane.seam((state.split / 100) * board.width, board.height);
    if (two) {
      right.draw(camera, picturePane(board, { ...compared, ...hint }), board.height, board.width, true);
      this.over(right, !state.split && state.on === "hole" && !["remove", "pick", "hand"].includes(state.tool));
      seam(right);
    } else seam(left);
    this.over(left, true);
  }

  strokeColour() {
    const { colours, label, on, tool } = this.view.state;
    const { colour, name } = this.view.board.classes[label];
    if (on === "hole") return [255, 0, 200];
    return tool === "eraser" ? [255, 255, 255] : (colours[name] ?? colour);
  }

  leftPixels(hint) {
    const { board, model } = this.view;
    const { show, label, opacity } = this.view.state;
    const chances = model.get("chances");
    if (show === "layout" || !chances?.planes || chances.scene !== board.number) return layoutPane(board, { opacity, ...hint });
    return chancePane(board, { box: chances.box, planes: bytes(chances.planes) }, show === "entropy" ? board.classes.length : label);
  }

  compared() {
    const { board, model } = this.view;
    const { A, B, split } = this.view.state;
    const variants = model.get("kept")?.variants ?? [];
    const picture = (id, other) => {
      const variant = variants.find((kept) => kept.id === id);
      return variant ? patched(board, variant) : other;
    };
    return { before: picture(A, board.original), after: picture(B, board.picture), split: (split / 100) * board.width };
  }

  /** The outline of the hole, the object pointed at, what the hand has begun, and the cursor. */
  over(pane, withOutline) {
    const { camera, cursor, hand, left, pointed, state } = this.view;
    if (withOutline) pane.outline(this.edges);
    if (state.tool === "remove") this.object(pane, camera);
    if (hand.kind === "lasso") pane.polygon(hand.points);
    const focused = document.activeElement === left.canvas;
    const at = pointed ?? (focused ? cursor : null);
    const sized = ["brush", "eraser"].includes(state.tool);
    if (at && state.tool !== "hand" && !(state.tool === "remove" && pointed)) pane.cursor(at, sized ? state.size : 1, !sized || focused);
  }

  /** The object under the pointer, or the one that the coach means, outlined and named. */
  object(pane, camera) {
    const { board, pointed, suggested } = this.view;
    const found = pointed ? board.objectAt(pointed) : suggested && board.objectAt(suggested);
    if (!found) return;
    const { height, width } = board;
    found.edges ??= outline(found.mask, height, width);
    found.top ??= topOf(found.mask, width);
    pane.outline(found.edges, 2.5, "#ffd60a");
    pane.tag(tell("pane.remove", { kind: classNamed(found.name) }), found.top, camera);
  }
}

/** The middle of a mask's first row, [x, y]. */
function topOf(mask, width) {
  const first = Math.floor(mask.indexOf(1) / width);
  let [sum, count] = [0, 0];
  for (let i = 0; i < mask.length; i++) if (mask[i]) [sum, count] = [sum + (i % width), count + 1];
  return [sum / count, first];
}

// ------------------------------------------------------------ composing the pixels

const KNOWN_SHARE = 0.45; // outside the hole the labels are shown so much fainter: they cannot be painted there

/** The layout pane: label colours over the picture, fainter where the layout is known; a stroke in progress on top. */
export function layoutPane(board, { opacity, picture = board.picture, knownShare = KNOWN_SHARE, stroke, strokeColour }) {
  const out = new Uint8ClampedArray(4 * board.layout.length);
  for (let i = 0; i < board.layout.length; i++) {
    const drawn = stroke?.[i];
    const colour = drawn ? strokeColour : board.classes[board.layout[i]].colour;
    const share = drawn ? 0.9 : opacity * (board.hole[i] ? 1 : knownShare);
    for (let c = 0; c < 3; c++) out[4 * i + c] = share * colour[c] + (1 - share) * picture[3 * i + c];
    out[4 * i + 3] = 255;
  }
  return out;
}

/** RGB: left of the column `split` the picture `before`, else `after`. */
function joined(board, { before, after, split }) {
  if (split <= 0) return after;
  return after.map((value, k) => (Math.floor(k / 3) % board.width < split ? before[k] : value));
}

/** The picture pane: `picture`, and left of the column `split` (0 to width) the picture `before`. */
export function picturePane(board, { before, after, split, stroke, strokeColour }) {
  const out = new Uint8ClampedArray(4 * board.layout.length);
  for (let i = 0; i < board.layout.length; i++) {
    const source = i % board.width < split ? before : after;
    const share = stroke?.[i] ? 0.55 : 0;
    for (let c = 0; c < 3; c++) out[4 * i + c] = (1 - share) * source[3 * i + c] + (share && share * strokeColour[c]);
    out[4 * i + 3] = 255;
  }
  return out;
}

/** One plane of S_R, or its entropy (the plane after the classes'), in the hole: dark blue is 0, yellow is most. The rest is grey. */
export function chancePane(board, { box: [top, left, bottom, right], planes }, plane) {
  const out = new Uint8ClampedArray(4 * board.layout.length);
  const area = (bottom - top) * (right - left);
  for (let i = 0; i < board.layout.length; i++) {
    const [x, y] = [i % board.width, Math.floor(i / board.width)];
    const there = board.hole[i] && x >= left && x < right && y >= top && y < bottom;
    const grey = 0.6 * (board.picture[3 * i] + board.picture[3 * i + 1] + board.picture[3 * i + 2]) / 3 + 60;
    const colour = there ? ramp(planes[plane * area + (y - top) * (right - left) + x - left] / 255) : [grey, grey, grey];
    for (let c = 0; c < 3; c++) out[4 * i + c] = colour[c];
    out[4 * i + 3] = 255;
  }
  return out;
}

// viridis at five places: told apart with every kind of colour vision, and in print
const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];

/** 0..1 → colour. */
export function ramp(value) {
  const place = Math.min(3.999, Math.max(0, value * 4));
  const k = Math.floor(place);
  return VIRIDIS[k].map((low, c) => low + (place - k) * (VIRIDIS[k + 1][c] - low));
}

/** The edges between hole and known pixels as [x1, y1, x2, y2, …], for an outline that is sharp at every zoom. */
export function outline(hole, height, width) {
  const edges = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (!hole[i]) continue;
      if (!y || !hole[i - width]) edges.push(x, y, x + 1, y);
      if (y === height - 1 || !hole[i + width]) edges.push(x, y + 1, x + 1, y + 1);
      if (!x || !hole[i - 1]) edges.push(x, y, x, y + 1);
      if (x === width - 1 || !hole[i + 1]) edges.push(x + 1, y, x + 1, y + 1);
    }
  }
  return edges;
}

/** The pattern of class k: the eight in turn, the second time twice as coarse, and so on; null is plain. */
export function markOf(k) {
  const [mark, coarse] = [MARKS[k % MARKS.length], 1 + Math.floor(k / MARKS.length)];
  if (coarse === 1) return mark;
  if (!mark) return (x, y) => (Math.floor(x / (2 * coarse)) + Math.floor(y / (2 * coarse))) % 2 === 0;
  return (x, y) => mark(Math.floor(x / coarse), Math.floor(y / coarse));
}

/** Patterns that mark a class besides its colour: whether the screen's pixel (x, y) is marked. */
export const MARKS = [
  null, // plain; on streets: road
  (x, y) => x % 8 === 0 || y % 8 === 0, // building: bricks
  (x, y) => (x + y) % 6 === 0, // sign: stripes up
  (x, y) => (x % 6 === 1 && y % 6 === 1) || (x % 6 === 4 && y % 6 === 4), // vegetation: dots
  (x, y) => y % 6 === 0, // sky: lines
  (x, y) => (x - y + 600) % 6 === 0, // person: stripes down
  (x, y) => (x + y) % 6 === 0 || (x - y + 600) % 6 === 0, // vehicle: lattice
  (x) => x % 6 === 0, // other: columns
];
