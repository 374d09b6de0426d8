"""The browser's raster core draws the pixels that Python's does; the rest of the JavaScript keeps its promises."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from spg import pictures
from spg.editor import actions, bundle, raster, variants
from spg.editor.drawing import encode_runs

JS = Path(__file__).parent / "editor_js"


def node(*arguments, **options):
    """Run node, 20.19 or newer: older ones do not see that a .js file is a module."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("no node here: apt-get install nodejs")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (20, 19):
        pytest.skip(f"node is {version.strip()}, these tests need 20.19")
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=False, **options)


def cases(n=150):
    """Random strokes, outlines and fills, in and around small pictures, and a few long ones."""
    rng = np.random.default_rng(5)
    for i in range(n):
        height, width = (int(side) for side in rng.integers(1, 40, 2))
        far = 4000 if i % 10 == 0 else 12
        points = rng.integers(-far, 40 + far, (int(rng.integers(1, 7)), 2)).tolist()
        values = rng.integers(0, 3, (height, width)).astype(np.uint8)
        edit = [
            {"do": "brush", "points": points, "size": int(rng.integers(1, 20))},
            {"do": "lasso", "points": points},
            {"do": "fill", "at": points[0]},
        ][i % 3]
        yield {"height": height, "width": width, "values": values, "edit": edit}


def python_mask(case):
    shape, edit = (case["height"], case["width"]), case["edit"]
    if edit["do"] == "brush":
        return raster.brush(shape, edit["points"], edit["size"])
    if edit["do"] == "lasso":
        return raster.lasso(shape, edit["points"])
    return raster.fill(case["values"], edit["at"])


def test_the_preview_is_the_truth_to_the_pixel():
    given = list(cases())
    sent = json.dumps([{**case, "values": case["values"].ravel().tolist()} for case in given])
    done = node(str(JS / "masks.mjs"), input=sent)
    assert done.returncode == 0, done.stderr
    for case, mask in zip(given, json.loads(done.stdout), strict=True):
        expected = python_mask(case).astype(np.uint8)
        assert mask == encode_runs(expected), case["edit"]


def test_arrays_hand_camera_keys_and_line():
    done = node("--test", str(JS / "board.test.mjs"))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "# pass 14" in done.stdout


def test_the_bundle_is_one_module(tmp_path):
    path = tmp_path / "editor.mjs"
    path.write_text(bundle.script())
    done = node("--check", str(path))  # two modules with one name for two things would fail here
    assert done.returncode == 0, done.stderr
    assert not re.findall(r"^import |from \"", bundle.script(), re.MULTILINE)
    assert bundle.script().count("export ") == 1
    assert set(bundle.order(bundle.MAIN)) == set(bundle.FOLDER.glob("*.js")), "a file of js/ is used by no other"


def test_nothing_is_fetched_from_elsewhere():
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S+", bundle.script() + bundle.style())


def test_limits_are_the_same_in_both_languages():
    assert f"LARGEST_BRUSH = {raster.LARGEST_BRUSH};" in bundle.script()
    assert f"MOST_BYTES = {pictures.MOST_BYTES:_};" in bundle.script()
    assert f"MOST_KEPT = {variants.MOST};" in bundle.script() and f"SAMPLED = {actions.SAMPLES};" in bundle.script()
