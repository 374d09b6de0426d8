"""What every notebook must hold: clean counts, literal parameters, the course's skeleton, figures with alt texts.

As in test_hygiene.py each rule returns the offences as sentences, and a made-up offender shows that it can fail.
"""

import ast
import importlib
import importlib.util
import re

import nbformat
import pytest
from test_hygiene import FILES, MB, ROOT, broken_links, named

from spg.course.running import setup
from spg.course.student import exercises
from spg.engine.places import repository
from spg.profiles import PROFILES

NOTEBOOKS = [path for path in FILES if path.suffix == ".ipynb"]
FIGURE = re.compile(r"[\"'](\d\d[a-z]?-[a-z0-9-]+)[\"']")
KIND = re.compile(r"^\d+\. \*\(", re.MULTILINE)
KERNEL = {"name": "python3", "display_name": "Python 3"}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def said(found):
    """found: sentence -> whether, or what, offends. Returns the sentences that hold."""
    return [sentence for sentence, offends in found.items() if offends]


# --- as files -----------------------------------------------------------------------------------------------------


def is_literal(statement):
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return False
    try:
        ast.literal_eval(statement.value)
    except ValueError:
        return False
    return True


def offences(notebook):
    """What keeps an executed notebook from being fit to publish."""
    code = code_cells(notebook)
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    derived = [ast.unparse(s) for cell in tagged for s in ast.parse(cell.source).body if not is_literal(s)]
    short = sum(len(cell.source.splitlines()) <= 25 for cell in code)
    errors = [output.ename for cell in code for output in cell.outputs if output.output_type == "error"]
    unseen = [
        cell.execution_count
        for cell in code
        if "plots.show(" in cell.source and not any("image/png" in output.get("data", {}) for output in cell.outputs)
    ]
    dirty = [cell.execution_count for cell in code if "+dirty" in str(cell.outputs)]
    found = {
        f"cells {dirty} print a commit with changes: commit the package first": dirty,
        f"cells {unseen} make a figure that is not shown: plots.show must be the last expression": unseen,
        "cells were not run 1..n; run make notebooks": [c.execution_count for c in code] != [*range(1, len(code) + 1)],
        f"cells ended in {errors}": errors,
        "metadata.widgets makes GitHub refuse to draw it; run pre-commit": "widgets" in notebook.metadata,
        f"{len(tagged)} cells are tagged parameters, not 1": len(tagged) != 1,
        f"parameters that papermill would not replace, as they are no literals: {derived}": derived,
        f"only {short} of {len(code)} code cells have 25 lines or fewer": short < 0.95 * len(code),
        "it is not for the kernel python3": notebook.metadata.get("kernelspec", {}).get("name") != "python3",
    }
    return said(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_notebook_is_fit_to_publish(path):
    assert offences(nbformat.read(path, as_version=4)) == []
    assert path.stat().st_size <= 1.5 * MB


def code_cell(source, number, tags=(), outputs=()):
    return nbformat.v4.new_code_cell(
        source, execution_count=number, metadata={"tags": list(tags)}, outputs=[*map(nbformat.from_dict, outputs)]
    )


def notebook_of(*cells, **metadata):
    cells = [nbformat.v4.new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL, **metadata})


def test_a_clean_notebook_passes():
    tagged = code_cell("# shrunk by the tests\nsteps = 200\nsizes: list = [64, -1]", 1, ["parameters"])
    assert offences(notebook_of(tagged, "Predict.", code_cell("steps", 2))) == []


def test_the_notebook_rules_can_fail():
    tagged = code_cell("steps = 200\nhalf = steps // 2", 1, ["parameters"])
    error = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
    dirty = {"output_type": "stream", "name": "stdout", "text": "commit 2cf7b905f955+dirty"}
    lost = code_cell('plots.show(fig, "x", "y")\nfor a in b: pass', 4, outputs=[dirty])
    found = " ".join(offences(notebook_of(tagged, code_cell("a = 1\n" * 26, 3, outputs=[error]), lost, widgets={})))
    for word in (
        "cells [4] make a figure",
        "cells [4] print a commit",
        "1..n",
        "ValueError",
        "metadata.widgets",
        "half = steps // 2",
        "only 2 of 3",
    ):
        assert word in found
    assert "0 cells are tagged parameters" in " ".join(offences(notebook_of(code_cell("1", 1))))


