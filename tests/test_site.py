"""The site is built without a warning, its links lead somewhere, and its pages ask no other host for anything."""

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import open_browser
from test_hygiene import ROOT

NEEDED = ("sphinx", "myst_nb", "sphinx_book_theme", "mathjax")
FETCHED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
HINTS = {"canonical", "next", "prev", "index", "search", "author", "copyright"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"the site is not built: {', '.join(missing)} not installed; pip install -e '.[site]'")
    out = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, str(ROOT / "notebooks" / "site" / "build.py"), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    return out


class Page(HTMLParser):
    """The ids of a page, its links, and what it fetches by itself."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched = set(), set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids |= {given[key] for key in ("id", "name") if given.get(key)}
        for key in ("href", "src"):
            if given.get(key) is None or (tag == "link" and given.get("rel") in HINTS):
                continue
            (self.fetched if (tag, key) in FETCHED else self.links).add(given[key])


def foreign(text):
    """What a page fetches from another host."""
    return sorted(url for url in Page(text).fetched if urlsplit(url).netloc)


def lost(path, pages):
    """Links of the page at path to a file or an anchor that is not there. pages: path → `Page`."""
    wrong = []
    for url in pages[path].links | pages[path].fetched:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchors = pages[target].ids | {"", "top"} if target in pages else {parts.fragment}
        if not target.exists() or unquote(parts.fragment) not in anchors:
            wrong.append(url)
    return sorted(wrong)


def read(folder):
    return {path.resolve(): Page(path.read_text("utf-8")) for path in Path(folder).rglob("*.html")}


def test_links_lead_somewhere(site):
    pages = {path: page for path, page in read(site).items() if "_static" not in path.parts}
    assert len(pages) > 20
    assert {path.name: found for path in pages if (found := lost(path, pages))} == {}


def test_no_page_asks_another_host(site):
    assert {p.name: found for p in site.rglob("*.html") if (found := foreign(p.read_text("utf-8")))} == {}
    sheets = [path for path in site.rglob("*.css") if re.search(r"url\([\"']?(https?:)?//", path.read_text("utf-8"))]
    assert sheets == []


def test_the_link_rules_can_fail(tmp_path):
    text = '<h1 id="a">A</h1><a href="#a"></a><a href="#b"></a><a href="b.html"></a><a href="https://x.org/#c"></a>'
    (tmp_path / "a.html").write_text(text + '<img src="https://x.org/a.png"><script src="a.js"></script>')
    ((path, _),) = (pages := read(tmp_path)).items()
    assert lost(path, pages) == ["#b", "a.js", "b.html"]
    assert foreign(path.read_text()) == ["https://x.org/a.png"]


def test_a_lesson_on_the_site(site):
    """Folded answers, words for pictures, links to equations and figures, the notebook to take along, no widget."""
    page = (site / "notebooks" / "00_tour.html").read_text("utf-8")
    assert page.count('<details class="answer">') == page.count("</details>") - page.count("above-input") > 3
    assert 'id="equation-3"' in page and 'href="#equation-3"' in page
    assert 'id="figure-00-steps"' in page and 'href="#figure-00-steps"' in page
    assert not re.search(r"<img(?![^>]*alt=\"[^\"]{10})[^>]*_images/[^>]*>", page)
    assert (site / "_sources" / "notebooks" / "00_tour.ipynb").exists() and "_sources/notebooks/00_tour.ipynb" in page
    edited = (site / "notebooks" / "11_edit_the_segmentation.html").read_text("utf-8")
    assert "widget-view" not in edited and "../edit.html" in edited


def test_all_lessons_are_there_in_order(site):
    lessons = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    listed = re.findall(r'href="notebooks/(\d\d\w+)\.html"', (site / "index.html").read_text("utf-8"))
    assert list(dict.fromkeys(listed)) == lessons


# Words and numbers that stand alone in a cell of a table, and on more than one line
BROKEN = """[...document.querySelectorAll('article :is(td, th)')].filter(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  const tops = [...range.getClientRects()].map(box => box.top);
  return /^[−+]?[\\w.]+$/.test(cell.textContent.trim()) && Math.max(...tops) - Math.min(...tops) > 15;
}).map(cell => cell.textContent)"""


@pytest.fixture(scope="module")
def chromium():
    yield from open_browser()


def test_pages_fit_a_phone_and_pictures_are_not_dimmed(site, chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    for name in ("index", "README", "figures/results/README", "notebooks/06_train_spnet"):
        page.goto((site / f"{name}.html").as_uri(), wait_until="domcontentloaded", timeout=120_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        filters = page.evaluate("[...document.querySelectorAll('article img')].map(x => getComputedStyle(x).filter)")
        assert set(filters) <= {"none"}, name
        assert page.evaluate(BROKEN) == [], name
    page.wait_for_selector("mjx-container[display=true]", timeout=120_000)
    begins = "[...document.querySelectorAll('div.math')].map(x => x.firstElementChild.getBoundingClientRect().left)"
    assert min(page.evaluate(begins)) >= 0  # a long equation scrolls from its beginning on
