"""What a lesson prints of a result file is what the file says today.

A results cell reads a file of figures/results/ or the registry of the shipped nets, or works on with what such a cell
has read, and needs nothing else but imports, functions and literals. Those cells run in a moment, so here they run
again, and their text is compared with the committed one. What also needs a net or a data set is left to nbval.
"""

import ast
import builtins
import contextlib
import io
import re

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from test_notebooks import NOTEBOOKS, ROOT, code_cell, code_cells, named, notebook_of

READS = re.compile(r"figures/results/|\bplaces\.results\(\)|\bregistry\(\)")
# Names that a cell uses only where there is no result file: what a lesson trains itself.
INSTEAD = {"09_ablations.ipynb": ("live",)}


# -------------------------------------------------------------------- which cells


def python(cell):
    """A cell's source without what its magic lines do."""
    return re.sub(r"^( *)%.*$", r"\1pass", cell.source, flags=re.MULTILINE)


def names(statement):
    """The global names that a statement uses, inside functions too, and those that it makes."""
    nodes = [*ast.walk(statement)]
    used = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    made = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    made |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    made |= {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {
        n.id for c in nodes if isinstance(c, ast.comprehension) for n in ast.walk(c.target) if isinstance(n, ast.Name)
    }
    own |= set() if isinstance(statement, ast.Assign | ast.AugAssign) else made
    return used - own - set(dir(builtins)), made


def is_plain(statement):
    """Whether it is an import, a function or a literal: it costs nothing."""
    if isinstance(statement, ast.Assign):
        with contextlib.suppress(ValueError):
            ast.literal_eval(statement.value)
            return True
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def sorted_cells(cells, instead=()):
    """Yields each cell, whether it is a results cell, and its statements that are to run: all of it, or the plain ones.

    instead: names that count as made, see INSTEAD.
    """
    origin = dict.fromkeys(instead, "plain")  # name -> kind of the cell or statement that made it last
    for cell in cells:
        statements = ast.parse(python(cell)).body
        needs, here = set(), set()
        for used, made in map(names, statements):
            needs |= {origin[name] for name in used - here if name in origin}
            here |= made
        read = "other" not in needs and (bool(READS.search(cell.source)) or "results" in needs)
        run = []
        for statement in statements:
            used, made = names(statement)
            plain = is_plain(statement) and "other" not in {origin.get(name) for name in used}
            run += [statement] if read or plain else []
            origin |= dict.fromkeys(made, "results" if read else "plain" if plain else "other")
        origin |= dict.fromkeys(instead, "plain")
        yield cell, read, run


# -------------------------------------------------------------------- what they say


def said_again(cells, instead=()):
    """Yields (results cell, its text run anew); what plain statements elsewhere make is made on the way."""
    found = [*sorted_cells(cells, instead)]
    last = max((number for number, (_, read, _) in enumerate(found) if read), default=-1)
    scope = dict.fromkeys(instead)
    for cell, read, statements in found[: last + 1]:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            shown = execute(statements, scope)
        if read:
            yield cell, printed.getvalue() + shown


def execute(statements, scope):
    """Runs statements in scope. Returns what a notebook would show of the last one, as text."""
    last = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    exec(compile(ast.Module(statements, []), "cell", "exec"), scope)
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), scope) if last else None
    return "" if value is None else text_of(DisplayFormatter().format(value)[0])


def text_of(data):
    """The Markdown of a shown value, else its plain text, unless it is a picture."""
    return "" if "image/png" in data else "".join(data.get("text/markdown", data.get("text/plain", "")))


def said(cell):
    """The committed text of a cell."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return printed + "".join(text_of(output.data) for output in cell.outputs if "data" in output)


def stale(notebook, instead=()):
    """The results cells whose committed text is not what they say today: number -> the line that differs, both ways."""
    found = {}
    for cell, text in said_again(code_cells(notebook), instead):
        if text.strip() != said(cell).strip():
            old, new = said(cell).strip().splitlines(), text.strip().splitlines()
            found[cell.execution_count] = next(
                pair for pair in zip([*old, "(its end)"], [*new, "(its end)"], strict=False) if pair[0] != pair[1]
            )
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_no_cell_tells_of_an_older_result(path, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setenv("SPG_FIGURES", str(tmp_path))
    assert stale(nbformat.read(path, as_version=4), INSTEAD.get(path.name, ())) == {}


def unchecked(notebook, instead=()):
    """The cells that read a result file and are no results cells, so that nothing checks them."""
    found = sorted_cells(code_cells(notebook), instead)
    return [cell.execution_count for cell, read, _ in found if READS.search(cell.source) and not read]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_every_reader_of_a_result_is_checked(path):
    assert unchecked(nbformat.read(path, as_version=4), INSTEAD.get(path.name, ())) == []


def test_the_rules_can_fail():
    read = 'import json\nreal = json.loads(open("figures/results/a.json").read())'
    printed = [{"output_type": "stream", "name": "stdout", "text": "2\n"}]
    made = [code_cell("registry = dict", 1), code_cell("real = registry()", 2), code_cell("print(len(real))", 3)]
    made[2].outputs = [nbformat.from_dict(output) for output in printed]
    assert stale(notebook_of(*made)) == {}  # `registry = dict` is a value, not a literal: nothing that reads it is run
    assert unchecked(notebook_of(*made)) == [2]
    made[0] = code_cell("def registry():\n    return [1]", 1)
    assert stale(notebook_of(*made)) == {3: ("2", "1")}
    assert unchecked(notebook_of(code_cell(read, 1))) == []
    assert unchecked(notebook_of(code_cell("net = load()", 1), code_cell(read + "\nprint(net, real)", 2))) == [2]
