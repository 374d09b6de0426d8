"""The editor without Python: its session gives what Python's gives, and its page works with other hosts refused."""

import base64
import json
import re
import statistics
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from browser import barriers, free_port, launch, open_browser, start
from editor_hand import PATIENCE, Hand, png
from PIL import Image
from test_editor_js import JS, node

import spg
from spg.data.streets import draw
from spg.editor import page, record
from spg.editor.app import SAMPLES, default_weights, nearest_car
from spg.editor.drawing import decode_runs, encode_runs
from spg.editor.session import Session, replay
from spg.editor.variants import recognised
from spg.labels import CLASSES, PERSON, VEHICLE

RUNTIME = Path(__file__).parent.parent / "build" / "npm" / "node_modules" / "onnxruntime-web" / "dist"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The page's folder."""
    pytest.importorskip("onnx", reason="no onnx: pip install 'spg-net[onnx]'")
    if not RUNTIME.is_dir():
        pytest.skip("no ONNX Runtime Web here: `make page` fetches it")
    out = tmp_path_factory.mktemp("page")
    page.build(out, RUNTIME)
    return out


def street(k):
    net = spg.load(default_weights(None))
    return net, *draw(SAMPLES[k], SAMPLES[k], net.size)


def at(labels, label):
    """[x, y] of a pixel in the lowest object of a class."""
    y, x = np.argwhere(labels == label)[-1]
    return [int(x), int(y)]


def stroke(put, *points, size=9, on="layout", **more):
    return {"do": "brush", "on": on, "put": put, "size": size, "points": [list(p) for p in points], **more}


def records():
    """What people do, to several streets: (street, edits), "undo" and "redo" among them."""
    _, _, cars = street(0)
    car = at(cars, VEHICLE)
    outline = {"do": "lasso", "on": "layout", "put": "vehicle", "points": [[30, 90], [70, 90], [66, 64], [34, 66]]}
    hole = {"do": "lasso", "on": "hole", "put": "hole", "points": [[20, 50], [100, 52], [96, 110], [24, 104]]}
    red = [150, 45, 40]
    yield 0, [{"do": "remove", "at": car, "shadow": True}]
    yield 0, [{"do": "remove", "at": car, "shadow": False}, {"do": "another", "seed": 0}]
    yield 1, [hole, outline, stroke("person", (80, 70), (82, 96))]
    yield 1, [hole, {**outline, "colour": red}, {"do": "colour", "put": "vehicle", "colour": [20, 60, 140]}]
    yield 2, [stroke("hole", (40, 40), (90, 60), size=31, on="hole"), {"do": "another", "seed": 7}, "undo", "redo"]
    yield 2, [hole, {"do": "another", "seed": 4_000_000_000}, stroke("vegetation", (60, 40), (60, 90), size=21)]
    fill = {"do": "fill", "on": "layout", "put": "sky", "at": [60, 80]}
    yield 3, [hole, fill, stroke("predicted", (50, 70), (70, 90)), stroke("known", (20, 50), (30, 60), on="hole")]
    yield 4, [hole, {"do": "another", "seed": 1}, {"do": "predict"}, stroke("vehicle", (60, 90), size=25), "undo"]
    yield 5, [*({"do": "remove", "at": at(draw_labels(5), label), "shadow": True} for label in seen(5))]


def draw_labels(k):
    return street(k)[2]


def seen(k):
    return [label for label in (VEHICLE, PERSON) if (draw_labels(k) == label).any()]


def in_python(k, edits):
    net, picture, labels = street(k)
    session = Session(net, picture, None, labels)
    said = [getattr(session, edit)() if isinstance(edit, str) else session.edit(edit) for edit in edits]
    return said, session


@pytest.fixture(scope="module")
def both(built):
    """(street, edits, what JavaScript made of them) of each record."""
    given = list(records())
    sent = json.dumps({"page": str(built), "records": [{"street": k, "edits": edits} for k, edits in given]})
    done = node(str(JS / "local.mjs"), input=sent)
    assert done.returncode == 0, done.stderr[-3000:]
    return [(*one, made) for one, made in zip(given, json.loads(done.stdout.splitlines()[-1]), strict=True)]


