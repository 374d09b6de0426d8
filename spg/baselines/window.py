"""The hole's window: the part of a picture that a local discriminator looks at (of GL and of GFC)."""

import torch

from spg.losses import bounding_boxes


def window(x, hole):
    """Cut half the picture's height and width (rounded up) out of x, around the hole. N×C×H×W → N×C×⌈H/2⌉×⌈W/2⌉.

    Centred on the bounding box of the hole (N×1×H×W, 1 = missing) and shifted inside the picture, so that it holds
    all of a hole of the paper's, whose sides are at most half the picture's [our decision; GL and GFC use one fixed
    size for one fixed picture size]. Raises ValueError if a hole is empty.
    """
    sides = [-(-n // 2) for n in x.shape[-2:]]
    corners = bounding_boxes(hole).long().tolist()
    return torch.stack([_cut(x_n, corners_n, sides) for x_n, corners_n in zip(x, corners, strict=True)])


def _cut(x, box, sides):
    """Of one picture C×H×W the window around box (top, left, bottom, right, inclusive)."""
    top, left = (
        min(max((box[i] + box[i + 2] + 1 - side) // 2, 0), n - side)
        for i, (side, n) in enumerate(zip(sides, x.shape[-2:], strict=True))
    )
    return x[:, top : top + sides[0], left : left + sides[1]]
