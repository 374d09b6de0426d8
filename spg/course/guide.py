"""The teacher's guide's column of times, filled from what was measured."""

import json
import re
from pathlib import Path

ROW = re.compile(r"^\| (\d\d_\w+) \| [^|]* \|", re.MULTILINE)


def record(folder, name, times):
    """Put one notebook's times into folder/times.json, and all that are there into folder/TEACHING.md, if it exists."""
    path = Path(folder) / "times.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[name] = times
    path.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", "utf-8")
    render(folder)


def render(folder):
    """Write the times of folder/times.json into folder/TEACHING.md, if it exists."""
    times, guide = (Path(folder) / name for name in ("times.json", "TEACHING.md"))
    if guide.exists():
        guide.write_text(with_times(guide.read_text("utf-8"), json.loads(times.read_text("utf-8"))), "utf-8")


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
