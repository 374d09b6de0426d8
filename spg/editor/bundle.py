"""The editor's JavaScript as the one module that anywidget wants, put together from the files of js/.

Each file is an ordinary ES module, so that node can test it alone. Here the `import … from "./x.js"` lines go, and
the word `export` before declarations, and the files follow one another, the imported before the importing.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import\s[^;]*?from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|let|function|class|async)\b)", re.MULTILINE)


def script(main="main"):
    """The whole module's text. js/main.js keeps its `export default`."""
    return "\n".join(EXPORT.sub("", IMPORT.sub("", _read(name))) for name in order(main))


def style():
    """The style sheet's text."""
    return (FOLDER.parent / "editor.css").read_text(encoding="utf-8")


def order(name, seen=None):
    """Names of the modules that `name` needs, and itself, the imported ones first."""
    seen = [] if seen is None else seen
    for needed in IMPORT.findall(_read(name)):
        if needed not in seen:
            order(needed, seen)
    seen.append(name)
    return seen


def _read(name):
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")
