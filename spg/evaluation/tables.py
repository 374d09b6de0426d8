"""Markdown tables out of result files, and into the README: numbers are never typed by hand."""

import re
from pathlib import Path

from spg.engine import markdown
from spg.engine.writing import read_json, read_text, write
from spg.evaluation import native, replication
from spg.evaluation.ablation_report import PARTS as ABLATIONS
from spg.evaluation.ablation_report import ablations
from spg.evaluation.units import PARTS as UNITS
from spg.evaluation.units import unit_tables
from spg.evaluation.views import VIEWS

DEFAULT_VIEWS = ("methods", "layouts")
WANTED = "a result of `spg evaluate`, `bench`, `units`, `ablate` or `study`"
ALL_VIEWS = tuple(name for name in VIEWS if name not in ("methods", "short"))  # table1 says the same

_BLOCK = re.compile(r"<!-- table: (\S+) (\S+)(?: (\S+))?(?: (\S+))? -->\n(.*?)<!-- /table -->", re.DOTALL)


def table(results, bold=True, views=DEFAULT_VIEWS, rows=(), kinds=None):
    """Render results as markdown, one section each: a line that says what was measured, then its tables.

    results: one or a list of paths of JSON files, or their dicts, of `spg evaluate`, `bench`, `units` or `ablate`; a
    folder of such files becomes the table of the paper's claims (`spg.evaluation.replication`). bold: set the best
    value of a column in bold; the methods that know the true labels do not compete. views: names in
    `spg.evaluation.views` for the results of `spg evaluate`, or ("all",); for other kinds the names of their parts.
    rows: show these methods, or these rows of an ablation, or these differences A−B, alone (`only`). kinds: further
    kinds of results, as `KINDS` has them. Returns text ending in a newline. Raises ValueError naming an unknown kind,
    view or row, or a view that a result has nothing for.
    """
    results = results if isinstance(results, list | tuple) else [results]
    return "\n".join(_one(result, bold, tuple(views), rows, KINDS | (kinds or {})) for result in results)


def only(result, rows):
    """A result that shows the named methods, or rows of an ablation, alone; `A−B` names one difference, a true minus.

    Where no difference is named, those between named methods are shown. Bold stays the best of all methods, shown or
    not. Raises ValueError for a name that the result lacks.
    """
    paired = {f"{a}−{b}": (a, b) for a, of in (result.get("paired") or {}).items() for b in of}
    known = [*result.get("methods", result.get("rows", ())), *paired]
    if unknown := [name for name in rows if name not in known]:
        raise ValueError(f"no row {unknown[0]!r} in this result; it has {', '.join(known)}")
    if "rows" in result:
        return {**result, "rows": {name: row for name, row in result["rows"].items() if name in rows}}
    pairs = [pair for name, pair in paired.items() if name in rows] or [p for p in paired.values() if {*p} <= {*rows}]
    kept = {a: {b: result["paired"][a][b] for first, b in pairs if first == a} for a, _ in pairs}
    return {**result, "shown": rows, "paired": kept}


def replace_between_markers(text, name, content):
    """Put content between `<!-- table: NAME FILE -->` and `<!-- /table -->`. ValueError if there is no such block."""

    def fill(block):
        opening = block[0].partition("\n")[0]
        return block[0] if block[1] != name else f"{opening}\n{content}<!-- /table -->"

    if name not in [block[1] for block in _BLOCK.finditer(text)]:
        raise ValueError(
            f"no table called {name!r} in the text; write <!-- table: {name} FILE.json --> and <!-- /table --> on "
            "lines of their own where it belongs"
        )
    return _BLOCK.sub(fill, text)


def render_readme(path, check=False, kinds=None):
    """Render every table block of a markdown file from the JSON it names, relative to the file.

    A block opens with `<!-- table: NAME FILE -->`, `<!-- table: NAME FILE VIEW,VIEW -->`, or with both and the rows to
    show, `<!-- table: NAME FILE VIEW,VIEW ROW,ROW -->`. Several files, FILE,FILE, stand below one another. Returns the
    names of the tables that were out of date. check: write nothing, and raise ValueError naming them. kinds: see
    `table`. Raises ValueError for an opening marker without its end, FileNotFoundError for a missing JSON file.
    """
    path = Path(path)
    text = read_text(path)
    blocks = _BLOCK.findall(text)
    if len(blocks) != text.count("<!-- table: ") or len(blocks) != text.count("<!-- /table -->"):
        raise ValueError(f"{path}: a table marker is not closed, or not opened, by its partner")
    stale = []
    for name, file, views, rows, content in blocks:
        files = [path.parent / one for one in _names(file)]
        rendered = table(files, True, _names(views) or DEFAULT_VIEWS, _names(rows), kinds)
        if rendered != content:
            stale.append(name)
            text = replace_between_markers(text, name, rendered)
    if stale and check:
        raise ValueError(f"{path}: out of date: {', '.join(stale)}; run `spg table --readme {path}`")
    if stale:
        write(path, text)
    return stale


