"""The editor alone in a browser: on this machine, 127.0.0.1, with one kernel for each visitor.

Each kernel loads the nets for itself, and one has them ready before its visitor comes. A kernel whose visitor has gone
is ended after a minute.
"""

import functools
from pathlib import Path

import numpy as np
from PIL import Image

from spg import plots
from spg.data.streets import draw
from spg.editor.record import open_file
from spg.editor.session import Session
from spg.editor.widget import SegmentationEditor
from spg.editor.words import ENGLISH, Said, cold, spoken
from spg.engine import checkpoints, voila
from spg.evaluation.shapes import shapes
from spg.labels import CLASSES, STREET, VEHICLE, recorded, refuse_other_set
from spg.models import SPNETS
from spg.pictures import LONGEST, png, read_hole, read_label_map
from spg.weights import default, load, prepare, registry, resolve

SIZE = 256  # of the largest drawn street
SAMPLES = (5009, 5034, 5047, 5003, 5014, 5049)  # seeds of the sample streets: day and night, sun and rain
THUMBNAIL = 160  # pixels
IDLE = 60  # seconds after which a kernel without a page is ended: each holds some 300 MB


def open_editor(image=None, hole=None, labels=None, weights=None, engine=None, textures=None):
    """The `SegmentationEditor` of files; what the app's one cell calls. image: None: the first sample street.

    weights: as `spg.load` takes them; None: the default ones, of drawn streets for a drawn street.
    engine, textures: see `Offer`.
    """
    offer = Offer(weights, engine, textures)
    if image is None:
        net = offer.load(offer.for_streets)
        refuse_other_set(STREET, net.classes, offer.for_streets, "name a picture, spg edit IMAGE")
        street, known = draw(SAMPLES[0], SAMPLES[0], net.size)
        return SegmentationEditor(net, street, None, known, offer)
    path = Path(image)
    picture = open_file(path, longest=None if hole or labels else LONGEST)
    missing, known, net = read_hole(hole) if hole else None, None, offer.load(offer.for_photos)
    if labels:
        data, name = Path(labels).read_bytes(), Path(labels).name
        known = read_label_map(data, picture.size[::-1], name, net.classes, missing)
    offer.welcome = False
    return SegmentationEditor(net, picture, missing, known, offer)


class Offer:
    """Offer(weights=None, engine=None, textures=None): what the app offers beside one picture: streets, nets to choose.

    weights: the only nets there are; None: the default ones for drawn streets and for photos. Nets are loaded when
    they are first asked for. engine: as `spg.load` takes it, and where that is None, graphs are made for ONNX Runtime.
    textures: as `Inpainter` takes it.
    texts: name → what they are for. for_streets, for_photos: names. welcome: whether the page begins with the samples.
    """

    def __init__(self, weights=None, engine=None, textures=None):
        self.welcome, self.name, self.engine, self.textures, self._loaded = True, None, engine, textures, {}
        wanted = [weights or default_weights(image) for image in (None, "a photo")]
        self._files = {_name(files): files for files in wanted}
        self.for_streets, self.for_photos = map(_name, wanted)
        self.texts = {name: _text(name) for name in self._files}

    def load(self, name):
        """The `Inpainter` of that name, which from now on is the one in use."""
        if name not in self._loaded:
            if self.engine is None:
                prepare(self._files[name])  # some seconds, once; a drawing has dozens of pictures to paint
            self._loaded[name] = load(self._files[name], engine=self.engine, textures=self.textures)
            self._loaded[name].name = name  # a record names them
        self.name = name
        return self._loaded[name]

    def about(self):
        """What the page says of the nets, as a dict for JSON."""
        about = {"page": True, "welcome": self.welcome, "street": bool(self.samples)}
        choices = {name: spoken(text) for name, text in self.texts.items()}
        return {**about, "nets": self.name, "choices": choices}

    def street(self, k):
        """(image uint8 3×S×S, labels) of sample street k, at the size its nets were trained at."""
        return draw(SAMPLES[k], SAMPLES[k], self.load(self.for_streets).size)

    @functools.cached_property
    def samples(self):
        """Seeds of the sample streets; none where the nets have learned other classes."""
        files = resolve(self._files[self.for_streets])
        path = next(files[model] for model in SPNETS if model in files)
        return SAMPLES if recorded(checkpoints.about(path), path).same(STREET) else ()

    def thumbnails(self):
        """The sample streets as PNG files' bytes."""
        return [png(draw(seed, seed, THUMBNAIL)[0].transpose(1, 2, 0)) for seed in self.samples]


def _name(weights):
    """What to call weights: a shipped set's name, or the folder's."""
    if isinstance(weights, dict):
        weights = Path(next(iter(weights.values()))).parent
    elif isinstance(weights, list | tuple):
        weights = weights[0]
    return weights if str(weights) in registry() else Path(weights).name


def _text(name):
    key = f"nets.{name.rpartition('-')[0]}"
    return Said(key if key in ENGLISH else "nets.own")


