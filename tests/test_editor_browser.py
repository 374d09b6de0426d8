"""The real thing: Chromium drives the editor in JupyterLab and in Voilà.

One page in each holds two editors, a drawn street at 64 pixels and another at 128. Truth is what "Save all" hands
over: label map, hole and picture as Python has them.
"""

import base64
import io
import json
import statistics
import time
import zipfile

import numpy as np
import pytest
from browser import open_browser
from editor_scene import street
from jupyter import jupyterlab, notebook, run_all, voila
from PIL import Image

from spg.labels import BUILDING, SIGN, SKY, VEHICLE

pytestmark = pytest.mark.browser

CELL = """
import numpy as np, spg
from spg.data.streets import draw

def editor(size):
    image, labels = draw(5022, 5022, size)
    hole = np.zeros((size, size), np.uint8)
    hole[3 * size // 8 : 3 * size // 4, size // 2 : 15 * size // 16] = 1
    return spg.SegmentationEditor(net, image, hole, labels)

net = spg.load("streets-64")
"""
FIRST, SECOND = "first = editor(64)\nfirst", "second = editor(128)\nsecond"
PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
DESKTOP, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}

browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module", params=["lab", "voila"])
def page(request, browser, tmp_path_factory):
    """A page with two editors, ready to paint on."""
    folder = tmp_path_factory.mktemp(request.param)
    notebook(folder / "edit.ipynb", CELL, FIRST, SECOND)
    with (jupyterlab if request.param == "lab" else voila)(folder) as url:
        context = browser.new_context(viewport=DESKTOP, accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.kind = request.param
        if page.kind == "lab":
            run_all(page, url, "edit.ipynb")
        else:
            page.goto(f"{url}/voila/render/edit.ipynb", timeout=3 * PATIENCE)
        for i in range(2):
            page.locator(".spg-editor[data-painted]").nth(i).wait_for(timeout=3 * PATIENCE)
        yield page
        context.close()


class Hand:
    """Somebody at editor number i of a page."""

    def __init__(self, page, i=0):
        self.page, self.size = page, (64, 128)[i]
        self.root = page.locator(".spg-editor").nth(i)
        self.canvas = self.root.locator(".spg-canvas").first

    def at(self, x, y):
        """Screen coordinates of the middle of pixel (x, y)."""
        self.canvas.evaluate("canvas => canvas.scrollIntoView({block: 'center'})")
        box = self.canvas.bounding_box()
        return box["x"] + (x + 0.5) / self.size * box["width"], box["y"] + (y + 0.5) / self.size * box["height"]

    def drag(self, *points):
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point), steps=4)
        self.page.mouse.up()

    def click(self, x, y):
        self.page.mouse.click(*self.at(x, y))

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def tool(self, name):
        self.root.locator(f".spg-tool[data-value={name}]").click()

    def label(self, number):
        self.root.locator(".spg-class").nth(number).click()

    def says(self, text):
        self.root.locator(".spg-status", has_text=text).wait_for(timeout=PATIENCE)

    def file(self, what, name, data):
        self.root.locator(f"input[data-what={what}]").set_input_files({"name": name, "mimeType": "x/y", "buffer": data})

    def saved(self):
        """What Python hands over: name → array, and "edits.json" as a dict."""
        menu = self.root.locator("details", has_text="Save all")
        if menu.get_attribute("open") is None:
            menu.locator("summary").click()
        with self.page.expect_download() as download:
            self.press("Save all")
        archive = zipfile.ZipFile(download.value.path())
        files = {name: archive.read(name) for name in archive.namelist()}
        arrays = {n: np.asarray(Image.open(io.BytesIO(data))) for n, data in files.items() if n.endswith(".png")}
        return {**arrays, "edits.json": json.loads(files["edits.json"]), "raw": files}

    def canvas_pixels(self, i=1):
        """A pane as the person sees it: 0 the layout, 1 the picture. uint8 h×w×4."""
        self.page.wait_for_timeout(60)  # it is drawn with the screen's next frame
        url = self.root.locator(".spg-canvas").nth(i).evaluate("canvas => canvas.toDataURL()")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))

    def fresh(self):
        """Back to SP-Net's layout, the brush, the vehicle."""
        self.press("Layout")
        self.tool("brush")
        self.label(VEHICLE)
        self.press("Predict")
        self.says("SP-Net's prediction")


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_stroke_changes_label_map_and_picture(page):
    hand = Hand(page)
    hand.fresh()
    before, seen = hand.saved(), hand.canvas_pixels()
    hand.drag((36, 36), (54, 36))
    hand.says("vehicle:")
    after = hand.saved()
    changed = after["labels.png"] != before["labels.png"]
    assert changed.sum() > 50 and (after["labels.png"][36, 37:54] == VEHICLE).all()
    assert (after["picture.png"] != before["picture.png"]).any()
    assert (hand.canvas_pixels() != seen).any()
    assert after["edits.json"]["edits"][-1]["put"] == "vehicle"


