"""Autograded notebooks with a judgement in them, written by the tests themselves: nothing is graded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.grading.record import Judgement, digest_of_cells, judgement_of, notebook_metadata
from autograder.model import Diagnosis, QuestionResult, Verdict

WHY = Verdict("twice", False, 0.0, "expected 6, got 3", Diagnosis("adds", "It adds."), 2.0)


def question(name: str = "double", notebook: str = "tiny", **values: Any) -> QuestionResult:
    """One that a named mistake has failed."""
    made = QuestionResult(name, f"test_{name}", notebook, "failed", 0.0, 2.0, "checks", (WHY,))
    return replace(made, **values)


def with_judgement(judgement: Judgement, cells: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A notebook of these cells, and that judgement of it."""
    fitting = replace(judgement, cells=digest_of_cells(cells))
    return {"metadata": notebook_metadata(fitting), "cells": list(cells), "nbformat": 4, "nbformat_minor": 5}


def write_judgement(course: Course, judgement: Judgement) -> Path:
    """The autograded notebook of an empty submission with that judgement."""
    folder = course.folder("autograded", judgement.assignment, judgement.student)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{judgement.notebook}.ipynb"
    path.write_text(json.dumps(with_judgement(judgement)))
    return path


def copy_for(path: Path, student: str, to: Path) -> None:
    """A copy of an autograded notebook, as if another student had handed in the same."""
    notebook = json.loads(path.read_bytes())
    found = judgement_of(notebook)
    assert found is not None
    notebook["metadata"] |= notebook_metadata(replace(found, student=student))
    to.parent.mkdir(parents=True)
    to.write_text(json.dumps(notebook))
