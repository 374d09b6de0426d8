"""One picture being edited, without any window: what the widget, the tests and `spg replay` share."""

import hashlib
import threading
from collections import OrderedDict

import numpy as np
from PIL import Image

from spg.editor import record
from spg.editor.drawing import PARTS, Drawing, History, decode_runs, encode_runs
from spg.editor.edits import Refused, check_edit, do_edit
from spg.editor.variants import recognised
from spg.editor.words import Said
from spg.holes import check_hole
from spg.inpainting import without
from spg.labels import check_labels, classes_of
from spg.pictures import as_hole, as_labels, as_picture, rgb_profile

KEPT = 3  # holes remembered: undo and redo across a change of the hole then cost nothing


class Session:
    """Session(net, image, hole=None, labels=None): edits in, label map and picture out.

    net: an `Inpainter`. image: what the net takes, any size. hole: H×W, 1 = missing; None: nothing yet. labels: H×W
    class numbers of the net's set; None: the segmenter labels the picture once, without looking into the hole [our
    decision]. profile: the picture's ICC profile, bytes, which is saved with it; a PIL picture has its own. Raises
    ValueError when they do not fit each other.

    One thread edits at a time; `layout` and `filled` are computed when asked for, and only what an edit has made
    stale: SG-Net alone when the layout was painted, SP-Net too when the hole has changed.
    """

    def __init__(self, net, image, hole=None, labels=None, profile=None):
        self.net, self.picture, self.classes = net, as_picture(image), classes_of(net)
        self.profile = rgb_profile(image) if isinstance(image, Image.Image) else profile
        shape = self.picture.shape[1:]
        self.first_hole, self.labelled = _starting_hole(hole, shape), labels is not None
        self.known = self._known(labels)
        self.drawing, self.history = Drawing(self.first_hole, len(self.classes)), History()
        self.guess = Guess(net, self.picture, self.known)
        self.painted = 0  # how often SG-Net has run
        self._filled = None  # (frozen drawing, picture)
        self.lock = threading.RLock()

    def _known(self, labels):
        if labels is not None:
            labels = as_labels(labels, self.first_hole, self.classes)
            labels = check_labels(labels, hole=self.first_hole, classes=self.classes)
            if labels.shape != self.first_hole.shape:
                raise ValueError(f"labels are {labels.shape}, the picture is {self.first_hole.shape} (height, width)")
            return labels
        if self.first_hole.any():
            return self.net.segment(self.picture, self.first_hole)
        return recognised(self.net, self.picture)

    # ------------------------------------------------------------ what is there

    @property
    def hole(self):
        """uint8 H×W, 1 = missing; it may be empty."""
        return self.drawing.hole

    @property
    def probabilities(self):
        """S_R float32 C×H×W, barred classes taken out; None while nothing is missing."""
        return self.guess(self.hole, self.drawing.barred) if self.hole.any() else None

    @property
    def layout(self):
        """The complete label map, uint8 H×W: known, decided, or SP-Net's most probable class."""
        if not self.hole.any():
            return self.known.copy()
        d = self.drawing
        open_question = (d.hole == 1) & (d.decided == 0)
        layout = np.where(d.hole == 1, d.painted, self.known).astype(np.uint8)
        if open_question.any():
            layout[open_question] = self.probabilities[:, open_question].argmax(0)
        return layout

    @property
    def filled(self):
        """The picture, its hole painted after the layout; uint8 3×H×W. Known pixels are bit-identical."""
        if not self.hole.any():
            return self.picture
        key = self.drawing.freeze()
        if self._filled is None or self._filled[0] != key:
            self._filled = key, self.paint()
        return self._filled[1]

    def paint(self):
        """One run of SG-Net after the layout; where it is SP-Net's, SG-Net may read its probabilities."""
        self.painted += 1
        colours = [self._colours()] if self.drawing.asked.any() and self.net.coloured else []
        return self.net.paint(self.picture, self.hole, self.layout, self._opinion(), *colours)

    def _colours(self):
        """What is asked for as uint8 H×W×4: RGB, and 255 where it is."""
        table = np.array([[0, 0, 0, 0], *([*colour, 255] for colour in self.drawing.colours)], np.uint8)
        return table[self.drawing.asked]

    def _opinion(self):
        """S in the hole, C×H×W: SP-Net's where the question is open, else what was decided. None: all is decided."""
        decided = self.drawing.decided == 1
        if decided[self.hole == 1].all():
            return None
        one_hot = self.drawing.painted == np.arange(len(self.classes))[:, None, None]
        return np.where(decided, one_hot, self.probabilities)

    # ------------------------------------------------------------ edits

    def edit(self, edit):
        """Do one edit of `spg.editor.edits`. Returns a sentence on it. After Refused or ValueError nothing is done."""
        with self.lock:
            before = self.drawing.freeze()
            edit, said = self.do(edit)
            self.history.add(edit, before)
            return said

    def do(self, edit):
        """Do one edit without noting it. Returns it as it was checked, and the sentence."""
        edit = check_edit(edit, self.drawing.shape, self.classes)
        asked = lambda: self.layout, lambda: self.probabilities
        return edit, do_edit(edit, self.drawing, *asked, self.picture, self.classes)

    def undo(self):
        """Take the last edit back, whatever it was. Raises Refused when there is none."""
        with self.lock:
            if not self.history.can_undo:
                raise Refused(Said("undone.nothing"))
            self.drawing.thaw(self.history.undo(self.drawing.freeze()))
            return Said("undone")

    def redo(self):
        """Do the edit again that was undone last. Raises Refused when there is none."""
        with self.lock:
            if not self.history.can_redo:
                raise Refused(Said("redone.nothing"))
            self.drawing.thaw(self.history.redo(self.drawing.freeze()))
            return Said("redone")

    def with_nets(self, net):
        """The same drawing for other nets, as a new Session; a segmenter's labels are made again.

        Raises Refused where they have learned other classes.
        """
        if not classes_of(net).same(self.classes):
            raise Refused(Said("nets.other_classes", drawing=str(self.classes), nets=str(classes_of(net))))
        known = self.known if self.labelled else None
        again = Session(net, self.picture, self.first_hole, known, self.profile)
        for edit in self.history.edits:
            again.edit(edit)
        return again

    def another(self):
        """The edit that gives the next layout: its seed is one above the last one in the record."""
        seeds = [edit["seed"] for edit in self.history.edits if edit["do"] == "another"]
        return {"do": "another", "seed": seeds[-1] + 1 if seeds else 0}

    def snapshot(self):
        """The edit that brings the drawing back as it is now."""
        d = self.drawing
        colours = {"asked": encode_runs(d.asked), "colours": d.colours} if d.asked.any() else {}
        return {"do": "restore", **{part: encode_runs(getattr(d, part)) for part in PARTS}, **colours}

    def document(self):
        """The record as a dict for JSON; `replay` does it again."""
        with self.lock:
            return record.document(self)


