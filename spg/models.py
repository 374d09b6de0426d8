"""All models and all methods: what `spg train` can train, and which nets make up which method of the tables."""

from spg.baselines.gfc import GFC
from spg.baselines.glcic import GLCIC
from spg.tasks import Segmentation, SegmentationGuidance, SegmentationPrediction

MODELS = {
    "spnet": SegmentationPrediction,
    "sgnet": SegmentationGuidance,
    "sgnet-noseg": lambda: SegmentationGuidance(guided=False),
    "spnet-plus": lambda: SegmentationPrediction(plus=True),
    "sgnet-plus": lambda: SegmentationGuidance(plus=True),
    "sgnet-plus-noseg": lambda: SegmentationGuidance(guided=False, plus=True),
    "glcic": GLCIC,
    "gfc": GFC,
    "segmenter": Segmentation,
}

# method → (SP-Net that predicts the layout, or None; the net that paints). An oracle is told the true layout,
# and the others without an SP-Net look at no labels at all. Without a net that paints, PatchMatch does, class by class.
METHODS = {
    "glcic": (None, "glcic"),
    "gfc": (None, "gfc"),
    "noseg": (None, "sgnet-noseg"),
    "spg": ("spnet", "sgnet"),
    "spg-oracle": (None, "sgnet"),
    "noseg-plus": (None, "sgnet-plus-noseg"),
    "spg-plus": ("spnet-plus", "sgnet-plus"),
    "spg-plus-oracle": (None, "sgnet-plus"),
    "patchmatch-layout": ("spnet-plus", None),
    "spg-plus-textured": ("spnet-plus", "sgnet-plus"),
    "spg-plus-textured-oracle": (None, "sgnet-plus"),
}
TEXTURED = ("spg-plus-textured", "spg-plus-textured-oracle")  # what is no object gets patches of its class at the end
DESIGNS = {name: METHODS[name] for name in ("spg-plus", "spg")}  # what `load` can choose from, the better one first
SPNETS = ("spnet", "spnet-plus")
PAINTERS = tuple(dict.fromkeys(painter for _, painter in METHODS.values() if painter))
SPNET_OF = {painter: spnet for spnet, painter in DESIGNS.values()}  # SG-Net → the SP-Net it works with


def models(method):
    """The models a method of the table needs, SP-Net first."""
    return [model for model in METHODS[method] if model]


def task(model):
    """The task of a model name. Raises ValueError naming the known ones."""
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}; known: {', '.join(MODELS)}")
    return MODELS[model]()


def check_settings(model, keys):
    """Raise ValueError naming the profile keys that have no effect on the model, and those that have one."""
    reads = task(model).reads
    idle = [key for key in keys if key not in reads]
    if idle:
        have = "has" if len(idle) == 1 else "have"
        raise ValueError(f"{', '.join(idle)} {have} no effect on {model}; its keys are {', '.join(sorted(reads))}")
