"""Inpainting: picture, hole and labels in; completed labels and filled picture out. Also whole files and folders."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from spg.engine import writing
from spg.engine.machine import keep_freed_memory
from spg.generators import complete, known
from spg.holes import check_hole
from spg.labels import CLASSES, check_labels
from spg.pictures import (
    HEIC_SUFFIXES,
    DamagedImage,
    as_picture,
    like,
    listed,
    open_upright,
    read_hole,
    read_labels,
    rgb_profile,
    to_float,
    to_uint8,
)

SUFFIXES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".avif", *HEIC_SUFFIXES}


class Filled(NamedTuple):
    """image: the filled picture, same kind as given. labels: uint8 H×W, completed (an L image for a PIL picture).

    probabilities: S_R, float32 8×H×W NumPy, SP-Net's prediction everywhere (only the hole's part was used); None
    where SP-Net did not run. scale: working size / full size; below 1 the filling was painted small and enlarged.
    """

    image: Any
    labels: Any
    probabilities: np.ndarray | None
    scale: float


def best_device(device=None):
    """The device asked for, else a CUDA GPU, else the CPU, as torch.device."""
    return torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))


class Inpainter:
    """SP-Net, then SG-Net: `net(image, hole, labels=None)` → `Filled`.

    image: PIL picture, NumPy uint8 (H×W×3 or 3×H×W) or tensor (3×H×W, uint8 or float in [-1, 1]), any size.
    hole: H×W, 1 = missing. labels: H×W classes 0..7, used outside the hole only; None: the segmenter predicts them.
    Known pixels come out bit-identical. A part that is None is not run: without spnet there is only `paint`,
    without sgnet only `predict`.

    SG-Net is given the completed map as in its training: one class per pixel, or with soft=True (`soft` in its profile)
    SP-Net's probabilities in the part of the hole where no class is given.

    segmenter_size: the side the segmenter was trained at; it looks at larger pictures at that size. None: at any.
    size: the side the nets were trained at. A picture whose shorter side exceeds `enlarge`·size is filled at that
    size and the filling enlarged, because the nets have never seen holes that large [our decision]; None: never.
    """

    def __init__(
        self, spnet, sgnet, segmenter=None, size=None, enlarge=1.0, device=None, soft=False, segmenter_size=None
    ):
        keep_freed_memory()
        self.device = best_device(device)
        place = {"device": self.device, "memory_format": torch.channels_last}
        self.spnet, self.sgnet, self.segmenter = (
            net if net is None else net.eval().to(**place) for net in (spnet, sgnet, segmenter)
        )
        self.size, self.enlarge, self.soft, self.segmenter_size = size, enlarge, soft, segmenter_size

    # ------------------------------------------------------------ the two steps and their sum

    def __call__(self, image, hole, labels=None):
        """Predict the layout, then paint it. Raises ValueError for a wrong hole, labels or picture, saying what."""
        picture, hole, known_labels = self._check(image, hole, labels, ignore=True)
        full, probabilities, scale = self._predict(picture, hole, known_labels)
        filled = self._paint(picture, hole, full, probabilities)
        full = Image.fromarray(full) if isinstance(image, Image.Image) else full
        return Filled(like(image, filled, hole), full, probabilities, scale)

    def predict(self, image, hole, labels=None):
        """The first step alone: completed labels (uint8 H×W) and S_R (float32 8×H×W)."""
        return self._predict(*self._check(image, hole, labels, ignore=True))[:2]

    def paint(self, image, hole, labels, probabilities=None, colours=None):
        """The second step alone: fill the picture after a complete label map (true, or edited). Same kind out.

        probabilities: 8×H×W float; in the hole a `soft` SG-Net goes by these in place of the labels, others ignore
        them. Where something is decided, they are 0 and 1.
        colours: uint8 H×W×4, the colour that an object shall have, inside its outline: asked for where alpha is 255,
        nothing where it is 0. Outside the hole they are ignored. Raises ValueError where SG-Net takes no colours.
        """
        picture, hole, labels = self._check(image, hole, labels)
        colours = self._check_colours(colours, hole)
        return like(image, self._paint(picture, hole, labels, probabilities, colours), hole)

    def segment(self, image, hole):
        """The segmenter alone: labels uint8 H×W of the known part; in the hole, a guess that `predict` does not use."""
        picture, hole, _ = self._check(image, hole, None)
        return self._segment(picture, hole)

    def _check(self, image, hole, labels, ignore=False):
        """ignore: the labels in the hole are not looked at, and may be 255."""
        picture = as_picture(image)
        hole = check_hole(hole, picture.shape[-2:])
        if labels is not None:
            labels = check_labels(labels, hole=hole if ignore else None)
            if labels.shape != hole.shape:
                raise ValueError(f"labels are {labels.shape}, the picture is {hole.shape} (height, width)")
        elif self.segmenter is None:
            raise ValueError(
                "no labels were given and these weights hold no segmenter: pass labels=, "
                "or train one with `spg train segmenter --data SPEC --out DIR` beside the other nets"
            )
        return picture, hole, labels

    def _check_colours(self, colours, hole):
        if colours is None:
            return None
        if not getattr(self.sgnet, "coloured", False):
            raise ValueError(
                "colours= was given, but this SG-Net takes none: load one that was trained with coloured=true, "
                "or leave colours out"
            )
        colours = np.asarray(colours)
        if colours.shape != (*hole.shape, 4) or colours.dtype != np.uint8:
            raise ValueError(
                f"colours are uint8 of shape {(*hole.shape, 4)} (RGBA), got {colours.dtype} {colours.shape}"
            )
        strange = np.setdiff1d(colours[..., 3], (0, 255))
        if strange.size:
            raise ValueError(
                f"colours: alpha is 255 where a colour is asked for and 0 elsewhere, found {strange[0]}; "
                "paint the outline without smoothing"
            )
        return colours

    # ------------------------------------------------------------ at working size

    @torch.inference_mode()
    def _predict(self, picture, hole, labels):
        image, r, scale = self._working(picture, hole)
        i0 = known(image, r)
        s = self._seen(i0, r) if labels is None else self._one_hot(labels, r.shape[-2:])
        s = F.one_hot(s.argmax(1), len(CLASSES)).permute(0, 3, 1, 2).float()
        s_r = self.spnet(i0, known(s, r), r)
        predicted = complete(known(s, r), s_r, r)
        probabilities = _resize(s_r, hole.shape, "bilinear")[0].cpu().numpy()
        predicted = _resize(predicted, hole.shape, "nearest")[0].argmax(0).byte().cpu().numpy()
        full = predicted if labels is None else np.where(hole == 1, predicted, labels)
        return full.astype(np.uint8), probabilities, scale

    def _seen(self, i0, r):
        """The segmenter's probabilities, found at the size it was trained at if the picture is larger."""
        shape, size = r.shape[-2:], self.segmenter_size
        scale = min(1.0, size / min(shape)) if size else 1.0
        small = [round(n * scale) for n in shape]
        s = self.segmenter(_resize(i0, small, "area"), (_resize(r, small, "area") > 0).float())
        return _resize(s, shape, "bilinear")

    @torch.inference_mode()
    def _segment(self, picture, hole):
        image, r, _ = self._working(picture, hole)
        s = self._seen(known(image, r), r).argmax(1)
        return _resize(s[:, None].float(), hole.shape, "nearest")[0, 0].byte().cpu().numpy()

    @torch.inference_mode()
    def _paint(self, picture, hole, labels, probabilities=None, colours=None):
        image, r, _ = self._working(picture, hole)
        s = self._one_hot(labels, r.shape[-2:]) if self.sgnet.guided else None
        if probabilities is not None and self.soft:
            s_r = torch.from_numpy(np.ascontiguousarray(probabilities)).to(s)[None]
            s = complete(known(s, r), _resize(s_r, r.shape[-2:], "bilinear"), r)
        asked = [] if colours is None else [self._asked(colours, r)]
        i_r = _resize(self.sgnet(known(image, r), s, r, *asked), hole.shape, "bicubic")[0]
        painted = to_uint8(i_r).cpu().numpy()
        return np.where(hole == 1, painted, picture)

    def _working(self, picture, hole):
        """Picture in [-1, 1] and hole at working size, and the scale; a pixel that is partly missing is missing."""
        side = min(hole.shape)
        scale = 1.0 if self.size is None or self.enlarge is None else min(1.0, self.enlarge * self.size / side)
        shape = [max(1, round(n * scale)) for n in hole.shape]
        image = to_float(torch.from_numpy(picture).to(self.device)[None])
        r = torch.from_numpy(hole).to(self.device)[None, None].float()
        image, r = _resize(image, shape, "area"), (_resize(r, shape, "area") > 0).float()
        return image.contiguous(memory_format=torch.channels_last), r, scale

    def _asked(self, colours, r):
        """uint8 H×W×4 → 1×4×h×w at working size: colours in [-1, 1] inside their outlines in the hole; the outlines."""
        asked = torch.from_numpy(np.ascontiguousarray(colours.transpose(2, 0, 1))).to(self.device)[None]
        asked = _resize(asked.float(), r.shape[-2:], "nearest")
        outline = (asked[:, 3:] == 255) * r
        return torch.cat([to_float(asked[:, :3]) * outline, outline], 1)

    def _one_hot(self, labels, shape):
        s = F.one_hot(torch.from_numpy(labels).to(self.device).long(), len(CLASSES))
        return _resize(s.permute(2, 0, 1)[None].float(), shape, "nearest")


