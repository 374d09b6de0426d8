// SP-Net and SG-Net in ONNX Runtime, as spg/inpainting.py runs them on a picture that is not larger than they are.

/** runtime: onnxruntime's module; bytesOf(file) → a promise of its bytes; engine: what the runtime computes with. */
export class Nets {
  constructor(runtime, manifest, bytesOf, engine = "wasm") {
    Object.assign(this, { runtime, manifest, bytesOf, engine, sessions: {}, others: null });
    const [spnet, sgnet] = ["spnet", "sgnet"].map((kind) => Object.keys(manifest.nets).find((name) => name === `${kind}-plus`) ?? kind);
    Object.assign(this, { spnet, sgnet, coloured: "colour" in manifest.nets[sgnet].inputs, soft: manifest.nets[sgnet].soft });
    this.count = manifest.classes.length;
    const label = (wanted) => manifest.classes.findIndex(({ name }) => name === wanted);
    this.usual = ["vehicle", "person"].map(label).filter((found) => found >= 0); // what is asked for in its usual colour
  }

  /** Load every net, and run each once: the first run of all is slow. */
  async ready(height, width) {
    const empty = { height, width, image: new Float32Array(3 * height * width), labels: new Float32Array(this.count * height * width), hole: new Float32Array(height * width), colour: new Float32Array(4 * height * width) };
    for (const name of [this.spnet, this.sgnet, ...(this.coloured ? ["class-fill"] : [])]) await this.run(name, empty);
  }

  /** Leave all runs to the same nets in another engine, until a run of theirs fails: failed(error) is told. */
  handOver(others, failed) {
    Object.assign(this, { others, failed });
  }

  async run(name, given) {
    if (!this.others) return this.runHere(name, given);
    try {
      return await this.others.run(name, given);
    } catch (error) {
      this.others = null;
      this.failed(error);
      return this.runHere(name, given);
    }
  }

  session(name) {
    const options = { executionProviders: [this.engine], graphOptimizationLevel: "basic" };
    const made = async () => this.runtime.InferenceSession.create(await this.bytesOf(this.manifest.nets[name].file), options);
    return (this.sessions[name] ??= made().catch((error) => {
      delete this.sessions[name]; // what did not come may come when it is asked for again
      throw error;
    }));
  }

  async runHere(name, given) {
    const entry = this.manifest.nets[name];
    const session = await this.session(name);
    const { height, width } = given;
    const feeds = Object.fromEntries(Object.keys(entry.inputs).map((input) => [input, new this.runtime.Tensor("float32", given[input], [1, given[input].length / (height * width), height, width])]));
    const results = await session.run(feeds);
    return Object.values(results)[0].data;
  }

  /**
   * The classes that the segmenter sees in a complete picture (bytes RGB), as Python's `recognised` has them. It wants a
   * hole of a pixel, as in its training: the last one.
   */
  async label({ height, width, picture }) {
    const hole = new Uint8Array(height * width);
    hole[hole.length - 1] = 1;
    const chances = await this.run("segmenter", { height, width, image: seen(picture, hole), hole: Float32Array.from(hole) });
    return likeliestOf(chances, this.count);
  }

  /** SP-Net's chances S_R, a plane a class, of a hole in a picture (bytes RGB) with these known labels. */
  predict({ height, width, hole, picture, known }) {
    const labels = oneHot(known, this.count, (i) => !hole[i]);
    return this.run(this.spnet, { height, width, image: seen(picture, hole), labels, hole: Float32Array.from(hole) });
  }

  /**
   * The picture (bytes RGB) with its hole painted after a layout. opinion: S_R where SG-Net shall go by it, or null;
   * decided: where it shall not. asked, colours: where the k-th colour is asked for, a map of k and RGB.
   */
  async paint({ height, width, hole, picture, layout, opinion, decided, asked, colours }) {
    const size = height * width;
    const labels = oneHot(layout, this.count, () => true);
    if (opinion && this.soft) hole.forEach((missing, i) => {
      if (missing && !decided[i]) for (let c = 0; c < this.count; c++) labels[c * size + i] = opinion[c * size + i];
    });
    const given = { height, width, image: seen(picture, hole), labels, hole: Float32Array.from(hole) };
    if (this.coloured) given.colour = await this.colour(given, hole, asked, colours);
    const painted = await this.run(this.sgnet, given);
    const filled = picture.slice();
    hole.forEach((missing, i) => {
      if (missing) for (let c = 0; c < 3; c++) filled[3 * i + c] = toByte(painted[c * size + i]);
    });
    return filled;
  }

