"""The ballot in Chromium: alone with a model made up, then in a Voilà page with two raters, a kill -9 and a restart,
and in JupyterLab, which would like to have the arrow keys for itself."""

import json
import signal
import sqlite3
from pathlib import Path

import browser as chromium
import jupyter
import pytest
from tiny import Tiny

from spg.baselines.classical import ns, telea
from spg.editor import bundle
from spg.editor.words import Said, read, spoken
from spg.study import ballot
from spg.study.folder import PICTURES, VOTES
from spg.study.making import make
from spg.study.votes import BallotBox

METHODS = {
    "telea": lambda image, hole, labels: telea(image, hole),
    "navier-stokes": lambda image, hole, labels: ns(image, hole),
    "blackened": lambda image, hole, labels: image,
}
BALLOT = ".spg-ballot"
PATIENCE = 120_000  # ms: on a machine that trains at the same time, a kernel takes its time


@pytest.fixture(scope="module")
def browser():
    yield from chromium.open_browser()


@pytest.fixture
def study(tmp_path):
    return make(tmp_path / "study", Tiny(32), METHODS, pairs=8, catch=2, unsure=True, show=False)


def votes_in(study):
    return BallotBox(study.folder / VOTES, study.id).votes()


def phase(page, *phases):
    """Wait for one of these phases. Returns it."""
    page.wait_for_selector(", ".join(f"{BALLOT}[data-phase={name}]" for name in phases), timeout=PATIENCE)
    return page.locator(BALLOT).get_attribute("data-phase")


def join(page, code):
    page.fill(f"{BALLOT} .spg-vote-code", code)
    page.keyboard.press("Enter")
    if phase(page, "practice", "vote", "done") == "practice":
        page.keyboard.press("ArrowLeft")  # which is no vote
    return phase(page, "vote", "done")


def press(page, key):
    """Vote with a key and wait until the ballot has gone on. Returns what the progress says."""
    before = progress(page)
    phase(page, "vote")
    page.wait_for_timeout(400)  # a pair takes no vote in its first 300 ms
    page.keyboard.press(key)
    changed = f"document.querySelector('{BALLOT} .spg-vote-progress span').textContent !== '{before}'"
    page.wait_for_function(changed, timeout=PATIENCE)
    return progress(page)


def progress(page):
    return page.inner_text(f"{BALLOT} .spg-vote-progress span")


# -------------------------------------------------------------------- the ballot alone

# A model as anywidget gives it: get, on, send; what was sent is kept, and the test answers.
FAKE = """
window.sent = [];
window.settings = SETTINGS;
window.model = {
  get: (name) => window.settings,
  on: (name, callback) => { window.answer = callback; },
  send: (message) => window.sent.push(message),
};
window.png = async (colour) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 8, 8);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new DataView(await blob.arrayBuffer());
};
window.trial = async (id) => window.answer({ kind: "trial", trial: id }, [await png("red"), await png("blue")]);
const source = URL.createObjectURL(new Blob([ESM], { type: "text/javascript" }));
import(source).then(({ default: make }) => {
  const widget = make();
  widget.initialize({ model });
  window.draw = () => widget.render({ model, el: document.body });
  window.undraw = window.draw();
});
"""


@pytest.fixture
def alone(browser):
    """A page with the ballot and a made-up model: alone(**settings) → page."""
    pages = []

    def opened(locale="en-GB", **changes):
        settings = {"question": "Which?", "seconds": None, "unsure": True, "side": 100, "observer": "people"}
        settings |= {"told": ["Look at both."], "consent": "By starting you agree."} | changes
        esm = bundle.script(ballot.SCRIPT)
        page = browser.new_page(locale=locale)
        pages.append(page)
        page.add_script_tag(content=FAKE.replace("SETTINGS", json.dumps(settings)).replace("ESM", json.dumps(esm)))
        page.wait_for_selector(BALLOT)
        return page

    yield opened
    for page in pages:
        page.close()