def street(size, seed=5079):
    """(image uint8 3×H×W, hole, labels): that street."""
    image, labels = draw(seed, seed, size)
    hole = np.zeros((size, size), np.uint8)
    hole[13 * size // 32 : 7 * size // 8, 13 * size // 32 : 29 * size // 32] = 1
    return image, hole, labels


def default_weights(image):
    """For a drawn street (image None) the largest nets of drawn streets, for a picture those of `spg inpaint`."""
    return default("streets", SIZE) if image is None else default()


def serve(
    image=None, hole=None, labels=None, weights=None, port=8866, browser=True, engine=None, warm=1, textures=None
):
    """Serve the editor until Ctrl-C. Raises ValueError or FileNotFoundError at once where the files do not fit.

    warm: kernels that have the editor ready before a visitor comes.
    """
    # a bad file should be said here, not in the browser
    editor = open_editor(image, hole, labels, weights, engine, textures)
    editor.close()
    paths = {"image": image, "hole": hole, "labels": labels}
    arguments = {name: str(Path(path).resolve()) for name, path in paths.items() if path}
    found = weights or default_weights(image)
    if not (isinstance(found, str) and found in registry()):  # the kernel has another folder, and would not find them
        arguments["weights"] = {model: str(Path(path).resolve()) for model, path in resolve(found).items()}
    elif weights:
        arguments["weights"] = weights
    chosen = {"engine": engine, "textures": textures}
    arguments |= {name: value for name, value in chosen.items() if value is not None}
    title = "cold.title"
    picture = _thumbnail(editor.session.picture)
    look = {"words": cold(title), "picture": picture}
    voila.serve(cell(**arguments), ENGLISH[title], port, browser=browser, idle=IDLE, warm=warm, **look)


def _thumbnail(picture):
    """A picture, uint8 3×H×W, as a small PNG file's bytes."""
    small = Image.fromarray(picture.transpose(1, 2, 0))
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return png(np.asarray(small))


def cell(**arguments):
    """The source of the app's one cell, which opens the editor with these arguments."""
    return f"from spg.editor.app import open_editor\n\nopen_editor(**{arguments!r})"


# ------------------------------------------------------------ the README's picture

# What the example paints where the blue car was: title → shape of `spg.evaluation.shapes`, its width and height as
# shares of the picture, and the colour asked for.
PAINTED = {
    "a red car": ("rear", 0.30, 0.26, [150, 45, 40]),
    "a white car": ("rear", 0.30, 0.26, [185, 185, 190]),
    "a person": ("standing", 0.12, 0.36, [60, 80, 140]),
    "a tree": ("broad", 0.36, 0.50, None),
}
PLACE = (0.69, 0.86)  # of a shape's middle and foot


def example(net, size=None):
    """The drawn street before, with its car removed, and with four things painted there. A Figure.

    Each layout is above its picture. size: side in pixels; None: the nets' own.
    """
    made = example_sessions(net, size)
    before = next(iter(made.values()))
    top = [plots.show_labels(before.known), *(plots.show_labels(s.layout) for s in made.values())]
    below = [plots.show_image(before.picture), *(plots.show_image(s.filled) for s in made.values())]
    return plots.sheet([top, below], ["before", *made], ["layout", "picture"], side=1.8, classes=range(len(CLASSES)))


def example_sessions(net, size=None):
    """title → `Session` of the drawn street: its nearest car removed, and each of `PAINTED` in its place."""
    image, _, labels = street(size or net.size)
    made = {title: Session(net, image, None, labels) for title in ("removed", *PAINTED)}
    for title, session in made.items():
        session.edit({"do": "remove", "at": nearest_car(labels), "shadow": True})
        if title in PAINTED:
            _paint(session, *PAINTED[title], coloured=net.coloured)
    return made


def nearest_car(labels):
    """[x, y] in the vehicle that stands lowest in the picture."""
    y, x = np.argwhere(labels == VEHICLE)[-1]
    return [int(x), int(y)]


def _paint(session, name, width, height, colour, coloured):
    """Cut a hole around a shape and paint it. colour: left out where the net takes none."""
    shape = next(s for s in shapes() if s["name"] == name)
    around, size = corners([(0, 0), (1, 0), (1, 1), (0, 1)], width, height), len(session.hole)
    session.edit(_outline("hole", around, size) | {"on": "hole"})
    outline = _outline(shape["class"], corners(shape["points"], width, height), size)
    session.edit(outline | ({"colour": colour} if colour and coloured else {}))


def corners(points, width, height, foot=PLACE):
    """Points of a unit box where a shape of that size stands, all as shares of the picture. foot: of its middle."""
    left, top = foot[0] - width / 2, foot[1] - height
    return [(left + x * width, top + y * height) for x, y in points]


def _outline(put, corners, size):
    """A lasso's edit; corners: (x, y) as shares of the side."""
    points = [[round(x * size), round(y * size)] for x, y in corners]
    return {"do": "lasso", "on": "layout", "put": put, "points": points}
