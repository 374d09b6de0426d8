"""The machinery of the course: the setup cell, copies for students, runs in place, what the tests have run."""

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from spg.course import running, student
from spg.course.__main__ import main
from spg.engine import places

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
PICTURE = ROOT / "figures" / "00-steps.png"


def notebook(*cells):
    """Strings that begin with `#` are Markdown, others code; the first code cell is tagged parameters, and what comes
    from `## Solutions` on is tagged solution."""
    made = [nbformat.v4.new_markdown_cell(c) if c.startswith("#") else nbformat.v4.new_code_cell(c) for c in cells]
    for cell in made[cells.index("## Solutions") :] if "## Solutions" in cells else []:
        cell.metadata["tags"] = ["solution"]
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
        "## Exercises\n\n1. *(a why)* Why?\n2. *(open)* What?\n   1. a step of it",
        "## Solutions",
        "# **1.** Because.",
        "answer = 42",
    )
    nbformat.write(made, path)
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(PICTURE.read_bytes())
    return path


# ---------------------------------------------------------------- how a notebook opens


def test_the_setup_cell_comes_second_and_once():
    made = notebook("# Title", "a = 1", "a")
    for _ in range(2):
        running.with_setup(made, "https://github.com/someone/course")
    assert [cell.metadata.get("tags") for cell in made.cells] == [None, ["setup"], ["parameters"], None]
    assert "git clone --quiet --depth 1 https://github.com/someone/course spg-net" in made.cells[1].source
    assert '"..[lessons]"' in running.with_setup(made).cells[1].source


def test_setup_cell_does_nothing_where_the_course_is_installed():
    for address in (None, "https://github.com/someone/course"):
        code = re.sub("[%!](?=pip|git)", "raise SystemExit  #", running.setup(address))
        assert code.count("SystemExit") == (2 if address else 1)
        exec(compile(code, "setup", "exec"), {})


def test_the_address_goes_into_setup_cells_and_the_page(lesson, monkeypatch, capsys):
    page = lesson.parent.parent / "README.md"
    page.write_text("git clone ADDRESS-OF-THIS-REPOSITORY\n<!-- open elsewhere -->\nold\n<!-- /open elsewhere -->\n")
    citation = lesson.parent.parent / "CITATION.cff"
    citation.write_text("version: 1\nlicense: MIT\nauthors: x\n")
    monkeypatch.setattr(places, "repository", lambda: "https://github.com/someone/course")
    for _ in range(2):
        assert main(["address", str(lesson)]) == 0
    assert "someone/course spg-net" in nbformat.read(lesson, as_version=4).cells[1].source
    text = page.read_text()
    assert text.startswith("git clone https://github.com/someone/course\n<!-- open") and "old" not in text
    for way in ("research.google.com/github/someone/course/blob/main/", "binder.org/v2/gh/someone/course/main?"):
        assert text.count(way) == 1
    code = 'repository-code: "https://github.com/someone/course"\n'
    assert citation.read_text() == f"version: 1\n{code}license: MIT\nauthors: x\n"
    monkeypatch.setattr(places, "repository", lambda: None)
    assert running.cited("license: MIT\n", None) == "license: MIT\n"
    assert running.opened("ADDRESS-OF-THIS-REPOSITORY", None) == "ADDRESS-OF-THIS-REPOSITORY"


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
    made = running.with_setup(nbformat.read(lesson, as_version=4))
    nbformat.write(made, lesson)
    first, setup, *_ = nbformat.read(student.write_copy(lesson, tmp_path / "build" / "student"), as_version=4).cells
    assert '%pip install --quiet "../..[lessons]"' in setup.source
    assert first.source == "# Lesson\n\n![steps](attachment:a.png) and [code](../../spg/x.py)"
    assert list(first.attachments) == ["a.png"]


def test_a_notebook_that_hides_no_answers_is_refused(lesson, tmp_path):
    for untagged in ("1. Why?", "1. Why?\n\n## Solutions\n\n**1.** Because."):
        nbformat.write(notebook(f"# Lesson\n\n## Exercises\n\n{untagged}"), lesson)
        with pytest.raises(ValueError, match=r"77_lesson\.ipynb: tag every cell from the heading '## Solutions' on"):
            student.write_copy(lesson, tmp_path)
    nbformat.write(notebook("# Lesson", "## Solutions"), lesson)
    with pytest.raises(ValueError, match="no numbered list follows a heading '## Exercises'"):
        student.write_copy(lesson, tmp_path)
    assert not list(tmp_path.glob("*.ipynb"))


