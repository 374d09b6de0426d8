"""Models: things made of flat polygons in metres. A model stands at the right of the road, its near end at z = 0.

Placed at the left it is mirrored, so a model only ever shows its left side, its near end and its top.
"""

import numpy as np

UP, LEFT, RIGHT, TOWARD = range(4)  # where a face looks: what light it gets

_ANGLES = np.arange(48) * (2 * np.pi / 48)
# Rounded, so that the last bit of one machine's cosine cannot move a pixel.
CIRCLE = np.round(np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1), 6)


class Shape:
    """Collects faces far to near. A face: points, material, the way it looks, and a shade (1 = as the material)."""

    def __init__(self):
        self.points, self.faces, self.slots = [], [], {}

    def face(self, points, material, facing=TOWARD, shade=1.0, z=0.0):
        """A filled polygon of (x, y) points at depth z, or of (x, y, z) points.

        A level line may cut its outline only twice: such polygons cv2 fills alike in all its versions.
        """
        start = len(self.points)
        self.points += [(*p, z) if len(p) == 2 else tuple(p) for p in points]
        slot = self.slots.setdefault((material, facing, shade), len(self.slots))
        self.faces.append((start, len(self.points), slot))
        return self

    def rect(self, x0, y0, x1, y1, material, facing=TOWARD, shade=1.0, z=0.0):
        return self.face([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], material, facing, shade, z)

    def disc(self, x, y, rx, ry, material, facing=TOWARD, shade=1.0, z=0.0, n=12):
        circle = CIRCLE[:: 48 // n]
        return self.face([(x + rx * c, y + ry * s) for c, s in circle], material, facing, shade, z)

    def ring(self, x, y, outer, inner, material, facing=TOWARD, shade=1.0, z=0.0):
        """A ring, in two halves (see `face`)."""
        for side in (-1, 1):
            half = [(side * c, s) for c, s in CIRCLE[12:37:3]]
            rim = [(x + outer * c, y + outer * s) for c, s in half]
            hole = [(x + inner * c, y + inner * s) for c, s in reversed(half)]
            self.face(rim + hole, material, facing, shade, z)
        return self

    def stroke(self, p, q, width, material, facing=TOWARD, shade=1.0, z=0.0, tip=1.0):
        """A bar from p to q, `width` thick at p and width·tip at q."""
        dx, dy = q[0] - p[0], q[1] - p[1]
        length = max(np.sqrt(dx * dx + dy * dy), 1e-6)
        nx, ny = -dy / length * width / 2, dx / length * width / 2
        quad = [
            (p[0] + nx, p[1] + ny),
            (q[0] + nx * tip, q[1] + ny * tip),
            (q[0] - nx * tip, q[1] - ny * tip),
            (p[0] - nx, p[1] - ny),
        ]
        return self.face(quad, material, facing, shade, z)

    def side(self, x, z0, y0, z1, y1, material, shade=1.0):
        """A rectangle looking left, in the plane x."""
        return self.face([(x, y0, z0), (x, y0, z1), (x, y1, z1), (x, y1, z0)], material, LEFT, shade)

    def top(self, x0, x1, z0, z1, y, material, shade=1.0):
        """A level rectangle looking up."""
        return self.face([(x0, y, z0), (x1, y, z0), (x1, y, z1), (x0, y, z1)], material, UP, shade)

    def box(self, x0, x1, y0, y1, z0, z1, material, shade=1.0):
        """A cuboid: its top, left side and near end, drawn so that whatever is hidden is covered."""
        self.top(x0, x1, z0, z1, y1, material, shade)
        self.side(x0, z0, y0, z1, y1, material, shade)
        return self.rect(x0, y0, x1, y1, material, TOWARD, shade, z0)

    def ribbon(self, low, high, material, facing=TOWARD, shade=1.0):
        """The strip between two lines of equally many (x, y, z) points, one quadrilateral after the other."""
        for a, b, c, d in zip(low, low[1:], high[1:], high, strict=False):
            self.face([a, b, c, d], material, facing, shade)
        return self

    def model(self):
        return Model(self)


class Model:
    """A finished shape. points: float 3×N (x, y, z). faces: (start, stop, slot). slots: (material, facing, shade)."""

    DETAIL = ((55.0, 0.6), (28.0, 0.3))  # beyond so many metres, faces smaller than this are left out

    def __init__(self, shape):
        self.points = np.array(shape.points, float).T.copy()
        self.faces = tuple(shape.faces)
        self.slots = tuple(shape.slots)
        swap = {LEFT: RIGHT, RIGHT: LEFT}
        self.mirrored_slots = tuple((m, swap.get(f, f), s) for m, f, s in self.slots)
        (self.left, _, _), (right, self.height, length) = self.points.min(1).tolist(), self.points.max(1).tolist()
        self.half_width, self.length = max(-self.left, right), max(length, 0.1)
        self.foot = abs(self.points[0, self.points[1] < 0.7]).max(initial=0.1).item()  # half width at the ground
        starts = [face[0] for face in self.faces]
        size = np.maximum.reduceat(self.points, starts, 1) - np.minimum.reduceat(self.points, starts, 1)
        size = size.max(0).tolist()
        levels = [(far, [f for f, s in zip(self.faces, size, strict=True) if s > least]) for far, least in self.DETAIL]
        self._levels = [*levels, (0.0, self.faces)]

    def faces_at(self, z):
        """The faces worth drawing at depth z: details go with distance."""
        return next(faces for far, faces in self._levels if z >= far)
