"""Runs a notebook's cells through IPython in this process, with outputs equal to those nbclient records.

The zygote makes one `Shell`. Each fork calls `begin` once and `run_cell` for each cell. The student's code can change
everything here, so the grader does not trust it.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import contextvars
import fcntl
import getpass
import io
import os
import pdb
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from IPython.core import debugger
from IPython.core.error import StdinNotImplementedError
from traitlets.config import Config

from autograder.sandbox.inside import warming
from autograder.sandbox.inside.capture import Output, OutStream, Recorder, current_cell
from autograder.sandbox.inside.shell import ENVIRONMENT, ZMQInteractiveShell

# sys.argv of a kernel that nbclient starts, so that a cell that parses it gets the same error
ARGUMENTS = ["ipykernel_launcher.py", "-f", "kernel.json", "--HistoryManager.hist_file=:memory:"]
SETTLE_STEPS = 10  # turns of the event loop between two cells, for tasks left running; a kernel has some ms there
ATTEMPTS = 100  # to finish a cell whose tasks keep stopping the event loop

_settrace, _setprofile = sys.settrace, sys.setprofile  # the student may replace them


@dataclass(frozen=True)
class CellOutcome:
    """The result of one cell.

    `outputs` are nbformat 4 outputs. `updates` are outputs of earlier cells that this one changed through a
    display id: (cell, place among its outputs, new output). `execution_count` is 0 for a blank cell, which does
    not run. `failed` is the status that a kernel would reply; `overflow` means that outputs were dropped.
    """

    outputs: list[Output]
    execution_count: int
    failed: bool
    updates: list[tuple[int, int, Output]]
    overflow: bool


_UNKNOWN = CellOutcome(
    [
        {
            "output_type": "error",
            "ename": "BrokenSession",
            "evalue": "what the cell did left Python unable to go on",
            "traceback": ["BrokenSession: what the cell did left Python unable to go on"],
        }
    ],
    0,
    True,
    [],
    False,
)


class Shell:
    """One IPython session. Make it once, before forking; it starts no thread and writes no file."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False  # no database, and no thread that writes it
        config.IPKernelApp.tqdm = "a notebook"  # any value here makes tqdm use its notebook form
        _choose_debugger()
        self._shell = ZMQInteractiveShell.instance(config=config)
        warming.warm(self._shell)
        self._cells = 0
        self._run = 0

    @property
    def namespace(self) -> dict[str, Any]:
        """The globals of the student's code."""
        return self._shell.user_ns  # type: ignore[no-any-return]  # IPython is untyped

    def begin(self, output_limit: int) -> None:
        """Once, in the forked process: takes over the standard streams. `output_limit`: characters per cell."""
        os.environ.update(ENVIRONMENT)
        tempfile.tempdir = None  # a cached value; TMPDIR has changed
        sys.argv[:] = ARGUMENTS
        sys.breakpointhook = lambda *_, **__: None  # as in a kernel without a debugger
        _search_working_directory()
        self._recorder = Recorder(output_limit)
        self._recorder.streams = _take_over_streams(self._recorder)
        sys.stdout, sys.stderr = self._recorder.streams
        self._shell.record_in(self._recorder)
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._context = contextvars.copy_context()  # one for all cells: numpy and decimal keep settings in it

    def run_cell(self, source: str, index: int | None = None) -> CellOutcome:
        """Runs one cell; never raises. `index` is its place in the notebook, by default after the previous cell's."""
        try:
            index = self._cells if index is None else index
            self._cells = index + 1
            if not source.strip():
                return CellOutcome([], 0, False, [], False)
            self._run += 1
            return self._finish(self._drive(source, index))
        except BaseException:  # the student's code may have broken Python itself
            return _UNKNOWN

    def _drive(self, source: str, index: int) -> bool:
        """Runs the cell in the event loop, as a kernel does. Returns whether the cell failed."""
        self._recorder.start(index)
        with _allow_interrupt():
            task = self._loop.create_task(self._execute(source, index), context=self._context)
            for _ in range(ATTEMPTS):
                with contextlib.suppress(BaseException):  # raised by other tasks, or by a stopped loop
                    self._loop.run_until_complete(task)
                if task.done():
                    break
        if self._recorder.forked:
            os._exit(0)  # a fork that reached the end of the cell must not answer too
        if not task.done() or task.cancelled():
            self._recorder.error("CancelledError", "the cell was cancelled", [])
            return True
        if (error := task.exception()) is not None:  # IPython itself broke or was interrupted
            name = type(error).__name__
            self._recorder.error(name, str(error), [f"{name}: {error}"])
            return True
        return task.result()

    async def _execute(self, source: str, index: int) -> bool:
        current_cell.set(index)
        shell = self._shell
        shell.failed_in_display = False
        with _no_input():
            transformed, problem = source, None
            try:
                transformed = shell.transform_cell(source)
            except Exception:
                problem = sys.exc_info()
            if shell.should_run_async(source, transformed_cell=transformed, preprocessing_exc_tuple=problem):
                result = await self._await_cell(source, transformed, problem)
            else:
                with shell.cache_transform(source, transformed, problem):
                    result = shell.run_cell(source, store_history=True)
        self._recorder.flush_streams()
        self._recorder.open = False
        return not result.success or shell.failed_in_display

    async def _await_cell(self, source: str, transformed: str, problem: Any) -> Any:
        shell = self._shell
        cell = shell.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=problem
        )
        awaited = asyncio.ensure_future(cell)
        result = None
        try:
            with self._cancel_on_interrupt(awaited):
                result = await awaited
            return result
        finally:
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", result)

    def _finish(self, failed: bool) -> CellOutcome:
        _settrace(None)
        _setprofile(None)
        if self._recorder.open:  # the cell did not reach its end
            self._recorder.flush_streams()
        outputs, updates = self._recorder.finish()
        outcome = CellOutcome(outputs, self._run, failed, updates, self._recorder.overflow)
        with contextlib.suppress(BaseException):
            if asyncio.all_tasks(self._loop):
                self._loop.run_until_complete(_turns(SETTLE_STEPS))
        return outcome

    @contextlib.contextmanager
    def _cancel_on_interrupt(self, awaited: asyncio.Future[Any]) -> Iterator[None]:
        """SIGINT cancels the awaited object while the cell waits, and raises KeyboardInterrupt while its code runs."""

        def cancel(number: int, frame: FrameType | None) -> None:
            if asyncio.current_task(self._loop) is not None:
                raise KeyboardInterrupt
            self._loop.call_soon_threadsafe(awaited.cancel)

        with _allow_interrupt(cancel):
            yield


