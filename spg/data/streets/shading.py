"""From part numbers to colours: materials, grain, light, shadows, haze and the sky."""

import cv2
import numpy as np

from spg.data.streets import materials
from spg.data.streets.camera import NEAR, SHIFT
from spg.data.streets.materials import INDEX
from spg.data.streets.shapes import CIRCLE
from spg.data.streets.textures import LEVELS, SCALE, SIDE, atlas, clouds
from spg.labels import ROAD, VEGETATION

GLOWING = ("lit", "lamp_on", "red_on", "amber_on", "green_on")
LIGHT_SCALE = np.float32(1 / 240)


def picture(canvas, layout, look):
    """uint8 3×rows×cols of a painted canvas under one look."""
    table = _Parts(canvas, layout, look)
    part = canvas.part
    model = table.flat[part]
    depth = np.where(model, table.z[part], canvas.depth)
    gain = _grain(canvas, table, model)
    dark = _shadows(canvas, layout, look, table)
    gain *= dark
    fog = _fog(depth, look)
    out = np.empty((3, *part.shape), np.uint8)
    for k in range(3):
        colour = table.rgb[k][part]
        colour *= gain
        colour += (np.float32(look.haze[k]) - colour) * fog
        np.clip(colour, 0, 255, out=colour)
        out[k] = colour
    _sky(out, canvas, look)
    return out


class _Parts:
    """One row per part: colour under its light, grain, distance. What the look decides about things is decided here."""

    def __init__(self, canvas, layout, look):
        columns = list(zip(*canvas.rows, strict=True))
        material, facing, thing = (np.array(columns[i], np.int64) for i in (0, 1, 3))
        shade, self.z = (np.array(columns[i], np.float32) for i in (2, 4))
        draws = look.dice.random((layout.numbers, len(materials.NAMES)))
        glow = np.zeros(len(material), bool)
        self.label = materials.CLASS[material]
        material = _switch(material, thing, draws, look)
        for name in GLOWING:
            glow |= material == INDEX[name]
        colour = materials.FIRST[material] + (draws[thing, material] * materials.COUNT[material]).astype(np.int64)
        light = np.array(look.light, np.float32)[facing] * LIGHT_SCALE
        light[glow] = 1
        shade[glow] = 1
        self.rgb = np.ascontiguousarray((materials.RGB[colour] * light * shade[:, None]).T)
        self.texture = materials.TEXTURE[colour]
        self.contrast = materials.CONTRAST[colour] / 127
        self.texels = SCALE[self.texture]
        self.flat = self.z > 0
        self.ground = (facing == 0) & np.isin(self.label, (ROAD, VEGETATION)) & (thing == 0) & ~self.flat
        self.offset = (thing * 37 % SIDE).astype(np.int32)


def _switch(material, thing, draws, look):
    """Light windows and lamps, set the signals, turn the leaves."""
    material = material.copy()
    for group in range(4):
        pane = INDEX[f"pane{group}"]
        lit = (material == pane) & (draws[thing, INDEX["trim"] - group] < look.lit)
        material[lit] = INDEX["lit"]
    material[material == INDEX["leaf"]] = INDEX[f"leaf_{look.season}"]
    material[material == INDEX[f"{look.signal}_light"]] = INDEX[f"{look.signal}_on"]
    if look.lit > 0.5:
        material[material == INDEX["lamp"]] = INDEX["lamp_on"]
        shops = (material == INDEX["shop"]) & (draws[thing, INDEX["door"]] < 0.7)
        material[shops] = INDEX["lit"]
    return material


def _grain(canvas, table, model):
    """Brightness factor of every sample, from its texture at its place on the surface."""
    part, rows, cols = canvas.part, canvas.view.rows, canvas.view.cols
    size = np.where(model, table.z[part] / np.float32(canvas.view.focal), canvas.span)
    pitch = np.where(model, size, np.float32(1))
    texels = table.texels[part]
    u = np.where(model, np.arange(cols, dtype=np.float32)[None, :], canvas.across) * pitch * texels
    v = np.where(model, -np.arange(rows, dtype=np.float32)[:, None], canvas.along) * pitch * texels
    u, v = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    u += table.offset[part]
    coarse = size * texels
    level = np.zeros(part.shape, np.int32)
    for n in range(1, LEVELS):
        level += coarse > np.float32((1 << n) * 0.75)
    index = table.texture.astype(np.int32)[part] * LEVELS + level
    index = (index * SIDE + (v & (SIDE - 1))) * SIDE + (u & (SIDE - 1))
    return 1 + atlas()[index] * table.contrast[part]


