"""Nets as ONNX files: for programs without PyTorch, with a manifest; and in the cache, for ONNX Runtime here.

There is one file a net, for any size of picture. Weights are stored in half precision where they are shipped so, and
always in what is exported for others; computed with is single precision. So a shipped net gives what PyTorch gives, to
1e-5 [our decision]. The tracing exporter is used: `torch.export` takes minutes over the sizes of `push_pull`, and needs
another package.
"""

import functools
import hashlib
import importlib.util
import io
import json
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

from spg import generators, generators_plus, segmenter
from spg.engine import checkpoints, places, writing
from spg.engine.shipped import registry
from spg.generators_plus import smooth_by_class
from spg.labels import recorded, refuse_other_set
from spg.models import DESIGNS
from spg.weights.finding import data_of, load_net, resolve, sha256
from spg.weights.shipping import in_half

FORMAT, VERSION = "spg-export", 1
MANIFEST = "manifest.json"
MODELS = (*(model for pair in DESIGNS.values() for model in pair), "segmenter")
OPSET = 17
TRACED = (80, 112)  # height and width of the picture that is traced; the graph is for any
FILL = "class-fill"  # the colours that a coloured SG-Net is asked for where nobody asks are means of this
FEWEST = 64  # values of a tensor that is worth halving
LIKE = 1e-3  # the largest difference between PyTorch and a graph taken for its net: an eighth of a grey level


def export(weights, out):
    """Write the nets of weights (see `resolve`) to OUT/MODEL.onnx, and OUT/manifest.json. Returns the manifest, a dict.

    Exported are `MODELS`; where an SG-Net takes colours, `class-fill.onnx` is beside it (see `ClassFill`). Inputs and
    outputs are float32, 1×C×height×width, and named in the manifest. Raises ValueError where the weights hold none of
    these models, or onnx is not installed.
    """
    files = {model: path for model, path in resolve(weights).items() if model in MODELS}
    if not files:
        raise ValueError(f"{weights} holds no net that is exported: {', '.join(MODELS)}")
    nets, classes = {}, None
    for model, path in files.items():
        net, about = load_net(path, model)
        known = recorded(about, path)
        classes = classes or known
        refuse_other_set(classes, known, path, "export nets of one class set")
        nets[model] = _written(out, model, _rounded(net), about["classes"]) | _about(about, path)
        if getattr(net, "coloured", False):
            nets[FILL] = _written(out, FILL, ClassFill(), about["classes"])
    manifest = {**_heading(weights, classes), "nets": nets}
    writing.write(Path(out) / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


class ClassFill(nn.Module):
    """(I0, S, R) → I0 with the hole filled class by class, N×3×H×W: `smooth_by_class` as a net without weights.

    Where nobody asks a coloured SG-Net for a colour, each missing vehicle or person is asked for in the mean of this in
    its outline (`spg.samples.usual_colours`).
    """

    coloured = False

    def forward(self, i0, s, hole):
        return smooth_by_class(i0, s, hole)


def _heading(weights, classes):
    """What the manifest says of all nets. classes: their `ClassSet`."""
    entry = registry().get(str(weights), {})
    return {
        **{"format": FORMAT, "version": VERSION, "set": str(weights) if entry else None},
        "licence": entry.get("licence"),
        "classes": [{"name": n, "colour": list(c)} for n, c in zip(classes.names, classes.colours, strict=True)],
        "torch": torch.__version__.partition("+")[0],
    }


def _about(about, path):
    """What the manifest says of one net's training."""
    kept = {key: about[key] for key in ("size", "pictures_seen") if key in about}
    soft = about["profile"].get("soft", False)
    return {**kept, "data": data_of(about), "soft": soft, "weights_sha256": sha256(path)}


def _rounded(net):
    """The net with its weights rounded to half precision, as a shipped one has them."""
    return checkpoints.restore(net, in_half(net.state_dict()))


def _written(out, name, net, classes):
    """Write one net. Returns its entry of the manifest: file, bytes, sha256, inputs, outputs."""
    inputs, outputs = _sides(name, net, len(classes))
    path = Path(out) / f"{name}.onnx"
    writing.write(path, halved(_traced(net, inputs, outputs)))
    said = {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path), "opset": OPSET}
    shapes = [{key: [1, channels, "height", "width"] for key, channels in side.items()} for side in (inputs, outputs)]
    return {**said, **dict(zip(("inputs", "outputs"), shapes, strict=True))}


def _sides(name, net, classes):
    """(inputs, outputs) of a net, each name → channels. What is known of image and labels is 0 in the hole."""
    if name == "segmenter":
        return {"image": 3, "hole": 1}, {"probabilities": classes}
    if name.startswith("spnet"):
        return {"image": 3, "labels": classes, "hole": 1}, {"probabilities": classes}
    colour = {"colour": 4} if getattr(net, "coloured", False) else {}
    return {"image": 3, "labels": classes, "hole": 1, **colour}, {"picture": 3}


