"""Painting by numbers: which part of which thing does every sample show?

Far things first, near things over them. The canvas holds part numbers, not colours: the label map and the
picture are both looked up from the same numbers, which is why they agree to the pixel.
"""

from functools import cache, cached_property
from math import ceil, floor

import cv2
import numpy as np

from spg.data.streets.camera import NEAR, SHIFT
from spg.data.streets.facades import SEE_THROUGH
from spg.data.streets.materials import INDEX
from spg.data.streets.shapes import LEFT, RIGHT, TOWARD, UP


class Canvas:
    """part: uint16 rows×cols: the number of the part that each sample shows.

    Of every part are known its material, the way it faces, its shade, the thing it belongs to, and the plane it
    lies in: numbers that tell depth and place on the surface from a sample's (col, row) alone (see `camera`).
    """

    def __init__(self, view):
        self.view = view
        self.part = np.zeros((view.rows, view.cols), np.uint16)
        self._slots, self._owners, self._repeats, self._count = [], [], [], 0
        self._number(slot_array((("sky", UP, 1.0),)), 0, view.upright(1000.0))

    def _number(self, slots, thing, *planes):
        """Number the slots (float n×3: material, facing, shade) of a thing; one plane for all, or one for each.

        Returns the first number.
        """
        first = self._count
        self._slots.append(slots)
        self._owners += [(thing, *plane) for plane in planes]
        self._repeats += [len(slots)] if len(planes) == 1 else [1] * len(slots)
        self._count += len(slots)
        return first

    @cached_property
    def parts(self):
        """What is known of the parts, once all is painted.

        material, facing, thing: int [parts]; shade: float32 [parts]; planes: float32 8×parts.
        """
        slots = np.concatenate(self._slots)
        owners = np.repeat(np.array(self._owners), self._repeats, axis=0)
        material, facing, thing = (a.astype(np.intp) for a in (slots[:, 0], slots[:, 1], owners[:, 0]))
        return material, facing, thing, slots[:, 2].astype(np.float32), owners[:, 1:].T.astype(np.float32)

    def ground(self, plan):
        """plan: `ground.Plan`. Every sample below the horizon shows the ground's cross-section at its depth."""
        first, z, x = self.view.ground()
        base = self._number(slot_array(plan.slots), 0, self.view.level())
        self.part[first:] = plan.sections[plan.section(z)[:, None], plan.column(x)] + base

    def wall(self, wall, thing):
        """Map a wall's pattern (row 0 lowest; 255 = see through) onto its upright rectangle, in perspective."""
        view, above = self.view, wall.base - self.view.camera.height
        (x0, z0), (x1, z1), start = _before_camera(view, wall)
        left, right = sorted((view.cx + x0 / z0 * view.focal, view.cx + x1 / z1 * view.focal))
        left, right = max(0, ceil(left)), min(view.cols, ceil(right))
        top = max(0, floor(min(view.cy - (above + wall.height) * view.focal / z for z in (z0, z1))))
        bottom = min(view.rows, ceil(max(view.cy - above * view.focal / z for z in (z0, z1))) + 1)
        if left >= right or top >= bottom or z1 <= NEAR:
            return
        ray = (np.arange(left, right) - view.cx) / view.focal
        t = (ray * z0 - x0) / ((x1 - x0) - ray * (z1 - z0))
        depth = z0 + t * (z1 - z0)
        rows, cols = wall.pattern.shape
        per_metre = rows / wall.height
        # one row of air above and below the pattern, so that clipping takes the place of a mask
        row = (view.cy - np.arange(top, bottom))[:, None] * (depth * (per_metre / view.focal)) - (above * per_metre - 1)
        np.clip(row, 0, rows + 1, out=row)
        col = np.clip(((start + t * (1 - start)) * cols).astype(np.intp), 0, cols - 1)
        index = row.astype(np.intp)
        index *= cols
        index += col
        element = _framed(wall.pattern).take(index)
        base = self._number(slot_array(wall.slots), thing, view.upright_along((x0, z0), (x1, z1), start, wall.length))
        np.copyto(self.part[top:bottom, left:right], element + np.uint16(base), where=element != SEE_THROUGH)

    def place(self, thing):
        """Draw a model where it stands; skip it if it is out of the picture or too near."""
        model, scale, z = thing.model, thing.scale, thing.z
        if z < NEAR or not self.view.sees(thing.x, model.half_width * scale, z, z + model.length * scale):
            return
        x, y, ahead = model.points
        pixels = self.view.project(x * (-scale if thing.mirrored else scale) + thing.x, y * scale, ahead * scale + z)
        slots = slot_array(model.mirrored_slots if thing.mirrored else model.slots)
        base = self._number(slots, thing.number, *self._planes(thing, slots))
        for start, stop, slot in model.faces_at(thing.z):
            cv2.fillConvexPoly(self.part, pixels[start:stop], base + slot, cv2.LINE_8, SHIFT)

    def _planes(self, thing, slots):
        """The plane of a thing; of one that reaches into the depth, one for every slot."""
        view, model, z = self.view, thing.model, thing.z
        if model.height <= 0:
            return [view.level()]
        if model.length < 2:
            return [view.upright(z)]
        side = thing.x + (-model.left if thing.mirrored else model.left) * thing.scale
        ends = [(view.sideways(side, at), at) for at in (z, z + model.length * thing.scale)]
        if abs(ends[0][0]) < 0.2:  # seen edge on
            return [view.upright(z)]
        along = view.upright_along(*ends, 0.0, model.length * thing.scale)
        middle = view.upright(z + model.length * thing.scale / 2)
        planes = {UP: middle, LEFT: along, RIGHT: along, TOWARD: view.upright(z)}
        return [planes[facing] for facing in slots[:, 1].tolist()]


@cache
def slot_array(slots):
    """A tuple of (material, facing, shade) as numbers, float n×3."""
    return np.array([(INDEX[material], facing, shade) for material, facing, shade in slots])


def _before_camera(view, wall):
    """A wall's two ends as seen from the camera, cut off in front of it, and the share that was cut off."""
    (x0, z0), (x1, z1) = wall.ends
    x0, x1 = view.sideways(x0, z0), view.sideways(x1, z1)
    cut = (NEAR - z0) / (z1 - z0) if z0 < NEAR else 0.0
    return (x0 + (x1 - x0) * cut, max(z0, NEAR)), (x1, z1), cut


def _framed(pattern):
    """The pattern with a see-through row below and above."""
    air = np.full((1, pattern.shape[1]), SEE_THROUGH, np.uint16)
    return np.concatenate([air, pattern, air])
