"""Profiles: frozen, checked, and read from the command line."""

import dataclasses
from dataclasses import fields

import pytest

from spg import cli
from spg.models import MODELS, check_settings, task
from spg.profiles import PROFILES, Profile, from_dict, parse_settings, profile


def test_the_paper_profile_is_the_papers():
    p = profile("paper")
    assert (p.width, p.downs, p.sizes, p.scales) == (64, 4, (256,), 3)
    assert p.pictures == (200 * 2975,) and p.decay_from == 0.5
    assert p.learning_rate == 2e-4
    assert (p.adv, p.feature, p.alexnet) == (1, 10, 10)
    assert (p.cross_entropy, p.dice, p.l1, p.average) == (0, 0, 0, 0)  # departures are off


def test_profiles_are_frozen_and_survive_json():
    for p in PROFILES.values():
        assert from_dict(p.as_dict()) == p
        assert from_dict({k: list(v) if isinstance(v, tuple) else v for k, v in p.as_dict().items()}) == p
        with pytest.raises(dataclasses.FrozenInstanceError):
            p.width = 1


def test_unknown_names_are_named():
    with pytest.raises(ValueError, match="unknown profile 'fast'; known: smoke, quick, cpu, paper"):
        profile("fast")
    with pytest.raises(ValueError, match="unknown profile key 'widht'; did you mean 'width'"):
        profile("quick", widht=3)
    with pytest.raises(ValueError, match="unknown profile key 'widht'"):
        parse_settings(["widht=3"])


def test_settings_from_the_command_line():
    assert parse_settings(["width=8", "sizes=64,128", "pictures=100", "holes=freeform", "adv=1", "grow=False"]) == {
        "width": 8,
        "sizes": (64, 128),
        "pictures": (100,),
        "holes": "freeform",
        "adv": 1,
        "grow": False,
    }


@pytest.mark.parametrize("pair", ["width=wide", "width=1.5", "sizes=a,b", "grow=1", "adv=much"])
def test_a_value_of_the_wrong_type_is_named(pair):
    with pytest.raises(ValueError, match=f"profile key '{pair.split('=')[0]}' takes a"):
        parse_settings([pair])
    with pytest.raises(ValueError, match="--set takes key=value, got 'width'"):
        parse_settings(["width"])


def test_settings_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="must pair up"):
        profile("quick", sizes=(64, 128))
    with pytest.raises(ValueError, match="divisible by 2\\^downs = 4"):
        profile("quick", sizes=(62,))
    for key in ("guess", "pasted", "sketched"):
        with pytest.raises(ValueError, match=r"guess, pasted, sketched must be in \[0, 1\]"):
            profile("quick", **{key: 1.5})
    with pytest.raises(ValueError, match=r"zoom is 1, whole scenes, or 2, .* got 3"):
        profile("quick", zoom=3)


@pytest.mark.parametrize("key", ["width", "downs", "pictures", "sizes", "discriminator_width", "scales", "batch"])
def test_every_caller_is_told_of_a_setting_that_must_not_be_zero(key):
    zero = (0,) if key in ("sizes", "pictures") else 0
    for make in (profile("quick").with_settings, lambda **settings: from_dict(PROFILES["quick"].as_dict() | settings)):
        with pytest.raises(ValueError, match=f"'{key}': {key} must be at least 1, got 0"):
            make(**{key: zero})
    with pytest.raises(ValueError, match="'l1': l1 must be at least 0, got -2"):
        profile("quick", l1=-2.0)
    with pytest.raises(ValueError, match="'clip': clip must be at least 0, got nan"):
        profile("quick", clip=float("nan"))


@pytest.mark.parametrize("model", MODELS)
def test_a_setting_without_effect_is_refused_in_one_line(model, tmp_path, capsys):
    idle = next(key for key in ("vgg", "cross_entropy", "width") if key not in task(model).reads)
    arguments = [
        "train",
        model,
        "--data",
        "streets",
        "--profile",
        "smoke",
        "--out",
        str(tmp_path),
        "--set",
        f"{idle}=1",
    ]
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err.strip()
    assert "\n" not in said and said.startswith(f"spg train: {idle} has no effect on {model}; its keys are ")
    check_settings(model, task(model).reads)


def test_every_key_of_the_profile_has_a_reader():
    read = set().union(*(task(model).reads for model in MODELS))
    assert read == {field.name for field in fields(Profile)} - {"name"}


def test_an_older_checkpoints_settings_read():
    old = {
        "name": "quick",
        "judge_from": 0.25,
        "betas": [0.5, 0.999],
        "flip": True,
        "perceptual": "lpips",
        "sizes": [64],
    }
    assert from_dict(old).discriminate_from == 0.25 and from_dict(old).sizes == (64,)


def test_a_window_must_fit_and_a_mixture_add_up():
    with pytest.raises(ValueError, match="window=72 must fit into 64 px"):
        profile("quick", pictures=(1,), window=72)
    with pytest.raises(ValueError, match="shares that add up to 1"):
        profile("quick", holes="objects:0.6+paper:0.3")
    with pytest.raises(ValueError, match="unknown hole sampler 'round'"):
        profile("quick", holes="round")
