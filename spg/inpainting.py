"""Inpainting: picture, hole and labels in; completed labels and filled picture out. Also whole files and folders."""

import math
import sys
from mmap import mmap
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from spg import windows
from spg.baselines.classical import available, telea, textured
from spg.baselines.layouts import nearest_known
from spg.engine import writing
from spg.engine.machine import keep_freed_memory
from spg.generators import complete, known
from spg.holes import beside, check_hole, grow, rim_of
from spg.labels import STREET, check_labels
from spg.pictures import (
    HEIC_SUFFIXES,
    DamagedImage,
    as_hole,
    as_labels,
    as_picture,
    like,
    listed,
    open_upright,
    read_hole,
    read_labels,
    to_float,
    to_uint8,
)
from spg.samples import usual_colours

LEAST = 1e-6  # a class that is not barred keeps this much, or a hole certain of a barred class had nothing left
ENGINES = ("torch", "bfloat16", "onnx")  # what may compute the nets, see `Inpainter`
SUFFIXES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".avif", *HEIC_SUFFIXES}
PATCHED = 1024  # the shorter side up to which patches are looked for in full size: some two seconds for a window
QUICK = 3  # of zlib's levels: a photo's PNG is 3 % larger than at the usual 6, and written in a third of the time


class Filled(NamedTuple):
    """image: the filled picture, same kind as given. labels: uint8 H×W, completed (an L image for a PIL picture).

    probabilities: S_R, float32 C×H×W NumPy, SP-Net's prediction (only the hole's part was used): everywhere, or in a
    large picture in the hole alone, and 0 elsewhere. Where a hole is thin, it is 1 for the class beside it.
    scale: working size / full size; below 1 a window was shrunk for the nets, and its filling enlarged. Of several
    windows, the smallest.
    """

    image: Any
    labels: Any
    probabilities: np.ndarray
    scale: float


def best_device(device=None):
    """The device asked for, else a CUDA GPU, else the CPU, as torch.device."""
    return torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))


def best_engine(device="cpu"):
    """PyTorch's faster way to compute the nets: `bfloat16` on a CPU with AMX, which triples its speed, else `torch`."""
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)  # PyTorch 2.4 cannot say
    return "bfloat16" if torch.device(device).type == "cpu" and has_amx() else "torch"