@contextlib.contextmanager
def _allow_interrupt(handler: Any = signal.default_int_handler) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@contextlib.contextmanager
def _no_input() -> Iterator[None]:
    """Makes input() and getpass() raise in the block, as in a kernel whose client has no keyboard."""
    before, before_getpass = builtins.input, getpass.getpass
    builtins.input, getpass.getpass = _refuse("raw_input"), _refuse("getpass")
    try:
        yield
    finally:
        builtins.input, getpass.getpass = before, before_getpass


def _refuse(name: str) -> Callable[..., str]:
    def refuse(*_: object, **__: object) -> str:
        raise StdinNotImplementedError(f"{name} was called, but this frontend does not support input requests.")

    return refuse


def _choose_debugger() -> None:
    """Replaces pdb by IPython's debugger, as ipykernel does."""
    pdb.Pdb = debugger.Pdb = debugger.InterruptiblePdb  # type: ignore[misc]  # as ipykernel replaces it
    pdb.set_trace = debugger.set_trace


def _search_working_directory() -> None:
    """Inserts '' before the first site-packages in sys.path, where ipykernel puts it."""
    if "" in sys.path:
        return
    names = [os.path.basename(path) for path in sys.path]
    first = next((i for i, name in enumerate(names) if name in ("site-packages", "dist-packages")), 0)
    sys.path.insert(first, "")


def _take_over_streams(recorder: Recorder) -> tuple[OutStream, OutStream]:
    """Points descriptor 0 at /dev/null, and 1 and 2 at unlinked files. Returns the new stdout and stderr."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    streams = []
    for fd, name in ((1, "stdout"), (2, "stderr")):
        with tempfile.TemporaryFile(buffering=0) as file:
            captured = os.dup(file.fileno())
        fcntl.fcntl(captured, fcntl.F_SETFL, os.O_APPEND)  # so that several processes do not overwrite each other
        os.dup2(captured, fd)
        streams.append(OutStream(recorder, name, captured, null))
    out, err = streams
    out.partner, err.partner = err, out
    # New streams, because the zygote's may have text in their buffers.
    sys.__stdout__ = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8")  # type: ignore[misc]  # final in typeshed
    sys.__stderr__ = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", line_buffering=True)  # type: ignore[misc]  # as above
    return out, err
