"""MODEL_CARDS.md out of the registry: what each shipped net is, where it comes from, what it reached."""

from spg.engine.markdown import table

WHAT = {
    "spnet": "SP-Net, the paper's design: completes the label map in the hole",
    "sgnet": "SG-Net, the paper's design: paints the picture after the label map",
    "sgnet-noseg": "SG-Net's design without any labels: what the paper's ablation compares with",
    "spnet-plus": "SP-Net of our own design, SPG-Net+",
    "sgnet-plus": "SG-Net of our own design, SPG-Net+",
    "sgnet-plus-noseg": "SPG-Net+'s painter without any labels",
    "glcic": "GL, globally and locally consistent completion (Iizuka et al. 2017), our code",
    "gfc": "GFC, generative face completion (Li et al. 2017), our code, here for streets",
    "segmenter": "DeepLabv3+ that labels the known part of a picture",
}
HEAD = """# Model cards

Rendered from `registry.json` by `spg ship`; a test checks that the two agree, so edit neither by hand. Every file holds
half-precision tensors in safetensors format, and its sha256 is checked when it is loaded.

**Meant for** lessons, experiments and comparisons on pictures like those a set was trained on: streets seen from a car,
holes of up to a quarter of the picture. **Not meant for** evidence, surveillance or any use in which a made-up filling
could be taken for a record of what was there: the nets invent what they paint, and small classes (signs, people) are
predicted worst. Classes: road, building, sign, vegetation, sky, person, vehicle, other.
"""


def cards(entries):
    """The text of MODEL_CARDS.md. entries: the registry, name → entry."""
    return "\n".join([HEAD, *(_card(name, entry) for name, entry in entries.items())])


def _card(name, entry):
    nets, judges = entry["nets"], entry.get("discriminators", {})
    files = [*nets.values(), *judges.values()]
    data = ", ".join(sorted({net["data"] for net in nets.values()}))
    rows = [[f"`{m}`", WHAT[m], net["profile"]["name"], f"{net['size']}", *_course(net)] for m, net in nets.items()]
    head = ["net", "what", "profile", "size", "pictures seen", "steps", "minutes"]
    return (
        f"## {name}\n\nTrained on: {data}. Licence: {entry['licence']}.\n\n"
        + table([head, *rows], text_columns=3)
        + f"\nTraining:\n\n```\n{_recipes(nets)}\n```\n\nFiles:\n\n"
        + table([["file", "sha256"], *([net["file"], f"`{net['sha256']}`"] for net in files)], text_columns=2)
        + "".join(map(_measurement, entry["metrics"]))
    )


def _course(net):
    steps = net["pictures_seen"] // net["profile"]["batch"]  # those of a start count
    return [f"{net['pictures_seen']:,}", f"{steps:,}", f"{net['seconds'] / 60:.0f}"]


def _recipes(nets):
    return "\n".join(dict.fromkeys(net["recipe"] for net in nets.values()))


def _measurement(m):
    """One measurement as a caption and its tables."""
    where = f"{m['data']} {m['split']}, {m['size']}×{m['size']}, holes {m['holes']}, {m['labels']} labels, n = {m['n']}"
    text = f"\nMeasured on {where} (LPIPS by {m['perceptual']}, commit {m['commit']}):\n\n"
    text += _table("method", m["methods"])
    for what in ("layouts", "segmenter"):
        rows = m.get(what) or {}
        rows = {"segmenter": rows} if what == "segmenter" and rows else rows
        text += "\n" + _table("labels by", rows) if rows else ""
    return text


def _table(what, rows):
    """rows: name → {metric: value or None}, all of the same metrics."""
    metrics = list(next(iter(rows.values())))
    cells = [[name, *(_cell(row[metric]) for metric in metrics)] for name, row in rows.items()]
    return table([[what, *(metric.replace("_", " ") for metric in metrics)], *cells])


def _cell(value):
    return "–" if value is None else f"{value:.4g}"
