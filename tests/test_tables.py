import json

import pytest

from spg import tables


def method(**values):
    base = {
        **{"l1": 600.0, "l2": 150.0, "ssim": 0.9, "psnr": 30.0, "lpips": 0.05},
        **{"hole_psnr": 18.0, "hole_l1": 6000.0, "boundary_lpips": 0.2, "seconds_per_image": 0.01, "ci95": {}},
    }
    return {**base, **values}


@pytest.fixture
def result():
    return {
        **{"data": "streets", "split": "val", "size": 64, "holes": "paper", "seed": 0, "n": 200, "commit": "abc"},
        "perceptual": "stlpips",
        "methods": {
            "telea": method(l1=610.04, lpips=0.06),
            "spg": method(psnr=31.5),
            "spg-oracle": method(l1=100.0, psnr=40.0, boundary_lpips=None),
        },
        "layouts": {
            "spnet": {"hole_accuracy": 0.81, "hole_miou": 0.4567},
            "nearest": {"hole_accuracy": 0.7, "hole_miou": None},
        },
    }


def rows(text):
    return {
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]] for line in text.splitlines()[2:] if line
    }


def test_every_value_lands_in_its_column(result):
    text = tables.table(result, bold=False)
    assert text.startswith(
        "streets · split val · 64×64 · holes paper · seed 0 · n = 200 · LPIPS by stlpips · commit abc"
    )
    cells = rows(text)
    assert cells["method"] == ["l1", "l2", "SSIM", "PSNR", "LPIPS", "hole PSNR", "hole l1", "boundary LPIPS", "s/img"]
    assert cells["telea"] == ["610.0", "150.0", "0.9000", "30.00", "0.0600", "18.00", "6000", "0.200", "0.010"]
    assert cells["spg-oracle"][7] == "–"
    assert cells["layout"] == ["hole accuracy", "hole mIoU"]
    assert cells["spnet"] == ["0.810", "0.457"] and cells["nearest"] == ["0.700", "–"]


def test_the_best_is_bold_and_the_oracle_does_not_compete(result):
    cells = rows(tables.table(result))
    assert cells["spg"][0] == "**600.0**" and cells["spg"][3] == "**31.50**" and cells["spg"][4] == "**0.0500**"
    assert not any("**" in cell for cell in cells["spg-oracle"])
    assert cells["telea"][1] == cells["spg"][1] == "**150.0**"  # equal as printed, equal in honour
    assert "**" not in cells["spg"][8]  # the clock is not a contest
    assert cells["spnet"][0] == "**0.810**" and "**" not in cells["spnet"][1]  # nothing to compare with


def test_several_results_become_several_sections(result, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(result), "utf-8")
    assert tables.table([path, str(path)]) == tables.table([result]) + "\n" + tables.table(result)


def test_bench_rows_are_taken_as_they_are():
    bench = {"kind": "bench", "rows": [{"width": 16, "ms": 1.23456}, {"width": 64, "note": "slow", "ms": None}]}
    assert tables.table(bench) == (
        "| width | ms | note |\n| --- | ---: | ---: |\n| 16 | 1.235 | – |\n| 64 | – | slow |\n"
    )
    assert tables.table({**bench, "machine": "laptop"}).startswith("laptop\n\n| width")
    machine = {"processor": "some CPU", "threads": 2}
    assert tables.table({**bench, "machine": machine, "commit": "abc"}).startswith(
        "some CPU, 2 threads · commit abc\n\n| width"
    )


README = """# Title

<!-- table: main r.json -->
old
<!-- /table -->
Text between.
<!-- table: other r.json -->
<!-- /table -->
"""


def test_replace_between_markers_touches_its_block_only():
    text = tables.replace_between_markers(README, "main", r"new \1" + "\n")
    assert text == README.replace("old", r"new \1")
    with pytest.raises(ValueError, match="no table called 'bench'"):
        tables.replace_between_markers(README, "bench", "new\n")


def test_readme_is_rendered_checked_and_found_out(result, tmp_path):
    readme, file = tmp_path / "README.md", tmp_path / "r.json"
    readme.write_text(README, "utf-8")
    file.write_text(json.dumps(result), "utf-8")
    with pytest.raises(ValueError, match="out of date: main, other; run `spg table --readme"):
        tables.render_readme(readme, check=True)
    assert readme.read_text("utf-8") == README
    assert tables.render_readme(readme) == ["main", "other"]
    assert tables.render_readme(readme, check=True) == tables.render_readme(readme) == []
    assert tables.table(result) in readme.read_text("utf-8") and "Text between." in readme.read_text("utf-8")
    readme.write_text(readme.read_text("utf-8").replace("610.0", "510.0", 1), "utf-8")
    with pytest.raises(ValueError, match="out of date: main;"):
        tables.render_readme(readme, check=True)


@pytest.mark.parametrize("cut", ["<!-- /table -->\n", "<!-- table: main r.json -->\n"])
def test_a_marker_without_its_partner_is_refused(tmp_path, cut):
    readme = tmp_path / "README.md"
    readme.write_text(README.replace(cut, "", 1), "utf-8")
    with pytest.raises(ValueError, match="a table marker is not closed, or not opened"):
        tables.render_readme(readme)


def test_a_missing_result_file_is_an_error(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(README, "utf-8")
    with pytest.raises(FileNotFoundError, match=r"r\.json"):
        tables.render_readme(readme)
