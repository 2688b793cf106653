"""The graders that a JupyterLab server keeps: one for each assignment, anew after a change, and none left behind."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from autograder.course import CONFIG, Course, read_course
from autograder.grading.preprocessor import _GraderCache
from tests.conftest import WARMUP, MakeCourse
from tests.processes import wait_for, zygotes


def append(course: Course, path: str, text: str) -> None:
    place = course.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a") as file:
        file.write(text)


CHANGES: dict[str, Callable[[Course], None]] = {
    "notebook": lambda course: os.utime(course.root / "source" / WARMUP / f"{WARMUP}.ipynb", ns=(1, 1)),
    "new file in a subfolder": lambda course: append(course, f"source/{WARMUP}/data/deep/table.csv", "1\n"),
    "changed file in a subfolder": lambda course: append(course, f"source/{WARMUP}/data/deep/table.csv", "2\n"),
    "bank": lambda course: append(course, "checks/warmup/softmax.py", "# changed\n"),
    "settings": lambda course: append(course, CONFIG, "\nc.Autograder.cell_seconds = 7.0\n"),
}


def test_after_a_change_the_old_grader_is_closed_and_another_opened(make_short: MakeCourse) -> None:
    course = make_short("warm", [])
    append(course, f"source/{WARMUP}/data/deep/table.csv", "0\n")
    before = len(zygotes())
    warm = _GraderCache()
    try:
        with warm.grader(course, WARMUP) as first:
            wait_for(lambda: len(zygotes()) == before + 1)
        last = first
        for name, change in CHANGES.items():
            change(course)
            course = read_course(course.root)
            with warm.grader(course, WARMUP) as grader:
                assert grader is not last, name
                wait_for(lambda: len(zygotes()) > before)
                assert len(zygotes()) == before + 1, name
            last = grader
            with warm.grader(read_course(course.root), WARMUP) as grader:
                assert grader is last, name
        assert last.files["data/deep/table.csv"] == b"0\n1\n2\n"
        assert last.sandbox.limits.cell_seconds == 7.0
        assert last.banks.digest != first.banks.digest
    finally:
        warm.close()
    assert len(zygotes()) == before


def test_a_grader_that_cannot_be_opened_leaves_none(make_short: MakeCourse) -> None:
    course = make_short("broken", [])
    before = len(zygotes())
    warm = _GraderCache()
    with warm.grader(course, WARMUP):
        wait_for(lambda: len(zygotes()) == before + 1)
    (course.root / "source" / WARMUP / f"{WARMUP}.ipynb").write_text("{")
    with pytest.raises(Exception), warm.grader(course, WARMUP):  # noqa: B017, PT011  # whatever nbformat says of it
        pass
    assert len(zygotes()) == before
