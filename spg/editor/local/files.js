// The files that are handed to the person: PNG and ZIP, and the hashes in a record. No DOM: it works in a worker and node.

// ------------------------------------------------------------ PNG

/** A PNG's bytes of pixels row by row; channels: 1 grey or 3 RGB. */
export async function png(pixels, height, width, channels = 3) {
  const row = width * channels;
  const rows = new Uint8Array(height * (row + 1)); // before each row the number of its filter: 0, none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const header = [...word(width), ...word(height), 8, channels === 3 ? 2 : 0, 0, 0, 0];
  const parts = [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], chunk("IHDR", header), chunk("IDAT", await deflated(rows)), chunk("IEND", [])];
  return joined(parts);
}

const word = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

function chunk(kind, data) {
  const body = joined([new TextEncoder().encode(kind), data]);
  return joined([word(data.length), body, word(crc32(body))]);
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) whole.set(part, (at += part.length) - part.length);
  return whole;
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

// ------------------------------------------------------------ ZIP

/** A ZIP file's bytes of name → bytes, stored as they are, without dates: the same files give the same bytes. */
export function zip(files) {
  const [parts, directory] = [[], []];
  let offset = 0;
  for (const [name, data] of Object.entries(files)) {
    const title = new TextEncoder().encode(name);
    const about = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, ...little(crc32(data)), ...little(data.length), ...little(data.length), title.length, 0, 0, 0];
    const local = joined([[0x50, 0x4b, 3, 4, ...about], title, data]);
    directory.push(joined([[0x50, 0x4b, 1, 2, 20, 0, ...about, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...little(offset)], title]));
    parts.push(local);
    offset += local.length;
  }
  const listed = joined(directory);
  const n = directory.length;
  return joined([...parts, listed, [0x50, 0x4b, 5, 6, 0, 0, 0, 0, n, 0, n, 0, ...little(listed.length), ...little(offset), 0, 0]]);
}

/** name → bytes of a ZIP file whose files are stored as they are, as `zip` and Python's `record.packed` write them. */
export function unzipped(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = {};
  for (let at = 0; view.getUint32(at, true) === 0x04034b50; ) {
    const [method, size, title, extra] = [view.getUint16(at + 8, true), view.getUint32(at + 18, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    if (method) throw new Error("compressed");
    const start = at + 30 + title + extra;
    files[new TextDecoder().decode(bytes.subarray(at + 30, at + 30 + title))] = bytes.slice(start, start + size);
    at = start + size;
  }
  return files;
}

const little = (n) => word(n).reverse();

// ------------------------------------------------------------ SHA-256 (the browser's own is there on secure pages only)

const primes = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && !Array.from({ length: n - 2 }, (_, k) => k + 2).some((k) => n % k === 0));
const fraction = (x) => Math.floor((x - Math.floor(x)) * 2 ** 32);
const ROUNDS = Uint32Array.from(primes.slice(0, 64), (p) => fraction(Math.cbrt(p)));
const FIRST = Uint32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
const turned = (x, by) => (x >>> by) | (x << (32 - by));

/** The hash of bytes, in hexadecimal digits. */
export function sha256(bytes) {
  const padded = new Uint8Array(64 * Math.ceil((bytes.length + 9) / 64));
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  padded.set([...word(Math.floor(bytes.length / 2 ** 29)), ...word((bytes.length * 8) >>> 0)], padded.length - 8);
  const state = FIRST.slice();
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 64) mix(state, Uint32Array.from({ length: 16 }, (_, k) => view.getUint32(at + 4 * k)));
  return [...state].map((n) => n.toString(16).padStart(8, "0")).join("");
}

function mix(state, block) {
  const w = new Uint32Array(64);
  w.set(block);
  for (let k = 16; k < 64; k++) {
    const [a, b] = [w[k - 15], w[k - 2]];
    w[k] = w[k - 16] + (turned(a, 7) ^ turned(a, 18) ^ (a >>> 3)) + w[k - 7] + (turned(b, 17) ^ turned(b, 19) ^ (b >>> 10));
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let k = 0; k < 64; k++) {
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[k] + w[k]) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
  }
  [a, b, c, d, e, f, g, h].forEach((n, k) => (state[k] += n));
}