class Inpainter:
    """SP-Net, then SG-Net: `net(image, hole, labels=None)` → `Filled`.

    image: PIL picture, NumPy uint8 (H×W×3 or 3×H×W) or tensor (3×H×W, uint8 or float in [-1, 1]), any size.
    hole: H×W, 1 = missing. labels: H×W class numbers, used outside the hole only; None: the segmenter predicts them.
    As PIL pictures both are read as their files are: a mask in 0 and 255, labels in the classes' colours too.
    Known pixels come out bit-identical. A part that is None is not run: without spnet there is only `paint`,
    without sgnet only `predict`.

    SG-Net is given the completed map as in its training: one class per pixel, or with soft=True (`soft` in its profile)
    SP-Net's probabilities in the part of the hole where no class is given.

    segmenter_size: the side the segmenter was trained at; it looks at larger pictures at that size. None: at any.
    size: the side the nets were trained at. In a larger picture they see a window around each group of missing pixels
    (`spg.windows`), so memory does not grow with the picture; a hole of a few pixels' width gets the classes and the
    colours beside it, without a net. None: the whole picture, at full size.
    classes: the `ClassSet` that the nets have learned.
    textures: after SG-Net, what is no object in the hole gets patches of its own class from the window around it, as
    `spg.baselines.classical.textured` has it; nets paint objects better than ground and walls. Pixels that a colour is
    asked for stay SG-Net's. None: where the classes have a ground and PyPatchMatch is installed.
    engine: how the nets compute. `torch`: in float32. `bfloat16`: PyTorch's convolutions in that, some .2 grey levels
    away in the mean, and faster on CPUs with AMX. `onnx`: these nets are `spg.weights.exporting.Exported`.
    """

    share = windows.SHARE  # of a large picture, see `spg.windows.plan`

    def __init__(
        self,
        spnet,
        sgnet,
        segmenter=None,
        size=None,
        device=None,
        soft=False,
        segmenter_size=None,
        classes=STREET,
        engine="torch",
        textures=False,
    ):
        if engine not in ENGINES:
            raise ValueError(f"unknown engine {engine!r}; known: {', '.join(ENGINES)}")
        keep_freed_memory()
        self.device = best_device(device)
        place = {"device": self.device, "memory_format": torch.channels_last}
        self.spnet, self.sgnet, self.segmenter = (
            net if net is None else net.eval().to(**place) for net in (spnet, sgnet, segmenter)
        )
        self.size, self.soft, self.segmenter_size = size, soft, segmenter_size
        self.classes, self.engine = classes, engine
        self.textures = available() and classes.ground is not None if textures is None else textures

    @property
    def coloured(self):
        """Whether SG-Net can be asked for a colour."""
        return getattr(self.sgnet, "coloured", False)

    # ------------------------------------------------------------ the two steps and their sum

    def __call__(self, image, hole, labels=None, without=()):
        """Predict the layout, then paint it. Raises ValueError for a wrong hole, labels or picture, saying what.

        without: names of classes that are not to be in the hole. Whoever covers a car to be rid of it says "vehicle",
        or SP-Net may well find that a car is missing. No other object takes its place, but one beside it may go on.
        """
        barred = self.barred(without)
        picture, hole, known_labels = self._check(image, hole, labels, ignore=True)
        plan = windows.plan(hole, self.size, self.share)
        full, probabilities = self._predict(picture, hole, plan, known_labels, barred)
        filled = self._paint(_own(picture, image), hole, plan, full, probabilities)
        scale = min(windows.scale(window.shape, self.size) for window in plan)
        full = Image.fromarray(full) if isinstance(image, Image.Image) else full
        return Filled(like(image, filled, hole), full, probabilities, scale)

    def predict(self, image, hole, labels=None, without=()):
        """The first step alone: completed labels (uint8 H×W) and S_R (float32 C×H×W, see `Filled`)."""
        barred = self.barred(without)
        picture, hole, labels = self._check(image, hole, labels, ignore=True)
        return self._predict(picture, hole, windows.plan(hole, self.size, self.share), labels, barred)

    def paint(self, image, hole, labels, probabilities=None, colours=None):
        """The second step alone: fill the picture after a complete label map (true, or edited). Same kind out.

        probabilities: C×H×W float; in the hole a `soft` SG-Net goes by these in place of the labels, others ignore
        them. Where something is decided, they are 0 and 1.
        colours: uint8 H×W×4, the colour that an object shall have, inside its outline: asked for where alpha is 255.
        Where it is 0, what comes in any colour (a vehicle, a person) gets that of its class nearby. Outside the hole
        they are ignored. Raises ValueError where SG-Net takes no colours.
        """
        picture, hole, labels = self._check(image, hole, labels)
        colours = self._check_colours(colours, hole)
        plan = windows.plan(hole, self.size, self.share)
        return like(image, self._paint(_own(picture, image), hole, plan, labels, probabilities, colours), hole)

    def segment(self, image, hole):
        """The segmenter alone: labels uint8 H×W of the known part; in the hole, a guess that `predict` does not use."""
        picture, hole, _ = self._check(image, hole, None)
        return self._segment(picture, hole)

    def barred(self, names):
        """The classes of these names as bits of one number, 1×1, see `without`. Raises ValueError for a wrong one."""
        numbers = set(self.classes.numbers(names))
        if len(numbers) == len(self.classes):
            raise ValueError("without= names all classes: leave one that may be in the hole")
        return np.array([[sum(1 << number for number in numbers)]], np.uint64)

    def _check(self, image, hole, labels, ignore=False):
        """ignore: the labels in the hole are not looked at, and may be 255."""
        picture = as_picture(image)
        hole = check_hole(as_hole(hole), picture.shape[-2:])
        if labels is not None:
            unseen = hole if ignore else None
            labels = check_labels(as_labels(labels, unseen, self.classes), hole=unseen, classes=self.classes)
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
        if not self.coloured:
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

    # ------------------------------------------------------------ window by window

    def _predict(self, picture, hole, plan, labels, barred):
        labels = self._segment(picture, hole) if labels is None else labels
        unseen, behind = _behind(labels, hole, barred, self.classes)
        full, probabilities = labels * (1 - hole), _zeros((len(self.classes), *hole.shape))
        for window in plan:
            missing = hole[window.cell] == 1
            if window.thin:
                classes = _classes_near(full[window.rim], hole[window.rim], self.classes, barred)[window.rim_inner]
                chances = np.arange(len(self.classes))[:, None, None] == classes
            else:
                s_r = self._layout(picture[(..., *window.view)], unseen[window.view], labels[window.view])
                classes = _enlarged(s_r.argmax(1, keepdim=True).float(), window, "nearest")[0]
                chances = _enlarged(s_r, window, "bilinear")
                if barred.any():
                    chances = without(chances, behind[window.cell])
                    classes = chances.argmax(0)
            np.copyto(full[window.cell], classes, where=missing, casting="unsafe")
            where = True if missing.shape == hole.shape else missing
            np.copyto(probabilities[(..., *window.cell)], chances, where=where)
        return full, probabilities

    def _paint(self, picture, hole, plan, labels, probabilities=None, colours=None):
        """Paint into the picture itself, and return it. What one window has painted is known in the next."""
        left = hole.copy()
        for window in plan:
            missing = left[window.cell] == 1
            if not missing.any():
                continue
            if window.thin and not _is_asked(window, missing, hole, labels, colours):
                painted = telea(picture[(..., *window.rim)], left[window.rim])[(..., *window.rim_inner)]
            else:
                parts = [None if part is None else part[(..., *window.view)] for part in (labels, probabilities)]
                asked = None if colours is None else colours[window.view]
                i_r = self._picture(picture[(..., *window.view)], left[window.view], *parts, asked)
                painted = to_uint8(torch.from_numpy(_enlarged(i_r, window, "bicubic"))).numpy()
            np.copyto(picture[(..., *window.cell)], painted, where=missing)
            left[window.cell] = 0
        if self.textures:
            self._texture(picture, hole, plan, labels, colours)
        return picture

    def _texture(self, picture, hole, plan, labels, colours):
        """Put patches in place of what SG-Net has painted into the picture where there is no object."""
        for window in plan:
            if not (window.thin or hole[window.view].all()):
                view = picture[(..., *window.view)]
                made = _textured(view, hole[window.view], labels[window.view], self.classes, window)
                where = (hole[window.cell] == 1) & ~np.isin(labels[window.cell], self.classes.objects)
                if colours is not None:
                    where &= colours[window.cell][..., 3] == 0
                np.copyto(picture[(..., *window.cell)], made, where=where)

    @torch.inference_mode()
    def _segment(self, picture, hole):
        """A large picture is shrunk for this as a whole: what a thing is shows in its surroundings."""
        image, r = self._working(picture, hole)
        s = self._seen(known(image, r), r).argmax(1)
        return _resize(s[None].byte(), hole.shape, "nearest")[0, 0].cpu().numpy()

    # ------------------------------------------------------------ one window, at working size

    @torch.inference_mode()
    def _layout(self, picture, hole, labels):
        """S_R, 1×C×h×w, of a view (uint8 3×H×W), its hole and its labels."""
        image, r = self._working(picture, hole)
        return self._run(self.spnet, known(image, r), known(self._one_hot(labels, r), r), r)

    @torch.inference_mode()
    def _picture(self, picture, hole, labels, probabilities, colours):
        """I_R, 1×3×h×w, of a view, its hole, its complete labels and what else may be given, see `paint`."""
        image, r = self._working(picture, hole)
        s = self._one_hot(labels, r) if self.sgnet.guided else None
        if probabilities is not None and self.soft:
            s = complete(known(s, r), self._mean(probabilities, hole, r), r)
        i0 = known(image, r)
        asked = [self._asked(colours, i0, s, r)] if self.coloured else []
        return self._run(self.sgnet, i0, s, r, *asked)

    def _run(self, net, *inputs):
        """A net's output in float32, computed in the engine's numbers."""
        if self.engine != "bfloat16":
            return net(*inputs)
        with torch.autocast(self.device.type, torch.bfloat16):
            return net(*inputs).float()

    def _seen(self, i0, r):
        """The segmenter's probabilities, found at the size it was trained at if the picture is larger."""
        shape, size = r.shape[-2:], self.segmenter_size
        scale = min(1.0, size / min(shape)) if size else 1.0
        small = [round(n * scale) for n in shape]
        s = self._run(self.segmenter, _resize(i0, small, "area"), (_resize(r, small, "area") > 0).float())
        return _resize(s, shape, "bilinear")

    def _working(self, picture, hole):
        """Picture in [-1, 1] and hole, both 1×C×h×w at working size; a pixel that is partly missing is missing."""
        scale = windows.scale(hole.shape, self.size)
        shape = tuple(max(1, round(n * scale)) for n in hole.shape)
        picture, hole = _shrunk(picture, hole, shape)
        image = to_float(torch.from_numpy(picture).to(self.device)[None])
        r = torch.from_numpy(hole).to(self.device)[None, None].float()
        return image.contiguous(memory_format=torch.channels_last), r

    def _mean(self, probabilities, hole, r):
        """The mean of the probabilities (C×H×W) over the missing pixels that each one at working size stands for."""
        missing = torch.from_numpy(hole).to(self.device)[None, None].float()
        s_r = torch.from_numpy(np.ascontiguousarray(probabilities)).to(missing)[None]
        return _resize(s_r * missing, r.shape[-2:], "area") / _resize(missing, r.shape[-2:], "area").clamp_min(1e-9)

    def _asked(self, colours, i0, s, r):
        """1×4×h×w at working size: the colours (uint8 H×W×4 or None) in the hole; where none is asked, the usual."""
        usual = usual_colours(i0, s, r, self.classes)
        if colours is None:
            return usual
        asked = torch.from_numpy(np.ascontiguousarray(colours.transpose(2, 0, 1))).to(self.device)[None]
        asked = _resize(asked, r.shape[-2:], "nearest").float()
        outline = (asked[:, 3:] == 255) * r
        return torch.cat([to_float(asked[:, :3]), outline], 1) * outline + usual * (1 - outline)

    def _one_hot(self, labels, r):
        s = _resize(torch.from_numpy(labels).to(self.device)[None, None], r.shape[-2:], "nearest")[:, 0]
        return F.one_hot(s.long(), len(self.classes)).permute(0, 3, 1, 2).float()


