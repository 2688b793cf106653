"""Checks whether student code could read the course's files; runs before a grader is opened, and in the doctor.

Student code can read the whole folders of the system and of the Python environment. A course inside one of them, or
one whose root is a Python environment, is refused, because its solutions, hidden checks and secret would be readable.
nbgrader's exchange, by default below /usr, is hidden instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.authoring.new_bank import FOLDER
from autograder.course import Course
from autograder.errors import UsageError
from autograder.gradebook.address import gradebook_file
from autograder.sandbox.walls.view import is_below, view

STEPS = ("source", "source_with_tests", "solution", "submitted", "autograded", "feedback")  # as nbgrader names them
OWN = (FOLDER, "solutions")
EXCHANGED = ("inbound", "outbound", "feedback")  # nbgrader's folders of one course in the exchange
MOVE = "move it to a folder outside, such as one below /srv or in a home"
MOVE_STEP = MOVE + ", and name that in nbgrader_config.py"


def refuse_exposure(course: Course, tier: int | None) -> None:
    """Raises UsageError if student code could read files of the course; not on tier 0, which hides nothing anyway."""
    if tier != 0 and (text := exposure(course)):
        raise UsageError(text)


def exchange_folders(course: Course) -> list[Path]:
    """Folders that a sandbox must hide: the exchange, and this course's folders in it, which may be links."""
    own = course.exchange / str(course.nbgrader.course_id)
    return [course.exchange, own, *(own / name for name in EXCHANGED)]


def exposure(course: Course) -> str:
    """One line: which part of the course student code could read, and what to do. Empty if all of it is hidden."""
    trees = sorted({os.path.realpath(tree) for tree in view().trees})
    root = os.path.realpath(course.root)
    for what, place, advice in _places(course):
        real = os.path.realpath(place)
        for tree in trees:
            inside = is_below(tree, real) and not is_below(root, real)  # an environment below the course's root is fine
            if is_below(real, tree) or inside:
                leads = f", which leads to {real}" if real != os.path.abspath(place) else ""
                return f"{what} ({place}{leads}) {_why(real, tree, advice)}"
    return ""


def _why(real: str, tree: str, advice: str) -> str:
    own = {os.path.realpath(prefix) for prefix in (sys.prefix, sys.exec_prefix)}
    if tree in own and is_below(tree, real):
        there = "is itself" if tree == real else f"holds in {os.path.relpath(tree, real)}"
        return (
            f"{there} the environment of this Python, which every submission can read: make an environment in a folder "
            "of its own, such as .venv in the course, and grade with the autograder that is installed there"
        )
    return f"lies in {tree}, which every submission can read: {advice}"


def _places(course: Course) -> Iterator[tuple[str, Path, str]]:
    """Yields (name, path, advice) for everything in the course that students must not read."""
    yield "the course", course.root, MOVE
    for folder in (course.state, *(course.root / name for name in OWN)):
        yield f"the course's {folder.name}", folder, MOVE
    for step in STEPS:
        yield f"the course's folder for nbgrader's step {step}", course.folder(step, "."), MOVE_STEP
    for path in _links(course):
        yield "a file or folder of the course", path, MOVE
    gradebook = gradebook_file(course)
    if gradebook is not None:
        yield "the gradebook", gradebook, "move it outside, and name that as c.CourseDirectory.db_url"


def _links(course: Course) -> Iterator[Path]:
    """Symbolic links to assignments, to their notebooks, and to banks: their targets may lie outside the course."""
    source = course.folder("source", ".")
    found = [source.glob("*"), source.glob("*/*.ipynb"), (course.root / FOLDER).rglob("*")]
    yield from (path for paths in found for path in sorted(paths) if path.is_symlink())
