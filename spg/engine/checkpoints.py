"""Checkpoints: one safetensors file each, its JSON in the file's own header, replaced atomically."""

import contextlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from spg.engine.writing import replacing


def flatten(tree, prefix=""):
    """Nested dicts of tensors → one flat dict with keys joined by `/`; other leaves are left out."""
    flat = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}/")
        elif isinstance(value, torch.Tensor):
            flat[f"{prefix}{key}"] = value
    return flat


def unflatten(flat):
    """The inverse of `flatten`; keys that are whole numbers become int (optimizer states)."""
    tree = {}
    for path, value in flat.items():
        *folders, leaf = path.split("/")
        node = tree
        for folder in folders:
            node = node.setdefault(int(folder) if folder.isdigit() else folder, {})
        node[leaf] = value
    return tree


def save(path, tensors, about):
    """Write tensors (nested dicts) and about (JSON-ready dict) to path, atomically.

    The old file stays until the new one is complete: a full disk or a kill loses nothing. Raises OSError
    naming the file when it cannot be written.
    """
    # clone: safetensors refuses tensors that share memory, contiguous: it stores no channels-last
    flat = {k: v.detach().cpu().contiguous().clone() for k, v in flatten(tensors).items()}
    with replacing(path) as part:
        try:
            save_file(flat, part, metadata={"about": json.dumps(about)})
        except SafetensorError as error:  # a full disk, for one
            raise OSError(str(error)) from error
        part.chmod(0o644)  # safetensors writes files only their owner can read


def load(path):
    """Read (tensors, about) that `save` wrote. Raises FileNotFoundError or ValueError naming the file."""
    with _opened(path) as file:
        tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118, not a dict
        return unflatten(tensors), json.loads(file.metadata()["about"])


def about(path):
    """What a checkpoint says of itself, its tensors unread. Raises as `load`."""
    with _opened(path) as file:
        return json.loads(file.metadata()["about"])


def restore(net, tensors):
    """The net with a checkpoint's weights, which may be stored in half precision; returns it.

    Raises RuntimeError, as torch does, naming the tensors that do not fit.
    """
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in flatten(tensors).items()})
    return net


@contextlib.contextmanager
def _opened(path):
    if not Path(path).is_file():
        raise FileNotFoundError(f"no checkpoint {path}; train one with `spg train`")
    try:
        with safe_open(path, "pt") as file:
            yield file
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a checkpoint of this project, or is damaged: {error}") from error


# -------------------------------------------------------------------- growing: nets that take over a smaller one
#
# A net trained at 64 pixels has cells that cover a certain share of the picture. Doubling the picture and adding one
# halving keeps that share, so the trained layers go on meaning what they meant (`spg.profiles.at`) [our decision].


@torch.no_grad()
def inherit(net, smaller):
    """Copy into net every weight of the smaller net that has its place there; the others keep their first values.

    A net whose layers are counted from the outside says in `place(name, smaller)` what a layer of the smaller net is
    called in itself. Layers at the rim, whose shapes differ, have no place.
    """
    place = getattr(net, "place", lambda name, smaller: name)
    tensors = net.state_dict()
    for name, value in smaller.state_dict().items():
        there = tensors.get(place(name, smaller))
        if there is not None and there.shape == value.shape:
            there.copy_(value)


@torch.no_grad()
def adopt(net, smaller):
    """Begin net as one of the same layers with fewer channels in and out. What net has besides counts for 0.

    smaller: the tensors of that one by name. A net whose own inputs do not all come last says in `as_here(name, value)`
    how a tensor of the smaller one lies in it. Raises RuntimeError naming a tensor that finds no room in net.
    """
    as_here = getattr(net, "as_here", lambda name, value: value)
    tensors = net.state_dict()
    for name, value in smaller.items():
        value = as_here(name, value)
        there = tensors.get(name, value.new_empty(0))
        if there.ndim != value.ndim or any(a < b for a, b in zip(there.shape, value.shape, strict=True)):
            raise RuntimeError(f"{name} of the smaller net, {list(value.shape)}, does not fit into {list(there.shape)}")
        there.zero_()[tuple(map(slice, value.shape))] = value
