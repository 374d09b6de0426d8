"""Downloads, against a server of our own on 127.0.0.1: whole, broken off, tried again, wrong content."""

import hashlib
import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import data_trees as trees
import numpy as np
import pytest
from PIL import Image

import spg.data
from spg.data import download
from spg.data.download import DownloadError, fetch

BODY = np.random.default_rng(0).bytes(300_000)
GIT_SHA1 = hashlib.sha1(b"blob 300000\0" + BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """files: {path: bytes}. break_after: {path: [bytes after which to hang up, per request]}. asked: paths."""

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.break_after, self.asked = files, {}, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path not in self.server.files:
            return self.send_error(404)
        body = self.server.files[self.path]
        self.send_response(200)
        self.send_header("Content-Length", len(body))
        self.end_headers()
        stops = self.server.break_after.get(self.path)
        self.wfile.write(body[: stops.pop(0)] if stops else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    with Server({"/a": BODY}) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def test_whole_file(server, tmp_path):
    path = fetch(f"{server.url}/a", tmp_path / "new" / "a", size=len(BODY), git_sha1=GIT_SHA1)
    assert path.read_bytes() == BODY
    assert [p.name for p in path.parent.iterdir()] == ["a"]
    assert server.asked == ["/a"]


def test_file_already_there_is_only_checked(server, tmp_path):
    (tmp_path / "a").write_bytes(BODY)
    fetch(f"{server.url}/a", tmp_path / "a", git_sha1=GIT_SHA1)
    assert server.asked == []
    (tmp_path / "a").write_bytes(b"something else")
    fetch(f"{server.url}/a", tmp_path / "a", git_sha1=GIT_SHA1)
    assert (tmp_path / "a").read_bytes() == BODY


def test_broken_twice_and_tried_again(server, tmp_path):
    server.break_after["/a"] = [100_000, 50_000]
    fetch(f"{server.url}/a", tmp_path / "a", git_sha1=GIT_SHA1)
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.asked == ["/a"] * 3


def test_broken_for_good_leaves_nothing(server, tmp_path):
    server.break_after["/a"] = [100_000] * 3
    with pytest.raises(DownloadError, match=r"/a: .*; check the network and the address, then run the same again"):
        fetch(f"{server.url}/a", tmp_path / "a", git_sha1=GIT_SHA1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"git_sha1": "0" * 40}, f"has git_sha1 {GIT_SHA1}, expected 0000"),
        ({"size": 299_999}, "has 300000 bytes, expected 299999"),
        ({"size": 300_001}, "has 300000 bytes, expected 300001"),
    ],
)
def test_wrong_content_is_removed(server, tmp_path, expected, message):
    with pytest.raises(DownloadError, match=f"{message}.*; the bad file was removed, run the same again"):
        fetch(f"{server.url}/a", tmp_path / "a", **expected)
    assert list(tmp_path.iterdir()) == []


def test_not_found(server, tmp_path):
    with pytest.raises(DownloadError, match=r"/b: 404 Client Error.*; check the network and the address"):
        fetch(f"{server.url}/b", tmp_path / "b")


def test_connection_refused(server, tmp_path):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(DownloadError, match=r"refused.*; check the network and the address, then run"):
            fetch(f"http://127.0.0.1:{nobody.getsockname()[1]}/a", tmp_path / "a")


# CamVid


def png(array):
    file = BytesIO()
    Image.fromarray(array).save(file, "png")
    return file.getvalue()


@pytest.fixture
def github(server, monkeypatch):
    """A small repository: 3, 1 and 2 frames of 480×360."""
    counts = {"train": 3, "val": 1, "test": 2}
    for split, n in counts.items():
        for i in range(n):
            server.files[f"/raw/CamVid/{split}/{i}.png"] = png(trees.picture(i, 480, 360))
            server.files[f"/raw/CamVid/{split}annot/{i}.png"] = png(trees.ids_map(i, range(12), 480, 360))
    server.files["/raw/README.md"] = b"not a frame"
    list_files(server)
    monkeypatch.setattr(download, "LISTING", f"{server.url}/tree?recursive=1")
    monkeypatch.setattr(download, "FILES", f"{server.url}/raw/")
    monkeypatch.setattr(download, "COUNTS", counts)
    return server


