"""Where a result comes from, and how it is written down: for every JSON file of this project."""

import datetime
import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from spg.engine.writing import write

PACKAGE = Path(__file__).parent.parent  # spg/
_PACKAGES = ("torch", "numpy", "opencv-python-headless", "scikit-image", "PyPatchMatch")


def provenance():
    """The keys "commit", "date", "versions" and "machine" of a result."""
    return {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "versions": {package: v for package in _PACKAGES if (v := _version(package))},
        "machine": _machine(),
    }


def commit(folder=None):
    """Git hash of the code in folder (this package), "+dirty" where it has changes, "unknown" outside a repository."""
    folder = folder or PACKAGE
    if _git(folder, "ls-files", "--error-unmatch", ".") is None:  # installed inside somebody else's repository
        return "unknown"
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    if head is None:
        return "unknown"
    return head + ("+dirty" if _git(folder, "status", "--porcelain", "--", ".") else "")


def write_json(result, path):
    """Write a result as JSON, all or nothing, making folders. Returns the path."""
    return write(path, json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _git(folder, *arguments):
    """Output of a git command, None where it fails or git is missing."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _machine():
    machine = {"processor": _processor(), "cores": os.cpu_count(), "threads": torch.get_num_threads()}
    if torch.cuda.is_available():
        machine["gpu"] = torch.cuda.get_device_name()
    return machine


def _processor():
    """The processor's name; Linux keeps it in a file, where platform.processor() is empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
