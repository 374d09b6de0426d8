// What spg/editor/widget.py and actions.py do, without Python: messages of the browser's editor in, the traits that it
// shows out. Messages are done in order; when none waits, the maps are shown at once, then one picture.

import { said } from "../js/words.js";
import { Refused, unrun } from "./drawing.js";
import { png, zip } from "./files.js";
import { opened } from "./opening.js";
import { decoded, fitted, middle, part, small, whole } from "./photo.js";
import { Session, difference } from "./session.js";

const MOST = 12; // variants kept at a time
const SAMPLES = 6; // layouts of one "Six variants"
const MOST_BYTES = 100_000_000; // of a file that is opened: nothing but this worker's memory limits it

export class LocalEditor {
  /**
   * page: {nets: `Nets`, set: their name, size: their side, classes, street(k) → a promise of {height, width, picture, known}}.
   * publish(trait, value): shows a trait. send(content, bytes): hands a file over.
   */
  constructor(page, publish, send) {
    Object.assign(this, { page, publish, send, jobs: [], running: false, number: 0, seq: 0, shown: "layout" });
  }

  /** The first picture: street k, under the welcome. */
  async begin(k, welcome) {
    await this.take(await this.page.street(k), welcome);
    await this.refresh();
  }

  /** Go over to another picture. session: one that has it already. photo: the whole of which it is a part, see photo.js. */
  take(scene, welcome = false, session = null, photo = null) {
    const { classes, nets, set } = this.page;
    this.session = session ?? new Session(nets, scene, classes);
    Object.assign(this, { variants: [], names: [], nextSeed: 0, number: this.number + 1, painted: null, photo });
    const { height, picture, width } = scene;
    const about = { page: true, welcome, nets: set, choices: {}, opens: "pictures", limit: MOST_BYTES, photo: this.chosenFrom() };
    this.publish("scene", { number: this.number, height, width, coloured: nets.coloured, classes, picture, record: this.session.beginning(set), ...about });
    this.publish("filled", {});
    this.publish("chances", {});
    this.publishKept();
    this.say(said("begin.street"));
  }

  /** What the browser shows of the photo, for another part to be chosen; undefined where the picture is all of it. */
  chosenFrom() {
    if (!this.photo) return;
    const { edits, height, left, side, top, width } = this.photo;
    const { size } = this.page;
    if (height === size && width === size) return;
    return { edits, height, left, side, top, width, size, least: Math.min(size, height, width), small: small(this.photo) };
  }

  /** Edit a part of a photo, {left, top, side}. */
  async edit(photo, where) {
    const { nets, size } = this.page;
    const framed = { ...photo, ...fitted(photo, where, size) };
    const scene = { height: size, width: size, picture: part(framed, size) };
    this.take({ ...scene, known: await nets.label(scene) }, false, null, framed);
  }

  /** {height, width, pixels}: what is handed over as the picture, a photo at its own size. */
  async result() {
    const { photo, session } = this;
    const filled = await session.filled();
    if (!photo) return { height: session.height, width: session.width, pixels: filled };
    return { height: photo.height, width: photo.width, pixels: whole(photo, filled, session.drawing.hole, this.page.size) };
  }

  /** The photo as a file, made once: what the tab's memory of the work keeps. */
  async kept() {
    const { photo } = this;
    if (!photo) return;
    photo.file ??= new Blob([await png(photo.pixels, photo.height, photo.width)]);
    return { file: photo.file, ...whereOf(photo) };
  }

  /** A message of the browser; it is done when those before it are. */
  async post(content) {
    this.jobs.push(content);
    if (this.running) return;
    this.running = true;
    while (this.jobs.length) {
      while (this.jobs.length) await this.attempt(this.jobs.shift());
      await this.attempt({ type: "refresh" });
    }
    this.running = false;
    this.publish("done", this.seq);
  }

  async attempt(content) {
    try {
      const action = ACTIONS[content.type];
      if (!action) throw new Error(`unknown message ${content.type}`);
      this.say(await action(this, content));
    } catch (error) {
      this.say(error.said ?? error.message, error instanceof Refused ? "refused" : "error");
      if (!(error instanceof Refused)) console.error(error);
    } finally {
      this.seq = Math.max(this.seq, content.seq ?? 0);
    }
  }

