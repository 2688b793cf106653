"""Raises the walls around student code, from outside in; stands between the grader, the zygote and its forks.

    grader   zygote_argv()   the zygote starts in namespaces that show it only what `view` lists (tier 2)
    zygote   fork()          each child is process 1 of its own process namespace (tier 2)
    child    confine()       its own mounts, user, limits, landlock and system call filter; then student code

Tier 2 needs namespaces, by real root or by unprivileged user namespaces. Tier 1, for most containers, stands on
landlock, the filter and limits: stat tells there that files of others exist, and the size of a scratch folder
as a whole is not bounded, only that of each file. Tier 0 is limits alone.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import WallsError
from autograder.limits import Limits
from autograder.sandbox import removal
from autograder.sandbox.inside import by_value
from autograder.sandbox.walls import cgroups, identity, landlock, namespaces, rlimits, seccomp, syscalls
from autograder.sandbox.walls.view import View, paths_around, view

WORK = "work"  # the working folder, in a scratch folder; its temporary one lies beside it
SPECIFICATION = "AUTOGRADER_WALLS"  # environment variable by which the launcher tells the zygote what it did
# What may be read of the machine's /proc on tier 1: nothing about processes other than the reader itself.
PROC_FACTS = ("cpuinfo", "meminfo", "stat", "version", "filesystems", "sys/kernel", "sys/vm")


@dataclass(frozen=True)
class Walls:
    """Which walls stand. Layers: namespaces, uid (a user per slot), userns (a user namespace per child),
    landlock, seccomp, rlimits, cgroup."""

    tier: int  # 2, 1 or 0
    layers: tuple[str, ...]
    keep_reading: bool = False  # the slot's user must be let past closed folders to read the interpreter

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Walls:
        data = json.loads(text)
        return cls(int(data["tier"]), tuple(data["layers"]), bool(data["keep_reading"]))


def zygote_argv(
    walls: Walls, argv: list[str], readable: Sequence[Path], hidden: Sequence[str | Path] = ()
) -> list[str]:
    """The command that runs `argv` (a full path first) inside the outer walls.

    `readable` are files and folders that student code may read besides the interpreter's and the system's;
    those below /dev are devices. `hidden` are folders that it may not read though they lie in what it may.
    Descriptors that the caller passes on stay open, the environment stays the caller's. The process started is
    a launcher that waits for the zygote: killing it kills all at once.
    """
    if walls.tier == 0:
        return list(argv)
    paths = {"readable": [os.path.abspath(p) for p in readable], "hidden": [os.path.abspath(p) for p in hidden]}
    specification = json.dumps({"walls": walls.to_json(), **paths})
    return [sys.executable, "-P", "-m", "autograder.sandbox.walls.launch", specification, *argv]


def fork(walls: Walls, slot: int) -> int:
    """os.fork() in the zygote; on tier 2 the child is process 1 of a process namespace of its own."""
    if not 0 <= slot < identity.SLOTS:
        raise WallsError(f"slot {slot} is out of range: at most {identity.SLOTS} submissions run at once")
    if walls.tier > 0:
        _prepare(walls)
    with _layer("namespaces"):
        return namespaces.fork() if "namespaces" in walls.layers else os.fork()


def kill(pid: int) -> None:
    """Kills a child and all that it started: its process namespace, or its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may not lead its group yet
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def reap(walls: Walls, pid: int, slot: int) -> tuple[int, resource.struct_rusage]:
    """Ends a child of `fork`, running or a zombie, with all that it started, and removes its files in /dev/shm.

    Returns its wait status and resource usage. Afterwards the slot is free.
    """
    kill(pid)  # before the child is waited for: until then no other process can have its number
    _, status, usage = os.wait4(pid, 0)
    if "namespaces" in walls.layers:
        return status, usage
    with contextlib.suppress(ChildProcessError):
        while True:  # its orphans: the zygote is their subreaper
            os.waitpid(-pid, 0)
    if "uid" in walls.layers:
        user = identity.user_of(slot)
        for entry in os.scandir("/dev/shm"):
            if entry.stat(follow_symlinks=False).st_uid == user:
                removal.remove(Path(entry.path))
    return status, usage


def confine(walls: Walls, limits: Limits, scratch: Path, slot: int) -> None:
    """In the child, before any student code: all walls that `walls.layers` names, or WallsError.

    Afterwards the working folder is the child's own: `WORK` in `scratch` (made if it is not there), or on tier 2
    `namespaces.WORK` in a /tmp of its own, whatever `scratch` is. The descriptors that the caller leaves open
    stay open, and so usable.
    """
    with contextlib.suppress(PermissionError):  # not the leader of a group yet; the caller may have seen to it
        os.setsid()
    places = _Places(Path(namespaces.WORK), Path("/tmp"))
    if "namespaces" not in walls.layers:
        places = _Places(scratch / WORK, scratch / "tmp")
    if walls.tier == 0:
        _settle(places)
        rlimits.apply(limits)
        return
    prepared = _prepare(walls)
    user = identity.user_of(slot) if "uid" in walls.layers else 0
    others = 0 if {"uid", "userns"} & set(walls.layers) else rlimits.processes_of_user()
    Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, the kernel takes this process first
    process = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)
    if "cgroup" in walls.layers:
        with _layer("cgroup"):
            cgroups.join(prepared.groups, slot, limits)
    if "namespaces" in walls.layers:
        with _layer("namespaces"):
            namespaces.build_child(prepared.seen, limits.scratch_mib, user)
    _settle(places, user)
    with _layer("uid"):
        if "uid" in walls.layers:
            identity.become(user, keep_reading=walls.keep_reading)
        elif "userns" in walls.layers:
            identity.become_student(process)
        else:
            identity.drop_capabilities()
    os.close(process)
    with _layer("rlimits"):
        rlimits.apply(limits, others)
    _seal(walls, prepared, places)


