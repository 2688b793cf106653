"""Starts the zygote on the grader's side and shares it with the grader's other processes; used before any session.

A zygote takes seconds of CPU and hundreds of MiB, so all processes of a grader share one. `Sandbox` starts it. Each
other process gets its own control socket from `Sandbox.join` and begins its sessions with `Guest`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from autograder.errors import SandboxError
from autograder.limits import Limits
from autograder.sandbox import removal
from autograder.sandbox.session import EXIT_SECONDS, LOG, Sessions
from autograder.sandbox.walls import claims, walls

SLOTS = 256  # more sessions than one machine can run at once
SCRATCH = "autograder-scratch-"
# A socket's path has at most 107 bytes. multiprocessing's "/pymp-xxxxxxxx/listener-xxxxxxxx" takes 32 of them, the
# sandbox's folders below the temporary folder 42.
LONGEST_PLACE = 107 - 32 - 42
DEFAULT_PRELOAD = ("torch", "numpy")
# The zygote must have one thread, since others would be missing in its forks.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Sandbox(Sessions):
    """One zygote behind walls; `session()` forks a process from it. Thread-safe."""

    def __init__(
        self,
        chosen: walls.Walls,
        limits: Limits,
        preload: Sequence[str] = DEFAULT_PRELOAD,
        readable: Sequence[Path] = (),
        hidden: Sequence[str | Path] = (),
    ) -> None:
        _sweep()
        scratch, self._held = claims.make(_make_scratch)
        scratch.chmod(0o711)  # the session's uid must be able to enter its folder below
        super().__init__(chosen, limits, scratch, range(SLOTS))
        self.preload = tuple(preload)
        self.readable, self.hidden = tuple(readable), tuple(hidden)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self) -> None:
        """Starts the zygote and returns at once; a session waits until the zygote is ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"walls": self.walls.to_json(), "limits": asdict(self.limits), "preload": self.preload}
        argv = [sys.executable, "-m", "autograder.sandbox.zygote", str(theirs.fileno()), json.dumps(settings)]
        argv = walls.zygote_argv(self.walls, argv, self.readable, self.hidden)
        # The zygote does not inherit the grader's streams: a submission could write to them or truncate them.
        with theirs, open(self.scratch / LOG, "wb") as log:
            self._process = subprocess.Popen(
                argv,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=_environment(),
                cwd="/",
            )
        self._listen_to(ours)

    def wait_ready(self) -> None:
        """Waits until the zygote can fork; restarts one that has ended. SandboxError if it cannot start."""
        with self._lock:
            self._revive()
        super().wait_ready()

    def join(self) -> socket.socket:
        """A control socket for a `Guest` in another process, whose sessions are forks of this zygote.

        SandboxError if the zygote cannot start.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                try:
                    self._introduce(theirs)
                except SandboxError:  # it has just ended: start another
                    with self._lock:
                        self._stop()
                    self._introduce(theirs)
        except BaseException:
            ours.close()
            raise
        return ours

    def _introduce(self, guest: socket.socket) -> None:
        with self._lock:
            self._revive()
        self.tell({"op": "join"}, guest.fileno())

    def _revive(self) -> None:
        if self._closed:
            raise SandboxError("grading was ended")
        if self._broken:
            self._stop()  # its sessions are lost, but the next ones can use a new zygote
        if self._process is None:
            self.start()

    def close(self) -> None:
        """Ends the zygote and all its forks, and removes the scratch folder; no session can begin afterwards."""
        with self._lock:
            self._closed = True
            self._stop()
            removal.remove(self.scratch)
            if self._held >= 0:
                os.close(self._held)
            self._held = -1

    def _stop(self) -> None:
        importing = not self._ready.is_set()  # read first, because _hang_up sets it
        self._hang_up()
        if self._process is not None:
            if importing:  # it would notice the closed socket only seconds later; it has no child yet
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


class Guest(Sessions):
    """Begins sessions of a zygote that another process started, over the control socket from its `Sandbox.join`.

    `scratch` belongs to that process, which also removes it. A guest cannot restart a zygote that has ended.
    """

    def __init__(
        self, chosen: walls.Walls, limits: Limits, scratch: Path, slots: Iterable[int], control: socket.socket
    ) -> None:
        super().__init__(chosen, limits, scratch, slots)
        self._listen_to(control)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._hang_up()


def _make_scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix=SCRATCH, dir=_temporary()))


def _temporary() -> str:
    """The machine's temporary folder, or /tmp if its path is too long for a socket below it.

    The workers of a torch DataLoader send batches through such a socket; without it the loader waits for ever.
    """
    wanted = tempfile.gettempdir()
    return wanted if len(os.fsencode(wanted)) <= LONGEST_PLACE else "/tmp"


def _sweep() -> None:
    """Removes this user's scratch folders of graders that were killed, because they hold students' files."""
    for old in Path(_temporary()).glob(f"{SCRATCH}*"):
        with contextlib.suppress(FileNotFoundError), claims.take_over(old) as so:
            if so and old.stat().st_uid == os.geteuid():
                removal.remove(old)


def _environment() -> dict[str, str]:
    """The zygote's whole environment; it has few of the grader's variables, because some hold tokens."""
    kept = {k: os.environ[k] for k in ("PATH", "LANG", "LC_ALL", "CUDA_VISIBLE_DEVICES") if k in os.environ}
    return {
        **kept,
        **ONE_THREAD,
        "HOME": "/tmp",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # sets of strings print in the same order in every run
    }
