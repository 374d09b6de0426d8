"""Running notebooks: the cell they open with, in place for readers, the guide's times, and what the tests have run."""

import json
import os
import re
import resource
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat

from spg.engine.writing import read_json, write

SETUP = """\
# Installs the course where it is missing, as on Colab or Kaggle; elsewhere this does nothing.
import importlib.util
import sys

if importlib.util.find_spec("spg") is None:
{install}
if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()
"""
CLONE = """\
    !git clone --quiet --depth 1 {address} spg-net
    %pip install --quiet --editable "./spg-net[lessons]"
    sys.path.insert(0, "spg-net")"""
CHECKOUT = '    %pip install --quiet "..[lessons]"'
PLACEHOLDER = "ADDRESS-OF-THIS-REPOSITORY"
ELSEWHERE = re.compile(r"(<!-- open elsewhere -->\n).*?(<!-- /open elsewhere -->)", re.DOTALL)
ROW = re.compile(r"^\| (\d\d[a-z]?_\w+) \| [^|]* \|", re.MULTILINE)


# ---------------------------------------------------------------- how a notebook opens


def with_setup(notebook, address=None):
    """Put the setup cell into a notebook, once, after its first; an older one is replaced. Returns the notebook.

    address: of the repository; without one the cell installs from the checkout that the notebook lies in.
    """
    first, *rest = [cell for cell in notebook.cells if "setup" not in cell.metadata.get("tags", ())]
    old = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", ())]
    cell = old[0] if old else nbformat.v4.new_code_cell(metadata={"tags": ["setup"]})
    cell.source = setup(address)
    notebook.cells = [first, cell, *rest]
    return notebook


def setup(address):
    """Source of the cell that installs the course where it is missing: a clone of the repository, or the checkout."""
    return SETUP.format(install=CLONE.format(address=address) if address else CHECKOUT).rstrip()


def opened(text, address):
    """A page's text with the repository's address, and with links that open lesson 00 elsewhere; None: as it is."""
    if not address:
        return text
    name, lesson = address.removeprefix("https://github.com/"), "notebooks/00_tour.ipynb"
    colab = f"https://colab.research.google.com/github/{name}/blob/main/{lesson}"
    links = (
        f"Nothing to install: open lesson 00 on [Colab]({colab}), "
        f"[Kaggle](https://kaggle.com/kernels/welcome?src={address}/blob/main/{lesson}) or "
        f"[Binder](https://mybinder.org/v2/gh/{name}/main?urlpath=lab/tree/{lesson}). "
    )
    return ELSEWHERE.sub(rf"\g<1>{links}\g<2>", text.replace(PLACEHOLDER, address))


def cited(text, address):
    """CITATION.cff's text with the repository's address in it, once; None: as it is."""
    if not address:
        return text
    rest = re.sub(r"^repository-code: .*\n", "", text, flags=re.MULTILINE)
    return rest.replace("\nlicense: ", f'\nrepository-code: "{address}"\nlicense: ')


# ---------------------------------------------------------------- in place


def refresh(path):
    """Run a notebook in place, 1..n. Returns the times. Raises nbclient's CellExecutionError, the file unchanged."""
    from nbclient import NotebookClient

    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": path.parent}}, record_timing=False)
    with Stopwatch() as watch:
        client.execute()
    notebook.metadata.pop("widgets", None)  # GitHub refuses to draw a notebook that has it
    write(path, nbformat.writes(notebook) + "\n")
    return watch.times


class Stopwatch:
    """Times a block. times: seconds on the clock, and cpu_seconds of the processes it started and waited for."""

    def __enter__(self):
        self.start, self.used = time.monotonic(), self._used()
        return self

    def __exit__(self, *_):
        seconds, cpu = time.monotonic() - self.start, self._used() - self.used
        threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
        self.times = {"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1), "threads": threads}

    @staticmethod
    def _used():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime


# ---------------------------------------------------------------- the teacher's guide: its column of times


def note_times(folder, name, times):
    """Put one notebook's times into folder/times.json, and all that are there into folder/TEACHING.md, if it exists."""
    path = Path(folder) / "times.json"
    known = read_json(path) if path.exists() else {}
    known[name] = times
    write(path, json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    render_guide(folder)


def render_guide(folder):
    """Write the times of folder/times.json into folder/TEACHING.md, if it exists."""
    times, guide = (Path(folder) / name for name in ("times.json", "TEACHING.md"))
    if guide.exists():
        write(guide, with_times(guide.read_text("utf-8"), read_json(times)))


def with_times(text, times):
    """The guide's text with the second cell of each notebook's row rewritten; a dash where nothing was measured.

    times: notebook's file name → `Stopwatch.times`. Only runs on one thread count: their processor time is what the
    same run takes on a quiet core, however busy the machine was.
    """

    def cell(row):
        measured = times.get(f"{row[1]}.ipynb")
        fits = measured and measured["threads"] == 1
        return f"| {row[1]} | {measured['cpu_seconds']:.0f} s |" if fits else f"| {row[1]} | – |"

    return ROW.sub(cell, text)


# ---------------------------------------------------------------- what the tests have run


def not_run(text):
    """name → reason, from lines `NAME.ipynb: reason`; # begins a comment. ValueError for a line without a reason."""
    listed = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
        name, _, reason = (part.strip() for part in line.partition(":"))
        if not reason:
            raise ValueError(f"{line!r}: a notebook that is not run needs its reason, NAME.ipynb: reason")
        listed[name] = reason
    return listed


def left_out(junit, paths, listed):
    """Sentences on the notebooks that should have run and did not, and on entries of the list that are out of date.

    junit: pytest's XML, as text; paths: all notebooks; listed: `not_run`. A cell counts once it passed.
    """
    cells = {}
    for case in ElementTree.fromstring(junit).iter("testcase"):
        if not any(child.tag in ("skipped", "failure", "error") for child in case):
            *_, stem, suffix = ["", *case.get("classname", "").split(".")]
            cells[stem] = cells.get(stem, 0) + (suffix == "ipynb")
    wrong = [f"{name} is on the list of notebooks not run, and there is none" for name in listed.keys() - _names(paths)]
    for path in map(Path, paths):
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        passed = cells.get(path.stem, 0)
        if path.name in listed and passed:
            wrong.append(f"{path.name} is on the list of notebooks not run, and ran: take it off")
        elif path.name not in listed and passed < len(code):
            wrong.append(f"{path.name}: {passed} of {len(code)} code cells ran and passed, and it is not on the list")
    return wrong


def _names(paths):
    return {Path(path).name for path in paths}
