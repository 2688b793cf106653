"""Which files student code may see at all: one list, for the mounts of tier 2 and for landlock's rules.

The interpreter, its packages, this one, the system's libraries and what the grader names as readable; never the
course folder, homes or the gradebook. A course that lies below one of these trees is refused (grading/exposure.py).
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import autograder

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# What libraries look up: shared objects, fonts, the time zone, MIME types, and how Debian chooses a BLAS.
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "timezone", "mime.types")
CPUS = ("/sys/devices/system/cpu", "/sys/devices/system/node")  # read by torch and OpenMP to count processors
DEVICES = ("null", "zero", "full", "random", "urandom")


@dataclass(frozen=True)
class View:
    """Absolute paths; a folder stands for all below it."""

    trees: tuple[str, ...]  # to read and execute; none lies below another
    devices: tuple[str, ...]  # device nodes to read, write and control


def view(readable: Sequence[str | Path] = ()) -> View:
    """What this interpreter needs, and `readable`: existing paths; those below /dev are taken as devices, such
    as a GPU's."""
    given = [os.path.abspath(path) for path in readable]
    devices = [path for path in given if path.startswith("/dev/")]
    wanted = [*SYSTEM, *(f"/etc/{name}" for name in ETC), *CPUS]
    wanted += [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *_site_folders()]
    wanted += [os.path.dirname(os.path.abspath(autograder.__file__))]  # alone, where a checkout of it is installed
    wanted += [path for path in given if path not in devices]
    nodes = tuple(path for path in (*(f"/dev/{name}" for name in DEVICES), *devices) if os.path.exists(path))
    return View(_outermost(wanted), nodes)


def _site_folders() -> list[str]:
    """Where packages are imported from, when it is not below the prefix: `pip install --user`."""
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [*site.getsitepackages(), *own]


def _outermost(paths: Sequence[str]) -> tuple[str, ...]:
    """Those that exist, each also as its real path when links lead to it, without those below another."""
    both = {p for path in paths if os.path.exists(path) for p in (os.path.abspath(path), os.path.realpath(path))}
    kept: list[str] = []
    for path in sorted(both):
        if not any(is_below(path, tree) for tree in kept if not os.path.islink(tree)):
            kept.append(path)
    return tuple(kept)


def is_below(path: str, tree: str) -> bool:
    return path == tree or path.startswith(tree.rstrip("/") + "/")
