"""The README tells the truth: its tables are the JSON files', and what it names exists."""

import json
import re
from pathlib import Path

from spg import weights
from spg.cli import main
from spg.course.running import opened
from spg.evaluation import native, views
from spg.profiles import PAPER, PROFILES

README = Path(__file__).parent.parent / "README.md"


RESULTS = README.parent / "figures" / "results"


def test_tables_agree_with_the_results():
    for page in (README, *RESULTS.glob("*.md")):
        assert main(["table", "--readme", str(page), "--check"]) == 0, f"run: spg table --readme {page}"
    assert "| spg-oracle |" in (RESULTS / "README.md").read_text("utf-8")


def test_the_front_page_is_a_door():
    text = README.read_text("utf-8")
    for address in (None, "https://github.com/an-owner/spg-net-step-by-step"):
        page = opened(text, address)
        assert len(page.splitlines()) <= 180 and len(page.encode()) <= 16_384
    tables = re.findall(r"<!-- table: (\S+) (.+) -->\n", text)
    assert dict(tables) == {
        "replication": "figures/results",
        "cityscapes-256": "figures/results/cityscapes-256.json short",
        "streets-128": "figures/results/streets-128.json short",
    }


def test_lessons_are_listed_with_their_minutes():
    """Times differ from machine to machine, so half a minute is allowed."""
    text = README.read_text("utf-8")
    for name, times in json.loads((README.parent / "notebooks" / "times.json").read_text("utf-8")).items():
        minutes = re.search(rf"\(notebooks/{name}\) \| .* \| ([\d.]+) \|$", text, re.MULTILINE)
        assert minutes and abs(float(minutes[1]) - times["cpu_seconds"] / 60) <= 0.5, name


# ---------------------------------------------------------------- what it says in words


def difference(file, a, b, metric):
    return json.loads((RESULTS / f"{file}.json").read_text("utf-8"))["paired"][a][b][metric]


def ahead(file, a, b, metric):
    """Whether a is better than b and the 95 % interval is clear of 0."""
    _, low, high = difference(file, a, b, metric)
    return low > 0 if metric in ("ssim", "psnr") else high < 0


def test_the_one_no_is_in_favour_of_spg_net():
    rows = [line.split(" | ") for line in README.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows if len(row) == 6 and row[4] == "no"] == ["| l2 higher than GL"]
    assert ahead("cityscapes-256", "spg", "glcic", "l2") and ahead("cityscapes-256", "spg-plus", "glcic", "l2")


def test_on_drawn_streets_a_guessed_layout_and_none_are_level_around_objects():
    for metric in ("lpips", "boundary_lpips", "psnr", "kid"):
        _, low, high = difference("streets-128-objects", "spg-plus", "noseg-plus", metric)
        assert low < 0 < high, metric
    assert ahead("streets-128-objects", "spg-plus-oracle", "noseg-plus", "lpips")


def test_by_another_network_the_order_is_as_said():
    assert ahead("cityscapes-256-vgg", "spg-plus", "patchmatch", "lpips")
    assert difference("cityscapes-256-vgg", "spg", "patchmatch", "lpips")[1] > 0


def test_with_predicted_labels_our_design_stays_ahead():
    pairs = [(rival, metric) for rival in ("patchmatch", "glcic") for metric in ("l1", "ssim", "psnr", "lpips")]
    assert all(ahead("cityscapes-256-predicted", "spg-plus", *pair) for pair in pairs)


def test_what_windows_gain_is_as_said():
    rows = json.loads((RESULTS / "windows-cityscapes-256.json").read_text("utf-8"))["rows"]
    whole, ours, third = (rows[name] for name in (next(iter(rows)), native.OURS, "a window of 3 times the hole"))
    said = [f"{mean:.3f}" for mean in (ours["lpips"], whole["lpips"], *whole["difference"])]
    said += [f"{whole['psnr'] - ours['psnr']:.2f} dB", f"another {ours['psnr'] - third['psnr']:.2f} dB"]
    mean, low, high = third["difference"]
    said += [f"{-mean:.3f} less LPIPS still ({-high:.3f} to {-low:.3f})"]
    line = next(
        line for line in (RESULTS / "README.md").read_text("utf-8").splitlines() if "**Larger pictures.**" in line
    )
    assert [text for text in said if text not in line] == []