def test_both_sessions_make_the_same_labels_and_pictures_within_a_level(both):
    for k, edits, made in both:
        said, session = in_python(k, edits)
        assert made["said"] == said
        assert made["hole"] == encode_runs(session.hole), edits
        assert made["layout"] == encode_runs(session.layout), edits
        pixels = np.frombuffer(base64.b64decode(made["filled"]), np.uint8).reshape(*session.hole.shape, 3)
        differ = np.abs(pixels.transpose(2, 0, 1).astype(int) - session.filled)
        assert differ.max() <= 1, edits
        assert (differ > 0).mean() < 0.01, edits


def test_both_see_the_same_classes_in_a_picture(built):
    """The segmenter at its own size: in the browser as in Python, but for a pixel in a thousand."""
    sent = json.dumps({"page": str(built), "records": [], "labelled": list(range(len(SAMPLES)))})
    done = node(str(JS / "local.mjs"), input=sent)
    assert done.returncode == 0, done.stderr[-3000:]
    for k, found in enumerate(json.loads(done.stdout.splitlines()[-1])):
        net, picture, labels = street(k)
        seen = recognised(net, picture)
        assert (decode_runs(found, labels.shape, "labels") != seen).mean() <= 1e-3
        assert (seen == labels).mean() > 0.6


def test_python_does_the_pages_records_again(both):
    for k, _, made in both:
        net, picture, _ = street(k)
        document = record.read(json.dumps(made["document"]))
        assert set(document["result"]) == {"hole", "layout"}
        replay(net, picture, document)  # checks both


@pytest.mark.parametrize("side", [300, 128, 90])
def test_a_part_goes_back_into_its_photo_as_python_has_it(side):
    """Shrunk by area and enlarged bicubically, within a level; what is not missing, or no part, is what it was."""
    rng, size, (left, top) = np.random.default_rng(0), 128, (37, 11)
    photo, painted = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((320, 400, 3), (size, size, 3)))
    hole = np.zeros((size, size), np.uint8)
    hole[30:70, 50:101] = 1
    sent = {"height": 320, "width": 400, "left": left, "top": top, "side": side, "size": size}
    arrays = {"pixels": photo, "painted": painted, "hole": hole}
    done = node(str(JS / "photo.mjs"), input=json.dumps(sent | {k: a.ravel().tolist() for k, a in arrays.items()}))
    assert done.returncode == 0, done.stderr[-3000:]
    made = {name: np.frombuffer(base64.b64decode(data), np.uint8) for name, data in json.loads(done.stdout).items()}
    inside = (slice(top, top + side), slice(left, left + side))
    part = resized(photo[inside], size)
    assert np.abs(made["part"].reshape(part.shape).astype(int) - part).max() <= 1
    whole, expected = made["whole"].reshape(photo.shape), photo.copy()
    missing = resized(hole[..., None].repeat(3, 2), side, "nearest-exact") == 1
    expected[inside][missing] = resized(painted, side)[missing]
    assert np.abs(whole.astype(int) - expected).max() <= 1
    expected[inside][missing] = whole[inside][missing]
    assert (whole == expected).all()


def resized(pixels, side, mode=None):
    """A square of pixels, uint8 h×h×c, as spg.inpainting resizes it: by area where it shrinks, else bicubically."""
    if not mode and side < len(pixels):
        return cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    planes = torch.from_numpy(pixels.transpose(2, 0, 1)[None]).float()
    x = F.interpolate(planes, size=(side, side), mode=mode or "bicubic")
    return x.round().clamp(0, 255).byte()[0].numpy().transpose(1, 2, 0)


def test_what_the_page_is_made_of(built):
    about = json.loads((built / "page.json").read_text())
    assert [c["name"] for c in about["classes"]] == list(CLASSES) and about["licence"] == "MIT"
    listed = json.loads(re.search(r"FILES = (\[.*\]);", (built / "offline.js").read_text())[1])
    there = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    later = {f"runtime/{name}" for name in page.WEBGPU}
    assert later < there and set(listed) == there - {"offline.js"} - later | {"./"}
    for path in built.rglob("*.js"):
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S+", path.read_text()), path
    for path in page.HERE.glob("js/*.js"):
        assert (built / "js" / path.name).read_bytes() == path.read_bytes(), "the page has the editor as it is"


