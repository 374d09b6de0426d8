"""The trainer: resumes exactly, plays fairly, stops in time."""

import functools
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import Tiny
from torch.utils._python_dispatch import TorchDispatchMode

from spg import losses, perceptual, training
from spg.data.streets import Streets
from spg.engine import checkpoints, machine
from spg.generators import complete
from spg.labels import FACES, PERSON, ROAD, VEHICLE
from spg.models import MODELS, task
from spg.profiles import learning_rate, profile, schedule
from spg.samples import (
    Batch,
    Part,
    Resident,
    TrainingSamples,
    asked_colour,
    batches,
    largest_object,
    new_colour,
    paste,
    repainted,
)
from spg.tasks import predictors
from spg.training import Trainer


def smoke(**settings):
    return profile("smoke", **{"sizes": (32,), "pictures": (24,), "width": 2, "discriminator_width": 2, **settings})


def trainer(out, model="spnet", resume=False, data=Tiny, accelerator="cpu", start=None, **settings):
    profile = smoke(**settings)
    fabric = machine.make_fabric(profile, accelerator)
    return Trainer(model, task(model), profile, data, {"data": "tiny"}, out, fabric, resume, start)


def one_batch(size=32, n=4):
    return Batch.of(*next(batches(TrainingSamples(Tiny(size)), 0, 1, n)))


# ------------------------------------------------------------ samples


def test_a_sample_is_a_function_of_seed_and_number():
    first, second = TrainingSamples(Tiny(32), seed=3), TrainingSamples(Tiny(32), seed=3)
    for k in (0, 11, 12, 500):
        assert all((a == b).all() for a, b in zip(first[k], second[k], strict=True))
    other = TrainingSamples(Tiny(32), seed=4)
    assert any((first[k][2] != other[k][2]).any() for k in range(3))


def test_every_epoch_sees_every_scene_once_in_another_order():
    samples = TrainingSamples(Tiny(32))
    orders = [samples.order(epoch).tolist() for epoch in range(3)]
    assert all(sorted(order) == list(range(12)) for order in orders)
    assert orders[0] != orders[1] != orders[2]