def _own(picture, image):
    """The picture that `as_picture` made of image, as an array that is nobody else's; of a PIL image it is one."""
    return picture if isinstance(image, Image.Image) else picture.copy()


def without(s_r, barred):
    """S_R, C×H×W, with the barred classes at zero and the others scaled to a sum of 1.

    barred: bit c of a whole number is set where class c is barred, H×W, or 1×1 for all pixels.
    """
    if not barred.any():
        return s_r
    bits = np.arange(len(s_r), dtype=barred.dtype)[:, None, None]
    allowed = (barred[None] >> bits) & 1 == 0
    s_r = np.where(allowed, np.maximum(s_r, LEAST), 0)
    return s_r / s_r.sum(0, keepdims=True)


def _behind(labels, hole, barred, classes):
    """(what is hidden from SP-Net, what is barred as bits), both H×W. barred: bits 1×1, see `Inpainter.barred`.

    Whoever bars an object is to be rid of it. What the hole has left of it at its rim is hidden from SP-Net, which
    would complete it. Behind an object that stands on a ground is the street: no other one takes its place, but those
    beside the hole may go on into it, see `spg.holes.beside`.
    """
    bits = np.broadcast_to(barred, hole.shape).copy()
    unwanted = [c for c in classes.objects if _bars(barred, c)]
    if not unwanted:
        return hole, bits
    mask = hole == 1
    left = grow(mask, rim_of(labels)) & np.isin(labels, unwanted)
    for other in classes.objects if classes.ground is not None else ():
        bits[~beside(labels, mask, other)] |= np.uint64(1 << other)
    nothing = bits == np.uint64(2 ** len(classes) - 1)
    return hole | left, np.where(nothing, barred, bits)


