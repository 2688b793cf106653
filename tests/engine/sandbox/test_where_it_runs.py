"""Each tier as it is met: by root, by an ordinary user, and in containers that allow less; and what the doctor says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.matrix import mostly_matrix

SECONDS = 240  # all attempts take about five; the rest is for a busy machine
PROGRAM = """
import json
from dataclasses import asdict
from pathlib import Path
from autograder.report import doctor
doctor._devices = list  # needs torch, and says nothing of walls
print(json.dumps(asdict(doctor.examine(Path("/")))))
"""
NO_CAPABILITIES = ("setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all")
AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps", "--mount")
IN_CONTAINER = ("unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child", "--mount-proc")


def shell(prepare: str, *then: str) -> tuple[str, ...]:
    return ("sh", "-c", f'{prepare} && exec "$@"', "sh", *then)


@dataclass(frozen=True)
class Situation:
    about: str
    prefix: tuple[str, ...]
    tier: int | None
    layers: frozenset[str]
    said: str = ""  # of why there is no higher tier
    open: frozenset[str] = frozenset()  # what the imitation itself leaves open


# Inside the user namespace it is an ordinary user, to the kernel still root, whose processes it does not count;
# test_walls.py has this attempted by a user of its own.
COUNTED = frozenset({"start more processes than allowed"})
BASE = frozenset({"landlock", "seccomp", "rlimits"})
NO_USER_NAMESPACES = "echo 0 > /proc/sys/user/max_user_namespaces"  # in the namespace that it is in, and below
# The folders that containers hide make the kernel refuse a /proc of a submission's own.
MASKED = "mount -t tmpfs none /proc/sys && mount -t tmpfs none /proc/tty"
SITUATIONS = (
    Situation("root", (), 2, BASE | {"namespaces", "uid"}),
    Situation("ordinary user", (*AS_USER, *NO_CAPABILITIES), 2, BASE | {"namespaces", "userns"},
              open=COUNTED),
    Situation("ordinary user without user namespaces", (*AS_USER, *shell(NO_USER_NAMESPACES, *NO_CAPABILITIES)), 1,
              BASE, "namespaces: no more user namespaces may be made. To get it: allow unprivileged user namespaces",
              COUNTED),
    Situation("ordinary user with a masked /proc",
              (*AS_USER, "--pid", "--fork", "--kill-child", "--mount-proc", *shell(MASKED, *NO_CAPABILITIES)), 1, BASE,
              "namespaces: ", COUNTED),
    Situation("root of a container", (*IN_CONTAINER, "capsh", "--drop=cap_sys_admin", "--", "-c", 'exec "$@"', "sh"), 1,
              BASE | {"uid"}, "namespaces: [Errno 1]"),
    Situation("root of a container that may do nothing", (*IN_CONTAINER, *NO_CAPABILITIES), 1, BASE,
              "namespaces: [Errno 1]"),
)  # fmt: skip


KEPT = [one for one in SITUATIONS if one.about in ("root", "ordinary user", "root of a container")]


@pytest.fixture(params=mostly_matrix(SITUATIONS, keep=KEPT), ids=lambda situation: situation.about.replace(" ", "-"))
def situation(request: pytest.FixtureRequest) -> Situation:
    chosen: Situation = request.param
    if os.geteuid() != 0:
        pytest.skip("run as root, which can imitate the others; test_walls.py attempts all as this user")
    tools = {word for word in chosen.prefix if word in ("unshare", "setpriv", "capsh")}
    if lacking := sorted(tool for tool in tools if shutil.which(tool) is None):
        pytest.skip(f"install {' and '.join(lacking)} (apt-get install util-linux libcap2-bin)")
    tried = subprocess.run([*chosen.prefix, "true"], capture_output=True, text=True, timeout=SECONDS, check=False)
    if tried.returncode:
        pytest.skip(f"it cannot be imitated here, run the tests as root outside of a container: {tried.stderr.strip()}")
    return chosen


def test_the_tier_that_is_promised_there_is_had(situation: Situation) -> None:
    """Every attempt of the doctor is made; what it says is read as a TA would."""
    command = [*situation.prefix, sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd="/", check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["tier"], set(found["layers"]) - {"cgroup"}) == (situation.tier, situation.layers)
    failed = {d["name"] for d in found["denials"] if not d["held"] and not d["excuse"]}
    assert failed <= situation.open
    assert found["sound"] == (not failed)
    assert bool(found["higher"]) == (situation.tier != 2)
    assert situation.said in " ".join(found["higher"])