def parameters(notebook):
    """name → value of the cell tagged `parameters`, which assigns literals; {} where there is no such cell."""
    cells = [cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", ())]
    found = {}
    for statement in ast.parse(cells[0].source).body if cells else ():
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        value = ast.literal_eval(statement.value)
        pairs = zip(target.elts, value, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]
        found |= {name.id: v for name, v in pairs}
    return found


def test_parameters_are_the_literals_of_the_tagged_cell():
    tagged = code_cell('steps: int = 3\nword, size = "a", 64', 1, ["parameters"])
    assert parameters(notebook_of("Text.", tagged)) == {"steps": 3, "word": "a", "size": 64}
    assert parameters(notebook_of("Text.")) == {}


# --- as lessons ---------------------------------------------------------------------------------------------------


def missing(notebook):
    """Parts of the course's skeleton that a notebook lacks."""
    text, code = markdown(notebook), code_cells(notebook)
    first = notebook.cells[0].source
    profile = parameters(notebook).get("profile")
    found = {
        "its first cell has no title '# NN · …'": not re.match(r"# \d\d[a-z]? · \S", first),
        "its first cell does not say what you will learn": "**What you will learn**" not in first,
        "its first cell does not say how long it takes": "**Time:**" not in first,
        "it does not open with a picture": "![" not in first,
        "its first code cell does not install the course; run make notebooks": not code or code[0].source != SETUP,
        "it predicts less than twice": text.count("**Predict.**") < 2,
        "it reads less than twice": text.count("**Read.**") < 2,
        "nothing is broken in it": not re.search(r"\b(break|broken?|fails?|wrong)\b", text, re.IGNORECASE),
        "no cell's output is compared (# NBVAL_CHECK_OUTPUT)": not any("NBVAL_CHECK_OUTPUT" in c.source for c in code),
        f"the profile {profile!r} is not quick by default": profile not in (None, "quick"),
        "not every cell from '## Solutions' on, and no other, is tagged solution": not solutions_are_tagged(notebook),
    }
    return said(found) + wrong_exercises(text, notebook)


def solutions_are_tagged(notebook):
    tagged = ["solution" in cell.metadata.get("tags", ()) for cell in notebook.cells]
    headed = [cell.source.startswith("## Solutions") for cell in notebook.cells]
    return True in headed and tagged == [i >= headed.index(True) for i in range(len(tagged))]


SETUP = setup(repository())


def wrong_exercises(text, notebook):
    """What is wrong with the exercises: three to five, numbered, each of a kind, each with its solution."""
    try:
        numbers = exercises(notebook)
    except ValueError as error:
        return [str(error)]
    asked, _, answers = text.partition("## Solutions")
    section = asked.partition("## Exercises")[2]
    after = [c.source for c in notebook.cells if c.cell_type == "code"]
    solved = {n for n in numbers if f"**{n}.**" in answers or re.search(rf"# .*exercise {n}\b", "\n".join(after))}
    found = {
        f"it has {len(numbers)} exercises, not 3 to 5": not 3 <= len(numbers) <= 5,
        f"its exercises are numbered {numbers}": numbers != [*range(1, len(numbers) + 1)],
        "not every exercise says what kind it is, *(a why)*": len(re.findall(r"^\d+\. \*\(", section, re.M))
        < len(numbers),
        f"exercises {sorted(set(numbers) - solved)} have no solution": set(numbers) - solved,
    }
    return said(found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_notebook_keeps_the_skeleton(path):
    assert missing(nbformat.read(path, as_version=4)) == []


INSIDER = re.compile(
    r"\btwins?\b|\bjudge[sd]?\b|clear of 0|\blegs?\b|\brulers?\b|\bthe card\b|\btold\b|\bpaid\b|lilac|crumbs"
    r"|\boracle\b(?!`)|has not been timed|\btried\b"
)
READING = re.compile(r"^- \*[^*]+\*, .*\b(?:19|20)\d\d, \[[^]]+\]\(https://(?:arxiv|doi)\.org/", re.MULTILINE)


def unfinished(notebook):
    """What a lesson lacks around its sections: what it needs, a summary, readings, answers, plain words."""
    text = markdown(notebook)
    asked, _, answers = text.partition("## Solutions")
    tasks = re.findall(r"^\d+\. \*\(.*$", asked, re.MULTILINE)
    summary = asked.partition("\n## Summary\n")[2].partition("\n## ")[0]
    readings = asked.partition("\n## Further reading\n")[2].partition("\n## ")[0]
    unanswered = [n for n in exercises(notebook) if f"**{n}.** " not in answers]
    unmarked = [task[:30] for task in tasks if not re.search(r", ★{1,3}, \d+ minutes\)\*", task)]
    found = {
        "it does not say what it needs": "**You need:**" not in notebook.cells[0].source,
        "its summary is not five numbered sentences": re.findall(r"^(\d)\. ", summary, re.M) != [*"12345"],
        "it does not end in three readings with title, year and link": len(READING.findall(readings)) != 3,
        f"no written answer to exercises {unanswered}": unanswered,
        f"no stars or minutes: {unmarked}": unmarked,
        f"words of insiders: {sorted(set(INSIDER.findall(text)))}": INSIDER.search(text),
        "its sections are not numbered 1, 2, 3, …": not counted(re.findall(r"^## (\d+) ", text, re.M)),
    }
    return said(found)


def counted(numbers):
    return [int(number) for number in numbers] == [*range(1, len(numbers) + 1)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_lesson_is_finished(path):
    assert unfinished(nbformat.read(path, as_version=4)) == []


def equations(notebook):
    """The numbers of a lesson's equations, sorted, as lesson 05 has (1) to (4) in an order of its own."""
    return sorted(int(number) for number in re.findall(r"\\tag\{(\d+)\}", markdown(notebook)))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_equations_are_numbered_once_and_without_gaps(path):
    assert counted(equations(nbformat.read(path, as_version=4)))


def test_the_equation_rule_can_fail():
    assert counted(equations(notebook_of(r"$$a \tag{2}$$ and $$b \tag{1}$$")))
    assert not counted(equations(notebook_of(r"$$a \tag{1}$$ and $$b \tag{1}$$")))
    assert not counted(equations(notebook_of(r"$$a \tag{1}$$ and $$b \tag{3}$$")))


def test_profiles_are_the_switch():
    assert {"smoke", "quick", "cpu", "paper"} <= PROFILES.keys()


LESSON = """# 77 · Lesson

![a street](../figures/00-steps.png)

**What you will learn** … **Time:** 5 minutes.

**Predict.** … **Read.** … **Predict.** … **Read.** …

## 1 Break it

## Exercises

1. *(a why)* Why?
2. *(a plot)* Draw.
3. *(open)* What else?"""
SOLUTIONS = "## Solutions\n\n**1.** Because. **3.** Who knows?"


def solution(cell):
    cell = nbformat.v4.new_markdown_cell(cell) if isinstance(cell, str) else cell
    cell.metadata["tags"] = ["solution"]
    return cell


def test_a_whole_lesson_passes_the_skeleton():
    cells = [
        code_cell(SETUP, 1),
        code_cell('profile = "quick"', 2, ["parameters"]),
        code_cell("# NBVAL_CHECK_OUTPUT", 3),
    ]
    solved = [solution(SOLUTIONS), solution(code_cell("draw()  # exercise 2", 4))]
    assert missing(notebook_of(LESSON, *cells, *solved)) == []
    solved[1].metadata["tags"] = []
    assert missing(notebook_of(LESSON, *cells, *solved)) == [
        "not every cell from '## Solutions' on, and no other, is tagged solution"
    ]


def test_the_skeleton_rules_can_fail():
    found = " ".join(missing(notebook_of("Hello.", code_cell('profile = "paper"', 1, ["parameters"]))))
    for word in ("title", "learn", "how long", "picture", "install", "predicts", "reads", "broken", "NBVAL", "'paper'"):
        assert word in found
    assert "no numbered list follows" in found
    few = LESSON.replace("2. *(a plot)*", "2.").replace("3. *(open)*", "4.")
    found = " ".join(missing(notebook_of(few, SOLUTIONS)))
    for word in ("numbered [1, 2, 4]", "not every exercise says what kind", "exercises [2, 4] have no solution"):
        assert word in found
    assert "2 exercises, not 3 to 5" in " ".join(missing(notebook_of(LESSON.replace("3. *(open)*", "*"))))


def test_a_finished_lesson_passes():
    lesson = LESSON.replace("**Time:**", "**You need:** nothing. **Time:**")
    lesson = lesson.replace("*(a why)*", "*(a why, ★, 5 minutes)*").replace("*(a plot)*", "*(a plot, ★★, 9 minutes)*")
    lesson = lesson.replace("*(open)*", "*(open, ★★★, 20 minutes)*")
    lesson += "\n\n## Summary\n\n" + "\n".join(f"{n}. It holds." for n in range(1, 6)) + "\n\n## Further reading\n"
    lesson += 3 * "\n- *A Title*, A. Author, Venue 2018, [arXiv 1234](https://arxiv.org/abs/1234): why."
    answers = SOLUTIONS + "\n\n**2.** So."
    assert unfinished(notebook_of(lesson, answers)) == []
    assert unfinished(notebook_of(lesson + "\n\nA judge, the card.", answers)) == [
        "words of insiders: ['judge', 'the card']"
    ]


def test_the_rules_of_a_finished_lesson_can_fail():
    found = " ".join(unfinished(notebook_of(LESSON + "\n\n## 3 On", SOLUTIONS)))
    for word in ("what it needs", "five numbered", "three readings", "exercises [2]", "no stars", "not numbered 1, 2"):
        assert word in found


# --- figures ------------------------------------------------------------------------------------------------------


def picture_offences(notebook):
    """Pictures without words, and links that lead nowhere."""
    text = markdown(notebook)
    shown = [output.metadata.get("image/png", {}).get("alt") for output in pictures(notebook)]
    found = {
        f"{shown.count(None)} pictures have no alt text; show them with plots.show": not all(shown),
        "a picture in the text has no alt text": re.search(r"!\[\s*\]", text),
        f"links lead nowhere: {broken_links(text, ROOT / 'notebooks')}": broken_links(text, ROOT / "notebooks"),
    }
    return said(found)


def pictures(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return [output for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_pictures_have_words_and_exist(path):
    assert picture_offences(nbformat.read(path, as_version=4)) == []


def test_every_numbered_figure_is_made_by_a_lesson():
    there = {path.stem for path in FILES if path.parent == ROOT / "figures"}
    sources = "\n".join(cell.source for path in NOTEBOOKS for cell in code_cells(nbformat.read(path, as_version=4)))
    assert {name for name in there if re.match(r"\d\d[a-z]?-", name)} <= set(FIGURE.findall(sources))


def test_the_picture_rules_can_fail():
    shown = {"output_type": "display_data", "data": {"image/png": ""}, "metadata": {}}
    cell = code_cell('plots.show(fig, "77-none", "nothing")', 1, outputs=[shown])
    found = " ".join(picture_offences(notebook_of("![](x.png) [a](no.ipynb)", cell)))
    for word in ("1 pictures have no alt", "in the text", "x.png", "no.ipynb"):
        assert word in found


# --- imports


def missing_imports(code):
    """What a lesson's code imports from spg that is not there."""
    missing = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "spg":
            try:
                module = importlib.import_module(node.module)
            except ModuleNotFoundError:
                missing.append(node.module)
                continue
            missing += [f"{node.module}.{a.name}" for a in node.names if not importable(module, a.name)]
    return missing


def importable(module, name):
    return hasattr(module, name) or importlib.util.find_spec(f"{module.__name__}.{name}") is not None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_lesson_imports_is_there(path):
    code = "\n".join(cell.source for cell in code_cells(nbformat.read(path, as_version=4)))
    assert not missing_imports(re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.MULTILINE))


def test_the_import_rule_can_fail():
    assert missing_imports("from spg.growing import adopt\nfrom spg import plots, nothing_here") == [
        "spg.growing",
        "spg.nothing_here",
    ]
