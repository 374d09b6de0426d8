"""The real thing: Chromium drives the editor in JupyterLab and in Voilà.

One page in each holds three editors of a drawn street, at 64, 128 and 256 pixels. Truth is what "Save all" hands over:
label map, hole and picture as Python has them.
"""

import json
import statistics
import time

import numpy as np
import pytest
from browser import open_browser
from editor_hand import PATIENCE, SIZES, Hand, png
from editor_scene import net, street
from idle import Others
from jupyter import jupyterlab, notebook, run_all, voila

from spg.editor import record, replay
from spg.labels import BUILDING, SIGN, SKY, VEHICLE

pytestmark = pytest.mark.browser

CELL = """
import numpy as np, spg
from spg.data.streets import draw

def editor(size, weights):
    image, labels = draw(5022, 5022, size)
    hole = np.zeros((size, size), np.uint8)
    hole[3 * size // 8 : 3 * size // 4, size // 2 : 15 * size // 16] = 1
    return spg.SegmentationEditor(spg.load(weights), image, hole, labels)
"""
WEIGHTS = ("streets-64", "cityscapes-256", "cityscapes-256")  # the larger two are timed with the largest nets we ship
CELLS = [f"editor({size}, {weights!r})" for size, weights in zip(SIZES, WEIGHTS, strict=True)]
GOALS = {1: 0.15, 2: 0.35}  # seconds from the end of a stroke to its picture, for those two
DESKTOP, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}

browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module", params=["lab", "voila"])
def page(request, browser, tmp_path_factory):
    """A page with the editors, ready to paint on."""
    folder = tmp_path_factory.mktemp(request.param)
    notebook(folder / "edit.ipynb", CELL, *CELLS)
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
        for i in range(len(CELLS)):
            page.locator(".spg-editor[data-painted]").nth(i).wait_for(timeout=3 * PATIENCE)
        yield page
        context.close()


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
    hand.changed(seen)
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
    hand.press("Surprise me")
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
    hand.press("Cut a hole")
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


def test_variants_are_kept_compared_and_used(page):
    hand = Hand(page)
    hand.fresh()
    hand.press("Six variants")
    hand.says("Six variants kept. Means of all pairs:")
    cards = hand.root.locator(".spg-strip li")
    assert cards.count() == 6 and "matches" in cards.first.inner_text()
    cards.nth(1).get_by_role("button", name="A: variant 2 as the left").click()
    cards.nth(4).get_by_role("button", name="B: variant 5 as the right").click()
    split = hand.root.locator(".spg-work > .spg-slider output")
    assert split.inner_text() == "variant 2 | variant 5"
    hand.root.get_by_label("Before / after").fill("100")
    seen = hand.canvas_pixels()
    hand.press("Remove variant 1")
    hand.says("Variant 1 is out of the strip")
    assert split.inner_text() == "variant 1 | variant 4"  # the same two
    assert (hand.canvas_pixels() == seen).all()
    hand.press("Use variant 3")
    hand.says("Variant 3 is on the canvas")
    hand.press("Clear all")
    hand.says("The strip is empty")
    assert split.inner_text() == "before | after"
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


def test_pen_and_finger_paint_and_two_fingers_do_not(page):
    hand = Hand(page)
    hand.fresh()
    hand.label(SKY)
    hand.pen("mousePressed", 36, 30)
    for x in (40, 44, 48):
        hand.pen("mouseMoved", x, 30)
    hand.pen("mouseReleased", 48, 30, down=False)
    hand.says("sky:")
    hand.label(BUILDING)
    hand.touch("touchStart", (36, 40))
    for x in (40, 44, 48):
        hand.touch("touchMove", (x, 40))
    hand.touch("touchEnd")
    hand.says("building:")
    saved = hand.saved()
    assert (saved["labels.png"][30, 36:49] == SKY).all() and (saved["labels.png"][40, 36:49] == BUILDING).all()
    for tool in ("brush", "fill", "lasso"):
        hand.tool(tool)
        pinch(hand)
    hand.touch("touchStart", (40, 36))
    hand.touch("touchEnd")  # a tap still sets a lasso's corner
    page.keyboard.press("Escape")
    zoomed = hand.canvas_pixels(0)
    page.keyboard.press("0")
    assert (hand.canvas_pixels(0) != zoomed).any()  # the fingers had enlarged the picture
    assert hand.saved()["edits.json"]["edits"] == saved["edits.json"]["edits"]


