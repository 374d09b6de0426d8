"""One cell as a page in the browser: Voilà serves it from this machine, with one kernel for each visitor."""

import base64
import contextlib
import errno
import html
import json
import os
import socket
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

TEMPLATE = "spg"


def serve(cell, title, port, ip="127.0.0.1", browser=True, idle=600, words=None, picture=b"", warm=0):
    """Serve a page that shows what the cell shows, until Ctrl-C or kill. Raises ImportError where Voilà is missing.

    cell: Python source. ip: `0.0.0.0` lets the local network in; there is no password. browser: open one. idle: seconds
    after which a kernel that nobody uses is ended. words: language → title, sentence and label of the page that is
    there while the kernel starts, in other languages than English. picture: a PNG file's bytes for that page. warm: so
    many kernels run the cell before anybody comes, and wait for a visitor.
    """
    try:
        from traitlets.config import Config
        from voila.app import Voila
    except ImportError as error:
        raise ImportError("a page in the browser needs Voilà: pip install 'spg-net[notebooks]'") from error
    port = free_port(port, ip)
    print(f"{title}: http://{ip}:{port}/  (Ctrl-C ends it)", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:  # Voilà could serve files beside the notebook: there are none
        path = Path(folder) / "page.ipynb"
        path.write_text(json.dumps(notebook(cell, title)), "utf-8")
        _put_template(Path(folder), title, words or {}, picture)
        config = Config(VoilaConfiguration={"multi_kernel_manager_class": _kernels()})
        try:
            Voila.launch_instance(argv=command(path, port, ip, browser, idle, warm), config=config)
        finally:
            _end_kernels()


def _end_kernels():
    """End those that Voilà leaves: it does not know one that was still starting as it stopped."""
    import psutil  # ipykernel brings it

    left = []
    for child in psutil.Process().children():  # a browser may be among them
        with contextlib.suppress(psutil.Error):
            if "ipykernel_launcher" in child.cmdline():
                child.kill()
                left.append(child)
    psutil.wait_procs(left, timeout=5)


def _kernels():
    """The class that holds the kernels and ends idle ones."""
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

    class Kernels(AsyncMappingKernelManager):
        async def cull_kernel_if_idle(self, kernel_id):
            """A warm kernel has been idle for long when a visitor gets it: spare it until the page has connected."""
            kernel = self._kernels[kernel_id]
            idle = (datetime.now(timezone.utc) - kernel.last_activity).total_seconds() > self.cull_idle_timeout
            if idle and not hasattr(kernel, "spared"):
                kernel.spared = True
            else:
                await super().cull_kernel_if_idle(kernel_id)

    return Kernels


def _put_template(folder, title, words, picture):
    """Have Voilà find `page.html.j2` as its template `spg`, the title, the words and the picture in it."""
    template = folder / "jupyter" / "voila" / "templates" / TEMPLATE
    template.mkdir(parents=True)
    page = Path(__file__).with_name("page.html.j2").read_text("utf-8").replace("THE TITLE", html.escape(title))
    page = page.replace('"THE WORDS"', json.dumps(words)).replace("THE PICTURE", base64.b64encode(picture).decode())
    (template / "index.html.j2").write_text(page, "utf-8")
    (template / "conf.json").write_text(json.dumps({"base_template": "lab"}))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(
        [str(folder / "jupyter"), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    )


def free_port(port, ip, tries=50):
    """The port, or the next one that nobody listens on. Raises OSError where there is none."""
    if not 0 <= port < 65536:
        raise ValueError(f"--port {port}: a port is a number from 0 to 65535")
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    for number in range(port, min(port + tries, 65536)):
        with socket.socket(family) as probe:
            if sys.platform != "win32":  # there it would allow two servers on one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, number))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise OSError(f"no page can be served at {ip}:{number}: {error.strerror}") from error
            else:
                return probe.getsockname()[1]
    raise OSError(f"no port from {port} to {port + tries - 1} is free on {ip}: name another, --port")


def notebook(cell, title):
    """A notebook of one cell. Its kernel is named, or Voilà's page would ask for one."""
    cell = {"cell_type": "code", "id": "page", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "title": title}
    return {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def command(path, port, ip, browser, idle, warm=0):
    """Voilà's command line. Visitors see what the cell shows: not its source, and no file."""
    kernels = [
        f"--MappingKernelManager.cull_idle_timeout={idle}",
        f"--MappingKernelManager.cull_interval={min(60, max(1, idle // 3))}",
    ]
    if warm:
        kernels += ["--VoilaConfiguration.preheat_kernel=True", f"--VoilaConfiguration.default_pool_size={warm}"]
    look = [f"--template={TEMPLATE}"]
    secrets = ["--strip_sources=True", "--VoilaConfiguration.file_denylist=.*"]
    window = [] if browser else ["--no-browser"]
    # no other port than the one that was said
    return [
        str(path),
        f"--port={port}",
        "--Voila.port_retries=0",
        f"--Voila.ip={ip}",
        *kernels,
        *look,
        *secrets,
        *window,
    ]
