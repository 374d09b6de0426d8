import json

import pytest

from spg.evaluation import tables


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
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]]
        for line in text.splitlines()
        if line.startswith("|")
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


# -------------------------------------------------------------------- views


@pytest.fixture
def paper_sized(result):
    """A result in Table 1's setting, with every part that a view can show."""
    span = {"psnr": [29.0, 31.0], "lpips": None}
    bins = {
        "<5%": {"n": 2, "psnr": 35.0, "ssim": 0.99, "lpips": 0.01},
        "5-10%": {"n": 3, "psnr": 30.0, "ssim": 0.9, "lpips": None},
    }
    rows = {"patchmatch": method(l1=650.0, ssim=0.93, psnr=30.0), "spg": method(l1=390.0, ssim=0.95, psnr=34.0)}
    nets = {"profile": "cpu", "size": 256, "pictures_seen": 105000, "seconds": 7200.0}
    found = {"recognised_by_class": {"vehicle": [0.75, 0.7, 0.8]}}
    true = {"recognised": 0.9, "ci95": [0.88, 0.92], "by_class": {"vehicle": [0.95, 0.9, 1.0], "sign": [0.5, 0.4, 0.6]}}
    shares = {"known_accuracy": 0.9, "known_miou": 0.7, "whole_accuracy": 0.85, "whole_miou": 0.65}
    return result | {
        **{"data": "cityscapes", "size": 256, "labels": "predicted"},
        "methods": {name: row | {"ci95": span, "bins": bins} | found for name, row in rows.items()},
        "recognised_true": true,
        "paired": {"spg": {"patchmatch": {"psnr": [4.0, 3.5, 4.5], "lpips": [0.01, 0.002, 0.02], "ssim": [1, -1, 3]}}},
        "layouts": {"spnet": {"hole_accuracy": 0.8, "hole_miou": 0.5, "per_class": {"road": 0.9, "sign": None}}},
        "segmenter": shares | {"per_class": {"road": 0.95}, "ci95": {key: [0.1, 0.2] for key in shares}},
        "weights": {"spnet": nets, "sgnet": nets | {"threads": 2}},
    }


def view(result, name):
    return tables.table(result, views=[name])


def test_the_papers_rows_stand_below_ours(paper_sized):
    text = view(paper_sized, "table1")
    assert text.startswith("cityscapes · split val · 256×256 · holes paper · seed 0 · n = 200 · predicted labels · ")
    cells = rows(text)
    assert list(cells)[2:] == ["patchmatch", "PatchMatch (paper)", "spg", "SPG-Net (paper)"]
    assert cells["SPG-Net (paper)"] == ["392.4", "99.0", "0.9591", "34.26", "–", "–", "–", "–"]
    assert cells["spg"][0] == "**390.0**" and "**" not in "".join(cells["PatchMatch (paper)"])
    assert "spnet 105,000 in 120 minutes; sgnet 105,000 in 240 core-minutes" in text
    carded = paper_sized["weights"] | {"spnet": paper_sized["weights"]["sgnet"] | {"gpu_seconds": {"H200": 600.0}}}
    text = view(paper_sized | {"weights": carded}, "table1")
    assert "spnet 105,000 in 220 core-minutes and 10 minutes on one H200; sgnet" in text
    assert "(paper)" not in view(paper_sized | {"size": 128}, "table1")
    assert "(paper)" not in view(paper_sized | {"holes": "centre"}, "table1")


