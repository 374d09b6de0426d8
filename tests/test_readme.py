"""The README tells the truth: its tables are the JSON files', and what it names exists."""

import re
from pathlib import Path

from spg import weights
from spg.cli import main
from spg.evaluation import views
from spg.profiles import PROFILES

README = Path(__file__).parent.parent / "README.md"


RESULTS = README.parent / "figures" / "results"


def test_tables_agree_with_the_results():
    for page in (README, RESULTS / "README.md"):
        assert main(["table", "--readme", str(page), "--check"]) == 0, f"run: spg table --readme {page}"
    assert "| spg-oracle |" in README.read_text()


def test_the_results_stay_readable():
    lines = {page.name: len(page.read_text("utf-8").splitlines()) for page in RESULTS.glob("*.md")}
    assert lines["README.md"] <= 400 and lines["TRIED.md"] <= 80


def test_every_result_is_of_committed_code():
    import json

    for path in RESULTS.glob("*.json"):
        commit = json.loads(path.read_text())["commit"]
        assert re.fullmatch(r"[0-9a-f]{12}", commit), f"{path.name} was made by {commit}"


def test_every_result_is_shown():
    pages = README.read_text() + (RESULTS / "README.md").read_text()
    assert [path.name for path in RESULTS.glob("*.json") if path.name not in pages] == []


def test_shipped_sets_and_profiles_are_listed():
    text = README.read_text()
    assert all(f"| `{name}` |" in text for name in weights.registry())
    assert all(f"| {name} | " in text for name in PROFILES)


def test_named_commands_exist(capsys):
    commands = set(re.findall(r"^(?: {4})?spg (\w+)|`spg (\w+)", README.read_text(), re.MULTILINE))
    for command in {a or b for a, b in commands}:
        try:
            main([command, "--help"])
        except SystemExit as done:
            assert done.code == 0, command


def test_the_page_on_the_paper_has_the_table_that_ours_are_compared_with():
    text = (README.parent / "notebooks" / "THE_PAPER.md").read_text("utf-8")
    for title, figures in views.PAPER_ROWS.values():
        cells = next(line for line in text.splitlines() if line.startswith(f"| {title} | ")).split("|")[2:-1]
        assert [float(cell) for cell in cells] == [figures[key] for key in views.PAPER_METRICS]
