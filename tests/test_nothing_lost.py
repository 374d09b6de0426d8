"""Nothing is lost: files whole or not at all, no input written over, one training a folder, damaged files named."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import textwrap
import types

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import Tiny

from spg import data, plots
from spg.baselines.classical import ns, telea
from spg.cli import _plain, main
from spg.editor import record
from spg.editor.drawing import encode_runs
from spg.engine import checkpoints, machine, places, provenance, voila, writing
from spg.evaluation import ablations, tables
from spg.inpainting import inpaint_files
from spg.pictures import MOST_BYTES, png
from spg.study import analysis, report
from spg.study.making import make
from spg.study.observer import label
from spg.study.votes import BallotBox, Vote, observer_of
from spg.weights.finding import find_nets

METHODS = {
    "telea": lambda image, hole, labels: telea(image, hole),
    "navier-stokes": lambda image, hole, labels: ns(image, hole),
}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# -------------------------------------------------------------------- whole or not at all


def test_a_file_is_replaced_whole(tmp_path):
    path = writing.write(tmp_path / "a" / "b.txt", "old, ü")
    assert path.read_text("utf-8") == "old, ü"
    writing.write(path, b"new")
    assert path.read_bytes() == b"new" and names(path.parent) == ["b.txt"]


def test_what_fails_half_way_leaves_what_was_there(tmp_path):
    path = writing.write(tmp_path / "a.txt", "old")
    with (
        pytest.raises(OSError, match=r"could not save .*a.txt: No space left.*unchanged"),
        writing.replacing(path) as p,
    ):
        p.write_text("half")
        raise OSError(28, "No space left on device")
    assert path.read_text() == "old" and names(tmp_path) == ["a.txt"]


def test_files_that_belong_together_are_all_written_or_none(tmp_path):
    writing.write_all({tmp_path / "a": "old", tmp_path / "b": "old"})
    (tmp_path / "way").write_text("a file in the way")
    with pytest.raises(OSError, match="way/c"):
        writing.write_all({tmp_path / "a": "new", tmp_path / "b": "new", tmp_path / "way" / "c": "new"})
    assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text() == "old"
    assert names(tmp_path) == ["a", "b", "way"]


def test_a_link_is_followed_and_permissions_stay(tmp_path):
    target = writing.write(tmp_path / "disk" / "a", "old")
    target.chmod(0o640)
    (tmp_path / "link").symlink_to(target)
    writing.write(tmp_path / "link", "new")
    assert target.read_text() == "new" and (tmp_path / "link").is_symlink() and target.stat().st_mode & 0o777 == 0o640


def test_a_device_is_not_replaced():
    writing.write("/dev/null", "gone")
    assert not os.path.isfile("/dev/null")


# -------------------------------------------------------------------- never over an input, and checked before the work


@pytest.mark.parametrize("name", ["photo.png", "link.png", "hard.png", "sub/../photo.png"])
def test_an_output_that_is_an_input_is_refused(tmp_path, name):
    photo = writing.write(tmp_path / "photo.png", b"photo")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to(photo)
    os.link(photo, tmp_path / "hard.png")
    with pytest.raises(ValueError, match=r"is an input .*choose another"):
        writing.check([tmp_path / name], inputs=[photo, None, "streets-64"])
    writing.check([tmp_path / "other.png"], inputs=[photo])
    assert photo.read_bytes() == b"photo" and not (tmp_path / "other.png").exists()


def test_what_cannot_be_written_is_said_first(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "r.json", tmp_path / "file" / "a" / "r.json"):
        with pytest.raises(ValueError, match="file is no folder"):
            writing.check([path])
    with pytest.raises(ValueError, match="file is no folder"):
        writing.check(folders=[tmp_path / "file"])
    with pytest.raises(ValueError, match=r"is a folder, and a file is to be written"):
        writing.check([tmp_path])
    writing.check([tmp_path / "new" / "r.json"], [tmp_path / "deep" / "er"])
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "--data", "streets", "--size", "64", "--methods", "telea"],
        ["units", "--data", "streets"],
        ["windows", "--data", "camvid"],
        ["variants", "--data", "streets", "--size", "64"],
        ["bench"],
        ["study", "paper"],
    ],
)
def test_commands_refuse_a_folder_as_their_file_before_any_work(command, tmp_path, capsys):
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert "is a folder, and a file is to be written there" in capsys.readouterr().err


def test_inpaint_never_writes_over_photo_mask_or_labels(tmp_path):
    rng = np.random.default_rng(0)
    for folder in ("photos", "masks"):
        (tmp_path / folder).mkdir()
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / "photos" / "a.png")
    hole = np.zeros((64, 64), np.uint8)
    hole[20:40, 20:40] = 255
    Image.fromarray(hole).save(tmp_path / "masks" / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").symlink_to(tmp_path / "masks" / "a.png")
    before = {path: path.read_bytes() for path in tmp_path.glob("*s/a.png")}
    photo, mask = tmp_path / "photos" / "a.png", tmp_path / "masks" / "a.png"
    tries = [(photo, mask, photo), (photo, mask, mask), (photo, mask, tmp_path / "out" / "a.png")]
    tries += [(photo.parent, mask.parent, folder) for folder in (photo.parent, mask.parent, tmp_path / "out")]
    tries += [(photo.parent, mask, mask.parent)]
    for image, hole, out in tries:
        with pytest.raises(ValueError, match="choose another"):
            inpaint_files(None, image, hole, out)
    assert before == {path: path.read_bytes() for path in before}


def test_a_replay_never_writes_over_its_record(tmp_path, capsys):
    record_file = writing.write(tmp_path / "edits.json", "{}")
    command = ["replay", str(record_file), "--image", str(tmp_path / "x.png"), "--out", str(tmp_path)]
    assert main(command) == 2 and "edits.json is an input" in capsys.readouterr().err
    assert record_file.read_text() == "{}"


def test_what_the_editor_saved_it_opens_whatever_its_size(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (1700, 1700, 3), np.uint8)
    path = writing.write(tmp_path / "original.png", png(noise))
    assert path.stat().st_size > MOST_BYTES
    assert np.array_equal(record.open_file(path), noise)
    assert record.open_file(path, longest=170).size == (170, 170)


def test_the_editor_does_not_save_over_somebody_elses_picture(tmp_path):
    photo = writing.write(tmp_path / "picture.png", b"photo")
    with pytest.raises(ValueError, match=r"picture.png is there already"):
        record.save(None, tmp_path)
    assert photo.read_bytes() == b"photo" and names(tmp_path) == ["picture.png"]


def test_the_editor_does_not_save_a_smaller_picture_over_the_one_it_was_made_from(tmp_path):
    writing.write_all({tmp_path / "original.png": b"large", tmp_path / "edits.json": damaged(picture="large's sha256")})
    with pytest.raises(ValueError, match=r"holds the edits of another picture: choose another folder"):
        record.save(types.SimpleNamespace(picture=np.zeros((3, 4, 6), np.uint8)), tmp_path)
    assert (tmp_path / "original.png").read_bytes() == b"large"


# -------------------------------------------------------------------- one training a folder

HOLD = """
import sys
from spg.engine import writing
with writing.locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_locked_by_one_process_and_freed_by_its_death(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match=r"another training writes into .*x"), writing.locked(tmp_path / "x"):
        pass
    with writing.locked(tmp_path / "y"):
        pass
    holder.kill()
    holder.communicate()
    with writing.locked(tmp_path / "x"), writing.locked(tmp_path / "x"):  # nested, as a command around its trainer is
        pass


