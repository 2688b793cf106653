"""Imports the heavy packages once and forks a process for each submission; started by `sandbox.process`.

    python -m autograder.sandbox.zygote CONTROL_FD SETTINGS_JSON

The zygote holds nothing secret. It has one thread, because a fork copies only the thread that calls it: a lock that
another thread holds, in a BLAS pool for example, would stay locked in the child for ever.

A control socket carries one JSON message per packet. In: {"op": "fork", "id", "slot", "scratch"} with the child's
socket attached; {"op": "kill", "id", "signal"}; {"op": "join"} with a guest's control socket attached, which accepts
the same messages. Out: {"ready"}, {"forked": id}, {"exited": id, "status", "cpu", "memory_kib"}, {"broken": text}, each
on the control socket that requested the child. When a guest's socket closes, its children end. When the owner's
socket, the first, closes, the zygote ends.
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

MESSAGE = 1 << 16  # bytes; the largest control message is under 1 KiB


@dataclass(frozen=True)
class Child:
    control: socket.socket  # the one that requested it
    id: str
    slot: int


@dataclass
class Zygote:
    owner: socket.socket
    walls: walls.Walls
    limits: Limits
    shell: Any
    guests: list[socket.socket] = field(default_factory=list)
    children: dict[int, Child] = field(default_factory=dict)  # by pid

    def run(self) -> None:
        """Handles the messages of the control sockets until the owner's closes."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # Python writes to the wake-up pipe only for handled signals
        self.say(self.owner, {"ready": True})
        while True:
            watched: list[socket.socket | int] = [self.owner, *self.guests, wake_read]
            readable, _, _ = select.select(watched, [], [])
            if wake_read in readable:
                os.read(wake_read, 4096)
            self.reap()
            for guest in [one for one in self.guests if one in readable]:
                if not self.obey(guest, (wake_read, wake_write)):
                    self.dismiss(guest)
            if self.owner in readable and not self.obey(self.owner, (wake_read, wake_write)):
                return

    def say(self, control: socket.socket, message: dict[str, Any]) -> None:
        try:
            control.send(json.dumps(message).encode())
        except (BrokenPipeError, ConnectionResetError):
            if control is self.owner:
                os._exit(0)  # the grader has ended

    def obey(self, control: socket.socket, wake: tuple[int, int]) -> bool:
        """Handles one message; false if the sender has closed its socket."""
        try:
            data, fds = _receive_with_fds(control)
        except ConnectionResetError:  # the sender closed with unread messages
            return False
        if not data:
            return False
        message = json.loads(data)
        if message["op"] == "kill":
            self.kill(message["id"], message["signal"])
        elif message["op"] == "join":
            guest = socket.socket(fileno=fds[0])
            os.set_inheritable(guest.fileno(), False)
            self.guests.append(guest)
            self.say(guest, {"ready": True})
        else:
            try:
                self.fork(control, message, fds[0], wake)
            finally:
                for fd in fds:
                    os.close(fd)
        return True

    def dismiss(self, guest: socket.socket) -> None:
        """Ends the children of a guest whose socket closed."""
        self.guests.remove(guest)
        for pid in [pid for pid, child in self.children.items() if child.control is guest]:
            self.end(pid)
        guest.close()

    def end(self, pid: int) -> None:
        """Ends a child and every process that it started, and reports its exit."""
        child = self.children.pop(pid)
        status, usage = walls.reap(self.walls, pid, child.slot)
        cpu = usage.ru_utime + usage.ru_stime
        self.say(child.control, {"exited": child.id, "status": status, "cpu": cpu, "memory_kib": usage.ru_maxrss})

    def fork(self, control: socket.socket, message: dict[str, Any], fd: int, wake: tuple[int, int]) -> None:
        tasks = len(os.listdir("/proc/self/task"))
        if tasks != 1:
            self.say(control, {"broken": f"the zygote has {tasks} threads, so a fork of it could hang"})
            return
        for pid in [pid for pid, child in self.children.items() if child.slot == message["slot"]]:
            self.end(pid)  # a guest that ended had this slot; its closed socket is not handled yet
        pid = walls.fork(self.walls, message["slot"])
        if pid:
            self.children[pid] = Child(control, message["id"], message["slot"])
            self.say(control, {"forked": message["id"]})
            return
        try:
            os.setsid()  # its own process group, so that one signal kills the whole group
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (self.owner, *self.guests):
                one.close()
            for end in wake:
                os.close(end)
            self.child(message, fd)
        finally:
            os._exit(1)

    def child(self, message: dict[str, Any], fd: int) -> None:
        """Raises the walls in a forked child, then serves calls until the grader closes the socket; does not return."""
        import torch

        from autograder.sandbox import frames
        from autograder.sandbox.inside import worker

        sock = socket.socket(fileno=fd)
        try:
            walls.confine(self.walls, self.limits, Path(message["scratch"]), message["slot"])
            # torch makes its thread pool again after a fork. If two threads do so at once, as when transformers loads a
            # model, torch fails with "pool INTERNAL ASSERT FAILED". So one thread does it here.
            torch.set_num_threads(1)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a cell that times out gets SIGINT first
            self.shell.begin(self.limits.output_kib << 10)
        except BaseException as error:
            frames.send(sock, {"broken": f"{type(error).__name__}: {error}"})
            os._exit(1)
        frames.send(sock, {"confined": True})
        worker.serve(sock, self.shell)
        worker.leave(0)

    def kill(self, identity: str, number: int) -> None:
        for pid, child in self.children.items():
            if child.id != identity:
                continue
            if number == signal.SIGKILL:
                walls.kill(pid)
            else:
                os.kill(pid, number)

    def reap(self) -> None:
        """Ends what the children that have exited started, and reports their exits."""
        while self.children:
            # WNOWAIT leaves a zombie, so that its pid is not reused before walls.reap kills its process group.
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            if ended.si_pid not in self.children:
                os.waitpid(ended.si_pid, 0)  # an orphan of an ended submission
                continue
            self.end(ended.si_pid)


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader handles Ctrl-C in its terminal
    gc.disable()  # collecting among the million objects that imports make takes a tenth of the start
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
