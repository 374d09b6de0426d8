"""House rules that a reader would notice too late: paths, devices, sizes, floors, docstrings, links.

Each rule is a function that returns the offences as text; the tests ask for none in the repository, and show on a
made-up offender that the rule can fail.
"""

import ast
import importlib.util
import json
import re
import subprocess
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000

TOP_LEVEL = {"notebooks", "spg", "figures", "tests", "environment.yml", "README.md"} | {
    # what tools expect beside them
    *("pyproject.toml", "setup.py", "MANIFEST.in", "constraints.txt", "Makefile"),
    *("LICENSE", "CITATION.cff", "CHANGELOG.md"),
    *(".ci", ".gitignore", ".gitattributes", ".pre-commit-config.yaml", ".github", ".binder", ".devcontainer"),
}

# Imports run one way, from the ground up: a module may use its own floor and those below. spg/__init__.py is the roof.
FLOORS = (
    "holes labels pictures engine",
    "data generators generators_plus discriminators losses perceptual segmenter",
    "profiles samples tasks training windows",
    "baselines inpainting models weights",
    "evaluation plots",
    "study editor course",
    "cli __main__",
)
FLOOR = {name: number for number, names in enumerate(FLOORS, 1) for name in names.split()}


def tracked_files():
    """The files git tracks; where there is no git, those of the tree that a clone would hold."""
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode == 0 and git.stdout:
        return [path for name in git.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    made = re.compile(
        r"(^|/)(build|runs|dist|__pycache__|[^/]*\.egg-info|\.(?!ci/|github/|gitignore|pre-commit)[^/]*)(/|$)"
    )
    return [p for p in ROOT.rglob("*") if p.is_file() and not made.search(p.relative_to(ROOT).as_posix())]


FILES = tracked_files()
MODULES = sorted((ROOT / "spg").rglob("*.py"))


def named(path):
    return path.relative_to(ROOT).as_posix()


def text_of(path):
    """The file's text, or "" if it is not a text."""
    data = path.read_bytes()
    try:
        return "" if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return ""


# --- text ---------------------------------------------------------------------------------------------------------


def machine_paths(text):
    """Absolute paths that exist on one machine only."""
    return re.findall(r"(?<![\w./-])/(?:home|root|work|tmp|Users)/[^\s\"']*", text)


def written_out_devices(text):
    return re.findall(r"\.cuda\(|[\"']cuda:\d", text)


def test_no_path_of_one_machine():
    assert not {named(path): found for path in FILES if (found := machine_paths(text_of(path)))}


def test_no_device_written_out():
    code = [path for path in FILES if path.suffix in (".py", ".ipynb")]
    assert not {named(path): found for path in code if (found := written_out_devices(text_of(path)))}


def test_the_text_rules_can_fail():
    assert machine_paths('open("' + "/".join(["", "home", "me", "a.png"]) + '")')
    assert not machine_paths("https://example.org/home/page build/tmp/x")
    assert written_out_devices("net.cuda" + "()") and written_out_devices("to('cuda" + ":0')")
    assert not written_out_devices("torch.cuda.is_available() and device == 'cuda'")


# --- files --------------------------------------------------------------------------------------------------------


def test_no_large_file():
    assert not {named(path): path.stat().st_size for path in FILES if path.stat().st_size > 16 * MB}


def test_the_top_level_holds_what_the_design_lists():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} <= TOP_LEVEL


def crowded(paths, first_level=28, modules=110):
    """How many entries the first level of `spg` has, and how many Python files in all: those that are too many.

    paths: as from the repository's root, of its files.
    """
    inside = [path.parts[1:] for path in paths if path.parts[0] == "spg"]
    found = {"first level": len({parts[0] for parts in inside}), "modules": sum(p[-1].endswith(".py") for p in inside)}
    return {what: n for (what, n), most in zip(found.items(), (first_level, modules), strict=True) if n > most}


def test_the_package_has_few_rooms():
    assert not crowded(path.relative_to(ROOT) for path in FILES)