# -------------------------------------------------------------------- damaged files are named


@pytest.mark.parametrize(
    "text", ["{}", "[]", "", "no json", "\xff\xfe", '{"kind": "study"}', '{"methods": 3}', "[" * 9999]
)
def test_a_file_that_is_no_result_is_named(text, tmp_path, capsys):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    assert main(["table", str(tmp_path / "a.json")]) == 2
    assert "a.json is not a result of `spg evaluate`" in capsys.readouterr().err


def test_a_folder_without_the_results_is_named(tmp_path):
    with pytest.raises(ValueError, match="lacks a result that the table of claims needs: it lacks 'cityscapes-256'"):
        tables.table(tmp_path)


def damaged(**changes):
    runs = encode_runs(np.zeros((4, 6), np.uint8))
    whole = {"format": "spg-edits", "version": 1, "size": [4, 6], "picture": "", "hole": runs, "labels": runs}
    return json.dumps({**whole, "edits": [], "result": {}, **changes})


@pytest.mark.parametrize("size", [None, 4, [4], [4, -6], ["4", "6"], [4.0, 6], [True, 6]])
def test_a_record_without_a_size_is_named(size):
    assert record.read(damaged())["size"] == [4, 6]
    with pytest.raises(ValueError, match=r"e.json: size must be \[height, width\]"):
        record.read(damaged(size=size), "e.json")


