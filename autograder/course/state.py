"""The layout of a course's state folder, which only this module knows; before all that reads or writes it.

    .autograder/secret                                    what hidden inputs are drawn from; secret.<name>: earlier ones
    .autograder/results/<assignment>/<student>.json       what was judged
    .autograder/feedback/<assignment>/<student>.json      of what a feedback page was made
    .autograder/written/<assignment>/<notebook>/<id>/     what a person decided of one question, each save a file
    .autograder/rubrics/<assignment>.json                 rubric items
    .autograder/jobs/<id>/                                what the grading page has at work
    .autograder/gradescope/<assignment>-autograder.zip    a zip with the secret in it
    .autograder/demo                                      the course is a demo of ours, which may be replaced

`root` is the course's root everywhere.
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
    """The assignment and file of each result that is there, sorted; of all assignments where none is named."""
    top = folder(root) / "results"
    found = top.glob("*/*.json") if assignment is None else (top / assignment).glob("*.json")
    return ((path.parent.name, path) for path in sorted(found))


def feedback(root: Path, assignment: str, student: str) -> Path:
    return folder(root) / "feedback" / assignment / f"{student}.json"


def written(root: Path, question: tuple[str, str, str]) -> Path:
    """The folder of a question, by assignment, notebook and grade_id."""
    return folder(root).joinpath("written", *question)


def rubric(root: Path, assignment: str) -> Path:
    return folder(root) / "rubrics" / f"{assignment}.json"


def jobs(root: Path) -> Path:
    return folder(root) / "jobs"


def secret_zip(root: Path, assignment: str) -> Path:
    return folder(root) / "gradescope" / f"{assignment}{ZIP}"


def secret_zips(root: Path) -> Iterator[tuple[str, Path]]:
    """The assignment and file of each zip that is there."""
    return ((path.name.removesuffix(ZIP), path) for path in sorted((folder(root) / "gradescope").glob(f"*{ZIP}")))


def demo_marker(root: Path) -> Path:
    return folder(root) / "demo"
