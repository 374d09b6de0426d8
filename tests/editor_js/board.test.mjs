// The arrays behind the browser's view: unanswered strokes stay on top of what Python says, late answers are dropped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CLASS_KEYS, helpOnKeys, meaning } from "../../spg/editor/js/actions.js";
import { Board, patched, runs } from "../../spg/editor/js/board.js";
import { Hand, straightened } from "../../spg/editor/js/hand.js";
import { Link, restoring } from "../../spg/editor/js/link.js";
import { MARKS, chancePane, layoutPane, outline, markOf, picturePane, ramp } from "../../spg/editor/js/painter.js";
import { Camera } from "../../spg/editor/js/pane.js";
import { zoomOf } from "../../spg/editor/js/pointer.js";
import { brush } from "../../spg/editor/js/raster.js";

const names = ["road", "building", "sign", "vegetation", "sky", "person", "vehicle", "other"];
const classes = names.map((name, i) => ({ name, colour: [i, 10 * i, 20 * i] }));
const HOLE = 8;

function board() {
  const b = new Board({ number: 1, height: 4, width: 4, classes, picture: new Uint8Array(48).fill(100) });
  const maps = new Uint8Array(16).fill(3 | HOLE);
  maps[0] = 4; // a known pixel of sky
  b.receive({ scene: 1, seq: 0, maps, barred: new Uint8Array(0) });
  return b;
}
const stroke = (points, put = "vehicle", on = "layout") => ({ do: "brush", on, put, size: 1, points });

test("an unanswered stroke is kept on top of Python's maps until its number is answered", () => {
  const b = board();
  const maps = b.truth;
  b.expect(1, stroke([[1, 1]]));
  b.expect(2, stroke([[2, 2]]));
  assert.equal(b.layout[5], 6);
  b.receive({ scene: 1, seq: 1, maps }); // says nothing of pixel 5 (as if refused), and stroke 2 is on its way
  assert.deepEqual([b.layout[5], b.layout[10], b.pending.length], [3, 6, 1]);
  assert.equal(b.receive({ scene: 1, seq: 0, maps }), false); // late
  assert.equal(b.receive({ scene: 2, seq: 9, maps }), false); // of another picture
});

test("the layout is not painted outside the hole, and closing the hole forgets what was decided", () => {
  const b = board();
  assert.equal(b.apply(stroke([[0, 0]])), 0);
  b.apply(stroke([[1, 1]]));
  b.apply(stroke([[1, 1]], "known", "hole"));
  assert.deepEqual([b.layout[0], b.hole[5], b.decided[5]], [4, 0, 0]);
});

test("only the box around the hole travels", () => {
  const picture = patched(board(), { box: [1, 2, 3, 3], pixels: new Uint8Array([1, 2, 3, 4, 5, 6]) });
  assert.deepEqual([...picture.slice(18, 21), ...picture.slice(30, 33)], [1, 2, 3, 4, 5, 6]);
  assert.equal(picture[0], 100);
});

test("runs", () => assert.deepEqual(runs(Uint8Array.from([0, 0, 7])), [0, 2, 7, 1]));

test("a straight run of points becomes its two ends, with the same pixels", () => {
  const points = [[0, 0], [1, 1], [2, 2], [3, 3], [3, 2], [3, 3]];
  const short = straightened(points);
  assert.deepEqual(short, [[0, 0], [3, 3], [3, 2], [3, 3]]);
  assert.deepEqual(brush(9, 9, short, 3), brush(9, 9, points, 3));
});

