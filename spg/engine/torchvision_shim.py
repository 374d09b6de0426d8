"""Make `import torchvision` work where its compiled part cannot be loaded.

pip gives torchvision's CUDA wheel beside a CPU build of torch. Its compiled library then does not
load, the operators it would define are missing, and `import torchvision` stops with "operator
torchvision::nms does not exist", although this project and segmentation-models-pytorch
only need its Python part. Declaring the two operators, without a body, is enough.

Call `import_safely()` before importing anything that imports torchvision.
"""

import importlib
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import torch

# The operators torchvision attaches a fake kernel to at import, compiled part or not.
_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared = []  # torch forgets the declarations of a Library that is garbage-collected


def import_safely():
    """Import torchvision and return it, with or without its compiled operators.

    Where the compiled part loads, nothing is declared and this is a plain import. Raises ImportError
    if torchvision is not installed.
    """
    if "torchvision" in sys.modules:
        return sys.modules["torchvision"]
    spec = importlib.util.find_spec("torchvision")
    if spec is None:
        raise ImportError("torchvision is not installed: pip install torchvision")
    if not _compiled_part_loads(Path(spec.origin).parent):
        _declare_missing()
    return importlib.import_module("torchvision")


def _compiled_part_loads(folder):
    """Try what torchvision itself will try: load folder/_C.*. Loading it twice does no harm."""
    libraries = [folder / f"_C{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES]
    for library in filter(Path.exists, libraries):
        try:
            torch.ops.load_library(str(library))
            return True
        except OSError:
            return False
    return False


def _declare_missing():
    # FRAGMENT, because only one DEF may exist per namespace and it is torchvision's to make.
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            library.define(schema)
    _declared.append(library)
