"""Each loss: known answers, a gradient check, its mask."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from spg import losses, perceptual
from spg.discriminators import MultiScaleDiscriminator
from spg.evaluation import metrics
from spg.generators import complete, known


def scores(value, scales=3):
    return [[torch.zeros(1, 2, 4, 4), torch.full((2, 1, 3, 3), value)] for _ in range(scales)]


def test_least_squares_known_answers():
    assert losses.discriminator_loss(scores(1.0), scores(0.0)) == 0
    assert losses.discriminator_loss(scores(0.0), scores(1.0)) == 3  # Σ_k (1 + 1)/2
    assert losses.generator_loss(scores(1.0)) == 0
    assert losses.generator_loss(scores(-1.0)) == 12  # Σ_k (−1 − 1)²


def test_log_form_is_equation_1():
    real, fake = scores(2.0), scores(-0.5)
    d = [torch.sigmoid(torch.tensor(v)) for v in (2.0, -0.5)]
    expected = 3 * -(d[0].log() + (1 - d[1]).log()) / 2
    torch.testing.assert_close(losses.discriminator_loss(real, fake, "log"), expected)
    torch.testing.assert_close(losses.generator_loss(fake, "log"), -3 * d[1].log())


def test_hinge_known_answers():
    assert losses.discriminator_loss(scores(1.5), scores(-2.0), "hinge") == 0
    assert losses.discriminator_loss(scores(0.0), scores(0.0), "hinge") == 3
    assert losses.generator_loss(scores(0.25), "hinge") == -0.75


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_generator_is_paid_for_higher_scores_and_discriminator_for_lower(form):
    value = torch.tensor(0.3, requires_grad=True)
    fake = [[value * torch.ones(1, 1, 2, 2)]]
    assert torch.autograd.grad(losses.generator_loss(fake, form), value)[0] < 0
    real = [[torch.zeros(1, 1, 2, 2)]]
    fake = [[value * torch.ones(1, 1, 2, 2)]]
    assert torch.autograd.grad(losses.discriminator_loss(real, fake, form), value)[0] > 0


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_adversarial_gradients(form):
    x, y = torch.randn(2, 2, 1, 3, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: losses.generator_loss([[f]], form), x)
    assert torch.autograd.gradcheck(lambda r, f: losses.discriminator_loss([[r]], [[f]], form), (x, y))


@pytest.mark.parametrize("form", losses.ADVERSARIAL)
def test_scores_that_see_no_pixel_of_the_hole_do_not_count(form):
    where = torch.zeros(2, 1, 8, 8)
    where[0, 0, :2, 3], where[1, 0, 7, 7] = 1, 1  # cells of two pixels: one of the first picture, one of the second
    torch.manual_seed(0)
    score, blind = torch.randn(2, 1, 4, 4), torch.randn(2, 1, 4, 4)
    for n, row, column in ((0, 0, 1), (1, 3, 3)):
        blind[n, 0, row, column] = score[n, 0, row, column]
    for loss in (losses.generator_loss, lambda x, *a: losses.discriminator_loss(x, x, *a)):
        torch.testing.assert_close(loss([[score]], form, where), loss([[blind]], form, where))
        seen = torch.stack([score[0, 0, 0, 1], score[1, 0, 3, 3]]).view(2, 1, 1, 1)
        torch.testing.assert_close(loss([[score]], form, where), loss([[seen]], form))
        assert loss([[score]], form) != loss([[blind]], form)


def test_a_score_for_the_whole_picture_always_counts():
    score, where = torch.randn(2, 1), torch.ones(2, 1, 8, 8)
    assert losses.generator_loss([[score]], "log", where) == losses.generator_loss([[score]], "log")


def test_unknown_form_is_named():
    with pytest.raises(ValueError, match="form 'wasserstein'; use one of least-squares, log, hinge"):
        losses.generator_loss(scores(0.0), "wasserstein")


def half_hole(size):
    hole = torch.zeros(1, 1, size, size)
    hole[..., : size // 2] = 1
    return hole


def test_feature_loss_known_answer():
    real = [[torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 2, 2)]]
    fake = [[torch.full((1, 2, 4, 4), -3.0), torch.full((1, 1, 2, 2), 99.0)]]
    assert losses.feature_loss(real, real, half_hole(8)) == 0
    assert losses.feature_loss(real, fake, half_hole(8)) == 1.5  # half of the places × 3; scores do not count
    assert losses.feature_loss(real * 2, fake * 2, half_hole(8)) == 3  # summed over scales


def test_feature_loss_looks_only_into_the_hole():
    real = [[torch.randn(1, 2, 4, 4), torch.zeros(1, 1, 2, 2)]]
    fake = [[torch.randn(1, 2, 4, 4), torch.zeros(1, 1, 2, 2)]]
    before = losses.feature_loss(real, fake, half_hole(8))
    fake[0][0][..., 2:] += 7
    assert losses.feature_loss(real, fake, half_hole(8)) == before
    fake[0][0][..., :2] += 7
    assert losses.feature_loss(real, fake, half_hole(8)) != before


def test_feature_loss_never_loses_a_small_hole():
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., 3:5, 3:5] = 1
    real, fake = [[torch.zeros(1, 1, 3, 3), None]], [[torch.ones(1, 1, 3, 3), None]]
    torch.testing.assert_close(losses.feature_loss(real, fake, hole), torch.tensor(4 / 64**2), rtol=0.1, atol=0)


def test_feature_loss_gradient():
    real = [[torch.randn(1, 2, 3, 3, dtype=torch.double), None]]
    hole = torch.rand(1, 1, 6, 6, dtype=torch.double)
    x = torch.randn(1, 2, 3, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda f: losses.feature_loss(real, [[f, None]], hole), x)
    real[0][0].requires_grad_()
    losses.feature_loss(real, [[x, None]], hole).backward()
    assert real[0][0].grad is None  # the real side is a target, not a player


@pytest.fixture
def small_hole():
    hole = torch.zeros(2, 1, 64, 64)
    hole[0, :, 10:31, 5:45] = 1
    hole[1, :, 0:24, 32:64] = 1
    return hole


def test_masked_losses_ignore_what_the_net_paints_outside_the_hole(small_hole):
    torch.manual_seed(0)
    image, painted = torch.rand(2, 2, 3, 64, 64) * 2 - 1
    elsewhere = painted + (1 - small_hole) * torch.rand_like(painted)
    net = MultiScaleDiscriminator(3, width=4)
    alexnet = losses.AlexNetLoss(perceptual.load())

    def all_losses(i_r):
        filled = complete(known(image, small_hole), i_r, small_hole)
        features = losses.feature_loss(net(image), net(filled), small_hole)
        return torch.stack([features, alexnet(image, filled, small_hole), losses.hole_l1(i_r, image, small_hole)])

    assert torch.equal(all_losses(painted), all_losses(elsewhere))
    assert (all_losses(painted) != all_losses(painted + 0.1 * small_hole)).all()


def test_hole_patch_is_the_box_and_nothing_else(small_hole):
    x = torch.rand(2, 3, 64, 64)
    patch = losses.hole_patch(x[:1], small_hole[:1], 32)
    corners = x[0, :, [10, 10, 30, 30], [5, 44, 5, 44]]
    torch.testing.assert_close(patch[0, :, [0, 0, -1, -1], [0, -1, 0, -1]], corners)
    changed = x + (1 - small_hole)
    torch.testing.assert_close(losses.hole_patch(changed, small_hole, 32), losses.hole_patch(x, small_hole, 32))
    square = torch.zeros(1, 1, 64, 64)
    square[..., 16:48, 20:52] = 1
    torch.testing.assert_close(losses.hole_patch(x[:1], square, 32), x[:1, :, 16:48, 20:52])


def test_bounding_boxes_and_empty_hole(small_hole):
    assert losses.bounding_boxes(small_hole).tolist() == [[10, 5, 30, 44], [0, 32, 23, 63]]
    small_hole[1] = 0
    with pytest.raises(ValueError, match="a hole of the batch is empty"):
        losses.bounding_boxes(small_hole)


def test_alexnet_loss_is_lpips_of_the_patch(small_hole):
    torch.manual_seed(0)
    distance = perceptual.load()
    loss = losses.AlexNetLoss(distance)
    image = torch.rand(2, 3, 64, 64) * 2 - 1
    assert loss(image, image, small_hole) == 0
    filled = image * (1 - small_hole)
    patches = [losses.hole_patch(x, small_hole, 32) for x in (image, filled)]
    torch.testing.assert_close(loss(image, filled, small_hole), distance(*patches).mean())


def test_alexnet_loss_gradient_reaches_the_hole_alone(small_hole):
    image, filled = torch.rand(2, 2, 3, 64, 64) * 2 - 1
    filled.requires_grad_()
    losses.AlexNetLoss(perceptual.load())(image, filled, small_hole).backward()
    outside = (small_hole == 0).expand_as(filled)
    # not exactly 0: the sampling grid is rounded, by some 1e-7 of a pixel
    assert filled.grad[outside].abs().max() < 1e-5 * filled.grad[~outside].abs().max()


def test_hole_patch_gradient():
    hole = torch.zeros(1, 1, 7, 7, dtype=torch.double)
    hole[..., 1:5, 2:6] = 1
    x = torch.randn(1, 1, 7, 7, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: losses.hole_patch(x, hole, 4), x)


def test_cross_entropy_known_answer_and_mask():
    s = torch.zeros(1, 2, 2, 2)
    s[:, 0] = 1
    s_r = torch.full((1, 2, 2, 2), 0.25)
    s_r[:, :, 1] = 0.9  # not in the hole
    hole = torch.tensor([[1.0, 1], [0, 0]])[None, None]
    torch.testing.assert_close(losses.hole_cross_entropy(s_r, s, hole), torch.tensor(math.log(4)))


def test_dice_known_answers_and_mask():
    s = torch.zeros(1, 3, 1, 4)
    s[:, 0, :, :3], s[:, 1, :, 3] = 1, 1  # three pixels of class 0, one of class 1, none of class 2
    hole = torch.tensor([1.0, 1, 0, 1]).view(1, 1, 1, 4)
    assert losses.hole_dice(s, s, hole) == 0
    s_r = torch.zeros(1, 3, 1, 4)
    s_r[:, 0] = 1  # class 0 everywhere: 2·2/(2 + 3) of class 0, nothing of class 1
    torch.testing.assert_close(losses.hole_dice(s_r, s, hole), torch.tensor(1 - 0.8 / 2))
    s_r[..., 2] = 1 / 3  # not in the hole
    torch.testing.assert_close(losses.hole_dice(s_r, s, hole), torch.tensor(1 - 0.8 / 2))


def test_cross_entropy_dice_and_l1_gradients():
    hole = torch.tensor([[1.0, 0], [1, 1]], dtype=torch.double)[None, None].repeat(2, 1, 1, 1)
    s = torch.eye(3, dtype=torch.double)[torch.randint(3, (2, 2, 2))].permute(0, 3, 1, 2)
    logits = torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: losses.hole_cross_entropy(x.softmax(1), s, hole), logits)
    assert torch.autograd.gradcheck(lambda x: losses.hole_dice(x.softmax(1), s, hole), logits)
    image = torch.randn(2, 3, 2, 2, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda x: losses.hole_l1(x, image, hole), logits)


def test_l1_known_answer():
    image, hole = torch.zeros(1, 3, 4, 4), half_hole(4)
    painted = torch.where(hole == 1, 0.5, 9.0).expand(1, 3, 4, 4)
    assert losses.hole_l1(painted, image, hole) == 0.5


def test_calm_colours_keep_brightness_and_average_the_rest():
    torch.manual_seed(0)
    x = torch.rand(2, 3, 20, 24)
    calm = losses.calm_colours(x, 8)
    torch.testing.assert_close(calm.mean(1), x.mean(1))
    spread = [(y - y.mean(1, keepdim=True)).std() for y in (x, calm)]
    assert spread[1] < 0.3 * spread[0]
    grey = x[:, :1].expand(-1, 3, -1, -1)
    torch.testing.assert_close(losses.calm_colours(grey, 8), grey)


def test_cells_are_enlarged_as_torch_enlarges_them():
    cells = torch.rand(2, 3, 4, 5, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        ours = losses._enlarge(cells, (32, 37))
    torchs = F.interpolate(cells, size=(32, 37), mode="bilinear")
    torch.testing.assert_close(ours, torchs)
    there = torch.rand_like(ours)
    torch.testing.assert_close(*(torch.autograd.grad(x, cells, there)[0] for x in (ours, torchs)))


def test_the_alexnet_loss_can_be_blind_to_stripes_of_colour():
    wave = torch.tensor([1.0, 1, -1, -1]).repeat(16)[:, None].expand(64, 64)
    stripes = wave * torch.tensor([1.0, -1, 0]).view(1, 3, 1, 1)  # red against green, brightness unchanged
    image, hole = torch.zeros(1, 3, 64, 64), half_hole(64)
    network = perceptual.load("stlpips")
    seeing, blind = (losses.AlexNetLoss(network, chroma=c)(image, stripes, hole) for c in (0.0, 1 / 8))
    assert blind < 0.1 * seeing


def test_shown_the_true_colours_the_alexnet_loss_judges_brightness_alone():
    torch.manual_seed(0)
    image, hole = torch.rand(1, 3, 64, 64) - 0.5, half_hole(64)
    network = perceptual.load("stlpips")
    lilac = image + torch.tensor([0.1, -0.2, 0.1]).view(1, 3, 1, 1)
    averaged, true = (losses.AlexNetLoss(network, chroma=c)(image, lilac, hole) for c in (0.25, 1.0))
    assert true < 1e-5 < 1e-3 < averaged
    darker = (image - 0.3 * torch.rand(1, 1, 64, 64)).requires_grad_()
    losses.AlexNetLoss(network, chroma=1.0)(image, darker, hole).backward()
    red, green, blue = darker.grad.unbind(1)
    assert green.abs().sum() > 0
    torch.testing.assert_close(red, green)
    torch.testing.assert_close(blue, green)


def test_ssim_loss_is_the_metric_where_everything_is_missing():
    torch.manual_seed(0)
    image = torch.rand(2, 3, 32, 40)
    worse = (image + 0.1 * torch.randn_like(image)).clamp(0, 1)
    means = [metrics.ssim(x.numpy(), y.numpy()) for x, y in zip(image, worse, strict=True)]
    loss = losses.hole_ssim(2 * worse - 1, 2 * image - 1, torch.ones(2, 1, 32, 40))
    assert loss.item() == pytest.approx(1 - np.mean(means), abs=3e-3)  # the metric leaves a rim of 5 pixels out


def test_ssim_loss_looks_into_the_hole_and_leads_there():
    torch.manual_seed(0)
    image, hole = torch.rand(1, 3, 32, 32) * 2 - 1, half_hole(32)
    assert losses.hole_ssim(image, image, hole) == 0
    painted = torch.zeros_like(image, requires_grad=True)
    loss = losses.hole_ssim(torch.where(hole == 1, painted, image), image, hole)
    (slope,) = torch.autograd.grad(loss, painted)
    nearer = torch.where(hole == 1, painted - 50 * slope, image)
    assert losses.hole_ssim(nearer, image, hole) < loss and (slope * (1 - hole) == 0).all()


@pytest.mark.parametrize("side", [8, 16, 24])
def test_hole_windows_show_as_much_of_the_hole_as_they_can(side):
    hole = torch.zeros(3, 1, 32, 48)
    hole[0, :, 20:32, 0:10], hole[1, :, 4:24, 10:46], hole[2, :, 15:16, 47:48] = 1, 1, 1
    torch.manual_seed(0)
    seen = set()
    for _ in range(30):
        for n, (top, left) in enumerate(losses.hole_windows(hole, side)):
            window = hole[n, 0, top : top + side, left : left + side]
            assert window.shape == (side, side)
            height, width = (int(hole[n, 0].amax(1 - d).sum()) for d in (0, 1))
            assert window.sum() == min(side, height) * min(side, width)
            seen.add((n, top, left))
    assert len(seen) > 10  # at random


def test_alexnet_loss_through_a_window_reaches_the_hole_alone():
    distance = perceptual.load("stlpips")
    image, hole = torch.rand(1, 3, 128, 128) * 2 - 1, torch.zeros(1, 1, 128, 128)
    hole[..., 10:80, 20:90] = 1
    painted = torch.zeros_like(image).requires_grad_()
    loss = losses.AlexNetLoss(distance, window=32)(image, complete(known(image, hole), painted, hole), hole)
    loss.backward()
    assert loss > 0
    assert (painted.grad * (1 - hole)).abs().sum() == 0
    touched = (painted.grad.abs().sum(1, keepdim=True) > 0).nonzero()[:, 2:]
    assert (touched.amax(0) - touched.amin(0) < 32).all()  # one window of 32 pixels


def test_a_window_is_not_used_where_the_patch_is_small():
    distance = perceptual.load("stlpips")
    image, hole = torch.rand(1, 3, 64, 64) * 2 - 1, torch.zeros(1, 1, 64, 64)
    hole[..., 10:30, 20:30] = 1
    filled = complete(known(image, hole), torch.zeros_like(image), hole)
    plain, windowed = (losses.AlexNetLoss(distance, window=w)(image, filled, hole) for w in (0, 32))
    assert torch.equal(plain, windowed)


def test_a_margin_takes_in_the_surroundings_as_far_as_the_picture_goes():
    hole = torch.zeros(2, 1, 32, 32)
    hole[0, :, 2:10, 20:30], hole[1, :, 12:20, 12:20] = 1, 1
    assert losses.bounding_boxes(hole, 4).tolist() == [[0, 16, 13, 31], [8, 8, 23, 23]]
    image = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(losses.hole_patch(image, hole, 16, 4)[1], image[1, :, 8:24, 8:24])


def test_with_a_margin_the_alexnet_loss_judges_the_seam():
    distance = perceptual.load("stlpips")
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., 20:44, 20:44] = 1
    image = torch.zeros(1, 3, 64, 64)
    other = complete(known(image + 0.8, hole), image, hole)  # the same filling in surroundings it does not fit
    for margin, judged in ((0.0, False), (1 / 16, True)):
        loss = losses.AlexNetLoss(distance, margin=margin)(image, other, hole)
        assert bool(loss > 1e-3) == judged
