"""Recipes: how every net of a shipped set is made from random weights, one file a set, `recipes/SET.toml`.

    data = "streets"            # of `spg.data.open`; split and limit beside it
    profile = "cpu"             # the profile that every net starts from

    [spnet-plus]                # a model, and its settings in all stages
    width = 24
    [[spnet-plus.stages]]       # one or more: size and pictures, and what differs from the settings above
    size = 128
    pictures = 40_000
    reason = "why there is this stage"

A net that is to `grow` doubles its size from stage to stage (`spg.profiles.at`). `spnet = "spnet-plus"` and
`parser = "segmenter"` are nets that the recipe itself has made before. Nothing else of a recipe names a file.
`like = "sgnet-plus"` takes over that net's settings and stages, as far as the model reads them; what stands beside it
holds in all stages.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from spg.labels import STREET
from spg.models import MODELS, check_settings, task
from spg.profiles import TEACHERS, at, profile
from spg.training import Trainer

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent / "recipes"
ABOUT_DATA = ("data", "split", "limit")


@dataclass(frozen=True)
class Stage:
    """One stage of a net's training: its settings, and why it is there."""

    profile: object
    reason: str


@dataclass(frozen=True)
class Recipe:
    """How one net is made. name: SET:MODEL; source: spec, split and limit of the data; teachers: setting → model."""

    name: str
    model: str
    source: dict
    stages: tuple[Stage, ...]
    teachers: dict


def names():
    """The sets there is a recipe for."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name, settings=None):
    """The recipes of `SET` or `SET:MODEL`, in the order of the file. settings: changed in all stages that read them.

    Raises ValueError naming an unknown set, net, key, or a setting that none of the nets reads.
    """
    which, _, model = name.partition(":")
    if which not in names():
        raise ValueError(f"no recipe {which!r}; there are {', '.join(names())}")
    table = tomllib.loads((FOLDER / f"{which}.toml").read_text("utf-8"))
    models = [key for key in table if key in MODELS]
    if model and model not in models:
        raise ValueError(f"the recipe {which} makes no {model!r}; it makes {', '.join(models)}")
    unknown = table.keys() - {*models, *ABOUT_DATA, "profile"}
    if unknown:
        raise ValueError(f"recipes/{which}.toml: {', '.join(sorted(unknown))} is neither a model nor data or profile")
    chosen = [model] if model else models
    idle = [key for key in settings or {} if not any(key in task(m).reads for m in chosen)]
    if idle:
        check_settings(chosen[0], idle)
    return [_recipe(which, m, table, settings or {}) for m in chosen]


def _own(table, model):
    """A net's settings and stages: its own, or those of the one it is `like`, as far as it reads them, with its own."""
    own = dict(table[model])
    if "like" not in own:
        stages = own.pop("stages")
        return own, stages
    other = dict(table[own.pop("like")])
    stages = [stage | own for stage in other.pop("stages")]
    return {key: value for key, value in other.items() if key in task(model).reads} | own, stages


def _recipe(which, model, table, changed):
    source = {"data": table["data"], "split": table.get("split", "train"), "limit": table.get("limit")}
    shared, stages = _own(table, model)
    teachers = {key: shared.pop(key) for key in TEACHERS if key in shared}
    check_settings(model, teachers)
    changed = {key: value for key, value in changed.items() if key in task(model).reads}
    sizes = tuple(dict.fromkeys(stage["size"] for stage in stages))
    made = tuple(_stage(model, table["profile"], {**shared, **stage}, sizes, changed) for stage in stages)
    return Recipe(f"{which}:{model}", model, source, made, teachers)


def _stage(model, base, settings, sizes, changed):
    """One stage; a net that grows to the last of sizes has a level fewer for every halving of it."""
    size, pictures, reason = (settings.pop(key) for key in ("size", "pictures", "reason"))
    check_settings(model, settings)
    changed = _for_batch(profile(base), settings, changed) | changed
    settings |= {"sizes": (size,), "pictures": (pictures,)} | changed
    if settings.pop("grow", False):
        whole = settings | {"sizes": sizes, "pictures": (1,) * len(sizes), "grow": True, "window": 0}
        settings |= at(profile(base, **whole), size)._asdict()
    return Stage(profile(base, **settings | {"grow": False}), reason)


def _for_batch(base, settings, changed):
    """What follows from another batch than the recipe's: the learning rate, by the square root of the ratio, as is
    usual for Adam, and the moving average, which then has fewer steps for as many pictures."""
    own = base.with_settings(**{k: settings[k] for k in ("batch", "learning_rate", "average") if k in settings})
    ratio = changed.get("batch", own.batch) / own.batch
    return {"learning_rate": own.learning_rate * ratio**0.5, "average": own.average**ratio} if ratio != 1 else {}


def train(recipe, out, scenes_at, make_fabric, resume=False, show=True, classes=STREET):
    """Train one net through its stages. OUT/MODEL/ holds the net, OUT/MODEL/stage-N/ what an earlier stage has left.

    scenes_at: size → data set, of `classes`; make_fabric: profile → Fabric. Interrupted anywhere and resumed, it ends
    with the weights it would have had. Returns the last stage's trainer. Raises FileNotFoundError where a net that it
    learns from is not made yet.
    """
    learned_from = {key: _file(recipe, out, model) for key, model in recipe.teachers.items()}
    folder, before = Path(out) / recipe.model, None
    for number, stage in enumerate(recipe.stages, 1):
        settings = stage.profile.with_settings(**learned_from)
        place = folder if number == len(recipe.stages) else folder / f"stage-{number}"
        source = recipe.source | {"recipe": recipe.name, "stage": number}
        fabric = make_fabric(settings)
        trainer = Trainer(
            recipe.model, task(recipe.model), settings, scenes_at, source, place, fabric, resume, before, classes
        )
        before = trainer.fit(show).state_file
    return trainer


def _file(recipe, out, teacher):
    path = Path(out) / teacher / f"{teacher}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{recipe.name} learns from {path}, which is not there: train {teacher} first")
    return str(path)
