// What was drawn on a page outlives its tab: after each rest it is put into the browser's IndexedDB, and when the page is
// opened next, offered. The last works of closed tabs are there, so many and no larger; where there is no IndexedDB, as in
// some private windows, nothing is kept, and nothing said.

import { h, pictureOf } from "./dom.js";
import { restoring } from "./link.js";
import { button } from "./panel.js";
import { counted, language, tell } from "./words.js";

const REST = 500; // milliseconds of rest
const MOST_WORKS = 3;
const LARGEST = 8_000_000; // of a picture's bytes, and of its edits' characters: Jupyter's messages end at 10 MB
const CHANGES = ["edit", "undo", "redo", "another", "sample", "keep", "use", "drop", "clear", "nets", "part"];

/** One for each editor of a page, however many views it has; `view` is the last. */
export class Keeper {
  constructor() {
    Object.assign(this, { number: null, next: null, changed: false, timer: 0, last: null });
  }

  /** Another picture, or the first: it is another work, unless it is one that was gone on with. */
  begin({ number, page }) {
    if (!page || number === this.number) return;
    const first = this.number === null;
    Object.assign(this, { number, id: this.next ?? `${Date.now()}-${Math.random()}`, next: null, last: null });
    held(this.id);
    if (first) this.offer();
  }

  /** A message was sent. */
  sent(type) {
    clearTimeout(this.timer);
    if (CHANGES.includes(type)) this.changed = true;
    if (["open", "street"].includes(type)) this.next = null;
  }

  /** Nothing is left to do: soon, ask for the record. */
  rest() {
    if (!this.changed || !this.id) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.changed = false;
      this.view.link.send({ type: "remember" });
    }, REST);
  }

  /** The record, as Python or the worker hands it over: {document, kept, profile, photo}; photo: of the page, see photo.js. */
  async store({ document, kept, profile, photo }) {
    const { height, original, width } = this.view.board;
    const picture = original.slice(); // a view would take its whole message with it
    const work = { id: this.id, when: Date.now(), height, width, picture, document, kept, profile, photo };
    if (picture.length > LARGEST || JSON.stringify([document, kept]).length > LARGEST) return;
    this.last = work;
    if (!document.edits.length && !kept.length && !photo?.edits) return this.forget();
    await quietly(() => inStore("readwrite", (works) => works.put(work)));
    const others = (await all()).filter(({ id }) => id !== this.id).slice(MOST_WORKS - 1);
    for (const { id } of others) await quietly(() => inStore("readwrite", (works) => works.delete(id)));
  }

  /** Python is silent: what is drawn, after the last that it handed over. */
  alone() {
    if (!this.id) return;
    const { board } = this.view;
    const { document, kept, profile, photo } = this.last ?? { document: { ...board.record, edits: [] }, kept: [] };
    const last = this.last;
    this.store({ document: { ...document, edits: [...document.edits, restoring(board)], result: {} }, kept, profile, photo });
    this.last = last;
  }

  /** The work is saved elsewhere, or was given up. */
  forget(id = this.id) {
    return id && quietly(() => inStore("readwrite", (works) => works.delete(id)));
  }

  /** Ask whether to go on with the last work that no other tab has open. */
  async offer() {
    const open = await namesHeld();
    const [work] = (await all()).filter(({ id }) => !open.has(id));
    const { actions, link, model, notice } = this.view;
    if (!work || model.get("frame")?.edits) return notice.offer(this.view.board, model.get("frame"));
    const { document, kept, photo, picture, profile } = work;
    const go = () => {
      notice.hide();
      actions.replacing(tell("offer.picture"), () => {
        this.next = work.id;
        link.send({ type: "resume", document, kept, profile, photo }, [picture.buffer]);
      });
    };
    const again = async () => (await this.forget(work.id), notice.hide(), this.offer());
    notice.show(
      [small(work), h("span", {}, sentence(work))],
      button(tell("offer.go"), tell("offer.go.title"), go),
      button(tell("offer.anew"), tell("offer.anew.title"), () => notice.hide()),
      button(tell("offer.delete"), tell("offer.delete.title"), again),
    );
  }
}

function sentence({ document, kept, photo, when }) {
  const date = new Date(when).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
  const [edits, variants] = [counted("work.edits", document.edits.length + (photo?.edits ?? 0)), counted("work.variants", kept.length)];
  return tell("offer", { when: date, work: kept.length ? tell("work.both", { edits, variants }) : edits });
}

function small({ height, picture, width }) {
  const canvas = pictureOf(picture, height, width);
  canvas.className = "spg-small";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

// ------------------------------------------------------------ the works in IndexedDB, and which of them a tab has open

/** Do something in the store of works; answers with what it asked for. Rejects where there is no IndexedDB, or no room. */
async function inStore(mode, act) {
  const database = await new Promise((done, failed) => {
    const asked = indexedDB.open("spg-editor", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("works", { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction("works", mode);
      const asked = act(transaction.objectStore("works"));
      transaction.oncomplete = () => done(asked.result);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

const quietly = (act) => act().catch(() => null);

/** Every work, the last first. */
async function all() {
  const works = (await quietly(() => inStore("readonly", (store) => store.getAll()))) ?? [];
  return works.sort((a, b) => b.when - a.when);
}

const LOCK = "spg-editor-";

/** As long as this page is open, other tabs see that this work is at hand here. */
const held = (id) => quietly(async () => navigator.locks.request(LOCK + id, () => new Promise(() => {})));

async function namesHeld() {
  const found = await quietly(async () => navigator.locks.query()); // not there on plain HTTP
  return new Set((found?.held ?? []).map(({ name }) => name.slice(LOCK.length)));
}
