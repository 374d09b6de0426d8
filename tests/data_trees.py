"""Tiny data sets on disk, in the layouts of the real ones, for the tests of `spg.data`."""

import numpy as np
from PIL import Image


def save(array, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, np.uint8)).save(path, **options)
    return path


def picture(seed, width=32, height=16):
    """uint8 H×W×3, blocks of random colour."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.kron(blocks, np.ones((height // 4, width // 4, 1), np.uint8))


def ids_map(seed, ids, width=32, height=16):
    """uint8 H×W, blocks of random ids."""
    blocks = np.random.default_rng(seed).choice(ids, (4, 4)).astype(np.uint8)
    return np.kron(blocks, np.ones((height // 4, width // 4), np.uint8))


def cityscapes(root, cities=("aachen", "erfurt", "zurich"), split="train", per_city=2, extension="png", **shape):
    for city in cities:
        for i in range(per_city):
            id = f"{city}_{i:06}_000019"
            save(picture(i, **shape), root / f"leftImg8bit/{split}/{city}/{id}_leftImg8bit.{extension}")
            save(ids_map(i, range(34), **shape), root / f"gtFine/{split}/{city}/{id}_gtFine_labelIds.png")
            save(picture(9, **shape), root / f"gtFine/{split}/{city}/{id}_gtFine_color.png")  # there, not read
    return root


def camvid(root, splits=("train", "val", "test"), n=12, **shape):
    for split in splits:
        for i in range(n):
            save(picture(i, **shape), root / split / f"0001TP_{i:06}.png")
            save(ids_map(i, range(12), **shape), root / f"{split}annot" / f"0001TP_{i:06}.png")
    return root


def folder(root, n=12, extension="png", **shape):
    for i in range(n):
        save(picture(i, **shape), root / "images" / f"photo {i:02}.{extension}")
        save(ids_map(i, range(8), **shape), root / "labels" / f"photo {i:02}.png")
    return root


def truncate(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
