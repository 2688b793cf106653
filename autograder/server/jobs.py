"""Starts a job in a process of its own, and cancels jobs; the page's handlers use it.

The process leads its own session, so it continues when the browser or the server ends. It may run on another machine,
started by another server, so this module never sends it a signal.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.course.files import explain_os_error, hold_lock
from autograder.course.sharing import hand_on, make_folder
from autograder.errors import UsageError
from autograder.server import job_files
from autograder.server.job_files import KINDS, JobRequest, Kind

PATIENCE = 30.0  # seconds to wait while another server starts its job


class JobConflict(UsageError):
    """Another job is running for the assignment."""


def start(course: Course, kind: Kind, assignment: str, students: Sequence[str], *, anyway: bool = False) -> JobRequest:
    """Starts a job for these students. JobConflict if a job for the assignment is running."""
    if not students:
        raise UsageError("no student was chosen, so there is nothing to do")
    with explain_os_error("the job was not started", course.state), _lock_jobs(course):
        last = job_files.latest(course, assignment)
        found = None if last is None else job_files.progress(last[1])
        if last is not None and found is not None and found.end is None:
            advice = "it is being cancelled: try again in a moment" if found.cancelling else "wait for it, or cancel it"
            raise JobConflict(f"{KINDS[last[0].kind]} of {assignment} is still at work; {advice}")
        job, folder = job_files.create(course, kind, assignment, students, anyway=anyway)
        with job_files.hold_alive(folder) as lock, (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "autograder.server.runner", str(folder), str(lock)],
                cwd=course.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(lock,), start_new_session=True,
            )  # fmt: skip
        job = replace(job, pid=process.pid)
        job_files.write(folder, job, "the job is at work all the same")
        for path in folder.iterdir():
            hand_on(path)
    threading.Thread(target=process.wait, daemon=True).start()  # avoids a zombie process
    return job


@contextmanager
def _lock_jobs(course: Course) -> Iterator[None]:
    """Locks the course's jobs, so that two requests or two servers cannot start a job at the same time."""
    make_folder(course.state, 0o700)
    with hold_lock(job_files.folder_of(course), PATIENCE):
        yield


def retry(course: Course, job: JobRequest, students: Sequence[str]) -> JobRequest:
    """Starts a new job of the same kind for some of a job's students; it grades again also those with a result."""
    kind: Kind = "regrade" if job.kind == "grade" else job.kind
    return start(course, kind, job.assignment, students, anyway=job.anyway)


def cancel(folder: Path) -> None:
    """Cancels a job, as Ctrl-C would, and returns at once. Finished results stay.

    UsageError if another user started the job.
    """
    with explain_os_error("the job goes on", folder):
        try:
            job_files.ask_to_end(folder)
        except PermissionError:
            raise UsageError("another user of this course started the job; only they can cancel it") from None
