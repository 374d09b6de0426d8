"""Copies for students, made from the executed notebooks: everything but the solutions, with room for answers."""

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
