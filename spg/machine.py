"""The machine a training runs on: one device, or all that `torchrun` started."""

import os

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from torch import distributed


def make_fabric(profile, accelerator="auto"):
    """Fabric for this machine: one device, or all that `torchrun` started.

    Mixed precision on CUDA, and on CPUs that are faster in bfloat16; others compute in float32, whatever the profile.
    """
    world = int(os.environ.get("WORLD_SIZE", 1))
    local = int(os.environ.get("LOCAL_WORLD_SIZE", world))
    cuda = accelerator in ("auto", "cuda") and torch.cuda.is_available()
    if accelerator == "cuda" and not cuda:
        raise ValueError("--accelerator cuda: torch sees no CUDA device here; leave it out to train on the CPU")
    torch.backends.cudnn.benchmark = cuda  # a stage's shapes repeat: the search for the fastest kernels pays
    fabric = Fabric(
        accelerator=("cuda" if cuda else "cpu") if accelerator == "auto" else accelerator,
        devices=local,
        num_nodes=world // local,
        # our batch statistics are joined already; broadcasting buffers would overwrite them in mid-graph
        strategy=DDPStrategy(broadcast_buffers=False) if world > 1 else "auto",
        precision=profile.precision if cuda or _is_faster_in_bfloat16() else "32-true",
    )
    fabric.launch()
    return fabric


def about(device):
    """What a checkpoint says of the machine: "threads", and on CUDA the card's name as "gpu"."""
    gpu = {"gpu": torch.cuda.get_device_name(device)} if device.type == "cuda" else {}
    return {"threads": torch.get_num_threads()} | gpu


def leave():
    """Wait for the other processes, then leave their group; call it only where all of them have done their work.

    gloo's thread needs Python's lock to let go of the last tensors it carried. A process that goes straight on to its
    end never gives it: it hangs, or is aborted with its work done. While it waits at the barrier the lock is free.
    """
    if distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def _is_faster_in_bfloat16():
    """Whether this CPU is. Intel's need AMX for it: a Xeon whose virtual machine hides AMX trained SP-Net at 4.7
    pictures a second in bfloat16, for all its avx512_bf16, and at 6.6 in float32.
    """
    can = torch.cpu.get_capabilities()
    vectors = can.get("avx512_bf16", False) and "Intel" not in can.get("cpu_name", "")
    return can.get("amx_bf16", False) or vectors