def list_files(server):
    """What GitHub's git/trees answers."""
    tree = [{"path": "CamVid", "type": "tree", "sha": "0"}]
    for path, body in server.files.items():
        if path.startswith("/raw/"):
            sha = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
            tree.append({"path": path.removeprefix("/raw/"), "type": "blob", "size": len(body), "sha": sha})
    server.files["/tree?recursive=1"] = json.dumps({"tree": tree}).encode()


def test_camvid_is_fetched_and_opened(github, tmp_path):
    text = spg.data.check(f"camvid:{tmp_path}", fetch=True)
    assert "train: 3 frames, fit 2, tune 1 (480×360)" in text
    assert len(list((tmp_path / "CamVid").glob("*/*.png"))) == 12
    scene = spg.data.open(f"camvid:{tmp_path}", "val", 4, cache=False)[0]
    assert (scene.image == trees.picture(0, 4, 4).transpose(2, 0, 1)).all()


def test_camvid_resumes_and_then_only_checks(github, tmp_path):
    victim = "/raw/CamVid/train/1.png"
    github.break_after[victim] = [50] * 3
    with pytest.raises(DownloadError, match=r"train/1\.png.*check the network"):
        download.camvid(tmp_path)
    there = len(list(tmp_path.glob("*/*.png")))
    github.asked.clear()
    assert download.camvid(tmp_path) == 12
    assert victim in github.asked
    assert len(github.asked) == 12 - there
    github.asked.clear()
    (tmp_path / "val/0.png").write_bytes(b"damaged since")
    download.camvid(tmp_path)
    assert github.asked == ["/raw/CamVid/val/0.png"]


def test_camvid_file_with_another_hash(github, tmp_path):
    github.files["/raw/CamVid/test/1.png"] = png(trees.picture(77, 480, 360))
    with pytest.raises(DownloadError, match=r"CamVid/test/1\.png: has .* the bad file was removed"):
        download.camvid(tmp_path)
    assert not (tmp_path / "test/1.png").exists()


def test_camvid_listing_with_other_counts(github, tmp_path):
    del github.files["/raw/CamVid/train/2.png"]
    list_files(github)
    with pytest.raises(DownloadError, match=r"lists \{'train': 2, 'trainannot': 3.* expected \{'train': 3"):
        download.camvid(tmp_path)
    assert list(tmp_path.iterdir()) == []  # so that the next call asks again


def test_camvid_frame_of_another_size(github, tmp_path):
    github.files["/raw/CamVid/val/0.png"] = png(trees.picture(0, 960, 720))
    list_files(github)
    with pytest.raises(DownloadError, match=r"val/0\.png is 960×720, expected 480×360"):
        download.camvid(tmp_path)


def test_camvid_frame_that_differs_from_the_tested_one(github, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "PIXELS", {"val/0.png": "0" * 64})
    with pytest.warns(UserWarning, match=r"val/0\.png differs from the frame this project was tested on"):
        download.camvid(tmp_path)


def test_only_camvid_can_be_fetched(tmp_path):
    with pytest.raises(ValueError, match="cityscapes cannot be fetched: only camvid downloads itself"):
        spg.data.check(f"cityscapes:{tmp_path}", fetch=True)


def test_addresses_name_one_commit():
    assert download.COUNTS == {"train": 367, "val": 101, "test": 233}
    assert re.fullmatch("[0-9a-f]{40}", download.COMMIT)
    assert download.COMMIT in download.LISTING
    assert download.COMMIT in download.FILES
