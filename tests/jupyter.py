"""JupyterLab and Voilà for the editor's tests, each with settings of its own, on this machine only."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import nbformat
from browser import free_port, start


def notebook(path, *cells):
    """Write a notebook of code cells. Its kernel is named: else a dialog blocks the page. Returns its path."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(book, path)
    return Path(path)


@contextlib.contextmanager
def jupyterlab(folder):
    """JupyterLab on a folder. Yields its address."""
    open_to_all = ("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True")
    place = (f"--ServerApp.root_dir={folder}", "--ip=127.0.0.1", "--allow-root")
    with _served("jupyterlab", folder, *place, *open_to_all, "--LabApp.expose_app_in_browser=True") as url:
        yield url


@contextlib.contextmanager
def voila(folder):
    """Voilà on a folder of notebooks. Yields its address."""
    with _served("voila", folder, str(folder), "--Voila.ip=127.0.0.1") as url:
        yield url


@contextlib.contextmanager
def _served(module, folder, *arguments):
    settings = Path(folder) / ".settings"
    (settings / "labconfig").mkdir(parents=True, exist_ok=True)
    off = {"@jupyterlab/apputils-extension:announcements": True}  # no question about news
    (settings / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": off}))
    os.environ.update(JUPYTER_CONFIG_DIR=str(settings), JUPYTER_PREFER_ENV_PATH="1")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start(
        module, *arguments, "--no-browser", f"--port={port}", url=url, log=Path(folder) / f"{module}.log", seconds=240
    )
    try:
        yield url
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def run_all(page, url, name):
    """Open a notebook in JupyterLab and run its cells, once its kernel listens."""
    page.goto(f"{url}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook", timeout=180_000)
    page.evaluate(
        """async () => {
            await window.jupyterapp.restored;
            const { context, sessionContext } = window.jupyterapp.shell.currentWidget;
            await context.ready;
            await sessionContext.ready;
            await sessionContext.session.kernel.info;
        }"""
    )
    page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
