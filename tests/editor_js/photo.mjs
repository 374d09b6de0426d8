// A part of a photo, and the photo with what was painted in that part: stdin {height, width, left, top, side, size, pixels,
// painted, hole}, the last three as lists of bytes; stdout {part, whole} as base64.

import { readFileSync } from "node:fs";
import { part, whole } from "../../spg/editor/local/photo.js";

const { hole, painted, size, ...photo } = JSON.parse(readFileSync(0, "utf8"));
const coded = (bytes) => Buffer.from(bytes).toString("base64");
console.log(JSON.stringify({ part: coded(part(photo, size)), whole: coded(whole(photo, painted, hole, size)) }));
