"""The `spg` command: parse, call, print."""

import argparse
import codecs
import errno
import functools
import os
import sys
from itertools import chain
from pathlib import Path

from spg.editor.editor_cli import add_editor
from spg.study.study_cli import add_study


def main(argv=None):
    """Run one command. Returns the exit status: 0, 2 for bad input (said on one line), 130 after Ctrl-C."""
    _print_everywhere()
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments) or 0
    except KeyboardInterrupt as stop:
        print(f"spg: {stop or 'stopped'}", file=sys.stderr)
        return 130
    except MemoryError:
        print(f"spg {arguments.command}: not enough memory: take a smaller size, width or batch", file=sys.stderr)
        return 2
    except (ValueError, OSError, ImportError, FloatingPointError) as error:
        print(f"spg {arguments.command}: {_words(error)}", file=sys.stderr)
        return 2


# -------------------------------------------------------------------- words


PLAIN = str.maketrans({"−": "-", "–": "-", "×": "x", "→": "->", "≥": ">=", "≤": "<=", "…": "...", "α": "alpha"})
REMEDIES = {
    errno.ENOENT: "there is no such file or folder; is the path right?",
    errno.EACCES: "you have no permission for it; change its permissions, or choose another place",
    errno.EPERM: "you have no permission for it; change its permissions, or choose another place",
    errno.EISDIR: "it is a folder, where a file is wanted",
    errno.ENOTDIR: "a part of this path is a file, not a folder",
    errno.ENOSPC: "the disk is full; make room, or choose another place",
    errno.EROFS: "its disk cannot be written to; choose another place",
    errno.ENAMETOOLONG: "the name is too long for this disk",
}


