// What the hand is doing right now: a stroke or an outline that is not finished, by pointer or by keys. No DOM here.

import { brush, capsule, lasso } from "./raster.js";

const A_DRAG = 4; // freehand points; fewer were a click that set a corner

/** Hand(board, finished): finished(edit) is called once for each finished shape. */
export class Hand {
  constructor(board, finished) {
    Object.assign(this, { board, finished, points: [], mask: null, kind: null, down: false, dragged: 0 });
    this.settings = { tool: "brush", on: "layout", label: 6, size: 9 };
  }

  get busy() {
    return this.kind !== null;
  }

  /** What is put where, in the words of spg/editor/edits.py. */
  get target() {
    const { tool, on, label } = this.settings;
    if (on === "hole") return { on, put: tool === "eraser" ? "known" : "hole" };
    if (tool === "eraser") return { on, put: "predicted" };
    const { name } = this.board.classes[label];
    return { on, put: name, ...(this.settings.colours?.[name] ? { colour: this.settings.colours[name] } : {}) };
  }

  begin(at) {
    const { tool } = this.settings;
    if (tool === "lasso") return this.corner(at);
    if (tool === "fill") return this.finished({ do: "fill", ...this.target, at });
    this.kind = "brush";
    this.down = true;
    this.points = [at];
    this.mask = this.clipped(brush(this.board.height, this.board.width, [at], this.settings.size));
  }

  /** The pointer went on to `at`. */
  move(at) {
    const last = this.points[this.points.length - 1];
    if (!this.down || !last || (last[0] === at[0] && last[1] === at[1])) return;
    this.points.push(at);
    this.dragged++;
    if (this.kind === "lasso") return;
    const { height, width } = this.board;
    const fresh = new Uint8Array(height * width);
    capsule(fresh, height, width, last, at, this.settings.size);
    this.clipped(fresh).forEach((drawn, i) => drawn && (this.mask[i] = 1));
  }

  end() {
    if (!this.down) return;
    this.down = false;
    if (this.kind === "brush") return this.finish();
    if (this.dragged >= A_DRAG) this.finish();
  }

  /** One corner of an outline; on the first corner again, the outline is closed. `near`: how near counts. */
  corner(at, near = 0) {
    const first = this.points[0];
    if (this.kind === "lasso" && this.points.length > 2 && Math.hypot(at[0] - first[0], at[1] - first[1]) <= near) return this.finish();
    if (this.kind !== "lasso") this.points = [];
    Object.assign(this, { kind: "lasso", down: true, dragged: 0 });
    this.points.push(at);
  }

  /** Finish what is begun: send it off as an edit. */
  finish() {
    const { kind, points, target } = this;
    const size = this.settings.size;
    this.cancel();
    if (kind === "brush") this.finished({ do: "brush", ...target, size, points: straightened(points) });
    if (kind === "lasso" && points.length > 1) this.finished({ do: "lasso", ...target, points: straightened(points) });
  }

  cancel() {
    Object.assign(this, { points: [], mask: null, kind: null, down: false, dragged: 0 });
  }

  /** What to show of it: the pixels it would change. */
  preview() {
    if (this.kind === "brush") return this.mask;
    if (this.kind === "lasso" && this.points.length > 2) return this.clipped(lasso(this.board.height, this.board.width, this.points));
    return null;
  }

  clipped(mask) {
    if (this.settings.on === "layout") for (let i = 0; i < mask.length; i++) mask[i] &= this.board.hole[i];
    return mask;
  }
}

/** Points on a straight run in steps of one direction are left out: the pixels are the same, the message is short. */
export function straightened(points) {
  return points.filter((point, i) => {
    if (i === 0 || i === points.length - 1) return true;
    const [before, after] = [points[i - 1], points[i + 1]];
    const [ax, ay] = [point[0] - before[0], point[1] - before[1]];
    const [bx, by] = [after[0] - point[0], after[1] - point[1]];
    return ax * by !== ay * bx || ax * bx + ay * by <= 0;
  });
}
