// The keyboard: what each key does, in tables that the help and the tool bar show too.

/** [tool, its key, its name, what the help says]. */
export const TOOLS = [
  ["brush", "B", "Brush", "brush"],
  ["lasso", "L", "Lasso", "lasso: drag, or set corners"],
  ["fill", "F", "Fill", "fill"],
  ["eraser", "E", "Eraser", "eraser"],
  ["pick", "I", "Pick", "pick a class from the picture"],
  ["remove", "X", "Remove", "remove an object"],
  ["hand", "V", "Move", "move the picture"],
];

/** [action, its key, what the help says]. */
const COMMANDS = [
  ["mode", "M", "hole or layout"],
  ["predict", "P", "predict"],
  ["another", "N", "another layout"],
  ["keep", "K", "keep this layout"],
];

/** [key, what it does]: the help. */
export const KEYS = [
  ...TOOLS.map(([, key, , text]) => [key, text]),
  ...COMMANDS.map(([, key, text]) => [key, text]),
  ["1 … 8", "class"],
  ["[ ]", "brush size; also the wheel"],
  ["Ctrl Z, Ctrl Y", "undo, redo"],
  ["+ − 0", "zoom in, out, all; also Ctrl and the wheel"],
  ["arrows", "move the cursor (Shift: farther)"],
  ["Space", "pen down and up; a corner; fill, pick or remove at the cursor"],
  ["Enter", "finish the stroke or outline"],
  ["Esc", "drop the unfinished stroke or outline"],
];

const LETTERS = new Map([
  ...TOOLS.map(([tool, key]) => [key, { do: "tool", tool }]),
  ...COMMANDS.map(([action, key]) => [key, { do: action }]),
]);

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
  return LETTERS.get(key.toUpperCase()) ?? null;
}