def test_newer_columns_are_shown_where_a_result_has_them(paper_sized):
    assert "KID" not in view(paper_sized, "table1") and "border length" not in view(paper_sized, "layouts")
    newer = {"kid": 12.25, "recognised": 0.8}
    for row in paper_sized["methods"].values():
        row.update(newer)
        row["ci95"] = {"kid": [10.0, 15.0], "recognised": [0.7, 0.9]}
    paper_sized["paired"]["spg"]["patchmatch"]["kid"] = [-3.0, -4.0, -2.0]
    paper_sized["layouts"]["spnet"]["border_length"] = 0.534
    for name in ("table1", "methods"):
        text = view(paper_sized, name)
        assert {"KID ×1000", "recognised"} <= set(rows(text)["method"]) and rows(text)["method"][-1] == "s/img"
        assert "Recognised in the true pictures: 0.900 (0.880 to 0.920)." in text
        assert {"**12.2**", "**0.800**"} <= set(rows(text)["spg"])
    assert "| – | – | – | – | – | – |" in view(paper_sized, "table1")  # the paper's row has none of them
    assert rows(view(paper_sized, "intervals"))["spg"][-2:] == ["10.0 to 15.0", "0.700 to 0.900"]
    assert "**−3.0 [−4.0, −2.0]**" in rows(view(paper_sized, "paired"))["spg − patchmatch"]
    assert rows(view(paper_sized, "layouts"))["spnet"][-1] == "0.53"
    found = rows(view(paper_sized, "recognised"))
    assert found["recognised, with 95 % interval"] == ["vehicle", "sign"]
    assert found["spg"] == ["0.750 [0.700, 0.800]", "–"] and found["true pictures"][1] == "0.500 [0.400, 0.600]"


def test_intervals_and_bins(paper_sized):
    assert rows(view(paper_sized, "intervals"))["spg"][3:5] == ["29.00 to 31.00", "–"]
    text = view(paper_sized | {"methods": {"spg": paper_sized["methods"]["spg"]}}, "bins")
    assert "(<5% 2 pictures, 5-10% 3 pictures)" in text
    assert rows(text)["method"] == [f"{m} {b}" for m in ("PSNR", "SSIM", "LPIPS") for b in ("<5%", "5-10%")]
    assert rows(text)["spg"] == ["35.00", "30.00", "0.9900", "0.9000", "0.0100", "–"]


def test_a_difference_is_marked_where_its_interval_is_clear_of_0(paper_sized):
    cells = rows(view(paper_sized, "paired"))["spg − patchmatch"]
    assert cells == ["–", "+1.0000 [−1.0000, +3.0000]", "**+4.00 [+3.50, +4.50]**", "*+0.0100 [+0.0020, +0.0200]*", "–"]
    plain = tables.table(paper_sized, bold=False, views=["paired"])
    assert "| +4.00 [+3.50, +4.50] |" in plain


def test_margins_over_patchmatch_beside_the_papers(paper_sized):
    cells = rows(view(paper_sized, "margins"))
    assert cells["spg"] == ["0.60", "1.00", "+0.0200", "+4.00"]
    assert cells["SPG-Net (paper)"] == ["0.61", "0.58", "+0.0172", "+3.92"]
    assert list(cells)[-2:] == ["GL (paper)", "SPG-Net (paper)"]


def test_classes_segmenter_and_weights(paper_sized):
    cells = rows(view(paper_sized, "classes"))
    assert cells["spnet"][:3] == ["0.900", "–", "–"] and cells["segmenter, known pixels"][0] == "0.950"
    cells = rows(view(paper_sized, "segmenter"))
    assert cells["known pixels"] == ["0.900", "0.100 to 0.200", "0.700", "0.100 to 0.200"]
    cells = rows(view(paper_sized, "weights"))
    assert cells["sgnet"] == ["cpu", "256", "105,000", "240 core-minutes"]


def test_the_short_table_has_names_for_strangers_and_no_best_that_is_not(result):
    result["methods"]["ns"] = method(psnr=99.0)  # is not shown, but is the best
    text = view(result, "short")
    cells = rows(text)
    assert list(cells)[2:] == ["Telea, a diffusion fill", "SPG-Net, the paper's design"]
    assert cells["method"] == ["l1", "l2", "SSIM", "PSNR", "LPIPS", "boundary LPIPS"]
    assert cells["SPG-Net, the paper's design"][3] == "31.50" and "**" not in cells["SPG-Net, the paper's design"][3]