def pinch(hand):
    """Two fingers come down one after the other, part, and leave one after the other."""
    hand.touch("touchStart", (40, 30))
    hand.touch("touchStart", (40, 30), (48, 40))
    for spread in (1, 2, 3):
        hand.touch("touchMove", (40 - spread, 30 - spread), (48 + spread, 40 + spread))
    hand.touch("touchEnd", (37, 27))
    hand.touch("touchMove", (34, 30))
    hand.touch("touchEnd")


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
    hand.press("How unsure (entropy)")
    entropy = hand.changed(layout, 0)
    hand.press("Chance of the class")
    hand.changed(entropy, 0)
    menu.get_by_role("button", name="Labels", exact=True).click()
    menu.locator("summary").click()


def test_save_replay_and_bad_uploads(page):
    hand = Hand(page)
    hand.fresh()
    hand.drag((36, 30), (50, 40))
    hand.says("vehicle:")
    hand.press("Keep this")
    hand.says("Kept as number")
    with page.expect_download() as download:
        hand.press("Save all")
    archive = download.value.path().read_bytes()
    saved = hand.saved()
    hand.press("Undo (Ctrl Z)")
    hand.says("Undone")
    hand.file("picture", "spg-edit.zip", archive)
    hand.answer("Open, and lose it")
    hand.says("edits done again, with the same bytes; 1 kept variants")
    assert (hand.saved()["picture.png"] == saved["picture.png"]).all()
    hand.file("picture", "edits.json", saved["raw"]["edits.json"])  # all of it is saved: no question
    hand.says("edits.json: ")
    document = {**saved["edits.json"], "version": 99}
    for name, data, said in (
        ("new.json", json.dumps(document).encode(), "new.json: edits of version 99, this program reads version 1"),
        ("notes.txt", b"no picture", "notes.txt is no picture that can be read"),
        ("huge.png", bytes(9_000_000), "huge.png has 9.0 MB; the limit is 8 MB"),
    ):
        hand.opens(name, data, said)
    hand.file("labels", "labels.png", png(street(64)[2]))
    hand.answer("Open, and lose it")
    hand.says("labels.png: the known labels are now these")
    assert (hand.saved()["picture.png"].shape) == (64, 64, 3)


def test_work_is_not_dropped_without_a_question(page):
    hand = Hand(page)
    hand.press("Cut a hole")
    hand.drag((10, 10), (20, 10))
    hand.says("of the picture")
    drawn = hand.saved()["hole.png"]
    hand.press("Keep this")
    hand.says("Kept as number")
    hand.file("picture", "photo.png", png(street(64)[0].transpose(1, 2, 0)))
    question = hand.root.locator(".spg-notice", has_text="photo.png takes the place of this picture")
    question.wait_for()
    assert "would be lost" in question.inner_text() and "1 kept variant" in question.inner_text()
    hand.answer("Stay here")
    assert (hand.saved()["hole.png"] == drawn).all()


@pytest.mark.parametrize("i", GOALS, ids=lambda i: f"{SIZES[i]}px")
def test_a_stroke_is_answered_soon(page, i, capsys):
    hand = Hand(page, i)
    hand.fresh()
    with Others() as others:
        times = [stroke_to_picture(hand, k) for k in range(22)][2:]
    median, bound = statistics.median(times), others.relaxed(GOALS[i])
    with capsys.disabled():
        what = f"{page.kind}: pointer-up to new picture at {SIZES[i]} px, median of {len(times)}"
        print(f"\n[editor] {what}: {1000 * median:.0f} ms; others took {others.share:.0%} of the cores", end=", ")
        print(f"bound {1000 * bound:.0f} ms")
    assert median <= bound


def stroke_to_picture(hand, k):
    """Seconds from the end of the k-th stroke until its picture is there."""
    page, unit = hand.page, hand.size / 128
    x, y = round((70 + k) * unit), round((55 + k) * unit)
    painted = int(hand.root.get_attribute("data-painted"))
    page.mouse.move(*hand.at(x, y))
    page.mouse.down()
    page.mouse.move(*hand.at(x + round(10 * unit), y), steps=3)
    start = time.perf_counter()
    page.mouse.up()
    newer = "([root, painted]) => Number(root.dataset.painted) > painted"
    page.wait_for_function(newer, arg=[hand.root.element_handle(), painted])
    return time.perf_counter() - start


def test_an_uploaded_photo_is_labelled_and_edited(page):
    hand = Hand(page, 0)
    said = "photo.png: 96×128 pixels, labelled by the segmenter. Click an object to remove it, or cut a hole."
    hand.opens("photo.png", png(street(128)[0].transpose(1, 2, 0)[:, :96]), said)
    for name in ("Six variants", "Fill as predicted", "Surprise me", "Keep this", "Paint classes"):
        assert hand.root.get_by_role("button", name=name, exact=True).is_disabled(), name  # they could only refuse
    hand.tool("brush")
    hand.click(32, 32)
    hand.says("The hole is 0.")  # a first brush of 7 px, and its share not rounded to nothing
    assert hand.root.get_by_role("button", name="Six variants").is_enabled()
    saved = hand.saved()
    assert saved["hole.png"].shape == (128, 96) and 30 < (saved["hole.png"] > 0).sum() < 60


