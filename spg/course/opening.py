"""The cells every notebook opens with: badges that open it elsewhere, and one that installs the course there."""

import re
from importlib.metadata import metadata

import nbformat

SETUP = """\
# Installs the course where it is missing, as on Colab; elsewhere this does nothing.
import importlib.util

if importlib.util.find_spec("spg") is None:
    %pip install --quiet "{source}"
"""


def repository():
    """The address in pyproject.toml's [project.urls] under Repository, None where there is none."""
    for line in metadata("spg-net").get_all("Project-URL") or ():
        label, _, address = line.partition(", ")
        if label.lower() == "repository":
            return address
    return None


def open_with(notebook, name, address=None):
    """Put the opening cells into a notebook, once, after its first; older ones are replaced. Returns the notebook.

    name: its file name; address: of the repository on GitHub. Without one there are no badges, since nothing could
    be opened from them, and the setup cell installs from the checkout that the notebook lies in.
    """
    first, *rest = [cell for cell in notebook.cells if not {"badges", "setup"} & set(cell.metadata.get("tags", ()))]
    opening = [_tagged(nbformat.v4.new_markdown_cell(badges(name, address)), "badges")] if address else []
    opening.append(_tagged(nbformat.v4.new_code_cell(setup(address)), "setup"))
    notebook.cells = [first, *opening, *rest]
    return notebook


def setup(address):
    """Source of the cell that installs the course where it is missing: from the repository, or the checkout around."""
    return SETUP.format(source=f"spg-net[notebooks] @ git+{address}" if address else "..").rstrip()


def badges(name, address):
    """Markdown of the Colab and Binder badges of a notebook. Raises ValueError where the address is not GitHub's."""
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)
    if not found:
        raise ValueError(f"badges open a repository on https://github.com/OWNER/NAME, not {address!r}")
    colab = f"https://colab.research.google.com/github/{found[1]}/blob/main/notebooks/{name}"
    binder = f"https://mybinder.org/v2/gh/{found[1]}/main?labpath=notebooks/{name}"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def _tagged(cell, tag):
    cell.metadata["tags"] = [tag]
    return cell
