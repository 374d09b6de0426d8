"""The editor alone in a browser: Voilà serves it on this machine, 127.0.0.1, with one kernel for each visitor.

Each kernel loads the nets for itself; one whose visitor has gone is ended after ten minutes.
"""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np

from spg.data.streets import draw
from spg.editor.widget import SegmentationEditor
from spg.pictures import LONGEST, read_hole, read_label_map, read_picture
from spg.weights import default, load, resolve

IDLE = 600  # seconds without a visitor until a kernel is ended
TITLE = "SPG-Net editor"
SIZE = 256  # of the drawn street


def open_editor(image=None, hole=None, labels=None, weights=None):
    """The `SegmentationEditor` of files; what the app's one cell calls. image: None: a drawn street with a hole.

    weights: as `spg.load` takes them; None: the default ones, of drawn streets for a drawn street.
    """
    if image is None:
        return street_editor(weights)
    path = Path(image)
    picture = read_picture(path.read_bytes(), path.name, longest=None if hole or labels else LONGEST)
    missing = read_hole(hole) if hole else None
    known = read_label_map(Path(labels).read_bytes(), picture.shape[1:], Path(labels).name) if labels else None
    return SegmentationEditor(load(weights or default_weights(image)), picture, missing, known)


def street_editor(weights=None, size=SIZE):
    """The editor on a drawn street, with true labels and a hole over the parked cars at the right."""
    return SegmentationEditor(load(weights or default_weights(None)), *street(size))


def street(size, seed=5079):
    """(image uint8 3×H×W, hole, labels): that street."""
    image, labels = draw(seed, seed, size)
    hole = np.zeros((size, size), np.uint8)
    hole[13 * size // 32 : 7 * size // 8, 13 * size // 32 : 29 * size // 32] = 1
    return image, hole, labels


def default_weights(image):
    """For a drawn street (image None) the largest nets of drawn streets, for a picture those of `spg inpaint`."""
    return default("streets", SIZE) if image is None else default()


def notebook(**arguments):
    """The app as a notebook of one cell, which opens the editor with these arguments."""
    cell = f"from spg.editor.app import open_editor\n\nopen_editor(**{arguments!r})"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": kernel, "title": TITLE}
    )


def command(path, port, browser):
    """The Voilà command that serves the notebook at path."""
    options = [f"--port={port}", "--Voila.ip=127.0.0.1", "--MappingKernelManager.cull_interval=60"]
    options += [f"--MappingKernelManager.cull_idle_timeout={IDLE}", "--MappingKernelManager.cull_connected=False"]
    return [sys.executable, "-m", "voila", str(path), *options, *([] if browser else ["--no-browser"])]


def serve(image=None, hole=None, labels=None, weights=None, port=8866, browser=True):
    """Serve the editor until Ctrl-C. Raises ValueError or FileNotFoundError at once where the files do not fit."""
    weights = resolve(weights or default_weights(image))
    open_editor(image, hole, labels, weights).close()  # a bad file should be said here, not in the browser
    paths = {"image": image, "hole": hole, "labels": labels}
    arguments = {name: str(Path(path).resolve()) for name, path in paths.items() if path}
    arguments["weights"] = {model: str(Path(path).resolve()) for model, path in weights.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "editor.ipynb"
        nbformat.write(notebook(**arguments), path)
        print(f"The editor: http://127.0.0.1:{port}/  (Ctrl-C ends it)", file=sys.stderr)
        server = subprocess.Popen(command(path, port, browser))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # then Voilà and its kernels end too
        try:
            server.wait()
        finally:
            server.terminate()
            server.wait()
