// The drawing kept in the browser's tab, for the day the kernel is gone: hole and layout as an edit that restores them.

import { runs } from "./board.js";

/** A short name for a picture: FNV-1a over its bytes and size. */
export function nameOf(board) {
  let hash = 0x811c9dc5;
  for (const byte of board.original) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `spg-editor-${board.width}x${board.height}-${hash.toString(16)}`;
}

/** The edit that brings the board's drawing back (see spg/editor/edits.py). */
export function restoring(board) {
  const painted = board.layout.map((label, i) => (board.decided[i] ? label : 0));
  const barred = board.barred.length ? board.barred : new Uint8Array(board.hole.length);
  return { do: "restore", hole: runs(board.hole), decided: runs(board.decided), painted: runs(painted), barred: runs(barred) };
}

/** Remember it; a full or forbidden storage is no reason to stop drawing. */
export function remember(name, board) {
  try {
    sessionStorage.setItem(name, JSON.stringify(restoring(board)));
    return true;
  } catch {
    return false;
  }
}

export function remembered(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}
