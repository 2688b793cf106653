"""The grader's side of the sandbox: starts the zygote, and talks to one forked process per session.

Nothing that comes out of here is more than an observation. Time is kept on this side.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.errors import SandboxError
from autograder.limits import Limits
from autograder.sandbox import frames, removal
from autograder.sandbox.walls import claims, users, walls

SLOTS = 256  # more sessions at once than any machine could run
START_SECONDS = 300.0  # importing torch on a machine that does twenty other things has been seen to take two minutes
EXIT_SECONDS = 10.0  # from SIGKILL to the zygote's word of it
SCRATCH = "autograder-scratch-"
# The path of a socket may have 107 bytes: multiprocessing's "/pymp-xxxxxxxx/listener-xxxxxxxx" takes 32 of them, our
# own folders below the temporary one 42.
LONGEST_PLACE = 107 - 32 - 42
DEFAULT_PRELOAD = ("torch", "numpy")


@dataclass(frozen=True)
class Ended:
    """How a session's process ended: its wait status and what it used."""

    status: int
    cpu: float  # seconds
    memory_kib: int  # peak resident set

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Sandbox:
    """One zygote behind walls; `session()` forks a process of it. Safe to use from several threads."""

    def __init__(
        self,
        chosen: walls.Walls,
        limits: Limits,
        preload: Sequence[str] = DEFAULT_PRELOAD,
        readable: Sequence[Path] = (),
    ) -> None:
        self.walls = chosen
        self.limits = limits
        self.preload = tuple(preload)
        self.readable = tuple(readable)
        self._lock = threading.Lock()
        self._slots: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(SLOTS):
            self._slots.put(slot)
        self._mail: dict[str, queue.SimpleQueue[dict[str, Any]]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._ready = threading.Event()
        self._broken = ""
        self._closed = False
        _sweep()
        self.scratch, self._held = claims.make(_make_scratch)
        self.scratch.chmod(0o711)  # a session's own uid must reach its own folder below

    # ---- the zygote ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the zygote without waiting for it; sessions wait."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"walls": self.walls.to_json(), "limits": asdict(self.limits), "preload": self.preload}
        argv = [sys.executable, "-m", "autograder.sandbox.zygote", str(theirs.fileno()), json.dumps(settings)]
        argv = walls.zygote_argv(self.walls, argv, self.readable)
        # The grader's own streams stay out of the sandbox: a submission could write to, or truncate, what it inherits.
        with theirs, open(self.scratch / "zygote.log", "wb") as log:
            self._process = subprocess.Popen(
                argv,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=_environment(),
                cwd="/",
            )
        self._control = ours
        self._ready.clear()
        self._broken = ""
        threading.Thread(target=self._listen, args=(ours,), daemon=True, name="zygote").start()

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
            lines = (self.scratch / "zygote.log").read_text(errors="replace").split("\n")
            return " ".join(line.strip() for line in lines[-4:] if line.strip())[:500] or "it said nothing"
        return "it left no log"

    def wait_ready(self) -> None:
        """Waits until the zygote can fork; SandboxError when it could not start."""
        with self._lock:
            if self._closed:
                raise SandboxError("grading was ended")
            if self._broken:
                self._stop()  # the sessions that it took along are our fault, the next are not
            if self._process is None:
                self.start()
        if not self._ready.wait(START_SECONDS):
            raise SandboxError(f"the zygote was not ready after {START_SECONDS:.0f} s")
        if self._broken:
            raise SandboxError(f"the zygote does not work: {self._broken}")

    def tell(self, message: dict[str, Any], fd: int | None = None) -> None:
        control = self._control
        assert control is not None  # wait_ready came first
        try:
            with self._lock:
                socket.send_fds(control, [json.dumps(message).encode()], [] if fd is None else [fd])
        except OSError as error:
            raise SandboxError("the zygote is gone") from error

    def close(self) -> None:
        """Ends the zygote and everything forked of it, for good."""
        with self._lock:
            self._closed = True
            self._stop()
            removal.remove(self.scratch)
            if self._held >= 0:
                os.close(self._held)
            self._held = -1

    def _stop(self) -> None:
        importing = not self._ready.is_set()  # asked first: it is set by what follows, too
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)
            self._control.close()
        if self._process is not None:
            if importing:  # for seconds, before it would see the end; it has no child yet
                self._process.terminate()
            try:
                self._process.wait(EXIT_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
            for _ in range(SLOTS):
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

    def __init__(self, sandbox: Sandbox) -> None:
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


def _make_scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix=SCRATCH, dir=_temporary()))


def _temporary() -> str:
    """Where temporary files go here, unless its name is so long that no socket can be made below it: the workers of a
    torch DataLoader send their batches through one, and where they cannot, the loader waits for ever."""
    wanted = tempfile.gettempdir()
    return wanted if len(os.fsencode(wanted)) <= LONGEST_PLACE else "/tmp"


def _sweep() -> None:
    """Removes scratch folders of our own whose grader was killed: students' files lie in them."""
    for old in Path(_temporary()).glob(f"{SCRATCH}*"):
        with contextlib.suppress(FileNotFoundError), claims.abandoned(old) as so:
            if so and old.stat().st_uid == os.geteuid():
                removal.remove(old)


def _environment() -> dict[str, str]:
    """The zygote's whole environment: nothing of the grader's goes in, since tokens live in environments."""
    kept = {k: os.environ[k] for k in ("PATH", "LANG", "LC_ALL", "CUDA_VISIBLE_DEVICES") if k in os.environ}
    return {
        **kept,
        "HOME": "/tmp",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # sets of strings print in one order, so that outputs do not change from run to run
        "TOKENIZERS_PARALLELISM": "false",
    }
