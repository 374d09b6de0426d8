"""The losses of both nets. (1) to (3) are those of THE_PAPER.md, section 5; the rest are departures, off at weight 0.

Every loss returns a scalar to be minimised. Hole R: 1 = missing. D's outputs are lists over the scales k of
lists over the layers l (`spg.discriminators`), the scores last.
"""

import torch
import torch.nn.functional as F
from torch import nn

from spg.engine.machine import may_look

C1, C2 = 0.01**2, 0.03**2  # of SSIM (Wang et al. 2004), for pictures in [0, 1]

# ---------------------------------------------------------------- (1) adversarial


def _least_squares(scores, real):
    return (scores - float(real)).square()


def _log(scores, real):
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, float(real)), reduction="none")


def _hinge(scores, real):
    return F.relu(1 - scores if real else 1 + scores)


ADVERSARIAL = {"least-squares": _least_squares, "log": _log, "hinge": _hinge}


def _form(name):
    if name not in ADVERSARIAL:
        raise ValueError(f"unknown adversarial form {name!r}; use one of {', '.join(ADVERSARIAL)}")
    return ADVERSARIAL[name]


def _scored(penalties, where):
    """Mean of a map of penalties N×1×h×w: over all of it, or over the cells with a pixel of where (N×1×H×W) in them.

    A single score for the whole picture, N×1, has no place and always counts.
    """
    if where is None or penalties.ndim == 2:
        return penalties.mean()
    return _hole_mean(penalties, F.adaptive_max_pool2d(where, penalties.shape[-2:]))


def discriminator_loss(real, fake, form="least-squares", where=None):
    """What D minimises: Σ_k of the form's penalty for calling real fake, and fake real, halved.

    `log` is −½ Σ_k E[log D_k(V, x)] + E[log(1 − D_k(V, x̂))], eq. (1) itself; `least-squares` is
    pix2pixHD's, the default [our decision]; `hinge` as in Lim & Ye 2017. real, fake: D's outputs. where: N×1×H×W,
    the pixels that scores must see to count, such as the hole [our decision]; None: all scores count.
    """
    penalty = _form(form)
    pairs = zip(real, fake, strict=True)
    return sum((_scored(penalty(r[-1], True), where) + _scored(penalty(f[-1], False), where)) / 2 for r, f in pairs)


def generator_loss(fake, form="least-squares", where=None):
    """What G minimises: Σ_k of the penalty for D calling its work fake (−E[D_k] for `hinge`). where: as above.

    `log` is the non-saturating −log D_k(V, x̂), which has the same fixed point as eq. (1).
    """
    penalty = _form(form)
    if form == "hinge":
        return sum(_scored(-f[-1], where) for f in fake)
    return sum(_scored(penalty(f[-1], True), where) for f in fake)


# ---------------------------------------------------------------- (1) with a discriminator that segments


def segmenting_discriminator_loss(real, fake, s, hole):
    """What a `SegmentingDiscriminator` minimises: cross-entropy with the true classes, and *painted* in the hole.

    real, fake: its outputs for I and Î; s: one-hot S, N×C×H×W; hole N×1×H×W. Three means: the real picture, the hole
    of the filled one, where it must answer *painted*, and the rest of that, where it must still find the classes.
    """
    painted = torch.zeros_like(hole)
    weight = class_weights(s)
    on_real = _pixel_cross_entropy(real[0][-1], torch.cat([s, painted], 1), weight)
    on_fake = _pixel_cross_entropy(fake[0][-1], torch.cat([s * (1 - hole), hole], 1), weight)
    inside = F.adaptive_avg_pool2d(hole, on_fake.shape[-2:])
    return on_real.mean() + (inside * on_fake).sum() / inside.sum().clamp_min(1) + ((1 - inside) * on_fake).mean()


