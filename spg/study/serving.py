"""Serve a study to several raters at once on one machine, with Voilà: each visitor gets a kernel of their own."""

import json
import os
import tempfile
from pathlib import Path

from spg.study.folder import VOTES, open_study
from spg.study.votes import BallotBox

CELL = "import os\n\nfrom spg.study.widget import Ballot\n\nBallot(os.environ['SPG_STUDY'])"
IDLE = 3600  # seconds after which a kernel nobody uses is ended


def serve(folder, port=8866, ip="localhost", browser=False):
    """Serve the ballot of the study in folder until Ctrl-C. Kill it at any moment: no finished vote is lost.

    ip: `0.0.0.0` lets other machines of the network in; there is no password. Raises ValueError when there is no
    study, ImportError when Voilà is missing.
    """
    study = open_study(folder)
    BallotBox(study.folder / VOTES, study.id)  # a file of another study is refused here, not in the raters' pages
    try:
        from voila.app import Voila
    except ImportError as error:
        raise ImportError("serving a study needs Voilà: pip install 'spg-net[notebooks]'") from error
    os.environ["SPG_STUDY"] = str(study.folder.resolve())  # kernels inherit it, so the page need not know it
    with tempfile.TemporaryDirectory() as empty:  # Voilà also serves files beside the notebook: there are none
        notebook = write_notebook(Path(empty) / "vote.ipynb")
        Voila.launch_instance(argv=arguments(notebook, port, ip, browser))


def arguments(notebook, port, ip, browser):
    """Voilà's command line."""
    return [
        str(notebook),
        f"--port={port}",
        f"--Voila.ip={ip}",
        *([] if browser else ["--no-browser"]),
        "--strip_sources=True",
        "--VoilaConfiguration.file_denylist=.*",
        f"--MappingKernelManager.cull_idle_timeout={IDLE}",
        "--MappingKernelManager.cull_interval=60",
    ]


def write_notebook(path):
    """A notebook of one cell, the ballot; with its kernel named, without which Voilà's page asks for one."""
    cell = {"cell_type": "code", "id": "vote", "metadata": {}, "outputs": [], "execution_count": None, "source": CELL}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(book), "utf-8")
    return path