def _fog(depth, look):
    """How much of a thing at this distance is haze, 0..1."""
    reach = np.float32(22 if look.day == "fog" else 90)
    return depth / (depth + reach) * np.float32(look.fog)


def _shadows(canvas, layout, look, table):
    """Brightness factor: under things it is darker, and in the sun they throw shadows on the ground."""
    view = canvas.view
    contact = np.zeros(canvas.part.shape, np.uint8)
    cast = np.zeros(canvas.part.shape, np.uint8)
    aside = -look.sun * look.slant
    for thing in layout.things:
        if not thing.shadow or thing.z > 60:
            continue
        w = thing.model.half_width * thing.scale
        _spot(contact, view, thing, min(w, 1.6))
        if look.shadow:
            _throw(cast, view, thing, w, aside, look.along)
    if look.shadow:
        _buildings(cast, view, layout, look, aside)
    ground = table.ground[canvas.part]
    dark = np.ones(canvas.part.shape, np.float32)
    dark[ground & (cast > 0)] = 1 - look.shadow
    dark[ground & (contact > 0)] *= 0.62
    return dark


def _fill(mask, view, points):
    points = np.array(points, float)
    np.maximum(points[:, 2], NEAR, out=points[:, 2])
    cv2.fillPoly(mask, [view.project(points)], 1, cv2.LINE_8, SHIFT)


def _spot(mask, view, thing, w):
    deep = thing.model.length / 2
    rim = [(thing.x + c * w * 1.1, 0.0, thing.z + deep + s * (deep + 0.25)) for c, s in CIRCLE[::4]]
    _fill(mask, view, rim)


def _throw(mask, view, thing, w, aside, along):
    """The shadow of an upright thing: its outline's box, laid down on the ground."""
    x, z, h, deep = thing.x, thing.z, thing.model.height * thing.scale, thing.model.length
    dx, dz = aside * h, along * h
    if w > 1 and deep < 0.5:  # a tree: a stem, then a crown
        stem, r = 0.15, w * 0.9
        _fill(
            mask,
            view,
            [
                (x - stem, 0, z),
                (x + stem, 0, z),
                (x + stem + dx * 0.7, 0, z + dz * 0.7),
                (x - stem + dx * 0.7, 0, z + dz * 0.7),
            ],
        )
        rim = [(x + dx * 0.7 + c * (r + abs(dx) * 0.3), 0.0, z + dz * 0.7 + s * r) for c, s in CIRCLE[::3]]
        _fill(mask, view, rim)
        return
    w = min(w, 1.3)
    top = [
        (x - w * 0.8 + dx, 0, z + dz),
        (x + w * 0.8 + dx, 0, z + dz),
        (x + w * 0.8 + dx, 0, z + deep + dz),
        (x - w * 0.8 + dx, 0, z + deep + dz),
    ]
    low = [(x - w, 0, z), (x + w, 0, z), (x + w, 0, z + deep), (x - w, 0, z + deep)]
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
        _fill(mask, view, [low[a], low[b], top[b], top[a]])
    _fill(mask, view, top)


def _buildings(mask, view, layout, look, aside):
    """The shadow of the row of buildings on the sunny side."""
    for _, wall in layout.walls:
        (x0, z0), (x1, z1) = wall.ends
        if x0 != x1 or (x0 > 0) != (look.sun > 0) or z1 < NEAR or z0 > 90:
            continue
        reach = aside * wall.height * 0.62
        z0 = max(z0, NEAR)
        _fill(mask, view, [(x0, 0, z0), (x0 + reach, 0, z0), (x0 + reach, 0, z1), (x0, 0, z1)])


def _sky(out, canvas, look):
    """A gradient from the zenith to the horizon with clouds that crowd towards it."""
    view = canvas.view
    lowest = int(np.nonzero((canvas.part == 0).any(1))[0].max(initial=-1)) + 1
    if not lowest:
        return
    row = np.arange(lowest)
    up = np.clip((view.cy - row) / (view.rows * 0.55), 0.02, 1).astype(np.float32)
    far = 1 / (up + np.float32(0.22))
    across = ((np.arange(view.cols) - view.cx)[None, :] / view.rows * far[:, None] * 60).astype(np.int32)
    along = (far * 110).astype(np.int32)
    noise = clouds()[(along[:, None] + look.drift[0]) & 255, (across + look.drift[1]) & 255].astype(np.float32)
    higher = clouds()[(along[:, None] + look.drift[0] + 9) & 255, (across + look.drift[1]) & 255].astype(np.float32)
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
