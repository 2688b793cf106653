"""Tells whether a student's feedback page exists, is up to date and was released; between the gradebook and standing.

Our jobs record the version of marks and graded notebooks for which a page was made and released. For pages that
nbgrader's own commands made or released there is no record, so file times decide.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from nbgrader.utils import notebook_hash

from autograder.course import Course, state
from autograder.course.files import write_text
from autograder.server.folders import Folders

Feedback = Literal["none", "made", "outdated", "released"]

FEEDBACK: dict[Feedback, str] = {"none": "None", "made": "Made", "outdated": "Outdated", "released": "Released"}


def feedback_state(folders: Folders, student: str, marks: str) -> Feedback:
    """The state of a student's feedback. `marks` is the version of the submission's marks in the gradebook."""
    folder = folders.of("feedback", student)
    if not os.path.isdir(folder):
        return "none"
    pages = sorted(Path(folder).glob("*.html"))
    if not pages:
        return "none"
    made, released = record(folders, student)
    now = version(folders, student, marks)
    if made is None:
        graded = _grading_time(folders, student)
        outdated = any(written < graded for written in _write_times(pages))
    else:
        outdated = made != now
    if outdated:
        return "outdated"
    return "released" if released == now or _in_exchange(folders.course, Path(folder), pages) else "made"


def version(folders: Folders, student: str, marks: str) -> str:
    """The version of a page made now: it has the version of the submission's `marks` and the time of grading."""
    return f"{marks}-{_grading_time(folders, student)}"


def _grading_time(folders: Folders, student: str) -> int:
    """The time of the newest graded notebook, in nanoseconds; 0 if there is none."""
    return max(_write_times(Path(folders.of("autograded", student)).glob("*.ipynb")), default=0)


def _write_times(paths: Iterable[Path]) -> list[int]:
    """The modification times in nanoseconds. A file that another program deletes meanwhile has none."""
    found = []
    for path in paths:
        with suppress(FileNotFoundError):
            found.append(path.stat().st_mtime_ns)
    return found


def record(folders: Folders, student: str) -> tuple[str | None, str | None]:
    """The `version` for which our jobs made a student's page, and the one for which they released it.

    (None, None) if there is no readable record, or if another program wrote a page after it.
    """
    path = _record_path(folders, student)
    try:
        written = path.stat().st_mtime
        if any(page.stat().st_mtime > written for page in Path(folders.of("feedback", student)).glob("*.html")):
            return None, None  # another program made a page after our record
        found = json.loads(path.read_text())
        return found["made"], found["released"]
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def write_record(folders: Folders, student: str, made: str, released: str | None) -> None:
    write_text(_record_path(folders, student), json.dumps({"made": made, "released": released}))


def _record_path(folders: Folders, student: str) -> Path:
    return state.feedback(folders.course.root, folders.assignment, student)


def _in_exchange(course: Course, folder: Path, pages: list[Path]) -> bool:
    """Whether nbgrader's exchange folder holds a copy of each page that is not older than the page."""
    outbound = course.exchange / course.nbgrader.course_id / "feedback"
    try:
        secret = (folder / "submission_secret.txt").read_text()
        copies = [outbound / f"{notebook_hash(secret=secret, notebook_id=page.stem)}.html" for page in pages]
        return all(copy.stat().st_mtime >= page.stat().st_mtime for copy, page in zip(copies, pages, strict=True))
    except (OSError, ValueError):
        return False
