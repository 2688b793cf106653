"""Fixtures of the tests on the course that this repository is."""

from __future__ import annotations

import pytest

from autograder.course import Course, read_course
from autograder.samples.classes import Sample, hand_in
from autograder.samples.demo import make_course
from tests.conftest import MakeCourse, write_secret
from tests.places import ROOT

ASSIGNMENT = "attention"


@pytest.fixture(scope="session")
def make_attention(tmp_path_factory: pytest.TempPathFactory) -> MakeCourse:
    """As `make_short`, of this repository's assignment on attention."""

    def made(name: str, samples: list[Sample]) -> Course:
        folder = tmp_path_factory.mktemp(name)
        make_course(ROOT, folder, [ASSIGNMENT])
        hand_in(folder, ASSIGNMENT, samples, built=ROOT)
        write_secret(folder)
        return read_course(folder)

    return made
