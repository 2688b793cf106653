"""Lists the files that student code may read; tier 2 mounts them, and landlock has a rule for each.

The list has the interpreter, its packages, this package, the system's libraries and the grader's `readable` paths, but
no course folder, home or gradebook. grading/exposure.py refuses a course that lies below one of these trees.
nbgrader's exchange lies below one by default, so it is hidden.
"""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import autograder
from autograder.errors import WallsError

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# Files that libraries read: shared objects, fonts, the time zone, MIME types, and Debian's choice of a BLAS.
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "timezone", "mime.types")
CPUS = ("/sys/devices/system/cpu", "/sys/devices/system/node")  # torch and OpenMP count processors there
DEVICES = ("null", "zero", "full", "random", "urandom")
MOUNTS = "/proc/self/mountinfo"  # its columns: proc_pid_mountinfo(5)


@dataclass(frozen=True)
class View:
    """Absolute paths; a folder includes all paths below it."""

    trees: tuple[str, ...]  # to read and execute; none lies below another
    hidden: tuple[str, ...]  # folders below trees that are not shown; none lies below another
    devices: tuple[str, ...]  # device nodes to read, write and control


def view(readable: Sequence[str | Path] = (), hidden: Sequence[str | Path] = ()) -> View:
    """The paths that this interpreter needs, and the paths in `readable` that exist.

    A path of `readable` below /dev is a device, such as a GPU. `hidden` are absolute paths; the view hides the folders
    among them that exist below its trees. WallsError if a path that must be readable lies in a hidden folder.
    """
    given = [os.path.abspath(path) for path in readable]
    devices = [path for path in given if path.startswith("/dev/")]
    wanted = [*SYSTEM, *(f"/etc/{name}" for name in ETC), *CPUS]
    wanted += [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *_site_folders()]
    wanted += [os.path.dirname(os.path.abspath(autograder.__file__))]  # not all of an editable checkout
    wanted += [path for path in given if path not in devices]
    nodes = tuple(path for path in (*(f"/dev/{name}" for name in DEVICES), *devices) if os.path.exists(path))
    trees = _outermost_paths(wanted)
    left_out = _hidden_folders(hidden, trees)
    for path in (os.path.realpath(path) for path in wanted):
        if os.path.exists(path) and any(is_below(path, folder) for folder in left_out):
            raise WallsError(f"{path}, which submissions read, lies in a folder hidden from them; move one of the two")
    return View(trees, left_out, nodes)


def paths_around(tree: str, hidden: Sequence[str]) -> Iterator[str]:
    """Paths that together show `tree` without the hidden folders below it. They include no links, because a landlock
    rule for a link would show its target."""
    if tree in hidden:
        return
    if not any(is_below(folder, tree) for folder in hidden):
        yield tree
        return
    for entry in os.scandir(tree):
        if not entry.is_symlink():
            yield from paths_around(entry.path, hidden)


def _site_folders() -> list[str]:
    """The folders of installed packages, also those outside the prefix (`pip install --user`)."""
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [*site.getsitepackages(), *own]


def _outermost_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """The paths that exist, and the real path of each one that has a link in it, without paths below another one."""
    both = {p for path in paths if os.path.exists(path) for p in (os.path.abspath(path), os.path.realpath(path))}
    kept: list[str] = []
    for path in sorted(both):
        if not any(is_below(path, tree) for tree in kept if not os.path.islink(tree)):
            kept.append(path)
    return tuple(kept)


def _hidden_folders(folders: Sequence[str | Path], trees: Sequence[str]) -> tuple[str, ...]:
    """All paths by which a hidden folder can be reached below the trees, without paths below another one."""
    names = {name for folder in folders if os.path.isdir(folder) for name in _names(os.path.realpath(folder))}
    found = set()
    for tree in (tree for tree in trees if not os.path.islink(tree)):
        real = os.path.realpath(tree)  # it differs from `tree` if a folder above is a link
        found |= {_move_path(name, real, tree) for name in names if is_below(name, real) and os.path.isdir(name)}
    return tuple(path for path in sorted(found) if not any(is_below(path, other) for other in found - {path}))


def _names(folder: str) -> set[str]:
    """The folder, and all other paths at which a mount shows it, a part of it, or a file system mounted in it.

    `mount --bind` leaves no link, so only the table of mounts shows this.
    """
    lines = [line.split() for line in Path(MOUNTS).read_text("utf-8", errors="surrogateescape").splitlines()]
    mounts = [(device, _decode_octal(root), _decode_octal(point)) for _, _, device, root, point, *_ in lines]
    within = [mount for mount in mounts if is_below(mount[2], folder)]
    device, root, point = max((m for m in mounts if is_below(folder, m[2])), key=lambda mount: len(mount[2]))
    places = {(device, _move_path(folder, point, root)), *((device, root) for device, root, _ in within)}
    found = {folder}
    for device, root, point in mounts:
        for place in (place for other, place in places if other == device):
            if is_below(place, root):
                found.add(_move_path(place, root, point))
            elif is_below(root, place):
                found.add(point)
    return found


def _decode_octal(field: str) -> str:
    """A path from the table of mounts, which writes spaces and some other characters as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _move_path(path: str, old: str, new: str) -> str:
    """The path with its beginning `old` replaced by `new`; `path` is `old` or lies below it."""
    return os.path.normpath(os.path.join(new, os.path.relpath(path, old)))


def is_below(path: str, tree: str) -> bool:
    return path == tree or path.startswith(tree.rstrip("/") + "/")
