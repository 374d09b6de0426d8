"""Bring trained nets into this folder: in half precision, hashed, with their numbers, and with cards that say so."""

import json
import tempfile
from pathlib import Path

import torch

from spg.engine import checkpoints, shipped
from spg.engine.markdown import table
from spg.engine.provenance import commit
from spg.engine.shipped import registry
from spg.engine.writing import read_json, write, write_all
from spg.labels import STREET, recorded
from spg.models import METHODS, models
from spg.profiles import TEACHERS
from spg.weights.finding import data_of, on_gpus, resolve, sha256

LARGEST = 16_000_000  # bytes of a file
SETTING = ("data", "split", "size", "holes", "seed", "labels")  # what makes two measurements comparable
MEASURED = ("n", "perceptual", "commit")
METRICS = ("l1", "l2", "ssim", "psnr", "lpips", "boundary_lpips", "hole_psnr")
LAYOUT_METRICS = ("hole_accuracy", "hole_miou")
SEGMENTER_METRICS = ("known_accuracy", "known_miou", "whole_accuracy", "whole_miou")


def ship(name, runs, licence, results, recipe=None):
    """Copy nets into this folder in half precision, enter them in the registry, render the cards. Returns the entry.

    name: of the set; one that exists keeps its other nets. runs: where the nets lie, as `resolve` takes it; empty to
    add measurements of nets already shipped. A file that lies on the shelf already is shared with the set it came in.
    licence: None keeps an existing set's. results: JSON files of `spg evaluate` on these nets, before or after
    shipping; each net but the segmenter must be measured in one. recipe: SET or SET:NET, as `spg train --recipe` ran
    it; None for nets made by hand, whose checkpoints say how.

    Raises ValueError, before anything is written, for a file over 16 MB, a result of other nets, a net that no
    result measures, a recipe of another net, or a new set without a licence.
    """
    entry = registry().get(name, {"licence": licence, "metrics": [], "nets": {}})
    entry["licence"] = licence or entry["licence"]
    if not entry["licence"]:
        raise ValueError(f"{name} is a new set: say its licence with --licence")
    with tempfile.TemporaryDirectory() as folder:
        new = {
            model: _on_the_shelf(path) or _half(name, model, path, Path(folder), recipe)
            for model, path in resolve(runs or {}).items()
        }
        measured = _read(results, entry["nets"] | new)
        _check_measured(new, measured)
        entries = registry() | {name: entry}
        for other in entries.values():  # those that share a file with this set, too
            _put(other, new if other is entry else _same_files(other, new))
        entry["metrics"] = _merged(entry["metrics"], measured)
        for file in Path(folder).iterdir():
            write(shipped.FOLDER / file.name, file.read_bytes())
    write_registry(entries)
    return entry


def _on_the_shelf(path):
    """The entry of a file that is shipped already, which several sets may share; None for another."""
    if Path(path).parent != shipped.FOLDER:
        return None
    nets = [net for entry in registry().values() for net in entry["nets"].values()]
    return next((net for net in nets if net["file"] == Path(path).name), None)


def _same_files(entry, new):
    """The nets of `new` whose files an entry holds too, as model → net."""
    return {model: net for model, net in new.items() if entry["nets"].get(model, {}).get("file") == net["file"]}


def _put(entry, new):
    """Enter nets into a set, whose measurements of those they replace are gone."""
    gone = _replaced(entry["nets"], new)
    entry["metrics"] = _without(entry["metrics"], gone)
    _drop_discriminators(entry, gone)
    entry["nets"] |= new


def _half(name, model, path, folder, recipe):
    """Write a checkpoint in half precision to folder. Returns its entry: file, hashes, what was spent on it, origin."""
    tensors, about = checkpoints.load(path)
    file = folder / f"{name}-{model}.safetensors"
    checkpoints.save(file, in_half(tensors), _without_folders(about))
    if file.stat().st_size > LARGEST:
        raise ValueError(f"{path} takes {file.stat().st_size / 1e6:.1f} MB in half precision, at most 16 are shipped")
    hashes = {"bytes": file.stat().st_size, "sha256": sha256(file), "source_sha256": sha256(path)}
    return {"file": file.name, **hashes, **registered(about), **_origin(recipe, model, about)}