def test_a_lasso_is_closed_by_a_double_click(page):
    hand = Hand(page, 1)
    hand.fresh()
    hand.tool("lasso")
    for corner in ((70, 60), (90, 60)):
        hand.click(*corner)
    page.mouse.dblclick(*hand.at(90, 80))
    hand.says("vehicle:")


def test_the_wheel_is_the_pages_and_with_ctrl_zooms_gently(page):
    hand = Hand(page, 1)
    hand.fresh()
    size = hand.root.locator(".spg-top output").first.inner_text()
    page.mouse.move(*hand.at(64, 64))
    where = "e => e.getBoundingClientRect().top"
    before = hand.canvas.evaluate(where)
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(500)
    assert hand.canvas.evaluate(where) != before  # scrolled
    assert hand.root.locator(".spg-top output").first.inner_text() == size
    taken = """canvas => [{}, { ctrlKey: true }, { altKey: true }].map((key) => !canvas.dispatchEvent(
      new WheelEvent("wheel", { deltaY: -120, bubbles: true, cancelable: true, ...key })))"""
    assert hand.canvas.evaluate(taken) == [False, True, True]
    assert hand.root.locator(".spg-top output").first.inner_text() != size
    page.keyboard.press("0")


def test_a_hidden_canvas_is_not_blanked(page):
    hand = Hand(page, 1)
    hand.fresh()
    page.mouse.move(0, 0)
    seen = hand.canvas_pixels(0)
    hand.root.evaluate("root => { root.parentElement.style.display = 'none'; }")
    page.wait_for_timeout(200)
    hand.root.evaluate("root => { root.style.setProperty('--spg-line', 'red'); }")  # a theme changes meanwhile
    assert hand.root.locator(".spg-canvas").first.evaluate("canvas => canvas.width") > 100
    hand.root.evaluate("root => { root.parentElement.style.display = ''; }")
    page.wait_for_timeout(400)
    assert (hand.canvas_pixels(0) == seen).all()


def test_ctrl_s_saves_the_notebook_or_everything(page):
    hand = Hand(page, 1)
    hand.canvas.focus()
    if page.kind == "voila":
        with page.expect_download() as download:
            page.keyboard.press("Control+s")
        assert download.value.suggested_filename == "spg-edit.zip"
    else:
        dirty = "window.jupyterapp.shell.currentWidget.model.dirty"
        page.wait_for_function(dirty)  # its cells were run
        page.keyboard.press("Control+s")
        page.wait_for_function(f"!{dirty}", timeout=PATIENCE)


def test_what_goes_on_is_said(page):
    """While Python paints, the editor is busy and its picture dimmed; afterwards it is not."""
    hand = Hand(page, 1)
    hand.fresh()
    watch = """root => { window.seen = []; new MutationObserver(() =>
      window.seen.push([root.getAttribute("aria-busy"), root.dataset.busy ?? null])
    ).observe(root, { attributes: true, attributeFilter: ["aria-busy", "data-busy"] }); }"""
    hand.root.evaluate(watch)
    hand.press("Six variants")
    hand.says("Six variants kept")
    hand.root.locator("xpath=self::*[not(@aria-busy)]").wait_for(timeout=PATIENCE)
    seen = page.evaluate("window.seen")
    assert ["true", "true"] in seen and seen[-1] == [None, None]
    hand.press("Clear all")
    hand.says("The strip is empty")


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
    assert page.locator(".spg-status[role=status][aria-live=polite]").count() == len(CELLS)


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
    alone = replay(net(WEIGHTS[1]), *carried(json.loads(download.value.path().read_text())))
    assert (alone.layout[60, 80:101] == VEHICLE).all() and (alone.layout[70, 80:101] == VEHICLE).all()
    assert (alone.picture == street(128)[0]).all()
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".spg-notice", has_text="earlier drawing of this picture").last.wait_for(timeout=3 * PATIENCE)
    hand = Hand(page, 1)
    hand.press("Bring it back")
    hand.says("A kept layout is back")
    restored = hand.saved()["labels.png"]
    assert (restored[60, 80:100] == VEHICLE).all() and (restored[70, 80:100] == VEHICLE).all()
    assert (restored[:55] == drawn[:55]).all() and (restored == alone.layout).all()
    hand.file("picture", "spg-drawing.json", download.value.path().read_bytes())  # all is saved: no question
    hand.says("spg-drawing.json: 1 edits done again")
    assert (hand.saved()["labels.png"] == alone.layout).all()


def carried(document):
    """(the picture that a record has with it, the record)."""
    return record.carried_picture(document), record.read(json.dumps(document))
