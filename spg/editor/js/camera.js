// Where the picture lies on the screen: zoom and pan, shared by both panes. Lengths in CSS pixels.

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