test("a hand: brush, lasso by corners, lasso by dragging, and Esc", () => {
  const done = [];
  const b = board();
  const hand = new Hand(b, (edit) => done.push(edit));
  hand.begin([1, 1]);
  hand.move([2, 1]);
  assert.deepEqual(hand.preview().slice(4, 8), Uint8Array.from([1, 1, 1, 1])); // 9 px wide, clipped to the hole
  hand.cancel();
  assert.equal(done.length, 0);
  hand.settings = { tool: "lasso", on: "layout", label: 0, size: 1 };
  for (const corner of [[0, 0], [3, 0], [3, 3]]) {
    hand.corner(corner);
    hand.end();
  }
  assert.ok(hand.busy);
  hand.corner([0, 1], 2); // near the first corner: closed
  assert.deepEqual(done.pop(), { do: "lasso", on: "layout", put: "road", points: [[0, 0], [3, 0], [3, 3]] });
  hand.corner([0, 0]);
  for (const at of [[1, 0], [2, 1], [3, 2], [3, 3]]) hand.move(at);
  hand.end();
  assert.equal(done.pop().do, "lasso");
  hand.settings = { tool: "eraser", on: "hole", label: 0, size: 1 };
  assert.deepEqual(hand.target, { on: "hole", put: "known" });
});

test("a camera keeps the point under the pointer, and never loses the picture", () => {
  const camera = new Camera(100, 50);
  camera.resize(400, 400);
  assert.deepEqual([camera.scale, camera.left, camera.top], [4, 0, 100]);
  const at = camera.pixel(210, 190);
  camera.zoom(3, 210, 190);
  assert.deepEqual(camera.pixel(210, 190), at);
  camera.pan(1e6, 1e6);
  assert.deepEqual(camera.pixel(0, 0), [0, 0]);
  camera.zoom(1e-6);
  assert.equal(camera.scale, 4);
});

test("a wheel's notch zooms by a tenth to a quarter, in every browser's units", () => {
  for (const event of [{ deltaY: -120, deltaMode: 0 }, { deltaY: -3, deltaMode: 1 }, { deltaY: -53, deltaMode: 0 }]) {
    assert.ok(zoomOf(event) >= 1.1 && zoomOf(event) <= 1.25, JSON.stringify(event));
  }
  assert.ok(zoomOf({ deltaY: 4, deltaMode: 0 }) > 0.97); // a touchpad's small steps
});

test("an object can be pointed at, the street cannot", () => {
  const b = board();
  b.classes = classes.map((known, i) => ({ ...known, thing: i === 6 }));
  b.expect(1, stroke([[1, 1], [2, 1]]));
  const found = b.objectAt([1, 1]);
  assert.deepEqual([found.name, found.mask.reduce((a, v) => a + v)], ["vehicle", 2]);
  assert.equal(b.objectAt([2, 1]), found); // the same object
  assert.deepEqual([b.objectAt([0, 0]), b.objectAt([-1, 0])], [null, null]);
  assert.ok(b.missing && b.painted(6) && !b.painted(4));
});

test("a stroke carries the colour that is asked for, and is remembered with it", () => {
  const done = [];
  const b = board();
  const hand = new Hand(b, (edit) => done.push(edit));
  hand.settings = { tool: "fill", on: "layout", label: 6, size: 1, colours: { vehicle: [9, 8, 7] } };
  hand.begin([1, 1]);
  assert.deepEqual(done[0].colour, [9, 8, 7]);
  b.expect(1, done[0]);
  const { asked, colours } = restoring(b);
  assert.deepEqual([colours, asked], [[[9, 8, 7]], [0, 1, 1, 15]]);
  hand.settings = { ...hand.settings, label: 0 };
  hand.begin([1, 1]);
  assert.ok(!("colour" in done[1]));
});

test("panes", () => {
  const b = board();
  const known = layoutPane(b, { opacity: 1 });
  assert.deepEqual([...known.slice(4, 8)], [3, 30, 60, 255]); // in the hole: the class's colour
  assert.equal(known[0], Math.round(0.45 * 4 + 0.55 * 100)); // outside: fainter
  const split = picturePane(b, { before: new Uint8Array(48), after: b.picture, split: 2 });
  assert.deepEqual([split[4], split[8]], [0, 100]);
  const chances = chancePane(b, { box: [0, 0, 4, 4], planes: new Uint8Array(9 * 16).fill(255) }, 8);
  assert.deepEqual([...chances.slice(4, 7)], [253, 231, 37]);
  assert.deepEqual(ramp(0), [68, 1, 84]);
  assert.equal(outline(b.hole, 4, 4).length / 4, 16); // a square of side 4 with one corner out has the same rim
  const shown = MARKS.map((mark) => Array.from({ length: 576 }, (_, i) => Number(mark?.(i % 24, Math.floor(i / 24)) ?? 0)).join(""));
  assert.equal(new Set(shown).size, 8); // eight different patterns
});

