"""One visual language for every figure: class colours, a hole that cannot be mistaken for content, one `save`.

Figures are made without pyplot, so nothing global is left behind and no display is needed.
"""

import io
import os
import warnings
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from spg.engine.places import build
from spg.engine.writing import write
from spg.labels import STREET, colour

# Okabe and Ito's colours, told apart with every kind of colour vision; black last, for references.
CURVES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
HOLE, HATCH = (222, 200, 222), (196, 160, 196)  # a flat light magenta-grey and the stripes on it: no street has it
LARGEST = 300_000  # bytes of a saved figure; a repository of pictures has to stay light


def show_hole(image, hole):
    """Draw what is known. image: uint8 3×H×W; hole: H×W, 1 = missing. Returns uint8 H×W×3."""
    height, width = hole.shape
    period = max(4, min(height, width) // 16)
    diagonal = (np.arange(height)[:, None] + np.arange(width)[None, :]) % period
    fill = np.where((diagonal < max(1, period // 4))[..., None], np.uint8(HATCH), np.uint8(HOLE))
    return np.where((hole == 1)[..., None], fill, image.transpose(1, 2, 0))


def show_labels(labels, hole=None, of=STREET):
    """Colour a label map of the set `of`, its missing part hatched if a hole is given. uint8 H×W -> uint8 H×W×3."""
    picture = colour(labels, of)
    return picture if hole is None else show_hole(picture.transpose(2, 0, 1), hole)


def show_image(image):
    """uint8 3×H×W -> uint8 H×W×3."""
    return image.transpose(1, 2, 0)


def show_map(values, low=None, high=None):
    """Draw numbers H×W as a picture: dark is `low` (default: their minimum), bright is `high`. Returns uint8 H×W×3.

    In cividis, whose brightness grows evenly and which looks alike with every kind of colour vision.
    """
    low, high = (np.min(values) if low is None else low), (np.max(values) if high is None else high)
    share = (np.asarray(values, float) - low) / max(high - low, 1e-12)
    return colormaps["cividis"](share.clip(0, 1), bytes=True)[..., :3]


def legend(target, classes=None, of=STREET, **options):
    """Add colours and names of a class set, all or the numbers given, to axes or below a figure. Returns the legend."""
    classes = range(len(of)) if classes is None else classes
    patches = [
        Patch(facecolor=of.palette[c] / 255, edgecolor="#555555", linewidth=0.5, label=of.names[c]) for c in classes
    ]
    below = {"loc": "outside lower center", "ncols": _legend_columns(target, of)} if isinstance(target, Figure) else {}
    return target.legend(handles=patches, frameon=False, fontsize=8, handlelength=1.2, **{**below, **options})


def _legend_columns(fig, of):
    return min(len(of), max(2, int(fig.get_figwidth() / 1.05)))  # a name and its patch take about an inch


def figure(width=6.4, height=4.0):
    """An empty figure of this many inches, with the project's text sizes and an Agg canvas."""
    fig = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig


def panels(columns=1, width=6.4, height=4.0):
    """A figure with empty axes side by side, without a box and on a light grid. Returns (Figure, list of axes)."""
    fig = figure(width, height)
    row = list(fig.subplots(1, columns, squeeze=False)[0])
    for axes in row:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
    return fig, row


def curves(series, xlabel, ylabel):
    """Draw up to eight lines in the colour-blind-safe order. series: dict name -> (x, y). Returns a Figure."""
    if len(series) > len(CURVES):
        raise ValueError(f"{len(series)} lines in one plot cannot be told apart; split it, {len(CURVES)} is the most")
    fig, (axes,) = panels()
    for (name, (x, y)), line in zip(series.items(), CURVES, strict=False):
        axes.plot(x, y, color=line, label=name, linewidth=1.6)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.legend(frameon=False)
    return fig


def sheet(rows, titles, row_titles=None, side=1.5, classes=None, of=STREET, holes=None):
    """Lay pictures out in a grid. Returns a Figure.

    rows: list of lists of uint8 H×W×3, or None for an empty cell; titles: one per column; row_titles: one per
    row; side: inches per picture; classes: class numbers to explain in a legend, of the set `of`; holes: one per row,
    H×W or None, whose outline is drawn on the row's pictures. Raises ValueError when a row has another length than
    titles.
    """
    if any(len(row) != len(titles) for row in rows):
        raise ValueError(f"every row needs {len(titles)} pictures, one per title; got {[len(row) for row in rows]}")
    fig = figure(side * len(titles), side * len(rows) + 0.3)
    grid = fig.subplots(len(rows), len(titles), squeeze=False)
    fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            _picture(grid[i, j], picture, titles[j] if i == 0 else None)
            if holes is not None and holes[i] is not None and picture is not None:
                _outline(grid[i, j], holes[i])
        if row_titles:
            grid[i, 0].set_ylabel(row_titles[i], fontsize=9)
    if classes is not None:
        fig.set_figheight(fig.get_figheight() + 0.2 * -(-len(classes) // _legend_columns(fig, of)))
        legend(fig, classes, of)
    return fig


def _picture(axes, picture, title):
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if picture is not None:
        axes.imshow(picture, interpolation="nearest")
    if title:
        axes.set_title(title, fontsize=9)


def _outline(axes, hole):
    """Draw the rim of a hole H×W, a dark line on a light one, so that it is seen on every colour."""
    limits = axes.get_xlim(), axes.get_ylim()
    height, width = hole.shape
    for ink, line in (("white", 2.2), ("black", 0.9)):
        rim = np.pad(hole, 1).astype(float)
        axes.contour(np.arange(-1, width + 1), np.arange(-1, height + 1), rim, [0.5], colors=ink, linewidths=line)
    axes.set(xlim=limits[0], ylim=limits[1])


def save(fig, path, dpi=150):
    """Write a Figure (or a uint8 H×W×3 picture) as PNG, at most 300 kB, making folders. Returns the path."""
    return write(path, encode(fig, dpi))


def encode(fig, dpi=150, largest=LARGEST):
    """A Figure (or a uint8 H×W×3 picture) as a PNG's bytes, at most so many (largest).

    What comes out larger is drawn with fewer dots, then with 256 colours, and at last shrunk.
    """
    data = _png(fig, dpi)
    while len(data) > largest and isinstance(fig, Figure) and dpi > 80:
        dpi = max(80, int(dpi * 0.8))
        data = _png(fig, dpi)
    if len(data) > largest:
        data = _fewer_colours(data, largest)
    return data


def show(fig, name, alt, largest=LARGEST):
    """Save a figure and hand it to the notebook with its alternative text. largest: bytes; photographs need more.

    It goes to $SPG_FIGURES/NAME.png, by default to figures/ in the folder that lessons write into (see
    `spg.engine.places.build`). The figures that a page shows are committed in figures/: `make notebooks` copies those
    from the ones it has made. Where that folder cannot be written, the figure is shown all the same, and a warning
    says so.
    """
    from IPython.display import Image as Shown  # there in every notebook, and needed nowhere else

    data = encode(fig, largest=largest)
    try:
        write(Path(os.environ.get("SPG_FIGURES") or build() / "figures") / f"{name}.png", data)
    except OSError as error:
        warnings.warn(f"the figure is shown, but not kept ({error}); set SPG_FIGURES to a folder for it", stacklevel=2)
    return Shown(data, format="png", alt=alt)


def _png(fig, dpi):
    if not isinstance(fig, Figure):
        return _encode(Image.fromarray(fig))
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", pad_inches=0.05)
    return _encode(Image.open(buffer).convert("RGB"))  # without opacity: an eighth smaller, and no pixel differs


def _fewer_colours(data, largest):
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    data = _encode(picture.quantize(256))
    while len(data) > largest:
        picture = picture.resize((picture.width * 4 // 5, picture.height * 4 // 5), Image.Resampling.LANCZOS)
        data = _encode(picture.quantize(256))
    return data


def _encode(picture):
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
