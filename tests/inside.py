"""Runs a program behind real walls and returns what it saw there; for tests of the walls."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from autograder.errors import WallsError
from autograder.sandbox.walls import survey, walls
from autograder.sandbox.walls.walls import Walls

SECONDS = 120  # for a program inside the walls: importing torch from a cold disk is slow


def walls_of(tier: int) -> Walls:
    """The walls of this tier; a skip only where the kernel, asked without any code of ours, has not got them."""
    try:
        return survey.choose(tier)
    except WallsError as error:
        if tier == 2 and not has_namespaces():
            pytest.skip(f"namespaces are not allowed here; {survey.ADVICE['namespaces']}")
        if not has_landlock():
            pytest.skip(f"no landlock here; {survey.ADVICE['landlock']}")
        raise AssertionError(f"the kernel has all that tier {tier} needs") from error


def has_namespaces(user: int | None = None) -> bool:
    own = [] if (os.geteuid() if user is None else user) == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *own, "--mount", "--pid", "--net", "--ipc", "--fork", "--mount-proc", "true"]
    if not shutil.which("unshare"):
        return False
    return subprocess.run(command, user=user, capture_output=True, timeout=SECONDS, check=False).returncode == 0


def has_landlock() -> bool:
    try:
        return "landlock" in Path("/sys/kernel/security/lsm").read_text()
    except OSError:  # securityfs is not mounted: the system call itself is asked for its version
        return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


def run_inside(
    chosen: Walls,
    program: str,
    scratch: Path,
    readable: tuple[Path, ...] = (),
    python_path: Path | None = None,
    hidden: tuple[Path, ...] = (),
) -> dict[str, object]:
    """Runs `program` as the zygote; what its `zygote(body)` gets from body() in a confined child, as JSON."""
    environment = {**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})}
    scratch.parent.chmod(0o711)
    prelude = f"""
import json, os, sys
from pathlib import Path
from autograder.sandbox.walls import walls
from autograder.limits import Limits
chosen = walls.Walls.from_json({chosen.to_json()!r})
def zygote(body, limits=Limits()):
    read, write = os.pipe()
    pid = walls.fork(chosen, 3)
    if pid == 0:
        try:
            os.close(read)
            walls.confine(chosen, limits, Path({str(scratch)!r}), 3)
            answer = body()
        except BaseException as error:
            import traceback
            answer = {{"error": traceback.format_exc()}}
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        data = pipe.read()
    walls.reap(chosen, pid, 3)
    print(data.decode())
"""
    argv = [sys.executable, "-P", "-c", prelude + textwrap.dedent(program)]
    command = walls.zygote_argv(chosen, argv, readable, hidden)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, dict)
    assert "error" not in answer, answer["error"]
    return answer
