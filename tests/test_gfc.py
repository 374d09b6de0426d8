"""GFC: VGG's stages, two critics that never meet, and a frozen parsing net whose gradient is the filling's."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from tiny import Tiny
from torch import nn

from spg import losses
from spg.baselines.gfc import ADVERSARIAL, PARSING, GFCDiscriminators, GFCGenerator, nearest_segmenter, parser
from spg.data.streets import draw
from spg.engine import shipped
from spg.models import task
from spg.profiles import profile
from spg.samples import Batch, TrainingSamples, batches


def count(net):
    return sum(p.numel() for p in net.parameters())


def one_batch(size=32, n=2):
    return Batch.of(*next(batches(TrainingSamples(Tiny(size)), 0, 1, n)))


@pytest.fixture(scope="module")
def gfc():
    """The task, prepared with the shipped parsing net."""
    gfc = task("gfc")
    gfc.data = "streets"
    gfc.prepare(profile("smoke"), "cpu")
    return gfc


# ------------------------------------------------------------ the generator


def test_layer_table_at_the_papers_width():
    convolutions = [m for m in GFCGenerator().modules() if isinstance(m, nn.Conv2d)]
    table = [(m.in_channels, m.out_channels, m.dilation[0]) for m in convolutions]
    encoder = [(4, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    decoder = [(512, 512), (512, 256), (256, 256), (256, 128), (128, 128), (128, 64), (64, 64), (64, 64), (64, 3)]
    middle = [(512, 512, 2), (512, 512, 4)]
    assert table == [(*pair, 1) for pair in encoder] + middle + [(*pair, 1) for pair in decoder]
    assert all(m.kernel_size == (3, 3) for m in convolutions)
    assert sum(isinstance(m, nn.MaxPool2d) for m in GFCGenerator(2).modules()) == 4


def test_parameter_counts_at_the_papers_width():
    pairs = [(4, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    pairs += [(512, 512)] * 2 + [(512, 512), (512, 256), (256, 256), (256, 128), (128, 128), (128, 64)] + [(64, 64)] * 2
    body = sum(9 * a * b + 2 * b for a, b in pairs)  # no bias, two batch-norm parameters per channel
    assert count(GFCGenerator()) == body + 9 * 64 * 3 + 3 == 14_131_779
    widths = [3, 64, 128, 256, 512, 512]
    halvings = [16 * a * b + b for a, b in pairwise(widths)]
    assert count(GFCDiscriminators().local_critic) == sum(halvings[:4]) + 16 * 512 + 1
    assert count(GFCDiscriminators()) == 2 * sum(halvings) - halvings[4] + 2 * (16 * 512 + 1) == 9_724_290


@pytest.mark.parametrize("shape", [(64, 64), (96, 96), (256, 256), (65, 99), (30, 17)])
def test_any_size_in_range_and_without_a_map(shape):
    net = GFCGenerator(width=2).eval()
    i_r = net(torch.randn(1, 3, *shape), None, torch.ones(1, 1, *shape))
    assert i_r.shape == (1, 3, *shape) and i_r.abs().max() <= 1


def test_the_hole_is_an_input_and_the_map_is_not():
    net, i0, hole = GFCGenerator(width=4), torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64)
    hole[..., 8:24, 8:24] = 1
    assert not torch.allclose(net(i0, None, hole), net(i0, None, hole.flip(-1)))
    assert torch.equal(net(i0, None, hole), net(i0, torch.randn(1, 8, 64, 64), hole))
    assert not net.guided


# ------------------------------------------------------------ the discriminators


@pytest.mark.parametrize("size", [64, 128, 256])
def test_two_scores_a_picture_at_every_size(size):
    hole = torch.zeros(3, 1, size, size)
    hole[..., 8:24, 8:24] = 1
    outputs = GFCDiscriminators(width=2)(torch.cat([torch.randn(3, 3, size, size), hole], 1))
    assert [[tuple(layer.shape) for layer in critic] for critic in outputs] == [[(3, 1)], [(3, 1)]]


def test_the_local_critic_sees_the_window_alone():
    net, hole = GFCDiscriminators(width=4), torch.zeros(1, 1, 64, 64)
    hole[..., 8:24, 8:24] = 1  # its window is the first quarter
    x = torch.cat([torch.randn(1, 3, 64, 64), hole], 1).requires_grad_()
    for scale, sees_all in [(0, False), (1, True)]:
        (gradient,) = torch.autograd.grad(net(x)[scale][0].sum(), x)
        assert bool(gradient[:, :3, 32:].any() or gradient[:, :3, :, 32:].any()) == sees_all
        assert gradient[:, :3, 8:24, 8:24].any() and not gradient[:, 3].any()


def test_its_output_is_what_the_losses_take():
    zero = [[torch.zeros(3, 1)], [torch.zeros(3, 1)]]
    assert losses.discriminator_loss(zero, zero, task("gfc").adversarial).item() == pytest.approx(2 * math.log(2))
    assert losses.generator_loss(zero, "log").item() == pytest.approx(2 * math.log(2))


# ------------------------------------------------------------ the parsing net


def test_the_parsing_net_is_frozen_and_in_eval_mode(gfc):
    assert not any(p.requires_grad for p in gfc.parser.net.parameters()) and not gfc.parser.net.training
    start = {name: value.clone() for name, value in gfc.parser.net.state_dict().items()}
    gfc.loss_terms(one_batch(), torch.zeros(2, 3, 32, 32))
    assert all(torch.equal(value, start[name]) for name, value in gfc.parser.net.state_dict().items())


def test_the_parsing_net_is_of_the_same_data_then_of_the_nearest_size(monkeypatch):
    def entry(data, size):
        return {"nets": {"segmenter": {"data": data, "size": size, "name": f"{data} {size}"}}}

    shelf = {
        "a": entry("streets", 64),
        "b": entry("cityscapes:ROOT", 64),
        "c": entry("cityscapes", 256),
        "d": {"nets": {"sgnet": {"data": "cityscapes", "size": 128}}},
    }
    took, real = [], shipped.checked(shipped.registry()["streets-128"]["nets"]["segmenter"])
    monkeypatch.setattr(shipped, "registry", lambda: shelf)
    monkeypatch.setattr(shipped, "checked", lambda net: took.append(net["name"]) or real)
    for data, size in [("cityscapes", 256), ("cityscapes", 64), ("streets", 256), ("camvid", 250), (None, 64)]:
        nearest_segmenter(data, size)
    town, streets = "cityscapes 256", "streets 64"
    assert took == [town, "cityscapes:ROOT 64", streets, town, streets]


def test_without_a_shipped_segmenter_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shipped, "registry", lambda: {})
    with pytest.raises(ValueError, match="no shipped set holds a segmenter: train one"):
        nearest_segmenter("streets", 64)


def test_a_recipe_names_the_parsing_net_and_it_is_a_segmenter():
    nets = shipped.registry()["streets-128"]["nets"]
    gfc = task("gfc")
    gfc.prepare(profile("quick", parser=str(shipped.checked(nets["segmenter"]))), "cpu")
    assert gfc.parser.size == 128
    with pytest.raises(ValueError, match="holds a 'spnet-plus' net, no segmenter"):
        parser(shipped.checked(nets["spnet-plus"]))


def test_its_loss_is_the_cross_entropy_of_what_it_sees(gfc):
    b = Batch.of(*(torch.from_numpy(x)[None] for x in (*draw(3, 3, 128), np.eye(128, dtype=np.uint8))))
    seen = gfc.parser.net(b.image, torch.zeros_like(b.hole))
    true = seen.gather(1, b.s.argmax(1, keepdim=True))
    assert gfc.parser.loss(b.image, b.s).item() == pytest.approx(-true.log().mean().item(), rel=1e-4)


def test_a_larger_picture_is_parsed_at_the_size_it_knows(gfc):
    b = one_batch(128)
    large, s = (x.repeat_interleave(2, 2).repeat_interleave(2, 3) for x in (b.image, b.s))
    assert gfc.parser.size == 128
    assert gfc.parser.loss(large, s).item() == pytest.approx(gfc.parser.loss(b.image, b.s).item(), rel=1e-5)


# ------------------------------------------------------------ the task


def test_the_weights_are_those_of_gfcs_sums():
    """Its code's loss ½ Σ (3·128² squares) + 300·BCE + 0.05 Σ (128² cross-entropies), all divided by ½·3·128²."""
    n = 128**2
    square, bce, cross_entropy = 0.2, 0.7, 1.5  # means
    sums = 0.5 * 3 * n * square + 300 * bce + 0.05 * n * cross_entropy
    assert sums / (1.5 * n) == pytest.approx(square + ADVERSARIAL * bce + PARSING * cross_entropy)
    assert task("gfc").weights == {"adv": ADVERSARIAL, "feature": 0.0}


def test_terms_known_answers(gfc):
    b = one_batch()
    perfect = gfc.loss_terms(b, b.image)
    assert perfect["reconstruction"] == 0
    assert perfect["parsing"].item() == pytest.approx(PARSING * gfc.parser.loss(b.image, b.s).item())
    assert gfc.loss_terms(b, b.image + 0.5)["reconstruction"].item() == pytest.approx(0.25)  # the whole picture's


def test_the_parsing_pays_the_filling_only(gfc):
    b, i_r = one_batch(), torch.zeros(2, 3, 32, 32, requires_grad=True)
    (gradient,) = torch.autograd.grad(gfc.loss_terms(b, i_r)["parsing"], i_r)
    missing = b.hole.expand(-1, 3, -1, -1) == 1
    assert gradient[missing].abs().max() > 0 and gradient[~missing].abs().max() == 0


def test_gradient_reaches_the_generator_and_nothing_else(gfc):
    net, b = gfc.generator(profile("smoke", width=4), None), one_batch()
    sum(gfc.loss_terms(b, gfc.generate(net, b)).values()).backward()
    assert all(p.grad is not None for p in net.parameters())
    assert all(p.grad is None for p in gfc.parser.net.parameters())