  /** What is asked for, 4 planes: the colours of `asked`; elsewhere each vehicle or person in its class's colour nearby. */
  async colour(given, hole, asked, colours) {
    const size = hole.length;
    const colour = new Float32Array(4 * size);
    const objects = this.usual.flatMap((label) => components(likeliest(given.labels, hole, label, this.count), given.height, given.width));
    const nearby = objects.length ? await this.run("class-fill", given) : null;
    for (const pixels of objects) {
      const mean = [0, 1, 2].map((c) => pixels.reduce((sum, i) => sum + nearby[c * size + i], 0) / pixels.length);
      for (const i of pixels) [...mean, 1].forEach((value, c) => (colour[c * size + i] = value));
    }
    hole.forEach((missing, i) => {
      if (missing && asked[i]) [...colours[asked[i] - 1].map(toFloat), 1].forEach((value, c) => (colour[c * size + i] = value));
    });
    return colour;
  }
}

/**
 * Throw where two engines' nets do not make the same of a street (bytes RGB, labels) whose lower half is missing: the
 * picture within a grey level, and the likeliest classes of all but a pixel in a thousand.
 */
export async function compare(one, other, street) {
  const [its, mine] = [await tried(other, street), await tried(one, street)];
  const level = mine.picture.reduce((most, byte, k) => Math.max(most, Math.abs(byte - its.picture[k])), 0);
  const [predicted, seen] = ["predicted", "seen"].map((map) => mine[map].filter((label, i) => label !== its[map][i]).length);
  if (level > 1 || Math.max(predicted, seen) > street.known.length / 1000)
    throw new Error(`its pictures differ by ${level} levels, its classes in ${predicted} and ${seen} pixels`);
}

/** Whether nets fill a street sooner than others. Both have done so before: a first run takes longer. */
export async function sooner(nets, others, street) {
  const took = [];
  for (const these of [nets, others]) {
    const began = performance.now();
    await tried(these, street);
    took.push(performance.now() - began);
  }
  return took[0] < took[1];
}

async function tried(nets, { height, width, picture, known }) {
  const [hole, none] = [known.map((_, i) => (i < known.length / 2 ? 0 : 1)), new Uint8Array(known.length)];
  const scene = { height, width, picture, known, hole, layout: known, opinion: null, decided: none, asked: none, colours: [] };
  const predicted = likeliestOf(await nets.predict(scene), nets.count);
  return { predicted, seen: await nets.label(scene), picture: await nets.paint(scene) };
}

const toFloat = (byte) => byte / 127.5 - 1;

function toByte(value) {
  const scaled = Math.fround(Math.fround(Math.min(1, Math.max(-1, value)) + 1) * 127.5);
  const whole = Math.round(scaled);
  return scaled % 1 === 0.5 && whole % 2 ? whole - 1 : whole; // halves to the even number, as PyTorch rounds
}

/** The picture as the nets see it: planes in [-1, 1], 0 in the hole. */
function seen(picture, hole) {
  const size = hole.length;
  return Float32Array.from({ length: 3 * size }, (_, k) => (hole[k % size] ? 0 : toFloat(picture[3 * (k % size) + Math.floor(k / size)])));
}

/** A plane a class; where `there` says no, all are 0. */
function oneHot(labels, classes, there) {
  const planes = new Float32Array(classes * labels.length);
  labels.forEach((label, i) => there(i) && (planes[label * labels.length + i] = 1));
  return planes;
}

/** 1 where a missing pixel's likeliest class is this one. */
function likeliest(planes, hole, label, classes) {
  const best = likeliestOf(planes, classes);
  return hole.map((missing, i) => (missing && best[i] === label ? 1 : 0));
}

/** Of each pixel the likeliest class, the first of several. */
function likeliestOf(planes, classes) {
  const size = planes.length / classes;
  return Uint8Array.from({ length: size }, (_, i) => {
    let found = 0;
    for (let c = 1; c < classes; c++) if (planes[c * size + i] > planes[found * size + i]) found = c;
    return found;
  });
}

/** The pixels of each part of a mask that hangs together, over edges or corners. */
function components(mask, height, width) {
  const [left, found] = [mask.slice(), []];
  mask.forEach((_, start) => {
    if (!left[start]) return;
    const pixels = [start];
    left[start] = 0;
    for (let k = 0; k < pixels.length; k++) {
      const [y, x] = [Math.floor(pixels[k] / width), pixels[k] % width];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++)
          if (left[v * width + u]) pixels.push(v * width + u), (left[v * width + u] = 0);
    }
    found.push(pixels);
  });
  return found;
}
