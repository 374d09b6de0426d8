import importlib.machinery
import importlib.util
import subprocess
import sys
import types

import pytest
import torch

from spg import perceptual, segmenter


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def pictures(n=2, height=48, width=64, seed=0):
    """Smooth pictures with some grain, and noisier copies; N×3×H×W in [-1, 1]."""
    g = torch.Generator().manual_seed(seed)
    coarse = torch.rand(n, 3, 5, 5, generator=g) * 2 - 1
    x = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(-1, 1)
    y = (x + 0.3 * torch.randn(x.shape, generator=g)).clamp(-1, 1)
    return x, y


@pytest.fixture(scope="module")
def published():
    """The same network by the authors' own code, whose import wants torchsummary without declaring it."""
    if importlib.util.find_spec("IPython") is None:
        pytest.skip("stlpips_pytorch imports IPython, which is not installed")
    segmenter.import_torchvision()
    if importlib.util.find_spec("torchsummary") is None:
        sys.modules["torchsummary"] = types.SimpleNamespace(summary=None)
    from stlpips_pytorch import stlpips

    return lambda net, **options: stlpips.LPIPS(net=net, variant="shift_tolerant", verbose=False, **options)


@pytest.mark.parametrize("size", [None, (48, 64), (65, 33)])
@pytest.mark.parametrize("name, net", [("stlpips", "alex"), ("stlpips-vgg", "vgg")])
def test_equals_the_published_network(published, name, net, size):
    distance = perceptual.load(name)
    size = size or (distance.smallest,) * 2
    noise = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    for x, y in (pictures(2, *size), (noise, noise.flip(0))):
        with torch.no_grad():
            assert torch.allclose(distance(x, y), published(net)(x, y).flatten(), atol=1e-6)
            assert torch.allclose(distance.maps(x, y), published(net, spatial=True)(x, y), atol=1e-6)
        assert (distance(x, y) > 1e-4).all()


def test_identity_symmetry_and_order():
    distance = perceptual.load()
    x, y = pictures()
    nearer = x + 0.3 * (y - x)
    assert (distance(x, x) == 0).all() and (distance.maps(x, x) == 0).all()
    assert torch.allclose(distance(x, y), distance(y, x))
    assert (distance(x, nearer) < distance(x, y)).all()
    assert distance.maps(x, y).shape == (2, 1, 48, 64)


def test_one_picture_at_a_time_gives_the_same():
    distance = perceptual.load()
    x, y = pictures(3)
    alone = torch.cat([distance(x[i : i + 1], y[i : i + 1]) for i in range(3)])
    assert torch.allclose(distance(x, y), alone, atol=1e-6)


def test_gradients_reach_the_picture_and_not_the_weights():
    distance = perceptual.load()
    x, y = pictures(1)
    x.requires_grad_(True)
    distance.train()
    assert not distance.training
    distance(x, y).sum().backward()
    assert x.grad.abs().max() > 0
    assert all(not p.requires_grad and p.grad is None for p in distance.parameters())


def test_gradient_is_right():
    distance = perceptual._load_stlpips().double()
    distance._features = lambda x: [  # the same in double precision, which a difference quotient needs
        f / (f.norm(dim=1, keepdim=True) + 1e-10) for f in distance.network((x - distance.shift) / distance.scale)
    ]
    x, y = (t.double()[:1, :, :21, :21] * 0.9 for t in pictures(1))
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=torch.double)
    x.requires_grad_(True)
    (gradient,) = torch.autograd.grad(distance(x, y).sum(), x)
    with torch.no_grad():
        step = 1e-6 * direction
        slope = (distance(x + step, y) - distance(x - step, y)) / 2e-6
    assert float(slope) == pytest.approx(float((gradient * direction).sum()), rel=1e-3)


def test_gradient_is_finite_for_flat_and_for_equal_pictures():
    distance = perceptual.load()
    flat = torch.zeros(1, 3, 32, 32, requires_grad=True)
    for other in (torch.ones(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)):
        (gradient,) = torch.autograd.grad(distance(flat, other).sum(), flat)
        assert gradient.isfinite().all()


def test_mixed_precision_does_not_touch_it():
    distance = perceptual.load()
    x, y = pictures()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = distance(x, y)
    assert low.dtype == torch.float32 and torch.equal(low, distance(x, y))


@pytest.mark.parametrize("scale, offset", [(127.5, 127.5), (1.01, 0)])
def test_images_of_another_range_are_refused(scale, offset):
    x, y = pictures()
    x[0, 0, 0, 0] = 1
    with pytest.raises(ValueError, match=r"images in \[-1, 1\].*image / 127.5 - 1"):
        perceptual.load()(x * scale + offset, y)


def test_rounding_is_forgiven():
    x, y = pictures()
    x[0, 0, 0, 0] = 1.0005
    assert perceptual.load()(x, y).isfinite().all()


def test_small_and_unequal_images_are_refused():
    x, y = pictures(1, 20, 32)
    with pytest.raises(ValueError, match="at least 21×21 pixels, got 20×32; enlarge"):
        perceptual.load()(x, y)
    with pytest.raises(ValueError, match="two N×3×H×W batches"):
        perceptual.load()(x, y[:, :, :, :-1])


def test_load_is_shared_and_knows_its_names():
    assert perceptual.load() is perceptual.load("stlpips", torch.device("cpu"))
    assert perceptual.load().name == "stlpips"
    with pytest.raises(ValueError, match="unknown perceptual network 'vgg'; known: stlpips, stlpips-vgg"):
        perceptual.load("vgg")


def test_a_missing_package_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "stlpips_pytorch" else find(n, *a))
    with pytest.raises(ImportError, match="pip install"):
        perceptual._LOADERS["stlpips"]()


def test_torchvision_imports_in_a_fresh_process():
    script = "from spg.segmenter import import_torchvision as f; a = f(); assert a is f() and a.ops.nms"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_compiled_part_is_tried_before_anything_is_declared(tmp_path, monkeypatch):
    assert not segmenter._compiled_part_loads(tmp_path)  # none there
    library = tmp_path / f"_C{importlib.machinery.EXTENSION_SUFFIXES[0]}"
    library.write_bytes(b"built for another torch")
    assert not segmenter._compiled_part_loads(tmp_path)
    monkeypatch.setattr(torch.ops, "load_library", lambda path: None)
    assert segmenter._compiled_part_loads(tmp_path)


def test_declaring_twice_is_harmless():
    segmenter.import_torchvision()
    segmenter._declare_missing()
    assert callable(torch.ops.torchvision.nms)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_cpu():
    x, y = pictures()
    on_gpu = perceptual.load("stlpips", "cuda")(x.to("cuda"), y.to("cuda")).cpu()
    assert torch.allclose(on_gpu, perceptual.load()(x, y), rtol=1e-2)
