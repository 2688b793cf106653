"""Reads and writes the files of a job: its request, and one line for each event; between the runner and the page.

    .autograder/jobs/<id>/job.json       the request: students, kind, time
    .autograder/jobs/<id>/events.jsonl   one line for each event, written by the job's process
    .autograder/jobs/<id>/alive          locked by that process while it runs
    .autograder/jobs/<id>/cancel         created to cancel the job; that process polls for it
    .autograder/jobs/<id>/log            the output of the process and of nbgrader

The server keeps no job in memory: after a restart, server and browser read the job's progress from these files.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from autograder.course import Course, state
from autograder.course.files import take_lock, write_text
from autograder.course.sharing import hand_on, make_folder
from autograder.errors import UsageError
from autograder.rendering.text import harmless_text

Kind = Literal["grade", "regrade", "feedback", "release"]
End = Literal["done", "failed", "cancelled", "interrupted"]

KINDS: dict[Kind, str] = {
    "grade": "Grading",
    "regrade": "Grading again",
    "feedback": "Making feedback",
    "release": "Releasing feedback",
}
KILLED = "Its process was ended from outside. What was done is kept; start it again for the rest."
ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")


@dataclass(frozen=True)
class JobRequest:
    """The request of a job. `students` is never empty: "all" is replaced by the students when the job is created."""

    id: str
    kind: Kind
    assignment: str
    students: tuple[str, ...]
    asked_at: float  # seconds since the epoch
    anyway: bool = False  # release although some are not completely graded
    pid: int = 0  # the session leader's process id; for people only, since it may be on another machine


@dataclass(frozen=True)
class Problem:
    """A student for whom the job failed (`failed`), or whose result has a reason that the TA should read."""

    student: str
    status: str
    reason: str
    failed: bool


@dataclass
class JobProgress:
    """A job's progress: the sum of its events."""

    done: int = 0
    fresh: int = 0  # of `done`, the ones that this job worked on; the others had a result already
    running: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    began: float | None = None  # when the first student began, after start-up
    last: float | None = None
    end: End | None = None
    reason: str = ""  # why it ended, if `end` is not "done"
    cancelling: bool = False  # it was cancelled and has not ended yet

    def take(self, event: dict[str, Any]) -> None:
        """Adds one event."""
        kind, student = event["event"], event.get("student", "")
        if kind == "begin":
            self.running.append(student)
            self.began = self.began or event["at"]
        elif kind == "student":
            self.running = [s for s in self.running if s != student]
            self.done += 1
            self.fresh += event["fresh"]
            self.last = event["at"]
            if event["status"] != "ok":
                self.problems.append(Problem(student, event["status"], event["reason"], event["failed"]))
        elif kind == "end":
            self.running = []
            self.end, self.reason, self.last = event["end"], event["reason"], event["at"]

    def seconds_left(self, total: int, now: float) -> float | None:
        """Estimated seconds until the end, at the average speed so far; None before the first result and after the end.

        `total` is the number of students; `now` is in seconds since the epoch.
        """
        if self.end or not self.fresh or self.began is None or self.last is None:
            return None
        return max(0.0, (self.last - self.began) / self.fresh * (total - self.done) - (now - self.last))


def summary(job: JobRequest, found: JobProgress) -> dict[str, Any]:
    """A job and its progress as JSON values for the page's script."""
    return {
        "id": job.id,
        "kind": job.kind,
        "label": KINDS[job.kind],
        "total": len(job.students),
        "done": found.done,
        "kept": found.done - found.fresh,
        "running": found.running,
        "left": found.seconds_left(len(job.students), time.time()),
        "starting": found.end is None and found.began is None,
        "end": found.end,
        "cancelling": found.cancelling,
        "reason": harmless_text(found.reason),
        "problems": [asdict(replace(one, reason=harmless_text(one.reason))) for one in found.problems],
    }


def folder_of(course: Course) -> Path:
    return state.jobs(course.root)


def create(
    course: Course, kind: Kind, assignment: str, students: Sequence[str], *, anyway: bool = False
) -> tuple[JobRequest, Path]:
    """Creates a new job's files; does not start its process."""
    now = time.time()
    when = datetime.fromtimestamp(now, UTC)
    name = f"{when:%Y%m%d-%H%M%S}-{when.microsecond:06x}"  # names sort by time, also within a second
    job = JobRequest(name, kind, assignment, tuple(students), now, anyway)
    folder = folder_of(course) / name
    make_folder(folder, 0o700)
    write(folder, job)
    return job, folder


def write(folder: Path, job: JobRequest, otherwise: str = "the job was not started") -> None:
    write_text(folder / "job.json", json.dumps(asdict(job)), otherwise)


