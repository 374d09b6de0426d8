"""The commands of the package's docstring: parse, call, print."""

import argparse
import sys
from pathlib import Path

import nbformat

import spg.course
from spg.course import running, student
from spg.engine import places
from spg.engine.writing import write


def main(arguments=None):
    """Run one command. Returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except ValueError as error:
        print(f"spg.course: {error}", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser("python -m spg.course", description=spg.course.__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)

    def command(function, *names):
        sub = commands.add_parser(function.__name__.strip("_"), help=function.__doc__)
        sub.set_defaults(command=function)
        for name in names:
            sub.add_argument(name, type=Path, nargs="+" if name == "notebooks" else None)

    command(_refresh, "notebooks")
    command(_address, "notebooks")
    command(_student, "folder", "notebooks")
    command(_gaps, "folder", "notebooks")
    command(_ran, "junit", "notebooks")
    command(_teaching, "folder")
    return parser


def _refresh(given):
    """put the setup cell in, run in place, note the time in times.json"""
    for path in given.notebooks:
        notebook = nbformat.read(path, as_version=4)
        nbformat.write(running.with_setup(notebook, places.repository()), path)
        times = running.refresh(path)
        running.note_times(path.parent, path.name, times)
        print(f"{path.name}: {times['seconds']:.0f} s, {times['cpu_seconds']:.0f} s of processor time")
    return 0


def _address(given):
    """write the repository's address from pyproject.toml into setup cells, README and CITATION.cff"""
    address = places.repository()
    for path in given.notebooks:
        notebook = nbformat.read(path, as_version=4)
        write(path, nbformat.writes(running.with_setup(notebook, address)) + "\n")
    for name, put in {"README.md": running.opened, "CITATION.cff": running.cited}.items():
        page = given.notebooks[0].resolve().parent.parent / name
        write(page, put(page.read_text("utf-8"), address))
    print(address or "no address in pyproject.toml: setup cells install from the checkout around them")
    return 0


def _student(given):
    """write copies without solutions"""
    for path in given.notebooks:
        print(student.write_copy(path, given.folder))
    return 0


def _gaps(given):
    """write copies with gaps, for students and for the teacher, as nbgrader lays a course out"""
    for path in given.notebooks:
        print(*student.write_gap_copies(path, given.folder))
    return 0


def _ran(given):
    """check that the tests ran every notebook, but those on not-run.txt beside them"""
    listed = running.not_run((given.notebooks[0].parent / "not-run.txt").read_text("utf-8"))
    wrong = running.left_out(given.junit.read_text("utf-8"), given.notebooks, listed)
    print("\n".join(wrong or [f"{len(given.notebooks) - len(listed)} notebooks ran, {len(listed)} not to be run"]))
    return bool(wrong)


def _teaching(given):
    """write the times of times.json into the guide beside it"""
    running.render_guide(given.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
