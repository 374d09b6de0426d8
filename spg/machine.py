"""The machine a training runs on: one device, or all that `torchrun` started."""

import os

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from torch import distributed


def make_fabric(profile, accelerator="auto"):
    """Fabric for this machine: one device, or all that `torchrun` started.

    Mixed precision on CUDA, and on CPUs that multiply bfloat16 in hardware; on others it is much slower than float32.
    """
    world = int(os.environ.get("WORLD_SIZE", 1))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    cuda = accelerator in ("auto", "cuda") and torch.cuda.is_available()
    if accelerator == "cuda" and not cuda:
        raise ValueError("--accelerator cuda: torch sees no CUDA device here; leave it out to train on the CPU")
    fabric = Fabric(
        accelerator=("cuda" if cuda else "cpu") if accelerator == "auto" else accelerator,
        devices=local,
        num_nodes=world // local,
        # our batch statistics are joined already; broadcasting buffers would overwrite them in mid-graph
        strategy=DDPStrategy(broadcast_buffers=False) if world > 1 else "auto",
        precision=profile.precision if cuda or _multiplies_bfloat16() else "32-true",
    )
    fabric.launch()
    return fabric


def leave():
    """Wait for the other processes, then leave their group; call it only where all of them have done their work.

    gloo's thread needs Python's lock to let go of the last tensors it carried. A process that goes straight on to its
    end never gives it: it hangs, or is aborted with its work done. While it waits at the barrier the lock is free.
    """
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def _multiplies_bfloat16():
    return torch.cpu.get_capabilities().get("avx512_bf16", False)
