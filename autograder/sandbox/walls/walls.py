"""Raises the walls around student code, from the outside to the inside; the grader, the zygote and its forks call it.

    grader   zygote_argv()   the zygote starts in namespaces that show it only what `view` lists (tier 2)
    zygote   fork()          each child is process 1 of its own process namespace (tier 2)
    child    confine()       the child gets its own mounts, user, limits, landlock and system call filter

Tier 2 needs namespaces, so it needs real root or unprivileged user namespaces. Tier 1 works in most containers and has
landlock, the filter and limits. On tier 1 student code can find out by stat that a file exists, and the size of each
file is limited, but not the size of the scratch folder. Tier 0 has limits only.
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

WORK = "work"  # the working folder in the scratch folder; the temporary folder lies beside it
SPECIFICATION = "AUTOGRADER_WALLS"  # environment variable in which the launcher tells the zygote what it did
# The parts of the machine's /proc that student code may read on tier 1: nothing about other processes.
PROC_FACTS = ("cpuinfo", "meminfo", "stat", "version", "filesystems", "sys/kernel", "sys/vm")


@dataclass(frozen=True)
class Walls:
    """The walls that stand. The layers are namespaces, uid (a user per slot), userns (a user namespace per child),
    landlock, seccomp, rlimits and cgroup."""

    tier: int  # 2, 1 or 0
    layers: tuple[str, ...]
    keep_reading: bool = False  # the slot's user may read any file: the interpreter lies in a closed folder

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

    `readable` are files and folders that student code may read besides those of the interpreter and the system; a path
    below /dev is a device. `hidden` are folders that it may not read although they lie below a readable folder. The
    zygote gets the caller's environment and the descriptors that the caller passes on. The command starts a launcher
    that waits for the zygote; if the launcher is killed, all of its processes end.
    """
    if walls.tier == 0:
        return list(argv)
    paths = {"readable": [os.path.abspath(p) for p in readable], "hidden": [os.path.abspath(p) for p in hidden]}
    specification = json.dumps({"walls": walls.to_json(), **paths})
    return [sys.executable, "-P", "-m", "autograder.sandbox.walls.launch", specification, *argv]


def fork(walls: Walls, slot: int) -> int:
    """Forks a child in the zygote. On tier 2 the child is process 1 of its own process namespace."""
    if not 0 <= slot < identity.SLOTS:
        raise WallsError(f"slot {slot} is out of range: at most {identity.SLOTS} submissions run at once")
    if walls.tier > 0:
        _prepare(walls)
    with _layer("namespaces"):
        return namespaces.fork() if "namespaces" in walls.layers else os.fork()


def kill(pid: int) -> None:
    """Kills a child and its descendants, by its process namespace or its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # the child may not be the leader of its group yet
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def reap(walls: Walls, pid: int, slot: int) -> tuple[int, resource.struct_rusage]:
    """Ends a child of `fork` and its descendants, and removes its files in /dev/shm. The child may have ended already.

    Returns the child's wait status and resource usage. Afterwards the slot is free.
    """
    kill(pid)  # before wait4, because after it another process may get the same pid
    _, status, usage = os.wait4(pid, 0)
    if "namespaces" in walls.layers:
        return status, usage
    with contextlib.suppress(ChildProcessError):
        while True:  # its orphans, which the zygote must reap as their subreaper
            os.waitpid(-pid, 0)
    if "uid" in walls.layers:
        user = identity.user_of(slot)
        for entry in os.scandir("/dev/shm"):
            if entry.stat(follow_symlinks=False).st_uid == user:
                removal.remove(Path(entry.path))
    return status, usage


def confine(walls: Walls, limits: Limits, scratch: Path, slot: int) -> None:
    """Raises all walls of `walls.layers` in the child, before student code runs. WallsError if one cannot be raised.

    Afterwards the child is in its own working folder. On tier 2 this is `namespaces.WORK` in its own /tmp, and
    `scratch` is not used. Else it is `WORK` in `scratch`, which is made if it does not exist. Descriptors that the
    caller leaves open stay open, so student code can use them.
    """
    with contextlib.suppress(PermissionError):  # the child leads a group already, if the caller called setsid
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
    Path("/proc/self/oom_score_adj").write_text("1000")  # if memory runs out, the kernel kills this process first
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
    """Raises the last walls. Afterwards the process cannot change any wall."""
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
    """The child's own folders. The temporary folder lies outside the working folder, so that no submitted file can
    take its name."""

    work: Path
    temporary: Path


def _settle(places: _Places, user: int = 0) -> None:
    """Makes the child's folders, moves there, and sets the home and temporary folders of programs to them."""
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
    tempfile.tempdir = None  # else it stays the zygote's folder


# ---- preparations for all children, made once in the zygote -------------------------------------------------------


@dataclass(frozen=True)
class _Preparation:
    seen: View
    abi: int  # landlock's; 0 without landlock
    rules: tuple[tuple[int, int], ...]
    filter: seccomp.Filter
    program: bytes
    groups: tuple[int, ...]  # open folders of control groups

    def close(self) -> None:
        """Closes the descriptors, because student code could pass the walls through an open folder."""
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
    """Landlock's rules that are the same for all children, each with an open descriptor."""
    trees = set(map(os.path.realpath, seen.trees))
    if "namespaces" not in walls.layers:  # with namespaces an empty folder covers each hidden one
        # The folders above a hidden one get no rule: a rule that allows listing them would hold below them too.
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