COMPARED = """
const { compare, sooner } = await import(process.argv[1]);
const made = (levels, pixels, wait = 0) => ({
  count: 2,
  predict: async ({ known }) => Float32Array.from({ length: 2 * known.length }, (_, k) => (k < pixels ? 1 : 0.5)),
  label: async ({ known }) => known.map((_, i) => (i < pixels ? 1 : 0)),
  paint: async ({ picture }) => {
    await new Promise((done) => setTimeout(done, wait));
    return picture.map((byte) => byte + levels);
  },
});
const street = { height: 100, width: 100, picture: new Uint8Array(30000).fill(9), known: new Uint8Array(10000) };
const agree = (levels, pixels) => compare(made(0, 0), made(levels, pixels), street).then(() => true, () => false);
const [fast, slow] = [made(0, 0), made(0, 0, 500)];
const quicker = [await sooner(fast, slow, street), await sooner(slow, fast, street)];
console.log(JSON.stringify([await agree(1, 10), await agree(2, 0), await agree(0, 11), ...quicker]));
"""


def test_engines_may_differ_by_a_level_and_a_pixel_in_a_thousand_and_the_sooner_is_known():
    nets = (page.HERE / "local" / "nets.js").as_uri()
    done = node("--input-type=module", "-e", COMPARED, nets)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == [True, False, False, True, False]


