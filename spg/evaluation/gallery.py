"""The pictures of an evaluation: every filling at full size, and contact sheets of the first scenes."""

from pathlib import Path

from spg import plots
from spg.labels import STREET
from spg.pictures import write_png

PICTURED, PER_SHEET = 24, 6  # scenes on contact sheets in all, and on one sheet
BESIDE = ("truth", "hole")  # folders beside those of the methods


class Gallery:
    """A folder of pictures: METHOD/NNNN.png, truth/NNNN.png, hole/NNNN.png (white = missing), and sheet-NN.png.

    NNNN is the scene's number; of several holes a scene, the second is NNNN-1.png. Each file is written whole or not
    at all. classes: the set of the label maps. Raises ValueError for a method whose name is no name of a folder, or one
    of BESIDE.
    """

    def __init__(self, folder, methods, layouts=None, classes=STREET):
        self.folder, self.methods, self.layouts, self.classes = (
            Path(folder),
            list(methods),
            list(layouts or {}),
            classes,
        )
        self.rows, self.numbers = [], []  # of the contact sheets
        for name in self.methods:
            if name in BESIDE or Path(name).name != name:
                raise ValueError(f"a method called {name!r} cannot have a folder of pictures: give it another name")

    def add(self, i, k, image, hole, labels, filled, completed):
        """Write one hole's pictures. i, k: numbers of scene and hole; filled, completed: name -> picture, layout."""
        name = f"{i:04d}" + (f"-{k}" if k else "") + ".png"
        for part, pixels in {"truth": image.transpose(1, 2, 0), "hole": 255 * hole}.items():
            write_png(pixels, self.folder / part / name)
        for method, picture in filled.items():
            write_png(picture.transpose(1, 2, 0), self.folder / method / name)
        if k == 0 and len(self.rows) < PICTURED:
            self.rows.append(_row(image, hole, labels, filled, completed, self.classes))
            self.numbers.append(str(i))

    def write_sheets(self):
        """The contact sheets of the first scenes."""
        titles = [*BESIDE, *self.methods]
        if self.layouts:
            titles += ["true labels", "known labels", *self.layouts]
        for start in range(0, len(self.rows), PER_SHEET):
            part = slice(start, start + PER_SHEET)
            classes = range(len(self.classes)) if self.layouts else None
            fig = plots.sheet(self.rows[part], titles, self.numbers[part], classes=classes, of=self.classes)
            plots.save(fig, self.folder / f"sheet-{start // PER_SHEET:02d}.png")


def write_painted(folder, name, filled, layout, hole, classes=STREET):
    """Write one picture with the layout it was painted after: NAME.png, NAME-layout.png (in colours), NAME-hole.png."""
    parts = {"": filled.transpose(1, 2, 0), "-layout": plots.show_labels(layout, of=classes), "-hole": 255 * hole}
    for part, pixels in parts.items():
        write_png(pixels, Path(folder) / f"{name}{part}.png")


def _row(image, hole, labels, filled, completed, of):
    row = [plots.show_image(image), plots.show_hole(image, hole), *map(plots.show_image, filled.values())]
    if completed:
        row += [plots.show_labels(labels, of=of), plots.show_labels(labels, hole, of)]
    return row + [plots.show_labels(layout, of=of) for layout in completed.values()]
