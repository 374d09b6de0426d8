"""The segmentation editor: paint the layout, see the street change.

`SegmentationEditor` is the widget, `Session` the same without a window, `replay` does a saved record again.
"""

from importlib import import_module

_HOMES = {
    "SegmentationEditor": "spg.editor.widget",
    "Session": "spg.editor.session",
    "replay": "spg.editor.session",
    "Refused": "spg.editor.edits",
}
__all__ = ["Refused", "SegmentationEditor", "Session", "replay"]


def __getattr__(name):
    """Import what is used: `spg replay` needs no anywidget."""
    if name not in _HOMES:
        raise AttributeError(f"module 'spg.editor' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
