"""Runs one notebook's cells and probes in a session, and replaces a lost process; between `asking` and `session`.

A process is lost when a cell or a probe ends it, or takes too long and must be killed. The other cells then run again
in a new process without that cell, and the remaining probes run there. `asking` limits the losses of one question.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from autograder.model import Observation, ObservationStatus, Probe
from autograder.sandbox import frames, wire
from autograder.sandbox.session import ProcessEnd, Session, Sessions

Trouble = Literal["timed_out", "crashed", "limit_exceeded"]

GRACE_SECONDS = 2.0  # from SIGINT to the end of the cell
END_SECONDS = 2.0  # for a process's answer to "end"
FILE_SECONDS = 30.0  # to write one file of the assignment into a new process's folder
MAX_COUNT = 1 << 31  # of executed cells
MAX_CELL_LOSSES = 6  # processes that the cells of one notebook may cost
OUT_OF_MEMORY = ("MemoryError", "OutOfMemoryError")
MEMORY_WORDS = ("can't allocate memory", "not enough memory", "Cannot allocate memory")
LIMIT_ERRORS = ("No space left on device", "File too large", "Resource temporarily unavailable")


@dataclass(frozen=True)
class CellRun:
    """The result of one cell. `outputs` are in nbformat's form and untrusted; `trouble` is None for a normal end."""

    outputs: tuple[dict[str, Any], ...] = ()
    execution_count: int | None = None
    failed: bool = False
    trouble: Trouble | None = None


