"""Copies for students, made from the executed notebooks: everything but the solutions, with room for answers.

Or with gaps, for nbgrader: key functions without their bodies, and the lesson's own assertions as tests.
A cell tagged `gap` loses the bodies of its functions, or of those alone that tags `gap:NAME` name. A cell tagged
`gap-test` tests the gaps before it. A cell with both tags is cut in two behind its last definition. The lessons carry
these tags and nothing else; what nbgrader needs is written into the copies (its cell metadata, schema version 3).
"""

import ast
import base64
import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbconvert.preprocessors import TagRemovePreprocessor

from spg.engine.writing import write

SOLUTIONS = re.compile(r"^## Solutions$", re.MULTILINE)
EXERCISE = re.compile(r"^(\d+)\. ", re.MULTILINE)
PICTURE = re.compile(r"(!\[[^\]]*\]\()(?!\w+:)([^)\s]+)(\))")
UPWARDS = re.compile(r"(\]\()\.\./")
ANSWER = "### Your answer to exercise"

GAP, TEST = "gap", "gap-test"
STUB = ("# YOUR CODE", "raise NotImplementedError")
REGION = ("### BEGIN SOLUTION", "### END SOLUTION")  # nbgrader replaces what is between them
ANSWER_POINTS, TEST_POINTS = 5, 1
READ = re.compile(r"^\*\*Read\.\*\*.*?(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
CONFIG = '''\
"""nbgrader's settings for the folder that `make student FORM=gaps` has written."""

c = get_config()
c.CourseDirectory.course_id = "spg-net"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE\\nraise NotImplementedError"}
c.ExecutePreprocessor.timeout = 1800
'''


def exercises(notebook):
    """The numbers of a notebook's exercises, as in its section `## Exercises`. Raises ValueError where it has none."""
    found = re.search(r"^## Exercises$(.*?)(?=^## |\Z)", _markdown(notebook), re.MULTILINE | re.DOTALL)
    numbers = [int(n) for n in EXERCISE.findall(found[1])] if found else []
    if not numbers:
        raise ValueError("no numbered list follows a heading '## Exercises'")
    return numbers


def without_solutions(notebook):
    """A copy without the cells tagged `solution`, and with an empty cell of each kind for every answer.

    Raises ValueError where no cell is tagged so, or the heading `## Solutions` is not: a copy that gave the answers
    away would be worse than none.
    """
    copy, _ = TagRemovePreprocessor(remove_cell_tags={"solution"}).preprocess(deepcopy(notebook), {})
    if len(copy.cells) == len(notebook.cells) or SOLUTIONS.search(_markdown(copy)):
        raise ValueError("tag every cell from the heading '## Solutions' on with 'solution': here the answers begin")
    for number in exercises(copy):
        copy.cells += [nbformat.v4.new_markdown_cell(f"{ANSWER} {number}")]
        copy.cells += [nbformat.v4.new_code_cell("")]
    return copy


def self_contained(notebook, folder, up):
    """Attach the pictures that markdown cells show, so that the copy can be handed out alone. Changes the notebook.

    folder: what the pictures' paths start from; up: the way from the copy's folder to the repository.
    """
    for cell in notebook.cells:
        if "setup" in cell.metadata.get("tags", ()):  # it installs from the checkout around
            cell.source = cell.source.replace('"..[', f'"{up.rstrip("/")}[')
        if cell.cell_type != "markdown":
            continue
        for path in {path for _, path, _ in PICTURE.findall(cell.source)}:
            data = base64.b64encode((Path(folder) / path).read_bytes()).decode()
            cell.setdefault("attachments", {})[Path(path).name] = {"image/png": data}
        cell.source = PICTURE.sub(lambda m: f"{m[1]}attachment:{Path(m[2]).name}{m[3]}", cell.source)
        cell.source = UPWARDS.sub(rf"\g<1>{up}", cell.source)
    return notebook


def hand_out(copy, path, folder, up):
    """Write a copy of the lesson at path as folder/NAME.ipynb. Returns where. What it writes goes into folder/build."""
    return write(folder / path.name, nbformat.writes(self_contained(copy, path.parent, up)) + "\n")


def write_copy(path, folder):
    """Write folder/NAME.ipynb for the notebook at path, and return where. Raises ValueError naming the notebook."""
    path, folder = Path(path), Path(folder)
    try:
        copy = without_solutions(nbformat.read(path, as_version=4))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    return hand_out(copy, path, folder, "../../")


def _markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


# ---------------------------------------------------------------- copies with gaps


def with_gaps(notebook, solved=False):
    """A student copy with gaps, without outputs and without the paragraphs that begin with **Read.**

    solved: the teacher's copy. It keeps the bodies, each between the two lines of `REGION`.
    Raises ValueError where a gap is followed by no test.
    """
    copy = without_solutions(notebook)
    copy.cells = [piece for cell in copy.cells for piece in _pieces(cell, solved)]
    copy.cells = [unread for cell in copy.cells if (unread := _unread(cell))]
    _number(copy.cells)
    return copy


def write_gap_copies(path, folder):
    """Write the lesson at path into folder/source and folder/release, each in a folder of its own. Returns both.

    That is nbgrader's layout of a course: source for the teacher, release for students. Raises ValueError naming the
    notebook.
    """
    path, folder = Path(path), Path(folder)
    notebook, written = nbformat.read(path, as_version=4), []
    for kind, solved in (("source", True), ("release", False)):
        try:
            copy = with_gaps(notebook, solved)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from None
        written += [hand_out(copy, path, folder / kind / path.stem, up="../../../../")]
    write(folder / "nbgrader_config.py", CONFIG)
    return written


# ---------------------------------------------------------------- cells


def _tags(cell):
    return cell.metadata.get("tags", ())


def _pieces(cell, solved):
    """The cells that one cell becomes: itself, or its definitions with gaps and the test behind them."""
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    if GAP not in _tags(cell):
        return [cell]
    names = {tag.partition(":")[2] for tag in _tags(cell) if tag.startswith(f"{GAP}:")}
    definitions, test = _cut(cell.source) if TEST in _tags(cell) else (cell.source, "")
    made = nbformat.v4.new_code_cell(blank(definitions, names, solved), metadata={"tags": [GAP]})
    return [made] + ([nbformat.v4.new_code_cell(test, metadata={"tags": [TEST]})] if test else [])


def _cut(source):
    """The source up to its last definition, and what follows."""
    kinds = ast.FunctionDef | ast.ClassDef
    last = max(node.end_lineno for node in ast.parse(source).body if isinstance(node, kinds))
    lines = source.splitlines()
    return "\n".join(lines[:last]), "\n".join(lines[last:]).strip()


def _unread(cell):
    """The cell without paragraphs that begin with **Read.**; None where nothing else was in it."""
    if cell.cell_type == "markdown" and READ.search(cell.source):
        cell.source = READ.sub("", cell.source).strip()
        return cell if cell.source else None
    return cell


# ---------------------------------------------------------------- gaps


def blank(source, names=(), solved=False):
    """The source with `STUB` for the bodies of its functions and methods; docstrings stay.

    names: of the functions to take, all where empty. solved: keep the bodies, between the lines of `REGION`.
    Raises ValueError for a name that is not there.
    """
    found = {node.name: node for node in _functions(ast.parse(source).body) if not names or node.name in names}
    if not found or set(names) - set(found):
        raise ValueError(f"a cell tagged {GAP!r} does not define {sorted(set(names) - set(found)) or 'a function'}")
    lines = source.splitlines()
    for node in sorted(found.values(), key=lambda node: -node.lineno):
        first, last = node.body[ast.get_docstring(node) is not None].lineno - 1, node.end_lineno
        indent = " " * node.body[0].col_offset
        begin, end = ([indent + line] for line in REGION)
        lines[first:last] = [*begin, *lines[first:last], *end] if solved else [indent + line for line in STUB]
    return "\n".join(lines)


def _functions(body):
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body)
        elif isinstance(node, ast.FunctionDef):
            yield node