def _resize(x, shape, mode):
    return x if x.shape[-2:] == tuple(shape) else F.interpolate(x, size=tuple(shape), mode=mode)


# --- files --------------------------------------------------------------------------------------------------------


def inpaint_files(net, image, hole, out, labels=None, threshold=False):
    """Fill one file or a folder of files with `net`, an `Inpainter`. Returns (number filled, names skipped).

    image, hole, labels: each a file or a folder with the same file stems; out: a PNG, or a folder for a folder.
    A mask is black and white (0 and 255, or 0 and 1), white = missing; a grey one needs threshold=True. In a folder
    run a damaged or unfitting picture is named on stderr, skipped and counted; alone it raises ValueError. Files that
    are no pictures, and masks and labels without one, are named too.
    """
    if not Path(image).is_dir():
        writing.check([_png(out)], inputs=[image, hole, labels])
        fill_file(net, image, hole, _png(out), labels, threshold)
        return 1, []
    pictures = [p for p in listed(image) if p.suffix.lower() in SUFFIXES]
    _say_left_out(pictures, image, out, hole, labels)
    if not pictures:
        raise ValueError(f"{image} holds no picture ({', '.join(sorted(SUFFIXES))})")
    _check_folders(pictures, [Path(place) for place in (image, hole, labels) if place], Path(out))
    skipped = []
    for picture in pictures:
        try:
            pair = [_partner(folder, picture) for folder in (hole, labels)]
            fill_file(net, picture, pair[0], Path(out) / f"{picture.stem}.png", pair[1], threshold)
        except (ValueError, FileNotFoundError) as error:
            print(f"skipped {picture.name}: {error}", file=sys.stderr)
            skipped.append(picture.name)
    return len(pictures) - len(skipped), skipped


