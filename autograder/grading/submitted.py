"""Finds submissions in nbgrader's folders and reads them as bytes, without following links; before the pool."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import os
import pkgutil
import site
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course import Course
from autograder.errors import SubmissionError, UsageError
from autograder.grading.submission import read_bytes
from autograder.grading.travel import SubmittedWork
from autograder.rendering.text import printable_line

MAX_FILES = 200  # next to one notebook: a helper module and some data are a few files
MAX_FOLDERS = 16  # of a file's path: a package of helpers has two or three
MAX_PATH = 1000  # bytes of a path: below a longer folder name it must still fit Linux's limit
MAX_FILES_BYTES = 64 << 20  # in total
LEFT_BY_OTTER = (".OTTER_LOG", "__zip_filename__", "__MACOSX")  # added by Otter's export, and by macOS to an archive
# Python or JSON that Jupyter, IPython and nbgrader read from the folder in which they are started.
SETTINGS = tuple(
    f"{program}*_config.{kind}" for program in ("jupyter", "ipython", "nbgrader") for kind in ("py", "json")
)
SETTINGS_IN = {".git", ".vscode", ".idea", ".jupyter", ".ipython"}  # settings in these folders can start programs too


@dataclass(frozen=True)
class SubmittedFolder:
    """The content of one student's folder."""

    handed_in: SubmittedWork
    timestamp: datetime | None
    timestamp_file: bytes  # timestamp.txt as it was; empty if there was none


def students(course: Course, assignment: str, kind: str = "submitted") -> list[str]:
    """The students who have a folder of that kind for the assignment, sorted."""
    template = course.folder(kind, assignment, "*")
    found = []
    for folder in template.parent.parent.glob(f"*/{template.name}") if "*" in str(template) else ():
        found.append(folder.parent.name)
    return sorted(found)


def read_submitted(course: Course, assignment: str, student: str, notebooks: Sequence[str]) -> SubmittedFolder:
    """Reads one student's folder. A refused notebook is stored as a SubmissionError with the reason, not raised."""
    folder = course.folder("submitted", assignment, student)
    root = course.root
    parts = course.parts_below(folder)
    read: dict[str, bytes | SubmissionError] = {}
    for name in notebooks:
        try:
            read[name] = read_bytes(root, *parts, f"{name}.ipynb")
        except SubmissionError as error:
            read[name] = error
    files, flags = _files_beside(root, parts, [str(p) for p in course.nbgrader.ignore])
    stamp = b""
    timestamp = None
    try:
        stamp = read_bytes(root, *parts, "timestamp.txt")
        text = stamp.decode("utf-8", "replace").strip()
        timestamp = parse_utc(text) if text else None
    except SubmissionError:
        pass  # not collected by nbgrader's exchange: the time is unknown
    except (ValueError, OverflowError):  # OverflowError for a date out of range
        flags.append("bad_timestamp")
    digests = {name: _digest(name, data, files, stamp) for name, data in read.items()}
    return SubmittedFolder(SubmittedWork(student, read, files, tuple(sorted(set(flags))), digests), timestamp, stamp)


def read_one(path: Path, notebooks: Sequence[str], student: str) -> SubmittedWork:
    """Reads a single notebook from the command line, as the assignment's notebook of that name (or its only one).

    Raises UsageError if there is no such file, or if it matches none of the assignment's notebooks.
    """
    if path.suffix != ".ipynb":
        raise UsageError(f"{path} is not an .ipynb file")
    if not path.parent.is_dir() or not (path.is_symlink() or path.exists()):
        raise UsageError(f"there is no file {path}")
    if path.stem in notebooks:
        name = path.stem
    elif len(notebooks) == 1:
        name = notebooks[0]
    else:
        raise UsageError(f"{path.name} is none of the assignment's notebooks: {', '.join(notebooks)}")
    data: bytes | SubmissionError
    try:
        data = read_bytes(path.parent, path.name)
    except SubmissionError as error:
        data = error
    return SubmittedWork(student, {name: data})


def read_elsewhere(root: Path, folder: Path, name: str, student: str, ignore: Iterable[str]) -> SubmittedWork:
    """Reads a submission that is not in nbgrader's folders: the notebook `name` and the files next to it.

    It takes the file `name`.ipynb below `folder`, or else the only .ipynb there. `folder` is below `root`.
    """
    ignore = [*ignore, *LEFT_BY_OTTER]
    try:
        found = _choose(_notebooks(folder, ignore), name)
        parts = (*folder.relative_to(root).parts, *found.parts)
        data = read_bytes(root, *parts)
    except SubmissionError as error:
        return SubmittedWork(student, {name: error})
    files, flags = _files_beside(root, parts[:-1], ignore)
    renamed = [] if found.stem == name else ["renamed"]
    return SubmittedWork(student, {name: data}, files, tuple(sorted({*flags, *renamed})))


