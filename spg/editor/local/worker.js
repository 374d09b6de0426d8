// The page's worker: ONNX Runtime, the nets and the session, away from the thread that draws.

import * as runtime from "../runtime/ort.wasm.min.mjs";
import { said } from "../js/words.js";
import { LocalEditor } from "./editor.js";
import { Nets } from "./nets.js";

const WASM = "runtime/ort-wasm-simd-threaded.wasm";
let packed = {}; // the files that a page of one file has in it: name → bytes

async function fetched(file) {
  if (packed[file]) return packed[file];
  const answer = await fetch(new URL(`../${file}`, import.meta.url));
  if (!answer.ok) throw new Error(`${file} did not come: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const parsed = async (file) => JSON.parse(new TextDecoder().decode(await fetched(file)));

/** A street's file: its pixels RGB, then its labels. */
async function street({ file, height, width }) {
  const bytes = await fetched(file);
  return { height, width, picture: bytes.slice(0, 3 * height * width), known: bytes.slice(3 * height * width) };
}

async function start() {
  runtime.env.wasm.numThreads = 1; // more need headers that a plain host does not send
  if (packed[WASM]) runtime.env.wasm.wasmBinary = packed[WASM];
  else runtime.env.wasm.wasmPaths = new URL("../runtime/", import.meta.url).href;
  const [page, manifest] = await Promise.all([parsed("page.json"), parsed("nets/manifest.json")]);
  const nets = new Nets(runtime, manifest, (file) => fetched(`nets/${file}`));
  const { height, width } = page.streets[0];
  const about = { nets, set: page.set, size: height, classes: page.classes, street: (k) => street(page.streets[k]) };
  const publish = (trait, value) => postMessage({ trait, value });
  const editor = new LocalEditor(about, publish, (content, bytes) => postMessage({ content, bytes }));
  await editor.begin(0, true);
  postMessage({ ready: true });
  nets.ready(height, width).catch((error) => editor.say(said("loading.failed", { why: error.message }), "error"));
  return editor;
}

let started; // by the first message, which brings the packed files

onmessage = async ({ data }) => {
  if (started) return (await started).post(data);
  packed = data.packed;
  started = start();
  started.catch((error) => postMessage({ failed: String(error.message ?? error) }));
};