def read(course: Course, name: str) -> tuple[JobRequest, Path]:
    """The job of that name and its folder. UsageError if there is no such job, or if its file is damaged."""
    folder = folder_of(course) / name
    try:
        if not ID.fullmatch(name):
            raise FileNotFoundError(name)
        return job_in(folder), folder
    except OSError:
        raise UsageError(f"there is no job {name}") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{folder / 'job.json'} cannot be read, so it is not known what the job was") from None


def job_in(folder: Path) -> JobRequest:
    found = json.loads((folder / "job.json").read_text())
    return JobRequest(**{**found, "students": tuple(found["students"])})


def latest(course: Course, assignment: str) -> tuple[JobRequest, Path] | None:
    """The newest job of an assignment."""
    for path in sorted(folder_of(course).glob("*/job.json"), reverse=True):
        try:
            job, folder = read(course, path.parent.name)
        except UsageError:
            continue  # a damaged job cannot be running
        if job.assignment == assignment:
            return job, folder
    return None


# ---- events -----------------------------------------------------------------------------------------------


class Events:
    """The writer of events.jsonl, for the job's process."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "events.jsonl"

    def add(self, event: str, **values: Any) -> None:
        line = json.dumps({"event": event, "at": time.time(), **values}).encode() + b"\n"
        with self._path.open("a+b") as stream:
            if stream.tell() and not self._ends_a_line(stream):
                line = b"\n" + line
            stream.write(line)  # one write for the whole line, so that a reader sees all of it or nothing
        hand_on(self._path)

    def _ends_a_line(self, stream: BinaryIO) -> bool:
        """Whether the file ends with a newline. On a full disk a line may be cut off; the next must not join it."""
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def read_events(folder: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The events in the complete lines from byte `offset` on, and the offset after them. Skips damaged lines."""
    try:
        with (folder / "events.jsonl").open("rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except FileNotFoundError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    return [event for line in whole.splitlines() if (event := _event(line))], offset + len(whole)


def _event(line: bytes) -> dict[str, Any]:
    """The event in a line; empty for a line that was cut off."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass
class Watch:
    """Follows a job's events file. If the process ended without an end event, it adds one."""

    folder: Path
    progress: JobProgress = field(default_factory=JobProgress)
    seen: int = 0  # number of events and changes of `cancelling`
    _offset: int = 0

    def look(self) -> JobProgress:
        """Reads the new events and returns the progress."""
        alive = is_alive(self.folder)  # before reading: the process may write its last events and end meanwhile
        events, self._offset = read_events(self.folder, self._offset)
        for event in events:
            with suppress(KeyError, TypeError):  # written by another version of this program, or damaged
                self.progress.take(event)
        cancelled = is_to_end(self.folder)
        if self.progress.end is None and not alive:
            end, reason = ("cancelled", "") if cancelled else ("interrupted", KILLED)
            self.progress.take({"event": "end", "at": time.time(), "end": end, "reason": reason})
            self.seen += 1
        cancelling = cancelled and self.progress.end is None
        self.seen += len(events) + (cancelling != self.progress.cancelling)
        self.progress.cancelling = cancelling
        return self.progress


def progress(folder: Path) -> JobProgress:
    """A job's progress now."""
    return Watch(folder).look()


# ---- whether its process runs -----------------------------------------------------------------------------


@contextmanager
def hold_alive(folder: Path) -> Iterator[int]:
    """Locks a job's file `alive` and yields its descriptor for the job's process to inherit.

    The lock lasts until the last process that has the file open ends.
    """
    with (folder / "alive").open("w") as stream:
        take_lock(stream.fileno(), wait=True)  # is_alive may hold a shared lock for a moment
        yield stream.fileno()


def is_alive(folder: Path) -> bool:
    """Whether the job's process runs, even if the server that started it has ended."""
    try:
        with (folder / "alive").open() as stream:
            return not take_lock(stream.fileno(), shared=True)
    except FileNotFoundError:
        return False  # the server ended before it started the process


def ask_to_end(folder: Path) -> None:
    """Creates the file `cancel`, which the job's process polls for, on whichever machine it runs."""
    (folder / "cancel").touch()
    hand_on(folder / "cancel")


def is_to_end(folder: Path) -> bool:
    return (folder / "cancel").exists()


def running_jobs(course: Course) -> dict[str, dict[str, Any]]:
    """The summaries of the running jobs, by assignment."""
    found = {}
    for path in sorted(folder_of(course).glob("*/alive")):
        if is_alive(path.parent):
            with suppress(UsageError):
                job, folder = read(course, path.parent.name)
                found[job.assignment] = summary(job, progress(folder))
    return found


def has_running_job(course: Course) -> bool:
    """Whether a job is running in the course."""
    return any(is_alive(path.parent) for path in folder_of(course).glob("*/alive"))
