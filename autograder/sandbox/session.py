"""Sessions over a zygote's control socket: one forked process for each, behind all walls.

Nothing that comes out of here is more than an observation. Time is kept on this side. `process` starts the zygote.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SandboxError
from autograder.limits import Limits
from autograder.sandbox import frames, removal
from autograder.sandbox.walls import users, walls

START_SECONDS = 300.0  # importing torch on a machine that does twenty other things has been seen to take two minutes
EXIT_SECONDS = 10.0  # from SIGKILL to the zygote's word of it
LOG = "zygote.log"  # in the scratch folder: what the zygote says to stderr


@dataclass(frozen=True)
class Ended:
    """How a session's process ended: its wait status and what it used."""

    status: int
    cpu: float  # seconds
    memory_kib: int  # peak resident set

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Sessions:
    """Begins sessions of one zygote, over a control socket of its own. Safe to use from several threads.

    `slots` are the numbers that its sessions may have: no two that live at once under one zygote have the same.
    """

    def __init__(self, chosen: walls.Walls, limits: Limits, scratch: Path, slots: Iterable[int]) -> None:
        self.walls = chosen
        self.limits = limits
        self.scratch = scratch
        self._lock = threading.Lock()
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in slots:
            self._slots.put(slot)
        self._mail: dict[str, queue.SimpleQueue[dict[str, Any]]] = {}
        self._control: socket.socket | None = None
        self._listener: threading.Thread | None = None
        self._ready = threading.Event()
        self._broken = ""

    # ---- the control socket -------------------------------------------------------------------------------

    def _listen_to(self, control: socket.socket) -> None:
        self._control = control
        self._ready.clear()
        self._broken = ""
        self._listener = threading.Thread(target=self._listen, args=(control,), daemon=True, name="zygote")
        self._listener.start()

    def _listen(self, control: socket.socket) -> None:
        """Hands the zygote's messages to the sessions they are for, until it is gone."""
        while True:
            try:
                data = control.recv(1 << 16)
            except OSError:
                data = b""
            if not data:
                break
            message = json.loads(data)
            if "broken" in message:
                self._broken = str(message["broken"])
                break
            if "ready" in message:
                self._ready.set()
                continue
            box = self._mail.get(str(message.get("forked") or message.get("exited")))
            if box is not None:
                box.put(message)
        self._broken = self._broken or f"the zygote ended: {self._last_words()}"
        self._ready.set()
        for box in list(self._mail.values()):
            box.put({"broken": self._broken})

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (self.scratch / LOG).read_text(errors="replace").split("\n")
            return " ".join(line.strip() for line in lines[-4:] if line.strip())[:500] or "it said nothing"
        return "it left no log"

    def wait_ready(self) -> None:
        """Waits until the zygote can fork; SandboxError when it could not start."""
        if not self._ready.wait(START_SECONDS):
            raise SandboxError(f"the zygote was not ready after {START_SECONDS:.0f} s")
        if self._broken:
            raise SandboxError(f"the zygote does not work: {self._broken}")

    def tell(self, message: dict[str, Any], fd: int | None = None) -> None:
        control = self._control
        if control is None:  # it was closed
            raise SandboxError("the zygote is gone")
        try:
            with self._lock:
                socket.send_fds(control, [json.dumps(message).encode()], [] if fd is None else [fd])
        except OSError as error:
            raise SandboxError("the zygote is gone") from error

    def _hang_up(self) -> None:
        """Closes the control socket: the zygote ends what was begun over it."""
        control, self._control = self._control, None
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
            control.close()
        if self._listener is not None:
            self._listener.join()  # what it says of this socket comes before anything of the next
            self._listener = None

    # ---- sessions -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A freshly forked process behind all walls, killed at the end whatever it does."""
        self.wait_ready()
        with self._slot() as slot:
            session = Session(self)
            try:
                session.begin(slot)
                yield session
            finally:
                session.close()

    @contextlib.contextmanager
    def _slot(self) -> Iterator[int]:
        """A number that no other session has; where it stands for a user, none of another grader either."""
        tried = []
        try:
            for _ in range(self._slots.qsize()):  # those that no other session here has
                tried.append(slot := self._slots.get())
                held = users.take(slot) if "uid" in self.walls.layers else None
                if held is None and "uid" in self.walls.layers:
                    continue
                try:
                    yield slot
                finally:
                    if held is not None:
                        os.close(held)
                return
            raise SandboxError("all users for submissions are taken by other graders of this machine")
        finally:
            for slot in tried:
                self._slots.put(slot)