def _bars(barred, label):
    """Whether bits bar a class, or the classes of a map H×W."""
    return (barred >> np.asarray(label).astype(np.uint64) & np.uint64(1)).astype(bool)


def _classes_near(labels, hole, classes, barred):
    """The classes beside a thin hole, H×W; barred ones only where there is nothing else."""
    out = hole | _bars(barred, labels)
    return nearest_known(labels, hole if out.all() else out, classes)


def _is_asked(window, missing, hole, labels, colours):
    """Is something to be in a thin window's missing pixels that is not beside them, such as a post, or a colour?"""
    if colours is not None and colours[window.cell][missing][:, 3].any():
        return True
    beside = labels[window.rim][hole[window.rim] == 0]
    return not np.isin(labels[window.cell][missing], beside).all()


def _textured(view, hole, labels, classes, window):
    """The cell of a window with patches; a large view is shrunk for them, which takes less than their square."""
    scale = min(1.0, PATCHED / min(hole.shape))
    if scale == 1:
        return textured(view, hole, labels, classes)[(..., *window.inner)]
    shape = tuple(round(n * scale) for n in hole.shape)
    labels = cv2.resize(labels, shape[::-1], interpolation=cv2.INTER_NEAREST)
    made = to_float(torch.from_numpy(textured(*_shrunk(view, hole, shape), labels, classes))[None])
    return to_uint8(torch.from_numpy(_enlarged(made, window, "bicubic"))).numpy()


