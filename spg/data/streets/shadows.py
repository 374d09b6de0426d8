"""Shadows on the ground: under things it is darker, and in the sun they throw their outlines."""

import cv2
import numpy as np

from spg.data.streets.camera import NEAR, SHIFT
from spg.data.streets.shapes import CIRCLE


def shadows(canvas, layout, look, ground):
    """Brightness factor float32 rows×cols. ground: bool rows×cols, the samples that can be shaded."""
    contact, cast = [], []
    aside = -look.sun * look.slant
    for thing in layout.things:
        if thing.shadow and NEAR < thing.z < 32:
            contact.append(_footprint(thing))
            if look.shadow:
                cast += _thrown(thing, aside, look.along)
    if look.shadow:
        cast += _rows_of_buildings(layout, look, aside)
    dark = np.ones(canvas.part.shape, np.float32)
    dark[ground & _filled(canvas, cast)] = 1 - look.shadow
    dark[ground & _filled(canvas, contact)] *= np.float32(0.62)
    return dark


def _filled(canvas, outlines):
    """bool rows×cols: inside any of the ground outlines, given as lists of (x, z)."""
    mask = np.zeros(canvas.part.shape, np.uint8)
    x, z = np.array([point for outline in outlines for point in outline]).reshape(-1, 2).T
    pixels, start = canvas.view.project(x, np.zeros(len(x)), np.maximum(z, NEAR)), 0
    for outline in outlines:
        hull = cv2.convexHull(pixels[start : start + len(outline)])
        cv2.fillConvexPoly(mask, hull, 1, cv2.LINE_8, SHIFT)
        start += len(outline)
    return mask.view(bool)


def _footprint(thing):
    """A little more than the ground a thing stands on."""
    w, deep = min(thing.model.half_width * thing.scale, 1.6) * 1.1, thing.model.length / 2
    return [(thing.x + c * w, thing.z + deep + s * (deep + 0.25)) for c, s in CIRCLE[::6]]


def _thrown(thing, aside, along):
    """The shadow of an upright thing: its outline, laid down on the ground."""
    x, z, h, deep = thing.x, thing.z, thing.model.height * thing.scale, thing.model.length
    w, dx, dz = thing.model.half_width * thing.scale, aside * h, along * h
    if w > 1 and deep < 0.5:  # a tree: a stem, then a crown
        x2, z2 = x + dx * 0.7, z + dz * 0.7
        stem = [(x - 0.15, z), (x + 0.15, z), (x2 + 0.15, z2), (x2 - 0.15, z2)]
        return [stem, [(x2 + c * (w + abs(dx) * 0.3) * 0.9, z2 + s * w * 0.9) for c, s in CIRCLE[::4]]]
    w = min(w, 1.3)
    low = [(x + side * w, z + end) for side in (-1, 1) for end in (0, deep)]
    return [low + [(a + dx, b + dz) for a, b in low]]


def _rows_of_buildings(layout, look, aside):
    """The shadow of the row of buildings on the sunny side."""
    outlines = []
    for _, wall in layout.walls:
        (x0, z0), (x1, z1) = wall.ends
        if x0 == x1 and (x0 > 0) == (look.sun > 0) and z1 > NEAR and z0 < 90:
            reach = aside * wall.height * 0.62
            outlines.append([(x0, z0), (x0 + reach, z0), (x0 + reach, z1), (x0, z1)])
    return outlines