def _print_everywhere():
    """Print on terminals, and into files, whose encoding lacks a character: a plain one stands for it."""
    codecs.register_error("spg-plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="spg-plain")


def _plain(error):
    text = error.object[error.start : error.end].translate(PLAIN)
    return text.encode(error.encoding, "replace").decode(error.encoding), error.end


def _words(error):
    """What an error says; for one of the system's, which file it is about, and what can be done."""
    if isinstance(error, OSError) and error.filename and error.errno in REMEDIES:
        return f"{os.fsdecode(error.filename)}: {REMEDIES[error.errno]}"
    return str(error)


# -------------------------------------------------------------------- commands; each imports what it needs


def _data(a):
    from spg.data import check, open

    print(check(a.spec, fetch=a.fetch))
    if a.cache:
        open(a.spec, a.split, a.cache)


def _train(a):
    from spg import profiles

    settings = profiles.parse_settings(a.set)
    if bool(a.recipe) == bool(a.model):
        raise ValueError("name a model to train, or a recipe: spg train MODEL --data SPEC --out DIR, or --recipe SET")
    return _train_recipe(a, settings) if a.recipe else _train_model(a, settings)


def _train_model(a, settings):
    from spg import data, models, profiles, weights
    from spg.engine import writing
    from spg.engine.machine import make_fabric
    from spg.training import Trainer

    if not (a.data and a.out):
        raise ValueError(f"spg train {a.model} needs --data SPEC and --out DIR")
    writing.check(folders=[a.out])
    task = models.task(a.model)
    models.check_settings(a.model, settings)
    profile = profiles.profile(a.profile, **settings)
    fabric = make_fabric(profile, a.accelerator)
    scenes_at = functools.partial(data.open, a.data, a.split or "train", limit=a.limit)
    source, start = {"data": a.data, "split": a.split or "train", "limit": a.limit}, None
    if a.start:
        start = weights.one(a.start, a.model, otherwise=task.begins_as)
        writing.refuse_inputs([Path(a.out) / f"{a.model}.safetensors"], [start])
        source["start"] = weights.account(start)
    with writing.locked(a.out):
        classes = data.classes_of_spec(a.data)
        trainer = Trainer(a.model, task, profile, scenes_at, source, a.out, fabric, a.resume, start, classes)
        _say_trained(trainer.fit())


def _train_recipe(a, settings):
    from spg import data
    from spg.engine import writing
    from spg.engine.machine import make_fabric
    from spg.weights import recipe

    given = [f"--{name}" for name in ("data", "split", "limit", "start") if getattr(a, name)]
    if given:
        raise ValueError(f"a recipe says itself what {', '.join(given)} would say: leave that out")
    recipes = recipe.read(a.recipe, settings)
    out = a.out or Path("runs") / a.recipe.partition(":")[0]
    writing.check(folders=[out])
    for one in recipes:
        scenes_at = functools.partial(data.open, one.source["data"], one.source["split"], limit=one.source["limit"])
        fabric = functools.partial(make_fabric, accelerator=a.accelerator)
        classes = data.classes_of_spec(one.source["data"])
        with writing.locked(Path(out) / one.model):
            _say_trained(recipe.train(one, out, scenes_at, fabric, a.resume, classes=classes))


def _say_trained(trainer):
    from spg.engine.machine import leave

    leave()
    if trainer.fabric.is_global_zero:
        seen, minutes = trainer.about()["pictures_seen"], trainer.seconds / 60
        print(f"{trainer.model}: {seen} pictures in {minutes:.1f} minutes -> {trainer.out / trainer.model}.safetensors")


def _evaluate(a):
    from spg import data
    from spg.engine import writing
    from spg.engine.provenance import write_json
    from spg.evaluation import evaluate, tables
    from spg.weights.nets import Nets, lineup, needed

    names = a.methods.split(",")
    read = [*(a.weights or ()), *(name.partition("=")[2] for name in names), *([a.evaluator] if a.evaluator else ())]
    writing.check([a.out], [a.pictures], chain(read, data.files(a.data)), data.root(a.data))
    scenes = data.open(a.data, a.split, a.size, a.limit)
    models = needed(names)
    nets = _nets(a.weights, scenes.name, a.size, models, scenes.classes) if models or a.weights else None
    chosen = lineup(names, nets or Nets({}, classes=scenes.classes), a.labels, _train_scenes(a) if nets else None)
    extra = {"spec": a.data, "labels": a.labels, "weights": nets.record() if nets else {}}
    looks = _evaluator(a.evaluator, scenes)
    result = evaluate(
        scenes,
        chosen.methods,
        a.holes,
        a.seed,
        layouts=chosen.layouts,
        perceptual=a.perceptual,
        segmenter=chosen.segmenter,
        device=nets.device if nets else "cpu",
        pictures=a.pictures,
        extra=extra | {"own_weights": chosen.own_weights, "evaluator": looks and looks.record},
        each=a.each,
        evaluator=looks and looks.label,
        asked=chosen.asked,
    )
    write_json(result, a.out)
    print(tables.table([result]), f"\n-> {a.out}", sep="")


def _train_scenes(a):
    """What the layout `row` is counted on; None, and said, for a data set that has no `train` here."""
    from spg import data

    try:
        return data.open(a.data, "train", a.size, 200)
    except FileNotFoundError as error:
        print(f"the layout row is left out, as it is counted on train: {error}", file=sys.stderr)
        return None


def _inpaint(a):
    from spg import weights
    from spg.inpainting import inpaint_files

    files = _nets(a.weights).files
    if a.engine is None and Path(a.image).is_dir():  # for a single picture it would take longer than it saves
        weights.prepare(files, a.design)
    net = weights.load(files, design=a.design, engine=a.engine, textures=a.textures)
    done, skipped = inpaint_files(net, a.image, a.hole, a.out, a.labels, a.threshold, a.without)
    print(f"{done} filled -> {a.out}" + (f", {len(skipped)} skipped" if skipped else ""))
    return 2 if skipped and not done else 0


def _ablate(a):
    from spg import data, plots, profiles
    from spg.engine import writing
    from spg.engine.provenance import write_json
    from spg.evaluation import ablation_report, ablations, tables
    from spg.holes import check_sampler

    writing.check(folders=[a.out])
    profile = profiles.profile(a.profile, **profiles.parse_settings(a.set))
    seeds, only = ablations.parse_seeds(a.seeds), a.only.split(",") if a.only else None
    looks = a.evaluator and _evaluator(a.evaluator, data.open(a.data, a.split, profile.sizes[-1], a.limit))
    test = ablations.Setting(a.split, a.limit, check_sampler(a.holes), a.true_layouts, looks and looks.label)
    ablations.run(a.data, profile, seeds, a.out, only, test)
    result, file = ablations.summary(a.out, seeds, profile), Path(a.out) / "ablations.json"
    write_json(result, file)
    plots.save(ablation_report.plot({a.data: result}), file.with_suffix(".png"))
    print(tables.table([result]), f"\n-> {file} and {file.with_suffix('.png').name}", sep="")


def _bench(a):
    from spg.engine import writing
    from spg.engine.provenance import provenance, write_json
    from spg.evaluation import bench, tables

    writing.check([a.out])
    if min(*a.widths, *a.sizes) < 1:
        raise ValueError("--widths and --sizes must be at least 1")
    result = {**bench.bench(a.widths, a.sizes), **provenance()}
    write_json(result, a.out)
    print(tables.table([result]), f"\n-> {a.out}", sep="")


def _units(a):
    from spg import data
    from spg.engine import provenance, writing
    from spg.evaluation import tables, units

    writing.check([a.out], inputs=data.files(a.data))
    result = {**units.analyse(data.open(a.data, a.split, a.size), a.limit, a.seed), **provenance.provenance()}
    provenance.write_json(result, a.out)
    print(tables.table([result]), f"\n-> {a.out}", sep="")


def _windows(a):
    from spg import data
    from spg.engine import provenance, writing
    from spg.evaluation import native, tables
    from spg.models import DESIGNS

    writing.check([a.out], inputs=chain(a.weights or (), data.files(a.data)))
    pictures = native.frames(a.data, a.split, a.limit)
    nets = _nets(a.weights)
    net = nets.inpainter(*DESIGNS[nets.best_design()], segmenter=True)
    result = native.measure_windows(net, pictures, a.data.partition(":")[0], a.holes, a.seed)
    result |= {"spec": a.data, "split": a.split, "weights": nets.record()}
    provenance.write_json(result, a.out)
    print(tables.table([result]), f"\n-> {a.out}", sep="")


def _table(a):
    from spg.editor import measure
    from spg.evaluation import tables
    from spg.study import report

    kinds = {**measure.KINDS, **report.KINDS}  # the wings on top, which `tables` knows nothing of
    if a.readme:
        stale = tables.render_readme(a.readme, check=a.check, kinds=kinds)
        print(f"{a.readme}: {'rendered ' + ', '.join(stale) if stale else 'agrees with its results'}")
        return
    print(tables.table(a.files, views=a.views.split(","), kinds=kinds))


def _ship(a):
    from spg.weights import ship, ship_evaluator

    if a.evaluator:
        print(f"{a.name}: {ship_evaluator(a.name, a.evaluator)['file']} -> spg/weights/")
        return
    entry = ship(a.name, a.runs, a.licence, a.result, a.recipe)
    print(f"{a.name}: {', '.join(entry['nets'])} -> spg/weights/")


def _export(a):
    from spg.engine import writing
    from spg.weights.exporting import MANIFEST, export

    writing.check(folders=[a.out])
    manifest = export(a.weights, a.out)
    for model, net in manifest["nets"].items():
        print(f"{model}: {a.out}/{net['file']}, {net['bytes'] / 1e6:.1f} MB")
    print(f"-> {a.out}/{MANIFEST}; licence: {manifest['licence'] or 'yours'}")


def _nets(weights, data=None, size=None, models=None, classes=None):
    """The `Nets` of --weights, or the default ones, said on stderr. classes: the set that they are asked to paint."""
    from spg import weights as w

    named = weights[0] if weights and len(weights) == 1 else weights
    nets = w.Nets(named or w.default(data, size, models, classes), classes=classes)
    print("weights:", *(f"{model} {nets.files.where(model)}" for model in nets.files), sep="\n  ", file=sys.stderr)
    return nets


def _evaluator(where, scenes):
    """The `Evaluator` of --evaluator; None, said on stderr, where there is none."""
    from spg.weights import load_evaluator

    found = load_evaluator(where, scenes.name, scenes.size, classes=scenes.classes)
    if found is None:
        missing = f"no evaluator is shipped for {scenes.name}, so `recognised` is left out: --evaluator names one"
        print(missing, file=sys.stderr)
    return found


# -------------------------------------------------------------------- arguments


def _parser():
    parser = argparse.ArgumentParser(
        prog="spg", description="SPG-Net, step by step: data, training, inpainting, numbers."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        _add_data,
        _add_train,
        _add_evaluate,
        _add_inpaint,
        _add_ablate,
        _add_bench,
        _add_units,
        _add_windows,
        _add_table,
        _add_ship,
        _add_export,
    ):
        add(commands)
    add_study(commands, _nets, SPEC, WEIGHTS)
    add_editor(commands, _nets, SPEC, WEIGHTS, _evaluator, EVALUATOR, ENGINE, TEXTURES)
    return parser


def _command(commands, name, run, text):
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    return command


SPEC = "streets, cityscapes[:ROOT], camvid[:ROOT], faces[:ROOT] or folder:ROOT; without ROOT, $SPG_DATA/<name>"
EVALUATOR = (
    "segmenter that looks for the classes asked for, not used in any training: a checkpoint, a folder, or a shipped "
    "set that has one; default: the one shipped for the data"
)
ENGINE = {
    "choices": ("torch", "bfloat16", "onnx"),
    "help": "what computes the nets; default: ONNX Runtime where it is installed and there is no GPU, else PyTorch",
}
TEXTURES = {
    "action": argparse.BooleanOptionalAction,
    "help": "give what is no object patches of its own class from the picture, after SG-Net has painted; default: yes "
    "where the classes have a ground and PyPatchMatch is installed",
}
WEIGHTS = "folders of trainings, checkpoint files, or a shipped set; default: the newest nets under runs/, else shipped"


def _add_data(commands):
    c = _command(commands, "data", _data, "fetch or check a data set, and say what was found")
    c.add_argument("spec", help=SPEC)
    c.add_argument("--fetch", action="store_true", help="download what is missing (camvid)")
    c.add_argument("--cache", type=int, metavar="SIZE", help="also decode (or draw) a split, once for all trainings")
    c.add_argument("--split", default="train", help="the split to cache; default: train")


def _add_train(commands):
    c = _command(commands, "train", _train, "train one model, or a recipe; Ctrl-C saves, --resume goes on")
    c.add_argument(
        "model",
        nargs="?",
        help="spnet sgnet sgnet-noseg spnet-plus sgnet-plus sgnet-plus-noseg glcic gfc segmenter",
    )
    c.add_argument("--recipe", metavar="SET[:NET]", help="make the nets of a shipped set, or one, from random weights")
    c.add_argument("--data", help=SPEC)
    c.add_argument("--split", help="default: train; fit leaves out tune, the part for choosing settings")
    c.add_argument("--limit", type=int, help="only the first so many pictures")
    c.add_argument("--profile", default="quick", help="smoke, quick (default), cpu or paper")
    c.add_argument("--out", help="folder for checkpoints and log; default of a recipe: runs/SET")
    c.add_argument(
        "--start",
        metavar="W",
        help="begin with the net of a checkpoint, folder or shipped set: fine-tuning, on samples not yet seen; sgnet "
        "and sgnet-plus may begin as the nets without segmentation, sgnet-noseg and sgnet-plus-noseg",
    )
    c.add_argument("--resume", action="store_true", help="go on from OUT's checkpoint, if there is one")
    c.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change profile settings")
    c.add_argument("--accelerator", default="auto", help="auto (default), cpu, cuda, mps or gpu")


def _add_evaluate(commands):
    c = _command(commands, "evaluate", _evaluate, "measure methods on the fixed holes of a data set")
    c.add_argument("--data", required=True, help=SPEC)
    c.add_argument("--split", default="val")
    c.add_argument(
        "--methods",
        required=True,
        help="by commas: telea ns patchmatch glcic gfc noseg spg spg-oracle noseg-plus spg-plus spg-plus-oracle "
        "patchmatch-layout spg-plus-textured spg-plus-textured-oracle, or NAME=PATH of a painter's checkpoint or a "
        "folder with both nets",
    )
    c.add_argument("--holes", default="paper", help="paper (default), centre, freeform, objects, outlines or cleared")
    c.add_argument("--size", type=int, required=True, help="side in pixels")
    c.add_argument("--limit", type=int, help="only the first so many pictures")
    c.add_argument("--seed", type=int, default=0, help="of the hole set")
    c.add_argument("--each", type=int, default=1, help="holes a picture, of the sets SEED, SEED + 1, …; default: 1")
    c.add_argument("--weights", nargs="+", help=WEIGHTS)
    c.add_argument(
        "--labels", choices=("true", "predicted"), default="true", help="S0: true labels, or the segmenter's"
    )
    c.add_argument("--perceptual", default="stlpips", help="network of LPIPS: stlpips (default) or stlpips-vgg")
    c.add_argument("--evaluator", metavar="W", help=EVALUATOR)
    c.add_argument("--pictures", metavar="DIR", help="folder for every filling at full size, and contact sheets")
    c.add_argument("--out", required=True, help="the JSON file")


def _add_inpaint(commands):
    c = _command(commands, "inpaint", _inpaint, "fill the hole of one picture, or of every picture of a folder")
    c.add_argument("image", help="a picture, or a folder of them")
    c.add_argument(
        "--hole", required=True, help="mask of the same size, white = missing; or a folder with the same names"
    )
    c.add_argument("--threshold", action="store_true", help="accept a grey mask: above half is missing")
    c.add_argument("--out", required=True, help="PNG to write; a folder for a folder")
    c.add_argument(
        "--labels", help="label map of class numbers or colours (PNG), or a folder of them; default: the segmenter's"
    )
    c.add_argument(
        "--without",
        type=lambda names: names.split(","),
        default=(),
        metavar="CLASSES",
        help="classes, by commas, that are not to be in the hole: `vehicle` removes the car it covers",
    )
    c.add_argument("--weights", nargs="+", help=WEIGHTS)
    c.add_argument("--design", help="spg-plus or spg; default: the better pair of nets there is")
    c.add_argument("--engine", **ENGINE)
    c.add_argument("--textures", **TEXTURES)


def _add_ablate(commands):
    c = _command(commands, "ablate", _ablate, "train and measure nets that differ in one thing; rows done are kept")
    c.add_argument("--data", required=True, help=SPEC)
    c.add_argument("--profile", default="quick", help="of every training; default: quick")
    c.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change it for all rows")
    c.add_argument("--seeds", default="0,1,2", help="one training of every row each; default: 0,1,2")
    c.add_argument("--only", metavar="ROW,ROW", help="these rows and those they are compared with: a job of an array")
    c.add_argument("--split", default="val", help="the pictures to measure on; default: val")
    c.add_argument("--limit", type=int, help="only the first so many of them")
    c.add_argument("--holes", default="paper", help="that they are measured on; default: paper")
    c.add_argument("--true-layouts", action="store_true", help="measure with these alone, and train no SP-Net")
    c.add_argument("--evaluator", metavar="W", help="a segmenter for the column `recognised`; default: none")
    c.add_argument("--out", required=True, help="folder for OUT/SEED/ROW/ and OUT/ablations.json")


def _add_bench(commands):
    c = _command(commands, "bench", _bench, "measure speed and memory against this machine's matrix products")
    c.add_argument("--widths", type=int, nargs="+", default=(16, 64))
    c.add_argument("--sizes", type=int, nargs="+", default=(64, 128, 256))
    c.add_argument("--out", required=True, help="the JSON file")


def _add_units(commands):
    c = _command(commands, "units", _units, "which units and which holes reproduce PatchMatch's row of Table 1")
    c.add_argument("--data", required=True, help=SPEC)
    c.add_argument("--split", default="val")
    c.add_argument("--size", type=int, default=256, help="side in pixels; default: the paper's 256")
    c.add_argument("--limit", type=int, help="so many pictures, evenly spread over the split")
    c.add_argument("--seed", type=int, default=0, help="of the holes")
    c.add_argument("--out", required=True, help="the JSON file")


def _add_windows(commands):
    c = _command(commands, "windows", _windows, "what a window around a hole gains in pictures larger than the nets")
    c.add_argument("--data", required=True, help="cityscapes[:ROOT], camvid[:ROOT] or folder:ROOT, at its own size")
    c.add_argument("--split", default="val")
    c.add_argument("--limit", type=int, help="only the first so many pictures")
    c.add_argument("--holes", type=int, default=40, help="how many, in the pictures in turn; default: 40")
    c.add_argument("--seed", type=int, default=0, help="of the holes")
    c.add_argument("--weights", nargs="+", help=WEIGHTS)
    c.add_argument("--out", required=True, help="the JSON file")


def _add_table(commands):
    c = _command(commands, "table", _table, "markdown tables of result files")
    c.add_argument("files", nargs="*", help="JSON files of results; a folder of them: the paper's claims")
    c.add_argument(
        "--views",
        default="methods,layouts",
        help="of evaluate's results, by commas; the names in spg.evaluation.views, or all",
    )
    c.add_argument("--readme", help="render this file's tables in place instead")
    c.add_argument("--check", action="store_true", help="with --readme: only say whether they agree")


def _add_ship(commands):
    c = _command(commands, "ship", _ship, "copy trained nets into spg/weights (for maintainers)")
    c.add_argument("name", help="of the set, such as streets-64; nets and results are added to one that exists")
    c.add_argument("--runs", nargs="+", default=[], help="folders in which spg train saved them, or checkpoint files")
    c.add_argument("--result", nargs="+", default=[], help="JSON files of spg evaluate on these nets")
    c.add_argument("--recipe", metavar="SET[:NET]", help="the recipe that made them, as spg train --recipe names it")
    c.add_argument("--licence", help="needed for a new set")
    c.add_argument(
        "--evaluator", metavar="FILE", help="only copy this segmenter, as the evaluator of a set that exists"
    )


def _add_export(commands):
    c = _command(commands, "export", _export, "write nets as ONNX files, for programs without PyTorch")
    c.add_argument("weights", metavar="SET", help="a shipped set, the folder of a training, or a checkpoint file")
    c.add_argument("--out", required=True, help="folder for MODEL.onnx and manifest.json")


if __name__ == "__main__":
    sys.exit(main())
