"""The generators are the paper's, layer by layer."""

import pytest
import torch
from torch import nn

from spg.engine.checkpoints import adopt
from spg.generators import DILATIONS, Generator, SGNet, SPNet, complete, known


def layer_table(net):
    """(kind, in, out, kernel, stride, dilation) of every convolution, in order."""
    kinds = {nn.Conv2d: "conv", nn.ConvTranspose2d: "transposed"}
    return [
        (kinds[type(m)], m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.dilation[0])
        for m in net.modules()
        if type(m) in kinds
    ]


def test_layer_table_at_the_papers_width():
    down = [(12, 64, 7), (64, 128, 3), (128, 256, 3), (256, 512, 3)]
    middle = [("conv", 512, 512, 3, 1, d) for d in (2, 2, 2, 4, 4, 4, 8, 8, 8) for _ in range(2)]
    up = [(512, 512), (512, 256), (256, 128), (128, 64)]
    expected = [("conv", i, o, k, 2, 1) for i, o, k in down] + middle + [("conv", i, o, 3, 1, 1) for i, o in up]
    assert layer_table(SPNet()) == [*expected, ("conv", 64, 8, 7, 1, 1)]
    assert layer_table(SGNet()) == [*expected, ("conv", 64, 3, 7, 1, 1)]


def test_parameter_counts_at_the_papers_width():
    def count(net):
        return sum(p.numel() for p in net.parameters())

    # convolutions without bias, two batch-norm parameters per channel, the last convolution with bias
    down = 12 * 64 * 49 + (64 * 128 + 128 * 256 + 256 * 512) * 9 + 2 * (64 + 128 + 256 + 512)
    middle = 18 * (512 * 512 * 9 + 2 * 512)
    up = (512 * 512 + 512 * 256 + 256 * 128 + 128 * 64) * 9 + 2 * (512 + 256 + 128 + 64)
    assert count(SPNet()) == down + middle + up + 64 * 8 * 49 + 8 == 48_008_200
    assert count(SGNet()) == down + middle + up + 64 * 3 * 49 + 3 == 47_992_515


def test_normalisation_and_activation_follow_every_convolution_but_the_last():
    net = SPNet(width=2)
    convolutions = sum(isinstance(m, nn.Conv2d) for m in net.modules())
    assert sum(isinstance(m, nn.BatchNorm2d) for m in net.modules()) == convolutions - 1
    assert isinstance(net.out, nn.Conv2d) and net.out.bias is not None


def test_receptive_field_of_the_middle():
    """7 + 2·2 + 2·4 + 2·8 pixels after the downs, then 2 convolutions × 2·d cells of 16 pixels per block."""
    expected = 35 + 16 * sum(4 * d for d in DILATIONS)
    assert expected == 2723
    net = Generator(1, 1, width=1).eval()
    for p in net.parameters():
        nn.init.constant_(p, 0.1)  # positive, so that no path cancels or dies
    x = torch.ones(1, 1, 16, 4096, requires_grad=True)
    middle = net.middle(net.down(x))
    (gradient,) = torch.autograd.grad(middle[0, 0, 0, middle.shape[-1] // 2], x)
    touched = gradient[0, 0].abs().sum(0).nonzero()[:, 0]
    assert touched[-1] - touched[0] + 1 == expected


@pytest.mark.parametrize("size", [(64, 64), (48, 80), (50, 37)])
@pytest.mark.parametrize("design", [{}, {"downs": 3}, {"upsample": "transposed"}])
def test_ranges_and_sizes(size, design):
    i0, s, r = torch.randn(2, 3, *size).clamp(-1, 1), torch.rand(2, 8, *size), torch.ones(2, 1, *size)
    s_r = SPNet(width=4, **design)(i0, s, r)
    assert s_r.shape == (2, 8, *size)
    assert s_r.min() >= 0
    torch.testing.assert_close(s_r.sum(1), torch.ones(2, *size))
    i_r = SGNet(width=4, **design)(i0, s, r)
    assert i_r.shape == (2, 3, *size)
    assert i_r.abs().max() <= 1


def test_the_design_is_selectable():
    kinds = {kind for kind, *_ in layer_table(SGNet(width=2, upsample="transposed"))}
    assert kinds == {"conv", "transposed"}
    with pytest.raises(ValueError, match="unknown upsampling 'bilinear'; use 'nearest' or 'transposed'"):
        SGNet(width=2, upsample="bilinear")


def test_without_segmentation_nothing_of_it_is_read():
    net = SGNet(classes=0, width=2).eval()
    i0, r = torch.zeros(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    assert layer_table(net)[0][1] == 4
    assert torch.equal(net(i0, None, r), net(i0, torch.rand(1, 8, 32, 32), r))


def test_known_pixels_come_out_bit_identical():
    image, hole = torch.rand(1, 3, 8, 8) * 2 - 1, (torch.rand(1, 1, 8, 8) > 0.5).float()
    painted = complete(known(image, hole), torch.rand(1, 3, 8, 8), hole)
    keep = (hole == 0).expand_as(image)
    assert torch.equal(painted[keep], image[keep])
    assert not torch.equal(painted[~keep], image[~keep])


def test_the_papers_net_too_begins_as_its_trained_twin_and_then_learns_what_a_layout_is_good_for():
    i0, s, hole = torch.rand(2, 3, 32, 32), torch.rand(2, 8, 32, 32), (torch.rand(2, 1, 32, 32) > 0.5).float()
    twin, guided = SGNet(0, width=4).eval(), SGNet(width=4).eval()
    adopt(guided, twin.state_dict())
    assert torch.allclose(guided(i0, s, hole), twin(i0, None, hole), atol=1e-6)
    assert guided(i0, s, hole).sub(guided(i0, s, 1 - hole)).abs().max() > 1e-4  # the hole is still an input
    guided.train()(i0, s, hole).square().mean().backward()
    assert guided.down[0][0].weight.grad[:, 3:-1].abs().sum() > 0
