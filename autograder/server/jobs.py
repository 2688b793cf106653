"""Starts a job in a process of its own, and ends one; used by the page's handlers.

The process leads its own session, so it outlives the browser, and the server as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.errors import UsageError
from autograder.records.files import locked
from autograder.server import job_files
from autograder.server.job_files import KINDS, Events, Job, Kind
from autograder.sharing import hand_on, make_folder

# What a cancelled job gets, and how long it has to end before the next. Ctrl-C is for the process that leads, which
# ends the others in its own way; what comes after is for all of them.
SIGNALS = ((signal.SIGINT, os.kill, 20.0), (signal.SIGTERM, os.killpg, 5.0), (signal.SIGKILL, os.killpg, 5.0))

PATIENCE = 30.0  # seconds for another server to have started its job


class Busy(UsageError):
    """Another job is at work on the assignment."""


def start(course: Course, kind: Kind, assignment: str, students: Sequence[str]) -> Job:
    """Starts a job for these students. Busy if the assignment has one that is not at its end."""
    if not students:
        raise UsageError("no student was chosen, so there is nothing to do")
    make_folder(course.state, 0o700)
    place = job_files.folder_of(course)
    with locked(place, PATIENCE):  # two requests, or two servers, do not start a job at the same moment
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
        for path in folder.iterdir():
            hand_on(path)
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
        except PermissionError:
            raise UsageError("another user of this course started the job; only they can cancel it") from None
        until = time.monotonic() + seconds
        while job_files.is_alive(folder) and time.monotonic() < until:
            time.sleep(0.1)
    if job_files.progress(folder).end == "interrupted":  # it had no time for a last word
        Events(folder).add("end", end="cancelled", reason="")
