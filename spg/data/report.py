"""What `spg data SPEC` prints: what there is of a data set, what is in it, and where its caches lie."""

import re
from dataclasses import dataclass

import numpy as np

from spg.data import cache
from spg.data.contract import PARTS
from spg.data.sources import parse
from spg.pictures import DamagedImage, size_of

SAMPLE, SAMPLE_SIZE = 32, 128  # frames per split, spread evenly, and the side at which their pixels are counted


@dataclass(frozen=True)
class SplitReport:
    """What one split holds. shares: of the pixels of each class over `sampled` frames. caches: {size: folder}.

    classes: their names.
    """

    split: str
    frames: int
    parts: dict
    resolutions: list
    sampled: int
    shares: np.ndarray
    damaged: list
    caches: dict
    classes: tuple


def check(spec, fetch=False):
    """Look a data set over; returns text to print. fetch: download `camvid` first, or complete what there is.

    Raises ValueError or FileNotFoundError if the spec is wrong or no split is there, naming the remedy.
    """
    source = parse(spec)
    if fetch:
        _fetch(source)
    lines, problems = [f"{spec}{f' in {source.root}' if source.root else ''}; caches go to {cache.home()}"], []
    for split in source.splits:
        try:
            lines += _lines(look(source, split))
        except FileNotFoundError as error:
            problems.append(error)
            lines.append(f"{split}: not usable. {error}")
    if len(problems) == len(source.splits):
        raise problems[0]
    return "\n".join(lines)


def _fetch(source):
    if source.name != "camvid":
        raise ValueError(f"{source.name} cannot be fetched: only camvid downloads itself")
    from spg.data.download import camvid  # pooch: only where something is fetched

    base = source.root if (source.root / "train").is_dir() else source.root / "CamVid"
    camvid(base)


def look(source, split):
    """Returns the SplitReport of one split. source: see `spg.data.sources.parse`."""
    reader = source.reader(split, SAMPLE_SIZE)
    rows = np.unique(np.linspace(0, len(reader) - 1, SAMPLE).astype(int))
    names = source.classes.names
    counts, damaged = np.zeros(len(names), int), []
    for row in rows:
        try:
            counts += np.bincount(reader[row].labels.ravel(), minlength=len(names))
        except DamagedImage as error:
            damaged.append(str(error))
    return SplitReport(
        split=split,
        frames=len(reader),
        parts={part: len(source.select(reader.ids, part)) for part in PARTS} if split == "train" else {},
        resolutions=_resolutions(reader, rows),
        sampled=len(rows),
        shares=counts / max(counts.sum(), 1),
        damaged=damaged,
        caches=_caches(source, split),
        classes=names,
    )


def _resolutions(reader, rows):
    """The sizes of the sampled picture files; none for drawn scenes."""
    if not hasattr(reader, "frames"):
        return []
    sizes = set()
    for row in rows:
        try:
            sizes.add(size_of(reader.frames[row].image))
        except DamagedImage:
            continue  # damaged: reported by `look`
    return [f"{width}×{height}" for width, height in sorted(sizes)]


def _caches(source, split):
    """{size: folder} of the caches of the whole split, as it is now."""
    built = (re.fullmatch(rf"{source.name}-{split}-(\d+)-\w+", p.name) for p in cache.home().glob("*"))
    sizes = sorted({int(match[1]) for match in built if match})
    folders = {size: cache.folder_of(source.reader(split, size), source.name, split, size) for size in sizes}
    return {size: folder for size, folder in folders.items() if folder.is_dir()}


def _lines(report):
    parts = "".join(f", {part} {n}" for part, n in report.parts.items())
    resolutions = ", ".join(report.resolutions) or "any size"
    yield f"{report.split}: {report.frames} frames{parts} ({resolutions})"
    shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in zip(report.classes, report.shares, strict=True))
    yield f"  pixels over {report.sampled} of them: {shares}"
    for damaged in report.damaged:
        yield f"  damaged: {damaged}"
    for size, folder in report.caches.items():
        yield f"  cached at {size} px: {folder}"
