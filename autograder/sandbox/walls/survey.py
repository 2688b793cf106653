"""Finds the walls that this machine supports: it raises each. The grader calls it before it starts a zygote."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.errors import WallsError
from autograder.sandbox.walls import cgroups, landlock, walls
from autograder.sandbox.walls.walls import Walls

OUTER = "autograder: the outer walls could not be raised: "  # the beginning of the launcher's message
REHEARSAL_SECONDS = 120.0  # it takes 0.1 s; a busy machine must not get weaker walls because of a timeout

ADVICE = {
    "namespaces": "allow unprivileged user namespaces (sysctl user.max_user_namespaces above 0, on Ubuntu"
    " kernel.apparmor_restrict_unprivileged_userns=0, on old Debian kernel.unprivileged_userns_clone=1), or in"
    " a container give it CAP_SYS_ADMIN or a seccomp profile that allows unshare and mount",
    "uid": "grade as root to give each submission a user of its own; without it limits on processes are shared",
    "userns": "as for namespaces",
    "landlock": "use Linux 5.13 or later with landlock among the security modules (boot option lsm=landlock,...);"
    " in a container the seccomp profile must allow its system calls (Docker 20.10.10 or later does)",
    "seccomp": "use a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
    "rlimits": "raise the hard limits of the account that grades",
    "cgroup": "as root, mount /sys/fs/cgroup writable with the memory and pids controllers; without it memory is"
    " limited for each process, not for a submission as a whole",
}


@dataclass(frozen=True)
class Offer:
    """Whether one layer can be raised here. `detail` has the evidence or the reason, `advice` says what would help."""

    layer: str
    available: bool
    detail: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Survey:
    offers: tuple[Offer, ...]
    best: Walls | None  # the result of `choose(None)`; None if no walls can be raised

    def offer(self, layer: str) -> Offer:
        return next(offer for offer in self.offers if offer.layer == layer)


def missing_layers(found: Survey) -> tuple[int, tuple[Offer, ...]]:
    """The tier above the best one here, and the layers that are missing for it; (0, ()) if tier 2 is available."""
    if found.best is not None and found.best.tier == 2:
        return 0, ()
    names = ["landlock", "seccomp", "rlimits"]
    if found.best is not None:
        names = ["namespaces", *(["uid"] if os.geteuid() == 0 else []), *names]
    return (1 if found.best is None else 2), tuple(o for o in found.offers if o.layer in names and not o.available)


def survey() -> Survey:
    """Tests each layer alone, in its own process. Takes about a second."""
    own = "uid" if os.geteuid() == 0 else "userns"
    alone = {
        "namespaces": Walls(2, ("namespaces", own), keep_reading=own == "uid"),
        "uid": Walls(1, ("uid",), keep_reading=True),
        "userns": Walls(2, ("namespaces", "userns")),
        "landlock": Walls(1, ("landlock",)),
        "seccomp": Walls(1, ("seccomp",)),
        "rlimits": Walls(1, ("rlimits",)),
        "cgroup": Walls(1, ("cgroup",)),
    }
    offers = []
    for layer, attempt in alone.items():
        if layer == "userns" and own == "uid":
            offers.append(Offer(layer, False, "not needed: root gives each submission a user of its own"))
            continue
        reason = rehearse(attempt)
        detail = reason or ("ABI " + str(landlock.version()) if layer == "landlock" else "attempted, holds")
        offers.append(Offer(layer, not reason, detail, ADVICE[layer] if reason else ""))
    try:
        return Survey(tuple(offers), choose(None))
    except WallsError:
        return Survey(tuple(offers), None)


@functools.cache
def choose(requested: int | None) -> Walls:
    """The best walls of the requested tier, after a test; None requests tier 2, or 1 if 2 is not possible.

    Tier 0 must be requested by number. WallsError if the machine cannot provide the tier.
    """
    if requested == 0:
        return Walls(0, ("rlimits",))
    if requested not in (None, 1, 2):
        raise WallsError(f"there is no sandbox tier {requested}; ask for 2, 1 or 0")
    if sys.platform != "linux":
        raise WallsError(
            f"student code cannot be walled in on {sys.platform}; grade on Linux, or ask for tier 0 to run it with"
            " no walls but limits"
        )
    reasons = []
    for tier in (2, 1) if requested is None else (requested,):
        for candidate in _candidates(tier):
            reason = rehearse(candidate)
            if not reason:
                return candidate
            text = f"tier {tier} with {', '.join(candidate.layers)}: {reason}"
            reasons += [text] if text not in reasons else []  # keep_reading may not change the reason
    raise WallsError(
        "the sandbox cannot be raised on this machine:\n  "
        + "\n  ".join(reasons)
        + "\n`autograder doctor` says what would help; tier 0, with no walls but limits, is given when asked for"
    )


def _candidates(tier: int) -> Iterator[Walls]:
    """The sets of layers that may give the tier here, best first."""
    root = os.geteuid() == 0
    base = ("landlock", "seccomp", "rlimits")
    for group in ((*base, "cgroup"), base) if _has_cgroup() else (base,):
        if root:
            for keep_reading in (False, True):
                yield Walls(tier, ("namespaces", "uid", *group) if tier == 2 else ("uid", *group), keep_reading)
        else:
            yield Walls(tier, ("namespaces", "userns", *group) if tier == 2 else group)
    if tier == 1 and root:
        yield Walls(1, base)  # root may not change its user here; only landlock protects files


def _has_cgroup() -> bool:
    try:
        cgroups.remove(cgroups.create())
    except OSError:
        return False
    return True


def rehearse(candidate: Walls) -> str:
    """Raises the walls once around a harmless process. Returns the reason if this fails, else an empty string."""
    if candidate.tier == 1 and {"uid", "landlock", "seccomp"} & set(candidate.layers) == {"landlock", "seccomp"}:
        try:
            abi = landlock.version()
        except OSError as error:
            return str(error)
        if abi < landlock.TRUNCATE_FROM:
            return f"landlock's ABI is {abi}: without a user of its own, student code could cut files short below 3"
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        os.chmod(folder, 0o711)  # the slot's user must be able to enter
        scratch = os.path.join(folder, "scratch")
        argv = [sys.executable, "-P", "-m", "autograder.sandbox.walls.rehearsal", candidate.to_json(), scratch]
        command = walls.zygote_argv(candidate, argv, [])
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=REHEARSAL_SECONDS, cwd="/"
            )
        except subprocess.TimeoutExpired:
            return f"it took longer than {REHEARSAL_SECONDS:.0f} s"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines()
    return lines[-1].removeprefix(OUTER) if lines else f"it ended with {done.returncode}"
