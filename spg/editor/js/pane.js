// One canvas: the composed pixels under the camera, the hole's outline, what the hand is doing, and the cursor.

import { h } from "./dom.js";
import { markOf } from "./painter.js";

export class Pane {
  constructor(title, options = {}) {
    this.canvas = h("canvas", { class: "spg-canvas", ...options });
    this.caption = h("figcaption", {}, title);
    this.frame = h("div", { class: "spg-frame" }, this.canvas);
    this.element = h("figure", { class: "spg-pane" }, this.caption, this.frame);
    this.small = h("canvas");
  }

  /** Match the canvas to the place it has on the page. Returns [width, height] in CSS pixels; 0 where it has none. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return [0, 0]; // hidden for a while: what it shows must not be lost
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
  outline(edges, width = 1.5, light = "white") {
    const path = new Path2D();
    for (let i = 0; i < edges.length; i += 4) {
      path.moveTo(edges[i], edges[i + 1]);
      path.lineTo(edges[i + 2], edges[i + 3]);
    }
    this.twice(path, width, light);
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

  /** A word at a place of the picture, inside the canvas: what lies under the pointer. */
  tag(text, [x, y], { scale, left, top }) {
    const context = this.context;
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.font = "600 13px system-ui, sans-serif";
    const width = context.measureText(text).width + 16;
    const within = (start, size, room) => Math.max(4, Math.min(start, room - size - 4));
    const at = within(left + scale * x - width / 2, width, this.canvas.clientWidth);
    const above = within(top + scale * y - 34, 26, this.canvas.clientHeight);
    context.fillStyle = "rgb(16 18 22 / .88)";
    context.beginPath();
    context.roundRect(at, above, width, 26, 6);
    context.fill();
    context.fillStyle = "white";
    context.fillText(text, at + 8, above + 17.5);
    this.under({ scale, left, top });
  }

  /** A vertical line at column x: the seam between before and after. */
  seam(x, height) {
    const path = new Path2D();
    path.moveTo(x, 0);
    path.lineTo(x, height);
    this.twice(path, 2);
  }

  twice(path, width, light = "white") {
    const context = this.context;
    context.lineCap = context.lineJoin = "round";
    for (const [colour, w] of [["rgb(0 0 0 / .75)", width + 1.75], [light, width]]) {
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
    const known = Array.from({ length: 1 + layout.reduce((most, k) => Math.max(most, k), 0) }, (_, k) => markOf(k));
    for (let y = 0; y < hh; y++) {
      const py = Math.floor((y / d - top) / scale);
      if (py < 0 || py >= height) continue;
      for (let x = 0; x < w; x++) {
        const px = Math.floor((x / d - left) / scale);
        if (px < 0 || px >= width) continue;
        const mark = known[layout[py * width + px]];
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

// ------------------------------------------------------------ where the picture lies on the screen: zoom and pan, shared by both panes; lengths in CSS pixels

const MOST = 40; // screen pixels for one of the picture

/** Picture point (x, y) is at (left + scale·x, top + scale·y). */
export class Camera {
  constructor(width, height) {
    Object.assign(this, { width, height, scale: 1, left: 0, top: 0, viewWidth: 1, viewHeight: 1, fitted: true });
  }

  /** The pane has this size now. A picture that filled it still does. */
  resize(viewWidth, viewHeight) {
    Object.assign(this, { viewWidth, viewHeight });
    if (this.fitted) this.fit();
    else this.hold();
  }

  get smallest() {
    return Math.min(this.viewWidth / this.width, this.viewHeight / this.height);
  }

  fit() {
    this.scale = this.smallest;
    this.left = (this.viewWidth - this.scale * this.width) / 2;
    this.top = (this.viewHeight - this.scale * this.height) / 2;
    this.fitted = true;
  }

  /** Zoom by a factor, the picture point under (x, y) staying there. */
  zoom(factor, x = this.viewWidth / 2, y = this.viewHeight / 2) {
    const scale = Math.min(Math.max(this.scale * factor, this.smallest), Math.max(MOST, this.smallest));
    this.left = x - ((x - this.left) * scale) / this.scale;
    this.top = y - ((y - this.top) * scale) / this.scale;
    this.scale = scale;
    this.fitted = scale <= this.smallest * 1.001;
    if (this.fitted) this.fit();
    else this.hold();
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.hold();
  }

  /** Never lose the picture: it covers the pane, or is centred where it is smaller. */
  hold() {
    const keep = (start, length, view) => (length <= view ? (view - length) / 2 : Math.min(0, Math.max(view - length, start)));
    this.left = keep(this.left, this.scale * this.width, this.viewWidth);
    this.top = keep(this.top, this.scale * this.height, this.viewHeight);
  }

  /** Bring a picture point into view, with some air. */
  show([x, y]) {
    const [sx, sy] = [this.left + this.scale * (x + 0.5), this.top + this.scale * (y + 0.5)];
    const air = Math.min(40, this.viewWidth / 4, this.viewHeight / 4);
    this.left += Math.max(0, air - sx) - Math.max(0, sx - this.viewWidth + air);
    this.top += Math.max(0, air - sy) - Math.max(0, sy - this.viewHeight + air);
    this.hold();
  }

  /** Screen point → the pixel [x, y] under it; it may lie outside the picture. */
  pixel(x, y) {
    const far = 4000; // raster.py's limit, rounded down
    const at = (v, size) => Math.max(-far, Math.min(size + far, Math.floor(v / this.scale)));
    return [at(x - this.left, this.width), at(y - this.top, this.height)];
  }
}