def test_a_record_with_another_result_is_named():
    with pytest.raises(ValueError, match=r"e.json: result holds 'net'; known: hole, layout, filled"):
        record.read(damaged(result={"net": "0"}), "e.json")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "study"
    return make(folder, Tiny(32), METHODS, pairs=4, catch=1, least_seconds=0.4, show=False)


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to have a header of sixteen bytes" * 9])
def test_a_damaged_file_of_votes_is_named(content, study, tmp_path):
    path = writing.write(tmp_path / "votes.sqlite", content)
    with pytest.raises(ValueError, match=r"votes.sqlite is not a file of votes, is damaged"):
        analysis.analyse(study, path)


def test_a_file_of_votes_cut_short_is_named(study, tmp_path):
    box = BallotBox(tmp_path / "v.sqlite", study.id)
    for k in range(300):
        box.join(f"rater {k}")
    whole = box.path.read_bytes()
    box.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"v.sqlite is not a file of votes, is damaged"):
        analysis.analyse(study, box.path)


def test_a_file_of_votes_that_names_no_study(tmp_path):
    with sqlite3.connect(tmp_path / "v.sqlite") as box:
        box.execute("CREATE TABLE study (id TEXT, observer TEXT)")
    with pytest.raises(ValueError, match=r"v.sqlite holds no votes"):
        observer_of(tmp_path / "v.sqlite")


@pytest.fixture
def read_only(monkeypatch):
    """Files of votes open as where the user may only read them; a file's mode would not stop root."""

    def connect(path, **options):
        return really(f"file:{path}?mode=ro", uri=True, **options)

    really = sqlite3.connect
    return lambda: monkeypatch.setattr(sqlite3, "connect", connect)


def test_votes_that_cannot_be_written_name_the_file_and_the_remedy(study, tmp_path, read_only):
    box = BallotBox(tmp_path / "v.sqlite", study.id)
    box.cast(vote := Vote(box.join("a"), "t", "a", False, 1.0))
    read_only()
    assert BallotBox(box.path, study.id).votes() == [vote] and box.join("a") == 0
    for write in (lambda: box.join("b"), lambda: box.cast(vote._replace(trial="u")), lambda: box.retract(0, "t")):
        with pytest.raises(OSError, match=r"v.sqlite could not be written \(.*readonly.*Make room.*writable to you"):
            write()
    assert box.votes() == [vote]


def test_the_model_observer_and_the_ballot_say_so_too(study, read_only, capsys):
    from spg.study.ballot import Ballot

    BallotBox(study.folder / "model-observer.sqlite", study.id, label("stlpips"))
    ballot, sent = Ballot(study.folder), []
    ballot.send = sent.append
    read_only()
    assert main(["study", "observe", str(study.folder)]) == 2
    assert "model-observer.sqlite could not be written" in capsys.readouterr().err
    ballot._receive(ballot, {"kind": "join", "code": "a"}, [])
    assert sent[-1]["kind"] == "failed" and "votes.sqlite could not be written" in sent[-1]["why"]


def test_votes_on_a_trial_that_is_none_are_named(study, tmp_path):
    box = BallotBox(tmp_path / "v.sqlite", study.id)
    box.cast(Vote(box.join("a"), "no trial", "a", False, 1.0))
    with pytest.raises(ValueError, match=r"v.sqlite is damaged: it has votes on 'no trial'"):
        analysis.analyse(study, box.path)


