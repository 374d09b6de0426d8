"""Checkpoints: one safetensors file each, its JSON in the file's own header, replaced atomically."""

import contextlib
import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file


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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    # clone: safetensors refuses tensors that share memory, contiguous: it stores no channels-last
    flat = {k: v.detach().cpu().contiguous().clone() for k, v in flatten(tensors).items()}
    try:
        save_file(flat, part, metadata={"about": json.dumps(about)})
        part.chmod(0o644)  # safetensors writes files only their owner can read
        os.replace(part, path)
    except Exception as error:
        raise OSError(f"could not save {path}: {error}; the previous checkpoint, if any, is unchanged") from error
    finally:
        part.unlink(missing_ok=True)


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
