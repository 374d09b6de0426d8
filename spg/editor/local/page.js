// The page: the same editor as in a notebook, and in the place of its kernel a worker.

import editor from "../js/main.js";
import { CHANGED, language, tell } from "../js/words.js";

const WORKER = "local/worker.js";

/** What anywidget's model is to the editor: traits to read and follow, and messages to send. */
class Model {
  constructor(worker, samples) {
    Object.assign(this, { worker, traits: { samples }, handlers: {}, held: new Set() });
  }

  get(name) {
    return this.traits[name];
  }

  set(name, value) {
    this.traits[name] = value;
    this.tell(`change:${name}`);
  }

  on(name, handler) {
    (this.handlers[name] ??= new Set()).add(handler);
  }

  off(name, handler) {
    this.handlers[name]?.delete(handler);
  }

  tell(name, ...about) {
    for (const handler of this.handlers[name] ?? []) handler(...about);
  }

  send(content, _, [data] = []) {
    this.worker.postMessage({ ...content, data });
    queueMicrotask(() => this.tell("msg:custom", { type: "got", seq: content.seq })); // a worker does not go away
  }
}

/** The files that a page of one file has in it, packed by gzip: name → bytes. Of a page of many: none. */
async function unpacked() {
  const files = [...document.querySelectorAll("script[data-file]")].map(async (element) => {
    const bytes = Uint8Array.from(atob(element.textContent), (letter) => letter.charCodeAt(0));
    element.remove();
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return [element.dataset.file, new Uint8Array(await new Response(stream).arrayBuffer())];
  });
  return Object.fromEntries(await Promise.all(files));
}

/** script: the worker's own, of a page of one file. From a disk it cannot be a module. */
function workerOf(script) {
  if (!script) return new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  return new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
}

async function open() {
  const packed = await unpacked();
  const read = async (file) => packed[file] ?? new Uint8Array(await (await fetch(file)).arrayBuffer());
  const page = JSON.parse(new TextDecoder().decode(await read("page.json")));
  const samples = await Promise.all(page.thumbnails.map(read));
  const worker = workerOf(packed[WORKER]);
  worker.postMessage({ packed, engine: new URLSearchParams(location.hash.slice(1)).get("engine") }); // #engine=webgpu or wasm
  const model = new Model(worker, samples);
  worker.onerror = (event) => failed(event.message);
  worker.onmessage = ({ data }) => {
    if (data.failed) return failed(data.failed);
    if (data.trait) model.set(data.trait, data.value);
    if (data.content) model.tell("msg:custom", data.content, [data.bytes]);
    if (data.engine) document.documentElement.dataset.engine = data.engine;
    if (data.ready) show(model);
  };
}

function show(model) {
  document.getElementById("loading").remove();
  editor.render({ model, el: document.getElementById("editor") });
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

function failed(why) {
  const loading = document.getElementById("loading");
  if (!loading) return;
  loading.querySelector("progress").remove();
  loading.querySelector("p").textContent = tell("loading.failed", { why });
}

/** The words that stand in index.html itself, for the moment before this is here. */
function speak() {
  document.documentElement.lang = language();
  document.title = tell("title.street");
  const loading = document.getElementById("loading");
  if (!loading) return;
  loading.querySelector("h1").textContent = tell("title.street");
  const text = loading.querySelector("p");
  text.textContent = tell("loading", text.dataset);
  loading.querySelector("progress").setAttribute("aria-label", tell("loading.progress"));
}

speak();
addEventListener(CHANGED, () => queueMicrotask(speak)); // when the editor speaks it
if (location.protocol !== "file:") navigator.serviceWorker?.register("offline.js").catch(() => {}); // without it the page works, but not offline
open().catch((error) => failed(error.message));
