"""The discriminators of a training: they judge while a net learns, and lessons look at what they have learned.

A training keeps them in MODEL.last.safetensors, beside everything else it resumes from. A shipped set may hold some
in half precision, under "discriminators" of its registry entry.
"""

from pathlib import Path

from spg.engine import checkpoints, shipped
from spg.engine.shipped import checked, registry
from spg.profiles import from_dict
from spg.tasks import task
from spg.weights.files import data_of, sha256
from spg.weights.shipping import in_half, write_registry


def load_discriminators(weights, model="sgnet"):
    """The discriminators that judged a model's training. Returns (net in eval mode, about).

    weights: a shipped set's name, or the folder of a training. Raises ValueError naming the place and the remedy where
    there are none, or where the training had none.
    """
    path = find_discriminators(weights, model)
    tensors, about = checkpoints.load(path)
    state = tensors.get("D") if path.name.endswith(".last.safetensors") else tensors
    if not state:
        raise ValueError(f"{path}: this {model} was trained without discriminators (adv=0 feature=0)")
    net = task(about["model"]).discriminator(from_dict(about["profile"]))
    net.load_state_dict({k: v.float() for k, v in checkpoints.flatten(state).items()})
    return net.eval(), about


def find_discriminators(weights, model="sgnet"):
    """The file of `load_discriminators`. Raises ValueError where there is none."""
    entry = registry().get(str(weights))
    if entry and model in entry.get("discriminators", {}):
        return checked(entry["discriminators"][model])
    folder = Path(weights)
    inside = sorted(folder.glob(f"*/{model}.last.safetensors"), key=lambda path: path.stat().st_mtime)
    found = [*inside, *folder.glob(f"{model}.last.safetensors")]
    if not found:
        raise ValueError(
            f"no discriminators of {model} in {weights!r}: name a folder that holds {model}.last.safetensors, "
            f"as `spg train {model}` leaves it, or a shipped set that has them"
        )
    return found[-1]


def ship_discriminators(name, path):
    """Copy the discriminators in a MODEL.last.safetensors to a shipped set that holds the net they judged.

    Returns their registry entry. Raises ValueError where the set holds no net, or another net, of that training.
    """
    tensors, about = checkpoints.load(path)
    entry, model = registry()[name], about["model"]
    net = entry["nets"].get(model, {})
    if any(net.get(key) != about[key] for key in ("step", "seconds")):
        raise ValueError(f"{path} is not the training of the {model} that {name} holds: ship that net first")
    file = shipped.FOLDER / f"{name}-{model}-discriminators.safetensors"
    checkpoints.save(file, in_half(tensors["D"]), about | {"data": data_of(about)})
    made = {"file": file.name, "sha256": sha256(file), "recipe": net["recipe"]}
    entry["discriminators"] = entry.get("discriminators", {}) | {model: made}
    write_registry(registry() | {name: entry})
    return made
