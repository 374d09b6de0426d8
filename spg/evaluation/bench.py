"""Speed and memory of inference and training steps, against this machine's matrix products."""

import multiprocessing
import platform
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from spg.engine.watching import progress
from spg.labels import STREET
from spg.profiles import PAPER
from spg.samples import Batch

WIDTHS, SIZES = (16, 64), (64, 128, 256)
TRAINING_BATCH = {16: 8, 64: 2}  # by width: pictures in one training step, so that 256 px fits a laptop


def bench(widths=WIDTHS, sizes=SIZES, repeats=5):
    """Measure every width at every size, each in a process of its own (peak memory is a process's).

    Returns the JSON-ready dict of `spg bench`: {"kind": "bench", "machine", …, "rows": [{…}]}.
    """
    jobs = [(width, size, repeats) for width in widths for size in sizes]
    rows = []
    for job in progress(jobs, desc="bench", unit="row"):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(_row, job))
    return {"kind": "bench", **machine(), "rows": rows}


def machine():
    """What the numbers were measured on."""
    cuda = torch.cuda.is_available()
    return {
        "machine": torch.cuda.get_device_name() if cuda else f"{platform.machine()}, {torch.get_num_threads()} threads",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "batch": {"inference": 1, "training": TRAINING_BATCH},
    }


def _row(width, size, repeats):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = (
        torch.backends.cudnn.allow_tf32
    )  # the matrix product in the nets' arithmetic
    base = _peak_memory(device)
    infer, infer_flop = _inference(width, size, device)
    peak_inference = _peak_memory(device) - base
    batch = TRAINING_BATCH.get(width, 2)
    train, train_flop = _training(width, size, batch, device)
    times = {"product": [], "inference": [], "training": []}
    work = {"product": _matrix_product(device), "inference": infer, "training": train}
    for _ in range(repeats):  # interleaved, so that a busy moment hits all three alike
        for name, run in work.items():
            times[name].append(_seconds(run, device))
    product, inference, training = (statistics.median(times[k]) for k in ("product", "inference", "training"))
    peak_rate = 2 * PRODUCT_SIDE**3 / product
    return {
        "width": width,
        "size": size,
        "inference ms": round(1e3 * inference, 1),
        "inference GFLOP": round(infer_flop / 1e9, 2),
        "inference GFLOP/s": round(infer_flop / inference / 1e9, 1),
        "inference share": round(infer_flop / inference / peak_rate, 3),
        "training ms/img": round(1e3 * training / batch, 1),
        "training GFLOP/img": round(train_flop / batch / 1e9, 2),
        "training GFLOP/s": round(train_flop / training / 1e9, 1),
        "training share": round(train_flop / training / peak_rate, 3),
        "matrix product GFLOP/s": round(peak_rate / 1e9, 1),
        "peak MB, inference": round(peak_inference),
        "peak MB, training": round(_peak_memory(device) - base),
    }


PRODUCT_SIDE = 2048


def _matrix_product(device):
    a, b = (torch.randn(PRODUCT_SIDE, PRODUCT_SIDE, device=device) for _ in range(2))
    return lambda: a @ b


def _inference(width, size, device):
    """SG-Net on one picture: (a function that runs it, its floating-point operations)."""
    from spg.generators import SGNet

    net = SGNet(width=width).eval().to(device, memory_format=torch.channels_last)
    b = _batch(1, size, device)

    @torch.inference_mode()
    def run():
        net(b.i0, b.s, b.hole)

    return run, _flop(run)


def _training(width, size, batch, device):
    """One step of both players of SG-Net, all losses on: (a function that runs it, its operations)."""
    from spg.models import task
    from spg.training import Trainer

    settings = {
        "precision": "32-true",
        "width": width,
        "discriminator_width": width,
        "sizes": (size,),
        "pictures": (10**9,),
        "batch": batch,
    }
    trainer = Trainer("sgnet", task("sgnet"), PAPER.with_settings(**settings), None, {}, out="bench-writes-nothing")
    b = _batch(batch, size, device)
    return (lambda: trainer.play(b)), _flop(lambda: trainer.play(b))


def _batch(n, size, device):
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (n, 3, size, size), np.uint8))
    maps = torch.from_numpy(rng.integers(0, len(STREET), (n, size, size), np.uint8))
    holes = torch.zeros(n, size, size, dtype=torch.uint8)
    holes[:, size // 4 : size // 2, size // 4 : size // 2] = 1
    return Batch.of(images, maps, holes, device)


def _flop(run):
    with FlopCounterMode(display=False) as counter:
        run()  # also the first warm-up
    return counter.get_total_flops()


def _seconds(run, device):
    start = time.perf_counter()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _peak_memory(device):
    """Peak memory in megabytes: the GPU's on CUDA, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's peak too, Linux keeps it across fork
        return next(int(line.split()[1]) for line in status.open() if line.startswith("VmHWM")) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS
