// Other layouts of one hole, the same as spg/editor/variants.py draws: NumPy's generator of random numbers, smooth fields
// made of them, and the Gumbel trick. Numbers agree with Python's to about 1e-12, so the classes that are drawn agree.

const SMOOTHNESS = 1 / 8; // of the shorter side: the width of the regions that decide together
const TWO_32 = 2 ** 32;

// ------------------------------------------------------------ NumPy's default generator: PCG64, seeded by SeedSequence

const [M0, M1, M2, M3] = [0x9fccf645, 0x4385df64, 0x1fc65da4, 0x2360ed05]; // the multiplier's words, the lowest first

/** The upper half of a 64-bit product of two 32-bit numbers. */
function high(a, b) {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const first = ah * bl + ((al * bl) >>> 16);
  const second = al * bh + (first & 0xffff);
  return ah * bh + (first >>> 16) + (second >>> 16);
}

const low = (a, b) => Math.imul(a, b) >>> 0;

/** Numbers as numpy.random.default_rng(seed) gives them; seed: 0 to 2^32 − 1. */
export class Generator {
  constructor(seed) {
    const words = seeded(seed);
    const step = [words[6], words[7], words[4], words[5]];
    this.step = Uint32Array.from(step, (word, k) => (word << 1) | (k ? step[k - 1] >>> 31 : 1));
    this.state = new Uint32Array(4); // 128 bits, the lowest word first
    this.advance();
    this.add(words[2], words[3], words[0], words[1]);
    this.advance();
  }

  /** Add a number of 128 bits, whose words may be too large. */
  add(w0, w1, w2, w3) {
    const { state } = this;
    const s0 = w0 + state[0];
    const s1 = w1 + state[1] + Math.floor(s0 / TWO_32);
    const s2 = w2 + state[2] + Math.floor(s1 / TWO_32);
    state[3] = (w3 + state[3] + Math.floor(s2 / TWO_32)) % TWO_32;
    state[2] = s2 % TWO_32;
    state[1] = s1 % TWO_32;
    state[0] = s0 % TWO_32;
  }

  advance() {
    const [s0, s1, s2, s3] = this.state;
    this.state.set(this.step);
    this.add(
      low(s0, M0),
      high(s0, M0) + low(s0, M1) + low(s1, M0),
      high(s0, M1) + high(s1, M0) + low(s0, M2) + low(s1, M1) + low(s2, M0),
      high(s0, M2) + high(s1, M1) + high(s2, M0) + low(s0, M3) + low(s1, M2) + low(s2, M1) + low(s3, M0),
    );
  }

  /** 64 random bits: `lower` and `upper` are 32 of them each. */
  draw() {
    this.advance();
    const [s0, s1, s2, s3] = this.state;
    const swapped = s3 >>> 31;
    const by = (s3 >>> 26) & 31;
    const a = swapped ? s1 ^ s3 : s0 ^ s2;
    const b = swapped ? s0 ^ s2 : s1 ^ s3;
    this.lower = (by ? (a >>> by) | (b << (32 - by)) : a) >>> 0;
    this.upper = (by ? (b >>> by) | (a << (32 - by)) : b) >>> 0;
  }

  uniform() {
    this.draw();
    return (this.upper * 2 ** 21 + (this.lower >>> 11)) / 2 ** 53;
  }

  /** One normal number, by the ziggurat of 256 layers. */
  normal() {
    for (;;) {
      this.draw();
      const { lower, upper } = this;
      const layer = lower & 0xff;
      const size = ((upper >>> 9) & 0xfffff) * TWO_32 + (((lower >>> 9) | (upper << 23)) >>> 0);
      const x = (lower & 0x100 ? -1 : 1) * size * WIDTHS[layer];
      if (size < INSIDE[layer]) return x;
      if (layer === 0) return this.tail(size);
      if ((HEIGHTS[layer - 1] - HEIGHTS[layer]) * this.uniform() + HEIGHTS[layer] < Math.exp(-0.5 * x * x)) return x;
    }
  }

  tail(size) {
    for (;;) {
      const x = -Math.log(1 - this.uniform()) / EDGE;
      const y = -Math.log(1 - this.uniform());
      if (y + y > x * x) return Math.floor(size / 256) % 2 ? -(EDGE + x) : EDGE + x;
    }
  }
}

