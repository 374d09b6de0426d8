"""Copies with gaps: key functions without their bodies, and the lesson's own assertions as tests, for nbgrader.

A cell tagged `gap` loses the bodies of its functions, or of those alone that tags `gap:NAME` name. A cell tagged
`gap-test` tests the gaps before it. A cell with both tags is cut in two behind its last definition. The lessons carry
these tags and nothing else; what nbgrader needs is written into the copies (its cell metadata, schema version 3).
"""

import ast
import re
from pathlib import Path

import nbformat

from spg.course import student
from spg.engine.writing import write

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


def with_gaps(notebook, solved=False):
    """A student copy with gaps, without outputs and without the paragraphs that begin with **Read.**

    solved: the teacher's copy. It keeps the bodies, each between the two lines of `REGION`.
    Raises ValueError where a gap is followed by no test.
    """
    copy = student.without_solutions(notebook)
    copy.cells = [piece for cell in copy.cells for piece in _pieces(cell, solved)]
    copy.cells = [unread for cell in copy.cells if (unread := _unread(cell))]
    _number(copy.cells)
    return copy


def write_copies(path, folder):
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
        written += [student.hand_out(copy, path, folder / kind / path.stem, up="../../../../")]
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
        if cell.cell_type == "markdown" and cell.source.startswith(student.ANSWER):
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