def test_every_notebook_makes_a_student_copy(tmp_path):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        copy = nbformat.read(student.write_copy(path, tmp_path), as_version=4)
        assert "## Solutions" not in "\n".join(sources(copy))


# ---------------------------------------------------------------- copies with gaps

TWICE = '''\
import math


def twice(x):
    """Two times x."""
    y = x + x
    return y


class Root:
    def __call__(self, x):
        return math.sqrt(x)


assert twice(2) == 4 and Root()(9) == 3'''


def with_a_gap(*tags):
    made = notebook(
        "# Lesson\n\n## 1 Twice",
        "steps = 3",
        TWICE,
        "# So\n\n**Read.** It doubles.\n\n## 2 On",
        "## Exercises\n\n1. *(a why)* Why?",
        "## Solutions",
    )
    made.cells[2].metadata["tags"] = list(tags)
    made.cells[2].outputs = [nbformat.v4.new_output("stream", text="done")]
    made.cells[2].execution_count = 2
    return made


def played(cells):
    """Run the code of cells in this process. Returns its names."""
    names = {}
    for cell in cells:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", ()):
            exec(compile(cell.source, cell.id, "exec"), names)
    return names


def test_a_gap_raises_and_its_solution_passes_the_test():
    release, source = (student.with_gaps(with_a_gap("gap", "gap-test"), solved) for solved in (False, True))
    assert played(source.cells)["twice"](3) == 6
    with pytest.raises(NotImplementedError):
        played(release.cells)
    gap, test = release.cells[2:4]
    assert gap.source.count("# YOUR CODE\n") == 2 and '"""Two times x."""' in gap.source and "x + x" not in gap.source
    assert test.source.startswith("assert twice(2) == 4") and "assert" not in gap.source
    gap.source = TWICE.partition("\n\n\nassert")[0].replace("x + x", "x")  # wrong
    with pytest.raises(AssertionError):
        played(release.cells)


def test_a_gap_copy_is_a_notebook_without_outputs_and_readings():
    release = student.with_gaps(with_a_gap("gap", "gap-test"))
    nbformat.validate(release)
    text = "\n".join(sources(release))
    assert "# So" in text and "## 2 On" in text and "It doubles" not in text
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in release.cells)


def test_some_functions_of_a_cell_alone():
    one = student.blank(TWICE, ["twice"])
    assert one.count("raise NotImplementedError") == 1 and "math.sqrt(x)" in one
    with pytest.raises(ValueError, match=r"does not define \['thrice'\]"):
        student.blank(TWICE, ["thrice"])
    with pytest.raises(ValueError, match="does not define a function"):
        student.blank("a = 1")
    with pytest.raises(ValueError, match="followed by none tagged 'gap-test'"):
        student.with_gaps(with_a_gap("gap"))


# nbgrader's metadata of a cell: nbgrader/nbgraderformat/v3.json
V3 = {"schema_version", "grade", "grade_id", "locked", "solution", "task", "points"}


def graded(copy):
    """nbgrader's metadata of a copy, checked as nbgrader does."""
    found = [(cell, cell.metadata["nbgrader"]) for cell in copy.cells if "nbgrader" in cell.metadata]
    for cell, meta in found:
        assert meta.keys() <= V3 and meta["schema_version"] == 3 and re.fullmatch(r"[\w-]+", meta["grade_id"])
        assert all(isinstance(meta[key], bool) for key in ("grade", "locked", "solution", "task"))
        assert meta["grade"] == ("points" in meta) and (cell.cell_type == "code" or meta["grade"] == meta["solution"])
    ids = [meta["grade_id"] for _, meta in found]
    assert len(set(ids)) == len(ids)
    return [meta for _, meta in found]


def test_nbgrader_finds_gaps_tests_and_answers():
    gap, test, answer = graded(student.with_gaps(with_a_gap("gap", "gap-test")))
    assert gap["solution"] and not gap["grade"] and not gap["locked"]
    assert test["grade"] and test["locked"] and test["points"] == 1
    assert answer["grade"] and answer["solution"] and not answer["locked"]


