"""Inpainter: known pixels stay, kinds and sizes come back as they went in, bad input is refused clearly."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image

from spg.baselines.classical import available, textured
from spg.generators import SGNet, SPNet
from spg.generators_plus import SGNetPlus, smooth
from spg.inpainting import Inpainter
from spg.labels import BUILDING, PALETTE, PERSON, ROAD, SIGN, VEHICLE
from spg.segmenter import Segmenter

needs_patches = pytest.mark.skipif(not available(), reason="PyPatchMatch is not installed")


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    small = {"width": 2, "downs": 3}
    return Inpainter(SPNet(**small), SGNet(**small), Segmenter(), size=64, device="cpu")


def scene(height, width, seed=0):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    labels = rng.integers(0, 8, (height, width), np.uint8)
    hole = np.zeros((height, width), np.uint8)
    hole[height // 4 : height // 2, width // 3 : width // 2] = 1
    return picture, labels, hole


@pytest.mark.parametrize("size", [(32, 32), (64, 40), (33, 51), (200, 333), (21, 90)])
@pytest.mark.parametrize("given", [True, False])
def test_known_pixels_are_bit_identical_at_any_size(net, size, given):
    picture, labels, hole = scene(*size)
    filled = net(picture, hole, labels if given else None)
    assert filled.image.shape == picture.shape and filled.image.dtype == np.uint8
    assert (filled.image[hole == 0] == picture[hole == 0]).all()
    assert (filled.image[hole == 1] != picture[hole == 1]).any()
    assert filled.labels.shape == hole.shape and filled.probabilities.shape == (8, *size)
    np.testing.assert_allclose(filled.probabilities.sum(0)[hole == 1], 1, atol=1e-5)
    assert (filled.probabilities.argmax(0) == filled.labels)[hole == 1].all() or filled.scale < 1
    if given:
        assert (filled.labels[hole == 0] == labels[hole == 0]).all()


def test_missing_pixels_and_their_labels_are_never_looked_at(net):
    picture, labels, hole = scene(40, 40)
    other, other_labels, _ = scene(40, 40, seed=1)
    changed = np.where(hole[..., None] == 1, other, picture)
    for a, b in zip(net(picture, hole, labels)[:3], net(changed, hole, labels)[:3], strict=True):
        assert (a == b).all()
    relabelled = np.where(hole == 1, other_labels, labels)
    assert (net(picture, hole, labels).image == net(picture, hole, relabelled).image).all()
    assert (net(picture, hole).image == net(changed, hole).image).all()


def test_painting_follows_the_labels_in_the_hole(net):
    picture, labels, hole = scene(40, 40)
    edited = np.where(hole == 1, (labels + 1) % 8, labels).astype(np.uint8)
    assert (net.paint(picture, hole, labels) != net.paint(picture, hole, edited)).any()


def test_the_two_steps_are_the_whole(net):
    picture, labels, hole = scene(40, 40)
    completed, s_r = net.predict(picture, hole, labels)
    filled = net(picture, hole, labels)
    assert (filled.labels == completed).all() and (filled.probabilities == s_r).all()
    assert (completed[hole == 1] == s_r.argmax(0)[hole == 1]).all()
    assert (net.paint(picture, hole, completed) == filled.image).all()


def test_classes_that_are_not_to_be_in_the_hole_are_not(net):
    picture, labels, hole = scene(40, 40)
    usual, s_r = net.predict(picture, hole, labels)
    barred = np.unique(usual[hole == 1])[:2]  # what SP-Net would have there
    names = [net.classes.names[c] for c in barred]
    completed, without = net.predict(picture, hole, labels, without=names)
    assert not np.isin(completed[hole == 1], barred).any()
    assert (completed[hole == 0] == labels[hole == 0]).all()
    allowed = np.setdiff1d(range(8), barred)
    assert (completed[hole == 1] == allowed[s_r[allowed].argmax(0)][hole == 1]).all()  # the likeliest of the others
    np.testing.assert_allclose(without.sum(0), 1, atol=1e-5)
    assert (net(picture, hole, labels, names).labels == completed).all()
    one, both = (net.predict(picture, hole, labels, x)[0] for x in (names[0], names[:1]))
    assert (one == both).all()


class Sure(torch.nn.Module):
    """An SP-Net that has the same shares everywhere, or in two halves; it notes what it was shown."""

    def __init__(self, left, right=None):
        super().__init__()
        self.shares = [torch.eye(8)[list(s)].T @ torch.tensor(list(s.values())) for s in (left, right or left)]

    def forward(self, i0, s0, hole):
        self.shown = s0, hole
        s_r = self.shares[0].view(1, 8, 1, 1).repeat(1, 1, *hole.shape[-2:])
        s_r[..., hole.shape[-1] // 2 :] = self.shares[1].view(8, 1, 1)
        return s_r


def test_where_a_car_is_taken_out_no_other_object_takes_its_place(net):
    picture, labels = np.full((64, 64, 3), 90, np.uint8), np.full((64, 64), BUILDING, np.uint8)
    hole = np.zeros_like(labels)
    hole[20:40, 16:48] = 1
    labels[20:40, 48:52] = SIGN  # beside the hole
    spnet = Sure({VEHICLE: 0.6, SIGN: 0.3, ROAD: 0.1}, {VEHICLE: 0.5, SIGN: 0.4, ROAD: 0.1})
    layout = Inpainter(spnet, net.sgnet, size=64, device="cpu").predict(picture, hole, labels, without="vehicle")[0]
    assert (layout[20:40, 16:46] == ROAD).all() and (layout[20:40, 46:48] == SIGN).all()  # it goes on for its rim
    spnet = Sure({VEHICLE: 0.6, SIGN: 0.3, ROAD: 0.1}, {VEHICLE: 0.4, SIGN: 0.5, ROAD: 0.1})
    large = Inpainter(spnet, net.sgnet, size=64, device="cpu")
    layout = large.predict(picture, hole, labels, without="vehicle")[0]
    assert (layout[20:40, 16:46] == ROAD).all() and (layout[20:40, 46:48] == SIGN).all()  # a guess is no reason
    street = ["vehicle", "road", "building", "vegetation", "sky"]
    layout, s_r = large.predict(picture, hole, labels, without=street)  # nothing but objects is left
    assert (layout[hole == 1] == SIGN).all() and np.isfinite(s_r).all()
    assert (large.predict(picture, hole, labels, without="sky")[0][20:40, 16:32] == VEHICLE).all()


def test_what_a_hole_has_left_of_a_car_is_hidden_from_spnet(net):
    picture, labels = np.full((64, 64, 3), 90, np.uint8), np.full((64, 64), ROAD, np.uint8)
    labels[10:30, 10:40] = VEHICLE
    hole = np.zeros_like(labels)
    hole[11:29, 11:30] = 1  # a sliver of the car is left on three sides, and its bonnet
    spnet = Sure({ROAD: 1.0})
    small = Inpainter(spnet, net.sgnet, size=64, device="cpu")
    layout, _ = small.predict(picture, hole, labels, without="vehicle")
    s0, seen = (x[0].numpy() for x in spnet.shown)
    assert (seen[0, 10:30, 10:31] == 1).all() and not s0[VEHICLE, 10:30, 10:31].any()
    assert (seen[0, :, 33:] == 0).all() and s0[VEHICLE, 15, 35] == 1  # what is farther off is another car
    assert (layout[hole == 0] == labels[hole == 0]).all()
    small.predict(picture, hole, labels)
    assert (spnet.shown[1][0, 0].numpy() == hole).all()


def test_a_hole_without_any_class_or_without_an_unknown_one_is_refused(net):
    picture, labels, hole = scene(40, 40)
    with pytest.raises(ValueError, match="unknown class 'car'; known: road, building"):
        net(picture, hole, labels, without=["car"])
    with pytest.raises(ValueError, match="names all classes"):
        net(picture, hole, labels, without=net.classes.names)


def test_a_thin_hole_without_a_class_gets_the_next_one_beside_it(net):
    labels = np.full((400, 400), VEHICLE, np.uint8)
    labels[:, :100] = ROAD
    hole = np.zeros((400, 400), np.uint8)
    hole[199:202, 95:110] = 1
    picture = np.full((400, 400, 3), 90, np.uint8)
    large = Inpainter(net.spnet, net.sgnet, size=32, device="cpu")
    assert (large.predict(picture, hole, labels)[0] == labels).all()
    assert (large.predict(picture, hole, labels, without=["vehicle"])[0][hole == 1] == ROAD).all()
    labels[:] = VEHICLE  # there is nothing else
    assert (large.predict(picture, hole, labels, without=["vehicle"])[0] == VEHICLE).all()


def test_a_soft_painter_reads_the_probabilities_in_the_hole_and_no_other_does(net):
    picture, labels, hole = scene(40, 40)
    plain = Inpainter(net.spnet, SGNetPlus(downs=2), device="cpu")  # untrained, it paints the colours of the classes
    soft = copy.deepcopy(plain)
    soft.soft = True
    completed, s_r = soft.predict(picture, hole, labels)
    hard, filled = soft.paint(picture, hole, completed), soft(picture, hole, labels).image
    assert (plain(picture, hole, labels).image == hard).all() and (filled != hard).any()
    assert (soft.paint(picture, hole, completed, s_r) == filled).all()
    sure = (completed == np.arange(8)[:, None, None]).astype(np.float32)
    assert (soft.paint(picture, hole, completed, sure) == hard).all()
    outside = np.where(hole == 1, s_r, s_r[::-1])
    assert (soft.paint(picture, hole, completed, outside) == filled).all()


@pytest.fixture(scope="module")
def coloured(net):
    """An SG-Net+ that paints the colour it is asked for, and grey elsewhere; it notes what it was asked."""

    class Painter(SGNetPlus):
        def forward(self, i0, s, hole, colour=None):
            self.asked = colour
            return torch.zeros_like(i0) if colour is None else colour[:, :3]

    return Inpainter(net.spnet, Painter(downs=2, coloured=True), size=64, device="cpu")


def red_square(hole):
    colours = np.zeros((*hole.shape, 4), np.uint8)
    rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
    colours[rows[1] : rows[-1], columns[0] - 2 : columns[-1]] = (200, 30, 40, 255)  # two columns too far to the left
    return colours


@pytest.mark.parametrize("size", [(40, 40), (33, 51), (256, 320)])
def test_a_colour_is_asked_for_inside_the_outline_and_the_hole_only(coloured, size):
    picture, labels, hole = scene(*size)
    labels[np.isin(labels, (VEHICLE, PERSON))] = ROAD  # these two are asked for a colour anyway
    colours = red_square(hole)
    filled = coloured.paint(picture, hole, labels, colours=colours)
    assert (filled[hole == 0] == picture[hole == 0]).all()
    asked = coloured.sgnet.asked
    assert asked.shape[1] == 4 and set(asked[0, 3].unique().tolist()) == {0, 1}
    assert (asked[:, :3] * (1 - asked[:, 3:]) == 0).all()
    inside = (colours[..., 3] == 255) & (hole == 1)
    if min(size) <= 64:  # at the nets' own scale to the pixel; a larger picture's outline is brought there and back
        assert (asked[0, 3].numpy() == inside).all()
        assert (filled[inside] == (200, 30, 40)).all() and (filled[(hole == 1) & ~inside] == 128).all()
    assert np.abs(filled[inside].mean(0) - (200, 30, 40)).max() <= 20


def test_where_nobody_asks_vehicles_and_persons_get_the_colour_of_their_class_nearby(coloured):
    picture, labels, hole = (np.zeros(shape, np.uint8) for shape in ((40, 40, 3), (40, 40), (40, 40)))
    picture[:], hole[10:30, 10:30] = 90, 1
    labels[2:8, 4:12] = VEHICLE  # known, and green
    picture[2:8, 4:12] = (20, 160, 60)
    labels[12:18, 12:20] = labels[22:26, 14:28] = VEHICLE  # missing
    plain = coloured.paint(picture, hole, labels)
    vehicle = (labels == VEHICLE) & (hole == 1)
    assert (coloured.sgnet.asked[0, 3].numpy() == vehicle).all()
    assert (
        np.abs(plain[vehicle].astype(int) - (20, 160, 60)).max() <= 2 and (plain[(hole == 1) & ~vehicle] == 128).all()
    )

    colours = np.zeros((40, 40, 4), np.uint8)
    colours[hole == 0] = (200, 30, 40, 255)  # outside the hole nothing is asked for
    assert (coloured.paint(picture, hole, labels, colours=colours) == plain).all()
    colours[12:18, 12:20] = (200, 30, 40, 255)
    one_red = coloured.paint(picture, hole, labels, colours=colours)
    assert (one_red[12:18, 12:20] == (200, 30, 40)).all() and (one_red[22:26, 14:28] == plain[22:26, 14:28]).all()


def test_colours_that_cannot_be_asked_for_are_refused(net, coloured):
    picture, labels, hole = scene(40, 40)
    colours = red_square(hole)
    for other in (net, Inpainter(net.spnet, SGNetPlus(downs=2), device="cpu")):
        with pytest.raises(ValueError, match="this SG-Net takes none: load one that was trained with coloured=true"):
            other.paint(picture, hole, labels, colours=colours)
    colours[12, 14, 3] = 128
    cases = [
        (colours, "alpha is 255 where a colour is asked for and 0 elsewhere, found 128"),
        (colours[..., :3], r"colours are uint8 of shape \(40, 40, 4\) \(RGBA\), got uint8 \(40, 40, 3\)"),
        (colours / 255, r"got float64 \(40, 40, 4\)"),
        (colours[:30], r"got uint8 \(30, 40, 4\)"),
    ]
    for bad, message in cases:
        with pytest.raises(ValueError, match=message):
            coloured.paint(picture, hole, labels, colours=bad)


def test_same_kind_out(net):
    picture, labels, hole = scene(32, 32)
    array = net(picture, hole, labels).image
    planes = net(np.ascontiguousarray(picture.transpose(2, 0, 1)), hole, labels).image
    assert (planes == array.transpose(2, 0, 1)).all()
    pil = net(Image.fromarray(picture), hole, labels)
    assert isinstance(pil.image, Image.Image) and (np.asarray(pil.image) == array).all()
    assert isinstance(pil.labels, Image.Image) and pil.labels.mode == "L"
    tensor = torch.from_numpy(picture).permute(2, 0, 1)
    assert torch.equal(net(tensor, torch.from_numpy(hole), labels).image, torch.from_numpy(planes))


def test_a_mirrored_view_is_a_picture_too(net):
    picture, labels, hole = scene(32, 32)
    planes = picture.transpose(2, 0, 1)
    assert (net(planes[..., ::-1], hole, labels).image == net(planes[..., ::-1].copy(), hole, labels).image).all()


def test_a_float_tensor_keeps_its_own_known_values(net):
    _, labels, hole = scene(32, 32)
    image = torch.rand(3, 32, 32) * 2 - 1
    out = net(image, hole, labels).image
    keep = torch.from_numpy(hole == 0).expand_as(image)
    assert torch.equal(out[keep], image[keep]) and out.abs().max() <= 1


def test_a_window_larger_than_the_nets_is_painted_small_and_enlarged(net):
    picture, labels, hole = scene(256, 320)
    assert net(picture, hole, labels).scale == 0.25  # 64 / 256
    assert net(*scene(64, 80)[::2], scene(64, 80)[1]).scale == 1
    whole = Inpainter(net.spnet, net.sgnet, device="cpu")
    assert whole(picture, hole, labels).scale == 1


def small_hole(shape, *places, side=12):
    hole = np.zeros(shape, np.uint8)
    for top, left in places:
        hole[top : top + side, left : left + side] = 1
    return hole


def test_a_small_hole_is_filled_from_its_window_as_if_that_were_the_picture(net):
    picture, labels, _ = scene(200, 300)
    hole = small_hole((200, 300), (100, 200))
    view = slice(74, 138), slice(174, 238)  # 64 pixels about its middle
    cut = net(picture[view], hole[view], labels[view])
    for given in (picture, picture.transpose(2, 0, 1), torch.from_numpy(picture.transpose(2, 0, 1).copy())):
        filled = net(given, hole, labels)
        image = np.asarray(filled.image) if isinstance(given, np.ndarray) else filled.image.numpy()
        image = image if image.shape[2] == 3 else image.transpose(1, 2, 0)
        assert (image[view] == cut.image).all() and filled.scale == 1
        image[view] = picture[view]
        assert (image == picture).all()
    assert (filled.labels[view] == cut.labels).all()
    assert (filled.probabilities[:, hole == 1] == cut.probabilities[:, hole[view] == 1]).all()
    assert (filled.probabilities[:, hole == 0] == 0).all()


def test_the_nets_see_no_more_than_their_size_at_a_time(net):
    seen = []
    handles = [part.register_forward_hook(lambda _, x, y: seen.append(x[0].shape)) for part in (net.spnet, net.sgnet)]
    for hole in (small_hole((400, 700), (20, 20), (300, 600)), small_hole((400, 700), (100, 100), side=180)):
        net(*scene(400, 700)[:1], hole, scene(400, 700)[1])
    for handle in handles:
        handle.remove()
    assert [max(shape[2:]) <= 112 and min(shape[2:]) == 64 for shape in seen] == [True] * 6


def test_the_two_steps_are_the_whole_in_windows_too(net):
    picture, labels, _ = scene(200, 300)
    hole = small_hole((200, 300), (20, 20), (40, 45), (100, 200), (100, 260))
    completed, s_r = net.predict(picture, hole, labels)
    filled = net(picture, hole, labels)
    assert (filled.labels == completed).all() and (filled.probabilities == s_r).all()
    assert (net.paint(picture, hole, completed, s_r) == filled.image).all()
    assert (filled.labels[hole == 0] == labels[hole == 0]).all()


def test_missing_pixels_are_not_looked_at_in_windows_either(net):
    picture, labels, _ = scene(200, 300)
    hole = small_hole((200, 300), (20, 20), (40, 45), (100, 200), side=30)  # of which two windows are shrunk
    changed = np.where(hole[..., None] == 1, scene(200, 300, seed=1)[0], picture)
    for given in (labels, None):
        assert (net(picture, hole, given).image == net(changed, hole, given).image).all()


def test_a_window_goes_by_what_the_one_before_has_painted(net):
    class Painter(torch.nn.Module):
        guided, seen = False, ()

        def forward(self, i0, s, hole):
            self.seen += ((int(hole.sum()), float(i0.max())),)
            return torch.ones_like(i0)

    painter = Painter()
    hole = small_hole((200, 300), (100, 100), (100, 130), side=20)
    filled = Inpainter(None, painter, size=64, device="cpu").paint(np.zeros((3, 200, 300), np.uint8), hole, hole)
    (first, dark), (second, bright) = painter.seen
    assert first > second and dark < bright == 1 and (filled[:, hole == 1] == 255).all()


def shades(shape):
    """A picture, uint8 3×H×W, that grows brighter from left to right."""
    return np.broadcast_to(np.linspace(0, 255, shape[1]).astype(np.uint8), (3, *shape)).copy()


def test_a_fine_hole_in_a_large_picture_stays_fine(net):
    class Smooth(torch.nn.Module):
        guided = False

        def forward(self, i0, s, hole):
            return smooth(i0, hole)

    picture, hole = shades((400, 300)), np.zeros((400, 300), np.uint8)
    for row in range(10):
        hole[5 + row :: 25] = 1
    filled = Inpainter(None, Smooth(), size=64, device="cpu").paint(picture, hole, hole)
    assert np.abs(filled.astype(int) - picture)[:, hole == 1].mean() < 2
    assert (filled[:, hole == 0] == picture[:, hole == 0]).all()


@pytest.mark.parametrize("wide, every", [(1, 10), (3, 9), (8, 20)])
def test_a_thin_hole_in_a_large_picture_is_filled_from_beside_it(net, wide, every):
    picture, labels, hole = shades((400, 300)), np.zeros((400, 300), np.uint8), np.zeros((400, 300), np.uint8)
    labels[:, 150:] = 3
    for row in range(wide):
        hole[4 + row :: every] = 1
        hole[:, 10 + row] = 1
    filled = net(picture, hole, np.where(hole == 1, 255, labels))
    assert np.abs(filled.image.astype(int) - picture)[:, hole == 1].mean() < 2
    assert (filled.image[:, hole == 0] == picture[:, hole == 0]).all()
    assert (filled.labels == labels).mean() > 0.99 and filled.scale == 1
    assert (filled.probabilities.argmax(0) == filled.labels)[hole == 1].all()
    assert (filled.probabilities.sum(0) == hole).all()


def test_a_post_or_a_colour_in_a_thin_hole_is_painted_by_the_net(net, coloured):
    picture, hole = shades((200, 300)), small_hole((200, 300), (100, 200), side=6)
    beside = np.zeros((200, 300), np.uint8)
    known = net.paint(picture, hole, beside)
    post = net.paint(picture, hole, np.where(hole == 1, 2, beside).astype(np.uint8))
    assert (known != post).any() and (known == post)[:, hole == 0].all()
    asked = red_square(hole)
    assert (coloured.paint(picture, hole, beside, colours=asked) != coloured.paint(picture, hole, beside)).any()


def with_textures(net, textures=True):
    parts = net.spnet, net.sgnet, net.segmenter
    return Inpainter(*parts, size=net.size, device="cpu", textures=textures)


@needs_patches
@pytest.mark.parametrize("side", [48, 200])
def test_with_textures_ground_and_walls_are_patches_and_objects_are_the_nets(net, side):
    picture, _, hole = scene(side, side)
    labels = np.full((side, side), BUILDING, np.uint8)
    labels[side // 2 - side // 8 :] = ROAD
    rows, columns = slice(side // 4, side // 3), slice(side // 3, side // 2)
    labels[rows, columns] = VEHICLE
    painted = net.paint(picture, hole, labels)
    made = with_textures(net).paint(picture, hole, labels)
    texture = (hole == 1) & (labels != VEHICLE)
    assert (made[~texture] == painted[~texture]).all() and (made[texture] != painted[texture]).any()
    if side <= net.size:  # one window, the whole picture
        assert (made == textured(painted.transpose(2, 0, 1), hole, labels).transpose(1, 2, 0)).all()


@needs_patches
@pytest.mark.parametrize("size", [48, 200])
def test_where_a_colour_is_asked_for_no_patches_are_put(coloured, size):
    picture, _, hole = scene(size, size)
    labels = np.where(np.arange(size)[:, None] < 3 * size // 8, BUILDING, ROAD).repeat(size, 1).astype(np.uint8)
    asked = np.zeros((size, size, 4), np.uint8)
    asked[labels == ROAD] = 255
    plain, patched = (one.paint(picture, hole, labels, colours=asked) for one in (coloured, with_textures(coloured)))
    road, wall = ((hole == 1) & (labels == label) for label in (ROAD, BUILDING))
    assert road.any() and (plain[road] == patched[road]).all() and (plain[wall] != patched[wall]).any()


@needs_patches
def test_patches_of_a_very_large_window_are_looked_for_in_a_smaller_one(net, monkeypatch):
    picture, _, hole = scene(160, 160)
    labels = np.where(np.arange(160)[:, None] < 60, BUILDING, ROAD).repeat(160, 1).astype(np.uint8)
    labels[45:50, 60:70] = VEHICLE
    picture[labels == ROAD] = 40
    picture[labels == BUILDING] = 200
    monkeypatch.setattr("spg.inpainting.PATCHED", 80)
    made, painted = with_textures(net).paint(picture, hole, labels), net.paint(picture, hole, labels)
    inner = np.abs(np.arange(160) - 60)[:, None] > 3  # enlarging mixes what meets at a border
    for label, bright in ((ROAD, 40), (BUILDING, 200)):
        where = (hole == 1) & (labels == label) & inner
        assert where.sum() > 200 and (np.abs(made[where].astype(int) - bright) <= 2).mean() > 0.8
    car = (hole == 1) & (labels == VEHICLE)
    assert car.any() and (made[car] == painted[car]).all()


def test_textures_are_there_where_they_can_be(net, monkeypatch):
    assert with_textures(net, None).textures == available() and not net.textures
    monkeypatch.setattr("spg.inpainting.available", lambda: False)
    assert not with_textures(net, None).textures


def test_grey_and_alpha_are_converted_and_said(net):
    picture, labels, hole = scene(32, 32)
    for odd in (Image.fromarray(picture).convert("L"), Image.fromarray(picture).convert("RGBA"), picture[..., 0]):
        with pytest.warns(UserWarning, match="converted from .* to RGB"):
            assert np.asarray(net(odd, hole, labels).image).shape == (32, 32, 3)


def test_labels_in_the_hole_may_be_255_where_nobody_looks_at_them(net):
    picture, labels, hole = scene(32, 40)
    ignored = np.where(hole == 1, 255, labels).astype(np.uint8)
    assert (net(picture, hole, ignored).image == net(picture, hole, labels).image).all()
    assert (net.predict(picture, hole, ignored)[0] == net.predict(picture, hole, labels)[0]).all()
    with pytest.raises(ValueError, match=r"label ids \[255\] are out of range"):
        net.paint(picture, hole, ignored)  # which goes by them
    with pytest.raises(ValueError, match=r"label ids \[255\] are out of range"):
        net(picture, 1 - hole, ignored)


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (3, 3), (1, 70), (90, 2)])
def test_the_smallest_pictures_are_filled_too(net, size):
    picture, labels, hole = scene(*size)
    hole[:] = 0
    hole[size[0] // 2, size[1] // 2] = 1
    for given in (labels, None):
        filled = net(Image.fromarray(picture), hole, given).image
        assert (np.asarray(filled)[hole == 0] == picture[hole == 0]).all()


def test_bad_input_is_named(net):
    picture, labels, hole = scene(32, 40)
    cases = [
        ((picture, hole[:30], labels), "the hole is 30×40 but the image is 32×40"),
        ((picture, hole * 128, labels), r"only 1 \(missing\) and 0 \(known\), found values in \[0, 128\]"),
        ((picture, hole * 0, labels), "the hole is empty"),
        ((picture, hole * 0 + 1, labels), "the whole image is missing"),
        ((picture, hole, labels + 5), "label ids .* are out of range 0..7"),
        ((picture, hole, labels[:, :30]), r"labels are \(32, 30\), the picture is \(32, 40\)"),
        ((picture / 255, hole, labels), "a NumPy picture must be uint8"),
        ((picture[..., :2], hole, labels), r"expected a picture H×W×3 or 3×H×W, got shape \(32, 40, 2\)"),
        ((torch.full((3, 32, 40), float("nan")), hole, labels), r"uint8, or float in \[-1, 1\]"),
        ((Image.fromarray(labels.astype(np.uint16)), hole, labels), "over 8 bits a channel"),
        ((torch.full((3, 32, 40), 200.0), hole, labels), r"uint8, or float in \[-1, 1\]"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            net(*arguments)


def test_without_segmenter_labels_are_asked_for(net):
    picture, _, hole = scene(32, 32)
    with pytest.raises(ValueError, match="no labels were given and these weights hold no segmenter"):
        Inpainter(net.spnet, net.sgnet, device="cpu")(picture, hole)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_fills_as_the_cpu_does(net):
    picture, labels, hole = scene(64, 64)
    slow = net.paint(picture, hole, labels).astype(int)
    fast = Inpainter(copy.deepcopy(net.spnet), copy.deepcopy(net.sgnet), size=64, device="cuda")
    assert np.abs(fast.paint(picture, hole, labels).astype(int) - slow).max() <= 3


def test_a_segmenter_looks_at_the_size_it_knows():
    seen = []

    class Segmenter(torch.nn.Module):
        def forward(self, i0, r):
            seen.append(tuple(r.shape[-2:]))
            return torch.full((1, 8, *r.shape[-2:]), 1 / 8)

    net = Inpainter(SPNet(width=2).eval(), SGNet(width=2).eval(), Segmenter(), segmenter_size=16)
    hole = np.zeros((32, 48), np.uint8)
    hole[8:16, 8:16] = 1
    filled = net(np.zeros((3, 32, 48), np.uint8), hole)
    assert seen == [(16, 24)]
    assert filled.labels.shape == (32, 48)


def test_pil_masks_and_labels_are_read_as_their_files_are(net):
    picture, labels, hole = scene(40, 40)
    image = Image.fromarray(picture)
    mask, coloured = Image.fromarray(255 * hole), Image.fromarray(PALETTE[labels])
    assert (np.asarray(net(image, mask, coloured).image) == net(picture, hole, labels).image).all()


def test_a_pil_result_keeps_the_colour_profile_that_fits(net):
    picture, labels, hole = scene(40, 40)
    for space, kept in ((b"RGB ", True), (b"CMYK", False)):
        image = Image.fromarray(picture)
        image.info["icc_profile"] = bytes(16) + space + bytes(108)
        assert ("icc_profile" in net(image, hole, labels).image.info) == kept