def test_fill_lasso_pick_and_eraser(page):
    hand = Hand(page)
    hand.fresh()
    predicted = hand.saved()["labels.png"]
    hand.tool("lasso")
    hand.label(SIGN)
    for corner in ((36, 28), (44, 28), (44, 34), (36, 34)):
        hand.click(*corner)
    page.keyboard.press("Enter")
    hand.says("sign: 63 pixels")  # 9 by 7
    hand.tool("fill")
    hand.label(BUILDING)
    hand.click(40, 31)
    hand.says("building: 63 pixels")
    hand.tool("pick")
    hand.click(40, 31)
    hand.says("Picked: building")
    hand.tool("eraser")
    hand.drag((34, 31), (46, 31))
    hand.says("SP-Net's again")
    labels = hand.saved()["labels.png"]
    assert (labels[31, 34:47] == predicted[31, 34:47]).all()


def test_undo_redo_and_another(page):
    hand = Hand(page)
    hand.fresh()
    start = hand.saved()["labels.png"]
    hand.press("Another")
    hand.says("Another layout, number")
    other = hand.saved()["labels.png"]
    assert (other != start).any()
    hand.canvas.focus()
    page.keyboard.press("Control+z")
    hand.says("Undone")
    assert (hand.saved()["labels.png"] == start).all()
    page.keyboard.press("Control+y")
    hand.says("Done again")
    assert (hand.saved()["labels.png"] == other).all()


def test_painting_outside_the_hole_is_refused_gently(page):
    hand = Hand(page)
    hand.fresh()
    before = hand.saved()["labels.png"]
    hand.drag((4, 4), (12, 12))
    hand.says("Outside the hole the layout is known")
    assert hand.root.locator(".spg-status").get_attribute("data-tone") == "refused"
    assert (hand.saved()["labels.png"] == before).all()


def test_the_hole_is_drawn_and_an_object_removed(page):
    hand = Hand(page, 1)
    hand.press("Hole")
    hand.tool("brush")
    hand.drag((20, 20), (30, 20))
    hand.says("of the picture")
    assert hand.saved()["hole.png"][20, 20:31].all()
    labels = street(128)[2]
    y, x = next((y, x) for y, x in np.argwhere(labels == VEHICLE) if x < 60)
    hand.tool("remove")
    hand.click(int(x), int(y))
    hand.says("Removed: vehicle")
    saved = hand.saved()
    assert saved["hole.png"][y, x] == 255 and saved["labels.png"][y, x] != VEHICLE
    hand.click(64, 120)
    hand.says("This is road: only objects can be removed")
    for _ in range(2):
        hand.press("Undo (Ctrl Z)")
    hand.press("Layout")


def test_variants_are_kept_compared_and_used(page):
    hand = Hand(page)
    hand.fresh()
    hand.press("Six variants")
    hand.says("Six layouts kept. Means of all pairs:")
    cards = hand.root.locator(".spg-strip li")
    assert cards.count() == 6 and "obeyed" in cards.first.inner_text()
    cards.nth(1).get_by_role("button", name="A", exact=True).click()
    cards.nth(4).get_by_role("button", name="B", exact=True).click()
    assert hand.root.locator(".spg-pane output").inner_text() == "layout 2 | layout 5"
    hand.press("Use layout 3")
    hand.says("Layout 3 is on the canvas")
    for k in range(6, 0, -1):
        hand.press(f"Remove layout {k}")
    hand.root.get_by_label("Before / after").fill("0")


def test_the_keyboard_alone_paints(page):
    hand = Hand(page)
    hand.fresh()
    before = hand.saved()["labels.png"]
    hand.canvas.focus()
    page.keyboard.press("5")
    for key in ("b", *"[" * 4):
        page.keyboard.press(key)
    page.mouse.move(0, 0)
    hand.click(40, 30)
    hand.says("sky:")
    for key in ("Space", *["ArrowRight"] * 6, *["ArrowDown"] * 3, "Enter"):
        page.keyboard.press(key)
    hand.says("sky:")
    labels = hand.saved()["labels.png"]
    assert (labels[30, 40:47] == SKY).all() and (labels[30:34, 46] == SKY).all() and (labels != before).any()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")  # drops what was begun, and nothing else
    edits = len(hand.saved()["edits.json"]["edits"])
    page.keyboard.press("Tab")
    assert hand.page.evaluate("document.activeElement.closest('.spg-editor') !== null")
    assert len(hand.saved()["edits.json"]["edits"]) == edits


def test_two_editors_do_not_disturb_each_other(page):
    one, two = Hand(page, 0), Hand(page, 1)
    one.fresh()
    before = one.saved()
    two = Hand(page, 1)
    two.fresh()
    two.drag((80, 60), (100, 60))
    two.says("vehicle:")
    one = Hand(page, 0)
    after = one.saved()
    assert (after["labels.png"] == before["labels.png"]).all() and after["edits.json"] == before["edits.json"]


