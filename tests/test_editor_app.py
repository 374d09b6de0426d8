"""`spg edit`: the editor of files, alone in a browser."""

import re
import signal
import subprocess
import time

import cv2
import nbformat
import numpy as np
import psutil
import pytest
from browser import barriers, free_port, open_browser, start
from editor_scene import net, street
from PIL import Image

from spg import plots
from spg.baselines.classical import available
from spg.cli import main
from spg.editor import actions, app
from spg.editor.words import read
from spg.engine import voila
from spg.labels import CLASSES, PERSON, VEGETATION, VEHICLE
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


def test_the_page_begins_with_a_street_at_the_nets_own_size_and_samples():
    editor = app.open_editor()
    assert editor.scene["nets"] == "streets-128" and editor.scene["choices"]["photos-256"]
    assert editor.scene["welcome"] and len(editor.samples) == len(app.SAMPLES)
    assert editor.session.hole.shape == (128, 128) and not editor.hole.any()
    tell(editor, type="street", k=1)
    assert not editor.scene["welcome"] and (editor.session.picture == app.draw(5034, 5034, 128)[0]).all()
    x, y = map(int, np.argwhere(editor.session.known.T == VEHICLE)[0])
    editor.edit(do="remove", at=[x, y], shadow=True)
    hole = editor.hole
    tell(editor, type="nets", name="photos-256")
    assert editor.scene["nets"] == "photos-256" and (editor.hole == hole).all()
    assert editor.net.size == 256
    tell(editor, png(street()[0].transpose(1, 2, 0)), type="open", what="picture", name="photo.png")
    assert editor.scene["nets"] == "photos-256"  # a photo is no drawing
    tell(editor, type="street", k=0)
    assert editor.scene["nets"] == "streets-128"
    assert "no sample street 6" in tell(editor, type="street", k=6)["text"]
    editor.close()


def test_the_app_puts_patches_in_unless_it_is_told_not_to():
    for textures, expected in ((None, available()), (False, False)):
        editor = app.open_editor(weights="streets-64", textures=textures)
        assert editor.net.textures == expected
        editor.close()


def tell(editor, data=None, **content):
    """A message from the browser; returns the status that came of it."""
    editor._receive(editor, content, [memoryview(data)] if data else [])
    editor.wait()
    return editor.status


def test_the_readmes_picture_shows_before_edits_and_after(tmp_path):
    made = app.example_sessions(net(), 64)
    removed = made["removed"]
    assert removed.hole.any() and not (removed.layout[removed.hole == 1] == VEHICLE).any()
    asked = {"a red car": VEHICLE, "a white car": VEHICLE, "a person": PERSON, "a tree": VEGETATION}
    for title, label in asked.items():
        painted = made[title].drawing
        assert ((painted.decided == 1) & (painted.painted == label)).sum() > 40, title
        assert (made[title].filled != removed.filled).any()
    plots.save(app.example(net()), tmp_path / "edit.png")
    assert 10_000 < (tmp_path / "edit.png").stat().st_size <= plots.LARGEST


def test_no_number_of_warm_kernels_is_refused(capsys):
    assert main(["edit", "--warm", "-1", "--weights", "streets-64", "--no-browser"]) == 2
    assert "--warm -1: it is the number of kernels" in capsys.readouterr().err


def test_warm_kernels_are_voilas_pool():
    pool = {"--VoilaConfiguration.preheat_kernel=True", "--VoilaConfiguration.default_pool_size=2"}
    wanted = [set(voila.command("x.ipynb", 8000, "127.0.0.1", False, app.IDLE, warm)) & pool for warm in (0, 2)]
    assert wanted == [set(), pool]


def test_the_app_listens_on_this_machine_only_and_ends_idle_kernels():
    command = voila.command("x.ipynb", 8000, "127.0.0.1", browser=False, idle=app.IDLE)
    assert "--Voila.ip=127.0.0.1" in command and app.IDLE <= 60
    assert {"--MappingKernelManager.cull_idle_timeout=60", "--MappingKernelManager.cull_interval=20"} <= set(command)
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
            page.locator(".spg-class").nth(VEHICLE).click()
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


# -------------------------------------------------------------------- the warm kernel

IDLE = 15  # seconds after which the server of this test ends idle kernels; a minute is long for a test
SERVED = (
    f"import sys\nfrom spg.editor import app\n\napp.IDLE = {IDLE}\napp.serve(port=int(sys.argv[1]), browser=False)\n"
)


