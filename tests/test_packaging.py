"""The files that install this project say the same thing."""

import importlib.metadata
import re
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