def segmenting_generator_loss(fake, s, hole):
    """What G minimises: in the hole its picture is to be taken for the classes of the layout s; arguments as above."""
    wrong = _pixel_cross_entropy(fake[0][-1], torch.cat([s, torch.zeros_like(hole)], 1), class_weights(s))
    inside = F.adaptive_avg_pool2d(hole, wrong.shape[-2:])
    return (inside * wrong).sum() / inside.sum().clamp_min(1)


def class_weights(s):
    """One weight for each class and, last, 1 for *painted*: a class counts by the square root of its share, not by it.

    s: one-hot N×C×H×W. Weights are 1/√share, scaled so that the mean over all pixels of s is 1; a class below one
    pixel in a hundred counts as one in a hundred.
    """
    share = s.mean((0, 2, 3))
    weight = share.clamp_min(0.01).rsqrt()
    return torch.cat([weight / (weight * share).sum(), weight.new_ones(1)])


def _pixel_cross_entropy(logits, target, weight):
    """−Σ_c w_c·target_c·log p_c, N×1×h×w; target: shares of classes N×K×H×W, averaged down to the logits' size."""
    target = F.adaptive_avg_pool2d(target, logits.shape[-2:]) * weight.view(1, -1, 1, 1)
    return -(target * logits.float().log_softmax(1)).sum(1, keepdim=True)


# ---------------------------------------------------------------- (2) discriminator features


def feature_loss(real, fake, hole):
    """Σ_k Σ_l 1/(H_l W_l) Σ_i ‖M_l ⊙ (D_k^l(V, x) − D_k^l(V, x̂))‖_1: the paper's "perceptual" loss, eq. (2).

    M_l is the hole N×1×H×W resized to layer l by area averaging, so that a small hole never vanishes [our
    decision]. ‖·‖_1 is the mean over channels, as in pix2pixHD, so that one λ serves every width [our decision].
    Layers are all but the scores; no gradient flows into the real side.
    """
    total = hole.new_zeros(())
    for real_k, fake_k in zip(real, fake, strict=True):
        for x, y in zip(real_k[:-1], fake_k[:-1], strict=True):
            mask = F.interpolate(hole, size=x.shape[-2:], mode="area")
            total = total + (mask * (x.detach() - y).abs()).mean()
    return total


# ---------------------------------------------------------------- (3) AlexNet loss on the hole's patch


def hole_patch(x, hole, side, margin=0):
    """The hole's bounding box and a margin of so many pixels, cut out of x (N×C×H×W), resized to side×side (bilinear).

    The corners of the patch are the box's corner pixels, so nothing outside the box is ever sampled.
    """
    boxes = bounding_boxes(hole, margin)
    scale = boxes.new_tensor([x.shape[-2] - 1, x.shape[-1] - 1]).clamp_min(1)
    corner, size = boxes[:, :2] / scale, (boxes[:, 2:] - boxes[:, :2]) / scale  # as shares of the picture
    theta = x.new_zeros(len(x), 2, 3)  # affine map from the patch's [-1, 1]² to the picture's
    theta[:, 0, 0], theta[:, 1, 1] = size[:, 1], size[:, 0]
    theta[:, 0, 2], theta[:, 1, 2] = 2 * corner[:, 1] + size[:, 1] - 1, 2 * corner[:, 0] + size[:, 0] - 1
    grid = F.affine_grid(theta, (len(x), x.shape[1], side, side), align_corners=True)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)


def hole_windows(hole, side, margin=0):
    """Corners (top, left) of one side×side window a picture that shows as much of its hole as it can, at random.

    A hole (and its margin of so many pixels) larger than the window is looked at through a random part of it, a
    smaller one lies wholly inside, somewhere. Drawn from torch's generator, on the hole's device. Returns int64 N×2,
    the windows inside the picture.
    """
    boxes = bounding_boxes(hole, margin).long()
    ends = torch.stack([boxes[:, :2], boxes[:, 2:] + 1 - side]).clamp_min(0)
    ends = ends.minimum(boxes.new_tensor(hole.shape[-2:]) - side)
    low, high = ends.amin(0), ends.amax(0)
    return low + (torch.rand(low.shape, device=low.device) * (high - low + 1)).long()


