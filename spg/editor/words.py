"""What editor and ballot say: English for Python; for the page key and places too, which says it in its language.

The words are in js/words_en.js and its neighbours, one file a language; js/words.js says how one is added.
"""

import json
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "js"


def read(language):
    """key → words of one language's file. They hold {places}."""
    text = (FOLDER / f"words_{language}.js").read_text(encoding="utf-8")
    return json.loads(text[text.index("= {") + 2 : text.rindex("}") + 1])


def languages():
    """The languages that there is a file of, two letters each."""
    return sorted(path.stem.removeprefix("words_") for path in FOLDER.glob("words_*.js"))


def cold(title):
    """language → title (a key), sentence and label of a page while Python starts."""
    return {language: [read(language)[key] for key in (title, "cold", "cold.progress")] for language in languages()}


ENGLISH = read("en")


class Said(str):
    """Said(key, **places): the words of a key in English, which remember what they are made of.

    places: texts, numbers, other `Said`, or lists of these. Raises KeyError for a key or a place that is missing.
    """

    def __new__(cls, key, **places):
        made = super().__new__(cls, re.sub(r"\{(\w+)\}", lambda found: _told(places[found[1]]), ENGLISH[key]))
        made.key, made.places = key, places
        return made


def _told(value):
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def class_named(name):
    """A class's name as `Said`; one that no language knows stays as it is."""
    return Said(f"class.{name}") if f"class.{name}" in ENGLISH else name


def spoken(value):
    """What js/words.js puts into words: {"key": …, "places": {…}} of a `Said`, else the value."""
    if isinstance(value, list):
        return [spoken(one) for one in value]
    if isinstance(value, Said):
        return {"key": value.key, "places": {name: spoken(one) for name, one in value.places.items()}}
    return value


def percent(share, digits=0):
    """A share of 1 in per cent: a number for a place."""
    return round(100 * float(share), digits)
