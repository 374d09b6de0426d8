"""From files to nets, and from nets to an `Inpainter`."""

from spg.engine import checkpoints
from spg.engine.checkpoints import restore
from spg.inpainting import Inpainter, best_device
from spg.labels import CLASSES
from spg.profiles import at, from_dict
from spg.tasks import task
from spg.weights.designs import DESIGNS
from spg.weights.files import record, resolve, with_segmenter


def load_net(path, model=None):
    """Build the generator a checkpoint describes and load it. Returns (net in eval mode, about).

    model: what it must be (`spnet`, …), if given. Raises FileNotFoundError, or ValueError naming the file when it
    is damaged, of another model, of other classes, or its tensors do not fit its profile.
    """
    tensors, about = checkpoints.load(path)
    if model and about.get("model") != model:
        raise ValueError(f"{path} holds a {about.get('model')!r} net, not {model!r}")
    if about.get("classes") != list(CLASSES):
        raise ValueError(f"{path} was trained for the classes {about.get('classes')}, this version has {list(CLASSES)}")
    profile = from_dict(about["profile"])
    net = task(about["model"]).generator(profile, at(profile, about["size"]))
    try:
        restore(net, tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors do not fit its profile (another width?): {error}") from error
    net.trained_at, net.soft = about["size"], profile.soft
    return net.eval(), about


class Nets:
    """The nets of some weights (see `resolve`), each loaded when it is first asked for, and once.

    Weights with an SP-Net and without a segmenter borrow a shipped one.
    """

    def __init__(self, weights, device=None):
        self.name = "this set of weights" if isinstance(weights, dict | list | tuple) else weights
        self.files, self.device = with_segmenter(resolve(weights)), best_device(device)
        self._loaded = {}

    def __contains__(self, model):
        return model in self.files

    def require(self, models, who=""):
        """Raises ValueError, which starts with who, naming the models that these weights lack, and the remedy."""
        missing = [model for model in models if model not in self]
        if missing:
            train = f"train with `spg train {missing[0]} --data SPEC --out DIR`"
            raise ValueError(f"{who}{self.name} lacks {' and '.join(missing)}: {train}, or name other weights")

    def inpainter(self, spnet=None, painter=None, segmenter=False, **options):
        """An `Inpainter` of these models; options go to it. Without spnet it can only paint, without painter predict.

        segmenter: give it the segmenter too, where there is one.
        """
        self.require([model for model in (spnet, painter) if model])
        third = "segmenter" if segmenter and "segmenter" in self else None
        parts = [model and self._net(model) for model in (spnet, painter, third)]
        options.setdefault("size", self._loaded[painter or spnet][1]["size"])
        return Inpainter(*parts, device=self.device, **options)

    def _net(self, model):
        if model not in self._loaded:
            self._loaded[model] = load_net(self.files[model], model)
        return self._loaded[model][0]

    def best_design(self):
        """The better design these weights hold both nets of; where they hold none, the one they hold most of."""
        return max(DESIGNS, key=lambda name: sum(model in self for model in DESIGNS[name]))

    def record(self):
        """What a result file says of the nets that were used, see `spg.weights.record`."""
        return record({model: self.files[model] for model in self._loaded})


def load(weights, device=None, design=None, **options):
    """An `Inpainter` with the weights of that name, folder or list (see `resolve`); options go to it.

    design: `spg-plus` or `spg`; None takes the better pair of nets there is. Raises ValueError when the weights
    lack SP-Net or SG-Net. Weights without a segmenter borrow a shipped one.
    """
    if design not in (None, *DESIGNS):
        raise ValueError(f"unknown design {design!r}; known: {', '.join(DESIGNS)}")
    nets = Nets(weights, device)
    return nets.inpainter(*DESIGNS[design or nets.best_design()], segmenter=True, **options)
