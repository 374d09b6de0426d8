// What the two panes show, drawn again from the arrays at most once for each frame of the screen.

import { bytes, patched } from "./board.js";
import { chancePane, layoutPane, outline, picturePane } from "./compose.js";

export class Painter {
  constructor(view) {
    Object.assign(this, { view, frame: 0, edges: null });
  }

  /** newHole: the hole's outline may have changed. */
  redraw({ newHole = false } = {}) {
    if (newHole) this.edges = null;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    const { board, camera, hand, left, right, state } = this.view;
    const [width, height] = left.measure();
    right.measure();
    if (!width || !board.truth) return;
    camera.resize(width, height);
    hand.settings = state;
    const hint = { stroke: hand.preview(), strokeColour: this.strokeColour() };
    left.draw(camera, this.leftPixels(hint), board.height, board.width);
    if (state.marks && state.show === "layout") left.marks(camera, board.layout, board.height, board.width);
    right.draw(camera, picturePane(board, { ...this.compared(), ...hint }), board.height, board.width, true);
    this.edges ??= outline(board.hole, board.height, board.width);
    this.over(left, true);
    this.over(right, !state.split && state.on === "hole");
    if (state.split) right.seam((state.split / 100) * board.width, board.height);
  }

  strokeColour() {
    const { on, tool, label } = this.view.state;
    if (on === "hole") return [255, 0, 200];
    return tool === "eraser" ? [255, 255, 255] : this.view.board.classes[label].colour;
  }

  leftPixels(hint) {
    const { board, model } = this.view;
    const { show, label, opacity } = this.view.state;
    const chances = model.get("chances");
    if (show === "layout" || !chances?.planes || chances.scene !== board.number) return layoutPane(board, { opacity, ...hint });
    return chancePane(board, { box: chances.box, planes: bytes(chances.planes) }, show === "entropy" ? 8 : label);
  }

  compared() {
    const { board, model } = this.view;
    const { A, B, split } = this.view.state;
    const variants = model.get("kept")?.variants ?? [];
    const picture = (k, other) => (variants[k] ? patched(board, variants[k]) : other);
    return { before: picture(A, board.original), after: picture(B, board.picture), split: (split / 100) * board.width };
  }

  /** The outline of the hole, what the hand has begun, and the cursor. */
  over(pane, withOutline) {
    const { cursor, hand, left, pointed, state } = this.view;
    if (withOutline) pane.outline(this.edges);
    if (hand.kind === "lasso") pane.polygon(hand.points);
    const focused = document.activeElement === left.canvas;
    const at = pointed ?? (focused ? cursor : null);
    const sized = ["brush", "eraser"].includes(state.tool);
    if (at && state.tool !== "hand") pane.cursor(at, sized ? state.size : 1, !sized || focused);
  }
}