def _resize(x, shape, mode):
    return x if x.shape[-2:] == tuple(shape) else F.interpolate(x, size=tuple(shape), mode=mode)


def _shrunk(picture, hole, shape):
    """Picture (uint8 3×H×W) and hole in this shape, by the mean of colours; what is partly missing is missing."""
    if shape == hole.shape:
        return picture, hole
    return np.stack([cv2.resize(x, shape[::-1], interpolation=cv2.INTER_AREA) for x in picture]), _any(hole, shape)


def _any(hole, shape):
    """Shrink a hole so that whatever is partly missing is missing."""
    for axis, (full, small) in enumerate(zip(hole.shape, shape, strict=True)):
        edges = np.arange(small) * full
        ends = np.stack([edges // small, -(-(edges + full) // small)], 1).ravel()[:-1]
        hole = np.maximum.reduceat(hole, ends, axis=axis).take(range(0, 2 * small, 2), axis)
    return hole


def _enlarged(x, window, mode):
    """x, 1×C×h×w at working size, as it is at full size in the window's cell; NumPy C×H×W.

    Rows and columns are resized by a matrix each, so that nothing outside the cell is computed.
    """
    if x.shape[-2:] != window.shape:
        rows, columns = map(_weights, x.shape[-2:], window.shape, window.inner, (mode, mode))
        return (rows.to(x) @ x @ columns.to(x).T)[0].cpu().numpy()
    return x[0][(..., *window.inner)].cpu().numpy()


def _weights(small, large, part, mode):
    """The matrix that resizes a side from `small` to `large` pixels, the rows of `part` alone."""
    resized = F.interpolate(torch.eye(small)[None, None], size=(small, large), mode=mode)[0, 0]
    return resized[:, part].T


def _zeros(shape):
    """float32 zeros that take memory where they are written alone, as np.zeros do where the heap is new."""
    return np.frombuffer(mmap(-1, 4 * math.prod(shape)), np.float32).reshape(shape)


# --- files --------------------------------------------------------------------------------------------------------


def inpaint_files(net, image, hole, out, labels=None, threshold=False, without=()):
    """Fill one file or a folder of files with `net`, an `Inpainter`. Returns (number filled, names skipped).

    image, hole, labels: each a file or a folder with the same file stems; out: a PNG, or a folder for a folder.
    A mask is black and white (0 and 255, or 0 and 1), white = missing; a grey one needs threshold=True. In a folder
    run a damaged or unfitting picture is named on stderr, skipped and counted; alone it raises ValueError. Files that
    are no pictures, and masks and labels without one, are named too. without: see `Inpainter.__call__`.
    """
    if without:
        net.barred(without)  # a wrong name is nothing to skip every picture for
    if not Path(image).is_dir():
        writing.check([_png(out)], inputs=[image, hole, labels])
        fill_file(net, image, hole, _png(out), labels, threshold, without)
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
            fill_file(net, picture, pair[0], Path(out) / f"{picture.stem}.png", pair[1], threshold, without)
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


def fill_file(net, image, hole, out, labels=None, threshold=False, without=()):
    """Fill one file; writes a PNG, whose known pixels are those of the (RGB) picture, bit by bit."""
    picture = open_upright(image)
    missing = check_hole(read_hole(hole, threshold), picture.size[::-1], where=hole)
    labels = None if labels is None else read_labels(labels, missing, net.classes)
    filled = net(picture, missing, labels, without)
    with writing.replacing(out) as draft:
        filled.image.save(draft, format="PNG", compress_level=QUICK)  # with the picture's colour profile


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
