// Mouse, pen and touch on a canvas. A mouse's left button, a pen, and one finger draw; the middle button, the hand
// tool and two fingers move the picture; two fingers, and the wheel with Ctrl, zoom; the wheel with Alt sizes the brush;
// the wheel alone is the page's, as is one finger that moves while a tool only taps.

const TREMBLE = 6; // CSS pixels a finger may move before it draws: it could be the first of two
const NEAR = { touch: 20 }; // CSS pixels from a lasso's first corner that close it; 8 for mouse and pen

/** A wheel's notch zooms by an eighth, however a browser counts it; a pinch on a touchpad comes in many small steps. */
export function zoomOf({ deltaY, deltaMode }) {
  const pixels = deltaMode ? 100 * deltaY : deltaY;
  return Math.exp(-Math.max(-24, Math.min(24, pixels)) / 200);
}

/** actions: begin(point, near), move(point), end(), cancel(), double(), hover(point or null), size(step), pans(), taps(), camera, redraw(). */
export function listen(canvas, actions) {
  const fingers = new Map();
  let drawing = null; // the pointer that draws
  let held = null; // a finger that may draw once it moves, or is lifted: {id, x, y, at, near}
  let panning = null; // {id, x, y}
  let spread = null; // of two fingers: {distance, x, y}

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const pixel = (event) => actions.camera().pixel(...place(event));
  const handlers = { pointerdown, pointermove, pointerup, pointercancel, pointerleave, wheel, dblclick: () => actions.double(), contextmenu: (e) => e.preventDefault() };
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, handler, { passive: false });

  function pointerdown(event) {
    canvas.setPointerCapture?.(event.pointerId);
    canvas.focus({ preventScroll: true });
    event.preventDefault();
    const [x, y] = place(event);
    const touch = event.pointerType === "touch";
    if (touch) fingers.set(event.pointerId, [x, y]);
    if (touch && fingers.size > 1) return gesture();
    if (event.button === 1 || actions.pans()) panning = { id: event.pointerId, x, y };
    else if (event.button === 0 && drawing === null) {
      const near = (NEAR[event.pointerType] ?? 8) / actions.camera().scale;
      held = { id: event.pointerId, x, y, at: pixel(event), near };
      if (!touch) begin();
    }
  }

  function begin() {
    const { id, at, near } = held;
    [drawing, held] = [id, null];
    actions.begin(at, near);
  }

  /** A second finger is there: what the first has begun is dropped, and nothing is drawn until both are gone. */
  function gesture() {
    if (fingers.has(drawing)) {
      actions.cancel();
      drawing = null;
    }
    held = panning = null;
    spread = fingers.size === 2 ? measure() : null;
  }

  function pointermove(event) {
    const [x, y] = place(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, [x, y]);
    if (spread && fingers.size === 2) return pinch();
    if (panning?.id === event.pointerId) {
      actions.camera().pan(x - panning.x, y - panning.y);
      panning = { id: event.pointerId, x, y };
      return actions.redraw();
    }
    if (held?.id === event.pointerId && Math.hypot(x - held.x, y - held.y) > TREMBLE) {
      if (actions.taps()) held = null;
      else begin();
    }
    if (drawing === event.pointerId) {
      const between = event.getCoalescedEvents?.() ?? [];
      for (const e of between.length ? between : [event]) actions.move(pixel(e));
    }
    actions.hover(pixel(event));
  }

  function pointerup(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) spread = null;
    if (held?.id === event.pointerId) begin();
    if (panning?.id === event.pointerId) panning = null;
    if (drawing !== event.pointerId) return;
    drawing = null;
    actions.end();
  }

  function pointercancel(event) {
    if (held?.id === event.pointerId) held = null;
    if (drawing === event.pointerId) {
      actions.cancel();
      drawing = null;
    }
    pointerup(event);
  }

  function pointerleave(event) {
    if (event.pointerType !== "touch") actions.hover(null);
  }

  function wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) return;
    event.preventDefault();
    if (event.altKey) actions.size(event.deltaY < 0 ? 1 : -1);
    else actions.camera().zoom(zoomOf(event), ...place(event));
    actions.redraw();
  }

  function measure() {
    const [[ax, ay], [bx, by]] = [...fingers.values()];
    return { distance: Math.hypot(ax - bx, ay - by), x: (ax + bx) / 2, y: (ay + by) / 2 };
  }

  function pinch() {
    const now = measure();
    actions.camera().zoom(now.distance / spread.distance, now.x, now.y);
    actions.camera().pan(now.x - spread.x, now.y - spread.y);
    spread = now;
    actions.redraw();
  }
}