def test_the_rule_of_rooms_can_fail():
    rooms = [Path("spg", f"{i}.py") for i in range(29)]
    assert crowded(rooms) == {"first level": 29} and not crowded(rooms[:28])
    assert crowded(Path("spg", "a", f"{i}.py") for i in range(111)) == {"modules": 111}


def broken_links(markdown, folder):
    """Links and pictures of a Markdown text that point to no file under folder."""
    targets = re.findall(r"\]\(<?([^)\s>]+)", markdown) + re.findall(r"(?:src|href)=\"([^\"]+)\"", markdown)
    local = [t.split("#")[0] for t in targets if not re.match(r"[a-z]+:|#", t)]
    return [target for target in local if not (folder / target).exists()]


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".md"], ids=named)
def test_links_lead_somewhere(path):
    broken = broken_links(text_of(path), path.parent)
    if path.parent == ROOT / "notebooks" / "site":  # these pages come to the top of the site
        broken = set(broken) & set(broken_links(text_of(path), ROOT))
    assert not broken


def page_text(path):
    """What a reader of a page sees: a Markdown file, or the Markdown cells of a notebook."""
    if path.suffix == ".md":
        return text_of(path)
    cells = json.loads(text_of(path))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def anchors(markdown):
    """The anchors that GitHub gives a text's headings."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def lost_anchors(markdown, path):
    """Links of the page at path to a heading that the page they lead to does not have."""
    found = []
    for target, anchor in re.findall(r"\]\(([^)\s#:]*)#([^)\s]+)\)", markdown):
        page = path.parent / target if target else path
        if page.suffix in (".md", ".ipynb") and page.exists() and anchor not in anchors(page_text(page)):
            found.append(f"{target}#{anchor}")
    return found


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in (".md", ".ipynb")], ids=named)
def test_anchors_lead_to_headings(path):
    assert not lost_anchors(page_text(path), path)


def test_the_anchor_rule_can_fail():
    assert anchors("# A `b`: c, the *d*?\n\ntext\n## 2 e-f") == {"a-b-c-the-d", "2-e-f"}
    text = "[a](CHANGELOG.md#nowhere) [b](README.md#spg-net-step-by-step) [c](https://example.org/README.md#none)"
    assert lost_anchors(text, ROOT / "x.md") == ["CHANGELOG.md#nowhere"]


def test_the_link_rule_can_fail():
    text = '[a](README.md#top) ![b](no/such.png) <img src="nor/this.png"> [c](https://example.org) [d](#here)'
    assert broken_links(text, ROOT) == ["no/such.png", "nor/this.png"]


def unshown(figures, texts):
    """The names of figures that no text shows or links to. figures, texts: file names, and what the pages say."""
    linked = {target.rpartition("/")[2] for text in texts for target in re.findall(r"\]\(<?([^)\s>#]+)", text)}
    return sorted(set(figures) - linked)


def test_every_tracked_figure_is_shown_by_a_page():
    pages = [path for path in FILES if path.suffix in (".md", ".ipynb")]
    figures = [path.name for path in FILES if path.parent == ROOT / "figures" and path.suffix == ".png"]
    assert unshown(figures, map(page_text, pages)) == [], "git rm them, or show them"
    assert 0 < len(figures) <= 40


def test_the_figure_rule_can_fail():
    assert unshown(["a.png", "b.png", "c.png"], ["![a](figures/a.png), b.png", "see [c](../figures/c.png)"]) == [
        "b.png"
    ]


# --- the paper ------------------------------------------------------------------------------------------------------


THE_PAPER = text_of(ROOT / "notebooks" / "THE_PAPER.md")
CITATION = re.compile(r"THE_PAPER\.md(?:\]\([^)]*\))?, section (\d+)(?:, eq\. \((\d+)\))?")


def lost_citations(text, page=THE_PAPER):
    """Citations of sections and equations that THE_PAPER.md does not have, and of other pages on the paper."""
    sections = set(re.findall(r"^## (\d+) ", page, re.MULTILINE))
    equations = set(re.findall(r"\\tag\{(\d+)\}", page)) | {""}
    cited = [(m[0], m[1], m[2] or "") for m in CITATION.finditer(text)]
    lost = [words for words, section, equation in cited if section not in sections or equation not in equations]
    return lost + re.findall(r"(?<!THE_)PAPER\.md.*", text) + re.findall(r"THE_PAPER\.md, (?!section \d).*", text)


def hearsay(text):
    """Words for where a statement comes from that a reader cannot follow: THE_PAPER.md has three marks for that."""
    return re.findall(r"\b[Rr]ecalled\b|\b[Ss]econd-hand\b|\b[Oo]ur notes\b|\[R\]", text)


SAID = [path for path in FILES if path.suffix in (".py", ".ipynb", ".md") and path != Path(__file__).resolve()]


def test_citations_of_the_paper_lead_somewhere():
    assert not {named(path): found for path in SAID if (found := lost_citations(text_of(path)))}
    assert sum(len(CITATION.findall(text_of(path))) for path in MODULES) >= 10


def test_sources_are_named_in_the_three_words():
    assert not {named(path): found for path in SAID if (found := hearsay(text_of(path)))}


PAGE = re.compile(r"\b[A-Z][A-Z_]+\.md\b")


def test_pages_named_in_the_code_are_there():
    there = {path.name for path in FILES}
    named_pages = {page for path in MODULES for page in PAGE.findall(text_of(path))}
    assert "THE_PAPER.md" in named_pages <= there | {"PROTOCOL.md"}  # a study writes that one into its own folder


def test_the_citation_rules_can_fail():
    page = "## 1 Notation\n## 2 Losses\n$$x \\tag{1}$$"
    good = "THE_PAPER.md, section 2, eq. (1); [THE_PAPER.md](THE_PAPER.md), section 1."
    assert lost_citations(good, page) == []
    assert lost_citations("[THE_PAPER.md, section 3] THE_PAPER.md, section 2, eq. (4)", page) == [
        "THE_PAPER.md, section 3",
        "THE_PAPER.md, section 2, eq. (4)",
    ]
    assert lost_citations("PAPER.md, Data", page) and lost_citations("THE_PAPER.md, Data", page)
    assert hearsay("Recalled from a second-hand note [R]") == ["Recalled", "second-hand", "[R]"]


# --- modules ------------------------------------------------------------------------------------------------------


def dotted(path):
    """spg/data/frames.py -> spg.data.frames; spg/data/__init__.py -> spg.data"""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, known):
    """The modules among known that the module at path imports, anywhere in it."""
    package = dotted(path) if path.name == "__init__.py" else dotted(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in known else base for a in node.names}
    return found & known


GRAPH = {dotted(path): imports(path, {dotted(p) for p in MODULES}) for path in MODULES}


def floor(module):
    """spg.data.frames stands on the floor of `data`; the package itself is the roof."""
    return FLOOR.get(module.split(".")[1], len(FLOORS)) if "." in module else len(FLOORS) + 1


def test_every_module_stands_on_a_floor():
    homeless = [module for module in GRAPH if "." in module and module.split(".")[1] not in FLOOR]
    assert not homeless, f"add {homeless} to FLOORS in {named(Path(__file__))}"


@pytest.mark.parametrize("module", sorted(GRAPH))
def test_imports_run_from_the_ground_up(module):
    above = [other for other in GRAPH[module] if floor(other) > floor(module)]
    assert not above, f"{module} (floor {floor(module)}) imports {above}"


def test_imports_make_no_circle():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, naming the circle


def undocumented(source):
    """Names of the public top-level functions and classes without a docstring; "module" for the module itself."""
    tree = ast.parse(source)
    things = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    public = [n for n in things if not n.name.startswith("_")]
    missing = [] if ast.get_docstring(tree) else ["module"]
    return missing + [n.name for n in public if not ast.get_docstring(n)]


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_public_names_have_docstrings(path):
    assert undocumented(text_of(path)) == []


def test_the_docstring_rule_can_fail():
    assert undocumented("def a(): pass\nclass B: pass\ndef _c(): pass") == ["module", "a", "B"]
