"""GL: the paper's layers, a window that holds the hole, one score, its own loss and its three phases."""

import math

import numpy as np
import pytest
import torch
from tiny import Tiny
from torch import nn

from spg import losses
from spg.baselines.glcic import GLCompletion, GLDiscriminator, hole_mse
from spg.discriminators import window
from spg.engine import machine
from spg.holes import rectangle
from spg.inpainting import Inpainter
from spg.models import task
from spg.profiles import profile
from spg.samples import Batch, TrainingSamples, batches
from spg.training import Trainer


def count(net):
    return sum(p.numel() for p in net.parameters())


def hole_of(*box, size=64):
    """A hole 1×1×size×size that is missing in [top, bottom) × [left, right)."""
    top, left, bottom, right = box
    hole = torch.zeros(1, 1, size, size)
    hole[..., top:bottom, left:right] = 1
    return hole


def one_batch(size=32, n=4):
    return Batch.of(*next(batches(TrainingSamples(Tiny(size)), 0, 1, n)))


# ------------------------------------------------------------ the completion net


def test_layer_table_at_the_papers_width():
    kinds = {nn.Conv2d: "conv", nn.ConvTranspose2d: "deconv"}
    table = [
        (kinds[type(m)], m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.dilation[0])
        for m in GLCompletion().modules()
        if type(m) in kinds
    ]
    assert table == [
        ("conv", 4, 64, 5, 1, 1),
        ("conv", 64, 128, 3, 2, 1),
        ("conv", 128, 128, 3, 1, 1),
        ("conv", 128, 256, 3, 2, 1),
        *[("conv", 256, 256, 3, 1, 1)] * 2,
        *[("conv", 256, 256, 3, 1, d) for d in (2, 4, 8, 16)],
        *[("conv", 256, 256, 3, 1, 1)] * 2,
        ("deconv", 256, 128, 4, 2, 1),
        ("conv", 128, 128, 3, 1, 1),
        ("deconv", 128, 64, 4, 2, 1),
        ("conv", 64, 32, 3, 1, 1),
        ("conv", 32, 3, 3, 1, 1),
    ]


def test_parameter_counts_at_the_papers_width():
    # convolutions without bias, two batch-norm parameters per channel; only the last layers have biases
    kernels = 4 * 64 * 25 + 9 * (64 * 128 + 128 * 128 + 128 * 256 + 8 * 256 * 256 + 128 * 128 + 64 * 32 + 32 * 3)
    norms = 2 * (64 + 128 + 128 + 9 * 256 + 128 + 128 + 64 + 32)
    assert count(GLCompletion()) == kernels + 16 * (256 * 128 + 128 * 64) + norms + 3 == 6_069_155
    local = 25 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 512) + 2 * (64 + 128 + 256 + 2 * 512)
    whole = local + 25 * 512 * 512 + 2 * 512
    joined = 2 * (8192 * 1024 + 1024) + 2048 + 1
    assert count(GLDiscriminator()) == local + whole + joined == 45_060_225


@pytest.mark.parametrize("shape", [(64, 64), (96, 96), (256, 256), (65, 99), (30, 17)])
def test_any_size_in_range_and_without_a_map(shape):
    net = GLCompletion(width=4).eval()
    i_r = net(torch.randn(1, 3, *shape), None, torch.ones(1, 1, *shape))
    assert i_r.shape == (1, 3, *shape) and i_r.abs().max() <= 1


def test_the_hole_is_an_input_and_the_map_is_not():
    net, i0 = GLCompletion(width=4), torch.zeros(1, 3, 64, 64)  # grey by nature, or missing?
    one, other = (net(i0, None, hole_of(*box)) for box in [(8, 8, 24, 24), (32, 32, 56, 56)])
    assert not torch.allclose(one, other)
    assert torch.equal(one, net(i0, torch.randn(1, 8, 64, 64), hole_of(8, 8, 24, 24)))


def test_the_dilated_middle_sees_far():
    """From the gradient of one cell: 3×3 convolutions add 2·d cells each, d = 1, 1, 2, 4, 8, 16, 1, 1."""
    middle = GLCompletion(width=2).net[4:12].eval()
    for p in middle.parameters():
        nn.init.constant_(p, 0.1)  # positive, so that no path cancels or dies
    x = torch.ones(1, 8, 1, 128, requires_grad=True)
    (gradient,) = torch.autograd.grad(middle(x)[0, 0, 0, 64], x)
    touched = gradient[0, 0, 0].nonzero()[:, 0]
    assert touched[-1] - touched[0] + 1 == 1 + 2 * (1 + 1 + 2 + 4 + 8 + 16 + 1 + 1)


def test_it_serves_where_sg_net_does():
    scene, hole = Tiny(64)[0], rectangle(np.random.default_rng(0), 64, 64)
    filled = Inpainter(None, GLCompletion(width=2)).paint(scene.image, hole, scene.labels)
    assert filled.shape == scene.image.shape and (filled[:, hole == 0] == scene.image[:, hole == 0]).all()


# ------------------------------------------------------------ the window