def test_a_runtime_without_its_one_module_is_named(built, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks ort\.wasm\.bundle\.min\.mjs"):
        page.single(built, tmp_path, tmp_path / "editor.html")
    assert not (tmp_path / "editor.html").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(FileExistsError, match="holds something else than a page: choose another folder"):
        page.build(tmp_path, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "three years"


def test_a_runtime_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks ort\.wasm\.min\.mjs"):
        page.build(tmp_path / "page", tmp_path)
    assert not (tmp_path / "page").exists()


# -------------------------------------------------------------------- in a browser

browser = pytest.fixture(scope="module")(open_browser)


@pytest.fixture(scope="module")
def served(built, tmp_path_factory):
    """The page's address on a plain host of static files."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}/", tmp_path_factory.mktemp("host") / "log"
    host = start("http.server", str(port), "--bind", "127.0.0.1", "--directory", str(built), url=url, log=log)
    yield url
    host.kill()


@pytest.fixture
def visitor(browser, served):
    """Somebody at the page, requests to other hosts refused; `elsewhere` lists those, `errors` what went wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    at_home, elsewhere, errors = (served, "data:", "blob:"), [], []

    def answer(route):
        if route.request.url.startswith(at_home):
            return route.continue_()
        elsewhere.append(route.request.url)
        route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served)
    hand = Hand(page)
    hand.size, hand.elsewhere, hand.errors = 128, elsewhere, errors
    page.get_by_role("button", name="Edit sample street 1").click()
    yield hand
    context.close()


def rests(hand):
    """Wait until nothing is left to do."""
    hand.page.wait_for_function("!document.querySelector('.spg-editor').hasAttribute('aria-busy')", timeout=PATIENCE)


def answered(hand, start, end):
    """Seconds from a stroke's end to the new picture."""
    before = hand.root.get_attribute("data-painted")
    hand.drag(start, end)
    began = time.perf_counter()
    changed = "before => document.querySelector('.spg-editor').dataset.painted !== before"
    hand.page.wait_for_function(changed, arg=before, timeout=PATIENCE)
    return time.perf_counter() - began


@pytest.mark.browser
def test_a_car_goes_and_another_comes_with_other_hosts_refused(visitor, built, capsys):
    hand, (_, picture, labels) = visitor, street(0)
    x, y = nearest_car(labels)
    hand.click(x, y)
    hand.says("Removed: vehicle")
    rests(hand)
    hand.label(VEHICLE)
    hand.root.get_by_role("button", name="rgb 164 46 44", exact=True).click()
    times = [answered(hand, (x - 12, y - 14), (x + 4 - k, y - 10)) for k in range(5)]
    rests(hand)
    saved = hand.saved()
    edits = saved["edits.json"]["edits"]
    assert [edit["do"] for edit in edits] == ["remove", *["brush"] * 5] and edits[-1]["colour"] == [164, 46, 44]
    session = replay(street(0)[0], picture, record.read(saved["raw"]["edits.json"]))
    assert np.abs(saved["picture.png"].transpose(2, 0, 1).astype(int) - session.filled).max() <= 1
    assert (saved["labels.png"] == session.layout).all() and (session.layout[session.hole == 1] == VEHICLE).any()
    assert not hand.elsewhere and not hand.errors
    first = [path for path in built.rglob("*") if path.is_file() and path.name not in page.WEBGPU]
    size = sum(path.stat().st_size for path in first)
    with capsys.disabled():
        print(
            f"\nstatic page: {size / 1e6:.1f} MB, stroke to picture {1000 * statistics.median(times):.0f} ms at 128 px"
        )


AT_ONCE = """([x, y]) => {
  document.querySelector(".spg-samples button").click();
  const canvas = document.querySelector(".spg-canvas");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const place = { clientX: left + ((x + 0.5) / 128) * width, clientY: top + ((y + 0.5) / 128) * height };
  const mouse = { ...place, pointerId: 1, pointerType: "mouse", button: 0, bubbles: true, cancelable: true };
  for (const kind of ["pointerdown", "pointerup"]) canvas.dispatchEvent(new PointerEvent(kind, mouse));
}"""


@pytest.mark.browser
def test_a_click_before_the_picture_is_drawn_is_not_lost(browser, served):
    """A street is chosen and its car clicked before the screen's next frame, as it happens where a machine is slow."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(served)
    page.locator(".spg-welcome").wait_for()
    page.mouse.move(5, 5)  # the mouse is there
    page.evaluate(AT_ONCE, list(nearest_car(street(0)[2])))
    Hand(page).says("Removed: vehicle")
    page.close()


@pytest.mark.browser
def test_variants_undo_and_what_is_saved(visitor):
    hand = visitor
    x, y = nearest_car(street(0)[2])
    hand.click(x, y)
    hand.says("Removed: vehicle")
    hand.press("Six variants")
    hand.says("Six variants kept")
    assert hand.root.locator(".spg-strip li").count() == 6
    hand.press("Use variant 2")
    hand.says("Variant 2 is on the canvas")
    hand.press("Undo (Ctrl Z)")
    hand.says("Undone")
    rests(hand)
    with hand.page.expect_download() as download:
        hand.press("Save picture")
    assert download.value.suggested_filename == "spg-picture.png"
    hand.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hand.press("Copy")
    hand.says("Copied")
    assert hand.page.evaluate("navigator.clipboard.read().then((items) => items[0].types)") == ["image/png"]
    hand.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    hand.press("Copy")
    hand.says("The browser does not let pages copy pictures here")
    assert not hand.root.locator(".spg-nets").count() and not hand.root.locator("[data-what=labels]").count()
    assert not hand.errors


@pytest.mark.browser
@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark", "locale": "de-DE"}])
def test_nothing_keeps_people_out_of_the_page(browser, served, look):
    """axe-core finds nothing serious: while it loads, at the samples, at work, and on a phone."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **look)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.route("**/page.json", lambda route: None)  # it never comes: the page is loading
    page.goto(served)
    page.locator("#loading").wait_for()
    assert barriers(page) == {}
    page.unroute("**/page.json")
    page.goto(served)
    page.locator(".spg-welcome").wait_for()
    assert barriers(page) == {}
    page.locator(".spg-samples button").first.click()
    hand = Hand(page)
    hand.size = 128
    hand.click(*nearest_car(street(0)[2]))
    page.locator(".spg-status", has_text=re.compile("Removed|Entfernt")).wait_for()
    page.locator(".spg-six:not(:disabled)").click()
    page.locator(".spg-strip li").nth(5).wait_for()
    rests(hand)
    for summary in page.locator(".spg-more summary").all():
        summary.click()
    hand.label(VEHICLE)
    assert barriers(page) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    assert barriers(page) == {}
    context.close()


@pytest.mark.browser
def test_a_picture_of_ones_own_and_what_was_saved(visitor):
    """A photo's middle is labelled and edited; what is saved opens again; what cannot be read is named."""
    hand, (net, picture, _) = visitor, street(2)
    wide = np.zeros((128, 192, 3), np.uint8)
    wide[:, 32:160] = picture.transpose(1, 2, 0)
    hand.file("picture", "photo.png", png(wide))
    hand.says("photo.png: 192×128 pixels; the middle is edited, 128×128 of them, and saved in the whole. The nets")
    x, y = at(recognised(net, picture), VEHICLE)
    hand.click(x, y)
    hand.says("Removed: vehicle")
    hand.press("Keep this")
    hand.says("Kept as number 1")
    rests(hand)
    saved, archive = hand.saved(), hand.archive
    assert (saved["original.png"] == picture.transpose(1, 2, 0)).all()
    hand.press("Undo (Ctrl Z)")
    hand.says("Undone")
    hand.file("picture", "spg-edit.zip", archive)
    hand.answer("Open, and lose it")
    hand.says("spg-edit.zip: 1 edits done again, with the same bytes; 1 kept variants")
    again = hand.saved()
    assert (again["labels.png"] == saved["labels.png"]).all() and again["edits.json"] == saved["edits.json"]
    larger = json.loads(saved["raw"]["edits.json"]) | {"size": [256, 256], "original": "data:,"}
    for name, data, said in (
        ("notes.txt", b"no picture", "notes.txt is no picture that can be read"),
        (
            "larger.json",
            json.dumps(larger).encode(),
            "larger.json was saved without its picture, with other",
        ),
    ):
        hand.file("picture", name, data)
        hand.says(said)
    hand.page.evaluate(
        """async (data) => {
          const file = new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], "pasted.png");
          const transfer = new DataTransfer();
          transfer.items.add(file);
          document.querySelector(".spg-editor").dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer }));
        }""",
        base64.b64encode(png(wide)).decode(),
    )
    hand.says("pasted.png: 192×128 pixels")
    assert not hand.errors


def whole(hand):
    """The picture that is saved: uint8 h×w×3."""
    with hand.page.expect_download() as download:
        hand.press("Save picture")
    return np.asarray(Image.open(download.value.path()))


@pytest.mark.browser
def test_a_stroke_on_a_photo_of_256_pixels_is_answered(visitor, capsys):
    hand, photo = visitor, Image.fromarray(street(2)[1].transpose(1, 2, 0))
    hand.file("picture", "photo.png", png(np.asarray(photo.resize((256, 256), Image.Resampling.BICUBIC))))
    rests(hand)
    hand.tool("brush")
    times = [answered(hand, (40, 40 + 6 * k), (70, 40 + 6 * k)) for k in range(5)]
    rests(hand)
    assert whole(hand).shape == (256, 256, 3) and not hand.errors
    with capsys.disabled():
        print(f"\nstatic page: stroke to picture {1000 * statistics.median(times):.0f} ms on a photo of 256 px")


@pytest.mark.browser
def test_a_photo_keeps_its_size_and_another_part_is_chosen(visitor, served):
    """A hole in the middle of a larger photo, another in its left: both in the whole, also in a new tab."""
    hand, picture = visitor, street(2)[1]
    street_3 = np.asarray(Image.fromarray(picture.transpose(1, 2, 0)).resize((256, 256), Image.Resampling.BICUBIC))
    photo = np.concatenate([street_3[:, ::-1], street_3], 1)
    hand.file("picture", "photo.png", png(photo))
    hand.says("photo.png: 512×256 pixels; the middle is edited, 256×256 of them")
    rests(hand)
    hand.tool("brush")
    hand.drag((50, 60), (80, 60))
    hand.says("The hole is")
    hole = hand.saved()["hole.png"]
    first = whole(hand)
    missing = np.zeros(photo.shape[:2], bool)
    missing[:, 128:384] = np.kron(hole, np.ones((2, 2))) > 0
    assert first.shape == photo.shape and (first[~missing] == photo[~missing]).all()
    assert (first[missing] != photo[missing]).any(1).mean() > 0.5
    hand.press("Undo (Ctrl Z)")
    hand.says("Undone")
    assert (whole(hand) == photo).all()
    hand.press("Redo (Ctrl Y)")
    hand.says("Done again")
    frame = hand.root.locator(".spg-whole")
    assert hand.root.get_by_role("button", name="Edit this part").is_disabled()
    frame.click(position={"x": 5, "y": 20})
    hand.press("Edit this part")
    hand.root.locator(".spg-notice", has_text="1 edit can no longer be undone").wait_for()
    hand.answer("Edit this part")
    hand.says("This part is edited now, 256×256 pixels of the photo")
    rests(hand)
    seen = hand.saved()
    assert (seen["photo.png"] == first).all() and (seen["photo-before.png"] == first).all()
    hand.tool("brush")
    hand.drag((20, 40), (30, 90))
    hand.says("The hole is")
    rests(hand)
    second = whole(hand)
    assert (second[:, 256:] == first[:, 256:]).all() and (second[:, :256] != first[:, :256]).any()
    saved, archive = hand.saved(), hand.archive
    works(hand.page, [[1, 0]])
    other = opened_again(hand, served)
    hand.page.close()
    other.page.reload()
    notice = other.root.locator(".spg-notice", has_text="2 edits")
    notice.wait_for()
    other.answer("Go on")
    other.says("Here it is again")
    assert (whole(other) == second).all()
    other.press("Undo (Ctrl Z)")
    other.says("Undone")
    assert (whole(other) == first).all()
    other.opens("spg-edit.zip", archive, "spg-edit.zip: 1 edits done again, with the same bytes")
    assert (whole(other) == second).all() and (other.saved()["hole.png"] == saved["hole.png"]).all()
    assert not hand.errors


WORKS = """async () => {
  if (!(await indexedDB.databases()).length) return []; // to open it would make it
  const asked = indexedDB.open("spg-editor", 1);
  const database = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
  const works = database.transaction("works").objectStore("works").getAll();
  await new Promise((done) => (works.onsuccess = done));
  database.close();
  return works.result.map(({ document, kept }) => [document.edits.length, kept.length]);
}"""


def works(page, wanted):
    """Wait until the browser has these works: [edits, kept variants] of each."""
    for _ in range(240):
        if (found := page.evaluate(WORKS)) == wanted:
            return
        page.wait_for_timeout(250)
    raise AssertionError(found)


def opened_again(hand, served):
    """Another tab of the same browser."""
    page = hand.page.context.new_page()
    page.on("pageerror", lambda error: hand.errors.append(str(error)))
    page.goto(served)
    page.locator(".spg-welcome").wait_for()
    again = Hand(page)
    again.size, again.errors = 128, hand.errors
    return again


@pytest.mark.browser
def test_a_closed_tabs_work_is_offered_and_is_the_same(visitor, served):
    hand, (x, y) = visitor, nearest_car(street(0)[2])
    hand.click(x, y)
    hand.says("Removed: vehicle")
    hand.press("Keep this")
    hand.says("Kept as number 1")
    hand.label(VEHICLE)
    hand.drag((x - 12, y - 14), (x + 4, y - 10))
    hand.says("vehicle: ")
    saved = hand.saved()
    works(hand.page, [[2, 1]])
    other = opened_again(hand, served)  # the first tab is still open: its work is not offered
    other.page.wait_for_timeout(1000)
    assert not other.root.locator(".spg-notice").is_visible()
    hand.page.close()
    other.page.reload()
    notice = other.root.locator(".spg-notice", has_text="Go on with the picture of")
    notice.wait_for()
    assert "2 edits and 1 kept variant" in notice.inner_text()
    other.answer("Go on")
    other.says("Here it is again: 2 edits done again, with the same bytes; 1 kept variants")
    again = other.saved()
    assert all((again[name] == saved[name]).all() for name in ("labels.png", "hole.png", "original.png"))
    assert again["edits.json"] == saved["edits.json"] and other.root.locator(".spg-strip li").count() == 1
    assert np.abs(again["picture.png"].astype(int) - saved["picture.png"]).max() <= 1
    other.press("Undo (Ctrl Z)")
    other.says("Undone")
    works(other.page, [[1, 1]])  # the same work, not a second one
    assert not hand.errors


@pytest.mark.browser
def test_work_is_offered_until_it_is_deleted_and_never_over_other_work(visitor, served):
    hand, (x, y) = visitor, nearest_car(street(0)[2])
    hand.click(x, y)
    hand.says("Removed: vehicle")
    works(hand.page, [[1, 0]])
    other = opened_again(hand, served)
    hand.page.close()
    for answer in ("Start anew", "Start anew"):
        other.page.reload()
        other.answer(answer)
    other.page.reload()
    other.root.locator(".spg-notice").wait_for()
    other.page.get_by_role("button", name="Edit sample street 2").click()
    other.says("Point at a car")
    other.click(*nearest_car(street(1)[2]))
    other.says("Removed: vehicle")
    rests(other)  # the words come first, and then the picture that would be lost
    other.answer("Go on")
    question = other.root.locator(".spg-notice", has_text="1 edit would be lost")
    question.wait_for()
    other.answer("Stay here")
    works(other.page, [[1, 0], [1, 0]])
    other.page.reload()
    for left in (1, 0):
        other.root.locator(".spg-notice").wait_for()
        other.answer("Delete it")
        works(other.page, [[1, 0]] * left)
    other.page.reload()
    other.page.locator(".spg-welcome").wait_for()
    other.page.wait_for_timeout(1000)
    assert not other.root.locator(".spg-notice").is_visible() and not hand.errors


@pytest.mark.browser
def test_without_a_store_the_page_works_and_offers_nothing(browser, served):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    errors = []
    for _ in range(2):  # tabs
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(served)
        page.get_by_role("button", name="Edit sample street 1").click()
        hand = Hand(page)
        hand.size = 128
        hand.click(*nearest_car(street(0)[2]))
        hand.says("Removed: vehicle")
        page.wait_for_timeout(1500)
        assert not hand.root.locator(".spg-notice").is_visible()
        page.close()
    assert not errors
    context.close()


@pytest.mark.browser
def test_after_the_first_visit_it_opens_offline(browser, served):
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(served)
    page.locator(".spg-editor").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    page.reload()
    page.get_by_role("button", name="Edit sample street 3").click()
    page.locator(".spg-status", has_text="Point at a car").wait_for()
    context.close()


@pytest.mark.browser
def test_the_page_as_one_file_opens_from_a_disk(browser, built, tmp_path, capsys):
    """Without a host and without a network: a car is removed and one painted; nothing but the file itself is read."""
    path = tmp_path / "editor.html"
    size = page.single(built, RUNTIME, path)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True, offline=True)
    context.set_default_timeout(PATIENCE)
    tab, asked, errors = context.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(path.as_uri(), timeout=PATIENCE)
    tab.get_by_role("button", name="Edit sample street 1").click()
    hand, (x, y) = Hand(tab), nearest_car(street(0)[2])
    hand.size = 128
    hand.click(x, y)
    hand.says("Removed: vehicle")
    rests(hand)
    hand.label(VEHICLE)
    hand.drag((x - 12, y - 14), (x + 4, y - 10))
    hand.says("vehicle: ")
    rests(hand)
    saved = hand.saved()
    session = replay(street(0)[0], street(0)[1], record.read(saved["raw"]["edits.json"]))
    assert np.abs(saved["picture.png"].transpose(2, 0, 1).astype(int) - session.filled).max() <= 1
    assert asked[0] == path.as_uri() and all(url.startswith(("blob:", "data:")) for url in asked[1:])
    assert not errors
    context.close()
    with capsys.disabled():
        print(f"\nthe page as one file: {size / 1e6:.1f} MB")


