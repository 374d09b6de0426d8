"""Where nets lie: a shipped set, a run's folder, a single file; which to take when nothing was said; loading one."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from spg.engine import checkpoints
from spg.engine.shipped import Shelf, registry, shipped_nets
from spg.labels import recorded
from spg.models import DESIGNS, MODELS, SPNETS, task
from spg.profiles import at, from_dict


def find_nets(folder):
    """model → checkpoint FOLDER/MODEL.safetensors, or the newest FOLDER/*/MODEL.safetensors."""
    inside = sorted(filter(Path.is_file, Path(folder).glob("*/*.safetensors")), key=_age)  # no link to nothing
    paths = [*inside, *filter(Path.is_file, Path(folder).glob("*.safetensors"))]
    return {path.stem: path for path in paths if path.stem in MODELS}


def resolve(weights):
    """model → file, of a shipped set's name, a run's folder, one checkpoint file, or a list of these.

    A dict model → file passes as it is. That of a shipped set is a `Shelf`, which fetches what is not here when asked
    for it. Raises ValueError naming what was not found, or a model that two places of a list hold.
    """
    if isinstance(weights, Mapping):
        return weights
    if isinstance(weights, list | tuple):
        return _joined(weights)
    if str(weights) in registry():
        return shipped_nets(str(weights))
    path = Path(weights)
    if path.is_file():
        return {checkpoints.about(path)["model"]: path}
    nets = find_nets(path) if path.is_dir() else {}
    if not nets:
        raise ValueError(
            f"no weights {weights!r}: neither a shipped set ({', '.join(registry()) or 'none'}) "
            "nor a folder in which `spg train` has saved nets"
        )
    return nets


def one(weights, model, otherwise=None):
    """The file of one model (see `resolve`), else of another. Raises ValueError naming what these weights hold."""
    files = resolve(weights)
    if model not in files and otherwise not in files:
        raise ValueError(f"{weights} holds no {model}, only {', '.join(files)}")
    return files.get(model) or files[otherwise]


def _joined(places):
    nets = {}
    for place in places:
        found = resolve(place)
        for model in nets.keys() & found.keys():
            raise ValueError(f"{model} lies in two places, {nets[model]} and {found[model]}: name the files you mean")
        nets |= found
    return nets


def default(data=None, size=None, models=None, classes=None):
    """Where to look when nothing was said: the newest folder under ./runs with the models, else the newest net of each
    under ./runs, else a shipped set. Returns what `load` takes.

    data, size, classes: what they were trained on; not given, the nets must agree on it, and the largest shipped ones
    are taken. models: those needed; None: a pair SP-Net and SG-Net of either design. Raises ValueError when there is
    none.
    """
    wanted = [tuple(models)] if models else list(DESIGNS.values())
    nets = sorted((p for p in Path("runs").glob("**/*.safetensors") if p.stem in MODELS and p.is_file()), key=_age)
    folders = {path.parent for path in nets} | {path.parent.parent for path in nets} - {Path("runs"), Path(".")}
    whole = [
        (found, group)
        for found in map(find_nets, folders)
        for group in wanted
        if _fit(found, group, data, size, classes)
    ]
    if whole:
        return max(whole, key=lambda pair: max(_age(pair[0][model]) for model in pair[1]))[0]
    strays = {path.stem: path for path in nets}
    for group in wanted:
        if _fit(strays, group, data, size, classes):
            return {model: strays[model] for model in group}
    return _shipped(wanted, data, size, classes)


def _age(path):
    return path.stat().st_mtime


def _fit(nets, group, data, size, classes):
    """Whether nets hold the models of a group, of one data set, size and class set, and of those asked for."""
    try:
        abouts = [checkpoints.about(nets[model]) for model in group]
        known = {recorded(about, data_of(about)).names for about in abouts}
    except (KeyError, ValueError):  # one is missing, or damaged
        return False
    trained = {(data_of(about), about["size"]) for about in abouts}
    if len(known) > 1 or (classes and known != {classes.names}):
        return False
    return len(trained) == 1 and all(a in (None, b) for a, b in zip((data, size), trained.pop(), strict=True))


