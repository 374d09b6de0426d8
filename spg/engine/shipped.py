"""The shelf of shipped nets: what `weights/registry.json` lists. It knows files and hashes, and nothing of models.

`registry.json` lists what is shipped: file, sha256, data, size, pictures seen, origin, metrics, licence.
"""

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "weights"
REGISTRY = FOLDER / "registry.json"


def registry():
    """name → entry, as in registry.json; an entry's "nets" maps model → {"file", "sha256", …}.

    "discriminators", where there are any, maps model → the same of the discriminators of its training.
    """
    return json.loads(REGISTRY.read_text()) if REGISTRY.exists() else {}


def shipped_nets(name):
    """model → file of a shipped set, its hash checked. Raises ValueError naming a damaged file."""
    return {model: checked(entry) for model, entry in registry()[name]["nets"].items()}


def checked(entry):
    """The path of a registry entry's file. Raises ValueError naming it where its hash is not the entry's."""
    path = FOLDER / entry["file"]
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is damaged (its sha256 differs from the registry's): reinstall spg-net")
    return path
