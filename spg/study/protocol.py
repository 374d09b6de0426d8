"""The protocol of a study in words: what raters are asked, and how votes are counted, fixed before the first vote."""

QUESTION = "Which of the two is more realistic?"

TEXT = """# Protocol

Written by `spg study make` before the first vote. Study folder made with seed {seed}; `study.json` and `key.json` must
not be changed afterwards, and every file of votes notes their hash.

## What is compared
{pairs} pairs of pictures. Both pictures of a pair fill the same hole of the same scene ({data}, {split}, {size} ×
{size} pixels, holes "{holes}") by two of {methods} methods, whose names the raters do not see. {couples} couples of
methods take part, in equal numbers up to one. {context} Pictures are shown {side} CSS pixels wide.

## Raters
{raters} No name, address or any other contact is asked for: a rater types a code of their own choice or one handed
out, and the same code takes up where it stopped. Each rater sees up to {per_rater} pairs and {catch} catch trials in an
order of their own. Sides are balanced within each couple of methods, and every second rater sees the study mirrored.

## Instructions shown
> {question} Press ← for the left picture, → for the right one{unsure_key}. {limit}

## Time
{time} Both pictures are loaded before the clock starts. The time from showing to voting is kept.

## Catch trials and exclusion
A catch trial shows the true picture beside one whose hole holds scattered pixels of the rest. All votes of a rater are
left out who did not choose the true picture in more than {may_fail} of the catch trials they answered, or who answered
fewer than {least:.0%} of their trials. Nobody is left out for any other reason.

## How votes are counted
For each couple of methods: the share of votes for one of them{unsure_rule}, with Wilson's 95 % interval as if votes
were independent, Wilson's interval at the effective number of votes, and a bootstrap over raters and images; the exact
sign test over pairs, each decided by the majority of its raters. For more than two methods: Bradley-Terry strengths.
Agreement: Krippendorff's α. Besides: the share of votes for the left side, the time per vote, raters left out.
"""


def protocol(manifest, key, raters=None):
    """The text of PROTOCOL.md. manifest, key: of the study; raters: how many are planned, None: not fixed."""
    seconds, unsure = manifest["seconds"], manifest["unsure"]
    kinds = [trial["kind"] for trial in key["trials"].values()]
    return TEXT.format(
        **{name: key[name] for name in ("data", "split", "size", "holes", "seed")},
        pairs=kinds.count("pair"),
        catch=kinds.count("catch"),
        methods=len(key["methods"]),
        couples=len({frozenset((t["a"], t["b"])) for t in key["trials"].values() if t["kind"] == "pair"}),
        context="Above them the raters see what is known of it." if manifest["context"] else "The hole is not shown.",
        side=manifest["side"],
        raters=f"{raters} raters are planned." if raters else "The number of raters was not fixed beforehand.",
        per_rater=max(map(len, manifest["decks"])) - kinds.count("catch"),
        question=manifest["question"],
        unsure_key=", ↓ if you are not sure" if unsure else "",
        limit=f"The pictures disappear after {seconds:g} s." if seconds else "Take the time you need.",
        time=f"Shown for {seconds:g} s; the answer may come later." if seconds else "No limit.",
        may_fail=manifest["rule"]["may_fail"],
        least=manifest["rule"]["least_answered"],
        unsure_rule=', "not sure" left out but reported' if unsure else "",
    )
