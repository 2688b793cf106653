"""Reads and writes the record of a judgement: every way of grading writes it; feedback, page and exports read it.

It is stored in the metadata of the autograded notebook, so that it is moved and replaced together with the notebook,
whichever command grades: `autograder grade`, the page's jobs, `nbgrader autograde` or the formgrader's button.
.autograder/results/<assignment>/<student>.json stores the rest: that the marks are in the gradebook, facts that differ
between runs (times, sandbox), and the judgement of a notebook that was not written.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.course import Course, state
from autograder.course.files import write_text
from autograder.errors import RecordsError
from autograder.grading.typed import read_as
from autograder.model import OURS, QuestionResult, Result, Seconds, SubmissionStatus
from autograder.rendering.text import join_lines

STUDENT = "\x00"  # placeholder for the student in a path; no real path contains it

Stamp = tuple[object, ...]


@dataclass(frozen=True)
class Inputs:
    """Digests of everything that a judgement depends on; equal inputs give equal judgements.

    A reader compares the parts that it needs.
    """

    submission: str = ""  # the notebook handed in, the files beside it, the time
    assignment: str = ""  # the instructor's notebooks without their points, and the files beside them
    banks: str = ""  # the folders of the banks that judge this notebook
    points: str = ""
    limits: str = ""
    device: str = "cpu"
    sets: int = 0  # the number of input sets; 0: drawn for each student, as earlier versions did
    secret: str = ""  # its fingerprint
    engine: str = ""  # the package's version

    def differences(self, other: Inputs) -> set[str]:
        """The names of the parts that differ."""
        return {part.name for part in fields(self) if getattr(self, part.name) != getattr(other, part.name)}


@dataclass(frozen=True)
class Judgement:
    """The judge's findings on one notebook of one submission. Equal inputs give exactly the same bytes."""

    assignment: str
    student: str
    notebook: str
    status: SubmissionStatus
    reason: str = ""  # for a TA to act on, if the status is not "graded"
    flags: tuple[str, ...] = ()
    questions: tuple[QuestionResult, ...] = ()
    inputs: Inputs = field(default_factory=Inputs)
    cells: str = ""  # digest of the notebook's cells; empty where no notebook was written

    def question(self, grade_id: str) -> QuestionResult | None:
        return next((one for one in self.questions if one.grade_id == grade_id), None)


@dataclass(frozen=True)
class Conditions:
    """Facts about a run that may differ between two runs with equal inputs."""

    tier: int = 0
    layers: tuple[str, ...] = ()
    seconds: Seconds = field(default_factory=Seconds)


@dataclass(frozen=True)
class Record:
    """The stored judgements of one submission's notebooks."""

    judgements: tuple[Judgement, ...]
    conditions: Conditions
    complete: bool  # `autograder grade` wrote these judgements and saved their marks in the gradebook

    @property
    def result(self) -> Result:
        return result_of(self.judgements, self.conditions)


@dataclass(frozen=True)
class _ResultFile:
    """The content of a result file."""

    digest: str = ""  # of the judgements whose marks are in the gradebook; empty if there are none
    conditions: Conditions = field(default_factory=Conditions)
    unwritten: tuple[Judgement, ...] = ()  # of notebooks that are not in the autograded folder


@functools.cache
def engine() -> str:
    """The package's version.

    It is not a digest of the source, which a comment would change; a person reads the changelog of a version and
    decides whether to grade again.
    """
    try:
        return importlib.metadata.version("autograder")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def result_of(judgements: Iterable[Judgement], conditions: Conditions) -> Result:
    """The result of a submission from the judgements of its notebooks (at least one)."""
    judgements = tuple(judgements)
    worst = next((one for one in judgements if one.status != "graded"), judgements[0])
    questions = tuple(question for one in judgements for question in one.questions)
    return Result(
        assignment=worst.assignment,
        student=worst.student,
        status=worst.status,
        device=worst.inputs.device,
        tier=conditions.tier,
        layers=conditions.layers,
        flags=tuple(sorted({flag for one in judgements for flag in one.flags})),
        questions=questions,
        max_score=sum(question.max_score for question in questions),
        reason=worst.reason,
        seconds=conditions.seconds,
    )


# ---- in a notebook ----------------------------------------------------------------------------------------


def digest_of_cells(cells: Iterable[Mapping[str, Any]]) -> str:
    """A digest of the kinds and sources of a notebook's cells."""
    total = hashlib.sha256()
    for cell in cells:
        text = f"{cell['cell_type']}\0{join_lines(cell['source'])}"
        total.update(hashlib.sha256(text.encode("utf-8", "replace")).digest())
    return total.hexdigest()


