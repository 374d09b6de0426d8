// Mouse, pen and touch on a canvas. A mouse's left button, a pen, and one finger draw; the middle button, the hand
// tool and two fingers move the picture; two fingers, and the wheel with Ctrl, zoom; the wheel alone sizes the brush.

/** actions: begin(point, near), move(point), end(), cancel(), hover(point or null), size(step), pans(), camera, redraw(). */
export function listen(canvas, actions) {
  const fingers = new Map();
  let drawing = null; // the pointer that draws
  let panning = null; // {id, x, y}
  let spread = null; // of two fingers: {distance, x, y}

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const pixel = (event) => actions.camera().pixel(...place(event));
  const handlers = { pointerdown, pointermove, pointerup, pointercancel, pointerleave, wheel, contextmenu: (e) => e.preventDefault() };
  for (const [name, handler] of Object.entries(handlers)) canvas.addEventListener(name, handler, { passive: false });

  function pointerdown(event) {
    canvas.setPointerCapture?.(event.pointerId);
    canvas.focus({ preventScroll: true });
    const [x, y] = place(event);
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, [x, y]);
      if (fingers.size === 2) {
        actions.cancel();
        drawing = null;
        spread = measure();
        return;
      }
    }
    if (event.button === 1 || actions.pans()) panning = { id: event.pointerId, x, y };
    else if (event.button === 0 && drawing === null) {
      drawing = event.pointerId;
      actions.begin(pixel(event), 8 / actions.camera().scale);
    }
    event.preventDefault();
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
    if (drawing === event.pointerId) {
      const between = event.getCoalescedEvents?.() ?? [];
      for (const e of between.length ? between : [event]) actions.move(pixel(e));
    }
    actions.hover(pixel(event));
  }

  function pointerup(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) spread = null;
    if (panning?.id === event.pointerId) panning = null;
    if (drawing !== event.pointerId) return;
    drawing = null;
    actions.end();
  }

  function pointercancel(event) {
    if (drawing === event.pointerId) actions.cancel();
    drawing = null;
    pointerup(event);
  }

  function pointerleave(event) {
    if (event.pointerType !== "touch") actions.hover(null);
  }

  function wheel(event) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) actions.camera().zoom(Math.exp(-event.deltaY / 200), ...place(event));
    else actions.size(event.deltaY < 0 ? 1 : -1);
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
