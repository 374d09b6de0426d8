"""Running notebooks: in place for readers, as copies with other parameters, and what the tests have run."""

import ast
import difflib
import os
import resource
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat

from spg.engine.provenance import provenance, write_json


def parameters(notebook):
    """name → value of the cell tagged `parameters`, which assigns literals; {} where there is no such cell."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    found = {}
    for statement in ast.parse(cells[0].source).body if cells else ():
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        value = ast.literal_eval(statement.value)
        pairs = zip(target.elts, value, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]
        found |= {name.id: v for name, v in pairs}
    return found


def check_parameters(notebook, given):
    """Raise ValueError naming a parameter that the notebook does not have; papermill itself would only warn."""
    known = parameters(notebook)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known) or 'none'}"
            raise ValueError(f"the notebook has no parameter {name!r}; {hint}")


def run(path, out, given=None, offered=None):
    """Run a copy with papermill, in the notebook's own folder; write it to out and what is known of the run beside it.

    given: parameters; an unknown one raises ValueError. offered: those taken only where the notebook has them.
    Returns the record: notebook, parameters, seconds, cpu_seconds, and where it ran.
    """
    import papermill  # seconds to import, and needed by this alone

    path, out = Path(path), Path(out)
    notebook = nbformat.read(path, as_version=4)
    check_parameters(notebook, given or {})
    known = parameters(notebook)
    given = {k: v for k, v in (offered or {}).items() if k in known} | (given or {})
    out.parent.mkdir(parents=True, exist_ok=True)
    with Stopwatch() as watch:
        papermill.execute_notebook(path, out, given, cwd=path.parent, progress_bar=False)
    record = {"notebook": path.name, "parameters": known | given, **watch.times, **provenance()}
    write_json(record, out.with_suffix(".json"))
    return record


def refresh(path):
    """Run a notebook in place, 1..n. Returns the times. Raises nbclient's CellExecutionError, the file unchanged."""
    from nbclient import NotebookClient

    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": path.parent}}, record_timing=False)
    with Stopwatch() as watch:
        client.execute()
    notebook.metadata.pop("widgets", None)  # GitHub refuses to draw a notebook that has it
    nbformat.write(notebook, path)
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