def test_every_lesson_has_a_copy_with_gaps(tmp_path):
    assert main(["gaps", str(tmp_path), *map(str, sorted((ROOT / "notebooks").glob("*.ipynb")))]) == 0
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        source, release = (tmp_path / kind / path.stem / path.name for kind in ("source", "release"))
        made = nbformat.read(release, as_version=4)
        nbformat.validate(made)
        assert graded(made) == graded(nbformat.read(source, as_version=4))
        text = "\n".join(sources(made))
        assert "**Read.**" not in text and "SOLUTION" not in text
        code = "\n".join(cell.source for cell in made.cells if cell.cell_type == "code")
        assert '"../figures' not in code and '"../build' not in code  # it runs outside the repository
    assert "code_stub" in (tmp_path / "nbgrader_config.py").read_text("utf-8")


def test_a_lessons_own_gap_and_test():
    """Section 1 of lesson 04: a PatchGAN, and the cell that compares it with the package's."""
    lesson = nbformat.read(ROOT / "notebooks" / "04_discriminators.ipynb", as_version=4)
    for solved in (True, False):
        cells = student.with_gaps(lesson, solved).cells
        end = next(i for i, cell in enumerate(cells) if "gap-test" in cell.metadata.get("tags", ()))
        if solved:
            assert "patchgan" in played(cells[: end + 1])
        else:
            with pytest.raises(NotImplementedError):
                played(cells[: end + 1])


# ---------------------------------------------------------------- runs in place


def test_refresh_runs_in_place_and_notes_the_time(lesson, monkeypatch):
    monkeypatch.setattr(places, "repository", lambda: None)
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
    assert running.with_times(text, times) == "| 04_x | 42 s | data |\n| 05_y | – | data |\n| 06_z | – | data |"


def test_the_guide_lists_every_notebook_with_the_measured_time():
    text = (ROOT / "notebooks" / "TEACHING.md").read_text("utf-8")
    times = json.loads((ROOT / "notebooks" / "times.json").read_text("utf-8"))
    assert running.with_times(text, times) == text, "run: python -m spg.course teaching notebooks"
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= {
        row[1] for row in running.ROW.finditer(text)
    }


def test_the_committed_list_gives_reasons():
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert running.not_run((ROOT / "notebooks" / "not-run.txt").read_text("utf-8")).keys() <= names


FAILS = {None: "never", "lint": "check*", "pytest": "*nbval-lax*", "ran": "*ran*"}  # what each is called with


