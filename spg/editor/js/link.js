// The line to Python: numbered messages, an answer to each, and a warning when none comes. And the drawing kept in the
// browser's tab for the day the kernel is gone: hole and layout as an edit that restores them.

import { runs } from "./board.js";
import { pictureOf } from "./dom.js";

const PATIENCE = 5000; // milliseconds until silence is said

/** One per model, however many views it has. */
export class Link {
  constructor(model, onSilence, onVoice, onSent = () => {}) {
    Object.assign(this, { model, onSilence, onVoice, onSent, waiting: new Map(), silent: false });
    this.seq = model.get("frame")?.seq ?? 0;
  }

  /** Send a message; returns its number. */
  send(content, buffers = []) {
    const seq = ++this.seq;
    const silence = setTimeout(() => this.lost(), PATIENCE);
    this.waiting.set(seq, silence);
    this.onSent(seq, content.type);
    try {
      this.model.send({ ...content, seq }, undefined, buffers);
    } catch {
      this.lost();
    }
    return seq;
  }

  /** Python has message number seq. */
  got(seq) {
    for (const [number, timer] of this.waiting) {
      if (number > seq) continue;
      clearTimeout(timer);
      this.waiting.delete(number);
    }
    if (this.silent) {
      this.silent = false;
      this.onVoice();
    }
  }

  lost() {
    if (this.silent) return;
    this.silent = true;
    this.onSilence();
  }
}

// ------------------------------------------------------------ kept in the tab

/** A short name for a picture: FNV-1a over its bytes and size. */
export function nameOf(board) {
  if (board.name) return board.name;
  let hash = 0x811c9dc5;
  for (const byte of board.original) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (board.name = `spg-editor-${board.width}x${board.height}-${hash.toString(16)}`);
}

/** The edit that brings the board's drawing back (see spg/editor/edits.py). */
export function restoring(board) {
  const painted = board.layout.map((label, i) => (board.decided[i] ? label : 0));
  const barred = board.barred.length ? board.barred : new Uint8Array(board.hole.length);
  const asked = board.asked.some(Boolean) ? { asked: runs(board.asked), colours: board.colours } : {};
  return { do: "restore", hole: runs(board.hole), decided: runs(board.decided), painted: runs(painted), barred: runs(barred), ...asked };
}

/**
 * The drawing as a record that `spg replay` and "Open…" do again (see spg/editor/record.py), made without
 * Python: one step, the picture with it, and no result to compare with, since nothing was painted.
 */
export function record(board) {
  const original = pictureOf(board.original, board.height, board.width).toDataURL("image/png");
  return { ...board.record, original, edits: [restoring(board)], result: {} };
}

/** Remember it; a full or forbidden storage is no reason to stop drawing. */
export function remember(board) {
  try {
    sessionStorage.setItem(nameOf(board), JSON.stringify(restoring(board)));
    return true;
  } catch {
    return false;
  }
}

/** What was remembered of this board's picture, as an edit; null where nothing was. */
export function remembered(board) {
  try {
    return JSON.parse(sessionStorage.getItem(nameOf(board)));
  } catch {
    return null;
  }
}
