"""Starts a job in a process of its own, and ends one; used by the page's handlers.

The process leads its own session, so it outlives the browser, and the server as well.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.errors import UsageError
from autograder.server import job_files
from autograder.server.job_files import KINDS, Events, Job, Kind
from autograder.sharing import hand_on, make_folder

# What a cancelled job gets, and how long it has to end before the next. Ctrl-C is for the process that leads, which
# ends the others in its own way; what comes after is for all of them.
SIGNALS = ((signal.SIGINT, os.kill, 20.0), (signal.SIGTERM, os.killpg, 5.0), (signal.SIGKILL, os.killpg, 5.0))


class Busy(UsageError):
    """Another job is at work on the assignment."""


def start(course: Course, kind: Kind, assignment: str, students: Sequence[str]) -> Job:
    """Starts a job for these students. Busy if the assignment has one that is not at its end."""
    if not students:
        raise UsageError("no student was chosen, so there is nothing to do")
    with _alone(course):
        last = job_files.latest(course, assignment)
        if last is not None and job_files.progress(last[1]).end is None:
            raise Busy(f"{KINDS[last[0].kind]} of {assignment} is still at work; wait for it, or cancel it")
        job, folder = job_files.create(course, kind, assignment, students)
        with job_files.held(folder) as lock, (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "autograder.server.runner", str(folder), str(lock)],
                cwd=course.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(lock,), start_new_session=True,
            )  # fmt: skip
        job = replace(job, pid=process.pid)
        job_files.write(folder, job)
    threading.Thread(target=process.wait, daemon=True).start()  # nobody else asks how it ended
    return job


def retry(course: Course, job: Job, students: Sequence[str]) -> Job:
    """A new job of the same kind for some of a job's students; results that stand are not taken for done."""
    kind: Kind = "regrade" if job.kind == "grade" else job.kind
    return start(course, kind, job.assignment, [s for s in students if s in job.students])


def cancel(job: Job, folder: Path) -> None:
    """Ends a job as Ctrl-C does, and less kindly if it does not end; returns when it has. What is done is kept."""
    for number, send, seconds in SIGNALS:
        if not job_files.is_alive(folder):
            break
        try:
            send(job.pid, number)
        except ProcessLookupError:
            break
        until = time.monotonic() + seconds
        while job_files.is_alive(folder) and time.monotonic() < until:
            time.sleep(0.1)
    if job_files.progress(folder).end == "interrupted":  # it had no time for a last word
        Events(folder).add("end", end="cancelled", reason="")


@contextmanager
def _alone(course: Course) -> Iterator[None]:
    """Two requests, or two servers, do not start a job for one assignment at the same moment."""
    make_folder(course.state, 0o700)
    lock = course.state / "jobs.lock"
    with lock.open("a") as stream:
        hand_on(lock)
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
