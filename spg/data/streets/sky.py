"""The sky by daylight and weather, and its image on wet ground."""

import numpy as np

from spg.data.streets.textures import clouds


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