def bounding_boxes(hole, margin=0):
    """The hole's first and last missing row and column, N×4: top, left, bottom, right, inclusive (float).

    margin: pixels added on every side, as far as the picture goes. ValueError, on the CPU: a hole is empty.
    """
    rows, columns = hole.amax((1, 3)), hole.amax((1, 2))
    if may_look(hole.device) and not rows.amax(1).all():
        raise ValueError("a hole of the batch is empty (all 0): there is no patch to compare. 1 = missing")
    ends = [(x.argmax(1), x.shape[1] - 1 - x.flip(1).argmax(1)) for x in (rows, columns)]
    firsts = [(first - margin).clamp_min(0) for first, _ in ends]
    lasts = [(last + margin).clamp_max(x.shape[1] - 1) for (_, last), x in zip(ends, (rows, columns), strict=True)]
    return torch.stack([*firsts, *lasts], 1).to(hole.dtype)


def calm_colours(x, cell):
    """x (N×3×H×W) with its colours averaged over cells of so many pixels and its brightness as it was.

    Brightness is the plain mean of the three. By the eye's weights (.299, .587, .114) green is the cheapest way to
    be brighter, and a net that is paid for texture in brightness paints green stripes.
    """
    brightness = x.mean(1, keepdim=True)
    colours = F.avg_pool2d(x - brightness, cell, ceil_mode=True, count_include_pad=False)
    return brightness + _enlarge(colours, x.shape[-2:])


def in_colours_of(image, x):
    """x (N×3×H×W) with the colours of image and its own brightness, the plain mean of the three."""
    return image + (x - image).mean(1, keepdim=True)


def _enlarge(cells, size):
    """Bilinear interpolation as two matrix products.

    On a GPU the gradient of `F.interpolate` adds up a cell's pixels one after another: a third of a training step.
    """
    rows, columns = (
        F.interpolate(torch.eye(n, device=cells.device)[None], size=m, mode="linear")[0]
        for n, m in zip(cells.shape[-2:], size, strict=True)
    )
    with torch.autocast(cells.device.type, enabled=False):  # a colour has more than bfloat16's eight bits
        return rows.mT @ cells @ columns