@pytest.mark.parametrize("shape", [(64, 64), (256, 256), (67, 101)])
def test_the_window_holds_every_hole_of_the_papers(shape):
    rng = np.random.default_rng(0)
    holes = torch.from_numpy(np.stack([rectangle(rng, *shape) for _ in range(200)]))[:, None].float()
    seen = window(holes, holes)
    assert seen.shape == (200, 1, (shape[0] + 1) // 2, (shape[1] + 1) // 2)
    assert torch.equal(seen.sum((1, 2, 3)), holes.sum((1, 2, 3)))


def test_the_window_is_centred_and_stays_inside():
    x = torch.arange(64 * 64.0).reshape(1, 1, 64, 64)
    for box, top, left in [((20, 30, 30, 42), 9, 20), ((0, 0, 8, 8), 0, 0), ((56, 30, 64, 34), 32, 16)]:
        assert torch.equal(window(x, hole_of(*box)), x[..., top : top + 32, left : left + 32])


def test_the_window_of_an_empty_hole_is_refused():
    with pytest.raises(ValueError, match="a hole of the batch is empty"):
        window(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))


# ------------------------------------------------------------ the discriminator


@pytest.mark.parametrize("size", [64, 128, 256])
def test_one_score_a_picture_at_every_size(size):
    net, hole = GLDiscriminator(width=2), hole_of(8, 8, 24, 24, size=size).expand(3, -1, -1, -1)
    outputs = net(torch.cat([torch.randn(3, 3, size, size), hole], 1))
    assert [[tuple(layer.shape) for layer in scale] for scale in outputs] == [[(3, 1)]]


def test_its_output_is_what_the_losses_take():
    zero = [[torch.zeros(3, 1)]]
    assert losses.discriminator_loss(zero, zero, task("glcic").adversarial).item() == pytest.approx(math.log(2))
    assert losses.generator_loss(zero, "log").item() == pytest.approx(math.log(2))
    assert losses.feature_loss(zero, zero, torch.ones(3, 1, 8, 8)).item() == 0


def test_the_pooling_changes_nothing_at_the_papers_size():
    for critic, side in [(GLDiscriminator(2).local_critic, 128), (GLDiscriminator(2).global_critic, 256)]:
        maps = critic[:-4](torch.randn(1, 3, side, side))
        assert torch.equal(critic[-4](maps), maps)


def test_the_hole_only_places_the_window():
    torch.manual_seed(0)
    net = GLDiscriminator(width=4).eval()
    picture = torch.randn(1, 3, 64, 64)
    boxes = [(4, 4, 12, 12), (0, 0, 8, 8), (40, 40, 60, 60)]
    score = [net(torch.cat([picture, hole_of(*box)], 1))[0][0] for box in boxes]
    assert torch.equal(score[0], score[1])  # another hole, the same window
    assert not torch.equal(score[0], score[2])


# ------------------------------------------------------------ the task


def test_hole_mse_known_answers():
    image, hole = torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4)
    hole[0, :, :2], hole[1, :, 0, 0] = 1, 1  # eight pixels and one: each picture counts the same
    assert hole_mse(image, image, hole) == 0
    assert hole_mse(image + 0.5, image, hole).item() == pytest.approx(0.25**2)  # 0.5 of [-1, 1] is 0.25 of [0, 1]
    i_r = image.clone()
    i_r[1] = 1
    assert hole_mse(i_r, image, hole).item() == pytest.approx(0.25 / 2)
    i_r = (1 - hole).expand(-1, 3, -1, -1)  # wrong where the picture is known: no matter
    assert hole_mse(i_r, image, hole) == 0


def test_d_compares_the_true_picture_with_the_filled_one():
    b, t = one_batch(), task("glcic")
    real, fake = t.discriminator_inputs(b, torch.ones(4, 3, 32, 32))
    assert torch.equal(real, torch.cat([b.image, b.hole], 1))
    assert torch.equal(fake[:, :3] * (1 - b.hole), b.i0) and (fake[:, :3][b.hole.expand(-1, 3, -1, -1) == 1] == 1).all()
    assert torch.equal(t.preview(b, torch.ones(4, 3, 32, 32)), fake[:, :3])


def test_its_own_form_weights_and_phases():
    t = task("glcic")
    assert t.adversarial == "log" and t.weights == {"adv": 4e-4, "feature": 0.0}
    assert t.phases == (0.18, 0.2) and task("gfc").phases == (0.2, 0.2)


@pytest.mark.parametrize("model", ["glcic", "gfc"])
def test_who_learns_in_which_phase(tmp_path, model):
    p = profile("smoke", sizes=(32,), pictures=(400,), batch=4, width=4, learning_rate=1e-3)
    t = Trainer(model, task(model), p, Tiny, {"data": "tiny"}, tmp_path, machine.make_fabric(p, "cpu"))
    alone, joint = t.task.phases
    plays = {0: "G", int(alone * 100) - 1: "G", int(joint * 100): "GD", 99: "GD"} | ({18: "D"} if alone < joint else {})
    for t.step, players in plays.items():
        before = {name: [p.clone() for p in net.parameters()] for name, net in t.nets.items()}
        terms = t.play(one_batch())
        for name, net in t.nets.items():
            same = [torch.equal(a, b) for a, b in zip(before[name], net.parameters(), strict=True)]
            assert all(same) if name not in players else not all(same)
        assert ("adv" in terms) == (players == "GD") and ("discriminator" in terms) == ("D" in players)
        assert "feature" not in terms


def test_completion_learns(tmp_path):
    p = profile("smoke", sizes=(32,), pictures=(4000,), batch=4, width=8, learning_rate=2e-3)
    t = Trainer("glcic", task("glcic"), p, Tiny, {"data": "tiny"}, tmp_path, machine.make_fabric(p, "cpu"))
    batch = one_batch()
    errors = [t.play(batch)["mse"] for _ in range(40)]
    assert errors[-1] < 0.5 * errors[0]
