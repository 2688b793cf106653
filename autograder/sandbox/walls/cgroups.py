"""Control groups, which limit the memory and the processes of a submission as a whole; used by `launch` and `walls`.

Only the launcher sees the machine's /sys. It makes a group for the grading run and keeps its folders open. Each child
of the zygote joins the group of its slot through these open folders. Version 1 of control groups has one folder for
each controller, version 2 has a single folder. Both versions need real root.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.limits import Limits
from autograder.sandbox.walls import claims, rlimits

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids")
PREFIX = "autograder.run-"


@dataclass(frozen=True)
class ControlGroup:
    """A control group: its folder, and a descriptor that holds its lock, so that no other grader removes it."""

    folder: Path
    held: int


def create(root: Path = ROOT) -> list[ControlGroup]:
    """Makes a group for this process's run: one folder for version 2, two for version 1.

    OSError if the machine lacks a controller, or if this process may not make a group.
    """
    groups = []
    for parent in _parents(root):
        _sweep(parent)
        groups.append(ControlGroup(*claims.make(partial(_make, parent))))
    return groups


def _make(parent: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))


def _parents(root: Path) -> list[Path]:
    unified = root / "cgroup.controllers"
    if unified.is_file() and set(CONTROLLERS) <= set(unified.read_text().split()):
        enabled = (root / "cgroup.subtree_control").read_text().split()
        for missing in sorted(set(CONTROLLERS) - set(enabled)):
            (root / "cgroup.subtree_control").write_text(f"+{missing}")
        return [root]
    folders = [root / name for name in CONTROLLERS]
    for folder in folders:
        if not (folder / "cgroup.procs").is_file():
            raise OSError(2, f"no control group '{folder.name}' at {folder}")
    return folders


def _sweep(parent: Path) -> None:
    """Removes groups of launchers that were killed."""
    for old in parent.glob(f"{PREFIX}*"):
        with claims.take_over(old) as so:
            if so:
                _remove(old)


def remove(groups: Sequence[ControlGroup]) -> None:
    """Removes the groups and the groups of their slots; a group in use stays."""
    for group in groups:
        _remove(group.folder)
        with contextlib.suppress(OSError):  # the launcher may have closed it
            os.close(group.held)


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for slot in folder.iterdir():
            if slot.is_dir():
                slot.rmdir()
        folder.rmdir()


def allow_children(groups: Sequence[ControlGroup]) -> None:
    """Turns the controllers on for child groups, as version 2 requires."""
    for group in groups:
        if (control := group.folder / "cgroup.subtree_control").is_file():
            control.write_text("+memory +pids")


def join(groups: Sequence[int], slot: int, limits: Limits) -> None:
    """Sets the limits of its slot's group below each of `groups` (open folders), and moves this process into it.

    Files in /tmp and /dev/shm are memory, so they count too. A page of the zygote's memory counts after a write to it.
    """
    if not groups:
        raise OSError(2, "the launcher handed no control group on")
    memory = (limits.memory_mib + 2 * limits.scratch_mib) * rlimits.MIB + rlimits.resident_bytes()
    for group in groups:
        with contextlib.suppress(FileExistsError):
            os.mkdir(str(slot), dir_fd=group)
        folder = os.open(str(slot), os.O_PATH | os.O_DIRECTORY, dir_fd=group)
        try:
            names = set(os.listdir(f"/proc/self/fd/{folder}"))
            for name, value in (("memory.max", memory), ("memory.swap.max", 0), ("memory.oom.group", 1),
                                ("memory.limit_in_bytes", memory), ("pids.max", limits.processes),
                                ("cgroup.procs", 0)):  # fmt: skip
                if name in names:
                    _write(folder, name, value)
        finally:
            os.close(folder)


def _write(folder: int, name: str, value: int) -> None:
    descriptor = os.open(name, os.O_WRONLY, dir_fd=folder)
    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)
