"""`spg study ...`: parse, call, print. Each command imports what it needs."""

from pathlib import Path


def add_study(commands, nets_of, spec, weights):
    """Add `study` and its own commands to argparse's commands.

    nets_of(weights, data, size, models) → `Nets`; spec, weights: help of --data and --weights, as `spg evaluate` has.
    """
    text = "which filling do people find more realistic: make a study, take votes, analyse them"
    study = commands.add_parser("study", help=text, description=text)
    parts = study.add_subparsers(dest="part", required=True, metavar="PART")
    _add_make(parts, nets_of, spec, weights)
    _add_serve(parts)
    _add_observe(parts)
    _add_analyse(parts)
    _add_paper(parts)


def _add(parts, name, run, text):
    part = parts.add_parser(name, help=text, description=text)
    part.set_defaults(run=run)
    return part


def _add_make(parts, nets_of, spec, weights):
    c = _add(parts, "make", lambda a: _make(a, nets_of), "draw pairs of fillings into a study folder")
    c.add_argument("dir", help="the study's folder, new or empty")
    c.add_argument("--data", required=True, help=spec)
    c.add_argument("--split", default="val")
    c.add_argument("--size", type=int, required=True, help="side in pixels")
    c.add_argument("--methods", required=True, help="two or more, by commas, as `spg evaluate` takes them")
    c.add_argument("--focus", help="only pairs with this method, as in the paper; default: all pairs")
    c.add_argument("--pairs", type=int, default=600, help="default: the paper's 600")
    c.add_argument("--per-rater", type=int, help="pairs for each rater; default: all")
    c.add_argument("--catch", type=int, default=6, help="catch trials for each rater; default: 6")
    c.add_argument("--may-fail", type=int, default=1, help="a rater who fails more of them is left out; default: 1")
    c.add_argument(
        "--least-seconds", type=float, help="a rater whose median vote is faster is left out; default: no one"
    )
    c.add_argument("--seconds", type=float, help="hide the pictures after so long; default: never")
    c.add_argument("--unsure", action="store_true", help='offer "not sure"')
    c.add_argument("--hide-hole", action="store_true", help="do not show what is known above the pair")
    c.add_argument("--raters", type=int, help="how many are planned, for the protocol")
    c.add_argument("--holes", default="paper", help="paper (default), centre, freeform or objects")
    c.add_argument("--seed", type=int, default=0, help="of the draw")
    c.add_argument("--limit", type=int, help="only the first so many scenes")
    c.add_argument("--weights", nargs="+", help=weights)
    c.add_argument("--labels", choices=("true", "predicted"), default="true", help="S0, as in `spg evaluate`")


def _make(a, nets_of):
    from spg import data
    from spg.engine import writing
    from spg.study.making import make
    from spg.weights.nets import Nets, lineup, needed

    writing.check(folders=[a.dir])
    scenes = data.open(a.data, a.split, a.size, a.limit)
    names = a.methods.split(",")
    models = needed(names)
    nets = nets_of(a.weights, scenes.name, a.size, models, scenes.classes) if models or a.weights else None
    chosen = lineup(names, nets or Nets({}, classes=scenes.classes), a.labels)
    study = make(
        a.dir,
        scenes,
        chosen.methods,
        **{name: getattr(a, name) for name in ("pairs", "catch", "seed", "holes", "focus", "per_rater", "seconds")},
        **{name: getattr(a, name) for name in ("unsure", "raters", "may_fail", "least_seconds")},
        context=not a.hide_hole,
        extra={
            **{"spec": a.data, "labels": a.labels, "weights": nets.record() if nets else {}},
            "own_weights": chosen.own_weights,
        },
    )
    print(f"{a.pairs} pairs, {len(study.manifest['decks'])} decks -> {a.dir}; read {a.dir}/PROTOCOL.md before voting")


def _add_serve(parts):
    c = _add(parts, "serve", _serve, "take votes in browsers, several raters at once; Ctrl-C or kill ends it")
    c.add_argument("dir", help="the study's folder")
    c.add_argument("--port", type=int, default=8866)
    c.add_argument("--ip", default="localhost", help="0.0.0.0 lets the local network in; there is no password")
    c.add_argument("--browser", action="store_true", help="open one")


def _serve(a):
    from spg.study.ballot import serve

    serve(a.dir, a.port, a.ip, a.browser)


def _add_observe(parts):
    c = _add(parts, "observe", _observe, "let a model vote, LPIPS against the truth: a model observer, not people")
    c.add_argument("dir", help="the study's folder")
    c.add_argument("--network", default="stlpips", help="stlpips (default) or lpips")


def _observe(a):
    from spg.study.folder import open_study
    from spg.study.observer import label, observe

    path = observe(open_study(a.dir), a.network)
    print(f"{label(a.network)} -> {path}; next: spg study analyse {a.dir} --votes {path} --out FILE.json")


def _add_analyse(parts):
    c = _add(parts, "analyse", _analyse, "preferences with intervals, strengths, agreement, exclusions")
    c.add_argument("dir", help="the study's folder")
    c.add_argument("--votes", help="a file of votes; default: votes.sqlite in the folder")
    c.add_argument("--out", help="also write the JSON file")
    c.add_argument("--plot", help="also write a PNG")


def _analyse(a):
    from spg import plots
    from spg.engine import writing
    from spg.engine.provenance import write_json
    from spg.study import analysis, folder, report

    votes = a.votes or Path(a.dir) / folder.VOTES
    writing.check([a.out, a.plot], inputs=[votes, *(Path(a.dir) / name for name in folder.FILES)])
    result = analysis.analyse(folder.open_study(a.dir), votes)
    print(report.report(result), end="")
    if a.out:
        print(f"\n-> {write_json(result, a.out)}")
    if a.plot:
        print(f"-> {plots.save(report.plot(result), a.plot)}")


def _add_paper(parts):
    c = _add(parts, "paper", _paper, "the paper's 425 of 600, read again: intervals, clusters, power")
    c.add_argument("--out", help="also write the JSON file")


def _paper(a):
    from spg.engine import writing
    from spg.engine.provenance import provenance, write_json
    from spg.study import paper, report

    writing.check([a.out])
    result = paper.reanalyse() | provenance()
    print(report.paper_report(result), end="")
    if a.out:
        print(f"\n-> {write_json(result, a.out)}")
