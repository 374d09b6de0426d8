// Elements in one line each, and the tools' icons.

/** h("button", {class: "x", onclick: f, "aria-label": "y"}, child, …): an element. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

const PATHS = {
  brush: "M20 4c-4 1-9 6-11 9l2 2c3-2 8-7 9-11zM8 14c-2 0-3 1-3 3 0 1-1 2-2 2 1 1 2 1 3 1 2 0 4-2 4-4z",
  lasso: "M12 4c5 0 8 2 8 5s-4 5-8 5-8-2-8-5 3-5 8-5zM7 13c-2 1-2 3 0 3s2 3-1 4",
  fill: "M11 3l8 8-7 7-8-8 7-7zM4 10h14M20 14c1 2 2 3 2 4a2 2 0 0 1-4 0c0-1 1-2 2-4z",
  eraser: "M9 20h11M5 14l8-9 6 6-7 9H9z",
  pick: "M14 6l4 4M19 3a2 2 0 0 1 2 3l-4 4-4-4 4-3zM14 8l-9 9v3h3l9-9",
  remove: "M4 16l2-5h12l2 5v3H4zM7 11l1-4h8l1 4M3 3l18 18",
  hand: "M8 12V6a1.5 1.5 0 0 1 3 0v5V4a1.5 1.5 0 0 1 3 0v7V6a1.5 1.5 0 0 1 3 0v8c0 4-2 7-6 7-3 0-4-1-6-4l-2-4c0-2 2-2 3 0z",
  undo: "M9 7L4 12l5 5M4 12h10a5 5 0 0 1 5 5v1",
  refused: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM6 6l12 12",
  error: "M12 3L2 20h20zM12 9v5M12 17v.5",
  redo: "M15 7l5 5-5 5M20 12H10a5 5 0 0 0-5 5v1",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** RGB bytes, row by row, on a canvas of their size. */
export function pictureOf(rgb, height, width) {
  const canvas = h("canvas", { width, height });
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) image.data.set([rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2], 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Hand a file to the person. */
export function download(name, data, type) {
  const link = h("a", { href: URL.createObjectURL(new Blob([data], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export const css = ([r, g, b], share = 1) => `rgb(${r} ${g} ${b} / ${share})`;
