"""What the tests of the page share: one graded class, and the page on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.samples.classes import Sample
from tests.engine.server.light import NAME, WRONG, Client, make, serving

CLASS = [
    Sample("ada"),
    Sample("ben", {"double": WRONG}),
    Sample("cem", {"double": "def double(n)\n    return n"}),
    Sample("dora", extra=("n = 1",)),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Course:
    """Four students; a fifth whose notebook is none."""
    made = make(tmp_path_factory.mktemp("page") / "course", root, CLASS)
    broken = made.folder("submitted", NAME, "eve")
    broken.mkdir(parents=True)
    (broken / f"{NAME}.ipynb").write_text("no notebook")
    return made


@pytest.fixture(scope="module")
def client(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with serving(course.root, tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture(scope="module")
def graded(course: Course, client: Client) -> str:
    """The id of the job that graded all five."""
    students = [("student", name) for name in ("ada", "ben", "cem", "dora", "eve")]
    answer = client.post(f"/a/{NAME}/jobs", ("kind", "grade"), *students)
    assert answer.status == 303, answer.text
    name = sorted(path.name for path in (course.state / "jobs").iterdir())[-1]
    client.job(name)
    return name