@pytest.mark.parametrize("wrong", FAILS)
def test_make_test_runs_tests_and_lessons_and_fails_with_any(tmp_path, wrong):
    """The Makefile in a folder whose tools are stand-ins that note how they were called; one of them may fail."""
    tools, called = tmp_path / ".venv" / "bin", tmp_path / "called"
    tools.mkdir(parents=True)
    for name in ("ruff", "pytest", "python"):
        (tools / name).write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{called}"\ncase "$*" in {FAILS[wrong]}) exit 1; esac'
        )
        (tools / name).chmod(0o755)
    (tmp_path / "notebooks").mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "notebooks/not-run.txt", "notebooks/00_tour.ipynb"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".venv" / "installed").touch()
    done = subprocess.run(["make", "test"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode == 0) == (wrong is None), done.stderr
    calls = called.read_text()
    run = re.search(r"^pytest .*--junitxml=(\S+) tests --nbval-lax .*tests/nbval\.ini .* (\S+)$", calls, re.MULTILINE)
    assert (run is None) == (wrong == "lint")
    assert run is None or run[2] == "notebooks/00_tour.ipynb"
    assert ("python -m spg.course ran build/tests.xml notebooks/00_tour.ipynb\n" in calls) == (wrong in (None, "ran"))


# ---------------------------------------------------------------- the bank of questions and the exams

QUESTIONS = (ROOT / "notebooks" / "QUESTIONS.md").read_text("utf-8")
EXAMS = (ROOT / "notebooks" / "EXAMS.md").read_text("utf-8")
QUESTION = re.compile(
    r"\*\*(\w+\.\d+)\*\* ★{1,3} \S.*?<details><summary>Answer</summary>\n\n(.*?)\n\n</details>", re.DOTALL
)
WHERE = re.compile(r"\*Lesson (\d\d[a-z]?), (?:section (\d+)|exercises, solution (\d+)).*\.\*$")


def lessons_of_questions():
    """Number of a lesson → (its notebook, the answers to its questions), as QUESTIONS.md heads them."""
    parts = re.split(r"^## (\d\d[a-z]?|Beyond) · ", QUESTIONS, flags=re.MULTILINE)[1:]
    found = dict(zip(parts[::2], parts[1::2], strict=True))
    beyond = found.pop("Beyond")
    assert len(QUESTION.findall(beyond)) == beyond.count("<details>")
    return {n: (re.search(r"\]\((\w+\.ipynb)\)", part)[1], QUESTION.findall(part)) for n, part in found.items()}


def test_five_questions_a_lesson_each_with_an_answer():
    lessons = lessons_of_questions()
    assert len(QUESTION.findall(QUESTIONS)) == QUESTIONS.count("<details>") >= 60
    for lesson, (_, asked) in lessons.items():
        assert [number for number, _ in asked] == [f"{lesson}.{i}" for i in range(1, 6)]
    assert sorted(lessons) == sorted(path.name.split("_")[0] for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_every_question_is_answered_where_it_says():
    for lesson, (name, asked) in lessons_of_questions().items():
        made = nbformat.read(ROOT / "notebooks" / name, as_version=4)
        text = "\n".join(sources(made))
        for number, answer in asked:
            where = WHERE.search(answer)
            assert where and where[1] == lesson, number
            if where[2]:
                assert re.search(rf"^## {where[2]} ", text, re.MULTILINE), f"{number}: no section {where[2]} in {name}"
            else:
                assert int(where[3]) in student.exercises(made), number


def signed(values, decimals, unit=""):
    mean, low, high = (f"{v:+.{decimals}f}".replace("-", "−") for v in values)
    return f"{mean}{unit} [{low}, {high}]"


def test_measured_values_in_questions_and_exams_are_the_results():
    results = ROOT / "figures" / "results"
    real, second, grid = (
        json.loads((results / f"{name}.json").read_text("utf-8"))
        for name in ("cityscapes-256", "cityscapes-256-vgg", "ablations-cityscapes")
    )
    for layout in ("spnet", "nearest"):
        for key in ("hole_accuracy", "hole_miou"):
            low, high = real["layouts"][layout]["ci95"][key]
            assert f"{real['layouts'][layout][key]:.3f} [{low:.3f}, {high:.3f}]" in QUESTIONS
    for a, b in (("spg-oracle", "noseg"), ("spg-oracle", "spg"), ("spg", "noseg")):
        assert signed(real["paired"][a][b]["psnr"], 2, " dB") in QUESTIONS
        a, b = (name if name.endswith("-plus") else name.replace("spg", "spg-plus") for name in (a, b))
        b = "noseg-plus" if b == "noseg" else b
        row = signed(real["paired"][a][b]["psnr"], 2), signed(real["paired"][a][b]["boundary_lpips"], 3)
        assert " | ".join(row) in EXAMS
    for name in ("spg", "spg-plus"):
        both = (signed(of["paired"][name]["patchmatch"]["lpips"], 4) for of in (real, second))
        assert " | ".join(both) in EXAMS
    without = grid["rows"]["no-alexnet"]["true"]["difference"]
    assert signed(without["psnr"], 2, " dB") in QUESTIONS and signed(without["lpips"], 4) in QUESTIONS


def test_the_points_of_an_exam_are_its_minutes():
    for exam, minutes in (("A", 45), ("B", 90)):
        asked, solved = EXAMS.split(f"\n## Exam {exam}\n")[1].split("\n## Exam ")[0].split("<details>")
        points = {n: int(p) for n, p in re.findall(rf"^\*\*({exam}\d) .*?\((\d+) points\)", asked, re.MULTILINE)}
        assert sum(points.values()) == minutes and f"{minutes} minutes, {minutes} points" in asked
        for number, whole in points.items():
            (solution,) = re.findall(rf"^\*\*{number}\.\*\* (.*)$", solved, re.MULTILINE)
            parts = [int(p) for p in re.findall(r" \((\d) p(?:;[^)]*)?\)", solution)]
            assert sum(parts) == whole or "points each" in solution, number