def kernels(server, count):
    """The ids of a server's kernels, as soon as there are so many."""
    for _ in range(600):
        found = {child.pid for child in psutil.Process(server.pid).children() if is_kernel(child)}
        if len(found) == count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{len(found)} kernels, not {count}")


def alive_after_ctrl_c(server, ids):
    """Those of the processes that outlive the server, which gets Ctrl-C, by more than a second."""
    left = [psutil.Process(id) for id in ids]
    server.send_signal(signal.SIGINT)
    server.wait(60)
    return psutil.wait_procs(left, timeout=1)[1]


def is_kernel(process):
    try:
        return "ipykernel_launcher" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


@pytest.mark.browser
def test_a_warm_kernel_waits_for_its_visitor_and_ends_with_the_server(tmp_path, monkeypatch):
    (tmp_path / "served.py").write_text(SERVED)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    for browser in open_browser():
        server = start("served", str(port), url=f"{url}static/x", log=tmp_path / "log", seconds=240)
        try:
            warm = kernels(server, 1)
            time.sleep(2 * IDLE)
            assert kernels(server, 1) == warm  # it is idle, and nobody has come
            page, _ = visit((browser, url), 1280, 800)
            page.get_by_role("button", name="Edit sample street 1").click()
            coach(page, 1)
            assert warm < kernels(server, 2)  # the next one is being warmed
            page.context.close()
            left = kernels(server, 1)
            assert not left & warm
            assert not alive_after_ctrl_c(server, left)
        finally:
            server.terminate()
            end(server)


@pytest.mark.browser
@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_a_kernel_that_is_still_starting_ends_with_the_server(tmp_path, seconds):
    port = free_port()
    server = start(
        "spg.cli",
        "edit",
        f"--port={port}",
        "--no-browser",
        url=f"http://127.0.0.1:{port}/static/x",
        log=tmp_path / "log",
    )
    try:
        starting = kernels(server, 1)
        time.sleep(seconds)
        assert not alive_after_ctrl_c(server, starting)
    finally:
        server.kill()