def begin(page, trials=2):
    join_and_send = f"answer({{kind: 'joined', total: {trials}, left: {trials}}}, [])"
    page.evaluate(f"async () => {{ {join_and_send}; for (const id of ['t1', 't2']) await trial(id); }}")
    page.click(".spg-vote-left")  # for practice
    phase(page, "vote")
    page.click(".spg-vote-question")  # nobody has acted here yet, so the ballot has not taken the focus


def sent(page):
    return page.evaluate("sent")


def test_a_rater_votes_with_keys_and_buttons_and_each_vote_waits_for_its_receipt(alone):
    page = alone()
    page.fill(".spg-vote-code", "me")
    page.click("text=I agree")
    assert sent(page) == [{"kind": "hello"}, {"kind": "join", "code": "me"}]
    begin(page)
    page.wait_for_timeout(150)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")  # too late: the first one counts
    vote = sent(page)[-1]
    assert len(sent(page)) == 3 and vote["side"] == "left" and vote["trial"] == "t1" and 0.1 < vote["seconds"] < 60
    assert (
        page.get_attribute(BALLOT, "data-phase") == "saving" and page.inner_text(".spg-vote-progress span") == "0 of 2"
    )
    page.evaluate("answer({kind: 'saved', trial: 't1', left: 1}, [])")
    phase(page, "vote")
    page.click(".spg-vote-right")
    page.evaluate("answer({kind: 'saved', trial: 't2', left: 0}, [])")
    assert phase(page, "done") and sent(page)[-1]["side"] == "right"


def test_a_double_press_votes_once(alone):
    page = alone()
    begin(page)
    page.evaluate("""() => {
      const press = () => document.querySelector(".spg-ballot").dispatchEvent(
        new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
      press();
      answer({ kind: "saved", trial: "t1", left: 1 }, []);
      for (const wait of [0, 60, 120, 250]) setTimeout(press, wait);
    }""")
    phase(page, "vote")
    assert [message["trial"] for message in sent(page) if message["kind"] == "vote"] == ["t1"]
    page.keyboard.press("ArrowLeft")  # a person, who has seen the second pair
    assert sent(page)[-1]["trial"] == "t2" and sent(page)[-1]["seconds"] >= 0.3


def test_the_clock_starts_with_the_pictures_and_not_before(alone):
    page = alone()
    page.evaluate("answer({kind: 'joined', total: 1, left: 1}, [])")
    page.click(".spg-vote-left")  # for practice
    page.wait_for_timeout(400)
    page.click(".spg-vote-question")
    begun = page.evaluate("() => { const begun = performance.now(); trial('t1'); return begun; }")
    phase(page, "vote")
    page.keyboard.press("ArrowRight")
    assert 0 < sent(page)[-1]["seconds"] < (page.evaluate("performance.now()") - begun) / 1000


def test_pictures_go_after_the_time_limit_and_a_vote_may_still_come(alone):
    page = alone(seconds=0.2)
    begin(page)
    page.wait_for_selector(".spg-vote-choice canvas.spg-vote-gone", state="attached")
    page.keyboard.press("ArrowDown")
    assert sent(page)[-1]["side"] == "unsure"


def test_not_sure_is_a_switch(alone):
    page = alone(unsure=False)
    begin(page)
    page.keyboard.press("ArrowDown")
    assert page.locator(".spg-vote-unsure").count() == 0 and sent(page)[-1] == {"kind": "hello"}


def test_what_could_not_be_saved_is_said_and_can_be_voted_again(alone):
    page = alone()
    begin(page)
    page.keyboard.press("ArrowLeft")
    page.evaluate("answer({kind: 'failed', trial: 't1', why: 'disk full'}, [])")
    assert phase(page, "vote") and "Not saved: disk full" in page.inner_text(".spg-vote-error")
    page.keyboard.press("ArrowLeft")
    assert [message["trial"] for message in sent(page)[1:]] == ["t1", "t1"]


def test_a_server_that_does_not_answer_is_reported(alone):
    page = alone()
    begin(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "document.querySelector('.spg-vote-error').textContent.includes('does not answer')", timeout=PATIENCE
    )
    assert page.get_attribute(BALLOT, "data-phase") == "saving"