@pytest.mark.parametrize("part", [{"decks": 3}, {"decks": []}, {"trials": []}, {"rule": None}])
def test_a_study_whose_tables_are_none_is_named(part, study, tmp_path, capsys):
    writing.write(tmp_path / "study.json", json.dumps(study.manifest | part))
    assert main(["study", "analyse", str(tmp_path)]) == 2
    assert f"study.json is damaged: {next(iter(part))} is empty or no table" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "text"), [("study.json", "{"), ("study.json", "[]"), ("study.json", '{"format": 1}')])
def test_a_damaged_study_is_named(name, text, tmp_path, capsys):
    (tmp_path / name).write_text(text)
    assert main(["study", "analyse", str(tmp_path)]) == 2 and name in capsys.readouterr().err


def test_a_study_that_was_refused_leaves_nothing(tmp_path):
    for out in (tmp_path / "new", tmp_path / "empty"):
        if out.name == "empty":
            out.mkdir()
        with pytest.raises(ValueError, match="not enough"):
            make(out, Tiny(32), METHODS, pairs=600, show=False)
        assert not out.exists() or names(out) == []
        made = make(out, Tiny(32), METHODS, pairs=2, catch=1, show=False)
        assert names(out) == ["PROTOCOL.md", "key.json", "pictures", "study.json"] and len(made.manifest["trials"]) == 3


# -------------------------------------------------------------------- no traceback


