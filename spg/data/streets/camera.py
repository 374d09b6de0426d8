"""From metres to pixels: a pinhole camera over a flat street that may bend.

World: x to the right of the road's middle, y up, z ahead, in metres. A bend shifts everything sideways
by bend·z², so kerbs, façades and cars follow the same curve.
"""

from dataclasses import dataclass

import numpy as np

NEAR = 0.6  # metres; nothing closer is drawn
SHIFT = 4  # cv2's fixed point: coordinates in sixteenths of a pixel


@dataclass(frozen=True)
class Camera:
    """x, height: metres. focal, and the vanishing point (u, v): in image heights; u from the middle, v from the top."""

    x: float
    height: float
    focal: float
    u: float
    v: float
    bend: float


class View:
    """A camera looking at a grid of rows × cols samples; one metre at depth z spans `focal / z` samples."""

    def __init__(self, camera, rows, cols):
        self.camera, self.rows, self.cols = camera, rows, cols
        self.focal = camera.focal * rows
        self.cx = camera.u * rows + cols / 2 - 0.5
        self.cy = camera.v * rows - 0.5

    def sideways(self, x, z):
        """World x at depth z -> x seen from the camera's axis."""
        return x - self.camera.x + self.camera.bend * z * z

    def project(self, x, y, z):
        """float [N] metres each -> int32 N×2 (column, row) in sixteenths of a sample."""
        scale = (self.focal * (1 << SHIFT)) / z
        out = np.empty((len(x), 2))
        out[:, 0] = self.sideways(x, z) * scale + self.cx * (1 << SHIFT)
        out[:, 1] = (self.camera.height - y) * scale + self.cy * (1 << SHIFT)
        return np.rint(out).astype(np.int32)

    def sees(self, x, reach, near, far):
        """Can anything within `reach` of x, between two depths, be in the picture? True where in doubt."""
        left, right = x - reach, x + reach
        cols = [self.cx + self.sideways(side, z) * self.focal / z for side in (left, right) for z in (near, far)]
        return min(cols) < self.cols and max(cols) > 0

    def ground(self):
        """The ground seen by every sample below the horizon.

        Returns first (row), z [rows-first], x [rows-first, cols]; all metres.
        """
        first = max(0, int(np.floor(self.cy)) + 1)
        below = np.arange(first, self.rows) - self.cy
        z = self.focal * self.camera.height / below
        ahead = np.arange(self.cols) - self.cx
        x = ahead[None, :] * (z / self.focal)[:, None] + (self.camera.x - self.camera.bend * z * z)[:, None]
        return first, z, x

    # A plane, as shading needs it. All surfaces are flat, so 1/z is a linear function of the sample's column and
    # row, and so are places on the surface once divided by z:
    #   1/z = a·col + b·row + c,   across = (p·col + q)·z,   along = (r·row + s)·z   [metres]
    # A plane is (a, b, c, p, q, r, s, level); level: 1 for the ground, which is seen at a slant.

    def upright(self, z):
        """The plane of a thing that faces the camera at depth z."""
        return (0.0, 0.0, 1 / z, 1 / self.focal, 0.0, -1 / self.focal, 0.0, 0.0)

    def level(self):
        """The ground."""
        b = 1 / (self.focal * self.camera.height)
        return (0.0, b, -self.cy * b, 1 / self.focal, -self.cx / self.focal, 0.0, 1.0, 1.0)

    def upright_along(self, near, far, start, length):
        """A wall between two (x, z) as seen from the camera; `start` of its `length` metres is cut off."""
        (x0, z0), (x1, z1) = near, far
        dx, dz = x1 - x0, z1 - z0
        area = z0 * dx - x0 * dz
        # with k = (col − cx)/focal:  z = area / (dx − k·dz),  t = (k·z0 − x0)·z / area
        a, c = -dz / (area * self.focal), (dx + self.cx / self.focal * dz) / area
        metres = length * (1 - start) / area
        p, q = z0 / self.focal * metres, -(x0 + z0 * self.cx / self.focal) * metres
        return (a, 0.0, c, p, q, -1 / self.focal, self.cy / self.focal, 0.0)
