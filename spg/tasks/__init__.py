"""What is trained: for each model its nets, what goes in, what the discriminators see, and its own loss terms.

The trainer (`spg.training`) knows none of this; it plays generator against discriminators.
"""

from spg.tasks.gfc import GFC
from spg.tasks.glcic import GLCIC
from spg.tasks.guidance import SegmentationGuidance
from spg.tasks.prediction import SegmentationPrediction
from spg.tasks.segmentation import Segmentation

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


def task(model):
    """The task of a model name. Raises ValueError naming the known ones."""
    if model not in MODELS:
        raise ValueError(f"unknown model {model!r}; known: {', '.join(MODELS)}")
    return MODELS[model]()
