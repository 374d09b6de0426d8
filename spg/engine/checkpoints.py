"""Checkpoints: one safetensors file each, its JSON in the file's own header, replaced atomically.

Also what a training resumes from: nets, optimizers, the moving average and what random numbers are drawn from.
"""

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


# -------------------------------------------------------------------- resuming: what a training goes on from


def training_state(nets, optimizers, average, device):
    """All that the next step depends on, as nested dicts of tensors.

    nets, optimizers: by the player's name, "G" or "D"; average: the averaged net, or None.
    """
    state = {name: net.module.state_dict() for name, net in nets.items()}
    state |= {f"{name}_adam": optimizer.state_dict()["state"] for name, optimizer in optimizers.items()}
    state |= {"average": average.state_dict()} if average is not None else {}
    state["rng"] = torch.get_rng_state()
    if device.type == "cuda":  # where dropout draws from a generator of its own
        state["cuda_rng"] = torch.cuda.get_rng_state(device)
    return state


def put_back(state, nets, optimizers, average, device):
    """The inverse of `training_state`, into nets and optimizers of the same shapes."""
    for name, net in nets.items():
        net.module.load_state_dict(state[name])
        groups = optimizers[name].state_dict()["param_groups"]
        optimizers[name].load_state_dict({"state": state.get(f"{name}_adam", {}), "param_groups": groups})
    if average is not None:
        average.load_state_dict(state["average"])
    torch.set_rng_state(state["rng"])
    if "cuda_rng" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda_rng"], device)


def check_finite(state, where):
    """Raise FloatingPointError naming a tensor that holds NaN or infinity. where: the end of the message."""
    for name, value in flatten(state).items():
        if value.is_floating_point() and not value.isfinite().all():
            raise FloatingPointError(f"{name} is not finite {where}")


def check_unchanged(then, now, free, path):
    """Raise ValueError naming the settings that a training is resumed with and did not begin with.

    then, now: dicts of settings; free: the keys that may change.
    """
    changed = [key for key in now if then.get(key) != now[key] and key not in free]
    if changed:
        what = "; ".join(f"{key} was {then.get(key)!r}, is now {now[key]!r}" for key in changed)
        raise ValueError(f"{path} was trained with other settings ({what}): use those, or another --out")


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
