"""Build the site: `python notebooks/site/build.py [FOLDER]`, by default build/site. `make site` runs it.

The pages are laid out as in the repository, so that every link between them stays as it is; the files of this folder
come to the top. Any warning is an error.
"""

import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHOWN = ("figures", "notebooks", "spg", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE")
UNSHOWN = shutil.ignore_patterns("site", "build", ".ipynb_checkpoints", "__pycache__", "*.safetensors")


def lay_out(folder):
    """Copy what the site shows to a folder, anew."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in SHOWN:
        copy = shutil.copy2 if (ROOT / name).is_file() else lambda a, b: shutil.copytree(a, b, ignore=UNSHOWN)
        folder.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, folder / name)
    for page in HERE.glob("*.md"):
        shutil.copy2(page, folder)


def build(out):
    """Build the site into a folder; beside it stays what the next build reads again. Returns the exit status."""
    source = out.with_name(f"{out.name}-source")
    lay_out(source)
    return sphinx(["-q", "-W", "--keep-going", "-c", str(HERE), "-d", f"{source}-read", str(source), str(out)])


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()))
