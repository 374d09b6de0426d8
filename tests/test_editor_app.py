"""`spg edit`: the editor of files, alone in a browser."""

import subprocess

import nbformat
import numpy as np
import pytest
from browser import free_port, open_browser, start
from editor_scene import net, street
from PIL import Image

from spg import plots
from spg.cli import main
from spg.editor import actions, app
from spg.engine import voila
from spg.labels import VEHICLE
from spg.pictures import png


@pytest.fixture
def pictures(tmp_path):
    """photo.png, hole.png and labels.png of a street."""
    image, hole, labels = street()
    for name, pixels in (("photo", image.transpose(1, 2, 0)), ("hole", 255 * hole), ("labels", labels)):
        (tmp_path / f"{name}.png").write_bytes(png(pixels))
    return tmp_path


def test_the_editor_of_files(pictures):
    image, hole, labels = street()
    given = {"hole": pictures / "hole.png", "labels": pictures / "labels.png", "weights": "streets-64"}
    editor = app.open_editor(pictures / "photo.png", **given)
    assert (editor.hole == hole).all() and (editor.session.known == labels).all()
    assert (editor.image[:, hole == 0] == image[:, hole == 0]).all()
    editor.close()


def test_a_colour_profile_stays_with_the_picture(pictures):
    """Of a file, of an upload, after new labels, and in what spg replay saves."""
    profile = bytes(16) + b"RGB " + bytes(200)
    photo, labels = pictures / "photo.png", pictures / "labels.png"
    Image.open(photo).save(photo, icc_profile=profile)
    editor = app.open_editor(photo, pictures / "hole.png", labels, "streets-64")
    assert profiles(editor.save(pictures / "saved")) == {"picture.png": profile, "original.png": profile}
    actions.act(editor, {"type": "open", "what": "labels", "name": "l.png"}, labels.read_bytes())
    assert editor.session.profile == profile
    actions.act(
        editor, {"type": "open", "what": "edits", "name": "e.json"}, (pictures / "saved/edits.json").read_bytes()
    )
    assert editor.session.profile == profile
    actions.act(editor, {"type": "open", "what": "picture", "name": "p.png"}, png(np.zeros((8, 8, 3), np.uint8)))
    assert editor.session.profile is None
    actions.act(editor, {"type": "open", "what": "picture", "name": "p.png"}, photo.read_bytes())
    assert editor.session.profile == profile
    editor.close()
    again = ["replay", str(pictures / "saved/edits.json"), "--image", str(pictures / "saved/original.png")]
    assert main([*again, "--out", str(pictures / "again"), "--weights", "streets-64"]) == 0
    assert (pictures / "again/picture.png").read_bytes() == (pictures / "saved/picture.png").read_bytes()


def profiles(paths):
    """name → profile of the pictures that have one."""
    found = {p.name: Image.open(p).info.get("icc_profile") for p in paths if p.suffix == ".png"}
    return {name: profile for name, profile in found.items() if profile}


def test_the_drawn_street_takes_nets_of_drawn_streets():
    assert "streets" in str(app.default_weights(None)) or isinstance(app.default_weights(None), dict)
    editor = app.street_editor("streets-64", size=64)
    assert editor.hole.any() and np.array_equal(editor.labels[editor.hole == 0], editor.session.known[editor.hole == 0])
    editor.close()


def test_the_readmes_picture_shows_before_edits_and_after(tmp_path):
    made = app.example_sessions(net(), 64)
    hole, car = made["as predicted"].hole, made["a car painted"]
    assert (car.layout[hole == 1] == VEHICLE).mean() > 0.2 and (car.filled != made["as predicted"].filled).any()
    gone = made["cars removed"].hole == 1
    assert gone.any() and not (made["cars removed"].layout[gone] == VEHICLE).any()
    plots.save(app.example(net()), tmp_path / "edit.png")
    assert 10_000 < (tmp_path / "edit.png").stat().st_size <= plots.LARGEST


def test_the_app_listens_on_this_machine_only_and_ends_idle_kernels():
    command = voila.command("x.ipynb", 8000, "127.0.0.1", browser=False, idle=600)
    assert "--Voila.ip=127.0.0.1" in command and "--MappingKernelManager.cull_idle_timeout=600" in command
    book = nbformat.from_dict(voila.notebook(app.cell(image="a'b.png"), "SPG-Net editor"))
    nbformat.validate(book)
    assert book.cells[0].source.endswith("""open_editor(**{'image': "a'b.png"})""")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.png"], "missing.png"),
        (["--hole", "hole.png"], "--hole and --labels need an IMAGE"),
        (["labels.png", "--hole", "small.png"], "the hole is 8×8 but the image is 64×64"),
        (["notes.txt"], "notes.txt cannot be decoded"),
    ],
)
def test_files_that_do_not_fit_are_said_at_once(pictures, arguments, said, capsys, monkeypatch):
    monkeypatch.chdir(pictures)
    (pictures / "small.png").write_bytes(png(np.eye(8, dtype=np.uint8) * 255))
    (pictures / "notes.txt").write_text("no picture")
    assert main(["edit", *arguments, "--weights", "streets-64", "--no-browser"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.browser
def test_spg_edit_opens_a_picture_in_the_browser(pictures):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    arguments = ["edit", str(pictures / "photo.png"), "--hole", str(pictures / "hole.png"), "--weights", "streets-64"]
    for browser in open_browser():  # skips where there is none
        server = start(
            "spg.cli", *arguments, f"--port={port}", "--no-browser", url=url, log=pictures / "log", seconds=240
        )
        try:
            page = browser.new_page()
            page.goto(url, timeout=240_000)
            page.locator(".spg-editor[data-painted]").wait_for(timeout=240_000)
            box = page.locator(".spg-canvas").first.bounding_box()
            page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
            page.locator(".spg-status", has_text="vehicle: ").wait_for(timeout=120_000)
        finally:
            server.terminate()
            end(server)


def end(server):
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