test("keys", () => {
  const key = (name, more = {}) => ({ key: name, ...more });
  assert.deepEqual(meaning(key("z", { ctrlKey: true, shiftKey: true })), { do: "redo" });
  assert.deepEqual(meaning(key("7")), { do: "label", label: 6 });
  assert.equal(meaning(key(" "), false), null); // a focused button keeps its space
  assert.deepEqual(meaning(key(" "), true), { do: "press" });
  assert.deepEqual(meaning(key("M")), { do: "mode" });
  assert.equal(meaning(key("q")), null);
  for (const [name, text] of helpOnKeys()) if (/^[A-Z]$/.test(name)) assert.ok(meaning(key(name.toLowerCase())), text); // what the help lists exists
});

test("more than eight classes: wider maps, further keys and coarser patterns", () => {
  const classes = Array.from({ length: 11 }, (_, i) => ({ name: `class ${i}`, colour: [i, i, i] }));
  const scene = { number: 1, height: 1, width: 4, classes, bits: 4, coloured: true, picture: new Uint8Array(12) };
  const b = new Board(scene);
  assert.deepEqual([b.coloured, board().coloured], [true, false]); // whether the panel of colours is shown
  const barred = Uint8Array.of(0, 0, 0, 4, 1, 0, 0, 0); // two bytes a pixel: class 10, class 0
  b.receive({ scene: 1, seq: 0, maps: Uint8Array.of(10, 16 + 9, 48 + 8, 0), barred });
  assert.deepEqual([...b.layout], [10, 9, 8, 0]);
  assert.deepEqual([[...b.hole], [...b.decided]], [[0, 1, 1, 0], [0, 0, 1, 0]]);
  assert.deepEqual(restoring(b).barred, [0, 1, 1024, 1, 1, 1, 0, 1]);
  b.receive({ scene: 1, seq: 1, maps: new Uint8Array(4), barred: Uint8Array.of(...new Array(24).fill(0), 1, 0, 0, 0, 0, 1, 0, 0) });
  assert.deepEqual(restoring(b).barred, [0, 3, 2 ** 40 + 1, 1]); // eight bytes a pixel
  const key = (name) => ({ key: name });
  assert.deepEqual([meaning(key("9")), meaning(key("9"), false, 11), meaning(key("c"), false, 11)], [null, { do: "label", label: 8 }, { do: "label", label: 10 }]);
  assert.equal(meaning(key("d"), false, 11), null);
  assert.equal(new Set([...CLASS_KEYS, ...helpOnKeys().map(([name]) => name).filter((name) => name.length === 1)]).size, CLASS_KEYS.length + helpOnKeys().filter(([name]) => name.length === 1).length); // no key twice
  const pattern = (k) => Array.from({ length: 2304 }, (_, i) => Number(markOf(k)?.(i % 48, Math.floor(i / 48)) ?? 0)).join("");
  assert.equal(new Set(Array.from({ length: 24 }, (_, k) => pattern(k))).size, 24);
});

test("silence is said once, and unsaid when Python answers", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const said = [];
  const model = { get: () => ({ seq: 4 }), send: () => {} };
  const link = new Link(model, () => said.push("silent"), () => said.push("voice"));
  assert.equal(link.send({ type: "ping" }), 5);
  link.got(5);
  context.mock.timers.tick(6000);
  assert.deepEqual(said, []);
  link.send({ type: "ping" });
  link.send({ type: "ping" });
  context.mock.timers.tick(6000);
  link.got(7);
  assert.deepEqual(said, ["silent", "voice"]);
});
