"""Trained nets: the ones shipped in this folder, and the ones a training of yours has left.

`registry.json` lists what is shipped (`spg.shipped` reads it).
"""

import hashlib
import json
from pathlib import Path

import torch

from spg import checkpoints, shipped
from spg.inpainting import Inpainter
from spg.labels import CLASSES
from spg.profiles import at, from_dict
from spg.shipped import registry, shipped_nets
from spg.tasks import MODELS, task

PARTS = ("spnet", "sgnet", "segmenter")


def load_net(path, model=None):
    """Build the generator a checkpoint describes and load it. Returns (net in eval mode, about).

    model: what it must be (`spnet`, …), if given. Raises FileNotFoundError, or ValueError naming the file when it
    is damaged, of another model, of other classes, or its tensors do not fit its profile.
    """
    tensors, about = checkpoints.load(path)
    if model and about.get("model") != model:
        raise ValueError(f"{path} holds a {about.get('model')!r} net, not {model!r}")
    if about.get("classes") != list(CLASSES):
        raise ValueError(f"{path} was trained for the classes {about.get('classes')}, this version has {list(CLASSES)}")
    profile = from_dict(about["profile"])
    net = task(about["model"]).generator(profile, at(profile, about["size"]))
    try:
        net.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in checkpoints.flatten(tensors).items()}
        )
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors do not fit its profile (another width?): {error}") from error
    return net.eval(), about


def find_nets(folder):
    """model → checkpoint FOLDER/MODEL.safetensors, or the newest FOLDER/*/MODEL.safetensors."""
    inside = sorted(Path(folder).glob("*/*.safetensors"), key=lambda p: p.stat().st_mtime)
    paths = [*inside, *Path(folder).glob("*.safetensors")]
    return {path.stem: path for path in paths if path.stem in MODELS}


def resolve(weights):
    """model → file, of a shipped set's name, a run's folder, or one checkpoint file. Raises ValueError naming it.

    A dict model → file passes as it is.
    """
    if isinstance(weights, dict):
        return weights
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


def default(data=None, size=None):
    """Where to look when nothing was said: the newest folder under ./runs with both nets, else the newest net of each
    model under ./runs, else a shipped set. Returns what `load` takes.

    data, size: what they were trained on; not given, both nets must agree on it. Raises ValueError when there is none.
    """
    nets = [path for path in Path("runs").glob("**/*.safetensors") if path.stem in ("spnet", "sgnet")]
    folders = {path.parent for path in nets} | {path.parent.parent for path in nets} - {Path("runs"), Path(".")}
    pairs = [found for found in map(find_nets, folders) if _fit(found, data, size)]
    nets.sort(key=lambda path: path.stat().st_mtime)
    strays = {path.stem: path for path in nets if _fit({"spnet": path, "sgnet": path}, data, size)}
    if pairs:
        return max(pairs, key=lambda found: found["sgnet"].stat().st_mtime)
    if _fit(strays, data, size):
        return strays
    names = [n for n in registry() if data is None or n.startswith(data)]
    if not names:
        raise ValueError(f"no weights for {data}: none under runs/, none shipped; train them, or name some: --weights")
    # nothing said of the data: a picture somebody brings is a photo, not a drawing
    return min(names, key=lambda n: (n.startswith("streets"), abs(int(n.rsplit("-", 1)[1]) - (size or 64))))


def _fit(nets, data, size):
    """Whether nets hold both models, of one data set and size, and of those asked for."""
    try:
        abouts = [checkpoints.about(nets[model]) for model in ("spnet", "sgnet")]
    except (KeyError, ValueError):  # one is missing, or damaged
        return False
    trained = {(about["data"].split(":")[0], about["size"]) for about in abouts}
    return len(trained) == 1 and all(a in (None, b) for a, b in zip((data, size), trained.pop(), strict=True))


def with_segmenter(files):
    """files (model → file), and where they hold no segmenter a shipped one: of the same data, else any."""
    sets = {name: entry["nets"] for name, entry in registry().items() if "segmenter" in entry["nets"]}
    if "segmenter" in files or "spnet" not in files or not sets:
        return files
    data = checkpoints.about(files["spnet"])["data"].split(":")[0]
    name = max(sets, key=lambda n: sets[n]["segmenter"]["data"].split(":")[0] == data)
    return files | {"segmenter": shipped_nets(name)["segmenter"]}


def record(weights):
    """model → what a result file says of its checkpoint: data, profile's name, pictures seen, sha256."""
    kept = ("data", "size", "pictures_seen", "seconds")
    entries = {}
    for model, path in with_segmenter(resolve(weights)).items():
        if model not in PARTS and len(resolve(weights)) > 1:
            continue  # lies in the folder, and is not used
        about = checkpoints.about(path)
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        entries[model] = {
            "file": Path(path).name,
            **{k: about[k] for k in kept},
            "profile": about["profile"]["name"],
            "sha256": digest,
        }
    return entries


def load(weights, device=None, **options):
    """An `Inpainter` with the weights of that name or folder; options go to it.

    Raises ValueError when the set lacks SP-Net or SG-Net. A set without a segmenter borrows a shipped one.
    """
    files = with_segmenter(resolve(weights))
    missing = [m for m in ("spnet", "sgnet") if m not in files]
    if missing:
        raise ValueError(f"{weights} lacks {' and '.join(missing)}: train with `spg train {missing[0]} --out DIR`")
    loaded = {m: load_net(files[m], m) for m in PARTS if m in files}
    options.setdefault("size", loaded["sgnet"][1]["size"])
    return Inpainter(*(loaded.get(m, (None,))[0] for m in PARTS), device=device, **options)


def ship(name, runs, recipe, licence, result):
    """Copy a run's nets into this folder in half precision and enter them in the registry. Returns the entry.

    result: the JSON file of `spg evaluate` on these nets, from which the entry's metrics come. Raises ValueError if
    it was measured with other nets.
    """
    result, nets = json.loads(Path(result).read_text()), find_nets(runs)
    if result["weights"]["sgnet"]["sha256"] != hashlib.sha256(nets["sgnet"].read_bytes()).hexdigest():
        raise ValueError(f"the result is not of the nets in {runs}: evaluate those with --weights {runs}")
    entry = {"licence": licence, "recipe": recipe, "metrics": _metrics(result), "nets": {}}
    for model, path in nets.items():
        tensors, about = checkpoints.load(path)
        half = {k: v.half() if v.dtype == torch.float32 else v for k, v in checkpoints.flatten(tensors).items()}
        file = shipped.FOLDER / f"{name}-{model}.safetensors"
        checkpoints.save(file, half, about)
        entry["nets"][model] = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), **about}
    shipped.REGISTRY.write_text(json.dumps(registry() | {name: entry}, indent=1, ensure_ascii=False) + "\n")
    return entry


def _metrics(result):
    """What of a result file the registry keeps: on what it was measured, and the means."""
    kept = {key: result[key] for key in ("data", "split", "size", "holes", "n", "perceptual", "commit")}
    means = {
        name: {m: row[m] for m in ("l1", "l2", "ssim", "psnr", "lpips")} for name, row in result["methods"].items()
    }
    layout = {key: result["layouts"]["spnet"][key] for key in ("hole_accuracy", "hole_miou")}
    return kept | {name: means[name] for name in ("spg", "spg-oracle")} | {"spnet": layout}
