"""A pool for tests: judges here, with a sandbox that is up already, so that a test waits for no process to import."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.grading.batch import Class, SubmissionResult
from autograder.grading.opening import grader_of
from autograder.grading.pool import Job, Outcome
from autograder.grading.scoring import Grader
from autograder.grading.travel import Confinement, Opening, pack_graded, unpack_opening, unpack_submission
from autograder.sandbox.session import Sessions

Warm = tuple[Grader, dict[str, Any]]


@dataclass(frozen=True)
class HerePool:
    """One submission after the other; all that travels is packed and unpacked as between machines."""

    sandbox: Sessions

    def run(self, opening: bytes, jobs: Iterable[Job]) -> Generator[Outcome, None, None]:
        grader = grader_of(unpack_opening(opening), self.sandbox)
        for job in jobs:
            graded = grader.grade(unpack_submission(job.student, job.data))
            yield Outcome(job.student, pack_graded(graded))


def opening_of(grader: Grader, secret: bytes | None = None, root: Path = Path("/")) -> Opening:
    """All that a grader which is open judges by; with another secret if one is given."""
    confinement = Confinement(grader.sandbox.walls, grader.sandbox.limits, ("torch", "numpy"), ())
    return Opening(
        grader.assignment, root, grader.banks, secret or grader.secret, grader.device, grader.files, confinement
    )


def class_of(course: Course, warm: Warm) -> tuple[Class, HerePool]:
    """A course's class with its own secret, and a pool that judges it by the warm grader's assignment."""
    grader, prepared = warm
    return Class(course, opening_of(grader, course.secret()), prepared), HerePool(grader.sandbox)


def grade_here(course: Course, warm: Warm, *, regrade: bool = False) -> list[SubmissionResult]:
    """`autograder grade` by the warm grader."""
    a_class, pool = class_of(course, warm)
    return list(a_class.grade([], pool, regrade=regrade))
