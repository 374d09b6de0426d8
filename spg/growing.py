"""Growing a net: the same net with more layers around it takes over what the smaller one has learned (our decision).

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
