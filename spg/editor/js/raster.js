// From the hand's movements to pixels: brush, lasso, fill. The same as spg/editor/raster.py, pixel for pixel:
// whole numbers only, below 2^53, so that preview and truth cannot differ. Masks are Uint8Array of height·width.

export const LARGEST_BRUSH = 256; // pixels across

/** Every pixel whose centre is at most size/2 from the line through points [[x, y], …]. */
export function brush(height, width, points, size) {
  const mask = new Uint8Array(height * width);
  if (points.length === 1) capsule(mask, height, width, points[0], points[0], size);
  for (let i = 1; i < points.length; i++) capsule(mask, height, width, points[i - 1], points[i], size);
  return mask;
}

/** One segment into mask; it can be called as the hand moves, segment by segment. */
export function capsule(mask, height, width, [ax, ay], [bx, by], size) {
  const reach = Math.floor(size / 2);
  const [top, bottom] = [Math.max(0, Math.min(ay, by) - reach), Math.min(height, Math.max(ay, by) + reach + 1)];
  const [left, right] = [Math.max(0, Math.min(ax, bx) - reach), Math.min(width, Math.max(ax, bx) + reach + 1)];
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const limit = size * size;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column - ax, row - ay];
      const along = x * dx + y * dy;
      const aside = x * dy - y * dx;
      if (
        (along > 0 && along < length && 4 * aside * aside <= limit * length) ||
        4 * (x * x + y * y) <= limit ||
        4 * ((x - dx) * (x - dx) + (y - dy) * (y - dy)) <= limit
      )
        mask[row * width + column] = 1;
    }
  }
}

/** The inside of a closed line by the even-odd rule, and the line itself. */
export function lasso(height, width, points) {
  const flips = new Uint32Array(height * (width + 1));
  points.forEach(([ax, ay], i) => {
    let [bx, by] = points[(i + 1) % points.length];
    if (ay > by) [ax, ay, bx, by] = [bx, by, ax, ay];
    for (let y = Math.max(0, ay); y < Math.min(height, by); y++) {
      const crossing = ceilDivide(ax * (by - ay) + (y - ay) * (bx - ax), by - ay);
      flips[y * (width + 1) + Math.min(width, Math.max(0, crossing))] += 1;
    }
  });
  const mask = brush(height, width, [...points, points[0]], 1);
  for (let y = 0; y < height; y++) {
    let crossings = 0;
    for (let x = width - 1; x >= 0; x--) {
      crossings += flips[y * (width + 1) + x + 1];
      if (crossings % 2) mask[y * width + x] = 1;
    }
  }
  return mask;
}

/** a / b rounded up, exactly: a is too large for a quotient in floating point to be trusted. */
function ceilDivide(a, b) {
  const rest = ((a % b) + b) % b;
  return (a - rest) / b + (rest ? 1 : 0);
}

/** The pixels of one value that hang together with [x, y], over edges. Outside the picture: none. */
export function fill(height, width, values, [x, y]) {
  const mask = new Uint8Array(height * width);
  if (x < 0 || y < 0 || x >= width || y >= height) return mask;
  const start = y * width + x;
  const waiting = [start];
  mask[start] = 1;
  while (waiting.length) {
    const i = waiting.pop();
    const column = i % width;
    const neighbours = [column > 0 ? i - 1 : -1, column < width - 1 ? i + 1 : -1, i - width, i + width];
    for (const j of neighbours) {
      if (j < 0 || j >= values.length || mask[j] || values[j] !== values[start]) continue;
      mask[j] = 1;
      waiting.push(j);
    }
  }
  return mask;
}