def test_a_view_thrown_away_and_drawn_again_goes_on(alone):
    page = alone()
    begin(page)
    page.evaluate("() => { undraw(); document.body.replaceChildren(); draw(); }")
    page.click(".spg-vote-question")
    red = "() => [...document.querySelector('.spg-vote-left canvas').getContext('2d').getImageData(4, 4, 1, 1).data]"
    assert page.evaluate(red) == [255, 0, 0, 255]
    page.keyboard.press("ArrowRight")
    assert sent(page)[-1]["side"] == "right"


def test_a_rater_is_told_agrees_and_practises_and_the_practice_is_no_vote(alone):
    page = alone()
    assert "Look at both." in page.inner_text(BALLOT) and "By starting you agree." in page.inner_text(BALLOT)
    page.evaluate("answer({kind: 'joined', total: 2, left: 2}, [])")
    assert phase(page, "practice") and "not counted" in page.inner_text(BALLOT)
    assert "← Left picture" in page.inner_text(".spg-vote-left")
    page.click(".spg-vote-right")
    phase(page, "loading")
    assert sent(page) == [{"kind": "hello"}]
    page.evaluate("answer({kind: 'joined', total: 2, left: 1}, [])")  # who has voted before needs none
    phase(page, "loading")


def test_german_is_spoken_where_the_browser_asks_for_it(alone):
    told, german = Said("vote.code.length", most=40), read("de")
    page = alone("de-AT", question=spoken(Said("vote.question")))
    assert page.inner_text("h1") == german["vote.question"] and page.get_attribute(BALLOT, "lang") == "de"
    page.click(f"text={german['vote.start']}")
    page.evaluate("why => answer({kind: 'failed', why}, [])", spoken(told))
    assert page.inner_text(".spg-vote-error") == german["vote.unsaved"].replace(
        "{why}", german["vote.code.length"].replace("{most}", "40")
    )
    begin(page)
    assert german["vote.left"] in page.inner_text(".spg-vote-left") and progress(page) == "0 von 2"


def test_the_last_choice_is_taken_back(alone):
    page = alone()
    begin(page)
    assert page.locator(".spg-vote-undo").count() == 0
    page.keyboard.press("ArrowLeft")
    page.evaluate("answer({kind: 'saved', trial: 't1', left: 1}, [])")
    phase(page, "vote")
    page.click(".spg-vote-undo")
    assert sent(page)[-1] == {"kind": "undo"} and phase(page, "loading")
    page.evaluate("async () => { answer({kind: 'undone', total: 2, left: 2}, []); await trial('t1'); }")
    phase(page, "vote")
    assert progress(page) == "0 of 2" and page.locator(".spg-vote-undo").count() == 0
    page.keyboard.press("ArrowRight")
    assert [(m["trial"], m["side"]) for m in sent(page) if m["kind"] == "vote"] == [("t1", "left"), ("t1", "right")]


def test_on_a_phone_both_pictures_are_seen_whole_and_buttons_have_words(alone):
    page = alone(side=384)
    page.add_style_tag(content=Path(ballot.__file__).with_name("ballot.css").read_text())
    page.set_viewport_size({"width": 390, "height": 844})
    begin(page)
    boxes = [box.bounding_box() for box in page.locator(".spg-vote-pair canvas").all()]
    assert all(box["width"] > 200 and box["y"] + box["height"] < 844 for box in boxes) and boxes[1]["y"] > boxes[0]["y"]
    assert page.inner_text(".spg-vote-left") == "Upper picture"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("look", ["light", "dark"])
def test_nothing_keeps_people_out_of_the_ballot(alone, look):
    page = alone()
    page.emulate_media(color_scheme=look)
    page.add_style_tag(content=Path(ballot.__file__).with_name("ballot.css").read_text())
    assert chromium.barriers(page, BALLOT) == {}
    page.evaluate("answer({kind: 'joined', total: 2, left: 2}, [])")
    phase(page, "practice")
    assert chromium.barriers(page, BALLOT) == {}
    begin(page)
    assert chromium.barriers(page, BALLOT) == {}
    for trial, left in (("t1", 1), ("t2", 0)):
        phase(page, "vote")
        page.click(".spg-vote-right")
        page.evaluate(f"answer({{kind: 'saved', trial: '{trial}', left: {left}}}, [])")
    phase(page, "done")
    assert chromium.barriers(page, BALLOT) == {}


