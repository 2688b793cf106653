"""Grades submissions in parallel worker processes: takes an opening and jobs, yields outcomes, all as bytes.

opening, jobs -> Pool.run -> outcomes, in the order of completion. `LocalPool` uses processes on this machine; a pool
on a cluster would implement the same `Pool` protocol. Workers share no files with the caller.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from autograder.course import Course
from autograder.errors import AutograderError, SandboxError
from autograder.grading import channel
from autograder.grading.opening import Options, read_confinement, read_opening
from autograder.grading.travel import Confinement, Opening, unpack_opening
from autograder.sandbox.process import ONE_THREAD, SLOTS, Sandbox

LAST_WORDS = 500  # characters
END_SECONDS = 10.0  # for the workers to end, before they are killed
LOST = (
    "the process that graded it has ended, most often because this machine's memory was used up; it is graded again by "
    "the next run: if it ends so again, give --jobs a smaller number"
)


@dataclass(frozen=True)
class Job:
    """One submission as bytes, with the student's id."""

    student: str
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """A job's result as bytes, or in `lost` the reason why there is none; that is never the student's fault."""

    student: str
    data: bytes
    lost: str = ""


class Pool(Protocol):
    def run(self, opening: bytes, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        """Judges every job with the opening; yields outcomes in order of completion. Takes jobs lazily."""
        ...


@contextlib.contextmanager
def open_pool(
    course: Course, name: str, options: Options, jobs: int
) -> Iterator[tuple[LocalPool, Opening, dict[str, Any]]]:
    """A pool for one assignment, its opening, and its prepared notebooks by name.

    The zygote and the nursery import their packages while this process imports nbgrader and reads the assignment.
    """
    confinement = read_confinement(course, name, options)
    with LocalPool(jobs) as pool:
        pool.start(confinement)
        yield pool, *read_opening(course, name, confinement, options)


class LocalPool:
    """Worker processes on this machine, forked from a process that has imported the judge; they share one zygote.

    If a worker ends early, its submission gets an outcome with `lost`, and a new worker replaces it. All processes end
    when `run` ends, and when this process ends.
    """

    def __init__(self, jobs: int) -> None:
        self._most = min(jobs, SLOTS)
        self._numbers = list(range(self._most))  # numbers of workers that can still be started
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._sandbox: Sandbox | None = None
        self._nursery: _Nursery | None = None

    def start(self, confinement: Confinement) -> None:
        """Starts the zygote and the nursery early, without an opening; otherwise `run` starts them."""
        self._sandbox = Sandbox(confinement.walls, confinement.limits, confinement.preload, hidden=confinement.hidden)
        self._sandbox.start()
        self._nursery = _Nursery()

    def run(self, opening: bytes, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        source = iter(jobs)
        busy: dict[_Worker, Job] = {}
        outcomes: list[Outcome] = []
        with self:
            while True:
                for job in islice(source, self._most - len(busy)):
                    try:
                        busy[self._give(opening, job)] = job
                    except (OSError, SandboxError) as error:
                        outcomes.append(Outcome(job.student, b"", f"it could not be given to a worker: {error}"))
                yield from outcomes
                if not busy and not outcomes:
                    return
                outcomes = [self._take(worker, busy.pop(worker)) for worker in _ready_workers(busy)]

    def _give(self, opening: bytes, job: Job) -> _Worker:
        worker = self._idle_worker() or self._hire(opening)
        try:
            with self._sandbox_for(opening).join() as control:
                channel.send(worker.sock, job.student.encode("utf-8", "surrogatepass"), control.fileno())
            channel.send(worker.sock, job.data)
        except BaseException:
            self._dismiss(worker)  # it may have received a part of the message
            raise
        return worker

    def _take(self, worker: _Worker, job: Job) -> Outcome:
        try:
            data, _ = channel.receive(worker.sock)
        except (OSError, EOFError):
            self._dismiss(worker)
            return Outcome(job.student, b"", LOST)
        self._idle.append(worker)
        return Outcome(job.student, data)

    # ---- processes ----------------------------------------------------------------------------------------

    def _sandbox_for(self, opening: bytes) -> Sandbox:
        if self._sandbox is None:
            self.start(unpack_opening(opening).confinement)
        assert self._sandbox is not None
        return self._sandbox

    def _idle_worker(self) -> _Worker | None:
        while self._idle:
            worker = self._idle.pop()
            if not _ready_workers([worker], wait=False):
                return worker
            self._dismiss(worker)  # an idle worker sends nothing, so its socket was closed: it has ended
        return None

    def _hire(self, opening: bytes) -> _Worker:
        scratch = self._sandbox_for(opening).scratch
        if self._nursery is not None and not self._nursery.lives:
            self._nursery.close()
            self._nursery = None
        if self._nursery is None:
            self._nursery = _Nursery()
        self._nursery.open(opening)
        number = self._numbers.pop()
        slots = range(number, SLOTS, self._most)  # used by no other worker
        ours, theirs = socket.socketpair()
        worker = _Worker(number, ours)
        self._workers.add(worker)
        try:
            with theirs:
                self._nursery.hire({"scratch": str(scratch), "slots": list(slots)}, theirs)
        except BaseException:
            self._dismiss(worker)
            raise
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        worker.sock.close()
        self._workers.remove(worker)
        self._numbers.append(worker.number)

    def close(self) -> None:
        """Ends all processes, busy or not."""
        nursery, self._nursery = self._nursery, None
        sandbox, self._sandbox = self._sandbox, None
        try:
            if nursery is not None:
                nursery.close()
        finally:
            for worker in [*self._workers]:
                self._dismiss(worker)
            self._idle.clear()
            if sandbox is not None:
                sandbox.close()

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class _Worker:
    number: int
    sock: socket.socket


def _ready_workers(workers: Collection[_Worker], *, wait: bool = True) -> list[_Worker]:
    """The workers that have answered or ended. With `wait`, blocks until there is at least one."""
    if not workers:
        return []
    poll = select.poll()
    for worker in workers:
        poll.register(worker.sock, select.POLLIN)
    found = {number for number, _ in poll.poll(None if wait else 0)}
    return [worker for worker in workers if worker.sock.fileno() in found]


class _Nursery:
    """The process from which workers are forked; it runs `worker.main` and imports the judge as soon as it starts."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed in close()
        self._ready = False
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.grading.worker", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env={**os.environ, **ONE_THREAD},
            )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def open(self, opening: bytes) -> None:
        """Sends the opening, unless it has been sent, and waits until the process can fork workers.

        Raises AutograderError, with the end of its log, if the process fails.
        """
        if self._ready:
            return
        try:
            channel.send(self._control, opening)
            self._ready = channel.receive(self._control)[0] == channel.READY
        except (OSError, EOFError):
            raise AutograderError(f"the grader's workers could not be started: {self._last_words()}") from None

    def hire(self, place: dict[str, Any], sock: socket.socket) -> None:
        """Forks a worker that serves `sock`."""
        channel.send(self._control, json.dumps(place).encode(), sock.fileno())

    def close(self) -> None:
        self._control.close()
        if not self._ready:  # it would import for seconds before it notices; it has no worker yet
            self._process.kill()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its workers end with it
            self._process.wait()
        self._log.close()

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return " ".join(line.strip() for line in lines[-3:])[:LAST_WORDS] or "they said nothing"
