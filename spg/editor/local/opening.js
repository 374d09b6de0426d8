// Files of the person's own, in the page's worker: a picture, made as large as the nets are, or what was saved here.

import { Refused } from "./drawing.js";
import { unzipped } from "./files.js";

/**
 * A file's bytes → {picture (bytes RGB), document, kept}: the latter two of saved work, else undefined. size: of the
 * nets' side in pixels. Throws Refused, with the file's name, where it cannot be opened here.
 */
export async function opened(bytes, name, size, classes) {
  try {
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return await archive(unzipped(bytes), size, classes);
    if (/^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return await record(json(bytes), [], size, classes);
    return { picture: await pixels(bytes, size) };
  } catch (error) {
    if (error instanceof Elsewhere) throw new Refused("opened.elsewhere", { name });
    throw new Refused("opened.unreadable", { name });
  }
}

class Elsewhere extends Error {}

const json = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

function archive(files, size, classes) {
  const document = { ...json(files["edits.json"]), original: files["original.png"] };
  return record(document, files["kept.json"] ? json(files["kept.json"]) : [], size, classes);
}

/** A record (see spg/editor/record.py) that has its picture with it, as a PNG's bytes or its data URL. */
async function record({ original, ...document }, kept, size, classes) {
  const { edits, format, version } = document;
  if (format !== "spg-edits" || version !== 1 || !Array.isArray(edits) || !Array.isArray(kept)) throw new Error("no record");
  const fits = String(document.size) === String([size, size]) && String(document.classes) === String(classes.map((one) => one.name));
  if (!fits || !original) throw new Elsewhere();
  return { picture: await pixels(typeof original === "string" ? decoded(original) : original, size), document, kept };
}

const decoded = (url) => Uint8Array.from(atob(url.split(",")[1]), (letter) => letter.charCodeAt(0));

/** A picture's middle square at a size, upright, on white; bytes RGB. */
async function pixels(bytes, size) {
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const side = Math.min(bitmap.width, bitmap.height);
  const context = new OffscreenCanvas(size, size).getContext("2d");
  Object.assign(context, { fillStyle: "white", imageSmoothingQuality: "high" });
  context.fillRect(0, 0, size, size);
  context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  return Uint8Array.from(data.filter((_, i) => i % 4 < 3));
}
