"""The processes of a local pool: the nursery, which imports the judge, and the workers forked from it.

    python -P -m autograder.grading.worker SOCKET

`pool` starts the nursery. It reads the opening, sends READY, and forks a worker for each message, which carries the
worker's socket. So the judge, the assignment and its banks are loaded once, and the workers share that memory. The
nursery stays single-threaded, so that forking is safe, and ends with all workers when its socket closes. A worker
receives pairs of messages: a student's id with a control socket of the zygote, then the submission; it sends a result.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.grading import channel
from autograder.grading.opening import grader_of
from autograder.grading.travel import Opening, pack_graded, unpack_opening, unpack_submission
from autograder.sandbox.process import Guest
from autograder.sandbox.walls import syscalls
from autograder.starting import without_address_grammar

# torch imports this, and sympy, for the first oracle: 0.4 s of CPU, paid once if it is imported before the fork.
SYMBOLIC = "torch.fx.experimental.symbolic_shapes"


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the process that leads the pool
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    gc.disable()  # imports create a million lasting objects; collecting during them takes 10% longer
    _import_judge()
    opening = unpack_opening(channel.receive(control)[0])
    for notebook in opening.assignment.notebooks:
        for name in (check for question in notebook.questions for check in question.checks):
            with contextlib.suppress(Exception):  # reported for each submission that needs this bank
                opening.banks.find(name)
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        raise AutograderError(f"importing the banks has started {tasks - 1} threads, so that a fork could hang")
    gc.enable()
    gc.freeze()
    channel.send(control, channel.READY)
    _hire(control, opening)


def _import_judge() -> None:
    without_address_grammar()
    import torch

    from autograder.grading import scoring

    assert scoring
    with contextlib.suppress(ImportError):  # a private module of torch: not every version has it
        importlib.import_module(SYMBOLIC)
    torch.set_num_threads(1)  # the judge's tensors are small: more threads would only compete for the cores


def _hire(control: socket.socket, opening: Opening) -> None:
    """Forks workers until the control socket closes."""
    leader = os.getpid()
    workers: set[int] = set()
    while True:
        try:
            settings, descriptor = channel.receive(control)
        except (EOFError, OSError):
            break
        assert descriptor is not None
        while workers and (ended := os.waitpid(-1, os.WNOHANG)[0]):
            workers.discard(ended)
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() == leader:  # else the nursery ended before prctl took effect
                    _work(socket.socket(fileno=descriptor), opening, json.loads(settings))
            except Exception:
                traceback.print_exc()
            finally:
                os._exit(0)
        workers.add(pid)
        os.close(descriptor)
    for pid in workers:  # not reaped yet, so no other process can have its pid
        os.kill(pid, signal.SIGKILL)
    for pid in workers:
        os.waitpid(pid, 0)


def _work(sock: socket.socket, opening: Opening, place: dict[str, Any]) -> None:
    """Judges submissions from the socket until it closes."""
    import torch

    torch.set_num_threads(1)  # torch creates a new thread pool after a fork
    confinement = opening.confinement
    while True:
        try:
            student, control = channel.receive(sock)
            data, _ = channel.receive(sock)
        except (EOFError, OSError):
            return
        handed_in = unpack_submission(student.decode("utf-8", "surrogatepass"), data)
        with Guest(
            confinement.walls,
            confinement.limits,
            Path(place["scratch"]),
            place["slots"],
            socket.socket(fileno=control),
        ) as sandbox:
            graded = grader_of(opening, sandbox).grade(handed_in)
        channel.send(sock, pack_graded(graded))


if __name__ == "__main__":
    main()
