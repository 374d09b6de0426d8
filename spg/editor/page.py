"""The editor as a static page, without Python: `make page`.

The page is `js/` as a notebook has it, over `local/` in place of Python: the session in JavaScript, in a worker, with
the nets in ONNX Runtime Web: in WASM, and in WebGPU where the browser has it. It asks no other host for anything, and
works offline after the first visit. `single` makes one file of it, which opens from a disk.
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path

from spg.data.streets import draw
from spg.editor import bundle
from spg.editor.actions import class_packet
from spg.editor.app import SAMPLES, THUMBNAIL, default_weights
from spg.engine import writing
from spg.labels import STREET
from spg.models import SPNETS
from spg.pictures import png
from spg.weights.exporting import MANIFEST, export, halved
from spg.weights.finding import resolve, sha256, with_segmenter

HERE = Path(__file__).parent
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")  # of onnxruntime-web
WEBGPU = ("ort.jspi.min.mjs", "ort-wasm-simd-threaded.jspi.mjs", "ort-wasm-simd-threaded.jspi.wasm")  # of it, too
AT_TOP = ("index.html", "offline.js")  # a service worker serves what lies below it
NOT_YET = ["ConvBNFusion", "ConvMulFusion", "ConvAddFusion"]  # weights that are joined are no longer halves
LAST = "offline.js"  # it lists the other files
ABOUT = "page.json"  # what the page reads first
WHOLE_RUNTIME = "ort.wasm.bundle.min.mjs"  # of onnxruntime-web: the runtime's two modules as one
WORKER = "local/worker.js"


def build(out, runtime, weights=None):
    """Write the page into a folder, in place of a page that is there. Returns the bytes that every browser fetches.

    runtime: the folder dist of npm's onnxruntime-web. weights: a shipped set with a street for every size its nets
    have; None: the default one of drawn streets. Raises FileNotFoundError naming what the runtime lacks, and
    FileExistsError where the folder holds something else.
    """
    out, runtime, weights = Path(out), Path(runtime), weights or default_weights(None)
    if out.is_dir() and any(out.iterdir()) and not (out / ABOUT).is_file():
        raise FileExistsError(f"{out} holds something else than a page: choose another folder")
    missing = [name for name in RUNTIME + WEBGPU if not (runtime / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{runtime} lacks {', '.join(missing)}: `make page` fetches them")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as draft:  # whole or not at all
        size = _build(Path(draft) / out.name, runtime, weights)
        shutil.rmtree(out, ignore_errors=True)
        (Path(draft) / out.name).rename(out)
    return size


def _build(out, runtime, weights):
    manifest = _nets(weights, out / "nets")
    size = max(net["size"] for model, net in manifest["nets"].items() if model in SPNETS)
    _fitted(out / "nets", manifest, size)
    _scripts(out)
    for name in RUNTIME + WEBGPU:
        _copied(runtime / name, out / "runtime" / name)
    _streets(out, manifest, size)
    return _finished(out)


def _nets(weights, out):
    """Export the nets of weights, and to those without a segmenter one of their data. Returns the manifest."""
    manifest = export(weights, out)
    if "segmenter" not in manifest["nets"]:
        lent = with_segmenter(resolve(weights))["segmenter"]
        manifest["nets"] |= export({"segmenter": lent}, out)["nets"]
    return manifest


def _scripts(out):
    """The editor's own scripts as they are, and what stands in for Python."""
    for path in [*HERE.glob("js/*.js"), *HERE.glob("local/*.js")]:
        _copied(path, out / path.parent.name / path.name)
    _copied(HERE / "editor.css", out / "editor.css")
    for name in AT_TOP:
        _copied(HERE / "local" / name, out / name)
    (out / "local" / LAST).unlink()


def _fitted(folder, manifest, size):
    """Work out beforehand all that depends on the size alone: the nets then start in a third of the time."""
    import onnx
    import onnxruntime

    for entry in manifest["nets"].values():
        path, fitted = folder / entry["file"], folder / "fitted.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(fitted)
        for side in ("height", "width"):
            options.add_free_dimension_override_by_name(side, size)
        onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"], disabled_optimizers=NOT_YET)
        graph = onnx.load(fitted)
        del graph.opset_import[:]
        graph.opset_import.append(onnx.helper.make_opsetid("", entry["opset"]))
        writing.write(path, halved(graph.SerializeToString()))
        fitted.unlink()
        entry |= {"bytes": path.stat().st_size, "sha256": sha256(path), "sides": [size, size]}
    writing.write(folder / MANIFEST, json.dumps(manifest).encode())