  /** The maps at once, then one picture, and not even that if the next message is there. */
  async refresh() {
    const { session } = this;
    this.publish("frame", await this.frame());
    await moment();
    if (this.jobs.length) return;
    const start = performance.now();
    const filled = await session.filled();
    if (filled !== this.painted) {
      this.painted = filled;
      const milliseconds = Math.round(performance.now() - start);
      this.publish("filled", { seq: this.seq, scene: this.number, ...(await session.variant()), milliseconds });
    }
    if (["chance", "entropy"].includes(this.shown) && session.missing) this.publish("chances", await this.chances());
  }

  async frame() {
    const { drawing, history } = this.session;
    const layout = await this.session.layout();
    const maps = layout.map((label, i) => label + 8 * drawing.hole[i] + 16 * drawing.decided[i]);
    const [barred, asked] = [drawing.barred, drawing.asked].map((map) => (map.some(Boolean) ? map.slice() : new Uint8Array(0)));
    const state = { undo: history.before.length > 0, redo: history.undone.length > 0, edits: history.edits.length, colours: drawing.colours };
    return { seq: this.seq, scene: this.number, maps, barred, asked, ...state };
  }

  /** S_R, and last its entropy over the most it can be, in the box around the hole: planes of 0..255. */
  async chances() {
    const { drawing, width } = this.session;
    const [chances, size, classes] = [await this.session.chances(), drawing.hole.length, this.page.classes.length];
    const box = drawing.box;
    const [top, left, bottom, right] = box;
    const area = (bottom - top) * (right - left);
    const planes = new Uint8Array(area * (classes + 1));
    for (let k = 0; k < area; k++) {
      const i = (top + Math.floor(k / (right - left))) * width + left + (k % (right - left));
      let entropy = 0;
      for (let c = 0; c < classes; c++) {
        const p = chances[c * size + i];
        planes[c * area + k] = Math.round(255 * p);
        entropy -= p * Math.log2(Math.max(p, 1e-9));
      }
      planes[classes * area + k] = Math.round((255 * entropy) / Math.log2(classes));
    }
    return { scene: this.number, box, planes };
  }

  publishKept() {
    const variants = this.variants.map(({ box, pixels }, k) => ({ id: this.names[k], box, pixels, obeys: null }));
    this.publish("kept", { scene: this.number, variants, difference: difference(this.variants) });
  }

  add(variant) {
    this.variants.push(variant);
    this.names.push(Math.max(0, ...this.names) + 1);
    this.publishKept();
  }

  room(n) {
    if (this.variants.length + n > MOST) throw new Refused("kept.full", { n: MOST });
  }

  placeOf({ id }) {
    const place = this.names.indexOf(id);
    if (place < 0) throw new Error(`there is no kept variant ${id}`);
    return place;
  }

  say(sentence, tone = "good") {
    if (sentence) this.publish("status", { said: sentence, tone, number: ++sentences });
  }

  /** Of a photo, beside the part: the whole as it is now, as it was before the part was edited, and where the part lies. */
  async photos(text) {
    const { photo } = this;
    if (!photo) return {};
    const { height, pixels, width } = await this.result();
    const before = await png(photo.pixels, height, width);
    return { "photo.png": await png(pixels, height, width), "photo-before.png": before, "photo.json": await text(whereOf(photo)) };
  }

  async outputs() {
    const { drawing, height, picture, width } = this.session;
    const layout = await this.session.layout();
    const { classes, set } = this.page;
    const coloured = Uint8Array.from({ length: 3 * layout.length }, (_, k) => classes[layout[Math.floor(k / 3)]].colour[k % 3]);
    const text = async (value) => new TextEncoder().encode(JSON.stringify(await value) + "\n");
    return {
      "picture.png": await png(await this.session.filled(), height, width),
      "original.png": await png(picture, height, width),
      "labels.png": await png(layout, height, width, 1),
      "labels-colours.png": await png(coloured, height, width),
      "hole.png": await png(drawing.hole.map((missing) => 255 * missing), height, width, 1),
      "edits.json": await text(this.session.document(set)),
      "kept.json": await text(this.variants.map(({ restore }) => restore)),
      ...(await this.photos(text)),
    };
  }
}

let sentences = 0;

const whereOf = ({ edits, left, side, top }) => ({ edits, left, side, top });

/** Let a message that has come in be heard. */
const moment = () => new Promise((go) => setTimeout(go));

