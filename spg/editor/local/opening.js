// Files of the person's own, in the page's worker: a photo, or what was saved here.

import { Refused } from "./drawing.js";
import { unzipped } from "./files.js";
import { TooLarge, decoded } from "./photo.js";

/**
 * A file's bytes → {photo}, see photo.js; of saved work {picture (bytes RGB), document, kept, photo}, the photo where the
 * picture is a part of one. size: of the nets' side in pixels. Throws Refused, with the file's name, where it cannot be opened here.
 */
export async function opened(bytes, name, size, classes) {
  try {
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return await archive(unzipped(bytes), size, classes);
    if (/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return await record(json(bytes), [], size, classes);
    return { photo: await decoded(new Blob([bytes])) };
  } catch (error) {
    if (error instanceof TooLarge) throw new Refused("opened.too_large", { name });
    if (error instanceof Elsewhere) throw new Refused("opened.elsewhere", { name });
    throw new Refused("opened.unreadable", { name });
  }
}

class Elsewhere extends Error {}

const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

async function archive(files, size, classes) {
  const document = { ...json(files["edits.json"]), original: files["original.png"] };
  const work = await record(document, files["kept.json"] ? json(files["kept.json"]) : [], size, classes);
  if (!files["photo.json"]) return work;
  return { ...work, photo: { ...(await decoded(new Blob([files["photo-before.png"]]))), ...json(files["photo.json"]) } };
}

/** A record (see spg/editor/record.py) that has its picture with it, as a PNG's bytes or its data URL. */
async function record({ original, ...document }, kept, size, classes) {
  const { edits, format, version } = document;
  if (format !== "spg-edits" || version !== 1 || !Array.isArray(edits) || !Array.isArray(kept)) throw new Error("no record");
  const fits = String(document.size) === String([size, size]) && String(document.classes) === String(classes.map((one) => one.name));
  if (!fits || !original) throw new Elsewhere();
  const { pixels } = await decoded(new Blob([typeof original === "string" ? fromUrl(original) : original]));
  if (pixels.length !== 3 * size * size) throw new Elsewhere();
  return { picture: pixels, document, kept };
}

const fromUrl = (url) => Uint8Array.from(atob(url.split(",")[1]), (letter) => letter.charCodeAt(0));