def _streets(out, manifest, size):
    """The sample streets at a size, each its pixels RGB and then its labels; their thumbnails; and `ABOUT`."""
    streets, thumbnails = [], []
    for seed in SAMPLES:
        picture, labels = draw(seed, seed, size)
        data = picture.transpose(1, 2, 0).tobytes() + labels.tobytes()
        streets.append({"file": f"streets/{seed}.bin", "height": size, "width": size})
        thumbnails.append(f"streets/{seed}.png")
        writing.write(out / streets[-1]["file"], data)
        writing.write(out / thumbnails[-1], png(draw(seed, seed, THUMBNAIL)[0].transpose(1, 2, 0)))
    classes = [{**about, "ground": c == STREET.ground} for c, about in enumerate(class_packet(STREET))]
    about = {"set": manifest["set"], "licence": manifest["licence"], "classes": classes}
    writing.write(out / ABOUT, json.dumps({**about, "streets": streets, "thumbnails": thumbnails}).encode())


def _finished(out):
    """Enter size and files where the page names them. Returns the bytes that every browser fetches."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.name != LAST)
    first = [path for path in files if path.name not in WEBGPU]
    size = sum(path.stat().st_size for path in first)
    _entered(out / "index.html", {"THE SIZE": f"{size / 1e6:.0f}"})
    names = ["./", *(path.relative_to(out).as_posix() for path in first)]
    later = [f"runtime/{name}" for name in WEBGPU]
    version = hashlib.sha256(" ".join(map(sha256, files)).encode()).hexdigest()[:12]
    lists = {'["THE FILES"]': json.dumps(names), '["THE LATER"]': json.dumps(later)}
    _entered(out / LAST, {"THE VERSION": f"spg-{version}", **lists})
    return size


# ------------------------------------------------------------ the page as one file


def single(page, runtime, out):
    """Write a page that `build` has made as one HTML file, for a disk without a host. Returns its size in bytes.

    A browser lets a page from a disk read no other file and load no module. So scripts, nets, streets and runtime are
    in it, packed by gzip, and its worker starts from memory, as a script: it has no address, and is no
    module. Raises FileNotFoundError naming what the runtime lacks.
    """
    page, module = Path(page), Path(runtime) / WHOLE_RUNTIME
    if not module.is_file():
        raise FileNotFoundError(f"{runtime} lacks {WHOLE_RUNTIME}: `make page` fetches it")
    read = [page / ABOUT, page / "runtime" / RUNTIME[-1], *page.glob("nets/*"), *page.glob("streets/*")]
    files = {path.relative_to(page).as_posix(): path.read_bytes() for path in sorted(read)}
    worker = _as_object(module.read_text("utf-8")) + _bundled(page / WORKER)
    files[WORKER] = ('"use strict";\n' + worker.replace("import.meta.url", '"page:/"')).encode()
    script = _bundled(page / "local" / "page.js").replace("export default", "const editor =", 1)
    style = (page / "editor.css").read_text("utf-8")
    text = (HERE / "local" / "index.html").read_text("utf-8")
    text = text.replace('<link rel="stylesheet" href="editor.css">', f"<style>\n{style}</style>")
    inside = "".join(map(_packed, files, files.values())) + f'<script type="module">\n{script}</script>'
    text = text.replace('<script type="module" src="local/page.js"></script>', inside)
    text = text.replace("THE SIZE", f"{len(text) / 1e6:.0f}")
    writing.write(Path(out), text.encode())
    return len(text.encode())


def _bundled(path):
    return bundle.script(path.resolve(), without=[(path.parents[1] / "runtime" / RUNTIME[0]).resolve()])


def _as_object(module):
    """A module's text as the declaration of one object, `runtime`, that has what it exports."""
    body, exports = re.fullmatch(r"(.*)export\{([^}]*)\};.*", module, re.DOTALL).groups()
    pairs = [pair.split(" as ") for pair in exports.split(",")]
    names = ", ".join(f"{outside.strip()}: {inside}" for inside, outside in pairs)
    return f"const runtime = (() => {{\n{body}\nreturn {{ {names} }};\n}})();\n"


def _packed(name, data):
    packed = base64.b64encode(gzip.compress(data, mtime=0)).decode()
    return f'<script type="text/plain" data-file="{name}">{packed}</script>\n'


def _entered(path, words):
    text = path.read_text(encoding="utf-8")
    for place, word in words.items():
        text = text.replace(place, word)
    path.write_text(text, encoding="utf-8")


def _copied(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def main(arguments=None):
    """Build the page, and say how large it is."""
    parser = argparse.ArgumentParser(prog="python -m spg.editor.page", description="The editor as a static page.")
    parser.add_argument("--runtime", required=True, help="the folder dist of npm's onnxruntime-web")
    parser.add_argument("--out", required=True, help="folder of the page, written anew")
    parser.add_argument("--weights", help="a shipped set of drawn streets; default: the one with the largest nets")
    parser.add_argument("--single", metavar="FILE", help="write the page as one HTML file, too")
    a = parser.parse_args(arguments)
    try:
        size = build(a.out, a.runtime, a.weights)
        single_size = single(a.out, a.runtime, a.single) if a.single else 0
    except (FileExistsError, FileNotFoundError) as error:
        parser.error(str(error))
    print(f"{a.out}: {size / 1e6:.1f} MB; look at it: python -m http.server --directory {a.out}")
    if a.single:
        print(f"{a.single}: {single_size / 1e6:.1f} MB; it opens from the disk")


if __name__ == "__main__":
    main()
