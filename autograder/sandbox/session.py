"""Sessions over a zygote's control socket, each with one forked process behind all walls; between execution and zygote.

Everything that a session returns is untrusted. The grader's side, this one, measures the time. `process` starts the
zygote.
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

START_SECONDS = 300.0  # importing torch took two minutes on a busy machine
EXIT_SECONDS = 10.0  # from SIGKILL to the zygote's "exited" message
LOG = "zygote.log"  # in the scratch folder: the zygote's stderr


@dataclass(frozen=True)
class ProcessEnd:
    """How a session's process ended: its wait status, CPU time and memory."""

    status: int
    cpu: float  # seconds
    memory_kib: int  # peak resident set

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Sessions:
    """Begins sessions of one zygote over its own control socket. Thread-safe.

    `slots` are the numbers for its sessions. Two sessions that run at once under one zygote have different slots.
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
        """Passes the zygote's messages to their sessions until the zygote ends."""
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
        """Waits until the zygote can fork. SandboxError if it cannot start, or takes over START_SECONDS."""
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
        """Closes the control socket; the zygote then ends the children that were started over it."""
        control, self._control = self._control, None
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)
            control.close()
        if self._listener is not None:
            self._listener.join()  # so that no message of this socket arrives after the next one opens
            self._listener = None

    # ---- sessions -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A newly forked process behind all walls, killed when the block ends. SandboxError if it cannot start."""
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
        """A slot that no other session here has. With the uid layer, no other grader has the slot's user either.

        SandboxError if other graders have all users.
        """
        tried = []
        try:
            for _ in range(self._slots.qsize()):  # one try for each free slot
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
    """One process that runs the cells and probes of one submission."""

    def __init__(self, sandbox: Sessions) -> None:
        self.sandbox = sandbox
        self.id = secrets.token_hex(8)
        self.ended: ProcessEnd | None = None
        self._nonce = ""
        self._box: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        sandbox._mail[self.id] = self._box
        self._folder = Path(tempfile.mkdtemp(prefix="s", dir=sandbox.scratch))
        self._folder.chmod(0o711)
        self.sock, self._theirs = socket.socketpair()

    def begin(self, slot: int) -> None:
        """Forks the process and waits until all its walls are up. SandboxError if they cannot be raised."""
        with self._theirs as theirs:
            wanted = {"op": "fork", "id": self.id, "slot": slot, "scratch": str(self._folder)}
            self.sandbox.tell(wanted, theirs.fileno())
            self._take("forked", START_SECONDS)
        hello, _ = frames.receive(self.sock, deadline=time.monotonic() + START_SECONDS)
        if "confined" not in hello:
            raise SandboxError(f"a process could not be walled in: {hello.get('broken', hello)}")

    def call(self, header: dict[str, Any], block: bytes = b"", *, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Sends one call and returns its answer. WireError for any other frame, WireTimeout at the deadline."""
        if self._has_early_bytes():
            raise frames.WireError("an answer came before its question")
        self._nonce = secrets.token_hex(8)
        frames.send(self.sock, {**header, "nonce": self._nonce}, block, deadline=deadline)
        return self._answer(deadline)

    def interrupt(self, deadline: float) -> dict[str, Any]:
        """Sends SIGINT to the process, so that the cell ends and the process stays. Returns the cell's answer."""
        self.sandbox.tell({"op": "kill", "id": self.id, "signal": signal.SIGINT})
        return self._answer(deadline)[0]

    def _answer(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        answer, block = frames.receive(self.sock, deadline=deadline)
        if answer.get("nonce") != self._nonce:
            raise frames.WireError("an answer to a question that was not asked")
        return answer, block

    def _has_early_bytes(self) -> bool:
        try:
            self.sock.setblocking(False)  # with a timeout set, Python would wait even with MSG_DONTWAIT
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def finish(self) -> ProcessEnd:
        """Kills the process if it still runs, and returns how it ended."""
        if self.ended is None:
            self.sandbox.tell({"op": "kill", "id": self.id, "signal": signal.SIGKILL})
            message = self._take("exited", EXIT_SECONDS)
            self.ended = ProcessEnd(int(message["status"]), float(message["cpu"]), int(message["memory_kib"]))
        return self.ended

    def await_exit(self) -> ProcessEnd:
        """How a process ended whose socket closed. Waits a second for its exit before killing it."""
        try:
            message = self._take("exited", 1.0)  # usually the process exits microseconds after its socket closes
        except SandboxError:
            return self.finish()
        self.ended = ProcessEnd(int(message["status"]), float(message["cpu"]), int(message["memory_kib"]))
        return self.ended

    def _take(self, key: str, seconds: float) -> dict[str, Any]:
        try:
            message = self._box.get(timeout=seconds)
        except queue.Empty:
            raise SandboxError(f"the zygote did not say '{key}' within {seconds:.0f} s") from None
        if key not in message:
            if "broken" in message:
                self._box.put(message)  # put back, so that the next call need not wait for a timeout
            raise SandboxError(f"the zygote said {message} in place of '{key}'")
        return message

    def close(self) -> None:
        try:
            self.finish()
        finally:
            self.sock.close()
            self.sandbox._mail.pop(self.id, None)
            removal.remove(self._folder)
