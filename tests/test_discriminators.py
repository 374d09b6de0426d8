"""The discriminators are pix2pixHD's PatchGAN on three scales."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from spg.discriminators import MultiScaleDiscriminator, PatchGAN, SegmentingDiscriminator
from spg.losses import class_weights, segmenting_discriminator_loss, segmenting_generator_loss


def test_layer_table():
    table = [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0])
        for m in PatchGAN(11).modules()
        if isinstance(m, nn.Conv2d)
    ]
    assert table == [(11, 64, 4, 2), (64, 128, 4, 2), (128, 256, 4, 2), (256, 512, 4, 1), (512, 1, 4, 1)]
    assert all(m.negative_slope == 0.2 for m in PatchGAN(3).modules() if isinstance(m, nn.LeakyReLU))


def test_three_scales_of_one_architecture_with_their_own_weights():
    net = MultiScaleDiscriminator(3, width=4)
    counts = {sum(p.numel() for p in scale.parameters()) for scale in net.scales}
    assert len(net.scales) == 3 and len(counts) == 1
    assert not torch.equal(net.scales[0].score.weight, net.scales[1].score.weight)
    outputs = net(torch.randn(2, 3, 64, 64))
    assert [len(o) for o in outputs] == [5, 5, 5]
    assert [o[0].shape[-1] for o in outputs] == [33, 17, 9]  # half of 64, 32 and 16, plus one for the padding of 2
    assert all(o[-1].shape[:2] == (2, 1) for o in outputs)


def test_the_second_scale_sees_the_halved_picture():
    net = MultiScaleDiscriminator(1, width=2)
    x = torch.zeros(1, 1, 32, 32)
    x[..., 8:12, 8:12] = 1
    halved = nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
    torch.testing.assert_close(net(x)[1][0], net.scales[1](halved)[0])


def test_a_patch_is_seventy_pixels_wide():
    """The well-known 70×70 receptive field of one score, from the gradient of a score."""
    net = PatchGAN(1, width=1)
    for layer in net.modules():
        if isinstance(layer, nn.InstanceNorm2d):
            layer.forward = lambda x: x  # its statistics see everything; the convolutions are what is measured
    for p in net.parameters():
        nn.init.constant_(p, 0.1)
    x = torch.ones(1, 1, 192, 192, requires_grad=True)
    scores = net(x)[-1]
    (gradient,) = torch.autograd.grad(scores[0, 0, 13, 13], x)
    rows = gradient[0, 0].abs().sum(1).nonzero()[:, 0]
    assert rows[-1] - rows[0] + 1 == 70


# --- the discriminator that segments


def test_a_segmenting_discriminator_gives_classes_and_painted_for_every_pixel():
    (outputs,) = SegmentingDiscriminator(8, 4)(torch.rand(2, 3, 40, 24))
    assert outputs[-1].shape == (2, 9, 40, 24) and len(outputs) == 10


def test_its_convolutions_cannot_amplify():
    net = SegmentingDiscriminator(8, 4)
    for _ in range(30):
        net(torch.rand(1, 3, 16, 16))
    for layer in (net.stem, *net.down, net.middle, *net.up):
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2) < 1.05


def answers(classes):
    """Logits that are sure of these classes, N×H×W, as a discriminator's output."""
    return [[20.0 * F.one_hot(classes, 9).permute(0, 3, 1, 2).float()]]


def test_it_is_right_when_it_finds_the_classes_and_what_is_painted():
    classes = torch.zeros(1, 8, 8, dtype=torch.long)
    classes[:, :4] = 3
    s, hole = F.one_hot(classes, 8).permute(0, 3, 1, 2).float(), torch.zeros(1, 1, 8, 8)
    hole[..., 2:6, 2:6] = 1
    seen_through = torch.where(hole[:, 0] == 1, 8, classes)
    right = segmenting_discriminator_loss(answers(classes), answers(seen_through), s, hole)
    fooled = segmenting_discriminator_loss(answers(classes), answers(classes), s, hole)
    assert right < 1e-4 and fooled > 10
    assert segmenting_generator_loss(answers(classes), s, hole) < 1e-4
    assert segmenting_generator_loss(answers(seen_through), s, hole) > 10


def test_rare_classes_weigh_more_and_the_mean_weight_is_one():
    s = torch.zeros(1, 8, 10, 10)
    s[:, 0], s[:, 0, 0] = 1, 0
    s[:, 6, 0] = 1
    weight = class_weights(s)
    assert weight[6] == pytest.approx(3 * weight[0].item()) and weight[8] == 1
    assert (weight[:8] * s.mean((0, 2, 3))).sum() == pytest.approx(1)