def test_workers_read_the_same_samples():
    samples = pickle.loads(pickle.dumps(TrainingSamples(Tiny(32))))  # as workers that do not fork receive them
    for one, two in zip(batches(samples, 4, 3, 4), batches(samples, 4, 3, 4, workers=2), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_two_processes_share_the_joined_batch():
    samples = TrainingSamples(Tiny(32))
    (joined,) = batches(samples, 8, 1, 4)
    shares = [next(batches(samples, 8, 1, 4, rank, 2)) for rank in (0, 1)]
    for whole, *parts in zip(joined, *shares, strict=True):
        assert torch.equal(whole, torch.cat(parts))


def test_a_window_holds_the_hole():
    for k in range(40):
        whole, part = (TrainingSamples(Tiny(64), window=w)[k] for w in (0, 40))
        assert part[0].shape == (3, 40, 40) and part[1].shape == part[2].shape == (40, 40)
        assert part[2].sum() == whole[2].sum()  # the paper's holes are at most half the side


def test_the_object_whose_colour_is_asked_for():
    labels, hole = np.zeros((32, 32), np.uint8), np.zeros((32, 32), np.uint8)
    labels[4:10, 4:10], labels[20:28, 18:30] = VEHICLE, PERSON
    hole[:, :24] = 1
    outline = largest_object(labels, hole)
    assert outline.sum() == 8 * 6 and (outline[20:28, 18:24] == 1).all()
    assert largest_object(np.zeros_like(labels), hole).sum() == 0


def test_a_colour_is_the_mean_inside_the_outline_and_nothing_elsewhere():
    image, outline = torch.rand(2, 3, 8, 8), torch.zeros(2, 1, 8, 8)
    outline[0, :, 2:4, 2:6] = 1
    colour = asked_colour(image, outline)
    torch.testing.assert_close(colour[0, :3, 3, 5], image[0, :, 2:4, 2:6].mean((1, 2)))
    assert torch.equal(colour[:, 3:], outline) and not colour[1].any() and not colour[0, :, 0, 0].any()


def test_repainting_changes_the_object_alone_and_keeps_its_shades():
    image = np.full((3, 16, 16), 100, np.uint8)
    image[:, 4:8, 4:8], image[:, 4, 4:8], image[:, 6, 6] = 120, 150, 30  # a body, its roof in the light, a window
    labels, outline = np.zeros((16, 16), np.uint8), np.zeros((16, 16), np.uint8)
    labels[4:8, 4:8] = outline[4:8, 4:8] = 1
    labels *= VEHICLE
    wanted = np.stack([new_colour(np.random.default_rng(seed), labels, outline) for seed in range(40)])
    images, outlines, paints = (torch.from_numpy(np.array(x)) for x in ([image] * 40, [outline] * 40, wanted))
    made = repainted(images, outlines, paints).numpy()
    changed = [m for m in made if (m != image).any()]
    assert 8 < len(changed) < 32 and len(changed) == wanted.any(1).sum()
    for m in changed:
        assert (m[:, outline == 0] == 100).all() and (m[:, 6, 6] == 30).all() and (m[:, 4, 4] >= m[:, 5, 4]).all()
        assert (m[:, 5, 4] == m[:, 7, 7]).all() and (m[:, 5, 4] != 120).any()
    assert not new_colour(np.random.default_rng(0), np.zeros_like(labels), outline).any()  # no vehicle, no person


def test_repainting_leaves_what_has_another_hue():
    image = np.full((3, 8, 8), 90, np.uint8)
    image[:, 2:6, 2:6] = np.array([60, 80, 150])[:, None, None]
    image[:, 5, 2] = [200, 30, 30]  # a rear light
    outline = np.zeros((8, 8), np.uint8)
    outline[2:6, 2:6] = 1
    images, outlines = torch.from_numpy(image)[None], torch.from_numpy(outline)[None]
    made = repainted(images, outlines, torch.tensor([[160, 40, 40]], dtype=torch.uint8))[0]
    assert made[:, 3, 3].tolist() == [160, 40, 40] and made[:, 5, 2].tolist() == [200, 30, 30]


def test_a_part_of_a_larger_scene():
    large = Streets(64, "train", 4)
    samples = TrainingSamples(large, zoom=2)
    pictures = [samples[k][0] for k in range(24)]
    assert all(image.shape == (3, 32, 32) for image in pictures)
    whole, _ = Part(0, 0, 64, 64).shrunk(*large[0], 32)
    assert any((image == whole).all() or (image[..., ::-1] == whole).all() for image in pictures)
    _, labels = Part(3, 5, 40, 52).shrunk(*large[0], 32)
    middles = 2 * np.arange(32) + 1
    assert (labels == large[0].labels[3 + middles * 40 // 64][:, 5 + middles * 52 // 64]).all()
    own, _ = Part(8, 12, 32, 32).shrunk(*large[0], 32)
    assert (own == large[0].image[:, 8:40, 12:44]).all()


def test_no_colour_leaks_over_a_border():
    image, labels = np.zeros((3, 16, 16), np.uint8), np.zeros((16, 16), np.uint8)
    image[:, :, 7:], labels[:, 7:] = 200, 1  # the border runs through a pixel of the part
    seen, classes = Part(0, 0, 16, 16).shrunk(image, labels, 8)
    assert (seen == np.where(classes == 1, 200, 0)).all() and {0, 200} == set(np.unique(seen))


def test_a_pasted_object_has_its_own_colours_and_class():
    rng, size = np.random.default_rng(0), 64
    road = np.full((3, size, size), 90, np.uint8), np.zeros((size, size), np.uint8)
    car = np.zeros((3, size, size), np.uint8), np.zeros((size, size), np.uint8)
    car[0][:, 20:36, 10:30], car[1][20:36, 10:30] = np.array([200, 30, 30])[:, None, None], VEHICLE
    boxes = set()
    for _ in range(20):
        image, labels, outline = paste(rng, road, car)
        assert (outline == (labels == VEHICLE)).all()
        assert ((image[0] > 150) == (labels == VEHICLE)).all() and (labels == VEHICLE).any()
        boxes.add(tuple(np.argwhere(labels == VEHICLE)[0]))
    assert len(boxes) > 10 and not road[1].any()
    assert paste(rng, car, road)[1] is car[1]  # nothing to paste


def test_a_sketched_object_is_bent_and_missing():
    size = 64
    road = np.full((3, size, size), 90, np.uint8), np.zeros((size, size), np.uint8)
    car = np.zeros((3, size, size), np.uint8), np.zeros((size, size), np.uint8)
    car[0][:, 20:36, 10:30], car[1][20:36, 10:30] = np.array([200, 30, 30])[:, None, None], VEHICLE
    filled, sides = [], []
    for k in range(20):
        image, labels, drawn = paste(np.random.default_rng(k), road, car, sketched=True)
        assert ((labels == VEHICLE) <= (drawn == 1)).all() and (image[0] == 90)[drawn == 0].all()
        rows, columns = (np.flatnonzero(drawn.any(axis)) for axis in (1, 0))
        sides.append((np.ptp(rows) + 1, np.ptp(columns) + 1))
        filled.append(drawn.sum() / np.prod(sides[-1]))
    assert max(filled) < 0.99 and len(set(sides)) > 10  # a box no more
    assert paste(np.random.default_rng(0), car, road, sketched=True)[2] is None

    samples = TrainingSamples([car] * 4, window=48, sketched=1.0)
    seen = [(labels == VEHICLE)[hole > 0] for _, labels, hole in map(samples.__getitem__, range(40))]
    assert all(inside.any() for inside in seen)


@pytest.mark.parametrize(
    "settings", [{}, {"window": 24}, {"window": 8, "zoom": 2}, {"coloured": True, "holes": "objects:0.5+paper:0.5"}]
)
def test_resident_scenes_give_the_loaders_batches(settings):
    scenes = Tiny(32)
    scenes.classes = FACES  # some of its classes change places in the mirror
    scenes.images, scenes.labels = (np.stack(x) for x in zip(*(scenes[i] for i in range(12)), strict=True))
    loaded, placed = (TrainingSamples(scenes, placed=p, **settings) for p in (False, True))
    there = Resident(scenes, "cpu")
    for one, (place, *maps) in zip(batches(loaded, 3, 5, 4), batches(placed, 3, 5, 4, workers=2), strict=True):
        other = *there.cut(place, maps[0].shape[-1], 32 // loaded.zoom), *maps
        assert len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_samples_with_outlines_make_batches_with_colours(tmp_path):
    samples = TrainingSamples(Tiny(32), coloured=True)
    *arrays, outlines, paints = next(batches(samples, 0, 1, 8))
    b = Batch.of(*arrays, outlines=outlines, paints=paints)
    assert (b.image != Batch.of(*arrays, outlines=outlines).image).any()  # some are in another colour
    assert b.colour.shape == (8, 4, 32, 32)
    assert torch.equal(b.colour[:, 3:] * (1 - b.hole), torch.zeros(8, 1, 32, 32))  # asked for inside the hole only
    t = trainer(tmp_path, "sgnet-plus", coloured=True, grained=True, discriminator="segmenting", clip=1.0)
    assert {"adv", "feature", "discriminator"} <= t.fit(show=False).play(b).keys()


@pytest.mark.parametrize("discriminator", ["segmenting", "patches"])
@pytest.mark.parametrize("model", ["sgnet-plus", "sgnet-plus-noseg"])
def test_on_the_ground_nothing_counts_but_pixels(tmp_path, model, discriminator):
    t = trainer(tmp_path, model, discriminator=discriminator, ground=8.0, l1=1.0, alexnet=3.0)
    b = one_batch()
    ground = (b.s[:, [ROAD]] * b.hole).expand(-1, 3, -1, -1) > 0
    painted = torch.rand_like(b.image).requires_grad_()
    real, fake = (t.nets["D"](x) for x in t.task.discriminator_inputs(b, painted))
    terms = t.task.loss_terms(b, painted) | t.task.generator_terms(real, fake, b)
    assert terms.keys() == {"alexnet", "l1", "ground", "adv", "feature"}
    for name, term in terms.items():
        (slope,) = torch.autograd.grad(term, painted, retain_graph=True)
        assert slope[ground].any() == (name in ("l1", "ground")), name
        assert slope[(b.hole > 0).expand_as(ground) & ~ground].any() == (name != "ground"), name
    assert torch.isclose(terms["ground"], 8 * losses.hole_l1(torch.where(ground, painted, b.image), b.image, b.hole))


def test_a_hole_of_ground_alone_leaves_the_discriminator_nothing_to_find(tmp_path):
    t = trainer(tmp_path, "sgnet-plus", discriminator="segmenting", ground=8.0)
    b = one_batch()
    b = b._replace(s=torch.zeros_like(b.s).index_fill_(1, torch.tensor(ROAD), 1.0))
    terms = t.play(b)
    assert terms["adv"] == terms["feature"] == 0 and np.isfinite(terms["discriminator"])


def test_a_batch_is_in_the_nets_ranges():
    b = one_batch()
    assert b.image.min() >= -1 and b.image.max() <= 1
    assert torch.equal(b.s.sum(1), torch.ones(4, 32, 32))
    assert set(b.hole.unique().tolist()) == {0, 1}
    assert (b.i0 * b.hole).abs().max() == 0 and (b.s0 * b.hole).abs().max() == 0


# ------------------------------------------------------------ the course of a training


def test_learning_rate_is_constant_then_falls_to_zero():
    p = profile("quick", pictures=(1000,), decay_from=0.5, learning_rate=1.0)
    assert [learning_rate(p, seen) for seen in (0, 500, 750, 1000)] == [1, 1, 0.5, 0]
    assert learning_rate(profile("quick", pictures=(1000,), decay_from=1.0), 999) == profile("quick").learning_rate


def test_learning_rate_never_turns_negative():
    p = smoke(sizes=(32, 64, 64), pictures=(9, 9, 9), batch=8)  # every stage's last batch overshoots
    last = schedule(p)[-1][2]
    assert min(learning_rate(p, step * p.batch) for step in range(last + 1)) == 0


def moved(net, before):
    return any(not torch.equal(v, before[k]) for k, v in net.state_dict().items() if v.is_floating_point())


def copied(net):
    return {k: v.clone() for k, v in net.state_dict().items()}


def test_discriminators_that_come_late_do_not_play_before(tmp_path):
    t = trainer(tmp_path, "sgnet", pictures=(16,), batch=4, discriminate_from=0.5, average=0.0)
    before = copied(t.nets["D"])
    assert "adv" not in t.play(one_batch())
    assert not moved(t.nets["D"], before)
    t.step = 2
    assert {"adv", "feature", "discriminator"} <= t.play(one_batch()).keys()
    assert moved(t.nets["D"], before)


def test_phases_of_a_model_override_the_profiles(tmp_path):
    t = trainer(tmp_path, "sgnet", pictures=(32,), batch=4, average=0.0)
    t.task.phases, t.task.weights, t.task.adversarial = (0.25, 0.5), {"adv": 1.0, "feature": 0.0}, "log"
    players = {0: {"G"}, 1: {"G"}, 2: {"D"}, 3: {"D"}, 4: {"G", "D"}}
    for t.step, who in players.items():
        before = {name: [p.clone() for p in net.parameters()] for name, net in t.nets.items()}
        terms = t.play(one_batch())
        assert {
            name for name, net in t.nets.items() if not all(map(torch.equal, before[name], net.parameters()))
        } == who
        assert "feature" not in terms


def test_a_stage_warms_up(tmp_path):
    p = smoke(sizes=(32, 64), pictures=(40, 40), batch=4, warm_up=16, decay_from=1.0)
    rates = [learning_rate(p, step * 4) / p.learning_rate for step in range(20)]
    assert rates[:5] == rates[10:15] == [0.25, 0.5, 0.75, 1, 1]


@pytest.mark.parametrize("model", ["sgnet", "sgnet-plus"])
def test_a_net_that_grows_resumes_within_any_stage(tmp_path, model):
    settings = {"sizes": (16, 32), "pictures": (8, 8), "batch": 4, "grow": True, "width": 2, "downs": 3, "alexnet": 0.0}
    whole = trainer(tmp_path / "whole", model, **settings)
    whole.fit(show=False)
    assert whole.about()["size"] == 32
    for stop in (1, 2, 3):
        t = trainer(tmp_path / f"at{stop}", model, **settings)

        def stopping(batch, t=t, play=t.play, stop=stop):
            terms = play(batch)
            t.interrupt.asked = t.step + 1 == stop
            return terms

        t.play = stopping
        with pytest.raises(KeyboardInterrupt):
            t.fit(show=False)
        resumed = trainer(tmp_path / f"at{stop}", model, resume=True, **settings).fit(show=False)
        for name, value in whole.best().state_dict().items():
            assert torch.equal(value, resumed.best().state_dict()[name]), (stop, name)


def test_a_training_may_start_with_the_net_of_another_and_counts_on(tmp_path):
    first = trainer(tmp_path / "a", average=0.9).fit(show=False)
    first.seconds = 50.0  # as if it had been long: seconds are rounded, and a fast machine needs next to none
    first.save(batch=None)
    start = tmp_path / "a" / "spnet.safetensors"
    second = trainer(tmp_path / "b", start=start, average=0.9, l1=1.0, pictures=(8,))
    for net in (second.nets["G"].module, second.best()):
        assert all(torch.equal(v, first.best().state_dict()[k]) for k, v in net.state_dict().items())
    samples = TrainingSamples(Tiny(32), second.profile.holes, second.profile.seed)
    assert torch.equal(next(second._batches(Tiny(32), 2)).hole[0, 0], torch.as_tensor(samples[24][2]).float())
    second.fit(show=False)
    about = checkpoints.about(tmp_path / "b" / "spnet.safetensors")
    assert (about["step"], about["pictures_seen"]) == (2, 24 + 8) and 50 <= about["seconds"] < 100
    again = trainer(tmp_path / "b", resume=True, start=start, average=0.9, l1=1.0, pictures=(8,))
    assert again.about()["pictures_seen"] == 24 + 8  # resumed, not started anew
    with pytest.raises(ValueError, match="holds a 'spnet' net for 32 px: this training starts with 'sgnet' at 32 px"):
        trainer(tmp_path / "c", "sgnet", start=start)
    with pytest.raises(ValueError, match=r"do not fit this profile \(width"):
        trainer(tmp_path / "c", start=start, width=4)


def test_a_training_may_go_on_with_grain(tmp_path):
    first = trainer(tmp_path / "a", "sgnet-plus").fit(show=False)
    start = tmp_path / "a" / "sgnet-plus.safetensors"
    grained = trainer(tmp_path / "b", "sgnet-plus", start=start, grained=True)
    assert grained.about()["pictures_seen"] == first.about()["pictures_seen"]
    before, now = first.best().inner.stem[0].weight, grained.best().inner.stem[0].weight
    assert torch.equal(now[:, 4], torch.zeros_like(now[:, 4])) and torch.equal(now[:, 5:], before[:, 4:])
    grained.fit(show=False)
    assert grained.best().inner.stem[0].weight[:, 4].abs().sum() > 0


def test_a_training_may_go_on_refined(tmp_path):
    first = trainer(tmp_path / "a", "sgnet-plus").fit(show=False)
    start = tmp_path / "a" / "sgnet-plus.safetensors"
    refined = trainer(tmp_path / "b", "sgnet-plus", start=start, refined=1)
    before, now = first.best().state_dict(), refined.best().state_dict()
    assert all(torch.equal(now[name], value) for name, value in before.items())
    assert {name.split(".")[0] for name in now.keys() - before.keys()} == {"refine"}
    refined.fit(show=False)
    assert refined.best().refine[0][0].narrow.weight.abs().sum() > 0


@pytest.mark.parametrize(("model", "other"), [("sgnet", "sgnet-plus"), ("sgnet-plus", "sgnet")])
def test_a_guided_training_may_start_with_its_twin(tmp_path, model, other):
    twin = trainer(tmp_path, f"{model}-noseg", average=0.9).fit(show=False)
    start = tmp_path / f"{model}-noseg.safetensors"
    guided = trainer(tmp_path, model, start=start, average=0.9)
    batch = one_batch()
    for net in (guided.nets["G"].module.eval(), guided.best()):
        its = twin.best()(batch.i0, None, batch.hole)
        assert torch.allclose(net(batch.i0, batch.s, batch.hole), its, atol=1e-6)
    assert guided.about()["pictures_seen"] == 24
    with pytest.raises(ValueError, match=f"holds a '{model}-noseg' net for 32 px: this training starts with '{other}'"):
        trainer(tmp_path / "b", other, start=start)
    with pytest.raises(ValueError, match=r"do not fit this profile \(width"):
        trainer(tmp_path / "b", model, start=start, width=64)


def test_sgnet_meets_the_mistakes_of_an_spnet_of_its_size(tmp_path):
    trainer(tmp_path, "spnet").fit(show=False)
    t = trainer(tmp_path, "sgnet", guess=0.5, spnet=str(tmp_path / "spnet.safetensors"))
    b = one_batch(n=40)
    s = t.task.prepare_batch(b).s
    assert torch.equal(s * (1 - b.hole), b.s * (1 - b.hole))
    changed = (s != b.s).flatten(1).any(1)
    assert 8 < changed.sum() < 32
    assert set(s.unique().tolist()) == {0, 1}  # one class per pixel
    assert torch.equal(s.sum(1), torch.ones_like(s[:, 0]))
    other_size = one_batch(size=64)
    assert t.task.prepare_batch(other_size) is other_size
    with pytest.raises(ValueError, match="holds a 'sgnet' net, no SP-Net"):
        t.fit(show=False)
        trainer(tmp_path / "x", "sgnet", guess=0.5, spnet=str(tmp_path / "sgnet.safetensors"))


def test_a_soft_sgnet_meets_probabilities(tmp_path):
    trainer(tmp_path, "spnet").fit(show=False)
    t = trainer(tmp_path, "sgnet-plus", guess=1.0, soft=True, spnet=str(tmp_path / "spnet.safetensors"))
    b = one_batch(n=4)
    s = t.task.prepare_batch(b).s
    torch.testing.assert_close(s.sum(1), torch.ones_like(s[:, 0]))
    inside = s[b.hole.expand_as(s) == 1]
    assert torch.equal(s * (1 - b.hole), b.s * (1 - b.hole)) and ((inside > 0) & (inside < 1)).any()


def test_the_inner_levels_of_a_grown_spnet_know_the_smaller_pictures(tmp_path):
    settings = {"sizes": (16, 32), "pictures": (8, 8), "batch": 4, "grow": True, "width": 8, "downs": 3}
    trained = trainer(tmp_path, "spnet-plus", **settings).fit(show=False).best().state_dict()
    spnets = predictors(smoke(spnet=str(tmp_path / "spnet-plus.safetensors")), torch.device("cpu"))
    assert set(spnets) == {16, 32}
    inner = spnets[16].state_dict()
    assert len(inner) < len(spnets[32].state_dict()) == len(trained)
    assert all(torch.equal(value, trained[name]) for name, value in inner.items())
    b = one_batch(size=16)
    assert spnets[16](b.i0, b.s0, b.hole).shape == b.s.shape


def test_progressive_sizes(tmp_path):
    assert schedule(smoke(sizes=(32, 64), pictures=(10, 8))) == [(32, 0, 3), (64, 3, 5)]
    sizes = []
    t = trainer(tmp_path, sizes=(32, 64), pictures=(8, 8))
    play = t.play
    t.play = lambda batch: sizes.append(batch.image.shape[-1]) or play(batch)
    t.fit(show=False)
    assert sizes == [32, 32, 64, 64]
    assert checkpoints.about(tmp_path / "spnet.safetensors")["size"] == 64


@pytest.mark.parametrize("model", MODELS)
def test_every_model_trains(tmp_path, model):
    t = trainer(tmp_path, model, pictures=(8,))
    start = [p.clone() for p in t.nets["G"].parameters()]
    t.fit(show=False)
    assert any(not torch.equal(a, b) for a, b in zip(start, t.nets["G"].parameters(), strict=True))
    assert checkpoints.about(tmp_path / f"{model}.safetensors")["pictures_seen"] == 8
    assert list((tmp_path / f"{model}.log").glob("events*"))


def test_training_learns(tmp_path):
    t = trainer(tmp_path, pictures=(600,), width=8, learning_rate=2e-3)
    batch = one_batch()
    terms = [t.play(batch)["cross_entropy"] for _ in range(40)]
    assert terms[-1] < 0.7 * terms[0]


# ------------------------------------------------------------ the two players


def test_generator_step_leaves_discriminators_alone_and_features_are_computed_once(tmp_path):
    t = trainer(tmp_path, "sgnet")
    calls, seen = [], []
    t.nets["D"].register_forward_hook(lambda *_: calls.append(1))
    backward = t._backward

    def spy(name, loss, **options):
        backward(name, loss, **options)
        if name == "G":
            seen.append([p.grad for p in t.nets["D"].parameters()])
            seen.append([p.grad.clone() for p in t.nets["G"].parameters()])

    t._backward = spy
    t.play(one_batch())
    assert len(calls) == 2  # once on the real side, once on the fake one
    assert all(g is None for g in seen[0])  # no gradient reached D while G was paid
    assert all(torch.equal(a, p.grad) for a, p in zip(seen[1], t.nets["G"].parameters(), strict=True))


def test_the_discriminators_condition():
    b = one_batch()
    s_r, i_r = torch.rand_like(b.s), torch.rand_like(b.image)
    real, fake = task("spnet").discriminator_inputs(b, s_r)
    assert torch.equal(real[:, :11], fake[:, :11]) and torch.equal(real[:, :11], torch.cat([b.i0, b.s0], 1))
    assert torch.equal(real[:, 11:], b.s)
    real, fake = task("sgnet").discriminator_inputs(b, i_r)
    assert torch.equal(fake[:, :8], b.s) and torch.equal(real[:, 8:], b.image)
    outside = (b.hole == 0).expand_as(b.image)
    assert torch.equal(fake[:, 8:][outside], b.image[outside])


def test_the_alexnet_loss_may_be_joined_by_the_same_of_vgg(tmp_path):
    b = one_batch()
    t = trainer(tmp_path, "sgnet", alexnet=2.0, vgg=3.0)
    i_r = t.nets["G"](b.i0, b.s, b.hole)
    terms = t.task.loss_terms(b, i_r)
    filled = complete(b.i0, i_r, b.hole)
    for name, weight, network in (("alexnet", 2.0, "stlpips"), ("vgg", 3.0, "stlpips-vgg")):
        loss = losses.AlexNetLoss(perceptual.load(network))(b.image, filled, b.hole).detach()
        assert loss > 0 and float(terms[name].detach()) == pytest.approx(weight * float(loss), rel=1e-5)
    assert "vgg" not in trainer(tmp_path / "without", "sgnet").task.loss_terms(b, i_r)


def test_moving_average_follows_and_is_what_is_kept(tmp_path):
    t = trainer(tmp_path, average=0.5)
    t.fit(show=False)
    saved, _ = checkpoints.load(tmp_path / "spnet.safetensors")
    name, weight = next(iter(t.average.named_parameters()))
    assert torch.equal(saved[name], weight)
    assert not torch.equal(weight, dict(t.nets["G"].module.named_parameters())[name])
    off = trainer(tmp_path / "off", average=0.0)
    assert off.best() is off.nets["G"].module


# ------------------------------------------------------------ stopping and going on


class Interrupting(Tiny):
    """Presses Ctrl-C while picture number `at` is read."""

    at, read = 10, 0

    def __getitem__(self, i):
        type(self).read += 1
        if type(self).read == self.at:
            os.kill(os.getpid(), signal.SIGINT)
        return super().__getitem__(i)


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_leaves_the_readers_reading(tmp_path, asked):
    """As a terminal's Ctrl-C and `timeout` send it: a reader that died of it would take the unsaved steps along."""
    command = "-m spg.cli train spnet --data streets --limit 8 --profile smoke --set workers=1 save_every=0.2 width=2"
    arguments = [sys.executable, *command.split(), "pictures=10000000", "--out", str(tmp_path)]
    run = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (tmp_path / "spnet.last.safetensors").exists() and run.poll() is None:
        time.sleep(0.1)
    os.killpg(run.pid, asked)
    said = run.communicate(timeout=60)[1]
    assert "saved; go on with --resume" in said, said[-2000:]


def weights(out, model):
    return checkpoints.flatten(checkpoints.load(out / f"{model}.last.safetensors")[0])


@pytest.mark.parametrize("model", ["spnet", "sgnet", "segmenter"])
@pytest.mark.parametrize("average", [0.0, 0.9])
def test_interrupted_and_resumed_ends_with_the_same_weights(tmp_path, model, average):
    trainer(tmp_path / "whole", model, average=average).fit(show=False)
    Interrupting.read = 0
    with pytest.raises(KeyboardInterrupt, match="go on with --resume"):
        trainer(tmp_path / "parts", model, data=Interrupting, average=average).fit(show=False)
    assert 0 < checkpoints.about(tmp_path / "parts" / f"{model}.last.safetensors")["step"] < 6
    torch.manual_seed(123)  # whatever ran in between must not matter
    trainer(tmp_path / "parts", model, resume=True, average=average).fit(show=False)
    whole, parts = weights(tmp_path / "whole", model), weights(tmp_path / "parts", model)
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[k], parts[k]) for k in whole)


def test_killed_training_goes_on_from_its_last_checkpoint(tmp_path):
    trainer(tmp_path / "whole").fit(show=False)
    t = trainer(tmp_path / "parts", save_every=0.0)  # after every step
    play = t.play

    def die(batch):
        if t.step == 4:
            raise MemoryError
        return play(batch)

    t.play = die
    with pytest.raises(MemoryError):
        t.fit(show=False)
    trainer(tmp_path / "parts", resume=True).fit(show=False)
    whole, parts = weights(tmp_path / "whole", "spnet"), weights(tmp_path / "parts", "spnet")
    assert all(torch.equal(whole[k], parts[k]) for k in whole)


def test_nothing_is_overwritten_or_mixed(tmp_path):
    trainer(tmp_path).fit(show=False)
    with pytest.raises(FileExistsError, match="go on with --resume, or choose another --out"):
        trainer(tmp_path)
    with pytest.raises(ValueError, match="other settings \\(width was 2, is now 4\\)"):
        trainer(tmp_path, resume=True, width=4)
    trainer(tmp_path, resume=True, save_every=5.0)  # such settings may change


def test_a_finished_training_resumes_to_nothing(tmp_path):
    trainer(tmp_path).fit(show=False)
    before = weights(tmp_path, "spnet")
    trainer(tmp_path, resume=True).fit(show=False)
    assert all(torch.equal(v, before[k]) for k, v in weights(tmp_path, "spnet").items())


def test_non_finite_loss_stops_and_says_where(tmp_path):
    t = trainer(tmp_path, save_every=0.0, pictures=(80,))
    batch = one_batch()
    t.log = None
    t.play(batch)
    t.save(None)
    good = (tmp_path / "spnet.last.safetensors").read_bytes()
    with pytest.raises(FloatingPointError, match=r"not finite at step 0 of spnet.*last good checkpoint: .*spnet.last"):
        t.play(batch._replace(image=batch.image * float("nan")))
    next(iter(t.nets["G"].parameters())).data.fill_(float("inf"))
    with pytest.raises(FloatingPointError, match="not saved"):
        t.save(None)
    assert (tmp_path / "spnet.last.safetensors").read_bytes() == good


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    checkpoints.save(path, {"a": {"b": torch.ones(3)}}, {"step": 1})

    def full(flat, part, metadata):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match=r"could not save .*net.safetensors: .*No space left.*unchanged"):
        checkpoints.save(path, {"a": {"b": torch.zeros(3)}}, {"step": 2})
    tensors, about = checkpoints.load(path)
    assert about == {"step": 1} and torch.equal(tensors["a"]["b"], torch.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_ctrl_c_while_saving_leaves_the_last_good_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "net.safetensors"
    checkpoints.save(path, {"a": torch.ones(3)}, {"step": 1})
    good = path.read_bytes()

    def pressed(flat, part, metadata):
        part.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save_file", pressed)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(path, {"a": torch.zeros(3)}, {"step": 2})
    assert path.read_bytes() == good and [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_a_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "net.safetensors"
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*net.safetensors; train one"):
        checkpoints.load(path)
    checkpoints.save(path, {"a": torch.ones(300)}, {})
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r"net.safetensors is not a checkpoint of this project, or is damaged"):
        checkpoints.load(path)


# ------------------------------------------------------------ many machines


def test_two_processes_have_the_joined_batchs_gradient(tmp_path):
    script = Path(__file__).with_name("one_step.py")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    for world in (1, 2):
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world}"]
        subprocess.run([*command, str(script), str(tmp_path / str(world))], check=True, env=environment, timeout=240)
    one, two = (torch.load(tmp_path / f"{world}.pt", weights_only=True) for world in (1, 2))
    assert one.keys() == two.keys() and len(one) > 50
    for name in one:
        scale = one[name].abs().max()
        assert scale > 0 or "bias" in name
        assert (one[name] - two[name]).abs().max() <= 2e-3 * scale + 1e-7, name


@pytest.mark.parametrize(
    ("name", "has", "precision"),
    [
        ("AMD EPYC", [], "32-true"),
        ("AMD EPYC", ["avx512_bf16"], "bf16-mixed"),
        ("Intel Xeon", ["avx512_bf16"], "32-true"),
        ("Intel Xeon", ["avx512_bf16", "amx_bf16"], "bf16-mixed"),
    ],
)
def test_bfloat16_only_on_cpus_that_are_faster_in_it(monkeypatch, name, has, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"cpu_name": name} | dict.fromkeys(has, True))
    fabric = machine.make_fabric(smoke(precision="bf16-mixed"), "cpu")
    with fabric.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == {"32-true": torch.float32, "bf16-mixed": torch.bfloat16}[precision]


