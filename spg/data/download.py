"""Fetch one file over HTTP: resumed where it broke off, checked, and renamed into place only when it is right."""

import hashlib
import ssl
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from spg.engine.watching import progress

BLOCK = 1 << 18
TIMEOUT = 30  # seconds without a byte
NETWORK_ERRORS = (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError, ssl.SSLError)  # no disk errors


class DownloadError(OSError):
    """A download that failed for good; the message names the address and the remedy."""


def fetch(url, path, size=None, sha256=None, git_sha1=None, tries=3, bar=None):
    """Fetch url to path, through `path.part`; returns path. A file already there that passes the checks is kept.

    size: expected bytes. sha256, git_sha1: expected hex digests, of the file and of its git blob. bar: a tqdm
    bar to count bytes on; by default this file gets its own. Raises DownloadError: what is incomplete stays as
    `path.part` and is resumed by the next call; what has the wrong size or digest is removed.
    """
    path = Path(path)
    expected = {"size": size, "sha256": sha256, "git_sha1": git_sha1}
    if bar is None:
        with progress(desc=path.name, total=size, unit="B", unit_scale=True) as bar:
            return fetch(url, path, **expected, tries=tries, bar=bar)
    if path.is_file() and not _difference(path, expected):
        bar.update(_length(path))
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    bar.update(_length(part))
    _receive(url, part, size, tries, bar)
    if difference := _difference(part, expected):
        part.unlink()
        raise DownloadError(f"{url}: {difference}; the bad file was removed, run the same again to fetch it anew")
    part.replace(path)
    return path


def _receive(url, part, size, tries, bar):
    """Complete the part; a connection that fails is tried again from where it broke."""
    for attempt in range(1, tries + 1):
        try:
            if size is None or _length(part) < size:  # else complete, or wrong: the check that follows tells
                _request(url, part, bar)
            return
        except NETWORK_ERRORS as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if attempt < tries and not refused:
                time.sleep(attempt - 1)
                continue
            kept = f"{_length(part)} bytes are kept in {part}; " if part.is_file() else ""
            remedy = f"{kept}check the network and the address, then run the same again to go on"
            raise DownloadError(f"{url}: {error}; {remedy}") from error


def _request(url, part, bar):
    """Ask for what is still missing and append it; begin again where the server ignores Range."""
    start = _length(part)
    headers = {"User-Agent": "spg-net"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        reply = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not start:
            raise
        if error.headers.get("Content-Range") == f"bytes */{start}":
            return  # nothing after start: the part is the whole file
        part.unlink()
        bar.update(-start)
        raise ConnectionError("the part kept here does not belong to this file and was removed") from error
    with reply:
        resumed = reply.status == 206
        bar.update(0 if resumed else -start)
        with part.open("ab" if resumed else "wb") as file:
            _copy(reply, file, bar)


def _copy(reply, file, bar):
    """Read the body to its end, and count: http.client does not complain about one cut short."""
    expected, start = reply.headers.get("Content-Length"), file.tell()
    while block := reply.read(BLOCK):
        file.write(block)
        bar.update(len(block))
    if expected is not None and (left := int(expected) - (file.tell() - start)):
        raise ConnectionError(f"the connection broke {left} bytes before the end")


def _length(path):
    return path.stat().st_size if path.is_file() else 0


def _difference(path, expected):
    """What is wrong with a file, in words; empty if nothing is. expected: size, sha256, git_sha1; None = not known."""
    actual_size = path.stat().st_size
    if expected["size"] not in (None, actual_size):
        return f"has {actual_size} bytes, expected {expected['size']}"
    for name, start in (("sha256", b""), ("git_sha1", b"blob %d\0" % actual_size)):
        if expected[name] is not None and (actual := _digest(path, name, start)) != expected[name].lower():
            return f"has {name} {actual}, expected {expected[name]}"
    return ""


def _digest(path, name, start):
    digest = hashlib.new(name.removeprefix("git_"), start)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