# -------------------------------------------------------------------- served


def serve(study, port, log):
    arguments = ["study", "serve", str(study.folder), "--port", str(port)]
    return chromium.start("spg.cli", *arguments, url=f"http://localhost:{port}/static/none", log=log, seconds=240)


def check_that_nothing_else_is_served(page, port):
    for path in ("key.json", "voila/files/key.json", "voila/files/page.ipynb", "files/page.ipynb"):
        assert page.request.get(f"http://localhost:{port}/{path}").status in (403, 404), path


def visit(browser, port):
    """A visitor of their own, and a list that fills with all that the server sends them."""
    page, received = browser.new_context().new_page(), []
    page.set_default_timeout(PATIENCE)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda part: received.append(part)))
    page.on("response", lambda response: received.append(response.url))
    page.goto(f"http://localhost:{port}/")
    page.wait_for_selector(BALLOT, timeout=PATIENCE)
    return page, received


def test_two_raters_a_kill_and_a_restart(browser, study, tmp_path):
    port, log = chromium.free_port(), tmp_path / "log"
    server = serve(study, port, log)
    try:
        (one, received), (two, _) = visit(browser, port), visit(browser, port)
        join(one, "anna")
        join(two, "ben")
        assert [press(one, "ArrowLeft"), press(two, "ArrowRight"), press(one, "ArrowRight")][-1] == "2 of 10"
        one.click(".spg-vote-undo")  # a slip
        one.wait_for_function("document.querySelector('.spg-vote-progress span').textContent === '1 of 10'")
        assert press(one, "ArrowDown") == "2 of 10"
        page = one.content() + "".join(str(part) for part in received)
        server.send_signal(signal.SIGKILL)
        server.wait()
        kept = [(0, "a"), (1, "a"), (0, "unsure")]  # ben sees the mirror
        assert [(vote.rater, vote.pick) for vote in votes_in(study)] == kept
        assert all(0 < vote.seconds < 600 for vote in votes_in(study))
        one.wait_for_timeout(400)
        one.keyboard.press("ArrowLeft")
        one.wait_for_function(
            "document.querySelector('.spg-vote-error').textContent.includes('Not saved')", timeout=PATIENCE
        )
        one.context.close()
        two.context.close()
        server = serve(study, port, log)
        again, received = visit(browser, port)
        check_that_nothing_else_is_served(again, port)
        assert join(again, "anna") == "vote" and progress(again) == "2 of 10"
        while press(again, "ArrowLeft") != "10 of 10":
            pass
        assert phase(again, "done") and len(votes_in(study)) == 11
        page += again.content() + "".join(str(part) for part in received)
        assert not [word for word in (*METHODS, "truth", "noise", "key.json", PICTURES + "/") if word in page]
        with sqlite3.connect(study.folder / VOTES) as box:
            assert box.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        server.kill()
        server.wait()


def test_the_arrow_keys_vote_in_jupyterlab(browser, study, tmp_path):
    pytest.importorskip("jupyterlab")
    folder = tmp_path / "lab"
    folder.mkdir()
    ballot = f"Ballot({str(study.folder)!r}, code='me')"
    jupyter.notebook(folder / "vote.ipynb", "from spg.study.ballot import Ballot", ballot, "1")
    with jupyter.jupyterlab(folder) as url:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        jupyter.run_all(page, url, "vote.ipynb")
        phase(page, "practice")
        page.click(".spg-vote-left")
        phase(page, "vote")
        page.click(f"{BALLOT} .spg-vote-question")
        assert [press(page, "ArrowRight"), press(page, "ArrowDown"), press(page, "ArrowLeft")][-1] == "3 of 10"
        assert [vote.pick for vote in votes_in(study)] == ["b", "unsure", "a"]
        page.close()
