"""The course as a web site: `make site` builds it from the executed notebooks into build/site/.

Sphinx with myst-nb and sphinx-book-theme. Nothing is run again, and no page asks another host for anything. What the
theme cannot do by itself, `reading.py` beside this file does: folded answers, links to equations and figures.
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT)]

import reading  # noqa: E402

import spg  # noqa: E402
from spg.engine.places import repository  # noqa: E402

MATHJAX = Path(find_spec("mathjax").submodule_search_locations[0], "static", "mathjax", "es5")  # django-static-mathjax
PAGE = ROOT / "build" / "page"  # the editor without Python, once it has been made
if PAGE.is_dir():
    tags.add("page")  # noqa: F821  Sphinx puts it here

project = "SPG-Net, step by step"
author = copyright = "The SPG-Net, step by step authors"
version = release = spg.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
include_patterns = ["*.md", "notebooks/*.md", "notebooks/*.ipynb", "figures/results/*.md", "spg/weights/*.md"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # these scripts would come from another host; a widget appears as its picture
nb_code_prompt_show = "Show the {type}"
nb_code_prompt_hide = "Hide the {type}"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4

default_role = "code"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # torch has its own pages

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/icon.svg"
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
mathjax_path = "tex-chtml.js"
html_theme_options = {"use_download_button": True, "use_fullscreen_button": False}
if address := repository():
    html_theme_options |= {
        "repository_url": address,
        "repository_branch": "main",
        "use_repository_button": True,
        "launch_buttons": {"colab_url": "https://colab.research.google.com", "binderhub_url": "https://mybinder.org"},
    }


def bundle(app, error):
    """Put MathJax with its fonts, and the editor's page where there is one, into the finished site."""
    if error:
        return
    static = Path(app.outdir, "_static")
    shutil.copy(MATHJAX / mathjax_path, static)
    shutil.copytree(MATHJAX / "output" / "chtml" / "fonts", static / "output" / "chtml" / "fonts", dirs_exist_ok=True)
    if PAGE.is_dir():
        shutil.copytree(PAGE, Path(app.outdir, "editor"), dirs_exist_ok=True)


def setup(app):
    reading.setup(app, address)
    app.connect("build-finished", bundle)
