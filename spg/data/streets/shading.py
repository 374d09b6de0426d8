"""From part numbers to colours: materials, light, grain, haze, shadows on the ground, and the sky."""

import cv2
import numpy as np

from spg.data.streets import materials
from spg.data.streets.camera import NEAR, SHIFT
from spg.data.streets.materials import INDEX, LEVELS, SCALE, SIDE, atlas, clouds
from spg.data.streets.shapes import CIRCLE

GLOWING = ("lit", "lamp_on", "red_on", "amber_on", "green_on")
HEADLIGHTS = ("head", "tail")  # switched on when it gets dark
LIGHT_SCALE = np.float32(1 / 240)
FARTHEST = 2000  # metres: the horizon, for all that matters


def picture(canvas, layout, look):
    """uint8 3×rows×cols of a painted canvas under one look."""
    table = _Parts(canvas, layout, look)
    part = canvas.part.astype(np.intp)
    depth, across, along = _places(canvas, table, part)
    ground = table.ground.take(part)
    gain = _grain(canvas, table, part, depth, across, along)
    gain *= shadows(canvas, layout, look, ground)
    fog = _fog(depth, look)
    out = np.empty((3, *part.shape), np.uint8)
    for k in range(3):
        colour = table.rgb[k].take(part)
        colour *= gain
        colour += (np.float32(look.haze[k]) - colour) * fog
        np.clip(colour, 0, 255, out=colour)
        out[k] = colour
    paint_sky(out, canvas, look)
    if look.wet:
        mirror_on_ground(out, canvas, ground, look)
    return out


class _Parts:
    """One row per part: colour under its light, grain, distance. What the look decides about things is decided here."""

    def __init__(self, canvas, layout, look):
        material, facing, thing, shade, self.planes = canvas.parts
        draws = look.dice.random((layout.numbers, len(materials.NAMES)))
        glow = np.zeros(len(material), bool)
        material = _switch(material, thing, draws, look)
        for name in GLOWING + (HEADLIGHTS if look.lit > 0.3 else ()):
            glow |= material == INDEX[name]
        colour = materials.FIRST[material] + (draws[thing, material] * materials.COUNT[material]).astype(np.int64)
        light = np.array(look.light, np.float32)[facing] * LIGHT_SCALE
        light[glow] = 1
        shade = np.where(glow, np.float32(1), shade)
        self.rgb = np.ascontiguousarray((materials.RGB[colour] * light * shade[:, None]).T)
        texture = materials.TEXTURE[colour]
        self.tile = texture.astype(np.int32) * LEVELS
        self.contrast = materials.CONTRAST[colour] / 127
        self.texels = SCALE[texture]
        self.ground = self.planes[7] > 0  # lies flat: takes shadows, shines when wet
        self.offset = (thing * 37 % SIDE).astype(np.int32)


def _switch(material, thing, draws, look):
    """Light windows and lamps, set the signals, turn the leaves."""
    material = material.copy()
    for group in range(4):
        pane = INDEX[f"pane{group}"]
        material[(material == pane) & (draws[thing, pane] < look.lit)] = INDEX["lit"]
    material[material == INDEX["leaf"]] = INDEX[f"leaf_{look.season}"]
    material[material == INDEX[f"{look.signal}_light"]] = INDEX[f"{look.signal}_on"]
    if look.lit > 0.5:
        material[material == INDEX["lamp"]] = INDEX["lamp_on"]
        shop = INDEX["shop"]
        material[(material == shop) & (draws[thing, shop] < 0.7)] = INDEX["lit"]
    return material


def _places(canvas, table, part):
    """Depth of every sample and its place on its surface (see `camera`), float32 rows×cols each, metres."""
    camera = canvas.view.camera
    col = np.arange(canvas.view.cols, dtype=np.float32)[None, :]
    row = np.arange(canvas.view.rows, dtype=np.float32)[:, None]
    a, b, c, p, q, r, s = (numbers.take(part) for numbers in table.planes[:7])
    depth = 1 / np.maximum(a * col + b * row + c, np.float32(1 / FARTHEST))
    across = (p * col + q) * depth
    if camera.bend:
        across -= table.planes[7].take(part) * np.float32(camera.bend) * depth * depth
    return depth, across, (r * row + s) * depth


