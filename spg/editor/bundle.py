"""A widget's JavaScript as the one module that anywidget wants, put together from files.

Each file is an ordinary ES module, so that node can test it alone. Here the `import … from "./x.js"` lines go, and
the word `export` before declarations, and the files follow one another, the imported before the importing.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "js"
MAIN = FOLDER / "main.js"
IMPORT = re.compile(r'^import\s[^;]*?from "(\.[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|let|function|class|async)\b)", re.MULTILINE)


def script(main=MAIN, without=()):
    """The whole module's text. main: the file that keeps its `export default`. without: paths that are left out."""
    paths = [path for path in order(main) if path not in without]
    return "\n".join(EXPORT.sub("", IMPORT.sub("", _read(path))) for path in paths)


def style():
    """The editor's style sheet's text."""
    return (FOLDER.parent / "editor.css").read_text(encoding="utf-8")


def order(path, seen=None):
    """The files that a module needs, and itself, the imported ones first."""
    seen = [] if seen is None else seen
    for needed in IMPORT.findall(_read(path)):
        if (other := (path.parent / needed).resolve()) not in seen:
            order(other, seen)
    seen.append(path)
    return seen


def _read(path):
    return path.read_text(encoding="utf-8")
