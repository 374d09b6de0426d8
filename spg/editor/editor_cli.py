"""`spg edit`, `spg replay` and `spg variants`: parse, call, print. Each command imports what it needs."""

from itertools import chain
from pathlib import Path


def add_editor(commands, nets_of, spec, weights, evaluator_of, evaluator, engine, textures):
    """Add the three to argparse's commands.

    nets_of(weights, data, size, models, classes) → `Nets`; evaluator_of(where, scenes) → `Evaluator` or None; spec,
    weights, evaluator: help of --data, --weights and --evaluator, as `spg evaluate` has.
    engine, textures: what argparse is told of --engine and --textures.
    """
    _add_edit(commands, weights, engine, textures)
    _add_replay(commands, nets_of, weights, engine, textures)
    _add_variants(commands, nets_of, spec, weights, evaluator_of, evaluator)


def _add_edit(commands, weights, engine, textures):
    text = "paint the layout of a picture and see it change, in the browser"
    c = commands.add_parser("edit", help=text, description=text)
    c.set_defaults(run=_edit)
    c.add_argument("image", nargs="?", help="a picture; default: a drawn street")
    c.add_argument("--hole", help="mask of the same size, white = missing; default: draw it there")
    c.add_argument("--labels", help="label map of class numbers or colours; default: the segmenter's")
    c.add_argument("--weights", nargs="+", help=weights)
    c.add_argument("--engine", **engine)
    c.add_argument("--textures", **textures)
    c.add_argument("--port", type=int, default=8866, help="on 127.0.0.1; default: 8866")
    c.add_argument("--no-browser", action="store_true", help="only print the address")
    warm = "kernels that have the editor ready before a visitor comes, some 300 MB each; 0 for none; default: 1"
    c.add_argument("--warm", type=int, default=1, metavar="N", help=warm)


def _add_replay(commands, nets_of, weights, engine, textures):
    text = "do the edits of a saved edits.json again: same picture, same nets, same bytes"
    c = commands.add_parser("replay", help=text, description=text)
    c.set_defaults(run=lambda a: _replay(a, nets_of))
    c.add_argument("edits", help="the edits.json that the editor saved, or the spg-drawing.json that the browser did")
    c.add_argument(
        "--image", help="the picture they were made on: original.png beside edits.json; a drawing has its own"
    )
    c.add_argument("--weights", nargs="+", help=weights)
    c.add_argument("--engine", **engine | {"help": "what computes the nets; default: what computed them then"})
    c.add_argument("--textures", **textures | {"help": "patches in what is no object; default: as it was then"})
    c.add_argument("--out", required=True, help="folder for picture, label map, hole and edits")
    c.add_argument("--no-check", action="store_true", help="accept another result than the recorded one")


def _add_variants(commands, nets_of, spec, weights, evaluator_of, evaluator):
    text = "several layouts for each hole: how much they differ, and whether each picture obeys its layout"
    c = commands.add_parser("variants", help=text, description=text)
    c.set_defaults(run=lambda a: _variants(a, nets_of, evaluator_of))
    c.add_argument("--data", required=True, help=spec)
    c.add_argument("--split", default="val")
    c.add_argument("--size", type=int, required=True, help="side in pixels")
    c.add_argument("--limit", type=int, default=1, help="the first so many scenes; default: 1")
    c.add_argument("--samples", type=int, default=6, help="layouts of each hole, or shapes a scene; default: 6")
    instead = c.add_mutually_exclusive_group()
    instead.add_argument("--shapes", action="store_true", help="instead: paint outlines drawn by hand into each scene")
    instead.add_argument("--colours", action="store_true", help="instead: ask each scene's object for a colour")
    c.add_argument("--evaluator", metavar="W", help=evaluator)
    c.add_argument("--pictures", metavar="DIR", help="with --shapes or --colours: folder for every picture")
    c.add_argument("--holes", default="paper", help="paper (default), centre, freeform or objects")
    c.add_argument("--seed", type=int, default=0, help="of the hole set")
    c.add_argument("--weights", nargs="+", help=weights)
    c.add_argument("--out", required=True, help="the JSON file")


def _variants(a, nets_of, evaluator_of):
    from spg import data
    from spg.editor.measure import KINDS
    from spg.engine import provenance, writing
    from spg.evaluation import tables
    from spg.models import DESIGNS

    if a.samples < (1 if a.shapes else 2):
        raise ValueError(f"--samples {a.samples}: layouts are compared, so at least 2 are needed (1 with --shapes)")
    if a.pictures and not (a.shapes or a.colours):
        raise ValueError("--pictures goes with --shapes or --colours")
    read = chain(a.weights or (), [a.evaluator], data.files(a.data))
    writing.check([a.out], [a.pictures], read, data.root(a.data))
    scenes = data.open(a.data, a.split, a.size, a.limit)
    nets = nets_of(a.weights, scenes.name, a.size, None, scenes.classes)
    net = nets.inpainter(*DESIGNS[nets.best_design()], segmenter=True)
    looks = None if a.colours else evaluator_of(a.evaluator, scenes)
    result = _measured(a, net, scenes, looks)
    result |= {"spec": a.data, "weights": nets.record(), "evaluator": looks and looks.record}
    provenance.write_json(result, a.out)
    print(tables.table([result], kinds=KINDS), f"\n-> {a.out}", sep="")


def _measured(a, net, scenes, looks):
    from spg.editor.measure import measure
    from spg.evaluation.colours import measure_colours
    from spg.evaluation.shapes import measure_shapes

    if a.colours:
        return measure_colours(net, scenes, a.seed, a.pictures)
    if a.shapes and looks is None:
        raise ValueError(
            f"--shapes needs a segmenter to look for the shapes, and none is shipped for {scenes.name}: "
            "name one, --evaluator"
        )
    if a.shapes:
        return measure_shapes(net, looks.label, scenes, a.samples, a.pictures)
    return measure(net, scenes, a.holes, a.seed, a.samples, evaluator=looks and looks.label)


def _edit(a):
    from spg.editor.app import serve

    if a.image is None and (a.hole or a.labels):
        raise ValueError("--hole and --labels need an IMAGE")
    if a.warm < 0:
        raise ValueError(f"--warm {a.warm}: it is the number of kernels that wait for a visitor, 0 for none")
    weights = a.weights[0] if a.weights and len(a.weights) == 1 else a.weights
    serve(a.image, a.hole, a.labels, weights, a.port, not a.no_browser, a.engine, a.warm, a.textures)


def _replay(a, nets_of):
    from spg import weights
    from spg.editor import record
    from spg.editor.session import replay
    from spg.engine import writing

    writing.check(folders=[a.out])
    writing.refuse_inputs([Path(a.out) / name for name in record.NAMES], [a.edits, a.image])
    document = record.read(Path(a.edits).read_bytes(), a.edits)
    picture = _picture(a, document)
    engine = a.engine or document.get("engine", "torch")
    textures = document.get("textures", False) if a.textures is None else a.textures
    net = weights.load(nets_of(a.weights).files, engine=engine, textures=textures)
    session = replay(net, picture, document, check=not a.no_check)
    record.save(session, a.out)
    unchecked = "" if document["result"] else " (the file records no result to compare with)"
    print(f"{len(document['edits'])} edits done again{unchecked} -> {a.out}")


def _picture(a, document):
    """Of --image, or the one that the record has with it."""
    from spg.editor import record

    if a.image:
        return record.open_file(a.image)
    carried = record.carried_picture(document, a.edits)
    if carried is None:
        raise ValueError(f"{a.edits} has no picture with it: name the one the edits were made on, --image original.png")
    return carried
