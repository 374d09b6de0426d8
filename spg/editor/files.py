"""Pictures, label maps and edits in; everything out. What is too large or no picture is refused with the limit."""

import base64
import io
import json
import warnings
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from spg.conversion import as_picture
from spg.labels import CLASSES, PALETTE, check_labels, colour

MOST_BYTES = 8_000_000  # of an uploaded file: Jupyter's messages end at 10 MB
MOST_PIXELS = 40_000_000  # of a picture, unpacked
LONGEST = 768  # pixels of the longer side that are edited; larger pictures are shrunk to it


def read_picture(data, name="the file", longest=LONGEST):
    """Bytes of a PNG, JPEG, … → uint8 3×H×W, upright, its longer side at most `longest`. Raises ValueError."""
    picture = ImageOps.exif_transpose(_open(data, name))
    if longest and max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.BOX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # grey and alpha pictures are welcome
        return as_picture(picture, name)


def carried_picture(document, name="edits"):
    """The picture that a record has with it (a PNG in a data URL), uint8 3×H×W; None where it has none, as most.

    Raises ValueError where there is one that cannot be read.
    """
    if document.get("original") is None:
        return None
    try:
        data = base64.b64decode(str(document["original"]).partition(",")[2], validate=True)
    except ValueError as error:
        raise ValueError(f"{name}: the picture in it is no data URL (data:image/png;base64,…)") from error
    return read_picture(data, f"the picture in {name}", longest=None)


def within_limit(data, name):
    """The bytes of an upload as they are, or ValueError naming the limit."""
    if len(data) > MOST_BYTES:
        raise ValueError(
            f"{name} has {len(data) / 1e6:.1f} MB; the limit is {MOST_BYTES / 1e6:.0f} MB: make it smaller"
        )
    return data


def _open(data, name):
    within_limit(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the next lines are stricter
            picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > MOST_PIXELS:
            size = f"{picture.width}×{picture.height} pixels"
            raise ValueError(f"{name} has {size}; the limit is {MOST_PIXELS / 1e6:.0f} million: make it smaller")
        picture.load()
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{name} is no picture that can be read (PNG, JPEG, WebP, …)") from error
    return picture


def read_labels(data, shape, name="the file"):
    """Bytes of a label map → uint8 H×W: class numbers 0..7 in one channel, or the palette's colours. Raises ValueError.

    shape: what the picture has; a map of another size but the same proportions is brought to it.
    """
    picture = _open(data, name)
    if picture.mode in ("L", "P", "1") and np.asarray(picture).max() < len(CLASSES):
        labels = np.asarray(picture)
    else:
        labels = _from_colours(np.asarray(picture.convert("RGB")), name)
    if labels.shape != tuple(shape):
        if abs(labels.shape[0] * shape[1] / (labels.shape[1] * shape[0]) - 1) > 0.02:
            raise ValueError(
                f"{name} is {labels.shape}, the picture {tuple(shape)} (height, width): not the same shape"
            )
        labels = np.asarray(Image.fromarray(labels).resize(tuple(shape)[::-1], Image.Resampling.NEAREST))
    return check_labels(labels, name)


def _from_colours(rgb, name):
    labels = np.full(rgb.shape[:2], 255, np.uint8)
    for c, wanted in enumerate(PALETTE):
        labels[(rgb == wanted).all(2)] = c
    if (labels == 255).any():
        share = (labels == 255).mean()
        raise ValueError(
            f"{name}: {share:.0%} of its pixels are neither class numbers 0..{len(CLASSES) - 1} nor palette colours "
            f"({', '.join(f'{c} #{r:02x}{g:02x}{b:02x}' for c, (r, g, b) in zip(CLASSES, PALETTE, strict=True))})"
        )
    return labels


def outputs(session):
    """name → bytes of all that is saved: picture, label map (numbers, and colours), hole (white = missing), edits."""
    return {
        "picture.png": png(session.filled.transpose(1, 2, 0)),
        "original.png": png(session.picture.transpose(1, 2, 0)),
        "labels.png": png(session.layout),
        "labels-colours.png": png(colour(session.layout)),
        "hole.png": png(session.hole * 255),
        "edits.json": (json.dumps(session.document()) + "\n").encode(),
    }


def save(session, folder):
    """Write `outputs` into a folder, making it. Returns the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in outputs(session).items():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths


def packed(session):
    """`outputs` as one ZIP file's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in outputs(session).items():
            archive.writestr(zipfile.ZipInfo(name), data)  # no date: the same drawing gives the same file
    return buffer.getvalue()


def png(pixels):
    """uint8 H×W or H×W×3 → a PNG's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG")
    return buffer.getvalue()
