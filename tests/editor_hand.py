"""Somebody at an editor in a browser: what they do, and what they see."""

import base64
import functools
import io
import json
import zipfile

import numpy as np
from PIL import Image

from spg.labels import VEHICLE

SIZES = (64, 128, 256)  # of the editors on the page
PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong


class Hand:
    """Somebody at editor number i of a page."""

    def __init__(self, page, i=0):
        self.page, self.size = page, SIZES[i]
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

    def answer(self, name):
        """Press a button of the question at the top."""
        self.root.locator(".spg-notice").get_by_role("button", name=name, exact=True).click()

    def says(self, text):
        self.root.locator(".spg-status", has_text=text).wait_for(timeout=PATIENCE)

    def file(self, what, name, data):
        self.root.locator(f"input[data-what={what}]").last.set_input_files(
            {"name": name, "mimeType": "x/y", "buffer": data}
        )

    def opens(self, name, data, said):
        """Open a file, in place of what there is if that is asked, until this is said."""
        self.file("picture", name, data)
        asked = self.root.locator(".spg-notice:visible", has_text=name)
        self.root.locator(".spg-status", has_text=said).or_(asked).first.wait_for(timeout=PATIENCE)
        if asked.count():
            self.answer("Open, and lose it")
        self.says(said)

    def saved(self):
        """What Python hands over: name → array, and "edits.json" as a dict."""
        with self.page.expect_download() as download:
            self.press("Save all")
        self.archive = download.value.path().read_bytes()
        archive = zipfile.ZipFile(io.BytesIO(self.archive))
        files = {name: archive.read(name) for name in archive.namelist()}
        arrays = {n: np.asarray(Image.open(io.BytesIO(data))) for n, data in files.items() if n.endswith(".png")}
        return {**arrays, "edits.json": json.loads(files["edits.json"]), "raw": files}

    def canvas_pixels(self, i=1):
        """A pane as the person sees it: 0 the layout, 1 the picture. uint8 h×w×4."""
        self.page.wait_for_timeout(60)  # it is drawn with the screen's next frame
        url = self.root.locator(".spg-canvas").nth(i).evaluate("canvas => canvas.toDataURL()")
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))

    def changed(self, seen, i=1):
        """Wait until a pane shows something else than what was seen, and return that."""
        for _ in range(PATIENCE // 100):
            now = self.canvas_pixels(i)
            if (now != seen).any():
                return now
            self.page.wait_for_timeout(100)
        raise AssertionError(f"pane {i} shows what it showed before")

    def fresh(self):
        """Back to SP-Net's layout, the brush, the vehicle."""
        self.label(VEHICLE)
        self.tool("brush")
        self.press("Fill as predicted")
        self.says("SP-Net's prediction")

    def touch(self, kind, *points):
        """A touch event with these fingers on the screen, each a pixel (x, y): what Chromium makes of a real one."""
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(self.at(*point) for point in points)]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    def pen(self, kind, x, y, down=True):
        """An event of a pen at a pixel."""
        x, y = self.at(x, y)
        pressed = {"button": "left", "buttons": int(down), "clickCount": 1} if kind != "mouseMoved" or down else {}
        event = {"type": kind, "x": x, "y": y, "pointerType": "pen", "force": 0.5, **pressed}
        self.devtools.send("Input.dispatchMouseEvent", event)

    @functools.cached_property
    def devtools(self):
        """Chromium's own line, for what Playwright cannot do: pens and fingers."""
        return self.page.context.new_cdp_session(self.page)


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()
