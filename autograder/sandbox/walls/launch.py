"""Starts the zygote inside the outer walls and waits for it; the command that `walls.zygote_argv` builds.

    python -P -m autograder.sandbox.walls.launch SPECIFICATION COMMAND...

It imports nothing large, because its process stays until the zygote ends. If it is killed, the zygote dies too. The
zygote is process 1 of its namespace, so all processes in the namespace die with it. The exit code is the zygote's, or
120 if a wall could not be raised.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import sys

from autograder.errors import WallsError
from autograder.sandbox.walls import cgroups, namespaces, syscalls
from autograder.sandbox.walls.view import View, view
from autograder.sandbox.walls.walls import SPECIFICATION, Walls

NO_WALLS = 120  # an exit code that Python and shells do not use


def main(argv: list[str]) -> int:
    specification = json.loads(argv[0])
    walls = Walls.from_json(specification["walls"])
    groups: list[cgroups.ControlGroup] = []
    try:
        seen = view(specification["readable"], specification["hidden"])
        if "cgroup" in walls.layers:
            groups = cgroups.create()
            cgroups.allow_children(groups)
            specification["groups"] = [group.held for group in groups]
            for group in groups:
                os.set_inheritable(group.held, True)
        if "namespaces" in walls.layers:
            namespaces.enter("userns" in walls.layers)
        os.environ[SPECIFICATION] = json.dumps(specification)
        return _supervise(argv[1:], seen if "namespaces" in walls.layers else None)
    except (OSError, WallsError) as error:
        said = "no more user namespaces may be made" if getattr(error, "errno", 0) == errno.ENOSPC else error
        print(f"autograder: the outer walls could not be raised: {said}", file=sys.stderr)
        return NO_WALLS
    finally:
        cgroups.remove(groups)


def _supervise(command: list[str], seen: View | None) -> int:
    """Forks the zygote and returns its exit code."""
    watch, alive = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(alive)
        _become_zygote(command, seen, watch)
    # Only the zygote may hold the grader's sockets: they close when it ends, and so the grader notices its end.
    os.closerange(3, alive)
    os.closerange(alive + 1, os.sysconf("SC_OPEN_MAX"))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.kill(pid, signal.SIGKILL))
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _become_zygote(command: list[str], seen: View | None, watch: int) -> None:
    try:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        poll = select.poll()
        poll.register(watch, 0)
        if poll.poll(0):  # hung up: the launcher died before PR_SET_PDEATHSIG was set
            os._exit(NO_WALLS)
        if seen is not None:
            namespaces.build_root(seen)
        else:
            syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)  # so that the zygote reaps a submission's orphans
        os.execv(command[0], command)
    except OSError as error:
        print(f"autograder: the outer walls could not be raised: {error}", file=sys.stderr, flush=True)
    os._exit(NO_WALLS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