@pytest.mark.browser
def test_who_comes_before_the_kernel_is_warm_reads_words(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    for browser in open_browser():
        server = start(
            "spg.cli", "edit", f"--port={port}", "--no-browser", url=f"{url}static/x", log=tmp_path / "log", seconds=240
        )
        try:
            page = browser.new_page()
            page.goto(url, wait_until="commit")
            page.locator("#loading p", has_text=read("en")["cold"]).wait_for(timeout=20_000)
            width = "image => image.decode().then(() => image.naturalWidth)"
            assert page.locator("#loading img").evaluate(width) == 128  # the first sample street
            page.locator(".spg-welcome").wait_for(timeout=240_000)
        finally:
            server.terminate()
            end(server)


# -------------------------------------------------------------------- the first minute, walked


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Chromium, and the address of `spg edit` without a picture."""
    port, log = free_port(), tmp_path_factory.mktemp("page") / "log"
    url = f"http://127.0.0.1:{port}/"
    for browser in open_browser():
        server = start("spg.cli", "edit", f"--port={port}", "--no-browser", url=f"{url}static/x", log=log, seconds=240)
        try:
            yield browser, url
        finally:
            server.terminate()
            end(server)


def visit(served, width, height, **options):
    """A page of the editor in a fresh profile, and the hosts that it asks."""
    browser, url = served
    page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    page.set_default_timeout(120_000)
    asked = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2] if "//" in request.url else ""))
    page.goto(url, timeout=240_000)
    page.locator(".spg-welcome").wait_for(timeout=240_000)
    return page, asked


def car(seed=app.SAMPLES[0], size=128):
    """[x, y] in the middle of the largest vehicle of a sample street."""
    vehicles = (app.draw(seed, seed, size)[1] == VEHICLE).astype(np.uint8)
    _, parts, boxes, _ = cv2.connectedComponentsWithStats(vehicles, connectivity=4)
    y, x = np.argwhere(parts == 1 + boxes[1:, cv2.CC_STAT_AREA].argmax()).mean(0).round()
    return int(x), int(y)


def screen(page, x, y, size=128):
    """Where pixel (x, y) of the picture lies on the screen."""
    box = page.locator(".spg-canvas").first.bounding_box()
    scale = min(box["width"], box["height"]) / size
    left, top = ((box[side] - scale * size) / 2 for side in ("width", "height"))
    return box["x"] + left + scale * (x + 0.5), box["y"] + top + scale * (y + 0.5)


def says(page, text):
    page.locator(".spg-status", has_text=text).wait_for()


def coach(page, step, text=""):
    """Wait until the coach is at a step and says this: it names the car as soon as it knows the street."""
    page.locator(f".spg-editor[data-coach='{step}']").wait_for()
    page.locator(".spg-coach-text", has_text=text).wait_for()


@pytest.mark.browser
def test_the_first_minute(served):
    """Guided by the page alone: a car removed, a tree painted, six variants; nothing asked of another host."""
    page, asked = visit(served, 1280, 800)
    assert page.locator("h1").inner_text() == "Change a street" and page.locator(".spg-samples button").count() == 6
    page.get_by_role("button", name="Edit sample street 1").click()
    coach(page, 1, "Remove this car: point at it, and click.")
    assert page.locator(".spg-tool[aria-pressed=true]").inner_text() == "Remove"
    page.mouse.move(*screen(page, *car()))
    page.locator(".spg-editor[data-over=object]").wait_for()
    page.mouse.click(*screen(page, *car()))
    says(page, "Removed: vehicle")
    coach(page, 2, "choose vegetation")
    page.get_by_role("button", name="vegetation").click()
    page.mouse.move(*screen(page, *car()))
    page.mouse.down()
    page.mouse.move(*screen(page, car()[0] + 6, car()[1] - 4), steps=4)
    page.mouse.up()
    says(page, "vegetation: ")
    coach(page, 3, "Six variants")
    page.get_by_role("button", name="Six variants").click()
    says(page, "Six variants kept")
    coach(page, "", "That is all")
    assert page.locator(".spg-strip li").count() == 6
    page.get_by_role("button", name="Got it").click()
    assert not page.locator(".spg-coach").is_visible()
    page.keyboard.press("?")
    assert page.locator(".spg-coach").is_visible()
    page.get_by_role("button", name="Samples").click()
    page.wait_for_timeout(1500)  # the work has been kept by now, and that closes nothing
    page.get_by_role("button", name="Edit sample street 2").click()
    assert "would be lost" in page.locator(".spg-notice").inner_text()
    assert asked <= {served[1].split("/")[2], ""}
    page.context.close()


@pytest.mark.browser
def test_a_closed_tabs_work_is_offered(served):
    """With Python: picture, edits with their history, and what was kept come back in a new tab and a new kernel."""
    page, _ = visit(served, 1280, 800)
    page.get_by_role("button", name="Edit sample street 3").click()
    says(page, "Point at a car")
    page.mouse.click(*screen(page, *car(app.SAMPLES[2])))
    says(page, "Removed: vehicle")
    page.get_by_role("button", name="Keep this").click()
    says(page, "Kept as number 1")
    kept = """async () => (await indexedDB.databases()).length && new Promise((done) => {
      const asked = indexedDB.open("spg-editor");
      asked.onsuccess = () => {
        const works = asked.result.transaction("works").objectStore("works").getAll();
        works.onsuccess = () => (asked.result.close(), done(works.result.some(({ kept }) => kept.length)));
      };
    })"""
    for _ in range(200):
        if page.evaluate(kept):
            break
        page.wait_for_timeout(200)
    again = page.context.new_page()
    again.set_default_timeout(120_000)
    page.close()
    again.goto(served[1], timeout=240_000)
    notice = again.locator(".spg-notice", has_text="It has 1 edit and 1 kept variant")
    notice.wait_for(timeout=240_000)
    assert barriers(again) == {}
    notice.get_by_role("button", name="Go on").click()
    says(again, "Here it is again: 1 edits done again, with the same bytes; 1 kept variants")
    assert again.locator(".spg-strip li").count() == 1
    again.get_by_role("button", name="Undo (Ctrl Z)").click()
    says(again, "Undone")
    again.context.close()


WORDS = """() => [...document.querySelectorAll(".spg-editor, .spg-editor *")].flatMap((e) => [
  ...[...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent),
  ...["title", "aria-label", "aria-roledescription", "aria-valuetext"].map((name) => e.getAttribute(name)),
]).filter(Boolean).map((text) => text.trim()).filter((text) => /\\p{L}{3}/u.test(text))"""
CUT_OFF = """() => [...document.querySelectorAll(".spg-editor :is(button, label, p, h1, h3, summary, figcaption)")]
  .filter((e) => e.checkVisibility() && !e.closest(".spg-strip") && (e.scrollWidth > e.clientWidth + 1 ||
    e.getBoundingClientRect().right > e.parentElement.getBoundingClientRect().right + 1)).map((e) => e.textContent)"""


@pytest.mark.browser
def test_it_speaks_german(served):
    """With a German browser: the buttons, what is said, the classes; and English again by the chooser, for good."""
    page, _ = visit(served, 1280, 800, locale="de-DE")
    assert page.locator("h1").inner_text() == "Eine Straße verändern"
    page.get_by_role("button", name="Beispielstraße 1 bearbeiten").click()
    coach(page, 1, "Dieses Auto entfernen: darauf zeigen und klicken.")
    page.mouse.click(*screen(page, *car()))
    says(page, "Entfernt: Fahrzeug, ")
    layouts = ("Sechs Varianten", "Vorhersage einsetzen", "Etwas anderes", "Behalten")
    for name in (*layouts, "Alles speichern", "Loch schneiden"):
        assert page.get_by_role("button", name=name, exact=True).is_visible(), name
    shown = [class_.inner_text().split("\n")[0] for class_ in page.locator(".spg-class").all()]
    assert shown == [read("de")[f"class.{name}"] for name in CLASSES]
    page.get_by_role("button", name="Sechs Varianten").click()
    says(page, "Sechs Varianten behalten")
    german = page.evaluate(WORDS)
    assert page.evaluate(CUT_OFF) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate(CUT_OFF) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Sprache").select_option("en")
    says(page, "Six variants kept")  # what was said is said again
    assert page.locator(".spg-strip li").count() == 6 and page.locator(".spg-editor").get_attribute("lang") == "en"
    both = set(german) & set(page.evaluate(WORDS))
    assert both <= {"English", "Deutsch", "Lasso", "Lasso (L)", "Zoom", "Layouts", "Person", "Pinsel", "Esc"} | {
        text for text in both if re.match(r"(streets|cityscapes)-\d+, |\d+, \d+ · ", text)
    }
    page.goto(page.url)
    page.get_by_role("button", name="Edit sample street 1").wait_for(timeout=240_000)
    page.goto(f"{page.url}?lang=de", wait_until="commit")
    page.locator("#loading p", has_text=read("de")["cold"]).wait_for()
    assert page.title() == "SPG-Net-Editor" and page.locator("html").get_attribute("lang") == "de"
    page.get_by_role("button", name="Beispielstraße 1 bearbeiten").wait_for(timeout=240_000)
    page.context.close()


@pytest.mark.browser
def test_a_phone_in_the_dark(served):
    """390 pixels: one canvas, large targets, tools at the bottom, and a swipe scrolls while a tool only taps."""
    page, _ = visit(served, 390, 844, has_touch=True, is_mobile=True, color_scheme="dark")
    ground = "s => getComputedStyle(document.querySelector(s)).backgroundColor"
    assert [page.evaluate(ground, where) for where in (".spg-editor", "body")] == ["rgb(21, 23, 26)"] * 2
    page.get_by_role("button", name="Edit sample street 1").tap()
    coach(page, 1)
    assert page.locator(".spg-canvas:visible").count() == 1
    small = """() => [...document.querySelectorAll(".spg-editor :is(button, select, summary)")].filter((e) => {
      const { width, height } = e.getBoundingClientRect();
      return e.checkVisibility() && (width < 43.5 || height < 43.5); }).map((e) => e.textContent)"""
    assert page.evaluate(small) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    bar = page.locator(".spg-top").bounding_box()
    assert abs(bar["y"] + bar["height"] - 844) < 2
    touch = "getComputedStyle(document.querySelector('.spg-canvas')).touchAction"
    assert page.evaluate(touch) == "pan-y"
    page.touchscreen.tap(*screen(page, *car()))
    says(page, "Removed: vehicle")
    page.get_by_role("button", name="vegetation").tap()
    assert page.evaluate(touch) == "none"  # the brush is armed
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark"}])
def test_nothing_keeps_people_out_of_the_page(served, look):
    page, _ = visit(served, 1280, 800, **look)
    assert barriers(page) == {}
    page.get_by_role("button", name="Edit sample street 1").click()
    coach(page, 1)
    assert barriers(page) == {}
    page.mouse.click(*screen(page, *car()))
    says(page, "Removed: vehicle")
    page.get_by_role("button", name="Six variants").click()
    says(page, "Six variants kept")
    assert barriers(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert barriers(page) == {}
    page.context.close()