def test_batch_must_divide_among_processes(tmp_path):
    fabric = machine.make_fabric(smoke(), "cpu")
    fabric._strategy  # noqa: B018, the property is what world_size reads
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(fabric), "world_size", 3)
        with pytest.raises(ValueError, match="batch 4 cannot be shared by 3 processes"):
            Trainer("spnet", task("spnet"), smoke(), Tiny, {"data": "tiny"}, tmp_path, fabric)


class Looks(TorchDispatchMode):
    """Counts the numbers that are read off a tensor: at each a GPU would be waited for."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function is torch.ops.aten._local_scalar_dense.default
        return function(*args, **kwargs or {})


@pytest.mark.parametrize("model", [m for m in MODELS if m not in ("gfc", "segmenter")])
def test_a_step_on_a_gpu_waits_for_nothing(tmp_path, model, monkeypatch):
    plus = {"coloured": True, "discriminator": "segmenting"} if model.startswith("sgnet-plus") else {}
    t = trainer(tmp_path, model, patch=24, clip=1.0, average=0.9, chroma=0.25, **plus)
    samples = TrainingSamples(Tiny(64), coloured=t.task.coloured)
    t.step = 5  # of 6: all play
    arrays = next(batches(samples, 0, 1, 4))
    batch = Batch.of(*arrays[:3], "cpu", *arrays[3:])
    with Looks() as on_a_cpu:
        t.play(batch)
    for module in (training, losses, perceptual):
        monkeypatch.setattr(module, "may_look", lambda device: False)
    monkeypatch.setattr(torch.Tensor, "tolist", None)  # it looks without a word
    for optimizer in t.optimizers.values():  # which counts its steps on the CPU, and looks there
        monkeypatch.setattr(optimizer, "step", lambda: None)
    with Looks() as on_a_gpu:
        terms = t.play(batch)
    assert on_a_cpu.count > 0 and on_a_gpu.count == 0
    assert terms.keys() and all(isinstance(value, torch.Tensor) and not value.requires_grad for value in terms.values())


def test_on_a_gpu_losses_are_looked_at_now_and_then_and_before_saving(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "may_look", lambda device: False)
    t, looked = trainer(tmp_path, pictures=(4 * 60,)), []
    report = t._finite
    monkeypatch.setattr(t, "_finite", lambda terms: looked.append(t.step) or report(terms))
    t.fit(show=False)
    assert looked == [training.LOOK, 60]
    monkeypatch.setattr(t.task, "loss_terms", lambda *_: {"cross_entropy": torch.tensor(torch.nan, requires_grad=True)})
    t.step = 0
    with pytest.raises(FloatingPointError, match="not finite at step 50"):
        t.fit(show=False)


def test_compiled_nets_train_as_eager_ones_do(tmp_path, monkeypatch):
    quick = functools.partial(torch.compile, backend="aot_eager")  # the graphs of the default, without its kernels
    monkeypatch.setattr(torch, "compile", quick)
    ends = []
    for compile in (False, True):
        t = trainer(tmp_path / str(compile), pictures=(12,), compile=compile).fit(show=False)
        assert hasattr(t.nets["G"]._forward_module, "_orig_mod") == compile
        ends.append(checkpoints.load(tmp_path / str(compile) / "spnet.safetensors")[0])
    assert ends[0].keys() == ends[1].keys()
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, rtol=1e-3, atol=1e-3)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("settings", [{}, {"precision": "bf16-mixed"}, {"compile": True, "precision": "bf16-mixed"}])
def test_training_on_cuda(tmp_path, model, settings):
    t = trainer(tmp_path, model, accelerator="cuda", **settings)
    assert t.fabric.device.type == "cuda"
    t.fit(show=False)
    about = json.loads(json.dumps(checkpoints.about(tmp_path / f"{model}.safetensors")))
    assert about["step"] == 6
