// One canvas: the composed pixels under the camera, the hole's outline, what the hand is doing, and the cursor.

import { MARKS } from "./compose.js";
import { h } from "./dom.js";

export class Pane {
  constructor(title, options = {}) {
    this.canvas = h("canvas", { class: "spg-canvas", ...options });
    this.element = h("figure", { class: "spg-pane" }, h("figcaption", {}, title), this.canvas);
    this.small = h("canvas");
  }

  /** Match the canvas to the place it has on the page. Returns [width, height] in CSS pixels. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.density = window.devicePixelRatio || 1;
    const [w, hh] = [Math.max(1, Math.round(width * this.density)), Math.max(1, Math.round(height * this.density))];
    if (this.canvas.width !== w || this.canvas.height !== hh) Object.assign(this.canvas, { width: w, height: hh });
    return [width, height];
  }

  /** pixels: RGBA of height·width. smooth: as a picture, not as pixels to aim at. */
  draw(camera, pixels, height, width, smooth = false) {
    Object.assign(this.small, { width, height });
    this.small.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
    const context = (this.context = this.canvas.getContext("2d"));
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.under(camera);
    Object.assign(context, { imageSmoothingEnabled: smooth, imageSmoothingQuality: "high" });
    context.drawImage(this.small, 0, 0);
  }

  /** From here on, lengths are the picture's. */
  under({ scale, left, top }) {
    const d = this.density;
    this.context.setTransform(scale * d, 0, 0, scale * d, left * d, top * d);
    this.scale = scale;
  }

  /** The hole's outline, dark on light, so that it shows on every ground. */
  outline(edges) {
    const path = new Path2D();
    for (let i = 0; i < edges.length; i += 4) {
      path.moveTo(edges[i], edges[i + 1]);
      path.lineTo(edges[i + 2], edges[i + 3]);
    }
    this.twice(path, 1.5);
  }

  /** An outline being drawn, with its first corner to aim at. */
  polygon(points) {
    const path = new Path2D();
    points.forEach(([x, y], i) => path[i ? "lineTo" : "moveTo"](x + 0.5, y + 0.5));
    this.twice(path, 1.5);
    const first = new Path2D();
    first.arc(points[0][0] + 0.5, points[0][1] + 0.5, 5 / this.scale, 0, 7);
    this.twice(first, 2);
  }

  /** The brush's rim around the pixel at, or a cross. */
  cursor([x, y], size, cross) {
    const path = new Path2D();
    path.arc(x + 0.5, y + 0.5, Math.max(size / 2, 2 / this.scale), 0, 7);
    if (cross) {
      const arm = 9 / this.scale;
      path.moveTo(x + 0.5 - arm, y + 0.5);
      path.lineTo(x + 0.5 + arm, y + 0.5);
      path.moveTo(x + 0.5, y + 0.5 - arm);
      path.lineTo(x + 0.5, y + 0.5 + arm);
    }
    this.twice(path, 1.25);
  }

  /** A vertical line at column x: the seam between before and after. */
  seam(x, height) {
    const path = new Path2D();
    path.moveTo(x, 0);
    path.lineTo(x, height);
    this.twice(path, 2);
  }

  twice(path, width) {
    const context = this.context;
    context.lineCap = context.lineJoin = "round";
    for (const [colour, w] of [["rgb(0 0 0 / .75)", width + 1.75], ["white", width]]) {
      context.strokeStyle = colour;
      context.lineWidth = w / this.scale;
      context.stroke(path);
    }
  }

  /** Each class's pattern over its pixels, at the screen's resolution. */
  marks({ scale, left, top }, layout, height, width) {
    const { width: w, height: hh } = this.canvas;
    const d = this.density;
    const marks = new ImageData(w, hh);
    for (let y = 0; y < hh; y++) {
      const py = Math.floor((y / d - top) / scale);
      if (py < 0 || py >= height) continue;
      for (let x = 0; x < w; x++) {
        const px = Math.floor((x / d - left) / scale);
        if (px < 0 || px >= width) continue;
        const mark = MARKS[layout[py * width + px]];
        if (mark?.(Math.floor(x / d), Math.floor(y / d))) marks.data.set([255, 255, 255, 150], 4 * (y * w + x));
      }
    }
    const layer = h("canvas", { width: w, height: hh });
    layer.getContext("2d").putImageData(marks, 0, 0);
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.drawImage(layer, 0, 0);
    this.under({ scale, left, top });
  }
}
