"""The shelf of shipped nets: what `weights/registry.json` lists. It knows files and hashes, and nothing of models.

`registry.json` lists what is shipped: file, bytes, sha256, data, size, pictures seen, origin, metrics, licence. A clone
holds every file. The wheel holds some (pyproject.toml says which); the others are fetched when first asked for.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from spg.engine.places import home, weights_address

FOLDER = Path(__file__).parent.parent / "weights"
REGISTRY = FOLDER / "registry.json"


def registry():
    """name → entry, as in registry.json; an entry's "nets" maps model → {"file", "sha256", …}.

    "discriminators", where there are any, maps model → the same of the discriminators of its training.
    """
    return json.loads(REGISTRY.read_text()) if REGISTRY.exists() else {}


class Shelf(Mapping):
    """model → file. One of a shipped set is checked, and fetched where it is not here, when it is asked for.

    files: model → path or registry entry, or another shelf.
    """

    def __init__(self, files):
        self._files = dict(files._files if isinstance(files, Shelf) else files)

    def __getitem__(self, model):
        file = self._files[model]
        return checked(file) if isinstance(file, dict) else file

    def __contains__(self, model):
        return model in self._files

    def __iter__(self):
        return iter(self._files)

    def __len__(self):
        return len(self._files)

    def where(self, model):
        """The path of a file, whether it is here yet or not."""
        file = self._files[model]
        return _place(file) if isinstance(file, dict) else file

    def plus(self, model, file):
        """A shelf with one file more: a path or a registry entry."""
        return Shelf({**self._files, model: file})


def shipped_nets(name):
    """model → file of a shipped set, a `Shelf`."""
    return Shelf(registry()[name]["nets"])


def checked(entry):
    """The path of a registry entry's file, fetched where it is not here. Raises ValueError naming a damaged file."""
    path = _place(entry)
    if path.parent != FOLDER:
        return fetched(entry)
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is damaged (its sha256 differs from the registry's): reinstall spg-net")
    return path


def _place(entry):
    """Where a registry entry's file is: on the shelf, else in the cache."""
    path = FOLDER / entry["file"]
    return path if path.exists() else home() / "weights" / entry["file"]


def fetched(entry):
    """The path of a registry entry's file in the cache, downloaded there if need be; its size and sha256 are checked.

    Raises OSError saying what to type where it cannot be fetched, ValueError where what came is another file.
    """
    path, address = _place(entry), weights_address()
    remedy = f"put the file at {path}, or use weights that are here: --weights streets-128"
    if not path.exists():
        if address is None:
            raise OSError(f"{entry['file']} is not in this installation, and no address is known to fetch it; {remedy}")
        print(f"Fetching {entry['file']} ({entry['bytes'] / 1e6:.1f} MB) from {address}", file=sys.stderr)
        _download(f"{address}/{entry['file']}", path, remedy)
    data = path.read_bytes()
    if (len(data), hashlib.sha256(data).hexdigest()) != (entry["bytes"], entry["sha256"]):
        path.unlink()
        raise ValueError(f"{path} is not the file of the registry (another size or sha256), and was removed; try again")
    return path


def _download(url, path, remedy):
    import pooch  # only here: who has a clone never needs it
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(url, known_hash=None, fname=path.name, path=path.parent)
    except RequestException as error:
        reason = type(error).__name__
        raise OSError(f"{url} could not be fetched ({reason}); is there a network? If not, {remedy}") from error