def _traced(net, inputs, outputs):
    """The net's graph for any height and width, a file's bytes."""
    _need_onnx()
    example = _example(inputs, TRACED)
    names = [*inputs, *outputs]
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # of tracing, which is meant
        torch.onnx.export(
            net.eval(),
            example,
            buffer,
            dynamo=False,
            training=torch.onnx.TrainingMode.PRESERVE,  # or batch normalisations would be folded into the halves
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: {2: "height", 3: "width"} for name in names},
        )
    return buffer.getvalue()


def _example(inputs, shape):
    """Numbers in 0..1 for the inputs (name → channels), always the same."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(1, channels, *shape, generator=generator) for channels in inputs.values())


def halved(graph):
    """A graph's bytes with its weights in half precision, cast up where they are used."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(graph)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= FEWEST and np.array_equal(values, values.astype(np.float16)):
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    model.doc_string = ""
    return model.SerializeToString(deterministic=True)


def _need_onnx():
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ValueError("exporting nets needs onnx: pip install 'spg-net[onnx]'") from error


# -------------------------------------------------------------------- run by ONNX Runtime


class Exported(nn.Module):
    """Exported(path): a net as ONNX Runtime computes it from its graph, on the CPU, with as many threads as PyTorch.

    It is called as the PyTorch net is. coloured, guided: as of an SG-Net.
    """

    guided = True

    def __init__(self, path):
        super().__init__()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.names = [given.name for given in self.session.get_inputs()]
        self.coloured = "colour" in self.names

    def forward(self, *inputs):
        given = {name: x.contiguous().numpy() for name, x in zip(self.names, inputs, strict=True)}
        return torch.from_numpy(self.session.run(None, given)[0])


def exported(files):
    """model → `Exported` of the graphs in the cache; None where one is missing, or ONNX Runtime is. See `prepare`.

    Raises ValueError where one is damaged, which is then removed.
    """
    if not (_has("onnxruntime") and set(files) <= set(MODELS)):
        return None
    graphs = {model: _graph(model, path) for model, path in files.items()}
    if not all(map(Path.is_file, graphs.values())):
        return None
    return {model: _opened(graph) for model, graph in graphs.items()}


def _opened(graph):
    try:
        return Exported(graph)
    except Exception as error:  # ONNX Runtime has no class for what it raises
        graph.unlink(missing_ok=True)
        raise ValueError(f"{graph} could not be opened, and was removed ({error}): try again") from error


def prepare(files):
    """Make the graphs of nets (model → file) for ONNX Runtime in the user's cache, those that are not there yet.

    That takes some seconds, once for each net and version of this program. Raises ValueError or ImportError where it
    cannot be done, or a graph gives something else than PyTorch.
    """
    if strange := sorted(set(files) - set(MODELS)):
        raise ValueError(f"ONNX Runtime cannot compute {', '.join(strange)}, only {', '.join(MODELS)}: take PyTorch")
    if not _has("onnxruntime"):
        raise ImportError("no onnxruntime: pip install 'spg-net[onnx]', or take PyTorch")
    with _making:
        missing = {model: path for model, path in files.items() if not _graph(model, path).is_file()}
        if missing:
            print(f"Getting {', '.join(missing)} ready for ONNX Runtime, once for these weights", file=sys.stderr)
        for model, path in missing.items():
            _make(model, path)


def try_to_prepare(files):
    """The same where the packages are here; a net that cannot be exported is warned of, and PyTorch computes it."""
    if not (_has("onnx") and _has("onnxruntime")):
        return
    try:
        prepare(files)
    except Exception as error:  # whatever an exporter may raise: there is PyTorch
        warnings.warn(f"PyTorch computes, as these nets could not be exported: {error}", stacklevel=2)


def _has(package):
    return importlib.util.find_spec(package) is not None


_making = threading.Lock()  # drafts of one process have one name


def _graph(model, path):
    """Where the graph of a net lies in the cache: its name changes with the weights and with all that exports them."""
    key = hashlib.sha256((sha256(path) + _exporter()).encode()).hexdigest()[:24]
    return places.home() / "graphs" / f"{model}-{key}.onnx"


@functools.cache
def _exporter():
    """What stands for the program that exports: its code, and the version of PyTorch."""
    code = [Path(module.__file__).read_bytes() for module in (generators, generators_plus, segmenter)]
    return hashlib.sha256(b"".join([Path(__file__).read_bytes(), *code, torch.__version__.encode()])).hexdigest()


def _make(model, path):
    """Put a net's graph into the cache, if it gives what the net gives at another size than it was traced at."""
    net, about = load_net(path, model)
    inputs, outputs = _sides(model, net, len(about["classes"]))
    with writing.replacing(_graph(model, path)) as draft:
        draft.write_bytes(halved(_traced(net, inputs, outputs)))
        example = _example(inputs, TRACED[::-1])
        with torch.inference_mode():
            largest = float((Exported(draft)(*example) - net(*example)).abs().max())
        if not largest <= LIKE:
            raise ValueError(f"the graph of {path} differs from the net by {largest:.2g}")
