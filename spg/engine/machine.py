"""The machine a training runs on: one device or all that `torchrun` started, its memory, its joined statistics."""

import ctypes
import functools
import os
import sys

import torch
from torch import distributed, nn
from torch.distributed.nn.functional import all_reduce

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # of malloc.h


def make_fabric(profile, accelerator="auto"):
    """Fabric for this machine: one device, or all that `torchrun` started.

    Mixed precision on CUDA, and on CPUs that are faster in bfloat16; others compute in float32, whatever the profile.
    """
    from lightning_fabric import Fabric  # filling a picture needs this module and no Fabric
    from lightning_fabric.strategies import DDPStrategy

    world = int(os.environ.get("WORLD_SIZE", 1))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    accelerator = _accelerator(accelerator)
    cuda = accelerator == "cuda"
    torch.backends.cudnn.benchmark = cuda  # a stage's shapes repeat: the search for the fastest kernels pays
    fabric = Fabric(
        accelerator=accelerator,
        devices=local,
        num_nodes=world // local,
        # our batch statistics are joined already; broadcasting buffers would overwrite them in mid-graph
        strategy=DDPStrategy(broadcast_buffers=False) if world > 1 else "auto",
        precision=profile.precision if cuda or _is_faster_in_bfloat16() else "32-true",
    )
    fabric.launch()
    return fabric


def _accelerator(asked):
    """cpu, cuda or mps, of what was asked for; auto: a GPU of CUDA or the CPU. ValueError says what torch has."""
    there = ["cpu", *(["cuda"] * torch.cuda.is_available()), *(["mps"] * torch.backends.mps.is_available())]
    wanted = {"auto": ("cuda", "cpu"), "gpu": ("cuda", "mps")}.get(asked, (asked,))
    found = [name for name in wanted if name in there]
    if not found:
        raise ValueError(
            f"--accelerator {asked}: torch has {', '.join(there)} here; name one of these, or leave it out to train on "
            f"{'a CUDA GPU' if 'cuda' in there else 'the CPU'}"
        )
    return found[0]


def about(device):
    """What a checkpoint says of the machine: "threads", and on CUDA the name of the GPU as "gpu"."""
    gpu = {"gpu": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    return {"threads": torch.get_num_threads()} | gpu


def may_look(device):
    """Whether reading a number off this device costs nothing. On a GPU the CPU would wait for all that it has begun."""
    return torch.device(device).type == "cpu"


def compiled(net, device):
    """The net through torch.compile: on a GPU with its kernels captured as CUDA graphs, elsewhere without.

    What cannot be compiled runs as it is. The trainer goes through a graph twice, once for each player, so its
    tensors must outlive the first pass.
    """
    torch._dynamo.config.suppress_errors = True
    torch._functorch.config.donated_buffer = False
    return torch.compile(net, mode=None if may_look(device) else "reduce-overhead")


def leave():
    """Wait for the other processes, then leave their group; call it only where all of them have done their work.

    gloo's thread needs Python's lock to let go of the last tensors it carried. A process that goes straight on to its
    end never gives it: it hangs, or is aborted with its work done. While it waits at the barrier the lock is free.
    """
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def _is_faster_in_bfloat16():
    """Whether this CPU computes faster in bfloat16 than in float32. Intel's need AMX for it.

    A Xeon whose virtual machine hides AMX trained SP-Net at 4.7 pictures a second in bfloat16 (with avx512_bf16), and
    at 6.6 in float32.
    """
    can = torch.cpu.get_capabilities()
    vectors = can.get("avx512_bf16", False) and "Intel" not in can.get("cpu_name", "")
    return can.get("amx_bf16", False) or vectors


# -------------------------------------------------------------------- memory


@functools.cache
def keep_freed_memory():
    """Keep the memory that a net's layers have freed, on Linux with glibc. Returns whether it was done.

    By default glibc maps each large tensor anew, and the kernel clears its pages every time. On the CPU a small net's
    training step spends more than half of its time on that. With this, large blocks come from the heap, which never
    shrinks: the process stays as large as it was at its largest. In a process without mallopt nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(key, value) == 1 for key, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1), (M_TOP_PAD, 2**28)))


# -------------------------------------------------------------------- batch normalisation over all processes


class JoinedBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose mean and variance are those of the joined batch of all processes (equal shares).

    With it many machines train as one with the joined batch would. torch's SyncBatchNorm refuses the CPU, where this
    project is tested; this one runs on both.
    """

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