def _seal(walls: Walls, prepared: _Preparation, places: _Places) -> None:
    """Raises the last walls, after which the process can neither raise nor lower any wall."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    with _layer("scratch"):
        os.listdir(places.work)
    if "landlock" in walls.layers:
        with _layer("landlock"):
            own = _own_rules(walls, places)
            landlock.restrict(prepared.abi, [*prepared.rules, *own])
            for descriptor, _ in own:
                os.close(descriptor)
    if not prepared.filter.unix_sockets:
        by_value.install()
    if "seccomp" in walls.layers:
        needs_pid = walls.tier == 1 and not prepared.filter.scoped
        program = seccomp.assemble(prepared.filter, os.getpid()) if needs_pid else prepared.program
        with _layer("seccomp"):
            seccomp.restrict(program)
    prepared.close()


@contextlib.contextmanager
def _layer(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WallsError(
            f"the wall '{name}' could not be raised: {error}; `autograder doctor` shows what this machine offers"
        ) from error


@dataclass(frozen=True)
class _Places:
    """The child's own folders. The temporary one lies outside of the other, where no file that was handed in can
    take its name."""

    work: Path
    temporary: Path


def _settle(places: _Places, user: int = 0) -> None:
    """Makes the child's folders and moves there; what programs ask for a home or temporary folder is below them."""
    try:
        if not (scratch := places.work.parent).is_dir():
            scratch.mkdir(parents=True)
            scratch.chmod(0o711)
        for folder in (places.work, places.temporary):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
            if user and os.stat(folder).st_uid != user:
                os.chown(folder, user, user)
        os.chdir(places.work)
    except OSError as error:
        raise WallsError(f"the scratch folder {places.work} cannot be used: {error}; name one that can be") from error
    temporary = places.temporary
    variables = {
        "HOME": places.work,
        "TMPDIR": temporary,
        "TORCHINDUCTOR_CACHE_DIR": temporary / "torchinductor",
        "MPLCONFIGDIR": temporary / "matplotlib",
        "XDG_CACHE_HOME": temporary / "cache",
    }
    os.environ.update({name: str(place) for name, place in variables.items()})
    os.environ.update({"USER": "student", "LOGNAME": "student"})
    os.environ.pop(SPECIFICATION, None)
    tempfile.tempdir = None  # caches the zygote's


# ---- what every child needs, made once in the zygote -------------------------------------------------------


@dataclass(frozen=True)
class _Preparation:
    seen: View
    abi: int  # of landlock, 0 without it
    rules: tuple[tuple[int, int], ...]
    filter: seccomp.Filter
    program: bytes
    groups: tuple[int, ...]  # folders of control groups, open

    def close(self) -> None:
        """Closes the descriptors: through an open folder student code could get around the walls."""
        for descriptor in (*(d for d, _ in self.rules), *self.groups):
            os.close(descriptor)


@functools.cache
def _prepare(walls: Walls) -> _Preparation:
    specification: dict[str, Any] = json.loads(os.environ.get(SPECIFICATION, "{}"))
    seen = view(specification.get("readable", ()), specification.get("hidden", ()))
    with _layer("landlock"):
        abi = landlock.version() if "landlock" in walls.layers else 0
        rules = _rules(walls, seen) if abi else ()
    kind = seccomp.Filter(walls.tier, abi >= landlock.SCOPES_FROM, same_user="uid" not in walls.layers)
    with _layer("seccomp"):
        program = seccomp.assemble(kind) if "seccomp" in walls.layers else b""
    return _Preparation(seen, abi, rules, kind, program, tuple(specification.get("groups", ())))


def _rules(walls: Walls, seen: View) -> tuple[tuple[int, int], ...]:
    """Landlock's rules that are the same for every child, with their paths open."""
    trees = set(map(os.path.realpath, seen.trees))
    if "namespaces" not in walls.layers:  # there an empty folder lies over each hidden one
        # The folders on the way have no rule: one that lets them be listed would hold for all below, too.
        trees = {path for tree in trees for path in paths_around(tree, seen.hidden)}
    pairs = [(tree, landlock.READ) for tree in sorted(trees)]
    pairs += [(path, landlock.DEVICE) for path in seen.devices]
    opened = (landlock.open_rule(path, rights) for path, rights in pairs)
    return tuple(rule for rule in opened if rule is not None)


def _own_rules(walls: Walls, places: _Places) -> list[tuple[int, int]]:
    """Landlock's rules for this child's own folders and processes."""
    pairs = [(str(place), landlock.WRITE) for place in ("/dev/shm", places.work, places.temporary)]
    if "namespaces" in walls.layers:
        pairs += [("/proc", landlock.READ), ("/dev/pts", landlock.DEVICE | landlock.LIST)]
        pairs += [(f"/etc/{name}", landlock.READ) for name in namespaces.FILES]
    else:
        pairs += [("/proc/self", landlock.READ), *((f"/proc/{fact}", landlock.READ) for fact in PROC_FACTS)]
    opened = (landlock.open_rule(path, rights) for path, rights in pairs)
    return [rule for rule in opened if rule is not None]
