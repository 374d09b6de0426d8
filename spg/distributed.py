"""Batch normalisation over all processes, so that many machines train as one with the joined batch would.

torch's SyncBatchNorm refuses the CPU, where this project is tested; this one runs on both.
"""

import torch
from torch import distributed, nn
from torch.distributed.nn.functional import all_reduce


class JoinedBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose mean and variance are those of the joined batch of all processes (equal shares)."""

    def forward(self, x):
        if not (self.training and distributed.is_initialized() and distributed.get_world_size() > 1):
            return super().forward(x)
        x32 = x.float()
        world = distributed.get_world_size()
        moments = torch.cat([x32.mean((0, 2, 3)), x32.square().mean((0, 2, 3))])
        mean, square = (all_reduce(moments) / world).chunk(2)
        variance = (square - mean.square()).clamp_min(0)  # rounding may take a constant channel below
        self._remember(mean, variance, count=x.numel() / x.shape[1] * world)
        shape = (1, -1, 1, 1)
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return ((x32 - mean.view(shape)) * scale.view(shape) + self.bias.view(shape)).to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean, variance, count):
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)


def join_batch_norms(module):
    """Turn every BatchNorm2d of the module into a joined one, in place; weights and statistics stay."""
    for layer in module.modules():
        if type(layer) is nn.BatchNorm2d:
            layer.__class__ = JoinedBatchNorm2d
    return module
