"""The layout of a course's state folder; every module that reads or writes there takes its paths from here.

    .autograder/secret                                    the course's secret; secret.<fingerprint>: earlier ones
    .autograder/results/<assignment>/<student>.json       the result of grading
    .autograder/feedback/<assignment>/<student>.json      the data of a feedback page
    .autograder/written/<assignment>/<notebook>/<id>/     marks given by hand to one question, one file for each save
    .autograder/rubrics/<assignment>.json                 rubric items
    .autograder/jobs/<id>/                                jobs of the grading page
    .autograder/gradescope/<assignment>-autograder.zip    the autograder for Gradescope; contains the secret
    .autograder/demo                                      marks a demo course, which may be replaced

In every function `root` is the course's root.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

STATE = ".autograder"
SECRET = "secret"
ZIP = "-autograder.zip"


def folder(root: Path) -> Path:
    return root / STATE


def secret(root: Path) -> Path:
    return folder(root) / SECRET


def result(root: Path, assignment: str, student: str) -> Path:
    return folder(root) / "results" / assignment / f"{student}.json"


def results(root: Path, assignment: str | None = None) -> Iterator[tuple[str, Path]]:
    """The (assignment, file) of each result, sorted; of all assignments if `assignment` is None."""
    top = folder(root) / "results"
    found = top.glob("*/*.json") if assignment is None else (top / assignment).glob("*.json")
    return ((path.parent.name, path) for path in sorted(found))


def feedback(root: Path, assignment: str, student: str) -> Path:
    return folder(root) / "feedback" / assignment / f"{student}.json"


def written_marks(root: Path, question: tuple[str, str, str]) -> Path:
    """The folder with one question's marks by hand; `question` is (assignment, notebook, grade_id)."""
    return folder(root).joinpath("written", *question)


def rubric(root: Path, assignment: str) -> Path:
    return folder(root) / "rubrics" / f"{assignment}.json"


def jobs(root: Path) -> Path:
    return folder(root) / "jobs"


def secret_zip(root: Path, assignment: str) -> Path:
    return folder(root) / "gradescope" / f"{assignment}{ZIP}"


def secret_zips(root: Path) -> Iterator[tuple[str, Path]]:
    """The (assignment, file) of each zip that exists."""
    return ((path.name.removesuffix(ZIP), path) for path in sorted((folder(root) / "gradescope").glob(f"*{ZIP}")))


def demo_marker(root: Path) -> Path:
    return folder(root) / "demo"