def _grain(canvas, table, part, depth, across, along):
    """Brightness factor of every sample, from its texture at its place on the surface."""
    view = canvas.view
    texels = table.texels.take(part)
    u = np.floor(across * texels).astype(np.int32)
    v = np.floor(along * texels).astype(np.int32)
    u += table.offset.take(part)
    coarse = texels * depth * np.float32(1 / view.focal)
    slant = np.sqrt(depth * np.float32(1 / view.camera.height))
    np.copyto(slant, np.float32(1), where=table.planes[7].take(part) == 0)
    coarse *= slant
    level = table.tile.take(part)
    for n in range(1, LEVELS):
        level += coarse > np.float32((1 << n) * 0.75)
    level *= SIDE
    level += v & (SIDE - 1)
    level *= SIDE
    level += u & (SIDE - 1)
    return 1 + atlas().take(level) * table.contrast.take(part)


def _fog(depth, look):
    """How much of a thing at this distance is haze, 0..1."""
    reach = np.float32(30 if look.day == "fog" else 90)  # metres to half haze
    return depth / (depth + reach) * np.float32(look.fog)


# --- shadows on the ground: darker under things, and in the sun they throw their outlines ----------------------------


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


# --- the sky by daylight and weather, and its image on wet ground ----------------------------------------------------


def paint_sky(out, canvas, look):
    """Fill the sky of `out`, uint8 3×rows×cols: a gradient from zenith to horizon, clouds that crowd towards it."""
    view = canvas.view
    lowest = int(np.nonzero((canvas.part == 0).any(1))[0].max(initial=-1)) + 1
    if not lowest:
        return
    row = np.arange(lowest)
    up = np.clip((view.cy - row) / (view.rows * 0.55), 0.02, 1).astype(np.float32)
    far = 1 / (up + np.float32(0.22))
    across = ((np.arange(view.cols) - view.cx)[None, :] / view.rows * far[:, None] * 60).astype(np.int32)
    along = (far * 110).astype(np.int32)
    row, col = along[:, None] + look.drift[0], (across + look.drift[1]) & 255
    noise, higher = (clouds()[at & 255, col].astype(np.float32) for at in (row, row + 9))
    cloud = np.clip((noise - (1 - look.cover) * 235) * np.float32(1 / 46), 0, 1)
    cloud *= np.clip(up * 5, 0, 1)[:, None]
    bright = np.clip((noise - higher) * np.float32(0.012) + np.float32(0.62), 0, 1)
    sky = canvas.part[:lowest] == 0
    mix = np.clip(up * np.float32(1.25), 0, 1)[:, None]
    mix = mix * (2 - mix)
    for k in range(3):
        blue = look.horizon[k] + (look.zenith[k] - look.horizon[k]) * mix
        white = look.under[k] + (look.cloud[k] - look.under[k]) * bright
        colour = blue + (white - blue) * cloud
        np.copyto(out[k, :lowest], np.clip(colour, 0, 255).astype(np.uint8), where=sky)


def mirror_on_ground(out, canvas, ground, look):
    """Rain on the ground mirrors what is above the horizon, the more the flatter one looks at it.

    ground: float32 or bool, rows×cols, where the ground is.
    """
    view = canvas.view
    first = max(0, int(np.floor(view.cy)) + 1)
    row = np.arange(first, view.rows)
    above = np.clip((2 * view.cy - row).astype(np.int32), 0, view.rows - 1)
    share = np.float32(look.wet) * np.clip(1 - (row - view.cy) / view.rows, 0, 1).astype(np.float32)
    share = ground[first:] * share[:, None]
    for k in range(3):
        dry = out[k, first:].astype(np.float32)
        mirrored = (out[k, above].astype(np.float32) + out[k, above - above // 6] + out[k, above - above // 12]) / 3
        out[k, first:] = dry + (mirrored - dry) * share