def _names(text):
    return tuple(text.split(",")) if text else ()


def _one(result, bold, views, rows, kinds):
    if not isinstance(result, dict) and Path(result).is_dir():
        return _claims(Path(result))
    found = result if isinstance(result, dict) else read_json(result, WANTED)
    try:
        return _section(only(found, rows) if rows else found, bold, views, kinds)
    except (LookupError, TypeError, AttributeError) as error:
        if found is result:  # a dict of the caller's own, not a file that may be damaged
            raise
        raise ValueError(f"{result} is not {WANTED}, or is damaged: {_lack(error)}") from error


def _claims(folder):
    """The paper's claims out of a folder of results."""
    try:
        return replication.table(folder)
    except LookupError as error:
        raise ValueError(f"{folder} lacks a result that the table of claims needs: {_lack(error)}") from error


def _lack(error):
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)


def _section(result, bold, views, kinds):
    """The line that says where the numbers come from, and the tables."""
    kind = result.get("kind")
    if kind is not None and kind not in kinds:
        raise ValueError(f"there is no table for a result of kind {kind!r}; known: {', '.join(kinds)}")
    if kind is not None:
        keys, render, *parts = kinds[kind]
        return _header(result, keys) + _part(result, render, views, *parts)
    header = _header(
        result, ("data", "split", "size", "holes", "seed", "n", "left_out", "each", "labels", "perceptual", "commit")
    )
    return header + "\n".join(_rendered(result, bold, views))


def _part(result, render, views, parts=()):
    """A result of another kind: the parts that the views name, all of it where they name none."""
    unknown = [name for name in views if name not in (*parts, *VIEWS, "all")]
    if unknown:
        raise ValueError(f"unknown view {unknown[0]!r} of {result['kind']}; known: {', '.join(parts) or 'none'}")
    named = [name for name in views if name in parts]
    return render(result, named) if named and views != DEFAULT_VIEWS else render(result)


def _rendered(result, bold, views):
    """The views of a result, without the empty ones that were not asked for by name."""
    unknown = [name for name in views if name not in (*VIEWS, "all")]
    if unknown:
        raise ValueError(f"unknown view {unknown[0]!r}; known: {', '.join(VIEWS)}, or all")
    shown = {name: VIEWS[name](result, bold) for name in (ALL_VIEWS if "all" in views else views)}
    for name, text in shown.items():
        if not text and "all" not in views and name not in DEFAULT_VIEWS:
            raise ValueError(f"this result of {result.get('data')} has nothing to show as {name!r}")
    return [text for text in shown.values() if text]


_WORDS = {
    "data": "{}",
    "split": "split {}",
    "size": "{0}×{0}",
    "holes": "holes {}",
    "seed": "seed {}",
    "n": "n = {}",
    "left_out": "{} scenes without an object left out",
    "each": "{} holes each",
    "labels": "{} labels",
    "perceptual": "LPIPS by {}",
    "commit": "commit {}",
}
_USUAL = ("labels", "true")


def _header(result, keys):
    """One line that says where the numbers come from; what a result lacks, or what goes without saying, is left out."""
    known = [(key, result[key]) for key in keys if result.get(key) is not None and (key, result[key]) != _USUAL]
    words = [_machine(value) if key == "machine" else _WORDS[key].format(value) for key, value in known]
    return " · ".join(words) + "\n\n" if words else ""


def _machine(machine):
    """A machine's name, or what `spg.engine.provenance` says about it."""
    if isinstance(machine, str):
        return machine
    names = [machine.get("gpu"), machine.get("processor"), f"{machine.get('threads')} threads"]
    return ", ".join(name for name in names if name)


def _generic(rows):
    """rows: list of {column: value}; columns in the order of their first appearance."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return markdown.table([columns, *([_any(row.get(column)) for column in columns] for row in rows)])


def _any(value):
    return f"{value:.4g}" if isinstance(value, float) else "–" if value is None else str(value)


# kind of a result -> what its first line names, what renders the rest, and the parts that can be shown alone, if any
KINDS = {
    "bench": (("machine", "commit"), lambda result: _generic(result["rows"])),
    "windows": (("data", "n", "seed", "perceptual", "commit"), native.report),
    "units": (("data", "split", "size", "n", "seed", "commit"), unit_tables, UNITS),
    "ablations": (("data", "split", "size", "holes", "n", "perceptual", "commit"), ablations, ABLATIONS),
}
