"""What the browser asks for, and what it is shown: the two directions of the line between browser and Python.

What it asks for: one function a message, (editor, content, data) → a sentence, or None. content: the message's dict;
data: the bytes that came with it. They run on the editor's worker thread, and raise ValueError (or Refused) where the
thing cannot be done; nothing has changed then. What it is shown: one packet for each trait of the widget, a dict of
numbers and bytes.
"""

import numpy as np

from spg import pictures
from spg.editor import record, variants
from spg.editor.edits import Refused
from spg.editor.session import Session, entropy, replay
from spg.labels import CLASSES, PALETTE

SAMPLES = 6  # layouts of one "Six variants"


def edit(editor, content, data):
    """A finished stroke, or another edit of `spg.editor.edits`."""
    return editor.session.edit(content.get("edit"))


def undo(editor, content, data):
    """One step back."""
    return editor.session.undo()


def redo(editor, content, data):
    """One step on."""
    return editor.session.redo()


def another(editor, content, data):
    """The next sampled layout."""
    return editor.session.edit(editor.session.another())


def sample(editor, content, data):
    """Six other layouts, painted and kept, with how much they differ; the drawing stays as it is."""
    session = editor.session
    if not session.hole.any():
        raise Refused("There is no hole yet: draw one, or remove an object")
    _check_room(editor, SAMPLES)
    seeds = [step["seed"] for step in session.history.edits if step["do"] == "another"]
    editor.next_seed = max([editor.next_seed, *(seed + 1 for seed in seeds)])
    found = variants.sample(session, SAMPLES, editor.next_seed)
    editor.next_seed += SAMPLES
    _add(editor, found)
    lpips, differ = variants.diversity(found), variants.difference(found)
    said = f"Six layouts kept. Means of all pairs: {differ:.0%} of the hole differs, LPIPS in the hole {lpips:.2f}."
    if editor.net.segmenter is None:
        return said
    return f"{said} The segmenter finds {np.mean(editor.obeyed[-SAMPLES:]):.0%} of it as the layouts asked."


def keep(editor, content, data):
    """The drawing as it is, into the strip."""
    if not editor.session.hole.any():
        raise Refused("Nothing to keep yet: there is no hole")
    _check_room(editor, 1)
    _add(editor, [variants.keep(editor.session)])
    return f"Kept as number {len(editor.variants)}"


def _check_room(editor, n):
    if len(editor.variants) + n > variants.MOST:
        raise Refused(f"{variants.MOST} layouts can be kept: remove some first")


def _add(editor, found):
    editor.variants += found
    editor.obeyed += [variants.obedience(editor.net, variant) for variant in found]
    editor.publish_kept()


def use(editor, content, data):
    """A kept layout back on the canvas; it can be undone."""
    editor.session.edit(editor.variants[_number(editor, content)].restore)
    return f"Layout {content['k'] + 1} is on the canvas"


def drop(editor, content, data):
    """A kept layout out of the strip."""
    k = _number(editor, content)
    del editor.variants[k], editor.obeyed[k]
    editor.publish_kept()
    return f"Layout {k + 1} is out of the strip"


def _number(editor, content):
    k = content.get("k")
    if not isinstance(k, int) or not 0 <= k < len(editor.variants):
        raise ValueError(f"there is no kept layout {k!r}")
    return k


def open_file(editor, content, data):
    """An upload: a picture, its label map, or edits to do again."""
    name, what = str(content.get("name", "the file")), content.get("what")
    if what not in _OPENERS:
        raise ValueError(f"cannot open {what!r}; known: {', '.join(_OPENERS)}")
    return f"{name}: {_OPENERS[what](editor, data, name)}"


def _open_picture(editor, data, name):
    picture = pictures.read_upload(data, name)
    editor.begin(Session(editor.net, picture))
    size = f"{picture.width}×{picture.height} pixels"
    return f"{size}, labelled by the segmenter. Draw a hole, or remove an object."


def _open_labels(editor, data, name):
    session = editor.session
    labels = pictures.read_label_map(data, session.hole.shape, name)
    editor.begin(Session(editor.net, session.picture, session.hole, labels, session.profile))
    return "the known labels are now these"


