// Do the edits of records in the page's session: stdin {page: its folder, records: [{street, edits}]}; stdout, for each,
// {layout and hole as runs, filled as base64, document}. labelled: streets; then, of each, what the segmenter sees, as runs. Edits are done as messages are: "undo" and "redo" too.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { page, records, labelled } = JSON.parse(readFileSync(0, "utf8"));
const from = (file) => import(pathToFileURL(`${page}/${file}`).href);
const [{ Nets }, { Session }, { runs }, { choose, told }] = await Promise.all(["local/nets.js", "local/session.js", "js/board.js", "js/words.js"].map(from));
choose("en");
const runtime = await from("runtime/ort.wasm.min.mjs");
runtime.env.wasm.numThreads = 1;
const about = JSON.parse(readFileSync(`${page}/page.json`));
const nets = new Nets(runtime, JSON.parse(readFileSync(`${page}/nets/manifest.json`)), async (file) => new Uint8Array(readFileSync(`${page}/nets/${file}`)));

const done = [];
for (const { street, edits } of records) {
  const { file, height, width } = about.streets[street];
  const bytes = new Uint8Array(readFileSync(`${page}/${file}`));
  const scene = { height, width, picture: bytes.slice(0, 3 * height * width), known: bytes.slice(3 * height * width) };
  const session = new Session(nets, scene, about.classes);
  const said = [];
  for (const edit of edits) said.push(told(edit === "undo" ? session.undo() : edit === "redo" ? session.redo() : await session.edit(edit)));
  const filled = Buffer.from(await session.filled()).toString("base64");
  done.push({ said, layout: runs(await session.layout()), hole: runs(session.drawing.hole), filled, document: await session.document(about.set) });
}
for (const street of labelled ?? []) {
  const { file, height, width } = about.streets[street];
  const bytes = new Uint8Array(readFileSync(`${page}/${file}`));
  done.push(runs(await nets.label({ height, width, picture: bytes.slice(0, 3 * height * width) })));
}
console.log(JSON.stringify(done));