/** SeedSequence(seed).generate_state(8). */
function seeded(seed) {
  let constant = 0x43b0d7e5;
  const hashed = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const pool = [seed, 0, 0, 0].map(hashed);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hashed(pool[from]));
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  let other = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, k) => {
    let value = pool[k % 4] ^ other;
    other = Math.imul(other, 0x58f38ded);
    value = Math.imul(value, other);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

// The layers (Marsaglia and Tsang 2000): 256 of one area under exp(−x²/2), the last one with the tail beyond EDGE.
const EDGE = 3.6541528853610088;
const [WIDTHS, INSIDE, HEIGHTS] = layers();

function layers() {
  const height = (x) => Math.exp(-0.5 * x * x);
  const area = EDGE * height(EDGE) + Math.sqrt(2 * Math.PI) * below(-EDGE);
  const [widths, inside, heights] = [0, 1, 2].map(() => new Float64Array(256));
  let x = EDGE;
  widths[0] = area / height(EDGE) / 2 ** 52;
  inside[0] = ((EDGE * height(EDGE)) / area) * 2 ** 52;
  heights[0] = 1;
  for (let k = 255; k > 0; k--) {
    [widths[k], heights[k]] = [x / 2 ** 52, height(x)];
    const inner = k > 1 ? Math.sqrt(-2 * Math.log(area / x + height(x))) : 0;
    inside[k] = (inner / x) * 2 ** 52;
    x = inner;
  }
  return [widths, inside, heights];
}

// ------------------------------------------------------------ the normal distribution

/** The chance of a normal number below x. */
export function below(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const beyond = z < 3 ? (1 - erf(z)) / 2 : tailOf(z);
  return x > 0 ? 1 - beyond : beyond;
}

/** The error function of 0 ≤ z < 3, by a series of positive terms. */
function erf(z) {
  let [term, sum] = [z, z];
  for (let n = 1; term > 1e-17 * sum; n++) sum += term *= (2 * z * z) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** Half of 1 − erf(z) for z ≥ 3, by its continued fraction. */
function tailOf(z) {
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (2 * Math.sqrt(Math.PI) * fraction);
}

// ------------------------------------------------------------ smooth fields

/** The row of weights that blurs a side of n pixels on the torus, over the blurred noise's deviation. */
function blur(n, width) {
  const kept = Array.from({ length: n }, (_, m) => Math.exp(-2 * (Math.PI * width * (Math.min(m, n - m) / n)) ** 2));
  const deviation = Math.sqrt(kept.reduce((sum, share) => sum + share * share, 0) / n);
  return Float64Array.from({ length: n }, (_, d) => kept.reduce((sum, share, m) => sum + share * Math.cos((2 * Math.PI * ((m * d) % n)) / n), 0) / n / deviation);
}

/** A field of `height`×`width` pixels, uniform in (0, 1) and alike over `wide` pixels; only the part in box is made. */
function smoothUniform(rng, height, width, wide, [top, left, bottom, right]) {
  const margin = Math.ceil(3 * wide);
  const [rows, columns] = [height + margin, width + margin];
  const noise = Float64Array.from({ length: rows * columns }, () => rng.normal());
  const [down, across] = [blur(rows, wide), blur(columns, wide)];
  const half = new Float64Array(rows * (right - left));
  for (let y = 0; y < rows; y++)
    for (let x = left; x < right; x++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += across[(x - k + columns) % columns] * noise[y * columns + k];
      half[y * (right - left) + x - left] = sum;
    }
  const field = new Float64Array((bottom - top) * (right - left));
  for (let y = top; y < bottom; y++)
    for (let x = 0; x < right - left; x++) {
      let sum = 0;
      for (let k = 0; k < rows; k++) sum += down[(y - k + rows) % rows] * half[k * (right - left) + x];
      field[(y - top) * (right - left) + x] = Math.min(1 - 1e-9, Math.max(1e-9, below(sum)));
    }
  return field;
}

/**
 * Classes drawn with the chances of S_R (Float32Array, a plane a class) in a box around the hole; 0 outside of it. The
 * same seed gives the same layout.
 */
export function another(chances, height, width, seed, box) {
  const rng = new Generator(seed);
  const size = height * width;
  const [top, left, bottom, right] = box;
  const drawn = new Uint8Array(size);
  const best = new Float64Array((bottom - top) * (right - left)).fill(-Infinity);
  for (let label = 0; label < chances.length / size; label++) {
    const field = smoothUniform(rng, height, width, SMOOTHNESS * Math.min(height, width), box);
    for (let y = top, k = 0; y < bottom; y++)
      for (let x = left; x < right; x++, k++) {
        const share = Math.max(chances[label * size + y * width + x], Math.fround(1e-12));
        const chance = Math.fround(Math.log(share)) - Math.log(-Math.log(field[k]));
        if (chance > best[k]) [best[k], drawn[y * width + x]] = [chance, label];
      }
  }
  return drawn;
}
