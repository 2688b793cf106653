"""Runs every attempt behind the given walls, and reports which of them the walls denied.

`autograder doctor` and the tests use it. It runs in the grader: it makes the targets, starts `trial` and reads its
answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.errors import WallsError
from autograder.sandbox.walls import walls
from autograder.sandbox.walls.attempts import ATTEMPTS, Targets
from autograder.sandbox.walls.attempts.targets import BANK
from autograder.sandbox.walls.walls import Walls

TRIAL_SECONDS = 120.0  # all attempts together take about 5 s; a busy machine needs more

# Attempts that tier 1 cannot deny, because it has no namespaces.
BEYOND_TIER_1 = {
    "fill the scratch folder beyond its size": "only a mount of its own bounds a folder; each file is bounded",
    "fill /dev/shm beyond its size": "as above",
}
# Attempts that only a separate user for each submission denies. Only root can set one.
BEYOND_ONE_USER = {
    "read another submission's shared memory": "both run as one user and need /dev/shm",
}
# Root that cannot change its user stays root, but has no capabilities.
BEYOND_ROOT = {"become root": "it is root, without any of root's rights"}
BEYOND_ROOT_PROCESSES = {"start more processes than allowed": "the kernel does not count root's processes"}
BEYOND_NO_CGROUP = {
    "take more memory than allowed by several processes": "only a control group counts processes together",
}


@dataclass(frozen=True)
class Denial:
    """The result of one attempt.

    `held` is whether the walls denied it. `detail` is what the attempt got, or why it failed. `excuse` says why these
    walls cannot deny the attempt; it is empty if they must deny it.
    """

    name: str
    held: bool
    detail: str
    excuse: str = ""


def excuses(chosen: Walls) -> dict[str, str]:
    """The attempts that these walls cannot deny, by name, and the reason for each."""
    if chosen.tier == 0:
        return dict.fromkeys(ATTEMPTS, "tier 0 has no walls but limits")
    known = {} if "cgroup" in chosen.layers else dict(BEYOND_NO_CGROUP)
    if chosen.tier == 1:
        known |= BEYOND_TIER_1
        if "uid" not in chosen.layers or chosen.keep_reading:
            known |= BEYOND_ONE_USER
        if "uid" not in chosen.layers and os.geteuid() == 0:
            known |= BEYOND_ROOT if "cgroup" in chosen.layers else BEYOND_ROOT | BEYOND_ROOT_PROCESSES
    return known


def attempt_all(chosen: Walls) -> list[Denial]:
    """Runs each attempt in its own child behind the walls `chosen`. WallsError if these walls cannot be raised."""
    with _targets() as (targets, folder):
        scratch = folder / "scratch"
        scratch.mkdir(mode=0o711)
        scratch.chmod(0o711)  # independent of the umask: the slots' users must get through
        argv = [sys.executable, "-P", "-m", "autograder.sandbox.walls.trial"]
        argv += [chosen.to_json(), json.dumps(asdict(targets)), str(scratch)]
        command = walls.zygote_argv(chosen, argv, [])
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TRIAL_SECONDS, cwd="/"
            )
        except subprocess.TimeoutExpired as error:
            raise WallsError(f"the attempts on the walls did not end within {TRIAL_SECONDS:.0f} s") from error
    if done.returncode:
        raise WallsError(f"the walls could not be tried: {done.stderr.strip() or done.returncode}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    known = excuses(chosen)
    return [
        Denial(a["name"], not a["got"], a["got"] or a["why"] or "nothing was got", known.get(a["name"], ""))
        for a in answers
    ]


@contextlib.contextmanager
def _targets() -> Iterator[tuple[Targets, Path]]:
    """Makes a course folder that everybody may use, a process with a token in its environment, and open sockets."""
    secret = secrets.token_hex(8)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-")))
        folder.chmod(0o711)
        course = folder / "course"
        course.mkdir()
        course.chmod(0o777)  # only the walls protect the folder, not its mode
        (course / "gradebook.db").write_text(secret)
        (course / "gradebook.db").chmod(0o666)
        (course / BANK).parent.mkdir(parents=True)
        (course / BANK).write_text(secret)
        for path in (course / BANK, *list((course / BANK).parents)[:2]):
            path.chmod(0o755)
        victim = stack.enter_context(_victim(secret))
        tcp, udp = (stack.enter_context(socket.socket(type=kind)) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        name = f"autograder-{secret}"
        for address in (str(course / "socket"), "\0" + name):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
        os.chmod(course / "socket", 0o777)
        shared = f"autograder-{secret[:6]}"
        stack.callback(Path("/dev/shm", shared).unlink, missing_ok=True)  # on tiers 1 and 0 the file stays
        yield Targets(str(course), secret, victim.pid, port, name, str(Path.home()), sibling_shared=shared), folder


@contextlib.contextmanager
def _victim(secret: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "AUTOGRADER_TOKEN": secret}
    argv = [sys.executable, "-c", f"import time; time.sleep({TRIAL_SECONDS})"]
    with subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()
