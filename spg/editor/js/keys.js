// The keyboard: what each key does, in one table that the help shows too.

export const KEYS = [
  ["M", "hole or layout", "m"],
  ["B", "brush", "b"],
  ["L", "lasso: drag, or set corners", "l"],
  ["F", "fill", "f"],
  ["E", "eraser", "e"],
  ["I", "pick a class from the picture", "i"],
  ["X", "remove an object", "x"],
  ["V", "move the picture", "v"],
  ["1 … 8", "class", null],
  ["[ ]", "brush size; also the wheel", null],
  ["Ctrl Z, Ctrl Y", "undo, redo", null],
  ["P", "predict", "p"],
  ["N", "another layout", "n"],
  ["K", "keep this layout", "k"],
  ["+ − 0", "zoom in, out, all; also Ctrl and the wheel", null],
  ["arrows", "move the cursor (Shift: farther)", null],
  ["Space", "pen down and up; a corner; fill, pick or remove at the cursor", null],
  ["Enter", "finish the stroke or outline", null],
  ["Esc", "drop the unfinished stroke or outline", null],
];

/** An event → {do, …}, or null when it is not for us. onCanvas: the drawing area has the focus. */
export function meaning(event, onCanvas) {
  const key = event.key;
  if (event.ctrlKey || event.metaKey) {
    if (event.altKey) return null;
    if (key.toLowerCase() === "z") return { do: event.shiftKey ? "redo" : "undo" };
    return key.toLowerCase() === "y" ? { do: "redo" } : null;
  }
  if (event.altKey) return null;
  if (onCanvas) {
    const far = event.shiftKey ? 8 : 1;
    const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (steps[key]) return { do: "step", by: steps[key] };
    if (key === " ") return { do: "press" };
    if (key === "Enter") return { do: "finish" };
  }
  if (key === "Escape") return { do: "cancel" };
  if (/^[1-8]$/.test(key)) return { do: "label", label: Number(key) - 1 };
  if (key === "[" || key === "]") return { do: "size", by: key === "]" ? 1 : -1 };
  if (key === "+" || key === "=") return { do: "zoom", by: 1.25 };
  if (key === "-") return { do: "zoom", by: 0.8 };
  if (key === "0") return { do: "zoom", by: 0 };
  const tools = { b: "brush", l: "lasso", f: "fill", e: "eraser", i: "pick", x: "remove", v: "hand" };
  const letter = key.toLowerCase();
  if (tools[letter]) return { do: "tool", tool: tools[letter] };
  const actions = { m: "mode", p: "predict", n: "another", k: "keep" };
  return actions[letter] ? { do: actions[letter] } : null;
}
