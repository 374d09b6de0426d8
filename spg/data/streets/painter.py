"""Painting by numbers: which part of which thing does every sample show?

Far things first, near things over them. The canvas holds part numbers, not colours: the label map and the
picture are both looked up from the same numbers, which is why they agree to the pixel.
"""

import cv2
import numpy as np

from spg.data.streets.camera import NEAR, SHIFT
from spg.data.streets.materials import INDEX
from spg.data.streets.shapes import UP


class Canvas:
    """part: uint16 rows×cols. across, along, depth, span: surface coordinates in metres, distance, metres per sample;
    valid where the part is not a model's (a model's are the same for all its samples but for their place)."""

    def __init__(self, view):
        self.view = view
        shape = (view.rows, view.cols)
        self.part = np.zeros(shape, np.uint16)
        self.across, self.along, self.depth, self.span = (np.zeros(shape, np.float32) for _ in range(4))
        self.rows = []  # one per part: (material, facing, shade, thing, z); z = 0: look the depth up
        self.parts([("sky", UP, 1.0)], 0, 0.0)

    def parts(self, slots, thing, z):
        """Number the slots (material, facing, shade) of one thing; returns the first number."""
        first = len(self.rows)
        self.rows += [(INDEX[m], f, s, thing, z) for m, f, s in slots]
        return first

    def ground(self, plan):
        """plan: `ground.Plan`. Every sample below the horizon shows the ground's cross-section at its depth."""
        first, z, x = self.view.ground()
        base = self.parts(plan.slots, 0, 0.0)
        section, column = plan.section(z), plan.column(x)
        self.part[first:] = plan.sections[section[:, None], column] + base
        self.across[first:], self.along[first:] = x, z[:, None]
        self.depth[first:] = z[:, None]
        size = z / self.view.focal
        self.span[first:] = (size * np.sqrt(z / self.view.camera.height))[:, None]
        return base

    def wall(self, wall, thing):
        """An upright rectangle with a pattern of slot numbers (row 0 lowest; 255 = see through), in perspective."""
        view, camera = self.view, self.view.camera
        (x0, z0), (x1, z1) = wall.ends
        x0, x1 = view.sideways(x0, z0), view.sideways(x1, z1)
        dx, dz = x1 - x0, z1 - z0
        if z0 < NEAR:  # cut off what lies behind the camera
            x0, z0, start = x0 + dx * (NEAR - z0) / dz, NEAR, (NEAR - z0) / dz
        else:
            start = 0.0
        share = 1.0 - start
        dx, dz = x1 - x0, z1 - z0
        left, right = sorted((view.cx + x0 / z0 * view.focal, view.cx + x1 / z1 * view.focal))
        left, right = max(0, int(np.ceil(left))), min(view.cols, int(np.ceil(right)))
        if left >= right:
            return
        ray = (np.arange(left, right) - view.cx) / view.focal
        t = (ray * z0 - x0) / (dx - ray * dz)
        depth = z0 + t * dz
        size = depth / view.focal
        t = start + t * share
        nearest = size.min()
        top = max(0, int(np.floor(view.cy - (wall.base + wall.height - camera.height) / nearest)))
        if wall.base + wall.height < camera.height:
            top = max(0, int(np.floor(view.cy)))
        bottom = min(view.rows, int(np.ceil(view.cy + (camera.height - wall.base) / nearest)) + 1)
        if top >= bottom:
            return
        rows, cols = wall.pattern.shape
        height = camera.height - wall.base - (np.arange(top, bottom) - view.cy)[:, None] * size[None, :]
        row = np.floor(height * (rows / wall.height)).astype(np.int32)
        col = np.clip((t * cols).astype(np.int32), 0, cols - 1)
        element = wall.pattern[np.clip(row, 0, rows - 1), col[None, :]]
        shown = (row >= 0) & (row < rows) & (element != 255)
        box = np.s_[top:bottom, left:right]
        base = self.parts(wall.slots, thing, 0.0)
        np.copyto(self.part[box], element + np.uint16(base), where=shown)
        np.copyto(self.across[box], (t * wall.length)[None, :], where=shown, casting="same_kind")
        np.copyto(self.along[box], height, where=shown, casting="same_kind")
        np.copyto(self.depth[box], depth[None, :], where=shown, casting="same_kind")
        np.copyto(self.span[box], size[None, :], where=shown, casting="same_kind")

    def place(self, model, x, z, thing, mirrored=False, scale=1.0, y=0.0):
        """Draw a model with its near end at (x, z), facing the street."""
        points = model.points * scale
        if mirrored:
            points[:, 0] *= -1
        points += (x, y, z)
        if points[:, 2].min() < NEAR:
            return
        pixels = self.view.project(points)
        low, high = pixels.min(0), pixels.max(0)
        if high[0] < 0 or low[0] >> SHIFT >= self.view.cols or high[1] < 0 or low[1] >> SHIFT >= self.view.rows:
            return
        base = self.parts(model.mirrored_slots if mirrored else model.slots, thing, z)
        for start, stop, slot in model.faces:
            cv2.fillPoly(self.part, [pixels[start:stop]], base + slot, cv2.LINE_8, SHIFT)
