"""The course of a training: which stage comes when, and the learning rate at every step."""

import math


def learning_rate(profile, seen):
    """Constant up to decay_from of all pictures, then linearly to 0 [PAPER.md, Training]; warm-up: our decision."""
    falling = min(1.0, (1 - share(profile, seen)) / max(1 - profile.decay_from, 1e-9))
    rising = (in_stage(profile, seen // profile.batch) + 1) * profile.batch / max(profile.warm_up, 1)
    return profile.learning_rate * falling * min(1.0, rising)


def share(profile, seen):
    """How much of the training so many pictures are, in [0, 1]."""
    return seen / (schedule(profile)[-1][2] * profile.batch)


def schedule(profile):
    """(size, first step, one past the last step) of each stage; a stage's last batch may overshoot its pictures."""
    stages, start = [], 0
    for size, pictures in zip(profile.sizes, profile.pictures, strict=True):
        end = start + math.ceil(pictures / profile.batch)
        stages.append((size, start, end))
        start = end
    return stages


def in_stage(profile, step):
    """How many steps the stage had gone before this one."""
    return step - max(first for _, first, _ in schedule(profile) if first <= step)
