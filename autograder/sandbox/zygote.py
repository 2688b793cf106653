"""Imports the heavy packages once and forks a process for each submission; started by `sandbox.process`.

    python -m autograder.sandbox.zygote CONTROL_FD SETTINGS_JSON

It holds nothing secret and stays single-threaded, since a fork copies only the thread that calls it: a lock
held by another one, in a BLAS pool for example, would stay locked in the child for ever.

The control socket carries one JSON message per packet. In: {"op": "fork", "id", "slot", "scratch"} with the
child's socket attached, {"op": "kill", "id", "signal"}. Out: {"ready"}, {"forked": id}, {"exited": id, "status",
"cpu", "memory_kib"}, {"broken": text}.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.limits import Limits
from autograder.sandbox.walls import walls

MESSAGE = 1 << 16  # bytes of one control message; ours are under 1 KiB


@dataclass
class Zygote:
    control: socket.socket
    walls: walls.Walls
    limits: Limits
    shell: Any
    children: dict[int, tuple[str, int]] = field(default_factory=dict)  # pid -> id, slot

    def run(self) -> None:
        """Serves the control socket until it closes."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler, so that the wake-up pipe is written
        self.say({"ready": True})
        while True:
            readable, _, _ = select.select([self.control.fileno(), wake_read], [], [])
            if wake_read in readable:
                os.read(wake_read, 4096)
            self.reap()
            if self.control.fileno() in readable and not self.obey((wake_read, wake_write)):
                return

    def say(self, message: dict[str, Any]) -> None:
        try:
            self.control.send(json.dumps(message).encode())
        except BrokenPipeError:
            os._exit(0)  # the grader is gone: nobody to grade for

    def obey(self, wake: tuple[int, int]) -> bool:
        """Carries out one message; false when the grader is gone."""
        data, fds = _receive_with_fds(self.control)
        if not data:
            return False
        message = json.loads(data)
        if message["op"] == "kill":
            self.kill(message["id"], message["signal"])
        else:
            try:
                self.fork(message, fds[0], wake)
            finally:
                for fd in fds:
                    os.close(fd)
        return True

    def fork(self, message: dict[str, Any], fd: int, wake: tuple[int, int]) -> None:
        tasks = len(os.listdir("/proc/self/task"))
        if tasks != 1:
            self.say({"broken": f"the zygote has {tasks} threads, so a fork of it could hang"})
            return
        pid = walls.fork(self.walls, message["slot"])
        if pid:
            self.children[pid] = message["id"], message["slot"]
            self.say({"forked": message["id"]})
            return
        try:
            os.setsid()  # a process group of its own, so that all of it can be killed
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.control.close()
            for end in wake:
                os.close(end)
            self.child(message, fd)
        finally:
            os._exit(1)

    def child(self, message: dict[str, Any], fd: int) -> None:
        """The rest of the child's life."""
        import torch

        from autograder.sandbox import frames
        from autograder.sandbox.inside import worker

        sock = socket.socket(fileno=fd)
        try:
            walls.confine(self.walls, self.limits, Path(message["scratch"]), message["slot"])
            # torch makes its pool of threads anew after a fork, and two threads that ask for it first at the same time
            # (transformers loads a model so) get none: "pool INTERNAL ASSERT FAILED". So it is asked for here, alone.
            torch.set_num_threads(1)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a cell past its time is interrupted first
            self.shell.begin(self.limits.output_kib << 10)
        except BaseException as error:
            frames.send(sock, {"broken": f"{type(error).__name__}: {error}"})
            os._exit(1)
        frames.send(sock, {"confined": True})
        worker.serve(sock, self.shell)
        worker.leave(0)

    def kill(self, identity: str, number: int) -> None:
        for pid, (known, _) in self.children.items():
            if known != identity:
                continue
            if number == signal.SIGKILL:
                walls.kill(pid)
            else:
                os.kill(pid, number)

    def reap(self) -> None:
        """Reports children that have ended, after all that they started is gone too."""
        while self.children:
            # Seen but not yet waited for: until walls.reap has ended its group, no other process gets its number.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            if ended.si_pid not in self.children:
                os.waitpid(ended.si_pid, 0)  # an orphan of a submission that has ended
                continue
            identity, slot = self.children.pop(ended.si_pid)
            status, usage = walls.reap(self.walls, ended.si_pid, slot)
            cpu = usage.ru_utime + usage.ru_stime
            self.say({"exited": identity, "status": status, "cpu": cpu, "memory_kib": usage.ru_maxrss})


def _receive_with_fds(control: socket.socket) -> tuple[bytes, list[int]]:
    fds = array.array("i")
    data, ancillary, _, _ = control.recvmsg(MESSAGE, socket.CMSG_SPACE(4 * fds.itemsize))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    return data, list(fds)


def main() -> None:
    settings = json.loads(sys.argv[2])
    control = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the grader's terminal is the grader's to handle
    gc.disable()  # imports make a million objects that stay: looking through them again and again costs a tenth
    try:
        for name in settings["preload"]:
            module, _, attribute = name.partition(":")
            getattr(importlib.import_module(module), attribute or "__name__", None)
        import torch

        torch.set_num_threads(1)
        from autograder.sandbox.inside.cells import Shell

        shell = Shell()
        gc.enable()
        gc.collect()
        gc.freeze()
        zygote = Zygote(control, walls.Walls.from_json(settings["walls"]), Limits(**settings["limits"]), shell)
    except Exception as error:
        control.send(json.dumps({"broken": f"{type(error).__name__}: {error}"}).encode())
        raise
    zygote.run()


if __name__ == "__main__":
    main()
