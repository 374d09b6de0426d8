"""SPG-Net+: shapes, where it starts, and how it grows."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from spg.engine.checkpoints import adopt, inherit
from spg.generators import SGNet, SPNet
from spg.generators_plus import GIVEN, Pyramid, SGNetPlus, SPNetPlus, roughness, smooth, smooth_by_class
from spg.models import task
from spg.profiles import at, profile


def scene(n=2, side=32, classes=8):
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(n, 3, side, side, generator=generator) * 2 - 1
    s = torch.nn.functional.one_hot(torch.randint(0, classes, (n, side, side), generator=generator), classes)
    hole = torch.zeros(n, 1, side, side)
    hole[..., 8:20, 6:24] = 1
    return image * (1 - hole), s.permute(0, 3, 1, 2).float(), hole


@torch.no_grad()
def perturb(net):
    """Leave the first values behind, zeros above all."""
    for p in net.parameters():
        p.add_(0.05 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    return net


@pytest.mark.parametrize("downs", [2, 3, 4])
@pytest.mark.parametrize("side", [32, 45])
def test_shapes_and_ranges_at_any_size(downs, side):
    i0, s, hole = scene(side=side)
    s_r = perturb(SPNetPlus(width=4, downs=downs)).eval()(i0, s * (1 - hole), hole)
    assert s_r.shape == s.shape
    assert torch.allclose(s_r.sum(1), torch.ones(2, side, side), atol=1e-5)
    i_r = perturb(SGNetPlus(width=4, downs=downs)).eval()(i0, s, hole)
    assert i_r.shape == i0.shape
    assert i_r.abs().max() <= 1


def test_untrained_they_are_the_smooth_fills():
    i0, s, hole = scene()
    assert torch.allclose(SGNetPlus(width=4)(i0, s, hole), smooth_by_class(i0, s, hole), atol=1e-6)
    assert torch.allclose(SGNetPlus(0, width=4)(i0, None, hole), smooth(i0, hole), atol=1e-6)
    shares = smooth(s * (1 - hole), hole)
    assert torch.equal(SPNetPlus(width=4)(i0, s * (1 - hole), hole).argmax(1), shares.argmax(1))


def test_the_twin_without_segmentation_ignores_it():
    i0, s, hole = scene()
    net = perturb(SGNetPlus(0, width=4)).eval()
    assert not net.guided
    assert torch.equal(net(i0, s, hole), net(i0, None, hole))


def test_what_lies_in_the_hole_is_never_seen():
    i0, s, hole = scene()
    net = perturb(SPNetPlus(width=4)).eval()
    one = net(i0, s * (1 - hole), hole)
    other = s.roll(1, 1)
    assert torch.equal(one, net(i0, (s * (1 - hole) + other * hole) * (1 - hole), hole))


def test_channels_follow_the_papers_rule_and_too_few_halvings_are_refused():
    net = Pyramid(4, 3, width=32, downs=4)
    assert [head.in_channels for head in net.heads] == [64, 32, 16]  # at a quarter, half and full size
    assert net.inner.down[-1][0].out_channels == 8 * 32  # and 8·width in the middle, at 1/16
    with pytest.raises(ValueError, match="at least 2 halvings, got downs=1"):
        Pyramid(4, 3, width=8, downs=1)


@pytest.mark.parametrize("downs", [2, 3])
def test_a_grown_pyramid_begins_as_the_small_one_enlarged(downs):
    small = perturb(SGNetPlus(width=32, downs=downs)).eval()
    large = SGNetPlus(width=16, downs=downs + 1).eval()
    inherit(large, small)
    x = torch.rand(1, 3 + 1 + 6 + 8, 32, 32)
    want = torch.nn.functional.interpolate(
        Pyramid.forward(small, torch.nn.functional.avg_pool2d(x, 2)), scale_factor=2, mode="bilinear"
    )
    assert torch.allclose(Pyramid.forward(large, x), want, atol=1e-5)


def test_a_guided_net_begins_as_its_trained_twin_and_then_goes_its_own_way():
    i0, s, hole = scene()
    twin, guided = perturb(SGNetPlus(0, width=4)).eval(), perturb(SGNetPlus(width=4)).eval()
    assert not torch.equal(guided(i0, s, hole), twin(i0, None, hole))
    adopt(guided, twin.state_dict())
    assert torch.equal(guided(i0, s, hole), twin(i0, None, hole))
    guided.train()(i0, s, hole).square().mean().backward()
    layout = guided.outer[-1].stem[0].weight.grad[:, -8:]
    assert layout.abs().sum() > 0 and guided.heads[0].weight.grad[3:].abs().sum() > 0  # nothing that is new is stuck


def test_a_twin_must_fit():
    with pytest.raises(RuntimeError, match=r"inner\.stem\.0\.weight of the smaller net, \[64, 4, 3, 3\], does not fit"):
        adopt(SGNetPlus(width=4), SGNetPlus(0, width=32).state_dict())
    with pytest.raises(RuntimeError, match=r"out\.weight of the smaller net, .* does not fit into \[0\]"):
        adopt(SGNetPlus(width=4), {"out.weight": torch.zeros(3, 3)})


@pytest.mark.parametrize("classes", [0, 8])
def test_a_net_with_grain_begins_as_the_one_without(classes):
    i0, s, hole = scene()
    plain = perturb(SGNetPlus(classes, width=4)).eval()
    grained = perturb(SGNetPlus(classes, width=4, grained=True)).eval()
    adopt(grained, plain.state_dict())
    assert torch.allclose(grained(i0, s, hole), plain(i0, s, hole), atol=1e-5)
    grained.train()(i0, s, hole).square().mean().backward()
    assert grained.outer[-1].stem[0].weight.grad[:, 4].abs().sum() > 0  # and learns what grain is good for


def test_a_guided_net_with_grain_begins_as_its_twin_with_grain():
    i0, s, hole = scene()
    twin = perturb(SGNetPlus(0, width=4, grained=True)).eval()
    guided = perturb(SGNetPlus(8, width=4, grained=True)).eval()
    adopt(guided, twin.state_dict())
    assert torch.allclose(guided(i0, s, hole), twin(i0, None, hole), atol=1e-5)


def test_a_refined_net_begins_as_the_one_without_and_refines_every_level():
    i0, s, hole = scene()
    plain = perturb(SGNetPlus(width=4)).eval()
    refined = SGNetPlus(width=4, refined=2).eval()
    adopt(refined, plain.state_dict())
    assert torch.allclose(refined(i0, s, hole), plain(i0, s, hole), atol=1e-6)
    refined.train()(i0, s, hole).square().mean().backward()
    assert [len(level) for level in refined.refine] == [2, 2, 2]
    assert all(step.narrow.weight.grad.abs().sum() > 0 for level in refined.refine for step in level)


def test_grain_lies_in_the_hole_and_is_the_same_at_every_test():
    i0, s, hole = scene()
    net = perturb(SGNetPlus(width=4, grained=True)).eval()
    assert torch.equal(net(i0, s, hole), net(i0, s, hole))
    seen = net.sees(torch.cat([i0, hole, i0], 1))[:, 4:5]
    assert (seen[hole == 0] == 0).all() and seen[hole == 1].std() > 0.8
    shifted = [net.train().sees(torch.cat([i0, hole, i0], 1))[:, 4:5] for _ in range(4)]
    assert not all(torch.equal(seen, other) for other in shifted)  # in training no place has a grain of its own


def test_texture_of_nothing_needs_grain():
    """In the middle of a hole in a plain wall all inputs are smooth: what the net paints there is flat without it."""
    i0, hole = torch.full((1, 3, 96, 96), 0.2), torch.zeros(1, 1, 96, 96)
    hole[..., 16:80, 16:80] = 1
    flat, grained = (perturb(SGNetPlus(0, width=4, downs=2, grained=g)).eval() for g in (False, True))
    for net in (flat, grained):
        net.inner.middle = torch.nn.Identity()  # its dilated blocks would see the rim
    roughness = [net(i0 * (1 - hole), None, hole)[..., 40:56, 40:56].diff().abs().mean() for net in (flat, grained)]
    assert roughness[0] < 1e-3 < roughness[1]


def test_where_the_layout_is_unsure_the_net_may_hedge_or_commit():
    i0, s, hole = scene()
    unsure = s * (1 - hole) + hole * (0.6 * s + 0.4 * s.roll(1, 1))
    net = SGNetPlus(width=4)
    assert torch.allclose(net(i0, unsure, hole), smooth_by_class(i0, unsure, hole), atol=1e-6)  # expected colours
    net.heads[0].bias.data[3:] = torch.tensor([0.0, 1.0])
    assert torch.allclose(net(i0, unsure, hole), smooth_by_class(i0, s, hole), atol=1e-6)  # the likeliest class's


@pytest.mark.parametrize("net", [SPNet, SGNet])
def test_a_grown_generator_keeps_all_but_its_rim(net):
    small, large = net(width=16, downs=2), net(width=8, downs=3)
    inherit(large, small)
    assert torch.equal(large.down[2][0].weight, small.down[1][0].weight)
    assert torch.equal(large.middle[8].second[0].weight, small.middle[8].second[0].weight)
    assert torch.equal(large.up[1][1].weight, small.up[1][1].weight)
    assert large.out.weight.shape != small.out.weight.shape
    kept = sum(torch.equal(v, large.state_dict().get(large.place(k, small), torch.empty(0))) for k, v in
               small.state_dict().items() if k.endswith("weight") and v.ndim == 4)  # fmt: skip
    assert kept == 1 + 18 + 2  # one down, nine blocks of two, two ups


def test_the_profile_says_the_design_of_every_stage():
    growing = profile("cpu", sizes=(64, 128, 256), pictures=(1, 1, 1), grow=True, width=16, downs=4)
    assert [tuple(at(growing, size)) for size in growing.sizes] == [(64, 2), (32, 3), (16, 4)]
    fixed = profile("quick", width=24, downs=2)
    assert tuple(at(fixed, 64)) == (24, 2)
    with pytest.raises(ValueError, match=r"doubles its size at every stage, got sizes \(64, 256\)"):
        profile("cpu", sizes=(64, 256), pictures=(1, 1), grow=True)


@pytest.mark.parametrize("model", ["spnet", "sgnet", "sgnet-noseg", "spnet-plus", "sgnet-plus", "sgnet-plus-noseg"])
def test_every_model_of_the_cpu_profile_grows_into_its_last_stage(model):
    p = profile("cpu", width=2)
    nets = [task(model).generator(p, at(p, size)) for size in p.sizes]
    for small, large in pairwise(nets):
        inherit(large, perturb(small))
        middles = [net.inner.middle if hasattr(net, "inner") else net.middle for net in (small, large)]
        assert all(map(torch.equal, *(m.state_dict().values() for m in middles)))


def test_a_painter_that_is_asked_for_nothing_paints_as_with_no_colour_and_obeys_one_only_when_trained():
    net = SGNetPlus(8, 4, 2, grained=True, coloured=True).eval()
    i0, s, hole = torch.rand(1, 3, 16, 16), torch.rand(1, 8, 16, 16).softmax(1), torch.ones(1, 1, 16, 16)
    hole[..., :8] = 0
    nothing = torch.zeros(1, 4, 16, 16)
    assert torch.equal(net(i0, s, hole), net(i0, s, hole, nothing))
    nn.init.normal_(net.heads[-1].weight)
    assert not torch.equal(net(i0, s, hole), net(i0, s, hole, nothing + 0.5))


def test_a_coloured_painter_begins_as_one_without_colour():
    plain, net = SGNetPlus(8, 4, 2).eval(), SGNetPlus(8, 4, 2, grained=True, coloured=True).eval()
    for head in plain.heads:
        nn.init.normal_(head.weight, std=0.1)
    adopt(net, plain.state_dict())
    i0, s, hole = torch.rand(1, 3, 16, 16), torch.rand(1, 8, 16, 16).softmax(1), torch.ones(1, 1, 16, 16)
    hole[..., :8] = 0
    torch.testing.assert_close(net(i0, s, hole, torch.rand(1, 4, 16, 16)), plain(i0, s, hole), atol=1e-4, rtol=0)


def test_spnet_plus_with_grain_draws_in_the_hole():
    net = SPNetPlus(8, 4, 2, grained=True).eval()
    i0, s0, hole = torch.rand(1, 3, 16, 16), torch.zeros(1, 8, 16, 16), torch.ones(1, 1, 16, 16)
    assert net(i0, s0, hole).shape == (1, 8, 16, 16) and net.sees(torch.ones(1, 12, 16, 16)).shape == (1, 13, 16, 16)


# ------------------------------------------------------------ grain on the ground


@pytest.mark.parametrize("side", [64, 45])
@pytest.mark.parametrize("sigma", [0.01, 0.03])
def test_roughness_is_that_of_the_known_part_of_a_region(sigma, side):
    """A line, what lies beside the region and what lies in the hole do not count for more than a little."""
    noise = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(0))
    hole, where = torch.zeros(1, 1, side, side), torch.ones(1, 1, side, side)
    hole[..., 20:36, 20:36], where[..., :8] = 1, 0
    i0 = (sigma * noise).expand(-1, 3, -1, -1).clone()
    i0[..., :8] += noise[..., :8]
    i0[..., -3] += 0.5
    found = roughness(i0 * (1 - hole), where, hole)
    assert found.shape == hole.shape
    assert 0.8 * sigma < found[hole > 0].mean() < 1.5 * sigma
    i0[hole.expand_as(i0) > 0] = 1.0
    assert torch.equal(found, roughness(i0 * (1 - hole), where, hole))


def test_the_ground_gets_grain_at_the_test_and_nothing_else_does():
    i0, s, hole = scene(side=45)
    smoothly, grained = (SGNetPlus(8, 4, 2, ground=g).eval() for g in (None, 2))
    grained.load_state_dict(perturb(smoothly).state_dict())
    added = grained(i0 * 0.5, s, hole) - smoothly(i0 * 0.5, s, hole)
    ground = (hole * s[:, 2:3] > 0).expand_as(added)
    assert torch.equal(added[~ground & (hole > 0)], torch.zeros_like(added[~ground & (hole > 0)]))
    assert (added.amax(1) == added.amin(1)).all()  # brightness alone
    assert torch.equal(grained.train()(i0, s, hole), smoothly.train()(i0, s, hole))
    assert SGNetPlus(0, 4, 2, ground=2).ground is None  # a net without segmentation knows no ground


def test_a_ground_of_noise_is_continued_nearly_as_rough():
    noise = torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)).expand(-1, 3, -1, -1)
    s = torch.zeros(1, 8, 64, 64).index_fill_(1, torch.tensor(2), 1.0)
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., 20:44, 20:44] = 1
    filled = SGNetPlus(8, 4, 2, ground=2).eval()((0.03 * noise - 0.2) * (1 - hole), s, hole)[..., 20:44, 20:44]
    assert abs(filled.mean() + 0.2) < 0.02 and 0.024 < filled.std() / GIVEN < 0.036