def registered(about):
    """What the registry repeats of a checkpoint's own account, so that no file need be opened to choose one."""
    kept = {key: about[key] for key in ("model", "size", "step", "pictures_seen", "seconds")}
    classes = {key: about[key] for key in ("classes", "class_set") if not recorded(about, "").same(STREET)}
    return {**kept, "data": data_of(about), "profile": about["profile"]["name"], **classes}


def _origin(recipe, model, about):
    """The recipe of a net and the commit that ran it; of a net made by hand, its history."""
    if recipe is None:
        return {"history": history(about)}
    name, _, net = recipe.partition(":")
    if net not in ("", model):
        raise ValueError(f"--recipe {recipe} does not make {model}: name its own, {name}:{model}, or the set, {name}")
    earlier = [stage["commit"] for stage in _stages(about)[1:]]
    began = {"began": ", ".join(reversed(earlier))} if earlier else {}
    return {"recipe": f"{name}:{model}", "commit": about.get("commit") or commit(), **began}


def _stages(about):
    """What each of the checkpoints says of itself of which a training went on from the next; the last one first."""
    stages = [about]
    while stages[-1].get("start"):
        stages.append(stages[-1]["start"])
    return stages


def history(about):
    """A sentence on how a net was trained, from what its checkpoint says: data, stages, pictures, minutes."""
    stages = _stages(about)
    count = f"{len(stages)} stages" if len(stages) > 1 else "one stage"
    first = f", the first as {stages[-1]['model']}" if stages[-1]["model"] != about["model"] else ""
    gpus = "".join(f", {s / 60:.0f} of them on one {gpu}" for gpu, s in on_gpus(about).get("gpu_seconds", {}).items())
    spent = f"{about['pictures_seen']:,} pictures in all, {about['seconds'] / 60:.0f} minutes{gpus}"
    return f"Trained on {data_of(about)} in {count}{first}: {spent}."


def _without_folders(about):
    """What a checkpoint says of itself, data and teachers without the folders they lay in; its start too."""
    start = {"start": _without_folders(about["start"])} if about.get("start") else {}
    teachers = {key: Path(about["profile"].get(key, "")) for key in TEACHERS}
    short = {key: "/".join(path.parts[-3:]) for key, path in teachers.items() if path.is_absolute()}  # run, model, file
    return about | {"data": data_of(about), "profile": about["profile"] | short} | start


def ship_discriminators(name, path):
    """Copy the discriminators in a MODEL.last.safetensors to a shipped set that holds the net they trained.

    Returns their registry entry. Raises ValueError where the set holds no net, or another net, of that training.
    """
    tensors, about = checkpoints.load(path)
    entry, model = registry()[name], about["model"]
    net = entry["nets"].get(model, {})
    if any(net.get(key) != about[key] for key in ("step", "seconds")):
        raise ValueError(f"{path} is not the training of the {model} that {name} holds: ship that net first")
    file = shipped.FOLDER / f"{name}-{model}-discriminators.safetensors"
    checkpoints.save(file, in_half(tensors["D"]), about | {"data": data_of(about)})
    made = {"file": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)}
    entry["discriminators"] = entry.get("discriminators", {}) | {model: made}
    write_registry(registry() | {name: entry})
    return made


def ship_evaluator(name, path):
    """Copy a segmenter to a shipped set as its evaluator, which looks at fillings and takes no part in them.

    path: the checkpoint of a segmenter that has not been used in training the set's nets. Returns its registry entry.
    """
    if checkpoints.about(path)["model"] != "segmenter":
        raise ValueError(f"{path} holds a {checkpoints.about(path)['model']!r} net; an evaluator is a segmenter")
    with tempfile.TemporaryDirectory() as folder:
        made = _half(name, "evaluator", path, Path(folder), None)
        write(shipped.FOLDER / made["file"], (Path(folder) / made["file"]).read_bytes())
    write_registry(registry() | {name: registry()[name] | {"evaluator": made}})
    return made


