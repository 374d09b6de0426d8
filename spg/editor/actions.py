"""What the browser asks for, and what it is shown: the two directions of the line between browser and Python.

What it asks for: one function a message, (editor, content, data) → a sentence, or None. content: the message's dict;
data: the bytes that came with it. They run on the editor's worker thread, and raise ValueError (or Refused) where the
thing cannot be done; nothing has changed then. What it is shown: one packet for each trait of the widget, a dict of
numbers and bytes.
"""

import base64
import json

import numpy as np

from spg import pictures
from spg.editor import record, variants
from spg.editor.objects import Refused, own_colours
from spg.editor.session import Session, entropy, replay
from spg.editor.words import Said, percent

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
    """Six other layouts, painted and kept, with how much they differ; the drawing stays as it is.

    Each is in the strip as soon as it is painted.
    """
    session = editor.session
    if not session.hole.any():
        raise Refused(Said("no_hole"))
    _check_room(editor, SAMPLES)
    seeds = [step["seed"] for step in session.history.edits if step["do"] == "another"]
    first = editor.next_seed = max([editor.next_seed, *(seed + 1 for seed in seeds)])
    for number in range(1, SAMPLES + 1):
        editor.say(Said("sampling", n=number, of=SAMPLES))
        _add(editor, variants.sample(session, 1, first + number - 1))
        editor.next_seed += 1
    return _how_they_differ(editor, editor.variants[-SAMPLES:])


def _how_they_differ(editor, found):
    lpips, differ = variants.diversity(found), variants.difference(found)
    said = Said("sampled", percent=percent(differ), lpips=round(lpips, 2))
    if editor.net.segmenter is None:
        return said
    return Said("sampled.obeyed", sampled=said, percent=percent(np.mean(editor.obeyed[-SAMPLES:])))


def keep(editor, content, data):
    """The drawing as it is, into the strip."""
    if not editor.session.hole.any():
        raise Refused(Said("no_hole.keep"))
    _check_room(editor, 1)
    _add(editor, [variants.keep(editor.session)])
    return Said("kept", n=len(editor.variants))


def _check_room(editor, n):
    if len(editor.variants) + n > variants.MOST:
        raise Refused(Said("kept.full", n=variants.MOST))


def _add(editor, found):
    editor.variants += found
    editor.obeyed += [variants.obedience(editor.net, variant) for variant in found]
    start = max(editor.names, default=0) + 1
    editor.names += range(start, start + len(found))
    editor.publish_kept()


def use(editor, content, data):
    """A kept layout back on the canvas; it can be undone."""
    k = _number(editor, content)
    editor.session.edit(editor.variants[k].restore)
    return Said("kept.used", n=k + 1)


def drop(editor, content, data):
    """A kept layout out of the strip."""
    k = _number(editor, content)
    for listed in (editor.variants, editor.obeyed, editor.names):
        del listed[k]
    editor.publish_kept()
    return Said("kept.dropped", n=k + 1)


def clear(editor, content, data):
    """The strip emptied."""
    editor.variants, editor.obeyed, editor.names = [], [], []
    editor.publish_kept()
    return Said("kept.cleared")


def _number(editor, content):
    """The place in the strip of the kept layout with the message's id."""
    if content.get("id") not in editor.names:
        raise ValueError(f"there is no kept variant {content.get('id')!r}")
    return editor.names.index(content["id"])


def open_file(editor, content, data):
    """An upload: a picture, its label map, or edits to do again."""
    name, what = str(content.get("name", "the file")), content.get("what")
    if what not in _OPENERS:
        raise ValueError(f"cannot open {what!r}; known: {', '.join(_OPENERS)}")
    return Said("opened", name=name, what=_OPENERS[what](editor, data, name))


def _open_picture(editor, data, name):
    """A picture; or what was saved here, known by its first bytes."""
    if data[:2] == b"PK":
        return _open_archive(editor, data, name)
    if data.lstrip()[:1] == b"{":
        return _open_edits(editor, data, name)
    picture = pictures.read_upload(data, name)
    if editor.offer:
        editor.take(editor.offer.for_photos)
    editor.begin(Session(editor.net, picture))
    return Said("opened.picture", width=picture.width, height=picture.height)