class AlexNetLoss(nn.Module):
    """Σ_l 1/(H_l W_l) Σ_hw ‖w_l ⊙ (Φ^l(x) − Φ^l(Î))‖²_2 on the local hole patch, eq. (3): LPIPS.

    distance: `spg.perceptual.load()`; patch: the side the hole's box is resized to [our decision; None: half
    the picture's side, the largest hole the paper draws, so that none is shrunk, and at least 32, AlexNet's need].
    window: where the box would be resized to more than this, look through a window of this side at full
    resolution instead: the work of a 128-pixel patch is four times that of a 64-pixel one [our decision]; 0: never.
    margin: of known surroundings in the patch, as a share of the picture's side. Without any, no loss sees how
    the filling meets the known pixels, and a seam is free [our decision].
    chroma: side of the cells over which the network is shown colours averaged, as a share of the picture's side. It
    takes stripes of red, green and blue for texture, and rewards a net that paints them; averaged, it still rewards a
    tint of the whole filling. 1: it is shown the true colours on both sides, and compares brightness alone [all ours];
    0: off.
    """

    def __init__(self, distance, patch=None, window=0, margin=0.0, chroma=0.0):
        super().__init__()
        self.distance, self.patch, self.window, self.margin, self.chroma = distance, patch, window, margin, chroma

    def forward(self, image, filled, hole):
        """image I, filled Î: N×3×H×W in [-1, 1]; hole N×1×H×W. Returns the mean over the batch."""
        if self.chroma == 1:
            filled = in_colours_of(image, filled)
        elif self.chroma:
            cell = max(2, round(self.chroma * max(image.shape[-2:])))
            image, filled = calm_colours(image, cell), calm_colours(filled, cell)
        side = self.patch or max(32, *(n // 2 for n in image.shape[-2:]))
        margin = round(self.margin * max(image.shape[-2:]))
        if self.window and side > self.window:
            corners = hole_windows(hole, self.window, margin)
            patches = [cut(x, corners, (self.window, self.window)).clamp(-1, 1) for x in (image, filled)]
        else:
            patches = [hole_patch(x, hole, side, margin).clamp(-1, 1) for x in (image, filled)]
        return self.distance(*patches).mean()


def cut(x, corners, sides):
    """One window a picture, N×C×h×w, out of x (N×C×H×W). corners: int64 N×2, top and left; sides: h, w."""
    rows, columns = (c[:, None] + torch.arange(n, device=x.device) for c, n in zip(corners.T, sides, strict=True))
    picture = torch.arange(len(x), device=x.device)[:, None, None]
    return x[picture, :, rows[:, :, None], columns[:, None]].permute(0, 3, 1, 2)


# ---------------------------------------------------------------- departures from the paper, off at weight 0


def hole_cross_entropy(s_r, s, hole):
    """Mean over the batch of −Σ R·log S_R[true class] / Σ R: SP-Net's named departure.

    s_r, s: N×C×H×W probabilities and one-hot. Each picture weighs the same, however large its hole, and so two
    processes with half the batch each have the joined batch's gradient.
    """
    log_likelihood = (s * s_r.clamp_min(1e-7).log()).sum(1, keepdim=True)
    return -_hole_mean(log_likelihood, hole)


def hole_dice(s_r, s, hole):
    """Mean over the batch of 1 − the mean over the hole's classes of 2·Σ R·S·S_R / (Σ R·S + Σ R·S_R).

    SP-Net's second named departure (soft Dice, Milletari et al. 2016): a sign of ten pixels weighs as much as the
    road. s_r, s: N×C×H×W probabilities and one-hot; only classes that the true hole holds are counted.
    """
    both, true, predicted = ((hole * x).sum((2, 3)) for x in (s * s_r, s, s_r))
    there = (true > 0).to(s.dtype)
    dice = (there * 2 * both / (true + predicted).clamp_min(1e-7)).sum(1) / there.sum(1)
    return (1 - dice).mean()


def hole_l1(i_r, image, hole):
    """Mean over the batch of Σ R·|I_R − I| / (3·Σ R): the pixel loss the paper argues against."""
    return _hole_mean((i_r - image).abs().mean(1, keepdim=True), hole)


def hole_ssim(filled, image, hole):
    """Mean over the batch of 1 − the hole's mean structural similarity, `metrics.ssim` of pictures in [-1, 1].

    A pixel is compared with its neighbours within 5 pixels, known ones included: local contrast must be right, and
    must be where it belongs. filled, image: N×3×H×W.
    """
    x, y = ((i.float() + 1) / 2 for i in (filled, image))  # SSIM's luminance term wants black to be 0
    mean_x, mean_y, xx, yy, xy = _local_mean(torch.cat([x, y, x * x, y * y, x * y], 1)).chunk(5, 1)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    structure = (2 * (xy - mean_x * mean_y) + C2) / (xx - mean_x**2 + yy - mean_y**2 + C2)
    return 1 - _hole_mean((luminance * structure).mean(1, keepdim=True), hole)


def _local_mean(x, sigma=1.5, reach=5):
    """Every channel averaged under a Gaussian window, the borders mirrored."""
    offsets = torch.arange(-reach, reach + 1, device=x.device)
    window = torch.exp(-(offsets**2) / (2 * sigma**2))
    row = (window / window.sum()).view(1, 1, 1, -1).expand(x.shape[1], -1, -1, -1)
    x = F.pad(x, (reach,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(x, row, groups=len(row)), row.mT, groups=len(row))


def _hole_mean(x, hole):
    return ((hole * x).sum((1, 2, 3)) / hole.sum((1, 2, 3)).clamp_min(1)).mean()
