"""Inpainting of files: one picture, or every picture of a folder."""

import sys
from pathlib import Path

import numpy as np
from PIL import ImageOps

from spg.conversion import refuse_deep
from spg.data.folder import read_labels
from spg.data.pictures import DamagedImage, open_picture
from spg.holes import threshold as at_half

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}


def inpaint_files(net, image, hole, out, labels=None, threshold=False):
    """Fill one file or a folder of files with `net`, an `Inpainter`. Returns (number filled, names skipped).

    image, hole, labels: each a file or a folder with the same file stems; out: a PNG, or a folder for a folder.
    A mask is black and white (0 and 255, or 0 and 1), white = missing; a grey one needs threshold=True. In a folder
    run a damaged or unfitting picture is named on stderr, skipped and counted; alone it raises ValueError.
    """
    if not Path(image).is_dir():
        fill_file(net, image, hole, _png(out), labels, threshold)
        return 1, []
    pictures = sorted(p for p in Path(image).iterdir() if p.suffix.lower() in SUFFIXES)
    if not pictures:
        raise ValueError(f"{image} holds no picture ({', '.join(sorted(SUFFIXES))})")
    _check_folders(pictures, Path(image), Path(out))
    skipped = []
    for picture in pictures:
        try:
            pair = [_partner(folder, picture) for folder in (hole, labels)]
            fill_file(net, picture, pair[0], Path(out) / f"{picture.stem}.png", pair[1], threshold)
        except (ValueError, FileNotFoundError) as error:
            print(f"skipped {picture.name}: {error}", file=sys.stderr)
            skipped.append(picture.name)
    return len(pictures) - len(skipped), skipped


def _check_folders(pictures, image, out):
    """Nothing may be overwritten: neither the pictures, nor one result by another."""
    if out.resolve() == image.resolve():
        raise ValueError(f"--out {out} is the folder of the pictures: choose another")
    stems = [picture.stem for picture in pictures]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise ValueError(f"{image} holds several pictures named {', '.join(twice)}: their results would be one file")


def fill_file(net, image, hole, out, labels=None, threshold=False):
    """Fill one file; writes a PNG, whose known pixels are those of the (RGB) picture, bit by bit."""
    picture = _upright(image)
    missing = read_hole(hole, threshold)
    filled = net(picture, missing, None if labels is None else read_labels(labels))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    filled.image.save(out, icc_profile=picture.info.get("icc_profile"))


def read_hole(path, threshold=False):
    """Mask file → hole, uint8 H×W, 1 = missing. A mask in 0/255 or 0/1 is taken as it is, a grey one with threshold."""
    mask = _upright(path)
    if "A" in mask.getbands():
        raise ValueError(f"{path}: a mask with transparency can be read in two ways; save it without, white = missing")
    mask = np.asarray(mask.convert("L"))
    if threshold:
        return at_half(mask)
    return mask // 255 if np.isin(mask, (0, 255)).all() else mask


def _upright(path):
    """Open a picture as viewers show it: a photo's EXIF orientation is applied. More than 8 bits are refused."""
    picture = open_picture(path)
    refuse_deep(picture, path)
    return ImageOps.exif_transpose(picture)


def _partner(place, picture):
    """The file for this picture: `place` itself if it is a file, else the one of the same stem in it."""
    if place is None or Path(place).is_file():
        return place
    found = sorted(p for p in Path(place).iterdir() if p.stem == picture.stem and p.suffix.lower() in SUFFIXES)
    if not found:
        raise DamagedImage(f"no {picture.stem}.* in {place}")
    return found[0]


def _png(out):
    if Path(out).suffix.lower() != ".png":
        raise ValueError(f"--out {out}: write a .png; other formats would change known pixels")
    return out
