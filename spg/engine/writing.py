"""Files that come out: whole or not at all, never over an input, checked before the work; one training a folder.

Every writer of the project ends here. What is written lies beside its place under a hidden name first, and takes it by
one rename: whoever is killed, or runs out of disk, still has the file that was there before.
"""

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: there a training goes without a lock
    fcntl = None

TAKEN = (errno.EAGAIN, errno.EACCES)  # what flock answers where another process holds the lock
_held = set()  # folders that this process has locked


# -------------------------------------------------------------------- whole or not at all


def write(path, data):
    """Write bytes, or text as UTF-8, to path, whole or not at all, making folders. Returns the path.

    Raises OSError naming the file; what was there before is then unchanged.
    """
    return write_all({path: data})[0]


def write_all(contents):
    """Write several files that belong together, path → bytes or text; none is replaced before all are complete."""
    with contextlib.ExitStack() as stack:
        for path, data in contents.items():
            draft = stack.enter_context(replacing(path))
            draft.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return [Path(path) for path in contents]


@contextlib.contextmanager
def replacing(path):
    """A path to write to instead; where the block ends well, what lies there becomes `path` by one rename.

    A link is followed: the file that it points to is replaced. A device or a pipe is written to directly. Raises
    OSError naming the file.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file() and not place.is_dir():
        yield place
        return
    draft = place.with_name(f".{place.name[:40]}.{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        if place.exists():
            draft.chmod(place.stat().st_mode)
        os.replace(draft, place)
    except OSError as error:
        why = f"could not save {path}: {error.strerror or error}; what was there before is unchanged"
        raise OSError(why) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


# -------------------------------------------------------------------- checked before the first minute of work


def check(files=(), folders=(), inputs=(), apart=None):
    """Raise before any work is done where an output cannot be written, or would replace an input.

    files, folders: what will be written, None for what was not asked for. inputs: paths that will be read, files or
    folders; names that are no paths are passed over. apart: a data set's folder, None: there is none; no folder is made
    in it, as a picture there would count as one of the set. Raises ValueError or OSError naming the output and the
    remedy.
    """
    files, folders = ([Path(path) for path in paths if path] for paths in (files, folders))
    for file in files:
        if file.is_dir():
            raise ValueError(f"{file} is a folder, and a file is to be written there: name a file in it")
        _check_room(file.parent, file)
    for folder in folders:
        if apart and folder.resolve().is_relative_to(Path(apart).resolve()):
            raise ValueError(
                f"{folder} lies in the data set's folder {apart}, and would mix with it: choose another place"
            )
        _check_room(folder, folder)
    refuse_inputs(files, inputs)


def refuse_inputs(outputs, inputs):
    """Raise ValueError where an output is one of the inputs: the same file, or a link to it under another name."""
    there = [path for path in outputs if os.path.exists(path)]
    read = {_identity(path): path for path in inputs if path and os.path.exists(path)} if there else {}
    for path in there:
        if _identity(path) in read:
            raise ValueError(
                f"{path} is an input ({read[_identity(path)]}), and would be written over: choose another --out"
            )


def _identity(path):
    about = os.stat(path)
    # a file system without inode numbers says 0 for all
    return (about.st_dev, about.st_ino) if about.st_ino else os.path.normcase(os.path.realpath(path))


def _check_room(folder, output):
    """A file is made, and taken away, in the folder, or in the nearest one above it that is there already."""
    there = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not there.is_dir():
        raise ValueError(f"{output} cannot be written: {there} is no folder. Choose another place")
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise OSError(f"{output} cannot be written: {why} in {there.absolute()}. Choose another place") from error


# -------------------------------------------------------------------- one training a folder


@contextlib.contextmanager
def locked(folder):
    """Hold a folder for one process, making it. Raises ValueError where another process holds it.

    The system lets go of the lock with the process, however that ends; the empty file .lock may stay, and locks
    nothing. Of the processes of one training the first locks for all. Blocks of one process may be nested.
    """
    place = os.path.realpath(folder)
    if fcntl is None or place in _held or int(os.environ.get("RANK", 0)):
        yield
        return
    Path(place).mkdir(parents=True, exist_ok=True)
    with open(Path(place) / ".lock", "ab") as file:
        _lock(file, folder)
        _held.add(place)
        try:
            yield
        finally:
            _held.remove(place)


def _lock(file, folder):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:  # else: a file system that knows no locks
            raise ValueError(
                f"another training writes into {folder}: wait for its end, or choose another --out"
            ) from error


# -------------------------------------------------------------------- text and JSON that come back in


def read_text(path):
    """A text file's content. Raises ValueError naming the file where it is no UTF-8."""
    try:
        return Path(path).read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: save it as that") from error


def read_json(path, what="a JSON file"):
    """A JSON file's content. Raises ValueError naming the file, and `what` was expected there, where it is none."""
    return parse_json(Path(path).read_bytes(), path, what)


def parse_json(data, where, what="a JSON file"):
    """The same of bytes or text."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, nested without end
        raise ValueError(f"{where} is not {what}, or is damaged: it cannot be read as JSON ({error})") from error