def _open_edits(editor, data, name):
    document = record.read(pictures.within_limit(data, name), name)
    carried = record.carried_picture(document, name)
    picture, profile = (editor.session.picture, editor.session.profile) if carried is None else (carried, None)
    session = replay(editor.net, picture, document, check=False, profile=profile)
    same = session.document()["result"] == document["result"]
    editor.begin(session)
    done = f"{len(document['edits'])} edits done again"
    if not document["result"]:
        return f"{done}; the file records no result to compare with"
    return f"{done}, with the same bytes" if same else f"{done}, but the result is not the recorded one (other nets?)"


_OPENERS = {"picture": _open_picture, "labels": _open_labels, "edits": _open_edits}


def save(editor, content, data):
    """Everything as one ZIP file, sent to the browser."""
    editor.send({"type": "saved", "name": "spg-edit.zip"}, buffers=[record.packed(editor.session)])
    return "Saved as spg-edit.zip: picture, label map, hole and edits"


def show(editor, content, data):
    """What the left pane shows; S_R is sent only where it is wanted."""
    editor.shown = content.get("what")


def ping(editor, content, data):
    """Nothing; the answer is what was asked for."""


ACTIONS = {
    **{"edit": edit, "undo": undo, "redo": redo, "another": another, "sample": sample, "keep": keep, "use": use},
    **{"drop": drop, "open": open_file, "save": save, "show": show, "ping": ping},
}


def act(editor, content, data):
    """Do one message. Raises ValueError for one that is unknown."""
    if content.get("type") not in ACTIONS:
        raise ValueError(f"unknown message {content.get('type')!r}; known: {', '.join(ACTIONS)}")
    return ACTIONS[content["type"]](editor, content, data)


# ------------------------------------------------------------ what it is shown


def scene_packet(session, number):
    """The fixed part of a picture. number: goes up with every picture, so that late answers about another are known.

    record: what a record of its edits starts with, so that the browser can write one alone.
    """
    height, width = session.hole.shape
    classes = [{"name": name, "colour": PALETTE[c].tolist()} for c, name in enumerate(CLASSES)]
    pixels = np.ascontiguousarray(session.picture.transpose(1, 2, 0)).tobytes()
    shape = {"number": number, "height": height, "width": width}
    return {**shape, "classes": classes, "picture": pixels, "record": record.beginning(session)}


def frame_packet(session, number, seq):
    """The maps, one byte a pixel: class + 8·hole + 16·decided. seq: the last message of the browser they include."""
    drawing, history = session.drawing, session.history
    maps = session.layout + 8 * drawing.hole + 16 * drawing.decided
    barred = drawing.barred.tobytes() if drawing.barred.any() else b""
    state = {"undo": history.can_undo, "redo": history.can_redo, "edits": len(history.edits)}
    return {"seq": seq, "scene": number, "maps": maps.tobytes(), "barred": barred, **state}


def filled_packet(session, number, seq, seconds):
    """The pixels of the box around the hole, and how long SG-Net (and SP-Net, where needed) took."""
    box, pixels = _cut(session.filled, session.hole)
    return {"seq": seq, "scene": number, "box": box, "pixels": pixels, "milliseconds": round(1000 * seconds)}


def chances_packet(session, number):
    """S_R, and last its entropy over log2 8, in the box around the hole: planes h×w of 0..255."""
    top, left, bottom, right = box = _box(session.hole)
    s_r = session.probabilities[:, top:bottom, left:right]
    planes = np.concatenate([s_r, entropy(s_r)[None] / np.log2(len(CLASSES))])
    planes = (planes.clip(0, 1) * 255).round().astype(np.uint8)
    return {"scene": number, "box": box, "planes": planes.tobytes()}


def kept_packet(found, obeyed, number):
    """The strip: each variant's pixels and obedience, and how much any two differ."""
    shown = []
    for variant, share in zip(found, obeyed, strict=True):
        box, pixels = _cut(variant.filled, variant.hole)
        shown.append({"box": box, "pixels": pixels, "obeys": None if np.isnan(share) else round(share, 3)})
    return {"scene": number, "variants": shown, "difference": round(variants.difference(found), 3)}


def _box(hole):
    """[top, left, bottom, right] around the hole, all 0 where there is none."""
    if not hole.any():
        return [0, 0, 0, 0]
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    return [int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1]


def _cut(picture, hole):
    """The box around the hole and the picture's pixels in it, as bytes h×w×3."""
    top, left, bottom, right = box = _box(hole)
    return box, np.ascontiguousarray(picture[:, top:bottom, left:right].transpose(1, 2, 0)).tobytes()
