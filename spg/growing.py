"""Growing a net: one with more layers, or more inputs, takes over what the smaller one has learned (our decision).

A net trained at 64 pixels has cells that cover a certain share of the picture. Doubling the picture and adding one
halving keeps that share, so the trained layers go on meaning what they meant (`spg.profiles.at`).
"""

import torch


@torch.no_grad()
def inherit(net, smaller):
    """Copy into net every weight of the smaller net that has its place there; the others keep their first values.

    A net whose layers are counted from the outside says in `place(name, smaller)` what a layer of the smaller net is
    called in itself. Layers at the rim, whose shapes differ, have no place.
    """
    place = getattr(net, "place", lambda name, smaller: name)
    own = net.state_dict()
    for name, value in smaller.state_dict().items():
        there = own.get(place(name, smaller))
        if there is not None and there.shape == value.shape:
            there.copy_(value)


@torch.no_grad()
def adopt(net, twin):
    """Begin net as its twin: the same layers with fewer channels in and out. What net has besides counts for 0.

    twin: its tensors by name. A net whose own inputs do not all come last says in `as_here(name, value)` how a tensor
    of its twin lies in it. Raises RuntimeError naming a tensor that finds no room in net.
    """
    as_here = getattr(net, "as_here", lambda name, value: value)
    own = net.state_dict()
    for name, value in twin.items():
        value = as_here(name, value)
        there = own.get(name, value.new_empty(0))
        if there.ndim != value.ndim or any(a < b for a, b in zip(there.shape, value.shape, strict=True)):
            raise RuntimeError(f"{name} of the twin, {list(value.shape)}, does not fit into {list(there.shape)}")
        there.zero_()[tuple(map(slice, value.shape))] = value
