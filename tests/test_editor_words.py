"""Words of editor and ballot: one file a language, the same keys and places in each, none in scripts, none unused."""

import html
import json
import re
from pathlib import Path

import pytest
from test_editor_js import node

from spg.editor import page
from spg.editor.words import ENGLISH, FOLDER, Said, class_named, languages, read, spoken
from spg.engine import voila
from spg.labels import FACES, STREET

LANGUAGES = languages()
EDITOR = FOLDER.parent
STUDY = EDITOR.parent / "study"
SCRIPTS = [*FOLDER.glob("*.js"), *EDITOR.glob("local/*.js"), *STUDY.glob("*.js")]
SCRIPTS = [path for path in SCRIPTS if not path.name.startswith("words_")]
KEY = re.compile(r'"([a-z_]+(?:\.[a-z_]+)*)"')  # what may be a key, in JavaScript or in Python
FAMILY = re.compile(r'`([a-z_]+)\.\$\{|f"([a-z_]+)\.\{')  # `tool.${tool}`: every key that begins so
COUNTED = re.compile(r'counted\("([a-z_.]+)"')


def sources():
    return "\n".join(path.read_text(encoding="utf-8") for path in [*SCRIPTS, *EDITOR.glob("*.py"), *STUDY.glob("*.py")])


def places(words):
    return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in words.items()}


def test_english_and_german_are_there():
    assert {"en", "de"} <= set(LANGUAGES)
    imported = set(re.findall(r"words_(\w+)\.js", (FOLDER / "words.js").read_text()))
    assert imported >= set(LANGUAGES), "a language that words.js does not import is spoken to nobody"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_places(language):
    words = read(language)
    text = (FOLDER / f"words_{language}.js").read_text(encoding="utf-8")
    assert len(re.findall(r'^  "', text, re.MULTILINE)) == len(words), "a key is there twice"
    assert list(words) == list(ENGLISH) and places(words) == places(ENGLISH)
    assert all(text.strip() for text in words.values())
    same = {key for key in words if words[key] == ENGLISH[key]} if language != "en" else set()
    assert same <= ALIKE, "words that are not translated"


# what German and English have in common
ALIKE = {"tool.lasso", "keys.brush", "zoom", "class.person", "layouts", "key.cancel", "opened"}


def test_no_key_is_missing_and_none_unused():
    text = sources()
    families = {"".join(found) for found in FAMILY.findall(text)}
    wanted = set(KEY.findall(text)) | {f"{key}.{n}" for key in COUNTED.findall(text) for n in ("one", "other")}
    wanted |= {key for key in ENGLISH if key.split(".")[0] in families}
    wanted |= {"language", *(f"opened.again{how}" for how in ("", ".same", ".other"))}  # put together
    assert set(ENGLISH) - wanted == set(), "no script and no module says these"
    asked = re.findall(
        r'\b(?:tell|said|Said|Refused|named|side)\(\s*(?:[^"()]*\? )?"([a-z_.]+)"(?: : "([a-z_.]+)")?', text
    )
    assert {key for pair in asked for key in pair if key} - set(ENGLISH) - {"work.edits", "work.variants"} == set()


def literals(text):
    """The texts in quotes of a script, comments and what goes to developers left out; `${…}` is a place."""
    text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", text, flags=re.DOTALL)
    text = re.sub(r"(new (?:Type)?Error|console\.\w+)\(.*", "", text)
    found = re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)
    return found + [re.sub(r"\$\{[^}]*\}", "…", one) for one in re.findall(r"`([^`]*)`", text)]


# what looks like words and is for the machine: fonts, CSS, event names, file names, MIME types
MACHINE = re.compile(
    r"spg-|sans-serif|rgb\(|image/|application/|xpath|\d+px|^(Arrow|Backspace|Enter|Escape|Content|Key|SELECT)|[=<>;#]"
    r"|^(M|m)?\d|^IHDR|^IDAT|^IEND|^spg edit$|^… px$|^THE (VERSION|FILES|LATER)$"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_english_is_left_in_the_scripts(path):
    text = path.read_text(encoding="utf-8")
    if path.name == "dom.js":
        text = re.sub(r"const PATHS = \{.*?\};", "", text, flags=re.DOTALL)  # the icons' lines
    prose = re.compile(r"[A-Za-z]{2,},? [A-Za-z]{2,}|^[A-Z][a-z]{2,}|…\w* \w|\w \w*…")
    left = [one for one in literals(text) if prose.search(one) and not MACHINE.search(one)]
    assert left == []


def test_that_test_sees_words():
    assert literals('say("Undo"); // "not this"\n`Kept as ${n}`; throw new Error("nor this")') == ["Undo", "Kept as …"]


def test_the_pages_first_words_are_those_of_the_file():
    text = html.unescape((page.HERE / "local" / "index.html").read_text(encoding="utf-8"))
    assert f"<title>{ENGLISH['title.street']}</title>" in text and f"<h1>{ENGLISH['title.street']}</h1>" in text
    assert ENGLISH["loading"].replace("{size}", "THE SIZE") in text and f'"{ENGLISH["loading.progress"]}"' in text


def test_the_cold_pages_words_are_those_of_the_file():
    text = Path(voila.__file__).with_name("page.html.j2").read_text("utf-8")
    assert f"<p>{ENGLISH['cold']}</p>" in text and f'aria-label="{ENGLISH["cold.progress"]}"' in text


def test_a_sentence_is_english_and_remembers_what_it_is_made_of():
    sentence = Said("removed", kind=class_named("vehicle"), n=12)
    assert sentence == "Removed: vehicle, 12 pixels with its rim"
    assert spoken(sentence) == {
        "key": "removed",
        "places": {"kind": {"key": "class.vehicle", "places": {}}, "n": 12},
    }
    assert Said("hole.size", percent=24.0) == "The hole is 24% of the picture"
    assert class_named("wheelbarrow") == "wheelbarrow" == spoken("wheelbarrow")
    with pytest.raises(KeyError):
        Said("removed", n=12)


def test_every_shipped_class_has_its_words():
    for name in (*STREET.names, *FACES.names):
        assert spoken(class_named(name)) == {"key": f"class.{name}", "places": {}}


def test_python_and_the_page_say_the_same_and_german_where_it_is_asked_for():
    sentences = [
        Said("hole.size", percent=0.3),
        Said("remove.no_object", kind=class_named("road"), objects=[class_named("sign"), class_named("barrow")]),
        Said("opened", name="a.zip", what=Said("opened.archive", again=Said("opened.again.same", n=1200), n=2)),
    ]
    script = f"""
      import {{ choose, counted, told }} from "{FOLDER.as_uri()}/words.js";
      const sentences = {json.dumps([spoken(one) for one in sentences])};
      const all = ["en", "de"].map((name) => (choose(name), [...sentences.map(told), counted("work.edits", 1)]));
      console.log(JSON.stringify(all));"""
    done = node("--input-type=module", "--eval", script)
    assert done.returncode == 0, done.stderr
    english, german = json.loads(done.stdout)
    assert english == [*sentences, "1 edit"]
    assert german[0] == "Das Loch nimmt 0,3 % des Bilds ein" and german[3] == "1 Änderung"
    assert german[1] == "Hier ist: Fahrbahn. Entfernen lassen sich nur Objekte (Schild, barrow)"
    assert "1200" in german[2]
