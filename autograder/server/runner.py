"""The process of one job: grades, or makes and releases feedback, and writes an event for each step.

    python -m autograder.server.runner FOLDER LOCK      (LOCK: descriptor of the locked file, open until the end)

It calls the same functions as `autograder grade` and nbgrader's commands.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import Course, read_course
from autograder.errors import AutograderError
from autograder.grading.opening import Options, cores
from autograder.grading.pool import Job, Outcome, Pool, open_pool
from autograder.sandbox.walls import syscalls
from autograder.server.job_files import End, Events, JobRequest, is_to_end, job_in
from autograder.starting import without_address_grammar

if TYPE_CHECKING:
    from autograder.server.feedback import FeedbackMaker

NOT_THERE = "there is no folder {}: it was never handed in here, or was moved since"
LOOK_SECONDS = 0.3  # between two checks whether the job was cancelled
PATIENCE_SECONDS = 20.0  # for a cancelled job to end by itself before it is killed
NICENESS = 5  # pages and notebooks on this machine have priority


def main() -> None:
    without_address_grammar()
    folder, lock = Path(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(lock, False)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background server ignores it
    os.nice(NICENESS)
    events = Events(folder)
    end: End = "done"
    reason = ""
    try:
        job = job_in(folder)
        with obey_cancel(folder, events, PATIENCE_SECONDS):
            run(read_course(Path.cwd()), job, events)
    except KeyboardInterrupt:
        end = "cancelled"
    except AutograderError as error:
        end, reason = "failed", str(error)
    except Exception as error:
        traceback.print_exc()
        end, reason = "failed", f"Our fault: {type(error).__name__}: {error}. More is in {folder / 'log'}"
    events.add("end", end=end, reason=reason)


@contextmanager
def obey_cancel(folder: Path, events: Events, patience: float) -> Iterator[None]:
    """Raises KeyboardInterrupt in the block when the job is cancelled.

    If the block has not ended `patience` seconds later, it kills the process group.
    """
    over = threading.Event()

    def watch() -> None:
        while not is_to_end(folder):
            if over.wait(LOOK_SECONDS):
                return
        signal.pthread_kill(caller, signal.SIGINT)  # to the caller's thread, to interrupt its waiting
        time.sleep(patience)  # this daemon thread ends with the process
        if not over.is_set():
            events.add("end", end="cancelled", reason="")
        os.killpg(os.getpid(), signal.SIGKILL)

    caller = threading.get_ident()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()


def run(course: Course, job: JobRequest, events: Events) -> None:
    if job.kind in ("grade", "regrade"):
        grade(course, job, events)
    else:
        feedback(course, job, events)


def feedback(course: Course, job: JobRequest, events: Events) -> None:
    """Makes each student's feedback, in one process for each core: a page takes seconds of CPU time."""
    workers = min(cores(), len(job.students))
    pool = ProcessPoolExecutor(workers, get_context("fork"), prepare, (course, job, events, os.getpid()))
    try:
        for future in as_completed([pool.submit(serve, student) for student in job.students]):
            student, failed = future.result()
            status = "failed" if failed else "ok"
            events.add("student", student=student, fresh=True, status=status, reason=failed, failed=bool(failed))
    finally:
        pool.shutdown(cancel_futures=True)


def prepare(course: Course, job: JobRequest, events: Events, leader: int) -> None:
    """Initializes a feedback process, and lets the kernel kill it when the job's main process `leader` ends.

    Without this, the process would wait for work for ever and keep the lock that marks the job as running.
    """
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != leader:  # the main process ended before prctl took effect
        os._exit(1)
    from autograder.server.feedback import FeedbackMaker

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # finish the current page
    _made.append((FeedbackMaker(course, job.assignment), job.kind == "release", events))


def serve(student: str) -> tuple[str, str]:
    """Makes one student's feedback. Returns the student and the error text, which is empty on success."""
    maker, release, events = _made[0]
    events.add("begin", student=student)
    return student, maker.serve(student, release=release)


_made: list[tuple[FeedbackMaker, bool, Events]] = []  # this process's maker; set by prepare


def grade(course: Course, job: JobRequest, events: Events) -> None:
    with open_pool(course, job.assignment, Options(), course.settings.jobs or cores()) as (local, opening, prepared):
        from autograder.grading.batch import Class  # imports nbgrader (slow), so after the workers start
        from autograder.grading.submitted import students

        pool = AnnouncingPool(local, events)
        a_class = Class(course, opening, prepared)
        there = set(students(course, job.assignment))
        chosen = [student for student in job.students if student in there]
        for done in a_class.grade(chosen, pool, regrade=job.kind == "regrade") if chosen else ():  # empty means all
            result = done.result
            status = "ok" if result.status == "graded" else result.status
            failed = result.status in ("invalid", "grader_error")
            events.add(
                "student", student=result.student, fresh=done.fresh, status=status, reason=result.reason, failed=failed
            )
        for student in job.students:  # a missing folder must not stop the others
            if student not in there:
                reason = NOT_THERE.format(course.folder("submitted", job.assignment, student))
                events.add("student", student=student, fresh=True, status="not_there", reason=reason, failed=True)


@dataclass(frozen=True)
class AnnouncingPool:
    """A pool that writes a "begin" event when a submission starts."""

    pool: Pool
    events: Events

    def run(self, opening: bytes, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        return self.pool.run(opening, self._announce(jobs))

    def _announce(self, jobs: Iterable[Job]) -> Iterator[Job]:
        for job in jobs:
            self.events.add("begin", student=job.student)
            yield job


if __name__ == "__main__":
    main()
