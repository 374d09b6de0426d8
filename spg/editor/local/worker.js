// The page's worker: ONNX Runtime, the nets and the session, away from the thread that draws.

import * as runtime from "../runtime/ort.wasm.min.mjs";
import { said } from "../js/words.js";
import { LocalEditor } from "./editor.js";
import { Nets, compare, sooner } from "./nets.js";

const WASM = "runtime/ort-wasm-simd-threaded.wasm";
const WEBGPU = "../runtime/ort.jspi.min.mjs"; // its WASM waits for the GPU by JSPI, and is thus 10 MB smaller
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

function prepare({ env }) {
  env.wasm.numThreads = 1; // more need headers that a plain host does not send
  if (packed[WASM]) env.wasm.wasmBinary = packed[WASM];
  else env.wasm.wasmPaths = new URL("../runtime/", import.meta.url).href;
}

/** Whether to try WebGPU: on a real GPU, as one in software is slower than WASM. wanted: "webgpu" tries that, too. */
async function tries(wanted) {
  if (packed[WASM] || wanted === "wasm" || !WebAssembly.Suspending) return false;
  const adapter = await navigator.gpu?.requestAdapter();
  return Boolean(adapter && (wanted === "webgpu" || !adapter.info.isFallbackAdapter));
}

/** Go over from WASM to WebGPU, once it has made the same of a street, and sooner. */
async function accelerate({ nets, street }, wanted) {
  if (!(await tries(wanted))) return;
  const gpu = await import(WEBGPU);
  prepare(gpu);
  const others = new Nets(gpu, nets.manifest, nets.bytesOf, "webgpu");
  const first = await street(0);
  await compare(nets, others, first);
  if (wanted !== "webgpu" && !(await sooner(others, nets, first))) throw new Error("it is slower here");
  nets.handOver(others, stays);
  postMessage({ engine: "webgpu" });
}

function stays(error) {
  console.warn(`The nets stay with WASM, not WebGPU: ${error.message}`);
  postMessage({ engine: "wasm" });
}

async function start(engine) {
  prepare(runtime);
  const [page, manifest] = await Promise.all([parsed("page.json"), parsed("nets/manifest.json")]);
  const nets = new Nets(runtime, manifest, (file) => fetched(`nets/${file}`));
  const { height, width } = page.streets[0];
  const about = { nets, set: page.set, size: height, classes: page.classes, street: (k) => street(page.streets[k]) };
  const publish = (trait, value) => postMessage({ trait, value });
  const editor = new LocalEditor(about, publish, (content, bytes) => postMessage({ content, bytes }));
  await editor.begin(0, true);
  postMessage({ ready: true, engine: "wasm" });
  const complain = (error) => editor.say(said("loading.failed", { why: error.message }), "error");
  nets.ready(height, width).then(() => accelerate(about, engine).catch(stays), complain);
  return editor;
}

let started; // by the first message, which brings the packed files

onmessage = async ({ data }) => {
  if (started) return (await started).post(data);
  packed = data.packed;
  started = start(data.engine);
  started.catch((error) => postMessage({ failed: String(error.message ?? error) }));
};