# -------------------------------------------------------------------- with WebGPU


SOFTWARE = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan")
LOSABLE = """
const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (wanted) {
  self.device = await requestDevice.call(this, wanted);
  return self.device;
};
"""
NO_ADAPTER = "navigator.gpu.requestAdapter = () => Promise.reject(new Error('no adapter today'));\n"


@pytest.fixture(scope="module")
def with_webgpu(browser, served):
    """Chromium with an adapter in software, or a skip."""
    other = launch(browser.browser_type, *SOFTWARE)
    tab = other.new_page()
    tab.goto(f"{served}page.json")
    if not tab.evaluate("navigator.gpu?.requestAdapter().then(Boolean)"):
        other.close()
        pytest.skip("this Chromium has no WebGPU adapter in software")
    tab.close()
    yield other
    other.close()


@pytest.fixture
def at_street(with_webgpu, served):
    """A function → somebody at street 1, with the `asked` addresses and the console's `lines`.

    end: of the address. first: what the worker does first. lost: the files that do not come.
    """
    contexts = []

    def visit(end, first="", lost=None):
        context = with_webgpu.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        worker = first + (page.HERE / "local" / "worker.js").read_text()
        context.route("**/worker.js", lambda route: route.fulfill(body=worker, content_type="text/javascript"))
        if lost:
            context.route(lost, lambda route: route.fulfill(status=404))
        tab = context.new_page()
        hand = Hand(tab)
        hand.size, hand.asked, hand.lines, hand.errors = 128, [], [], []
        tab.on("request", lambda request: hand.asked.append(request.url))
        tab.on("console", lambda line: hand.lines.append(line.text))
        tab.on("pageerror", lambda error: hand.errors.append(str(error)))
        tab.goto(served + end)
        tab.get_by_role("button", name="Edit sample street 1").click()
        return hand

    yield visit
    for context in contexts:
        context.close()


