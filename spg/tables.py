"""Markdown tables out of result files, and into the README: numbers are never typed by hand."""

import json
import re
from pathlib import Path

# key of the JSON -> heading, decimals, which direction is better (+1 higher, -1 lower, 0 not ranked)
COLUMNS = {
    "l1": ("l1", 1, -1),
    "l2": ("l2", 1, -1),
    "ssim": ("SSIM", 4, +1),
    "psnr": ("PSNR", 2, +1),
    "lpips": ("LPIPS", 4, -1),
    "hole_psnr": ("hole PSNR", 2, +1),
    "hole_l1": ("hole l1", 0, -1),
    "boundary_lpips": ("boundary LPIPS", 3, -1),
    "seconds_per_image": ("s/img", 3, 0),
}
LAYOUT_COLUMNS = {"hole_accuracy": ("hole accuracy", 3, +1), "hole_miou": ("hole mIoU", 3, +1)}
NOT_RANKED = ("spg-oracle", "spg-plus-oracle")  # they are told the true labels: a ceiling, not a competitor

_BLOCK = re.compile(r"<!-- table: (\S+) (\S+) -->\n(.*?)<!-- /table -->", re.DOTALL)


def table(results, bold=True):
    """Render results as markdown, one section each: a line that says what was measured, then the rows.

    results: one or a list of paths of JSON files, or their dicts, of `spg evaluate` or `spg bench`. bold: set the
    best value of a column in bold; the methods that know the true labels do not compete. Returns text ending in a
    newline.
    """
    results = results if isinstance(results, list | tuple) else [results]
    return "\n".join(_section(_read(result), bold) for result in results)


def replace_between_markers(text, name, content):
    """Put content between `<!-- table: NAME FILE -->` and `<!-- /table -->`. ValueError if there is no such block."""

    def fill(block):
        return block[0] if block[1] != name else f"<!-- table: {name} {block[2]} -->\n{content}<!-- /table -->"

    if name not in [block[1] for block in _BLOCK.finditer(text)]:
        raise ValueError(
            f"no table called {name!r} in the text; write <!-- table: {name} FILE.json --> and <!-- /table --> on "
            "lines of their own where it belongs"
        )
    return _BLOCK.sub(fill, text)


def render_readme(path, check=False):
    """Render every table block of a markdown file from the JSON it names, relative to the file.

    Returns the names of the tables that were out of date. check: write nothing, and raise ValueError naming them.
    Raises ValueError for an opening marker without its end, FileNotFoundError for a missing JSON file.
    """
    path = Path(path)
    text = path.read_text("utf-8")
    blocks = _BLOCK.findall(text)
    if len(blocks) != text.count("<!-- table: ") or len(blocks) != text.count("<!-- /table -->"):
        raise ValueError(f"{path}: a table marker is not closed, or not opened, by its partner")
    stale = []
    for name, file, content in blocks:
        rendered = table(path.parent / file)
        if rendered != content:
            stale.append(name)
            text = replace_between_markers(text, name, rendered)
    if stale and check:
        raise ValueError(f"{path}: out of date: {', '.join(stale)}; run `spg table --readme {path}`")
    if stale:
        path.write_text(text, "utf-8")
    return stale


def _read(result):
    return result if isinstance(result, dict) else json.loads(Path(result).read_text("utf-8"))


def _section(result, bold):
    if result.get("kind") == "bench":
        return _header(result, ("machine", "commit")) + _generic(result["rows"])
    text = _header(result, ("data", "split", "size", "holes", "seed", "n", "perceptual", "commit"))
    if result["methods"]:
        text += _ranked("method", result["methods"], COLUMNS, bold)
    if result.get("layouts"):
        text += "\n" * bool(result["methods"]) + _ranked("layout", result["layouts"], LAYOUT_COLUMNS, bold)
    return text


_WORDS = {
    "data": "{}",
    "split": "split {}",
    "size": "{0}×{0}",
    "holes": "holes {}",
    "seed": "seed {}",
    "n": "n = {}",
    "perceptual": "LPIPS by {}",
    "commit": "commit {}",
}


def _header(result, keys):
    """One line that says where the numbers come from; what a result lacks is left out."""
    known = [(key, result[key]) for key in keys if result.get(key) is not None]
    words = [_machine(value) if key == "machine" else _WORDS[key].format(value) for key, value in known]
    return " · ".join(words) + "\n\n" if words else ""


def _machine(machine):
    """A machine's name, or what `spg.provenance` says about it."""
    if isinstance(machine, str):
        return machine
    names = [machine.get("gpu"), machine.get("processor"), f"{machine.get('threads')} threads"]
    return ", ".join(name for name in names if name)


def _ranked(what, entries, columns, bold):
    """entries: dict name -> {key: value}; one row per name, the best of each ranked column bold."""
    rows = [[what, *(heading for heading, _, _ in columns.values())]]
    best = {key: _best(entries, key, *columns[key][1:]) if bold else None for key in columns}
    for name, values in entries.items():
        cells = [_cell(values.get(key), columns[key][1]) for key in columns]
        ranked = name not in NOT_RANKED
        marked = [f"**{c}**" if ranked and c == best[key] else c for key, c in zip(columns, cells, strict=True)]
        rows.append([name, *marked])
    return _markdown(rows)


def _best(entries, key, decimals, direction):
    """The best value as printed, so that what looks equal is marked alike; None where nothing competes."""
    values = [entry[key] for name, entry in entries.items() if name not in NOT_RANKED and entry.get(key) is not None]
    if not direction or len(values) < 2:
        return None
    return _cell(max(values) if direction > 0 else min(values), decimals)


def _cell(value, decimals):
    return "–" if value is None else f"{value:.{decimals}f}"


def _generic(rows):
    """rows: list of {column: value}; columns in the order of their first appearance."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return _markdown([columns, *([_any(row.get(column)) for column in columns] for row in rows)])


def _any(value):
    return f"{value:.4g}" if isinstance(value, float) else "–" if value is None else str(value)


def _markdown(rows):
    """Rows of strings, headings first -> a markdown table; all columns but the first to the right."""
    head, *body = rows
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "".join("| " + " | ".join(row) + " |\n" for row in [head, rule, *body])
