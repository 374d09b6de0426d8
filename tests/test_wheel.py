"""What is installed from the wheel works with no repository near: commands, nets, and lessons alone in a folder."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_hygiene import FILES, MB, ROOT

from spg.course.running import setup
from spg.data.streets import draw

BIN = "Scripts" if os.name == "nt" else "bin"
LESSONS = {"00_tour": [], "08_table_1": ["-p", "scenes", "40"], "10_user_study": ["-p", "runs", "20"]}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel that `python -m build` makes of the files that a clone holds, by way of the source distribution."""
    if importlib.util.find_spec("build") is None:
        pytest.skip("no wheel is built: build is not installed; pip install -e '.[dev]'")
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for path in FILES:
        if path.relative_to(ROOT).parts[0] not in ("tests", "notebooks"):
            (tree / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, tree / path.relative_to(ROOT))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, env=bare())
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (made,) = out.glob("*.whl")
    return made


def bare(**more):
    """The environment without anything that would lead to a repository, or to the user's caches."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SPG_DATA", "SPG_WEIGHTS")}
    shared = str(Path(sys.prefix, "share", "jupyter"))  # Voilà's templates come with the dependencies
    return {**kept, "OMP_NUM_THREADS": "1", "JUPYTER_PATH": shared, **more}


def environment(folder):
    """The Python of a new environment without spg; its dependencies are those of the tests' environment."""
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / BIN / "python"
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    shared = sysconfig.get_path("purelib")  # what a .pth file names is read without its own .pth: no spg comes along
    Path(packages, "dependencies.pth").write_text(shared + "\n")
    return python


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment that holds the wheel, and no repository."""
    python = environment(tmp_path_factory.mktemp("bare") / "venv")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, env=bare())
    return python


@pytest.fixture
def here(tmp_path):
    """An empty folder whose parent cannot be written to, by anybody but root."""
    folder = tmp_path / "closed" / "here"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o555)
    yield folder
    folder.parent.chmod(0o755)


def run(command, folder, **more):
    cache = str(folder / "cache")
    return subprocess.run(
        [*map(str, command)], cwd=folder, capture_output=True, text=True, env=bare(SPG_CACHE=cache, **more)
    )


def spg(python, folder, *arguments):
    return run([python.with_name("spg"), *arguments], folder)


def test_what_the_wheel_holds(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.stat().st_size <= 30 * MB
    weights = {Path(name).name for name in names if name.endswith(".safetensors")}
    assert {"streets-128-spnet-plus.safetensors", "streets-128-sgnet-plus.safetensors"} < weights
    assert all(name.startswith("streets-") for name in weights)
    assert {f"spg/results/{path.name}" for path in (ROOT / "figures" / "results").glob("*.json")} < set(names)
    assert {f"spg/editor/js/words_{language}.js" for language in ("en", "de")} < set(names)
    assert not [name for name in names if not name.startswith(("spg/", "spg_net-"))]


def test_nets_load_and_fill_from_another_folder(python, here):
    code = "import spg; print(spg.__file__); net = spg.load('streets-128'); print(net.size, net.segmenter is not None)"
    done = run([python, "-c", code], here)
    assert done.returncode == 0, done.stderr
    file, rest = done.stdout.splitlines()
    assert python.parent.parent in Path(file).parents and rest == "128 True"
    image, hole = _street(here)
    done = spg(python, here, "inpaint", image, "--hole", hole, "--out", "filled.png", "--weights", "streets-128")
    assert done.returncode == 0, done.stderr
    assert Image.open(here / "filled.png").size == (128, 128)


def test_weights_that_are_not_here_are_asked_for_in_words(python, here):
    """No address, or no network: one line says which file, where it goes, and what works without it."""
    image, hole = _street(here)
    command = [python.with_name("spg"), "inpaint", image, "--hole", hole, "--out", "filled.png"]
    for address in ("", "http://127.0.0.1:9"):
        done = run([*command, "--weights", "cityscapes-64"], here, SPG_WEIGHTS=address)
        (said,) = [line for line in done.stderr.splitlines() if line.startswith("spg inpaint: ")]
        assert done.returncode == 2 and "cityscapes-64-" in said and "--weights streets-128" in said
        assert str(here / "cache" / "weights") in said


def _street(folder):
    image, _ = draw(3, 3, 128)
    Image.fromarray(image.transpose(1, 2, 0)).save(folder / "street.png")
    hole = np.zeros((128, 128), np.uint8)
    hole[40:90, 30:80] = 255
    Image.fromarray(hole).save(folder / "hole.png")
    return "street.png", "hole.png"


def test_the_editor_starts(python, here):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python.with_name("spg"), "edit", "--no-browser", "--port", str(port)]
    serving = subprocess.Popen(command, cwd=here, env=bare(SPG_CACHE=str(here)), stderr=subprocess.PIPE, text=True)
    try:
        assert _answers(port, serving), serving.stderr.read()
    finally:
        serving.terminate()
        serving.wait(30)


def _answers(port, serving, seconds=200):
    end = time.monotonic() + seconds
    while time.monotonic() < end and serving.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.5)
    return False


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_runs_alone(python, here, name):
    """In an empty folder; what it writes lies in that folder, and nothing beside it."""
    shutil.copy2(ROOT / "notebooks" / f"{name}.ipynb", here)
    command = [python, "-m", "papermill", "--no-progress-bar", f"{name}.ipynb", "run.ipynb", *LESSONS[name]]
    done = run(command, here)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [path.name for path in here.parent.iterdir()] == ["here"]
    assert list((here / "build" / "figures").glob("*.png"))


def test_the_setup_cell_installs_a_clone_where_the_course_is_missing(tmp_path):
    """As on Colab, with a local clone as the address. The second time it does nothing."""
    if not (ROOT / ".git").exists():
        pytest.skip("there is no repository to clone")
    python, place = environment(tmp_path / "venv"), tmp_path / "content"
    place.mkdir()
    cell = setup(f"file://{ROOT}") + "\nimport spg\nprint(spg.__file__, spg.load('streets-64').size)"
    for _ in range(2):
        done = run([python, "-m", "IPython", "--colors=NoColor", "-c", cell], place, PIP_NO_BUILD_ISOLATION="0")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{Path('spg-net', 'spg', '__init__.py')} 64" in done.stdout
    assert "already exists" not in done.stdout + done.stderr