def engine(hand, name):
    hand.page.locator(f"html[data-engine={name}]").wait_for(state="attached", timeout=3 * PATIENCE)


def without_a_car(hand):
    """The saved picture once street 1 has lost its car."""
    hand.click(*nearest_car(street(0)[2]))
    hand.says("Removed: vehicle")
    rests(hand)
    return whole(hand)


def told(hand, why):
    """Wait for the console's one line that says why the nets stay with WASM."""
    for _ in range(PATIENCE // 100):
        if found := [line for line in hand.lines if "stay with WASM" in line]:
            assert len(found) == 1 and why in found[0]
            return
        hand.page.wait_for_timeout(100)
    raise AssertionError(hand.lines)


@pytest.mark.browser
def test_webgpu_paints_what_wasm_paints_and_a_lost_gpu_is_not_noticed(at_street, capsys):
    hand, usual = at_street("#engine=webgpu", LOSABLE), at_street("")
    expected = without_a_car(usual)
    engine(hand, "webgpu")
    differ = np.abs(without_a_car(hand).astype(int) - expected)
    engine(hand, "webgpu")
    assert differ.max() <= 1 and not [line for line in hand.lines if "WASM" in line]
    engine(usual, "wasm")
    assert [url for url in hand.asked if "jspi" in url]
    assert not [url for url in usual.asked if "jspi" in url], "an adapter in software is slower than WASM"
    hand.page.workers[0].evaluate("self.device.destroy()")
    hand.tool("brush")
    hand.drag((50, 30), (80, 30))
    hand.says("The hole is")
    rests(hand)
    engine(hand, "wasm")
    told(hand, "not WebGPU")
    assert (whole(hand) != expected).any() and not hand.errors + usual.errors
    with capsys.disabled():
        print(f"\nWebGPU against WASM: {differ.max()} levels at most, {(differ > 0).mean():.1e} of the bytes")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("first", "lost", "why"), [(NO_ADAPTER, None, "no adapter today"), ("", "**/*.jspi.wasm", "not WebGPU")]
)
def test_where_webgpu_fails_wasm_goes_on(at_street, first, lost, why):
    hand = at_street("#engine=webgpu", first, lost)
    told(hand, why)
    engine(hand, "wasm")
    assert without_a_car(hand).shape == (128, 128, 3) and not hand.errors


@pytest.mark.browser
def test_webgpu_is_not_tried_where_it_is_not_wanted(at_street):
    hand = at_street("#engine=wasm")
    without_a_car(hand)
    engine(hand, "wasm")
    assert not [url for url in hand.asked if "jspi" in url] and not hand.errors


KEPT = """async () => {
  const stores = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = (await Promise.all(stores.map((cache) => cache.keys()))).flat();
  return requests.filter(({ url }) => url.includes("jspi")).length;
}"""


@pytest.mark.browser
def test_what_webgpu_needs_is_kept_once_it_was_asked_for(with_webgpu, served):
    context = with_webgpu.new_context()
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.goto(served)
    tab.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert tab.evaluate(KEPT) == 0
    tab.goto(f"{served}#engine=webgpu")
    tab.reload()
    tab.wait_for_function(f"async () => (await ({KEPT})()) === {len(page.WEBGPU)}")
    context.close()