class Session:
    """One process that runs one submission's cells and probes."""

    def __init__(self, sandbox: Sessions) -> None:
        self.sandbox = sandbox
        self.id = secrets.token_hex(8)
        self.ended: Ended | None = None
        self._nonce = ""
        self._box: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        sandbox._mail[self.id] = self._box
        self._folder = Path(tempfile.mkdtemp(prefix="s", dir=sandbox.scratch))
        self._folder.chmod(0o711)
        self.sock, self._theirs = socket.socketpair()

    def begin(self, slot: int) -> None:
        """Forks the process and waits until all its walls stand; SandboxError when they could not be raised."""
        with self._theirs as theirs:
            wanted = {"op": "fork", "id": self.id, "slot": slot, "scratch": str(self._folder)}
            self.sandbox.tell(wanted, theirs.fileno())
            self._take("forked", START_SECONDS)
        hello, _ = frames.receive(self.sock, deadline=time.monotonic() + START_SECONDS)
        if "confined" not in hello:
            raise SandboxError(f"a process could not be walled in: {hello.get('broken', hello)}")

    def call(self, header: dict[str, Any], block: bytes = b"", *, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Sends one call and returns its answer; WireError for an answer to anything else."""
        if self._has_early_bytes():
            raise frames.WireError("an answer came before its question")
        self._nonce = secrets.token_hex(8)
        frames.send(self.sock, {**header, "nonce": self._nonce}, block, deadline=deadline)
        return self._answer(deadline)

    def interrupt(self, deadline: float) -> dict[str, Any]:
        """Ctrl-C in the student's process, so that a cell ends and what the others made is kept; its answer."""
        self.sandbox.tell({"op": "kill", "id": self.id, "signal": signal.SIGINT})
        return self._answer(deadline)[0]

    def _answer(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        answer, block = frames.receive(self.sock, deadline=deadline)
        if answer.get("nonce") != self._nonce:
            raise frames.WireError("an answer to a question that was not asked")
        return answer, block

    def _has_early_bytes(self) -> bool:
        try:
            self.sock.setblocking(False)  # with a timeout set, Python would wait, whatever the flags say
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def finish(self) -> Ended:
        """Kills the process if it lives and says how it ended."""
        if self.ended is None:
            self.sandbox.tell({"op": "kill", "id": self.id, "signal": signal.SIGKILL})
            message = self._take("exited", EXIT_SECONDS)
            self.ended = Ended(int(message["status"]), float(message["cpu"]), int(message["memory_kib"]))
        return self.ended

    def died_by_itself(self) -> Ended:
        """How a process ended whose socket closed; it is given a moment to be reaped before it is killed."""
        try:
            message = self._take("exited", 1.0)  # a closed socket precedes the exit by microseconds
        except SandboxError:
            return self.finish()
        self.ended = Ended(int(message["status"]), float(message["cpu"]), int(message["memory_kib"]))
        return self.ended

    def _take(self, key: str, seconds: float) -> dict[str, Any]:
        try:
            message = self._box.get(timeout=seconds)
        except queue.Empty:
            raise SandboxError(f"the zygote did not say '{key}' within {seconds:.0f} s") from None
        if key not in message:
            if "broken" in message:
                self._box.put(message)  # it stays so: whoever asks next need not wait to hear it
            raise SandboxError(f"the zygote said {message} in place of '{key}'")
        return message

    def close(self) -> None:
        try:
            self.finish()
        finally:
            self.sock.close()
            self.sandbox._mail.pop(self.id, None)
            removal.remove(self._folder)