def _open_labels(editor, data, name):
    session = editor.session
    labels = pictures.read_label_map(data, session.hole.shape, name, session.classes)
    editor.begin(Session(editor.net, session.picture, session.hole, labels, session.profile))
    return Said("opened.labels")


def _open_edits(editor, data, name):
    document = record.read(pictures.within_limit(data, name), name)
    carried = record.carried_picture(document, name)
    picture, profile = (editor.session.picture, editor.session.profile) if carried is None else (carried, None)
    session = replay(editor.net, picture, document, check=False, profile=profile)
    editor.begin(session)
    return _done_again(session, document)


def _open_archive(editor, data, name):
    picture, document, kept = record.unpacked(pictures.within_limit(data, name), name)
    return _replayed(editor, "opened.archive", picture, document, kept, pictures.rgb_profile(picture))


def _replayed(editor, key, picture, document, kept, profile):
    """Go over to a record done again, and what was kept beside it. key: of the sentence that says so."""
    if editor.offer and document.get("nets") in editor.offer.texts:
        editor.take(document["nets"])
    session = replay(editor.net, picture, document, check=False, profile=profile)
    found = [variants.restored(session, restore) for restore in kept[: variants.MOST]]
    editor.begin(session)
    _add(editor, found)
    return Said(key, again=_done_again(session, document), n=len(found))


def _done_again(session, document):
    key = "opened.again"
    if document["result"]:
        key += ".same" if session.document()["result"] == document["result"] else ".other"
    return Said(key, n=len(document["edits"]))


_OPENERS = {"picture": _open_picture, "labels": _open_labels, "edits": _open_edits}


def street(editor, content, data):
    """One of the sample streets, with its true labels and nothing missing."""
    if editor.offer is None or content.get("k") not in range(len(editor.offer.samples)):
        raise ValueError(f"there is no sample street {content.get('k')!r}")
    editor.take(editor.offer.for_streets)
    image, labels = editor.offer.street(content["k"])
    editor.begin(Session(editor.net, image, None, labels))
    return Said("begin.street")


def nets(editor, content, data):
    """Other nets for the same drawing; what was kept stays."""
    if editor.offer is None or content.get("name") not in editor.offer.texts:
        raise ValueError(f"there are no nets {content.get('name')!r} here")
    session = editor.session.with_nets(editor.offer.load(content["name"]))
    kept = editor.variants
    editor.take(content["name"])
    editor.begin(session)
    _add(editor, kept)
    return Said("nets.now", name=content["name"], text=editor.offer.texts[content["name"]])


def save(editor, content, data):
    """Everything as one ZIP file, sent to the browser, which opens here again."""
    archive = record.packed(editor.session, [variant.restore for variant in editor.variants])
    editor.send({"type": "saved", "name": "spg-edit.zip", "mime": "application/zip"}, buffers=[archive])
    return Said("saved.all")


def picture(editor, content, data):
    """The picture as it is now, as PNG sent to the browser: a file, or for its clipboard, of which the page tells."""
    image = pictures.png(editor.session.filled.transpose(1, 2, 0), editor.session.profile)
    copy = content.get("copy")
    name = {"type": "copied"} if copy else {"type": "saved", "name": "spg-picture.png"}
    editor.send(name | {"mime": "image/png"}, buffers=[image])
    return None if copy else Said("saved.picture")


def remember(editor, content, data):
    """The record and what is kept, sent to the browser, which offers it after a closed tab."""
    profile = editor.session.profile
    about = {"profile": base64.b64encode(profile).decode() if profile else None}
    kept = [variant.restore for variant in editor.variants]
    editor.send({"type": "remember", "document": editor.session.document(), "kept": kept, **about})


def resume(editor, content, data):
    """What `remember` sent, back from the browser; data: its picture, RGB. Raises ValueError where it does not fit."""
    document = record.read(json.dumps(content.get("document")), "the kept work")
    height, width = document["size"]
    if len(data) != 3 * height * width or not isinstance(content.get("kept"), list):
        raise ValueError(f"the kept work is damaged: {len(data)} bytes for a picture of {height}×{width}")
    picture = np.frombuffer(data, np.uint8).reshape(height, width, 3).transpose(2, 0, 1)
    profile = base64.b64decode(content.get("profile") or "") or None
    return _replayed(editor, "resumed", picture, document, content["kept"], profile)