def replay(net, image, document, check=True, profile=None):
    """Do a record (`Session.document`, or `record.read` of a file) again. Returns the Session.

    The same picture, nets and machine give the same bytes; with check, ValueError names what came out otherwise.
    profile: as in `Session`.
    """
    picture = as_picture(image)
    if record.sha256(picture) != document["picture"]:
        raise ValueError("these edits were made on another picture (its sha256 differs)")
    if record.classes(document) != classes_of(net).names:
        names = ", ".join(record.classes(document))
        raise ValueError(
            f"these edits paint the classes {names}, these nets those of {classes_of(net)}: name other nets"
        )
    shape = tuple(document["size"])
    if shape != picture.shape[1:]:
        raise ValueError(f"these edits are of a picture of {shape}, this one is {picture.shape[1:]} (height, width)")
    hole = decode_runs(document["hole"], shape, "hole")
    session = Session(net, image, hole, decode_runs(document["labels"], shape, "labels"), profile)
    for number, edit in enumerate(document["edits"], 1):
        try:
            session.edit(edit)
        except ValueError as error:
            raise ValueError(f"edit {number}: {error}") from error
    if check:
        _check_result(session, document["result"])
    return session


def _check_result(session, result):
    differs = [name for name, wanted in result.items() if record.sha256(getattr(session, name)) != wanted]
    if differs:
        raise ValueError(
            f"replayed, but {' and '.join(differs)} came out otherwise than in the record: other nets, or another "
            "machine's arithmetic (check=False, or spg replay --no-check, takes it as it is)"
        )


def _starting_hole(hole, shape):
    """Here, unlike everywhere else, a hole may be empty: it has not been drawn yet."""
    if hole is None:
        return np.zeros(shape, np.uint8)
    hole = as_hole(hole)
    hole = np.asarray(hole.cpu() if hasattr(hole, "cpu") else hole)
    if hole.any():
        return check_hole(hole, shape)
    if hole.shape != shape:
        raise ValueError(f"hole: the hole is {hole.shape}, the image {shape} (height, width)")
    return hole.astype(np.uint8)


# ------------------------------------------------------------ SP-Net's opinion


class Guess:
    """SP-Net's opinion of a hole, asked once for each hole: hole, barred → S_R float32 C×H×W, each pixel's sum 1.

    asked: how often SP-Net has really run.
    """

    def __init__(self, net, picture, known):
        self.net, self.picture, self.known = net, picture, known
        self.asked, self._memory = 0, OrderedDict()

    def __call__(self, hole, barred):
        return without(self._of(hole), barred)

    def _of(self, hole):
        key = hashlib.sha256(np.packbits(hole)).digest()
        if key not in self._memory:
            self._memory[key] = self.net.predict(self.picture, hole, self.known)[1]
            self.asked += 1
            while len(self._memory) > KEPT:
                self._memory.popitem(last=False)
        self._memory.move_to_end(key)
        return self._memory[key]


def entropy(s_r):
    """−Σ_c S_R log2 S_R in bits, float32 H×W: 0 where SP-Net is sure, log2 C (3 for eight) where it knows nothing."""
    return -(s_r * np.log2(np.maximum(s_r, 1e-9))).sum(0)
