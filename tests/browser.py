"""What tests in a real browser need: Chromium, a free port, a server that answers."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def open_browser():
    """Yield Chromium, headless; skip, and say why, where it or Playwright is missing. For a fixture."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
    if not CHROMIUM:
        pytest.skip("no Chromium: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(chromium, *flags):
    return chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *flags])  # root, in containers


def barriers(page, within=None):
    """What axe-core finds to keep people out of a page, or of a part of it: {rule: places}, serious and critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    found = axe.run(page, context=within).response["violations"]
    bad = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return {rule["id"]: [node["target"] for node in rule["nodes"]] for rule in bad}


def free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


def start(module, *arguments, url, log, seconds=60):
    """Start `python -m module ...` and wait until url answers, so many seconds at most. Returns the process."""
    with open(log, "ab") as output:
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=output, stderr=output)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return process
        except urllib.error.HTTPError:
            return process  # it answers
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"{module} did not start: {log.read_text()[-2000:]}")