def show(editor, content, data):
    """What the left pane shows; S_R is sent only where it is wanted."""
    editor.shown = content.get("what")


def ping(editor, content, data):
    """Nothing; the answer is what was asked for."""


ACTIONS = {
    **{"edit": edit, "undo": undo, "redo": redo, "another": another, "sample": sample, "keep": keep, "use": use},
    **{"drop": drop, "clear": clear, "open": open_file, "street": street, "nets": nets},
    **{"save": save, "picture": picture, "show": show, "ping": ping},
    **{"remember": remember, "resume": resume},
}


def act(editor, content, data):
    """Do one message. Raises ValueError for one that is unknown."""
    if content.get("type") not in ACTIONS:
        raise ValueError(f"unknown message {content.get('type')!r}; known: {', '.join(ACTIONS)}")
    return ACTIONS[content["type"]](editor, content, data)


# ------------------------------------------------------------ what it is shown


def scene_packet(session, number, about):
    """The fixed part of a picture. number: goes up with every picture, so that late answers about another are known.

    record: what a record of its edits starts with, so that the browser can write one alone. about: of the page and its
    nets.
    """
    height, width = session.hole.shape
    pixels = np.ascontiguousarray(session.picture.transpose(1, 2, 0)).tobytes()
    shape = {"number": number, "height": height, "width": width, "bits": bits(session.classes)}
    record_ = record.beginning(session)
    looks = {"classes": class_packet(session.classes), "coloured": session.net.coloured}
    return {**shape, **looks, "picture": pixels, "record": record_, **about}


def class_packet(classes):
    """Of each class its name, its colour on the map, whether it can be removed, and the colours it comes in."""
    about, own = zip(classes.names, classes.colours, strict=True), own_colours(classes)
    return [
        {"name": name, "colour": list(colour), "thing": c in classes.objects, "own": own.get(c, [])}
        for c, (name, colour) in enumerate(about)
    ]


def bits(classes):
    """How many of a byte's bits the maps have for the class: 3, or up to 6 where there are more than eight."""
    return max(3, (len(classes) - 1).bit_length())


def frame_packet(session, number, seq):
    """The maps, one byte a pixel: the class, then a bit of the hole and one of what is decided, see `bits`.

    seq: the last message of the browser they include.
    """
    drawing, history, above = session.drawing, session.history, bits(session.classes)
    maps = session.layout + (drawing.hole << above) + (drawing.decided << above + 1)
    barred, asked = (part.tobytes() if part.any() else b"" for part in (drawing.barred, drawing.asked))
    state = {
        "undo": history.can_undo,
        "redo": history.can_redo,
        "edits": len(history.edits),
        "colours": drawing.colours,
    }
    return {"seq": seq, "scene": number, "maps": maps.tobytes(), "barred": barred, "asked": asked, **state}


def filled_packet(session, number, seq, seconds):
    """The pixels of the box around the hole, and how long SG-Net (and SP-Net, where needed) took."""
    box, pixels = _cut(session.filled, session.hole)
    return {"seq": seq, "scene": number, "box": box, "pixels": pixels, "milliseconds": round(1000 * seconds)}


def chances_packet(session, number):
    """S_R, and last its entropy over log2 C, in the box around the hole: planes h×w of 0..255."""
    top, left, bottom, right = box = _box(session.hole)
    s_r = session.probabilities[:, top:bottom, left:right]
    planes = np.concatenate([s_r, entropy(s_r)[None] / np.log2(len(session.classes))])
    planes = (planes.clip(0, 1) * 255).round().astype(np.uint8)
    return {"scene": number, "box": box, "planes": planes.tobytes()}


def kept_packet(found, obeyed, names, number):
    """The strip: each variant's pixels, obedience and id, which it keeps, and how much any two differ."""
    shown = []
    for variant, share, name in zip(found, obeyed, names, strict=True):
        box, pixels = _cut(variant.filled, variant.hole)
        obeys = None if np.isnan(share) else round(share, 3)
        shown.append({"id": name, "box": box, "pixels": pixels, "obeys": obeys})
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
