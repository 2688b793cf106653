"""Bounds what a mutant may use while certify runs it in this process: a loop may never end, or fill the memory."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

MEMORY = 2 << 30  # bytes beyond what the process already has; a check needs a thousandth


class OutOfBounds(BaseException):
    """The code in a `limit_use` block used its CPU time up. No `except Exception` in it stops this."""


@contextlib.contextmanager
def limit_use(seconds: float) -> Iterator[None]:
    """Raises OutOfBounds in the block after `seconds` of this process's CPU time, and drops what the block prints.

    More memory than MEMORY is a MemoryError there, or torch's RuntimeError. Outside of the main thread only the
    printed text is dropped, since signals reach no other thread.
    """
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with _timer(seconds), _memory():
            yield


@contextlib.contextmanager
def _timer(seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGPROF, _stop)
    # It rings again and again: code with a bare `except` may swallow the first.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise OutOfBounds


@contextlib.contextmanager
def _memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
    bound = limit if soft == resource.RLIM_INFINITY else min(soft, limit)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
