"""Where files lie, and how shipped weights come that are not here: from the clone first, else fetched and checked."""

import functools
import hashlib
import http.server
import json
import threading

import pytest

from spg import weights
from spg.engine import places, shipped

DATA = b"a net"


@pytest.fixture
def server(tmp_path_factory):
    """An address that serves a folder. Yields (address, folder, paths asked for)."""
    folder, asked = tmp_path_factory.mktemp("served"), []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}", folder, asked
    made.shutdown()


@pytest.fixture
def entries(shelf, monkeypatch):
    """A registry with one set of two nets, of which no file is here."""
    sha256 = hashlib.sha256(DATA).hexdigest()
    nets = {m: {"file": f"far-{m}.safetensors", "bytes": len(DATA), "sha256": sha256} for m in ("spnet", "sgnet")}
    shipped.REGISTRY.write_text(json.dumps({"far": {"nets": nets}}))
    monkeypatch.setenv("SPG_CACHE", str(shelf / "cache"))
    return nets


def test_a_file_is_fetched_when_it_is_asked_for_and_once(entries, server, shelf, monkeypatch, capsys):
    address, folder, asked = server
    (folder / "far-spnet.safetensors").write_bytes(DATA)
    monkeypatch.setenv("SPG_WEIGHTS", address + "/")
    files = weights.resolve("far")
    assert set(files) == {"spnet", "sgnet"} and "sgnet" in files and asked == []
    for _ in range(2):
        assert files["spnet"].read_bytes() == DATA
    assert files["spnet"] == files.where("spnet") == shelf / "cache" / "weights" / "far-spnet.safetensors"
    assert asked == ["/far-spnet.safetensors"]
    assert capsys.readouterr().err == f"Fetching far-spnet.safetensors (0.0 MB) from {address}\n"


def test_a_file_of_the_clone_comes_first(entries, server, shelf, monkeypatch):
    monkeypatch.setenv("SPG_WEIGHTS", server[0])
    (shelf / "far-spnet.safetensors").write_bytes(DATA)
    assert weights.resolve("far")["spnet"] == shelf / "far-spnet.safetensors" and server[2] == []


@pytest.mark.parametrize("wrong", [b"other", DATA + b"."])
def test_another_file_is_refused_and_removed(entries, server, monkeypatch, wrong):
    (server[1] / "far-spnet.safetensors").write_bytes(wrong)
    monkeypatch.setenv("SPG_WEIGHTS", server[0])
    files = weights.resolve("far")
    with pytest.raises(ValueError, match="is not the file of the registry"):
        files["spnet"]
    assert not files.where("spnet").exists()
    (server[1] / "far-spnet.safetensors").write_bytes(DATA)
    assert files["spnet"].exists()


def test_what_cannot_be_fetched_says_what_to_type(entries, server, monkeypatch):
    remedy = r"put the file at .*far-spnet.safetensors, or use weights that are here: --weights streets-128"
    for address in (server[0], "http://127.0.0.1:9"):  # the server lacks the file; nobody listens
        monkeypatch.setenv("SPG_WEIGHTS", address)
        with pytest.raises(OSError, match=rf"{address}/far-spnet.safetensors could not be fetched .*{remedy}"):
            weights.resolve("far")["spnet"]
    monkeypatch.delenv("SPG_WEIGHTS")
    monkeypatch.setattr(places, "repository", lambda: None)
    with pytest.raises(OSError, match=f"no address is known to fetch it; {remedy}"):
        weights.resolve("far")["spnet"]


def test_weights_come_from_the_repository_at_this_version(monkeypatch):
    monkeypatch.delenv("SPG_WEIGHTS", raising=False)
    monkeypatch.setattr(places, "repository", lambda: "https://github.com/someone/course")
    monkeypatch.setattr(places, "version", lambda name: "1.2.3")
    assert places.weights_address() == "https://github.com/someone/course/raw/v1.2.3/spg/weights"


def test_the_registry_says_how_large_each_file_is():
    for entry in weights.registry().values():
        listed = [*entry["nets"].values(), *entry.get("discriminators", {}).values(), entry.get("evaluator")]
        for net in filter(None, listed):
            assert (shipped.FOLDER / net["file"]).stat().st_size == net["bytes"], net["file"]


def test_lessons_write_into_build_of_the_clone_or_of_their_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert places.build().as_posix() == "build"
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert places.build().as_posix() == "build"  # a folder of that name, but no clone around it
    (tmp_path / "pyproject.toml").write_text("")
    assert places.build().as_posix() == "../build"


def test_results_are_those_of_the_clone_else_the_packages(tmp_path, monkeypatch):
    assert (places.results() / "cityscapes-256.json").exists()
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "spg")
    assert places.results() == tmp_path / "spg" / "results"
    (tmp_path / "figures" / "results").mkdir(parents=True)
    assert places.results() == tmp_path / "figures" / "results"