def test_photos_are_painted_with_objects_and_with_fewer_decibels():
    before, after = (
        json.loads((RESULTS / f"{name}-256-objects.json").read_text()) for name in ("cityscapes", "photos")
    )
    for method, times in (("spg-plus", 3), ("spg-plus-oracle", 1.8)):
        old, new = before["methods"][method], after["methods"][method]
        assert new["recognised_by_class"]["vehicle"][0] > times * old["recognised_by_class"]["vehicle"][0]
        assert new["kid"] < old["kid"]
    ours = after["methods"]["spg-plus"]
    for rival in ("patchmatch", "glcic", "gfc"):
        assert all(ours[column] < before["methods"][rival][column] for column in ("lpips", "kid"))
    paper = (json.loads((RESULTS / f"{name}-256.json").read_text())["methods"] for name in ("cityscapes", "photos"))
    assert 1.6 < next(paper)["spg-plus"]["psnr"] - next(paper)["spg-plus"]["psnr"] < 1.7


def test_kid_puts_others_before_our_nets_and_behind_our_nets_with_patches():
    file, textured = "cityscapes-256-textured", "spg-plus-textured"
    for rival in ("patchmatch", "glcic", "gfc"):
        assert difference(file, "spg-plus", rival, "kid")[1] > 0
        assert all(ahead(file, textured, rival, metric) for metric in ("lpips", "boundary_lpips", "kid"))
    mean, low, high = difference(file, textured, "spg-plus", "psnr")
    assert f"{-mean:.1f} dB" in README.read_text("utf-8") and high < 0
    assert f"It costs {-mean:.1f} dB of PSNR ({-high:.1f} to {-low:.1f})" in (RESULTS / "PHOTOGRAPHS.md").read_text(
        "utf-8"
    )


def test_what_patches_gain_in_photographs_is_as_said():
    page = (RESULTS / "PHOTOGRAPHS.md").read_text("utf-8")
    for file, rivals in (("photos-256-cleared", ("patchmatch", "spg-plus")), ("photos-256-objects", ("patchmatch",))):
        for rival in rivals:
            assert ahead(file, "spg-plus-textured", rival, "kid")
        assert ahead(file, "spg-plus-textured", "patchmatch", "lpips")
        mean, low, high = difference(file, "spg-plus-textured", "patchmatch", "kid")
        assert f"difference {-mean:.0f}, 95 % interval {-high:.0f} to {-low:.0f}" in page


def test_object_holes_pay_and_the_segmenting_discriminator_not_yet():
    rows = json.loads((RESULTS / "ablations-objects.json").read_text("utf-8"))["rows"]
    patches, paper_holes = (rows[name]["true"]["difference"] for name in ("objects-patches", "objects-paper-holes"))
    assert patches["psnr"][1] > 0 and patches["recognised"][1] < 0 < patches["recognised"][2]
    assert paper_holes["psnr"][2] < 0 and paper_holes["recognised"][2] < 0
    assert 2 * rows["objects"]["true"]["mean"]["kid"] < rows["objects-patches"]["true"]["mean"]["kid"]


def test_width_and_length_of_the_training_are_as_said():
    nets = json.loads((RESULTS / "cityscapes-256.json").read_text("utf-8"))["weights"]
    assert all(nets[name]["pictures_seen"] / PAPER.pictures[0] <= 0.21 for name in ("spnet", "sgnet"))
    assert PROFILES[nets["sgnet"]["profile"]].width * 4 == PAPER.width


# ---------------------------------------------------------------- what it names


def test_the_results_stay_readable():
    lines = {page.name: len(page.read_text("utf-8").splitlines()) for page in RESULTS.glob("*.md")}
    assert lines["README.md"] <= 400 and lines["TRIED.md"] <= 80


def test_every_result_is_of_committed_code():
    for path in RESULTS.glob("*.json"):
        commit = json.loads(path.read_text())["commit"]
        assert re.fullmatch(r"[0-9a-f]{12}", commit), f"{path.name} was made by {commit}"


def test_every_result_is_shown():
    pages = "".join(page.read_text("utf-8") for page in (README, *RESULTS.glob("*.md")))
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


def test_named_targets_exist():
    makefile = (README.parent / "Makefile").read_text("utf-8")
    named = set(re.findall(r"(?:^ {4}|`)make (\w+)", README.read_text("utf-8"), re.MULTILINE))
    assert named >= {"reproduce", "test"} and all(f"\n{target}:" in makefile for target in named)


def test_the_page_on_the_paper_has_the_table_that_ours_are_compared_with():
    text = (README.parent / "notebooks" / "THE_PAPER.md").read_text("utf-8")
    for title, figures in views.PAPER_ROWS.values():
        cells = next(line for line in text.splitlines() if line.startswith(f"| {title} | ")).split("|")[2:-1]
        assert [float(cell) for cell in cells] == [figures[key] for key in views.PAPER_METRICS]
