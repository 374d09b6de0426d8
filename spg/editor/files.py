"""What the editor saves, and the picture that a record may have with it."""

import base64
import io
import json
import zipfile
from pathlib import Path

from spg.labels import colour
from spg.pictures import png, read_picture


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