def _drop_discriminators(entry, gone):
    """Drop the discriminators of a net that is gone: they have seen nothing of the new one."""
    for model in gone & entry.get("discriminators", {}).keys():
        (shipped.FOLDER / entry["discriminators"].pop(model)["file"]).unlink(missing_ok=True)


def in_half(tensors):
    """Nested dicts of tensors → one flat dict, float32 as float16."""
    return {k: v.half() if v.dtype == torch.float32 else v for k, v in checkpoints.flatten(tensors).items()}


# -------------------------------------------------------------------- measurements


def _read(results, nets):
    """The measurements that result files hold of these nets: rows of other nets are left out, other hashes refused."""
    found = []
    for path in results:
        result = read_json(path, "a result of `spg evaluate`")
        if result.get("each", 1) > 1:
            raise ValueError(f"{path} has {result['each']} holes a picture, cards have one: evaluate without --each")
        known = {}
        for model, said in result.get("weights", {}).items():
            if model in nets and said["sha256"] not in (nets[model]["sha256"], nets[model].get("source_sha256")):
                raise ValueError(f"{path} was measured with another {model}: evaluate these nets with --weights")
            known |= {model: nets[model]} if model in nets else {}
        found.append(_measurement(result, known))
    return found


def _measurement(result, known):
    """Of a result file: on what it was measured, and the means of every method whose nets are all known."""
    methods = {n: row for n, row in result["methods"].items() if n in METHODS and known.keys() >= set(models(n))}
    layouts = {n: row for n, row in result.get("layouts", {}).items() if n in known}
    kept = {key: result.get(key) for key in (*SETTING, *MEASURED)}
    kept |= {"methods": _columns(methods, METRICS), "layouts": _columns(layouts, LAYOUT_METRICS)}
    if result.get("segmenter") and "segmenter" in known:
        kept["segmenter"] = {m: result["segmenter"].get(m) for m in SEGMENTER_METRICS}
    return kept


def _columns(rows, metrics):
    return {name: {m: row.get(m) for m in metrics} for name, row in rows.items()}


def _check_measured(nets, measured):
    """Every new net must have its number, an SP-Net at least its layouts'; the segmenter's comes only where labels are
    predicted."""
    used = {model for m in measured for name in m["methods"] for model in models(name)}
    used |= {model for m in measured for model in m["layouts"]}
    missing = sorted(nets.keys() - used - {"segmenter"})
    if missing:
        raise ValueError(f"no result measures {' and '.join(missing)}: run `spg evaluate` on these nets first")


def _replaced(old, new):
    return {model for model in old.keys() & new.keys() if old[model]["sha256"] != new[model]["sha256"]}


def _without(measurements, gone):
    """Measurements less those of nets that are gone; the segmenter had a part in every predicted layout."""

    def stale(kind, name):
        return bool(gone & ({name} if kind == "layouts" else set(models(name))))

    rest = [m for m in measurements if not ("segmenter" in gone and m["labels"] == "predicted")]
    return [m for m in (_less(m, stale) for m in rest) if m["methods"] or m["layouts"]]


def _merged(old, new):
    """old and new measurements in one list; what was measured again in the same setting keeps the newer row only."""
    for latest in new:

        def again(kind, name, latest=latest):
            return name in latest[kind]

        old = [_less(m, again) if _setting(m) == _setting(latest) else m for m in old]
        old = [m for m in old if m["methods"] or m["layouts"]] + [latest]
    return old


def _less(measurement, left_out):
    """A copy of a measurement without the rows of which left_out(kind, name) is true."""
    kinds = ("methods", "layouts")
    return measurement | {k: {n: r for n, r in measurement[k].items() if not left_out(k, n)} for k in kinds}


def _setting(measurement):
    return [measurement[key] for key in SETTING]


# -------------------------------------------------------------------- the registry and its cards


def write_registry(entries):
    """Write registry.json, and the cards that say the same in words."""
    registry = json.dumps(entries, indent=1, ensure_ascii=False) + "\n"
    write_all({shipped.REGISTRY: registry, shipped.FOLDER / "MODEL_CARDS.md": cards(entries)})


