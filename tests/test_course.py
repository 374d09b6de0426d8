"""The machinery of the course: opening cells, copies for students, parameters, what the tests have run."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from spg.course import guide, opening, running, student
from spg.course.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PICTURE = ROOT / "figures" / "00-steps.png"


def notebook(*cells):
    """Strings that begin with `#` are Markdown, others code; the first code cell is tagged parameters."""
    made = [nbformat.v4.new_markdown_cell(c) if c.startswith("#") else nbformat.v4.new_code_cell(c) for c in cells]
    code = [cell for cell in made if cell.cell_type == "code"]
    if code:
        code[0].metadata["tags"] = ["parameters"]
    return nbformat.v4.new_notebook(cells=made, metadata=KERNEL)


def sources(made):
    return [cell.source for cell in made.cells]


@pytest.fixture
def lesson(tmp_path):
    """A small notebook on disk, in a folder notebooks/."""
    path = tmp_path / "notebooks" / "77_lesson.ipynb"
    path.parent.mkdir()
    made = notebook(
        "# Lesson\n\n![steps](../figures/a.png) and [code](../spg/x.py)",
        'steps = 3\nword, size = "a", 64',
        "print(steps * 2, word)",
        "## Exercises\n\n1. *(a why)* Why?\n2. *(open)* What?\n   1. a step of it\n\n## Solutions",
        "# **1.** Because.",
        "answer = 42",
    )
    nbformat.write(made, path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(PICTURE.read_bytes())
    return path


# ---------------------------------------------------------------- opening


def test_opening_cells_come_second_and_once():
    made = notebook("# Title", "a = 1", "a")
    for _ in range(2):
        opening.open_with(made, "04_x.ipynb", "https://github.com/someone/course")
    assert [cell.metadata.get("tags") for cell in made.cells] == [None, ["badges"], ["setup"], ["parameters"], None]
    assert made.cells[1].source.count("someone/course") == 2 and "notebooks/04_x.ipynb" in made.cells[1].source
    assert "git+https://github.com/someone/course" in made.cells[2].source
    opening.open_with(made, "04_x.ipynb")
    assert "badges" not in str(made) and '"..' in made.cells[1].source


def test_setup_cell_does_nothing_where_the_course_is_installed():
    code = opening.SETUP.format(source="..").replace("%pip", "raise SystemExit  #")
    exec(compile(code, "setup", "exec"), {})


@pytest.mark.parametrize("address", ["https://example.org/a/b", "https://github.com/alone", "github.com/a/b"])
def test_badges_need_an_address_they_can_open(address):
    with pytest.raises(ValueError, match=r"badges open a repository on https://github\.com/OWNER/NAME, not"):
        opening.badges("x.ipynb", address)


# ---------------------------------------------------------------- copies for students


def test_student_copy_keeps_the_exercises_and_no_solution(lesson, tmp_path):
    path = student.write_copy(lesson, tmp_path / "build" / "student")
    copy = nbformat.read(path, as_version=4)
    nbformat.validate(copy)
    text = "\n".join(sources(copy))
    assert "*(a why)* Why?" in text and "steps * 2" in text
    assert not any(word in text for word in ("Solutions", "Because", "answer = 42"))
    assert sources(copy)[-4::2] == ["### Your answer to exercise 1", "### Your answer to exercise 2"]
    assert [cell.cell_type for cell in copy.cells[-4:]] == ["markdown", "code"] * 2


def test_student_copy_can_be_handed_out_alone(lesson, tmp_path):
    made = opening.open_with(nbformat.read(lesson, as_version=4), lesson.name)
    nbformat.write(made, lesson)
    first, setup, *_ = nbformat.read(student.write_copy(lesson, tmp_path / "build" / "student"), as_version=4).cells
    assert '%pip install --quiet "../.."' in setup.source
    assert first.source == "# Lesson\n\n![steps](attachment:a.png) and [code](../../spg/x.py)"
    assert list(first.attachments) == ["a.png"]


def test_a_notebook_that_hides_no_answers_is_refused(lesson, tmp_path):
    nbformat.write(notebook("# Lesson\n\n## Exercises\n\n1. Why?"), lesson)
    with pytest.raises(ValueError, match=r"77_lesson\.ipynb: no heading '## Solutions'"):
        student.write_copy(lesson, tmp_path)
    nbformat.write(notebook("# Lesson\n\n## Solutions"), lesson)
    with pytest.raises(ValueError, match="no numbered list follows a heading '## Exercises'"):
        student.write_copy(lesson, tmp_path)
    assert not list(tmp_path.glob("*.ipynb"))


def test_every_notebook_makes_a_student_copy(tmp_path):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        copy = nbformat.read(student.write_copy(path, tmp_path), as_version=4)
        assert "## Solutions" not in "\n".join(sources(copy))


# ---------------------------------------------------------------- parameters and runs


def test_parameters_are_the_literals_of_the_tagged_cell(lesson):
    assert running.parameters(nbformat.read(lesson, as_version=4)) == {"steps": 3, "word": "a", "size": 64}
    assert running.parameters(notebook("# no code")) == {}


def test_an_unknown_parameter_is_an_error(lesson, tmp_path, capsys):
    out = tmp_path / "out.ipynb"
    with pytest.raises(ValueError, match="no parameter 'stesp'; did you mean 'steps'"):
        running.run(lesson, out, {"stesp": 4})
    assert main(["run", str(lesson), str(out), "-p", "colour=red"]) == 1
    assert "no parameter 'colour'; it has steps, word, size" in capsys.readouterr().err
    assert main(["run", str(lesson), str(out), "-p", "steps"]) == 1
    assert "-p takes NAME=VALUE, got 'steps'" in capsys.readouterr().err
    assert not out.exists()


def test_run_stores_an_executed_copy_and_its_json(lesson, tmp_path):
    out, before = tmp_path / "build" / "77.ipynb", lesson.read_bytes()
    assert main(["run", str(lesson), str(out), "-p", "steps=5", "--offer", "weights=w", "--offer", "word=b"]) == 0
    assert "10 b" in str(nbformat.read(out, as_version=4))
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["parameters"] == {"steps": 5, "word": "b", "size": 64}
    assert record["seconds"] > 0 and record["cpu_seconds"] > 0 and record["commit"]
    assert lesson.read_bytes() == before


def test_refresh_runs_in_place_and_notes_the_time(lesson, monkeypatch):
    monkeypatch.setattr(opening, "repository", lambda: None)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (lesson.parent / "TEACHING.md").write_text("| 77_lesson | – | nothing |\n")
    assert main(["refresh", str(lesson)]) == 0
    made = nbformat.read(lesson, as_version=4)
    assert [cell.execution_count for cell in made.cells if cell.cell_type == "code"] == [1, 2, 3, 4]
    assert made.cells[1].metadata["tags"] == ["setup"] and "execution" not in made.cells[3].metadata
    times = json.loads((lesson.parent / "times.json").read_text())["77_lesson.ipynb"]
    assert times["cpu_seconds"] > 0 and times["threads"] == 1
    assert (lesson.parent / "TEACHING.md").read_text() == f"| 77_lesson | {times['cpu_seconds']:.0f} s | nothing |\n"


# ---------------------------------------------------------------- what the tests have run

JUNIT = """<testsuites><testsuite>
<testcase classname="notebooks.77_lesson.ipynb" name="Cell 0"/>
<testcase classname="notebooks.77_lesson.ipynb" name="Cell 1"/>
<testcase classname="notebooks.77_lesson.ipynb" name="Cell 2">{}</testcase>
<testcase classname="tests.test_course" name="test_a"/></testsuite></testsuites>"""


def test_a_notebook_that_did_not_run_is_named(lesson):
    assert running.left_out(JUNIT.format(""), [lesson], {}) == []
    for sign in ('<skipped message=""/>', "<failure/>"):
        (sentence,) = running.left_out(JUNIT.format(sign), [lesson], {})
        assert sentence == "77_lesson.ipynb: 2 of 3 code cells ran and passed, and it is not on the list"
    assert "0 of 3" in running.left_out("<testsuites/>", [lesson], {})[0]


def test_the_list_of_notebooks_not_run_needs_reasons_and_no_strangers(lesson):
    listed = running.not_run("# comment\n77_lesson.ipynb: needs a camera  # really\n\n")
    assert listed == {"77_lesson.ipynb": "needs a camera"}
    assert running.left_out("<testsuites/>", [lesson], listed) == []
    assert "ran: take it off" in running.left_out(JUNIT.format(""), [lesson], listed)[0]
    assert "x.ipynb is on the list" in running.left_out(JUNIT.format(""), [lesson], {"x.ipynb": "why"})[0]
    with pytest.raises(ValueError, match=r"'77_lesson\.ipynb': a notebook that is not run needs its reason"):
        running.not_run("77_lesson.ipynb")


def test_ran_is_the_exit_status(lesson, tmp_path, capsys):
    (lesson.parent / "not-run.txt").write_text("")
    (tmp_path / "tests.xml").write_text(JUNIT.format(""))
    assert main(["ran", str(tmp_path / "tests.xml"), str(lesson)]) == 0
    assert "1 notebooks ran, 0 not to be run" in capsys.readouterr().out
    (tmp_path / "tests.xml").write_text("<testsuites/>")
    assert main(["ran", str(tmp_path / "tests.xml"), str(lesson)]) == 1


# ---------------------------------------------------------------- the teacher's guide


def test_times_are_filled_in_where_one_thread_measured_them():
    text = "| 04_x | 99 s | data |\n| 05_y | – | data |\n| 06_z | 1 s | data |"
    times = {"04_x.ipynb": {"cpu_seconds": 41.6, "threads": 1}, "05_y.ipynb": {"cpu_seconds": 7, "threads": 2}}
    assert guide.with_times(text, times) == "| 04_x | 42 s | data |\n| 05_y | – | data |\n| 06_z | – | data |"


def test_the_guide_lists_every_notebook_with_the_measured_time():
    text = (ROOT / "notebooks" / "TEACHING.md").read_text("utf-8")
    times = json.loads((ROOT / "notebooks" / "times.json").read_text("utf-8"))
    assert guide.with_times(text, times) == text, "run: python -m spg.course teaching notebooks"
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= {row[1] for row in guide.ROW.finditer(text)}


def test_the_committed_list_gives_reasons():
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert running.not_run((ROOT / "notebooks" / "not-run.txt").read_text("utf-8")).keys() <= names


def test_make_test_checks_that_they_ran():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"--junitxml=(\S+).*\n(.*\n)*?\tpython -m spg\.course ran \1 ", makefile)
    assert "--nbval-sanitize-with tests/nbval.ini" in makefile and "--nbval-cell-timeout" in makefile