def notebook_metadata(judgement: Judgement) -> dict[str, Any]:
    """The metadata that stores the judgement in a notebook; `judgement_of` reads it."""
    return {OURS: {"judgement": asdict(judgement)}}


def judgement_of(notebook: Mapping[str, Any]) -> Judgement | None:
    """The judgement in an autograded notebook; None if it has none, or if its cells have changed since."""
    try:
        found = read_as(Judgement, notebook["metadata"][OURS]["judgement"])
        return found if found.cells == digest_of_cells(notebook["cells"]) else None
    except (KeyError, TypeError, ValueError):
        return None  # graded by something else, or by an older version


# ---- in a course ------------------------------------------------------------------------------------------


class Judgements:
    """The judgements of one assignment's submissions in one course."""

    def __init__(self, course: Course, assignment: str) -> None:
        self.assignment = assignment
        self._source = course.folder("source", assignment)
        self._root = course.root
        self._autograded = str(course.folder("autograded", assignment, STUDENT)).split(STUDENT)

    def read(self, student: str) -> Record | None:
        """The record of a submission, or None. Judgements of other students or assignments are ignored."""
        return self.record(student, self.notebooks(student).values())

    def record(self, student: str, notebooks: Iterable[Mapping[str, Any]]) -> Record | None:
        """As `read`, for a submission's `notebooks` that have already been read."""
        kept = self._read_file(student)
        in_notebooks = [judgement_of(one) for one in notebooks]
        found = {one.notebook: one for one in (*kept.unwritten, *in_notebooks) if one is not None}
        fitting = tuple(
            found[name]
            for name in sorted(found)
            if (found[name].assignment, found[name].student) == (self.assignment, student)
        )
        if not fitting:
            return None
        complete = kept.digest == _digest(fitting)
        return Record(fitting, kept.conditions if complete else Conditions(), complete)

    def notebooks(self, student: str) -> dict[str, Mapping[str, Any]]:
        """The readable autograded notebooks of the assignment, by name; other notebooks are left out."""
        asked_for = {path.name for path in self._source.glob("*.ipynb")}
        found = {}
        for path in self._paths(student):
            with suppress(OSError, ValueError, RecursionError):
                notebook = json.loads(path.read_bytes())
                if isinstance(notebook, Mapping) and path.name in (asked_for or {path.name}):
                    found[path.stem] = notebook
        return found

    def stamp(self, student: str) -> Stamp:
        """A value that changes whenever the result of `read` may have changed."""
        found: list[object] = []
        for path in (self._file(student), *self._paths(student)):
            with suppress(OSError):
                about = path.stat()
                found.append((path.name, about.st_mtime_ns, about.st_size))
        return tuple(found)

    def begin(self, student: str) -> None:
        """Deletes the result file, so that the submission counts as not done until `finish`, even after a crash.

        Raises RecordsError if the file cannot be deleted.
        """
        path = self._file(student)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise RecordsError(f"{path} cannot be written: {error.strerror}") from error

    def finish(self, judgements: Iterable[Judgement], conditions: Conditions, written: Iterable[str]) -> None:
        """Marks the submission as done: the notebooks named in `written` and the gradebook's rows have been written."""
        judgements, written = tuple(judgements), set(written)
        unwritten = tuple(one for one in judgements if one.notebook not in written)
        self._write(judgements[0].student, _ResultFile(_digest(judgements), conditions, unwritten))

    def refuse(self, judgements: Iterable[Judgement], conditions: Conditions) -> None:
        """Stores judgements without a notebook: nbgrader's command writes none for a submission it cannot grade."""
        judgements = tuple(judgements)
        self._write(judgements[0].student, _ResultFile("", conditions, judgements))

    def _read_file(self, student: str) -> _ResultFile:
        try:
            kept = read_as(_ResultFile, json.loads(self._file(student).read_bytes()))
        except (OSError, ValueError, TypeError, RecursionError):
            return _ResultFile()  # there is no complete result file
        there = {path.stem for path in self._paths(student)}
        unwritten = tuple(one for one in kept.unwritten if one.notebook not in there)
        return _ResultFile(kept.digest, kept.conditions, unwritten)

    def _write(self, student: str, kept: _ResultFile) -> None:
        write_text(self._file(student), json.dumps(asdict(kept)))

    def _file(self, student: str) -> Path:
        return state.result(self._root, self.assignment, student)

    def _paths(self, student: str) -> list[Path]:
        folder = student.join(self._autograded)
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".ipynb"))
        except OSError:
            return []
        return [Path(folder, name) for name in names]


def _digest(judgements: Iterable[Judgement]) -> str:
    found = sorted((asdict(one) for one in judgements), key=lambda one: str(one["notebook"]))
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