def test_all_views_leave_out_what_there_is_not(paper_sized, result):
    everything = tables.table(paper_sized, views=["all"])
    assert all(view(paper_sized, name).partition("\n\n")[2] in everything for name in tables.ALL_VIEWS)
    assert "over PatchMatch" not in tables.table(result | {"methods": {"ns": method()}}, views=["all"])
    with pytest.raises(ValueError, match="this result of streets has nothing to show as 'paired'"):
        view(result, "paired")
    with pytest.raises(ValueError, match=r"unknown view 'tabel1'; known: table1, methods, .*, or all"):
        view(result, "tabel1")


def test_a_readme_block_can_name_its_views(paper_sized, tmp_path):
    readme, file = tmp_path / "README.md", tmp_path / "r.json"
    file.write_text(json.dumps(paper_sized), "utf-8")
    readme.write_text("<!-- table: a r.json table1,margins -->\n<!-- /table -->\n", "utf-8")
    assert tables.render_readme(readme) == ["a"] and tables.render_readme(readme, check=True) == []
    text = readme.read_text("utf-8")
    assert text.startswith("<!-- table: a r.json table1,margins -->\ncityscapes") and text.endswith("<!-- /table -->\n")
    assert "PatchMatch (paper)" in text and "over PatchMatch" in text and "| layout |" not in text


def test_a_readme_block_can_name_its_rows(paper_sized, tmp_path):
    others = {"spg": {"patchmatch": {"psnr": [1.0, 0.5, 1.5]}, "telea": {"psnr": [2.0, 0.5, 2.5]}}}
    more = paper_sized | {"methods": paper_sized["methods"] | {"telea": method()}, "paired": others}
    (tmp_path / "r.json").write_text(json.dumps(more), "utf-8")
    readme = tmp_path / "README.md"
    readme.write_text("<!-- table: a r.json methods,paired spg,patchmatch -->\n<!-- /table -->\n", "utf-8")
    assert tables.render_readme(readme) == ["a"] and tables.render_readme(readme, check=True) == []
    text = readme.read_text("utf-8")
    assert "| spg |" in text and "| spg − patchmatch |" in text and "telea" not in text
    with pytest.raises(
        ValueError, match="no row 'pathcmatch' in this result; it has patchmatch, spg, telea, spg−patch"
    ):
        tables.table(more, rows=["pathcmatch"])
    one = tables.table(more, views=["paired"], rows=["spg−telea"])
    assert "| spg − telea |" in one and "patchmatch" not in one


def test_bold_is_the_best_of_all_rows_shown_or_not(result):
    cells = rows(tables.table(result, views=["methods"], rows=["telea"]))
    assert "spg" not in cells and cells["telea"][3] == "30.00"  # spg has 31.50


def test_a_readme_block_can_name_several_files(result, tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(result), "utf-8")
    readme = tmp_path / "README.md"
    readme.write_text("<!-- table: a r.json,r.json -->\n<!-- /table -->\n", "utf-8")
    assert tables.render_readme(readme) == ["a"]
    assert tables.table([result, result]) in readme.read_text("utf-8")


def test_other_kinds_show_the_parts_that_are_named():
    units = {"kind": "units", "conclusions": ["So it is."], "paper": {}, "samplers": {}, "units": {"square": {}}}
    assert tables.table(units, views=["units"]) == tables.table(units, views=["table1", "units"])
    assert "| unit |" in tables.table(units, views=["units"]) and "| holes |" not in tables.table(
        units, views=["units"]
    )
    with pytest.raises(ValueError, match="unknown view 'unist' of units; known: conclusions, holes, units"):
        tables.table(units, views=["unist"])


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


def test_other_kinds_are_rendered_by_who_knows_them():
    with pytest.raises(
        ValueError, match=r"no table for a result of kind 'poll'; known: bench, windows, units, ablations$"
    ):
        tables.table({"kind": "poll"})
    poll = {"poll": (("data", "commit"), lambda result: f"{result['votes']} votes\n")}
    assert tables.table({"kind": "poll", "data": "streets", "votes": 3}, kinds=poll) == "streets\n\n3 votes\n"


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