def _shipped(wanted, data, size, classes):
    """The fitting shipped set: of the data, and nearest in size; of equals the newest."""
    sets = {}
    for name, entry in registry().items():
        about = max(entry["nets"].values(), key=lambda net: net["size"])
        if classes and not recorded(about, name).same(classes):
            continue
        if any(set(group) <= entry["nets"].keys() for group in wanted) and data in (None, data_of(about)):
            # nothing said of the data: a picture somebody brings is a photo, not a drawing
            sets[name] = (data_of(about) == "streets", abs(about["size"] - size) if size else -about["size"])
    if not sets:
        nets = " or ".join(" and ".join(group) for group in wanted)
        raise ValueError(
            f"no weights for {data or 'any data'}: none under runs/, none shipped that hold {nets}; "
            "train them with `spg train MODEL --data SPEC --out DIR`, or name some: --weights"
        )
    return min(reversed(sets), key=sets.get)


def data_of(about):
    """The name of the data a checkpoint was trained on, without the folder it lay in."""
    return about["data"].split(":")[0]


def load_net(path, model=None):
    """Build the generator a checkpoint describes and load it. Returns (net in eval mode, about).

    model: what it must be (`spnet`, …), if given. Raises FileNotFoundError, or ValueError naming the file when it
    is damaged, of another model, of other classes, or its tensors do not fit its profile.
    """
    tensors, about = checkpoints.load(path)
    if model and about.get("model") != model:
        raise ValueError(f"{path} holds a {about.get('model')!r} net, not {model!r}")
    profile, made = from_dict(about["profile"]), task(about["model"])
    made.classes = recorded(about, path)
    net = made.generator(profile, at(profile, about["size"]))
    try:
        checkpoints.restore(net, tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors do not fit its profile (another width?): {error}") from error
    return net.eval(), about


def with_segmenter(files):
    """A `Shelf` of files; to an SP-Net without a segmenter comes a shipped one: of its data, else of its classes."""
    files = Shelf(files)
    sets = {name: entry["nets"] for name, entry in registry().items() if "segmenter" in entry["nets"]}
    spnets = [files[model] for model in SPNETS if model in files]
    if "segmenter" in files or not spnets or not sets:
        return files
    about = checkpoints.about(spnets[0])
    asked = recorded(about, spnets[0])
    sets = {name: nets for name, nets in sets.items() if recorded(nets["segmenter"], name).same(asked)}
    if not sets:
        return files

    def nearness(name):
        net = sets[name]["segmenter"]
        return data_of(net) == data_of(about), -abs(net["size"] - about["size"])

    return files.plus("segmenter", sets[max(sets, key=nearness)]["segmenter"])


def record(weights):
    """model → what a result file says of its checkpoint: data, size, profile's name, pictures seen, seconds, sha256."""
    return {model: _record(Path(path)) for model, path in resolve(weights).items()}


def _record(path):
    about = checkpoints.about(path)
    kept = {key: about[key] for key in ("size", "pictures_seen", "seconds", "threads") if key in about}
    return {
        **{"file": path.name, "data": data_of(about), **kept, **on_gpus(about), "profile": about["profile"]["name"]},
        "sha256": sha256(path),
    }


def on_gpus(about):
    """How much of a training, with all it started from, ran on which GPU: {"gpu_seconds": {name: seconds}}, or {}."""
    spent = {}
    while about:
        start = about.get("start") or {}
        if "gpu" in about:
            spent[about["gpu"]] = round(spent.get(about["gpu"], 0) + about["seconds"] - start.get("seconds", 0), 1)
        about = start
    return {"gpu_seconds": spent} if spent else {}


def account(path):
    """What a checkpoint says of itself, and its sha256: all that a training which starts with it has to remember."""
    return checkpoints.about(path) | {"sha256": sha256(path)}


def sha256(path):
    """The hash of a file's bytes, as the registry and the results write it."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