WHAT = {
    "spnet": "SP-Net, the paper's design: completes the label map in the hole",
    "sgnet": "SG-Net, the paper's design: paints the picture after the label map",
    "sgnet-noseg": "SG-Net's design without any labels: what the paper's ablation compares with",
    "spnet-plus": "SP-Net of our own design, SPG-Net+",
    "sgnet-plus": "SG-Net of our own design, SPG-Net+",
    "sgnet-plus-noseg": "SPG-Net+'s painter without any labels",
    "glcic": "GL, globally and locally consistent completion (Iizuka et al. 2017), our code",
    "gfc": "GFC, generative face completion (Li et al. 2017), our code",
    "segmenter": "DeepLabv3+ that labels the known part of a picture",
}
HEAD = """# Model cards

Rendered from `registry.json` by `spg ship`; a test checks that the two agree, so edit neither by hand. Every file holds
half-precision tensors in safetensors format, and its sha256 is checked when it is loaded. Its header has the settings
of the net, and of every stage of its training.

**Meant for** lessons, experiments and comparisons on pictures like those a set was trained on: streets seen from a car,
holes of up to a quarter of the picture. **Not meant for** evidence, surveillance or any use in which a made-up filling
could be taken for a record of what was there: the nets invent what they paint, and small classes (signs, people) are
predicted worst. Classes: road, building, sign, vegetation, sky, person, vehicle, other; of `faces-128`, Helen's
eleven parts of a face, and nobody's face is to be filled without their consent.
"""


def cards(entries):
    """The text of MODEL_CARDS.md: what each net is, where it comes from, how well it does.

    entries: the registry, name → entry.
    """
    return "\n".join([HEAD, *(_card(name, entry) for name, entry in entries.items())])


def _card(name, entry):
    nets, discriminators = entry["nets"], entry.get("discriminators", {})
    evaluator = [entry["evaluator"]] if "evaluator" in entry else []
    data = ", ".join(sorted({net["data"] for net in nets.values()}))
    rows = [[f"`{m}`", WHAT[m], net["profile"], f"{net['size']}", *_spent(net)] for m, net in nets.items()]
    head = ["net", "what", "profile", "size", "pictures seen", "minutes"]
    return (
        f"## {name}\n\nTrained on: {data}. Licence: {entry['licence']}.\n\n"
        + table([head, *rows], text_columns=3)
        + "\n"
        + "".join(_file(net, _how(net)) for net in nets.values())
        + "".join(_file(net, f"The discriminators of {model}'s training.") for model, net in discriminators.items())
        + "".join(_file(net, f"The evaluator, a second segmenter. {net['history']}") for net in evaluator)
        + "".join(map(_measured, entry["metrics"]))
    )


def _file(entry, text):
    return f"- `{entry['file']}`, sha256 `{entry['sha256']}`: {text}\n"


def _spent(net):
    return [f"{net['pictures_seen']:,}", f"{net['seconds'] / 60:.0f}"]


def _how(net):
    """Where a net comes from, in words."""
    if "recipe" in net:
        began = f"; the stages before a new discriminator at {net['began']}" if "began" in net else ""
        return f"`spg train --recipe {net['recipe']}` at commit {net['commit']}{began}."
    return net["history"]


def _measured(m):
    """One measurement as a caption and its tables."""
    where = f"{m['data']} {m['split']}, {m['size']}×{m['size']}, holes {m['holes']}, {m['labels']} labels, n = {m['n']}"
    text = f"\nMeasured on {where} (LPIPS by {m['perceptual']}, commit {m['commit']}):\n\n"
    text += _metrics_table("method", m["methods"])
    for what in ("layouts", "segmenter"):
        rows = m.get(what) or {}
        rows = {"segmenter": rows} if what == "segmenter" and rows else rows
        text += "\n" + _metrics_table("labels by", rows) if rows else ""
    return text


def _metrics_table(what, rows):
    """rows: name → {metric: value or None}, all of the same metrics."""
    metrics = list(next(iter(rows.values())))
    cells = [[name, *(_cell(row[metric]) for metric in metrics)] for name, row in rows.items()]
    return table([[what, *(metric.replace("_", " ") for metric in metrics)], *cells])


def _cell(value):
    return "–" if value is None else f"{value:.4g}"
