// A photo of any size, of which a square part is edited at the nets' size; what changed is put back into the whole, as
// spg/inpainting.py does it: shrunk by area, enlarged bicubically, and only where pixels are missing. No DOM, but to decode.

const MOST_PIXELS = 40_000_000; // spg/pictures.py has the same number
const SMALL = 256; // pixels of the longer side of the picture in which the part is chosen

export class TooLarge extends Error {}

/** A photo's file, as a Blob → {height, width, pixels (RGB), file}, upright, on white; its edits: none. */
export async function decoded(file) {
  const bitmap = await createImageBitmap(file);
  const { height, width } = bitmap;
  if (height * width > MOST_PIXELS) throw new TooLarge();
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = new Uint8Array(3 * height * width);
  for (let i = 0, k = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) pixels[k++] = data[i + c];
  return { height, width, pixels, file, edits: 0 };
}

/** The largest square in a photo's middle: {left, top, side}. */
export function middle({ height, width }) {
  const side = Math.min(height, width);
  return { left: (width - side) >> 1, top: (height - side) >> 1, side };
}

/** A part as it can be edited: inside the photo, in whole pixels, no smaller than the nets where the photo is not. */
export function fitted({ height, width }, { left, top, side }, size) {
  const within = (value, least, most) => Math.round(Math.min(most, Math.max(least, value)));
  const most = Math.min(height, width);
  const wide = within(side, Math.min(size, most), most);
  return { left: within(left, 0, width - wide), top: within(top, 0, height - wide), side: wide };
}

/** The photo's part at the nets' size: bytes RGB of size×size. */
export function part({ pixels, width, left, top, side }, size) {
  const taps = tapsOf(side, size);
  return drawn(size, size, (y, x, put) => mixed(pixels, width, taps[y], taps[x], top, left, put));
}

/** The whole photo, small: {height, width, pixels}. */
export function small(photo) {
  const shrink = Math.min(1, SMALL / Math.max(photo.height, photo.width));
  const [height, width] = [photo.height, photo.width].map((side) => Math.max(1, Math.round(side * shrink)));
  const [rows, columns] = [tapsOf(photo.height, height), tapsOf(photo.width, width)];
  return { height, width, pixels: drawn(height, width, (y, x, put) => mixed(photo.pixels, photo.width, rows[y], columns[x], 0, 0, put)) };
}

/** The whole photo's pixels with what was painted (RGB, size×size) in its part, where hole is 1. All others are as they were. */
export function whole({ pixels, width, left, top, side }, painted, hole, size) {
  const result = new Uint8ClampedArray(pixels);
  const taps = tapsOf(size, side);
  const under = Array.from({ length: side }, (_, k) => Math.floor(((k + 0.5) * size) / side));
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      if (!hole[under[y] * size + under[x]]) continue;
      const at = 3 * ((top + y) * width + left + x);
      mixed(painted, size, taps[y], taps[x], 0, 0, (c, value) => (result[at + c] = value));
    }
  return new Uint8Array(result.buffer);
}

function drawn(height, width, pixel) {
  const result = new Uint8ClampedArray(3 * height * width); // it rounds
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixel(y, x, (c, value) => (result[3 * (y * width + x) + c] = value));
  return new Uint8Array(result.buffer);
}

/** One new pixel of the old ones in these rows and columns: put(channel, value). */
function mixed(pixels, width, rows, columns, top, left, put) {
  let [r, g, b] = [0, 0, 0];
  for (const [y, share] of rows)
    for (const [x, other] of columns) {
      const [at, weight] = [3 * ((top + y) * width + left + x), share * other];
      r += weight * pixels[at];
      g += weight * pixels[at + 1];
      b += weight * pixels[at + 2];
    }
  [r, g, b].forEach((value, c) => put(c, value));
}

/** For each pixel of a side's new length the old ones that it is made of, each with its weight. */
function tapsOf(from, to) {
  return Array.from({ length: to }, (_, k) => (to < from ? covered((k * from) / to, ((k + 1) * from) / to) : around(((k + 0.5) * from) / to - 0.5, from)));
}

function covered(start, end) {
  const found = [];
  for (let i = Math.floor(start); i < end - 1e-9; i++) found.push([i, (Math.min(end, i + 1) - Math.max(start, i)) / (end - start)]);
  return found;
}

/** The four nearest, weighed as PyTorch's bicubic has it. */
function around(x, from) {
  const base = Math.floor(x);
  return [-1, 0, 1, 2].map((step) => [Math.min(from - 1, Math.max(0, base + step)), cubic(Math.abs(x - base - step))]);
}

const A = -0.75;
const cubic = (t) => (t <= 1 ? ((A + 2) * t - (A + 3)) * t * t + 1 : ((t - 5) * t + 8) * A * t - 4 * A);