@pytest.mark.parametrize(
    ("asked", "cuda", "mps", "got"),
    [
        ("auto", False, False, "cpu"),
        ("auto", True, True, "cuda"),
        ("auto", False, True, "cpu"),
        ("gpu", True, False, "cuda"),
        ("gpu", False, True, "mps"),
        ("mps", False, True, "mps"),
        ("gpu", False, False, "torch has cpu here"),
        ("mps", True, False, "torch has cpu, cuda here"),
        ("cuda", False, False, "torch has cpu here"),
        ("tpu", False, False, "torch has cpu here"),
    ],
)
def test_the_accelerator_is_one_that_torch_has(asked, cuda, mps, got, monkeypatch):
    monkeypatch.setattr(machine.torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(machine.torch.backends.mps, "is_available", lambda: mps)
    if " " not in got:
        assert machine._accelerator(asked) == got
    else:
        with pytest.raises(ValueError, match=f"--accelerator {asked}: {got}"):
            machine._accelerator(asked)


@pytest.mark.parametrize(
    "pair", ["width=0", "downs=0", "pictures=0", "sizes=0", "discriminator_width=0", "scales=0", "batch=-1", "l1=-2.0"]
)
def test_a_setting_below_what_a_training_needs_is_named(pair, tmp_path, capsys):
    command = ["train", "sgnet", "--data", "streets", "--profile", "smoke", "--out", str(tmp_path / "t"), "--set", pair]
    assert main(command) == 2 and f"{pair.partition('=')[0]} must be at least" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


def test_a_data_set_of_one_picture_is_told(tmp_path, capsys):
    for folder, mode in (("images", "RGB"), ("labels", "L")):
        (tmp_path / folder).mkdir()
        Image.new(mode, (32, 32)).save(tmp_path / folder / "a.png")
    assert main(["data", f"folder:{tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert "all: 1 frames" in said and "its one picture is in val, none is left for train" in said


def test_no_home_names_the_setting(monkeypatch):
    for name in ("SPG_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(places.Path, "home", home)
    with pytest.raises(ValueError, match="set SPG_CACHE"):
        places.home()


def test_a_figure_is_shown_where_it_cannot_be_kept(tmp_path, monkeypatch):
    (tmp_path / "build").write_text("in the way")
    monkeypatch.setenv("SPG_FIGURES", str(tmp_path / "build" / "figures"))
    with pytest.warns(UserWarning, match="shown, but not kept"):
        shown = plots.show(np.zeros((8, 8, 3), np.uint8), "x", "black")
    assert shown.data.startswith(b"\x89PNG")


def test_a_link_to_nothing_is_no_net(tmp_path):
    (tmp_path / "sgnet.safetensors").symlink_to(tmp_path / "gone")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "sgnet.safetensors").symlink_to(tmp_path / "gone")
    assert find_nets(tmp_path) == {}


# -------------------------------------------------------------------- the port, the ballot, the words


def test_a_second_server_says_its_own_address():
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen()
        taken = first.getsockname()[1]
        assert taken < voila.free_port(taken, "127.0.0.1") < taken + 50
    assert "--Voila.port_retries=0" in voila.command("x.ipynb", 8000, "127.0.0.1", browser=False, idle=600)


def test_codes_are_compared_without_case_and_in_one_form(tmp_path):
    box = BallotBox(tmp_path / "v.sqlite", "study")
    first = box.join("Zoë")  # one character, and below two
    assert first == box.join("zoe\N{COMBINING DIAERESIS}") == box.join(" ZOË ") == 0
    assert box.join("zoe") == 1 and box.join("Straße") == box.join("STRASSE") == 2


def test_a_code_of_an_older_file_keeps_its_rater(tmp_path):
    box = BallotBox(tmp_path / "v.sqlite", "study")
    box.join("Anna")
    with sqlite3.connect(box.path) as file:
        file.execute("INSERT INTO raters VALUES (1, 'anna', '')")
    assert (box.join("Anna"), box.join("anna"), box.join("ANNA")) == (0, 1, 0)


def cast(study, path, seconds):
    """Two raters answer all trials rightly, the second so many seconds each."""
    box, key = BallotBox(path, study.id), study.key()["trials"]
    for number, taken in ((0, 2.0), (1, seconds)):
        box.join(f"rater {number}")
        right = {id: "a" if trial["a"] == "truth" else "b" for id, trial in key.items()}
        box.cast_all([Vote(number, id, right[id], False, taken) for id in key])
    return box.path


def test_raters_faster_than_a_person_are_reported_and_left_out_by_the_protocol(study, tmp_path):
    assert "median time per vote is below 0.4 s" in (study.folder / "PROTOCOL.md").read_text("utf-8")
    result = analysis.analyse(study, cast(study, tmp_path / "fast.sqlite", 0.1), resamples=10)
    assert result["excluded"] == [{"rater": 1, "why": "took 0.10 s in the median"}]
    result = analysis.analyse(study, cast(study, tmp_path / "quick.sqlite", 0.45), resamples=10)
    assert result["excluded"] == [] and result["fast"] == {"below": 0.5, "votes": 4, "timed": 8, "raters": [1]}
    assert "4 of 8 timed votes took less than 0.5 s" in report.report(result)


def test_output_never_fails_on_a_terminal_without_the_character():
    code = textwrap.dedent("""
        import sys
        from spg import cli
        cli._print_everywhere()
        print("−0.5 × ₂ → ü")
    """)
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert done.stdout.decode("cp1252").strip() == "-0.5 × ? -> ü"
    assert _plain(UnicodeEncodeError("ascii", "a≥b", 1, 2, "")) == (">=", 2)


def test_the_systems_errors_name_the_file_and_the_remedy(tmp_path, capsys):
    assert main(["replay", str(tmp_path / "none.json"), "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr().err
    assert "none.json: there is no such file" in said and "Errno" not in said
    assert provenance.write_json({"a": 1}, tmp_path / "a.json").exists()


# -------------------------------------------------------------------- neighbours: data sets, caches, ~, ports, records


@pytest.fixture
def pairs(tmp_path):
    """A folder data set of two pictures."""
    for folder, mode in (("images", "RGB"), ("labels", "L")):
        (tmp_path / "set" / folder).mkdir(parents=True)
        for name in "ab":
            Image.new(mode, (32, 32)).save(tmp_path / "set" / folder / f"{name}.png")
    writing.write(tmp_path / "set" / "classes.json", json.dumps({"names": ["x", "y"], "colours": [[0] * 3, [9] * 3]}))
    return tmp_path / "set"


@pytest.mark.parametrize("command", [["evaluate", "--methods", "telea", "--size", "32"], ["units"], ["windows"]])
@pytest.mark.parametrize("name", ["images/a.png", "labels/b.png", "classes.json", "link.json"])
def test_a_result_is_never_written_over_its_data(command, name, pairs, capsys):
    (pairs / "link.json").symlink_to(pairs / "images" / "b.png")
    before = {path: path.read_bytes() for path in pairs.rglob("*.*")}
    assert main([*command, "--data", f"folder:{pairs}", "--out", str(pairs / name)]) == 2
    assert "is an input" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("command", [["evaluate", "--methods", "telea"], ["variants", "--shapes"]])
@pytest.mark.parametrize("name", [".", "images", "new/er"])
def test_pictures_never_mix_with_their_data(command, name, pairs, capsys):
    before = sorted(pairs.rglob("*"))
    out = [*("--out", str(pairs.parent / "r.json")), "--pictures", str(pairs / name)]
    assert main([*command, "--data", f"folder:{pairs}", "--size", "32", *out]) == 2
    assert "lies in the data set's folder" in capsys.readouterr().err and sorted(pairs.rglob("*")) == before
    writing.check(folders=[pairs.parent / "set-pictures"], apart=data.root(f"folder:{pairs}"))  # beside it


def test_a_result_beside_its_data_may_be_replaced(pairs):
    writing.write(pairs / "result.json", "{}")
    writing.check([pairs / "result.json"], inputs=data.files(f"folder:{pairs}"))
    assert list(data.files("streets")) == []


def test_a_training_does_not_replace_the_net_it_starts_with(tmp_path, capsys):
    checkpoints.save(tmp_path / "spnet.safetensors", {"a": torch.zeros(1)}, {"model": "spnet", "size": 64})
    before = (tmp_path / "spnet.safetensors").read_bytes()
    command = ["train", "spnet", "--data", "streets", "--profile", "smoke", "--out", str(tmp_path)]
    assert main([*command, "--start", str(tmp_path)]) == 2
    assert "is an input" in capsys.readouterr().err and (tmp_path / "spnet.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", ["about.json", "images.npy", "gone"])
def test_a_damaged_cache_is_named(damage, pairs, monkeypatch, tmp_path):
    monkeypatch.setenv("SPG_CACHE", str(tmp_path / "cache"))
    data.open(f"folder:{pairs}", "all", 16)
    (about,) = (tmp_path / "cache").rglob("about.json")
    if damage == "gone":
        about.unlink()
    else:
        (about.parent / damage).write_bytes(b"")
    with pytest.raises(ValueError, match=r"the cache .* is damaged .*: delete it"):
        data.open(f"folder:{pairs}", "all", 16)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_damaged_result_of_an_ablation_is_named(text, tmp_path):
    path = writing.write(tmp_path / "0" / "spg" / "result.json", text)
    with pytest.raises(ValueError, match=r"result.json is not a result of `spg ablate`"):
        ablations.summary(path.parents[2], [0], None)


def test_a_home_that_is_not_known_is_named(monkeypatch, capsys):
    def expanduser(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(places.Path, "expanduser", expanduser)
    assert main(["data", "folder:~/set"]) == 2
    assert "~/set: Could not determine home directory. Write the folder out" in capsys.readouterr().err


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_is_none_is_named(port):
    with pytest.raises(ValueError, match=f"--port {port}: a port is a number from 0 to 65535"):
        voila.free_port(port, "127.0.0.1")


@pytest.mark.parametrize("classes", [3, None, "road", [1, 2]])
def test_a_record_whose_classes_are_no_names_is_named(classes):
    with pytest.raises(ValueError, match=r"e.json: classes must be a list of names"):
        record.read(damaged(classes=classes), "e.json")


def test_a_text_in_another_encoding_is_named(tmp_path, capsys):
    (tmp_path / "README.md").write_bytes("Straße".encode("latin-1"))
    assert main(["table", "--readme", str(tmp_path / "README.md")]) == 2
    assert "README.md is no text in UTF-8" in capsys.readouterr().err
