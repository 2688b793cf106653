"""Defines and serializes the messages between the pool and its workers.

    Opening           pool -> worker, once: everything needed to judge an assignment
    SubmittedWork     pool -> worker: a submission
    GradedSubmission  worker -> pool: its result

The format is JSON, because a notebook may hold lone surrogates, which UTF-8 cannot encode; nothing is pickled. The
student's id is sent separately from a submission's bytes. This module does not import torch, because the process that
runs the pool does not need it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.course.secret import fingerprint
from autograder.course.settings import INPUT_SETS
from autograder.errors import SubmissionError
from autograder.grading.record import Conditions, Inputs, Judgement, engine, result_of
from autograder.grading.typed import read_as
from autograder.judging.banks import Banks
from autograder.limits import Limits
from autograder.model import Assignment, MasterCell, MasterNotebook, Question, Result
from autograder.sandbox.walls.walls import Walls


@dataclass(frozen=True)
class Confinement:
    """The settings with which a sandbox is started."""

    walls: Walls
    limits: Limits
    preload: tuple[str, ...]  # modules that the zygote imports
    hidden: tuple[str, ...]  # folders that student code must not be able to read


@dataclass(frozen=True)
class Opening:
    """An assignment, and everything needed to judge it."""

    assignment: Assignment
    root: Path  # the course's root on the machine that read it; used only as a name
    banks: Banks
    secret: bytes
    device: str  # "cpu" or "cuda"
    files: Mapping[str, bytes]  # the assignment's files, which replace the student's of the same name
    confinement: Confinement
    sets: int = INPUT_SETS

    def inputs(self, handed_in: SubmittedWork) -> dict[str, Inputs]:
        """The inputs of each notebook's judgement, by the notebook's name."""
        return {master.name: self.inputs_of(master, handed_in) for master in self.assignment.notebooks}

    def inputs_of(self, master: MasterNotebook, handed_in: SubmittedWork) -> Inputs:
        functions = {name for question in master.questions for name in question.checks}
        return Inputs(
            submission=handed_in.digests.get(master.name, ""),
            assignment=self._assignment_digest,
            banks=self.banks.digest_of(functions),
            points=_digest([(q.grade_id, q.max_score) for q in master.questions]),
            limits=_digest(asdict(self.confinement.limits)),
            device=self.device,
            sets=self.sets,
            secret=fingerprint(self.secret),
            engine=engine(),
        )

    @functools.cached_property
    def _assignment_digest(self) -> str:
        files = {path: hashlib.sha256(data).hexdigest() for path, data in self.files.items()}
        return _digest([self.assignment.digest, files])


@dataclass(frozen=True)
class SubmittedWork:
    """A student's submission for one assignment, as bytes; a refused notebook has the reason instead of bytes."""

    student: str
    notebooks: Mapping[str, bytes | SubmissionError]  # by name, without .ipynb
    files: Mapping[str, bytes] = field(default_factory=dict)  # next to the notebooks, by relative path
    flags: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)  # by notebook: a digest of it, the files and the timestamp


@dataclass(frozen=True)
class GradedSubmission:
    judgements: tuple[Judgement, ...]  # one for each notebook
    conditions: Conditions
    notebooks: Mapping[str, str]  # the executed notebooks, as the text of .ipynb files
    comments: Mapping[str, Mapping[str, str | None]]  # nbgrader's automatic ones: notebook -> grade_id -> text

    @functools.cached_property
    def result(self) -> Result:
        return result_of(self.judgements, self.conditions)


def merge_files(handed_in: SubmittedWork, own: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files next to a notebook: the assignment's `own` files, and the student's files that do not conflict.

    A student's file "data" conflicts with the assignment's "data/table.csv", and the other way round. Absolute paths
    and paths with ".." are dropped, because files must be written only below the notebook's folder.
    """
    folders = {str(folder) for path in own for folder in PurePosixPath(path).parents}
    kept = {
        path: data
        for path, data in handed_in.files.items()
        if _stays_below(path)
        and path not in folders
        and not any(str(folder) in own for folder in PurePosixPath(path).parents)
    }
    return {**kept, **own}


def _stays_below(path: str) -> bool:
    plain = PurePosixPath(path)
    return bool(plain.parts) and not plain.is_absolute() and ".." not in plain.parts and "\0" not in path


def _digest(found: object) -> str:
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


# ---- the opening ------------------------------------------------------------------------------------------


def pack_opening(opening: Opening) -> bytes:
    confinement = opening.confinement
    return json.dumps(
        {
            "assignment": asdict(opening.assignment),
            "root": str(opening.root),
            "banks": _texts(opening.banks.files()),
            "secret": _text(opening.secret),
            "device": opening.device,
            "files": _texts(opening.files),
            "walls": confinement.walls.to_json(),
            "limits": asdict(confinement.limits),
            "preload": confinement.preload,
            "hidden": confinement.hidden,
            "sets": opening.sets,
        }
    ).encode()


def unpack_opening(data: bytes) -> Opening:
    found = json.loads(data)
    root = Path(found["root"])
    return Opening(
        _assignment(found["assignment"]),
        root,
        Banks(root, _all_bytes(found["banks"])),
        _bytes(found["secret"]),
        found["device"],
        _all_bytes(found["files"]),
        Confinement(
            Walls.from_json(found["walls"]),
            read_as(Limits, found["limits"]),
            tuple(found["preload"]),
            tuple(found["hidden"]),
        ),
        found["sets"],
    )


def _assignment(found: dict[str, Any]) -> Assignment:
    return Assignment(found["name"], tuple(map(_notebook, found["notebooks"])), found["digest"])


def _notebook(found: dict[str, Any]) -> MasterNotebook:
    cells = tuple(MasterCell(**cell) for cell in found["cells"])
    questions = tuple(read_as(Question, one) for one in found["questions"])
    return MasterNotebook(found["name"], cells, questions, found["metadata"])


# ---- a submission -----------------------------------------------------------------------------------------


def pack_submission(handed_in: SubmittedWork) -> bytes:
    notebooks = {name: _pack_file(data) for name, data in handed_in.notebooks.items()}
    files, flags = _texts(handed_in.files), handed_in.flags
    return json.dumps({"notebooks": notebooks, "files": files, "flags": flags, "digests": handed_in.digests}).encode()


def unpack_submission(student: str, data: bytes) -> SubmittedWork:
    found = json.loads(data)
    notebooks = {name: _unpack_file(one) for name, one in found["notebooks"].items()}
    return SubmittedWork(student, notebooks, _all_bytes(found["files"]), tuple(found["flags"]), found["digests"])


def _pack_file(data: bytes | SubmissionError) -> dict[str, Any]:
    if isinstance(data, SubmissionError):
        return {"refused": str(data), "flags": data.flags}
    return {"bytes": _text(data)}


def _unpack_file(found: dict[str, Any]) -> bytes | SubmissionError:
    if "refused" in found:
        return SubmissionError(found["refused"], flags=tuple(found["flags"]))
    return _bytes(found["bytes"])


# ---- a result ---------------------------------------------------------------------------------------------


def pack_graded(graded: GradedSubmission) -> bytes:
    return json.dumps(asdict(graded)).encode()


def unpack_graded(data: bytes) -> GradedSubmission:
    found = json.loads(data)
    judgements = tuple(read_as(Judgement, one) for one in found["judgements"])
    return GradedSubmission(judgements, read_as(Conditions, found["conditions"]), found["notebooks"], found["comments"])


# ---- bytes in JSON ----------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: _text(data) for name, data in files.items()}


def _all_bytes(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {name: _bytes(text) for name, text in texts.items()}