# ---------------------------------------------------------------- nbgrader's metadata


def _number(cells):
    """Give gaps, tests and written answers nbgrader's metadata, numbered in order. Adds a cell for each answer."""
    counts = dict.fromkeys((GAP, TEST, "answer"), 0)
    for cell in list(cells):
        kind = next((kind for kind in (GAP, TEST) if kind in _tags(cell)), None)
        if cell.cell_type == "markdown" and cell.source.startswith(ANSWER):
            cell, kind = _room_for_an_answer(cells, cell), "answer"
        if kind:
            counts[kind] += 1
            cell.metadata["nbgrader"] = _metadata(kind, f"{kind}-{counts[kind]}")
    order = [kind for cell in cells for kind in (GAP, TEST) if kind in _tags(cell)]
    if order and order[-1] == GAP:
        raise ValueError(f"the last cell tagged {GAP!r} is followed by none tagged {TEST!r}")


def _room_for_an_answer(cells, heading):
    """Put a cell for a written answer behind a heading; the heading itself is nothing to be graded."""
    answer = nbformat.v4.new_markdown_cell("YOUR ANSWER HERE")
    cells.insert(cells.index(heading) + 1, answer)
    return answer


def _metadata(kind, grade_id):
    """A gap is a solution that tests grade; a test is locked; a written answer is graded by hand."""
    points = {} if kind == GAP else {"points": TEST_POINTS if kind == TEST else ANSWER_POINTS}
    flags = {"grade": kind != GAP, "locked": kind == TEST, "solution": kind != TEST, "task": False}
    return {"schema_version": 3, "grade_id": grade_id, **flags, **points}