class Execution:
    """Runs the cells of one notebook, then any number of probes. A context manager that ends the process."""

    def __init__(self, sandbox: Sessions, sources: Sequence[str], files: Mapping[str, bytes] | None = None) -> None:
        self._sandbox = sandbox
        self._limits = sandbox.limits
        self._sources = tuple(sources)
        self._files = dict(files or {})  # files beside the notebook, by relative path
        self._stack = ExitStack()
        self._session: Session | None = None
        self._lost: dict[int, CellRun] = {}  # cells that ended a process; they do not run again
        self._started = 0
        self._cell_losses = 0
        self._spared: set[int | None] = set()  # cells, or None for probes, already retried after a kill by the system
        self._deadline = time.monotonic() + self._limits.submission_seconds
        self.cells: list[CellRun] = [CellRun() for _ in self._sources]
        self.troubles: list[Trouble] = []  # in order of occurrence
        self.flags: list[str] = []
        self.seconds_cells = 0.0
        self.cpu = 0.0  # seconds, of the processes that have ended

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end_session()

    # ---- cells --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Runs all cells. Afterwards `cells` has a result for each, and `ask` can run probes."""
        began = time.monotonic()
        while not self._run_once():
            self._cell_losses += 1
            if not self._may_start():
                self._fill_cells_not_run()
                break
        self.seconds_cells += time.monotonic() - began

    def _run_once(self) -> bool:
        """Runs all cells in a new process, except those that ended an earlier one; false if a cell ended this one."""
        self._start_session()
        for index, source in enumerate(self._sources):
            if index in self._lost:
                self.cells[index] = self._lost[index]
                continue
            ran = self._run_cell(index, source)
            if ran.trouble == "limit_exceeded" and self._session is None and self._spare(index):
                return False
            self.cells[index] = ran
            if ran.trouble == "timed_out" or self._session is None:
                self._lost[index] = ran  # it would take its time again in every later process
            if self._session is None:
                return False
        return True

    def _run_cell(self, index: int, source: str) -> CellRun:
        assert self._session is not None  # _start_session came first
        deadline = min(time.monotonic() + self._limits.cell_seconds, self._deadline)
        try:
            try:
                answer, _ = self._session.call({"op": "cell", "source": source, "index": index}, deadline=deadline)
                late: Trouble | None = None
            except frames.WireTimeout:
                answer, late = self._session.interrupt(time.monotonic() + GRACE_SECONDS), "timed_out"
            ran = self._read(answer, late)
        except frames.WireTimeout:
            return self._lose("timed_out", "the cell did not end in time, and was stopped")
        except frames.WireError as error:
            return self._lose(*self._explain_end(error))
        if ran.trouble is not None:
            self.troubles.append(ran.trouble)
        return ran

    def _read(self, answer: dict[str, Any], late: Trouble | None) -> CellRun:
        match answer:
            case {
                "outputs": list(outputs),
                "execution_count": int(count),
                "failed": bool(failed),
                "updates": list(updates),
                "overflow": bool(overflow),
            } if type(count) is int and 0 <= count < MAX_COUNT and all(isinstance(o, dict) for o in outputs):
                pass
            case _:
                raise frames.WireError("a cell's answer that is none")
        for update in updates:
            self._update(update)
        trouble: Trouble | None = "limit_exceeded" if overflow or _hit_limit(outputs) else late
        return CellRun(tuple(outputs), count or None, failed, trouble)  # 0: a blank cell, which is not run

    def _update(self, update: Any) -> None:
        """Replaces an output of an earlier cell, which a later cell changed through its display id."""
        match update:
            case [int(cell), int(place), dict(output)] if 0 <= cell < len(self.cells):
                outputs = list(self.cells[cell].outputs)
                if 0 <= place < len(outputs):
                    outputs[place] = output
                    ran = self.cells[cell]
                    self.cells[cell] = CellRun(tuple(outputs), ran.execution_count, ran.failed, ran.trouble)
            case _:
                raise frames.WireError("an update of no output")

    def _fill_cells_not_run(self) -> None:
        note = "This cell was not run: cells before it ended the process too often, or the time was up."
        for index, ran in enumerate(self.cells):
            if index in self._lost:
                self.cells[index] = self._lost[index]
            elif self._session is None and ran.execution_count is None and self._sources[index].strip():
                self.cells[index] = CellRun((_error("NotRun", note),), None, True, None)

    def _spare(self, which: int | None) -> bool:
        """Whether to retry a cell or probe whose process was killed; true once for each cell, and once for probes.

        A machine that runs out of memory may kill a process that uses little. Code at fault is killed again.
        """
        if which in self._spared:
            return False
        self._spared.add(which)
        self.troubles.pop()
        return True

    # ---- probes -------------------------------------------------------------------------------------------

    def ask(self, probe: Probe) -> Observation:
        """Runs a probe in the student's process; first replaces a lost process, if the limits allow one more."""
        observation = self._ask(probe)
        if observation.status == "limit" and self._spare(None):
            observation = self._ask(probe)
        return observation

    def _ask(self, probe: Probe) -> Observation:
        if self._session is None and not self._replace():
            return Observation("timed_out" if time.monotonic() >= self._deadline else "died")
        assert self._session is not None
        header, block = wire.pack_probe(probe)
        deadline = min(time.monotonic() + self._limits.probe_seconds, self._deadline)
        try:
            answer, blob = self._session.call({"op": "probe", **header}, block, deadline=deadline)
            return wire.unpack_observation(answer, blob)
        except frames.WireTimeout:
            self._lose("timed_out", "")
            return Observation("timed_out")
        except frames.WireError as error:
            trouble, _ = self._explain_end(error)
            self._lose(trouble, "")
            status: dict[Trouble, ObservationStatus] = {"timed_out": "timed_out", "limit_exceeded": "limit"}
            return Observation(status.get(trouble, "died" if error.closed else "forged"))

    def _replace(self) -> bool:
        if not self._may_start():
            return False
        before, troubles = list(self.cells), list(self.troubles)
        self.run()
        self.cells, self.troubles = before, troubles  # the notebook keeps the outputs of the first run
        return self._session is not None

    # ---- processes ----------------------------------------------------------------------------------------

    def _may_start(self) -> bool:
        return self._cell_losses < MAX_CELL_LOSSES and time.monotonic() < self._deadline

    def finish(self) -> None:
        """Ends the calls, and flags a process that sent frames that nobody called for."""
        if self._session is None:
            return
        try:
            # The answer arrives after everything that the process sent before, so no early frame is missed.
            self._session.call({"op": "end"}, deadline=time.monotonic() + END_SECONDS)
        except frames.WireTimeout:
            pass  # still busy; its results are complete
        except frames.WireError as error:
            if not error.closed:
                self.flags.append("forged_frames")

    def _start_session(self) -> None:
        began = time.monotonic()
        try:
            self._begin_session()
        except frames.WireError as error:  # killed before the student's code ran, so not by it: retry
            if not error.closed:
                raise
            self._begin_session()
        self._deadline += time.monotonic() - began  # waiting for the zygote must not use up the student's time

    def _begin_session(self) -> None:
        self._end_session()
        self._started += 1
        self._session = self._stack.enter_context(self._sandbox.session())
        for path, data in self._files.items():
            deadline = time.monotonic() + FILE_SECONDS
            answer, _ = self._session.call({"op": "file", "path": path}, data, deadline=deadline)
            if answer.get("written") is not True:
                self.flags.append("file_refused")

    def _end_session(self) -> None:
        session, self._session = self._session, None
        self._stack.close()
        self._stack = ExitStack()
        if session is not None and session.ended is not None:
            self.cpu += session.ended.cpu

    def _lose(self, trouble: Trouble, text: str) -> CellRun:
        self.troubles.append(trouble)
        self._end_session()
        names: dict[Trouble, str] = {
            "timed_out": "CellTimeoutError", "crashed": "DeadKernelError", "limit_exceeded": "LimitExceeded",
        }  # fmt: skip
        return CellRun((_error(names[trouble], text),), None, True, trouble)

    def _explain_end(self, error: frames.WireError) -> tuple[Trouble, str]:
        assert self._session is not None
        if not error.closed:
            self.flags.append("forged_frames")
            return "crashed", f"the process was ended: it sent {error}"
        return _reason(self._session.await_exit(), self._limits.cpu_seconds)


def _reason(ended: ProcessEnd, cpu_seconds: int) -> tuple[Trouble, str]:
    # SIGXCPU does not reach process 1 of a namespace; SIGKILL ends it a second later.
    if ended.signal == signal.SIGXCPU or (ended.signal == signal.SIGKILL and ended.cpu >= cpu_seconds):
        return "timed_out", "the process used more CPU time than it may"
    if ended.signal == signal.SIGKILL:
        return "limit_exceeded", "the process was killed by the system: most likely it used more memory than it may"
    if ended.signal:
        known = ended.signal in set(signal.Signals)  # real-time signals between the first and the last have no name
        name = signal.Signals(ended.signal).name if known else f"signal {ended.signal}"
        return "crashed", f"the process was ended by {name}"
    return "crashed", f"the process ended itself with exit code {ended.status >> 8}"


def _hit_limit(outputs: Sequence[dict[str, Any]]) -> bool:
    """Whether an error among the outputs reports an exceeded limit. A student who fakes one gains nothing."""
    for output in outputs:
        if output.get("output_type") == "error":
            name, text = str(output.get("ename")), str(output.get("evalue"))
            if name in OUT_OF_MEMORY or any(words in text for words in MEMORY_WORDS + LIMIT_ERRORS):
                return True
    return False


def _error(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