def _notebooks(folder: Path, ignore: Iterable[str]) -> list[Path]:
    """The .ipynb files below `folder`, relative to it, at most MAX_FOLDERS deep; links are not followed."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=False):
        here = Path(place).relative_to(folder)
        folders[:] = [f for f in folders if not _is_ignored(f, ignore)] if len(here.parts) < MAX_FOLDERS else []
        found += [here / n for n in names if n.endswith(".ipynb") and not _is_ignored(n, ignore)]
    return sorted(found)


def _choose(found: Sequence[Path], name: str) -> Path:
    file = f"{name}.ipynb"
    if not found:
        raise SubmissionError(f"there is no notebook in what was handed in: hand in {file}")
    named = [path for path in found if path.name == file]
    if len(named) == 1:
        return named[0]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(printable_line(str(path)[:120]) for path in found[:5])
    which = f"two or more notebooks are called {file}" if named else f"there are {len(found)} notebooks, none is {file}"
    raise SubmissionError(f"{which}, so it is not known which one counts: hand in {file} alone ({shown})")


def _files_beside(root: Path, parts: tuple[str, ...], ignore: Iterable[str]) -> tuple[dict[str, bytes], list[str]]:
    """The files next to the notebooks, by relative path, and a flag for each file that is left out."""
    files: dict[str, bytes] = {}
    flags: list[str] = []
    total = 0
    top = root.joinpath(*parts)
    if any(root.joinpath(*parts[: n + 1]).is_symlink() for n in range(len(parts))):
        return {}, ["link"]
    for folder, folders, names in os.walk(top, followlinks=False):
        if len(Path(folder).relative_to(top).parts) >= MAX_FOLDERS:  # deeper folders are not searched
            flags += ["file_refused"] * bool(folders)
            folders.clear()
        flags += ["link" for name in folders if os.path.islink(os.path.join(folder, name))]
        folders[:] = sorted(f for f in folders if not _is_ignored(f, ignore))
        for name in sorted(names):
            if _is_ours(name) or _is_ignored(name, ignore):
                continue
            relative = os.path.relpath(os.path.join(folder, name), top)
            if flag := _autorun_flag(relative):
                flags.append(flag)
                continue
            if not stat.S_ISREG(os.lstat(os.path.join(folder, name)).st_mode):
                flags.append("link")
                continue
            try:
                data = read_bytes(root, *parts, *Path(relative).parts)
            except SubmissionError:
                flags.append("file_refused")
                continue
            total += len(data)
            if len(files) >= MAX_FILES or total > MAX_FILES_BYTES or not _can_be_kept(relative):
                flags.append("file_refused")
                continue
            files[relative] = data
    return files, flags


def _can_be_kept(relative: str) -> bool:
    """Whether the file can be written next to the autograded notebooks without replacing one of them."""
    top = relative.partition("/")[0]  # a folder may have a notebook's name
    return relative.isprintable() and len(os.fsencode(relative)) <= MAX_PATH and not _is_ours(top)


def _is_ours(name: str) -> bool:
    return name.endswith(".ipynb") or name == "timestamp.txt"


def _autorun_flag(relative: str) -> str:
    """A flag for a file that a program would run without being asked to; "" for any other file.

    These are torch.py or torch/__init__.py, which `import` prefers to the installed module, and settings files, which
    run when a TA starts Jupyter in the folder.
    """
    place = Path(relative)
    if any(fnmatch.fnmatch(place.name.lower(), pattern) for pattern in SETTINGS) or SETTINGS_IN & {*place.parts}:
        return "settings_file"
    name, _, rest = relative.removesuffix(".py").partition("/")
    shadows = relative.endswith(".py") and rest in ("", "__init__") and name in _installed_modules()
    return f"shadows_module:{relative}" if shadows else ""


@functools.cache
def _installed_modules() -> frozenset[str]:
    """Names that `import` finds on this machine: the standard library, installed top-level modules, and this package
    (which may be installed in editable mode)."""
    places = [*site.getsitepackages(), site.getusersitepackages()]
    packages = {module.name for module in pkgutil.iter_modules(places)}
    return frozenset(sys.stdlib_module_names) | packages | {__name__.partition(".")[0]}


def _is_ignored(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _digest(notebook: str, data: bytes | SubmissionError, files: dict[str, bytes], timestamp: bytes) -> str:
    """A digest of one notebook, the files next to it and the timestamp; nbgrader judges each notebook separately."""
    total = hashlib.sha256(hashlib.sha256(timestamp).digest())
    content = str(data).encode() if isinstance(data, SubmissionError) else data
    for name, each in [(f"{notebook}.ipynb", content), *sorted(files.items())]:
        total.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())
        total.update(hashlib.sha256(each).digest())
    return total.hexdigest()
