"""The course that the engine is tested on is sound: what tests say with it would prove nothing otherwise."""

from __future__ import annotations

import pytest

from autograder.judging.certify import certify_bank
from benchmarks.load import FUNCTIONS
from tests.engine.banks import BANKS


def test_each_function_has_its_bank() -> None:
    assert set(BANKS) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_banks_are_proven(function: str) -> None:
    report = certify_bank(BANKS[function])
    assert report.problems == ()
    assert len(report.variants) >= 3, "tests hand in the third"