/** One function a message, (editor, content) → what is said of it, or nothing. */
const ACTIONS = {
  edit: (editor, { edit }) => editor.session.edit(edit),
  undo: (editor) => editor.session.undo(),
  redo: (editor) => editor.session.redo(),
  another: (editor) => editor.session.edit({ do: "another", seed: editor.session.nextSeed() }),
  sample,
  keep: async (editor) => {
    if (!editor.session.missing) throw new Refused("no_hole.keep");
    editor.room(1);
    editor.add(await editor.session.variant());
    return said("kept", { n: editor.variants.length });
  },
  use: async (editor, content) => {
    const place = editor.placeOf(content);
    await editor.session.edit(editor.variants[place].restore);
    return said("kept.used", { n: place + 1 });
  },
  drop: (editor, content) => {
    const place = editor.placeOf(content);
    for (const list of [editor.variants, editor.names]) list.splice(place, 1);
    editor.publishKept();
    return said("kept.dropped", { n: place + 1 });
  },
  clear: (editor) => {
    Object.assign(editor, { variants: [], names: [] });
    editor.publishKept();
    return said("kept.cleared");
  },
  street: async (editor, { k }) => editor.take(await editor.page.street(k)),
  show: (editor, { what }) => void (editor.shown = what),
  ping: () => undefined,
  remember: async (editor) => {
    const [document, kept] = [await editor.session.document(editor.page.set), editor.variants.map(({ restore }) => restore)];
    editor.send({ type: "remember", document, kept, photo: await editor.kept() });
  },
  resume: async (editor, { data, document, kept, photo }) => {
    const known = photo && { ...(await decoded(photo.file)), ...whereOf(photo) };
    return again(editor, "resumed", new Uint8Array(data), document, kept, known);
  },
  open: async (editor, { data, name }) => {
    const { classes, size } = editor.page;
    const { document, kept, photo, picture } = await opened(new Uint8Array(data), name, size, classes);
    if (document) return said("opened", { name, what: await again(editor, "opened.archive", picture, document, kept, photo) });
    await editor.edit(photo, middle(photo));
    const { height, width } = photo;
    return said("opened", { name, what: said("opened.photo", { height, width, side: editor.photo.side }) });
  },
  part: async (editor, where) => {
    const { history } = editor.session;
    const edits = editor.photo.edits + history.edits.length;
    const pixels = (await editor.result()).pixels;
    await editor.edit({ ...editor.photo, pixels, edits, file: history.edits.length ? null : editor.photo.file }, where);
    return said("part.here", { side: editor.photo.side });
  },
  refresh: (editor) => editor.refresh(),
  save: async (editor) => {
    editor.send({ type: "saved", name: "spg-edit.zip", mime: "application/zip" }, zip(await editor.outputs()));
    return said("saved.all");
  },
  picture: async (editor, { copy }) => {
    const { height, pixels, width } = await editor.result();
    const name = copy ? { type: "copied" } : { type: "saved", name: "spg-picture.png" };
    editor.send({ ...name, mime: "image/png" }, await png(pixels, height, width));
    return copy ? undefined : said("saved.picture");
  },
};

/** A record done again on its picture, and what was kept beside it. key: of the sentence that says so. */
async function again(editor, key, picture, document, kept, photo) {
  const [height, width] = document.size;
  const scene = { height, width, picture, known: unrun(document.labels, height * width) };
  const session = new Session(editor.page.nets, scene, editor.page.classes);
  for (const edit of document.edits) await session.edit(edit);
  const variants = [];
  for (const restore of kept) variants.push(await session.variant(restore));
  editor.take(scene, false, session, photo);
  variants.forEach((variant) => editor.add(variant));
  const { layout } = document.result;
  const same = (await session.document(editor.page.set)).result.layout === layout;
  const how = !layout ? "opened.again" : same ? "opened.again.same" : "opened.again.other";
  return said(key, { again: said(how, { n: document.edits.length }), n: kept.length });
}

/** Six other layouts, painted and kept, with how much they differ; the drawing stays as it is. */
async function sample(editor) {
  const { session } = editor;
  if (!session.missing) throw new Refused("no_hole");
  editor.room(SAMPLES);
  const first = Math.max(editor.nextSeed, session.nextSeed(), ...session.history.edits.filter((edit) => edit.do === "another").map(({ seed }) => seed + 1));
  for (let number = 1; number <= SAMPLES; number++) {
    editor.say(said("sampling", { n: number, of: SAMPLES }));
    await moment();
    editor.add(await session.variant({ do: "another", seed: first + number - 1 }));
    editor.nextSeed = first + number;
  }
  return said("sampled.page", { percent: Math.round(100 * difference(editor.variants.slice(-SAMPLES))) });
}
