"""Holes in pictures at their own size: what does a window around a hole gain over a picture that is shrunk whole?"""

import copy

import numpy as np
import torch

from spg import perceptual, windows
from spg.data.sources import parse
from spg.engine import markdown
from spg.engine.provenance import provenance
from spg.engine.watching import progress
from spg.evaluation import metrics
from spg.pictures import open_rgb, to_array, to_float

SIDES = 64, 200  # pixels of a hole's sides: least and most
SHARES = {
    "the picture, shrunk whole": None,
    **{f"a window of {share} times the hole": share for share in (2, 3, windows.SHARE, 6)},
}
OURS = f"a window of {windows.SHARE} times the hole"


def frames(spec, split, limit=None):
    """The pictures of a data set on disk, uint8 3×H×W each, of their own size. Raises ValueError for `streets`."""
    source = parse(spec)
    if source.root is None:
        raise ValueError(f"{spec} is drawn at any size: pictures of their own size are those of a data set on disk")
    return [to_array(open_rgb(frame.image)) for frame in source.reader(split, 1).frames[:limit]]


def measure_windows(net, pictures, name, holes=40, seed=0, network="stlpips"):
    """Fill the same holes shrunk whole, and in windows of several widths. Returns the dict of `spg windows`.

    net: an `Inpainter` with a segmenter, whose labels are used. pictures: uint8 3×H×W, of any size. holes: rectangles
    with sides of `SIDES`, in the pictures in turn. Each filling is cut out along its hole and compared with the truth.

    A row holds a view's mean LPIPS and PSNR, and the mean of its LPIPS less that of the window in use, with the
    95 % interval over holes. Raises ValueError without a hole or a segmenter, and for pictures that are no larger.
    """
    if holes < 1:
        raise ValueError(f"{holes} holes: at least 1 is needed")
    if net.segmenter is None:
        raise ValueError("no segmenter among these weights: train one with `spg train segmenter --data SPEC --out DIR`")
    rng, distance = np.random.default_rng(seed), perceptual.load(network, net.device)
    turns = [pictures[i % len(pictures)] for i in range(holes)]
    drawn = [(picture, _box(rng, picture.shape[1:])) for picture in turns]
    found = {}
    for view, share in SHARES.items():
        seen = copy.copy(net)
        seen.share = share
        found[view] = np.array([_measured(seen, distance, *one) for one in progress(drawn, desc=view, unit="hole")])
    rows = {view: _row(values, found[OURS]) for view, values in found.items()}
    about = {"data": name, "pictures": len(pictures), "n": holes, "seed": seed, "sides": SIDES, "size": net.size}
    return {"kind": "windows", **about, "perceptual": distance.name, **provenance(), "rows": rows}


def _box(rng, shape):
    """A hole's (rows, columns), a pair of slices."""
    if min(shape) <= SIDES[1]:
        raise ValueError(f"a picture of {shape[1]}×{shape[0]} is no larger than the holes, which have up to {SIDES[1]}")
    sides = rng.integers(SIDES[0], SIDES[1] + 1, 2)
    starts = [rng.integers(0, n - side + 1) for n, side in zip(shape, sides, strict=True)]
    return tuple(slice(int(start), int(start + side)) for start, side in zip(starts, sides, strict=True))


def _measured(net, distance, picture, box):
    """(LPIPS, PSNR) of what a hole was filled with."""
    hole = np.zeros(picture.shape[1:], np.uint8)
    hole[box] = 1
    truth, filled = (x[(..., *box)] for x in (picture, net(picture, hole).image))
    with torch.inference_mode():
        lpips = float(distance(*(to_float(torch.tensor(x, device=net.device)[None]) for x in (filled, truth))))
    return lpips, metrics.psnr(truth / 255, filled / 255)


def _row(values, ours):
    lpips, psnr = values.mean(0).tolist()
    return {"lpips": lpips, "psnr": psnr, "difference": metrics.paired_difference(values[:, 0], ours[:, 0])}


def report(result):
    """The result as a markdown table: a row a view."""
    rows = []
    for view, row in result["rows"].items():
        difference, *interval = row["difference"]
        rows.append([view, markdown.number(row["lpips"], 3), markdown.number(row["psnr"], 2)])
        rows[-1] += ["–", "–"] if view == OURS else [markdown.signed(difference, 3), markdown.span(interval, 3)]
    return markdown.table(
        [["what the nets see", "LPIPS", "PSNR", f"LPIPS less that of {windows.SHARE} times", "95 % interval"], *rows]
    )
