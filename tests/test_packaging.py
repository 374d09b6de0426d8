"""The files that install this project say the same thing."""

import importlib.metadata
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
CONDA_TO_PYPI = {"pytorch": "torch", "python-build": "build"}
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared():
    """All requirements of pyproject, extras included."""
    groups = [project()["dependencies"], *project()["optional-dependencies"].values()]
    return [Requirement(line) for group in groups for line in group]


def locked(python):
    """{name: version} of constraints.txt for one Python on Linux."""
    where = {
        "python_version": python,
        "python_full_version": python + ".9",
        "sys_platform": "linux",
        "os_name": "posix",
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    pins = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(where)]
    names = [canonicalize_name(pin.name) for pin in pins]
    assert len(names) == len(set(names)), f"constraints.txt pins a package twice for Python {python}"
    return {name: Version(str(pin.specifier).removeprefix("==")) for name, pin in zip(names, pins, strict=True)}


def conda_lines():
    """The package lines of environment.yml, conda's and pip's, as strings."""
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    return [line for line in listed if isinstance(line, str)], next(x["pip"] for x in listed if isinstance(x, dict))


def lower_bound(specifier):
    return next((Version(s.version) for s in specifier if s.operator in (">=", "==")), None)


def test_environment_yml_is_in_step_with_pyproject():
    conda, pip = conda_lines()
    assert "-e ." in pip
    lines = [line for line in conda + pip if line not in ("pip", "-e .") and not line.startswith("python>")]
    there = {}
    for requirement in map(Requirement, lines):
        name = canonicalize_name(CONDA_TO_PYPI.get(requirement.name, requirement.name))
        there[name] = lower_bound(requirement.specifier)
    newest = {"python_version": "3.13", "python_full_version": "3.13.0"}
    here = {
        canonicalize_name(r.name): lower_bound(r.specifier)
        for r in declared()
        if r.marker is None or r.marker.evaluate(newest)
    }
    assert there == here


def test_environment_yml_asks_for_a_python_that_pyproject_takes():
    python = next(Requirement(line) for line in conda_lines()[0] if line.startswith("python>"))
    assert lower_bound(python.specifier) in SpecifierSet(project()["requires-python"])


def test_every_line_of_environment_yml_has_its_reason():
    for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("- "):
            assert re.search(r"  # \w", line), f"environment.yml: no reason given in {line!r}"


def test_every_dependency_has_a_lower_bound():
    for requirement in declared():
        assert lower_bound(requirement.specifier), f"pyproject.toml: {requirement} has no lower bound"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_satisfies_pyproject(python):
    pins = locked(python)
    for requirement in declared():
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        name = canonicalize_name(requirement.name)
        assert name in pins, f"constraints.txt lacks {name} for Python {python}; run make lock"
        assert pins[name] in requirement.specifier, f"constraints.txt: {name} {pins[name]} is not {requirement}"


def test_the_lock_pairs_torch_with_its_torchvision_and_leaves_cuda_to_torch():
    pins = locked("3.11")
    assert (pins["torch"], pins["torchvision"]) == (Version("2.13.0"), Version("0.28.0"))
    assert not [name for name in pins if name.startswith(("nvidia", "cuda")) or name == "triton"]


def test_one_version_everywhere():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["version"] == project()["version"] == importlib.metadata.version("spg-net")


def test_the_changelog_and_the_citation_date_this_version():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    dated = re.findall(r"^## \[(\S+)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert dated[0] == (cff["version"], cff["date-released"])


@pytest.fixture
def release(tmp_path):
    """A clone in small, whose tests are one that writes down its arguments. Returns what runs `make release-check`."""
    if not shutil.which("make") or not shutil.which("git"):
        pytest.skip("make or git is missing")
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".gitignore").write_text(".venv\ntests.txt\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "installed").touch()
    (tmp_path / ".venv" / "bin" / "pytest").write_text("#!/bin/sh\necho $@ > tests.txt\n")
    (tmp_path / ".venv" / "bin" / "pytest").chmod(0o755)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)

    def check():
        (tmp_path / ".venv" / "installed").touch()
        return subprocess.run(["make", "release-check"], cwd=tmp_path, capture_output=True, text=True)

    def commit():
        subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=tmp_path, check=True)

    return tmp_path, check, commit


def test_a_release_is_refused_for_all_that_is_missing_at_once(release):
    folder, check, commit = release
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        re.sub(r'^version = ".*"', 'version = "9.8.7"', text, count=1, flags=re.MULTILINE)
    )
    commit()
    (folder / "README.md").write_text("changed")
    done = check()
    assert done.returncode != 0 and not (folder / "tests.txt").exists()
    assert "in pyproject.toml, uncomment [project.urls]" in done.stderr or "Repository = " in text
    assert "write a section '## [9.8.7] - YYYY-MM-DD'" in done.stderr and "not committed" in done.stderr


def test_with_an_address_a_date_and_all_committed_the_tests_run(release):
    folder, check, commit = release
    text = re.sub(
        r"^# (\[project.urls\]|Repository)", r"\1", (folder / "pyproject.toml").read_text(), flags=re.MULTILINE
    )
    (folder / "pyproject.toml").write_text(text)
    commit()
    assert "OWNER/NAME" not in text or "no address" in check().stderr
    (folder / "pyproject.toml").write_text(text.replace("OWNER/NAME", "someone/course"))
    commit()
    assert "ADDRESS-OF" not in (folder / "README.md").read_text() or "run make address, and commit" in check().stderr
    (folder / "README.md").write_text("git clone https://github.com/someone/course")
    commit()
    done = check()
    assert done.returncode == 0, done.stderr
    assert "tests/test_wheel.py" in (folder / "tests.txt").read_text()
    assert f"git tag v{project()['version']} " in done.stdout


def test_citation_names_this_software_and_the_paper():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cff["cff-version"] == "1.2.0"
    assert {"title", "message", "authors", "license"} <= set(cff)
    assert "preferred-citation" not in cff  # the software is cited as itself, the paper beside it
    (paper,) = cff["references"]
    assert paper["title"] == "SPG-Net: Segmentation Prediction and Guidance Network for Image Inpainting"
    assert [author["family-names"] for author in paper["authors"]] == ["Song", "Yang", "Shen", "Wang", "Huang", "Kuo"]
    assert paper["year"] == 2018
    assert [i["value"] for i in paper["identifiers"]] == ["arXiv:1805.03356"]


@pytest.mark.parametrize("target", ["reproduce", "test", "lab"])
def test_makefile_has_the_fixed_targets_each_making_its_venv(target):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}: \$\(VENV\)", makefile, re.MULTILINE)


def test_makefile_describes_every_phony_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    described = re.findall(r"^([\w-]+):.*## ", makefile, re.MULTILINE)
    assert sorted(phony) == sorted(described)


def test_ci_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run is not executable"
    assert "make test" in script.read_text(encoding="utf-8")