def test_views_of_chance_and_entropy(page):
    hand = Hand(page)
    hand.fresh()
    layout = hand.canvas_pixels(0)
    menu = hand.root.locator("details", has_text="Patterns")
    menu.locator("summary").click()
    hand.press("Entropy")
    page.wait_for_timeout(700)
    entropy = hand.canvas_pixels(0)
    assert (entropy != layout).any()
    hand.press("Chance of the class")
    page.wait_for_timeout(300)
    assert (hand.canvas_pixels(0) != entropy).any()
    menu.get_by_role("button", name="Layout").click()
    menu.locator("summary").click()


def test_save_replay_and_bad_uploads(page):
    hand = Hand(page)
    hand.fresh()
    hand.drag((36, 30), (50, 40))
    hand.says("vehicle:")
    saved = hand.saved()
    hand.press("Undo (Ctrl Z)")
    hand.says("Undone")
    hand.file("edits", "edits.json", saved["raw"]["edits.json"])
    hand.says("edits done again, with the same bytes")
    assert (hand.saved()["picture.png"] == saved["picture.png"]).all()
    document = {**saved["edits.json"], "version": 99}
    hand.file("edits", "new.json", json.dumps(document).encode())
    hand.says("new.json: edits of version 99, this program reads version 1")
    hand.file("picture", "notes.txt", b"no picture")
    hand.says("notes.txt is no picture that can be read")
    hand.file("picture", "huge.png", bytes(9_000_000))
    hand.says("huge.png has 9.0 MB; the limit is 8 MB")
    hand.file("labels", "labels.png", png(street(64)[2]))
    hand.says("labels.png: the known labels are now these")
    assert (hand.saved()["picture.png"].shape) == (64, 64, 3)


def test_a_stroke_is_answered_soon(page, capsys):
    hand = Hand(page, 1)
    hand.fresh()
    times = []
    for i in range(22):
        seq = int(hand.root.get_attribute("data-painted"))
        page.mouse.move(*hand.at(70 + i, 55 + i))
        page.mouse.down()
        page.mouse.move(*hand.at(80 + i, 55 + i), steps=3)
        start = time.perf_counter()
        page.mouse.up()
        arguments = [hand.root.element_handle(), seq]
        page.wait_for_function("([root, seq]) => Number(root.dataset.painted) > seq", arg=arguments)
        times.append(time.perf_counter() - start)
    median = statistics.median(times[2:])
    with capsys.disabled():
        print(f"\n[editor] {page.kind}: pointer-up to new picture at 128 px, median of 20: {1000 * median:.0f} ms")
    assert median < 1.0  # the goal on a quiet machine is 0.15; this bound is for busy ones


def test_an_uploaded_photo_is_labelled_and_edited(page):
    hand = Hand(page, 0)
    hand.file("picture", "photo.png", png(street(128)[0].transpose(1, 2, 0)[:, :96]))
    hand.says("photo.png: 96×128 pixels, labelled by the segmenter")
    hand.press("Hole")
    hand.tool("brush")
    hand.click(32, 32)
    hand.says("of the picture")
    saved = hand.saved()
    assert saved["hole.png"].shape == (128, 96) and saved["hole.png"].any()


def test_it_fits_a_phone(page):
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(300)
    if page.kind == "voila":  # JupyterLab itself does not fit one
        root = Hand(page, 1).root
        beyond = """root => [...root.querySelectorAll("*")].filter(e => !e.closest(".spg-strip") &&
                      e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)"""
        assert root.evaluate(beyond) == []
        Hand(page, 1).fresh()
    page.set_viewport_size(DESKTOP)


def test_controls_are_labelled_and_nothing_failed(page):
    unnamed = page.locator(".spg-editor").first.evaluate(
        """root => [...root.querySelectorAll("button, input:not([type=file]), canvas[tabindex]")]
             .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim() || e.closest("label")))
             .map(e => e.outerHTML)"""
    )
    assert unnamed == [] and page.errors == []
    assert page.locator(".spg-status[role=status][aria-live=polite]").count() == 2


def test_a_restarted_kernel_is_said_and_the_drawing_comes_back(page):
    if page.kind != "lab":
        pytest.skip("Voilà has no restart")
    hand = Hand(page, 1)
    hand.fresh()
    hand.drag((80, 60), (100, 60))
    hand.says("vehicle:")
    drawn = hand.saved()["labels.png"]
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_timeout(1500)
    hand.drag((80, 70), (100, 70))
    hand.root.locator(".spg-notice", has_text="Python does not answer").wait_for(timeout=PATIENCE)
    assert (hand.canvas_pixels(0)[..., :3] != 0).any()  # still drawn
    with page.expect_download() as download:
        hand.press("Save drawing")
    kept = json.loads(download.value.path().read_text())
    assert kept["do"] == "restore" and kept["width"] == 128
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".spg-notice", has_text="earlier drawing of this picture").last.wait_for(timeout=3 * PATIENCE)
    hand = Hand(page, 1)
    hand.press("Bring it back")
    hand.says("A kept layout is back")
    restored = hand.saved()["labels.png"]
    assert (restored[60, 80:100] == VEHICLE).all() and (restored[70, 80:100] == VEHICLE).all()
    assert (restored[:55] == drawn[:55]).all()
