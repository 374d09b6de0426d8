"""What a reader of the site gets beyond the theme: folded answers, words for pictures, links to equations."""

import json
import os
import re
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s#:]+)\)")
PAPER = "notebooks/THE_PAPER"
TAG = re.compile(r"\\tag\{(\w+)\}")
NUMBER = re.compile(r"(eq\. )?\((\d+)\)")
FIGURE = re.compile(r"plots\.show\(.*?[\"'](\d\d[a-z]?-[a-z0-9-]+)[\"']", re.DOTALL)
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = "<p><em>Where a kernel runs, a widget is here.</em> {}</p>"
SHOWN = {"SegmentationEditor": '<a href="../edit.html">The editor’s page</a> shows it, and says how to open it.'}


def setup(app, address):
    """Connect all of it. address: of the repository, or None."""
    app.connect("source-read", lambda app, docname, source: link_folders(docname, source, address))
    app.connect("source-read", prepare)
    app.connect("doctree-read", fold_and_name)
    app.connect("doctree-resolved", link_equations)
    app.connect("autodoc-process-docstring", as_prose)


# ---------------------------------------------------------------- the file


def link_folders(docname, source, address):
    """Let a link to a folder of the repository lead there; where its address is not known, only the words stay."""

    def replace(match):
        place = os.path.normpath(Path(docname).parent / match[2])
        if not (ROOT / place).is_dir():
            return match[0]
        return f"[{match[1]}]({address}/tree/main/{place})" if address else match[1]

    source[0] = LINK.sub(replace, source[0])


def prepare(app, docname, source):
    """Give pictures of a notebook their alternative text and their name, fold its setup, and replace its widgets."""
    if not source[0].startswith("{"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            _prepare(cell)
    source[0] = json.dumps(notebook)


def _prepare(cell):
    tags = cell["metadata"].setdefault("tags", [])
    if "setup" in tags:
        tags.append("hide-input")
    for output in cell["outputs"]:
        alt = output.get("metadata", {}).get("image/png", {}).get("alt")
        if alt:
            name = FIGURE.search("".join(cell["source"]))
            cell["metadata"]["mystnb"] = {
                "image": {"alt": alt},
                "figure": {"name": f"figure-{name[1]}"} if name else {},
            }
        if WIDGET in output.get("data", {}):
            kind = "".join(output["data"].get("text/plain", "")).partition("(")[0]
            output["data"] = {"text/html": KERNEL.format(SHOWN.get(kind, ""))}


# ---------------------------------------------------------------- the page


def fold_and_name(app, doctree):
    """Fold *Solutions* and the paragraphs that begin with **Read.**; give equations names, and figures links."""
    for section in list(doctree.findall(nodes.section)):
        if section[0].astext() == "Solutions":
            _fold(section[1:], section, 1, "Show the solutions")
    for paragraph in list(doctree.findall(nodes.paragraph)):
        strong = next(iter(paragraph.findall(nodes.strong)), None)
        if strong and strong.astext() == "Read." and paragraph.astext().startswith("Read."):
            paragraph.remove(strong)
            _fold([paragraph], paragraph.parent, paragraph.parent.index(paragraph), "Read")
    for figure in doctree.findall(nodes.figure):
        if figure["ids"]:
            link = f'<a class="headerlink" href="#{figure["ids"][0]}" title="Link to this figure">#</a>'
            figure.append(nodes.raw("", link, format="html"))
    for equation in doctree.findall(nodes.math_block):
        if tag := TAG.search(equation.astext()):
            equation["ids"].append(f"equation-{tag[1]}")


def _fold(children, parent, first, summary):
    begin = f'<details class="answer"><summary>{summary}</summary>'
    parent.insert(first, nodes.raw("", begin, format="html"))
    parent.insert(first + 1 + len(children), nodes.raw("", "</details>", format="html"))


def link_equations(app, doctree, docname):
    """Make a link of each number in round brackets that is an equation's: of this page, or after `eq.` the paper's."""
    own = {name for equation in doctree.findall(nodes.math_block) for name in equation["ids"]}
    paper = app.builder.get_relative_uri(docname, PAPER)
    for text in [t for t in doctree.findall(nodes.Text) if isinstance(t.parent, nodes.paragraph | nodes.entry)]:
        made = _linked(str(text), own, "" if docname == PAPER else paper)
        if len(made) > 1:
            text.parent.replace(text, made)


def _linked(text, own, paper):
    """The nodes that a text becomes. own: names of the page's equations; paper: address of the paper's page."""
    made, done = [], 0
    for match in NUMBER.finditer(text):
        name = f"equation-{match[2]}"
        if match[1] or name in own:
            made.append(nodes.Text(text[done : match.start()]))
            target = f"{paper if match[1] else ''}#{name}"
            made.append(nodes.reference("", match[0], internal=True, refuri=target))
            done = match.end()
    return [*made, nodes.Text(text[done:])]


def as_prose(app, what, name, thing, options, lines):
    """A docstring's paragraphs as plain text, examples as they are: docstrings here are not written in a markup."""
    for i, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            lines[i] = re.sub(r"(?=[|*_])", r"\\", line.strip()) if "`" not in line else line.strip()
