"""Decoded once, then mapped into memory: an epoch never decodes a picture.

One folder per data set, split, size and fingerprint of its files:

    images.npy   uint8 N×3×S×S      labels.npy   uint8 N×S×S      about.json   ids, what was left out

It appears by one rename, complete: whoever is interrupted, or runs out of disk, leaves nothing behind.
"""

import json
import os
import shutil
import signal
import sys
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from spg.data.contract import Scene
from spg.engine.places import home
from spg.engine.watching import progress
from spg.pictures import DamagedImage

MANY = 64  # drawn scenes from which on processes are worth their start


def folder_of(reader, name, split, size):
    """Where the cache of a reader's scenes lies, built or not. reader: has fingerprint()."""
    return home() / f"{name}-{split}-{size}-{reader.fingerprint()[:16]}"


def cached(reader, name, split, size, drawn=False):
    """Returns the reader's scenes as `Cached`, building the cache first if there is none.

    reader: ids, len, [i] -> Scene at size×size, fingerprint(). drawn: its scenes are computed, not decoded.
    A frame that cannot be decoded is left out and warned about, by name and count, here and at each later use;
    any other error is raised.
    """
    folder = folder_of(reader, name, split, size)
    if not folder.is_dir():
        _build(reader, folder, size, f"caching {name} {split} at {size} px", drawn)
    scenes = Cached(folder)
    if scenes.left_out:
        count = f"{len(scenes.left_out)} of {len(reader)} frames are left out"
        warnings.warn(f"{name} {split}: {count}: {'; '.join(scenes.left_out)}", stacklevel=3)
    return scenes


class Cached:
    """The memory-mapped scenes of one cache folder: ids, len, [i] -> Scene; whole arrays as images and labels."""

    def __init__(self, folder):
        self.folder = folder
        try:
            self.images = np.load(folder / "images.npy", mmap_mode="r")
            self.labels = np.load(folder / "labels.npy", mmap_mode="r")
            about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
            self.ids, self.left_out = about["ids"], about["left_out"]
        except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
            raise ValueError(f"the cache {folder} is damaged ({error}): delete it, and it is made anew") from error

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        return Scene(np.array(self.images[i]), np.array(self.labels[i]))  # copies: the map itself is read-only

    def __reduce__(self):
        return Cached, (self.folder,)  # to a worker process goes the path, not the pictures


def _build(reader, folder, size, title, drawn):
    draft = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")  # one for each process that builds
    try:
        draft.mkdir(parents=True)
        _write(reader, draft, size, title, drawn)
        _publish(draft, folder)
    except FileNotFoundError:  # a frame that went away since it was listed: the message names it
        raise
    except OSError as error:
        need = f"needs {len(reader) * 4 * size * size / 1e6:.0f} MB in {folder.parent}"
        raise OSError(error.errno, f"{title} {need}: {error}; make room or set SPG_CACHE to another folder") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _publish(draft, folder):
    """Rename; if another process was first, its cache is as good as ours."""
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _write(reader, draft, size, title, drawn):
    ids, left_out = [], []
    with (
        ArrayFile(draft / "images.npy", (3, size, size)) as images,
        ArrayFile(draft / "labels.npy", (size, size)) as labels,
        closing(_decode(reader, drawn)) as scenes,  # an interrupted loop stops its workers at once
    ):
        bar = progress(scenes, title, len(reader), unit="img")
        for id, scene in zip(reader.ids, bar, strict=True):
            if isinstance(scene, DamagedImage):
                left_out.append(str(scene))
                continue
            images.append(scene.image)
            labels.append(scene.labels)
            ids.append(id)
    if not ids:
        raise DamagedImage(f"{title}: not one of {len(left_out)} frames can be decoded; the first: {left_out[0]}")
    about = json.dumps({"ids": ids, "left_out": left_out}, ensure_ascii=False, indent=0)
    (draft / "about.json").write_text(about, encoding="utf-8")


def _decode(reader, drawn):
    """Yield each scene, or the DamagedImage it raised, in order, by as many workers as there are cores."""
    workers = min(os.cpu_count() or 1, 8)
    if not drawn:
        yield from _in_threads(_Reading(reader), workers)
    elif len(reader) >= MANY and sys.platform == "linux":
        yield from _in_processes(_Reading(reader), workers)
    else:
        yield from map(_Reading(reader).__getitem__, range(len(reader)))


def _in_threads(reading, workers):
    """For files: PIL decodes outside Python's lock, and what it warns about is heard."""
    block = 4 * workers  # so that a slow disk does not fill the memory with scenes
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(reading), block):
            yield from pool.map(reading.__getitem__, range(start, min(start + block, len(reading))))


def _in_processes(reading, workers):
    """For drawing, which holds Python's lock. Forked, as torch's own loaders are on Linux: started anew, each
    process would import torch first, and a script without a main guard would run again."""
    return DataLoader(
        reading,
        batch_size=None,
        collate_fn=_as_it_is,
        num_workers=workers,
        prefetch_factor=4,
        multiprocessing_context="fork",
        worker_init_fn=_leave_interrupt,
        generator=torch.Generator(),  # its own: a training draws the same whether the cache was there or not
    )


def _as_it_is(scene):
    return scene


def _leave_interrupt(worker):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle


class _Reading(Dataset):
    """A reader whose damaged frames are handed out as the DamagedImage that they raise."""

    def __init__(self, reader):
        self.reader = reader

    def __len__(self):
        return len(self.reader)

    def __getitem__(self, i):
        try:
            return self.reader[i]
        except DamagedImage as error:
            return error


class ArrayFile:
    """A .npy file of uint8 rows, written row by row, whose count is known at the end.

    Plain writes and not a writable memory map, because on a full disk a map kills the process (SIGBUS).
    """

    def __init__(self, path, row):
        self.path, self.row, self.count = path, row, 0

    def __enter__(self):
        self.file = self.path.open("wb")
        self._header()
        return self

    def append(self, row):
        if row.shape != self.row or row.dtype != np.uint8:
            raise ValueError(f"{self.path.name} takes uint8 rows of {self.row}, got {row.dtype} {row.shape}")
        self.file.write(np.ascontiguousarray(row))
        self.count += 1

    def _header(self):
        """The first axis may grow: NumPy leaves room for its digits, so the header keeps its length."""
        about = {"descr": "|u1", "fortran_order": False, "shape": (self.count, *self.row)}
        np.lib.format.write_array_header_1_0(self.file, about)

    def __exit__(self, kind, *_):
        with self.file:
            if kind is None:
                self.file.seek(0)
                self._header()
                self.file.flush()
                os.fsync(self.file.fileno())
