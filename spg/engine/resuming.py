"""What a training resumes from: nets, optimizers, the moving average and what random numbers are drawn from."""

import torch

from spg.engine import checkpoints


def training_state(nets, optimizers, average, device):
    """All that the next step depends on, as nested dicts of tensors.

    nets, optimizers: by the player's name, "G" or "D"; average: the averaged net, or None.
    """
    state = {name: net.module.state_dict() for name, net in nets.items()}
    state |= {f"{name}_adam": optimizer.state_dict()["state"] for name, optimizer in optimizers.items()}
    state |= {"average": average.state_dict()} if average is not None else {}
    state["rng"] = torch.get_rng_state()
    if device.type == "cuda":  # where dropout draws from a generator of its own
        state["cuda_rng"] = torch.cuda.get_rng_state(device)
    return state


def put_back(state, nets, optimizers, average, device):
    """The inverse of `training_state`, into nets and optimizers of the same shapes."""
    for name, net in nets.items():
        net.module.load_state_dict(state[name])
        groups = optimizers[name].state_dict()["param_groups"]
        optimizers[name].load_state_dict({"state": state.get(f"{name}_adam", {}), "param_groups": groups})
    if average is not None:
        average.load_state_dict(state["average"])
    torch.set_rng_state(state["rng"])
    if "cuda_rng" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda_rng"], device)


def check_finite(state, where):
    """Raise FloatingPointError naming a tensor that holds NaN or infinity. where: the end of the message."""
    for name, value in checkpoints.flatten(state).items():
        if value.is_floating_point() and not value.isfinite().all():
            raise FloatingPointError(f"{name} is not finite {where}")


def check_unchanged(then, now, free, path):
    """Raise ValueError naming the settings that a training is resumed with and did not begin with.

    then, now: dicts of settings; free: the keys that may change.
    """
    changed = [key for key in now if then.get(key) != now[key] and key not in free]
    if changed:
        what = "; ".join(f"{key} was {then.get(key)!r}, is now {now[key]!r}" for key in changed)
        raise ValueError(f"{path} was trained with other settings ({what}): use those, or another --out")
