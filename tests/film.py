"""`make film`: figures/editor.gif, filmed in Chromium: a car removed, a red one painted, and its paint changed."""

import io
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import browser as chromium
import numpy as np
from PIL import Image
from test_editor_app import VEHICLE, car

from spg.editor import app
from spg.evaluation.shapes import shapes

VIEW = {"width": 900, "height": 700}
NOTHING = 255  # the palette's index of what stays as it was
RED = "rgb 164 46 44"  # of the swatches that the page offers for a vehicle
CURSOR = """addEventListener('DOMContentLoaded', () => {
    const arrow = document.createElement('div');
    arrow.style.cssText = 'position:fixed;z-index:99;pointer-events:none;border:8px solid transparent;' +
        'border-left:14px solid black;filter:drop-shadow(0 0 1px white);transform-origin:0 50%;' +
        'transform:rotate(50deg)';
    document.body.append(arrow);
    const follow = (e) => Object.assign(arrow.style, {left: e.clientX + 'px', top: e.clientY - 8 + 'px'});
    addEventListener('pointermove', follow, true);
})"""


class Film:
    """Film(page): frames of a page and how long each stands, in milliseconds, while its pointer is led around."""

    def __init__(self, page):
        self.page, self.frames, self.times, self.at = page, [], [], (450, 350)

    def shoot(self, milliseconds):
        self.frames.append(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))
        self.times.append(milliseconds)

    def move(self, x, y, steps=5):
        """Lead the pointer to a place on the screen."""
        for to in np.linspace(self.at, (x, y), steps + 1)[1:]:
            self.page.mouse.move(*to)
            self.shoot(60)
        self.at = x, y

    def click(self, found, milliseconds):
        """Lead the pointer to what was found on the page, click, and wait."""
        box = found.bounding_box()
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.click(*self.at)
        self.shoot(milliseconds)

    def save(self, path):
        """One palette for all frames; what does not change from frame to frame is left out, which halves the file."""
        palette = Image.fromarray(np.concatenate([np.asarray(frame)[::4] for frame in self.frames[::6]]))
        palette = palette.quantize(255, dither=Image.Dither.NONE)
        frames = [np.asarray(f.quantize(palette=palette, dither=Image.Dither.NONE)) for f in self.frames]
        changed = [np.where(new == old, NOTHING, new) for old, new in pairwise(frames)]
        first, *rest = [Image.fromarray(x.astype(np.uint8), "P") for x in (frames[0], *changed)]
        for image in (first, *rest):
            image.putpalette([*palette.getpalette(), 0, 0, 0])
        options = {"duration": self.times, "loop": 0, "transparency": NOTHING, "disposal": 1, "optimize": False}
        first.save(path, save_all=True, append_images=rest, **options)


def act(film):
    """What the film shows."""
    film.shoot(1200)
    open_street(film)
    x, y = (pixel / 128 for pixel in car())
    remove(film, (x, y))
    rear = next(shape["points"] for shape in shapes() if shape["name"] == "rear")
    paint(film, app.corners(rear, 0.27, 0.25, foot=(x, y + 0.125)))
    for _ in range(3):
        paint_again(film)


def place(film, x, y):
    """Shares of the picture → pixels of the screen."""
    box = film.page.locator(".spg-canvas").first.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def open_street(film):
    film.click(film.page.get_by_role("button", name="Edit sample street 1"), 60)
    film.page.locator(".spg-editor[data-coach='1']").wait_for()
    film.page.locator(".spg-editor[data-painted]").wait_for()
    film.shoot(1000)


def remove(film, middle):
    """Point at a car, and click."""
    film.move(*place(film, *middle))
    film.page.locator(".spg-editor[data-over=object]").wait_for()
    film.shoot(900)
    film.page.mouse.click(*film.at)
    film.page.locator(".spg-status", has_text="Removed").wait_for()
    film.page.get_by_role("button", name="Got it").click()
    film.move(*place(film, 0.5, 0.2))
    film.shoot(1500)


def paint(film, outline):
    """Draw a red car with the lasso."""
    page = film.page
    film.click(page.get_by_role("button", name="Lasso"), 300)
    film.click(page.get_by_role("button", name="Paint classes"), 300)
    film.click(page.locator(".spg-class").nth(VEHICLE), 300)
    film.click(page.get_by_role("button", name=RED, exact=True), 500)
    corners = [place(film, x, y) for x, y in outline]
    film.move(*corners[0])
    page.mouse.down()
    for corner in [*corners[1:], corners[0]]:
        film.move(*corner, steps=1)
    page.mouse.up()
    page.locator(".spg-status", has_text="vehicle: ").wait_for()
    film.move(*place(film, 0.9, 0.95))
    film.shoot(2000)


def paint_again(film):
    before = film.page.locator(".spg-editor").get_attribute("data-painted")
    film.click(film.page.get_by_role("button", name="Another paint"), 60)
    film.page.locator(f".spg-editor:not([data-painted='{before}'])").wait_for()
    film.shoot(1400)


def main(path):
    port = chromium.free_port()
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as folder:
        server = chromium.start(
            "spg.cli", "edit", f"--port={port}", "--no-browser", url=url, log=Path(folder) / "log", seconds=240
        )
        try:
            for browser in chromium.open_browser():
                page = browser.new_context(viewport=VIEW, color_scheme="light").new_page()
                page.set_default_timeout(120_000)
                page.add_init_script(CURSOR)
                page.goto(url)
                page.locator(".spg-welcome").wait_for()
                film = Film(page)
                act(film)
                film.save(path)
        finally:
            server.terminate()
            server.wait(60)


if __name__ == "__main__":
    main(sys.argv[1])