def _say_left_out(pictures, image, out, *others):
    """Name on stderr what a folder run does not look at: other files, and masks and labels that no picture has."""
    stems = {p.stem for p in pictures}
    for place in (image, *(other for other in others if other and Path(other).is_dir())):
        taken = pictures if place == image else [p for p in listed(place) if _is_partner(p, stems)]
        left = [p.name for p in listed(place) if p not in taken and p.resolve() != Path(out).resolve()]
        if left:
            why = "no pictures that are read" if place == image else "no picture has this name"
            print(f"left out of {place}: {', '.join(left)} ({why})", file=sys.stderr)


def _is_partner(path, stems):
    return path.stem in stems and path.suffix.lower() in SUFFIXES


def _check_folders(pictures, places, out):
    """Nothing may be overwritten: neither pictures, masks or labels, nor one result by another."""
    writing.check(folders=[out])
    if out.resolve() in [place.resolve() for place in places]:
        raise ValueError(f"--out {out} is the folder of the pictures, masks or labels: choose another")
    read = [file for place in places for file in (place.iterdir() if place.is_dir() else [place])]
    writing.refuse_inputs([out / f"{picture.stem}.png" for picture in pictures], read)
    stems = [picture.stem for picture in pictures]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise ValueError(
            f"{places[0]} holds several pictures named {', '.join(twice)}: their results would be one file"
        )


def fill_file(net, image, hole, out, labels=None, threshold=False):
    """Fill one file; writes a PNG, whose known pixels are those of the (RGB) picture, bit by bit."""
    picture = open_upright(image)
    missing = check_hole(read_hole(hole, threshold), picture.size[::-1], where=hole)
    filled = net(picture, missing, None if labels is None else read_labels(labels, missing))
    with writing.replacing(out) as draft:
        filled.image.save(draft, format="PNG", icc_profile=rgb_profile(picture))


def _partner(place, picture):
    """The file for this picture: `place` itself if it is a file, else the one of the same stem in it."""
    if place is None or Path(place).is_file():
        return place
    found = [p for p in listed(place) if _is_partner(p, {picture.stem})]
    if not found:
        raise DamagedImage(f"no {picture.stem}.* in {place}")
    if len(found) > 1:
        raise ValueError(f"{place} holds {' and '.join(p.name for p in found)} for {picture.name}: keep one")
    return found[0]


def _png(out):
    if Path(out).suffix.lower() != ".png":
        raise ValueError(f"--out {out}: write a .png; other formats would change known pixels")
    return out
