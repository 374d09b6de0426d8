"""From a checkpoint to the net that it holds."""

from spg.engine import checkpoints
from spg.labels import recorded
from spg.models import task
from spg.profiles import at, from_dict


def load_net(path, model=None):
    """Build the generator a checkpoint describes and load it. Returns (net in eval mode, about).

    model: what it must be (`spnet`, …), if given. Raises FileNotFoundError, or ValueError naming the file when it
    is damaged, of another model, of other classes, or its tensors do not fit its profile.
    """
    tensors, about = checkpoints.load(path)
    if model and about.get("model") != model:
        raise ValueError(f"{path} holds a {about.get('model')!r} net, not {model!r}")
    profile, made = from_dict(about["profile"]), task(about["model"])
    made.classes = recorded(about, path)
    net = made.generator(profile, at(profile, about["size"]))
    try:
        checkpoints.restore(net, tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: its tensors do not fit its profile (another width?): {error}") from error
    return net.eval(), about
