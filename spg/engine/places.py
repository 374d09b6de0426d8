"""Where files of the course lie, in a clone as in an installed package: results, caches, what is written."""

import os
from importlib.metadata import metadata, version
from pathlib import Path

PACKAGE = Path(__file__).parent.parent  # spg/


def results():
    """The folder of the measured results, as JSON files: figures/results of the clone, or the package's copy of it."""
    clone = PACKAGE.parent / "figures" / "results"
    return clone if clone.is_dir() else PACKAGE / "results"


def build():
    """The folder that a lesson writes into, as a path from here: build/ of the clone; elsewhere build/ here."""
    here = Path.cwd()
    in_a_clone = here.name == "notebooks" and (here.parent / "pyproject.toml").exists()
    return Path("../build" if in_a_clone else "build")


def home():
    """$SPG_CACHE, or the user's cache folder. Raises ValueError where there is neither."""
    if os.environ.get("SPG_CACHE"):
        return expanded(os.environ["SPG_CACHE"])
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spg"
    except RuntimeError as error:  # HOME is not set, and the system does not know the user, as in some containers
        raise ValueError(f"no folder for the cache ({error}): set SPG_CACHE to one") from error


def expanded(path):
    """A path whose ~ is the user's home. Raises ValueError where the system knows none."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: {error} Write the folder out, without ~") from error


def repository():
    """The address in pyproject.toml's [project.urls] under Repository, None where there is none."""
    for line in metadata("spg-net").get_all("Project-URL") or ():
        label, _, address = line.partition(", ")
        if label.lower() == "repository":
            return address.rstrip("/").removesuffix(".git")
    return None


def weights_address():
    """Where shipped weights are fetched from: $SPG_WEIGHTS, else the repository at this version; None: nowhere."""
    address = repository()
    shipped = f"{address}/raw/v{version('spg-net')}/spg/weights" if address else None
    return (os.environ.get("SPG_WEIGHTS") or shipped or "").rstrip("/") or None
