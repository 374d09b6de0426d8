// From arrays to the pixels of the two panes: RGBA, height·width·4. No canvas here, so that node can test it.

const KNOWN_SHARE = 0.45; // outside the hole the labels are shown so much fainter: they cannot be painted there

/** The layout pane: label colours over the picture, fainter where the layout is known; a stroke in progress on top. */
export function layoutPane(board, { opacity, stroke, strokeColour }) {
  const out = new Uint8ClampedArray(4 * board.layout.length);
  for (let i = 0; i < board.layout.length; i++) {
    const drawn = stroke?.[i];
    const colour = drawn ? strokeColour : board.classes[board.layout[i]].colour;
    const share = drawn ? 0.9 : opacity * (board.hole[i] ? 1 : KNOWN_SHARE);
    for (let c = 0; c < 3; c++) out[4 * i + c] = share * colour[c] + (1 - share) * board.picture[3 * i + c];
    out[4 * i + 3] = 255;
  }
  return out;
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

/** One plane of S_R, or its entropy (plane 8), in the hole: dark blue is 0, yellow is most. The rest is grey. */
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

/** The same for stripes that mark each class besides its colour: rows of pixel patterns, 8×8, 1 = mark. */
export const MARKS = [
  null, // road: plain
  (x, y) => x % 8 === 0 || y % 8 === 0, // building: bricks
  (x, y) => (x + y) % 6 === 0, // sign: stripes up
  (x, y) => (x % 6 === 1 && y % 6 === 1) || (x % 6 === 4 && y % 6 === 4), // vegetation: dots
  (x, y) => y % 6 === 0, // sky: lines
  (x, y) => (x - y + 600) % 6 === 0, // person: stripes down
  (x, y) => (x + y) % 6 === 0 || (x - y + 600) % 6 === 0, // vehicle: lattice
  (x) => x % 6 === 0, // other: columns
];
