"""Grades a class: sends submissions to the pool, writes autograded notebooks, gradebook rows and result files.

A submission is done once its result file exists (see `record.py`); this file is written last and atomically. After an
interruption, the next run keeps the submissions that are done and grades the others. The submission that was being
written is graded again, which gives the same files and rows.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.course.secret import fingerprint
from autograder.course.sharing import hand_on, make_folder
from autograder.errors import AutograderError, RecordsError, UsageError
from autograder.gradebook.writer import GradebookWriter
from autograder.grading.names import BAD_NAME, can_be_id
from autograder.grading.output_limits import limit_outputs
from autograder.grading.pool import Job, Pool
from autograder.grading.record import Judgements
from autograder.grading.submitted import SubmittedFolder, read_submitted, students
from autograder.grading.travel import (
    GradedSubmission,
    Opening,
    merge_files,
    pack_opening,
    pack_submission,
    unpack_graded,
)
from autograder.model import Result
from autograder.rendering.text import printable_line

UNKNOWN = "not in the gradebook: add the student (nbgrader db student add), or set Autograde.create_student"
# Parts of `Inputs` whose change does not invalidate marks: a person decides whether to --regrade.
STAND = frozenset({"secret", "engine"})
# Disk errors, which affect every submission; any other OSError concerns one submission.
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


@dataclass(frozen=True)
class SubmissionResult:
    """One submission's result. `fresh`: it was graded in this run; else `differing` names the parts of STAND that have
    changed since it was graded."""

    result: Result
    fresh: bool
    differing: frozenset[str] = frozenset()


@dataclass
class Class:
    """All submissions of one assignment in one course."""

    course: Course
    opening: Opening
    prepared: dict[str, Any]  # the prepared notebooks by name, for the gradebook

    @property
    def assignment(self) -> str:
        return self.opening.assignment.name

    @functools.cached_property
    def judgements(self) -> Judgements:
        return Judgements(self.course, self.assignment)

    def students(self, chosen: Sequence[str]) -> list[str]:
        there = students(self.course, self.assignment)
        unknown = sorted(set(chosen) - set(there))
        if unknown:
            folder = self.course.folder("submitted", self.assignment, unknown[0])
            raise UsageError(f"no submission of {', '.join(unknown)}: there is no folder {folder}")
        if not there:
            folder = self.course.folder("submitted", self.assignment, "STUDENT")
            raise UsageError(f"nobody has handed in '{self.assignment}': there is no folder {folder}")
        return [s for s in there if s in chosen] if chosen else there

    def grade(self, chosen: Sequence[str], pool: Pool, *, regrade: bool = False) -> Iterator[SubmissionResult]:
        """Grades the submissions that are not done yet, or all with `regrade`; yields each result as it is ready."""
        waiting: dict[str, SubmittedFolder] = {}
        failed: list[SubmissionResult] = []
        todo: list[str] = []

        def jobs() -> Iterator[Job]:
            for student in todo:
                try:
                    waiting[student] = read_submitted(self.course, self.assignment, student, self._notebooks())
                except UsageError:
                    raise
                except Exception as error:
                    failed.append(self._failure(student, error))
                    continue
                yield Job(student, pack_submission(waiting[student].handed_in))

        with GradebookWriter(self.course) as records:
            records.register(self.assignment, self.prepared)
            for student in self.students(chosen):
                known = self._result_without_grading(student, records, regrade)
                if known is None:
                    todo.append(student)
                else:
                    yield known
            with contextlib.closing(pool.run(pack_opening(self.opening), jobs())) as outcomes:  # stop workers on error
                for outcome in outcomes:
                    submitted = waiting.pop(outcome.student)
                    if outcome.lost:
                        yield self._loss(outcome.student, outcome.lost)
                        continue
                    yield self._record(unpack_graded(outcome.data), submitted, records)
            yield from failed

    def _notebooks(self) -> list[str]:
        return [nb.name for nb in self.opening.assignment.notebooks]

    def _result_without_grading(self, student: str, records: GradebookWriter, regrade: bool) -> SubmissionResult | None:
        """An earlier result that still holds, or a refusal; None if the submission must be graded."""
        if not can_be_id(student):
            return SubmissionResult(self._refusal(student, "bad_name", BAD_NAME), fresh=True)
        create = bool(self.course.config.Autograde.get("create_student", True))
        if not create and not records.knows_student(student):
            return SubmissionResult(self._refusal(student, "unknown_student", UNKNOWN), fresh=True)
        return None if regrade else self._reusable_result(student, records)

    def _record(
        self, graded: GradedSubmission, submitted: SubmittedFolder, records: GradebookWriter
    ) -> SubmissionResult:
        try:
            self.write(graded, submitted, records)
        except AutograderError:  # of the disk or the gradebook: every later submission would fail too
            raise
        except Exception as error:
            return self._failure(graded.result.student, error)
        return SubmissionResult(graded.result, fresh=True)

    # ---- files --------------------------------------------------------------------------------------------

    def write(self, graded: GradedSubmission, submitted: SubmittedFolder, records: GradebookWriter) -> None:
        """Writes the autograded folder, then the gradebook's rows, and last the result file, which marks it as done."""
        self.judgements.begin(graded.result.student)
        self._write_autograded(graded, submitted)
        records.save(graded.result, graded.comments, submitted.timestamp)
        self.judgements.finish(graded.judgements, graded.conditions, graded.notebooks)

    def _write_autograded(self, graded: GradedSubmission, submitted: SubmittedFolder) -> None:
        """Atomically replaces autograded/<student>/<assignment> by the files that nbgrader would write there."""
        final = self.course.folder("autograded", self.assignment, graded.result.student)
        try:
            make_folder(final.parent)
            for left in final.parent.glob(f".{final.name}-*"):  # left by a run that was killed here
                shutil.rmtree(left)
            fresh = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
            fresh.chmod(0o755)
            hand_on(fresh)
            files = merge_files(submitted.handed_in, self.opening.files)
            config = self.course.config
            files |= {f"{name}.ipynb": limit_outputs(text, config).encode() for name, text in graded.notebooks.items()}
            if submitted.timestamp_file:
                files["timestamp.txt"] = submitted.timestamp_file
            for name, data in files.items():
                place = fresh / name
                make_folder(place.parent)
                place.write_bytes(data)
                place.chmod(0o444)  # as nbgrader does: TAs read it, nobody edits it
            old = fresh.with_name(fresh.name + ".old")
            if final.exists():
                final.rename(old)
            fresh.rename(final)
            shutil.rmtree(old, ignore_errors=True)
        except OSError as error:
            if error.errno not in DISK:
                raise
            raise RecordsError(f"{final} cannot be written: {error.strerror}; what is graded is kept") from error

    def _reusable_result(self, student: str, records: GradebookWriter) -> SubmissionResult | None:
        """An earlier result that still holds, else None.

        It holds if its inputs are equal, except for the parts in STAND, and its folder and gradebook rows exist.
        """
        record = self.judgements.read(student)
        if record is None or not record.complete or record.result.status == "grader_error":
            return None  # never finished, or later graded by nbgrader's own command: grade again
        if not records.has_submission(self.assignment, student):
            return None
        try:
            submitted = read_submitted(self.course, self.assignment, student, self._notebooks())
        except OSError:
            return None  # reported when it is read again for grading
        now = self.opening.inputs(submitted.handed_in)
        if now.keys() != {one.notebook for one in record.judgements}:
            return None
        differing = set[str]().union(*(now[one.notebook].differences(one.inputs) for one in record.judgements))
        return (
            SubmissionResult(record.result, fresh=False, differing=frozenset(differing)) if differing <= STAND else None
        )

    def _failure(self, student: str, error: Exception) -> SubmissionResult:
        """The result for an error in the grader: the other submissions go on; the next run grades this one again."""
        where = traceback.extract_tb(error.__traceback__)[-1]
        return self._loss(student, f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})")

    def _loss(self, student: str, text: str) -> SubmissionResult:
        return SubmissionResult(
            replace(self._refusal(student, "not_recorded", text), status="grader_error"), fresh=True
        )

    def _refusal(self, student: str, flag: str, reason: str) -> Result:
        shown = printable_line(student)
        return Result(
            self.assignment, shown, "invalid", self.opening.device, self.opening.confinement.walls.tier, (),
            (flag,), (), self.opening.assignment.max_score, reason,
        )  # fmt: skip


def count_earlier_results(course: Course) -> dict[str, int]:
    """Maps each assignment to the number of its submissions that were judged with an earlier secret of the course."""
    now = fingerprint(course.secret())
    found: dict[str, int] = {}
    for assignment in sorted(path.name for path in course.folder("source", "*").parent.glob("*") if path.is_dir()):
        judgements = Judgements(course, assignment)
        records = [judgements.read(student) for student in students(course, assignment, "autograded")]
        earlier = sum(any(j.inputs.secret != now for j in one.judgements) for one in records if one is not None)
        found |= {assignment: earlier} if earlier else {}
    return found
