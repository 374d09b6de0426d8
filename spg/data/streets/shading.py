"""From part numbers to colours: materials, light, grain, haze; then shadows and the sky from their own files."""

import numpy as np

from spg.data.streets import materials
from spg.data.streets.materials import INDEX
from spg.data.streets.shadows import shadows
from spg.data.streets.sky import mirror_on_ground, paint_sky
from spg.data.streets.textures import LEVELS, SCALE, SIDE, atlas

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
