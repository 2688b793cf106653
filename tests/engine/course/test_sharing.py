"""A course directory that a group grades: what one grader's program makes, the next grader's may replace."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import Course, read_course
from autograder.course.files import write_text
from autograder.course.sharing import make_folder


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """A grader's terminal whose umask lets nobody else write."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def course(tmp_path: Path, root: Path, strict_umask: None) -> Course:
    (tmp_path / "nbgrader_config.py").write_text((root / "nbgrader_config.py").read_text())
    return read_course(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_in_a_shared_course_all_is_the_groups(course: Course) -> None:
    course.root.chmod(0o2770)
    course.secret()
    result = course.state / "results" / "weights" / "ann.json"
    write_text(result, "{}")
    make_folder(course.root / "autograded" / "ann")
    for folder in (course.state, result.parent, course.root / "autograded", course.root / "autograded" / "ann"):
        assert mode(folder) == 0o2770, folder
    assert mode(result) == 0o660
    assert mode(course.state / "secret") == 0o640


def test_elsewhere_nothing_is_opened(course: Course) -> None:
    course.root.chmod(0o755)
    course.secret()
    write_text(course.state / "result.json", "{}")
    assert mode(course.state) == 0o700
    assert mode(course.state / "secret") == mode(course.state / "result.json") == 0o600
