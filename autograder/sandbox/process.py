"""The grader's side of the sandbox: starts the zygote, and lets other processes of this machine use it, too.

A zygote costs seconds of CPU and hundreds of MiB, so that a grader of several processes has one: `Sandbox` starts it,
and each other process is given a control socket of its own (`join`) and begins its sessions there (`Guest`).
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

SLOTS = 256  # more sessions at once than any machine could run
SCRATCH = "autograder-scratch-"
# The path of a socket may have 107 bytes: multiprocessing's "/pymp-xxxxxxxx/listener-xxxxxxxx" takes 32 of them, our
# own folders below the temporary one 42.
LONGEST_PLACE = 107 - 32 - 42
DEFAULT_PRELOAD = ("torch", "numpy")
# Environment of a process that others are forked of, and so of one thread.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Sandbox(Sessions):
    """One zygote behind walls; `session()` forks a process of it. Safe to use from several threads."""

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
        scratch.chmod(0o711)  # a session's own uid must reach its own folder below
        super().__init__(chosen, limits, scratch, range(SLOTS))
        self.preload = tuple(preload)
        self.readable, self.hidden = tuple(readable), tuple(hidden)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def start(self) -> None:
        """Starts the zygote without waiting for it; sessions wait."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        settings = {"walls": self.walls.to_json(), "limits": asdict(self.limits), "preload": self.preload}
        argv = [sys.executable, "-m", "autograder.sandbox.zygote", str(theirs.fileno()), json.dumps(settings)]
        argv = walls.zygote_argv(self.walls, argv, self.readable, self.hidden)
        # The grader's own streams stay out of the sandbox: a submission could write to, or truncate, what it inherits.
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
        """Waits until the zygote can fork; one that has ended is started again. SandboxError when it could not."""
        with self._lock:
            self._revive()
        super().wait_ready()

    def join(self) -> socket.socket:
        """A control socket for a `Guest` in another process; its sessions are forks of this zygote."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                try:
                    self._introduce(theirs)
                except SandboxError:  # it has ended just now
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
            self._stop()  # the sessions that it took along are our fault, the next are not
        if self._process is None:
            self.start()

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
        self._hang_up()
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


class Guest(Sessions):
    """Sessions of a zygote that another process has started, over the control socket that its `join` gave.

    `scratch` is that process's, which also removes it. When the zygote ends, so does this.
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
        **ONE_THREAD,
        "HOME": "/tmp",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",  # sets of strings print in one order, so that outputs do not change from run to run
    }
