"""Wrong and right solutions that were written by the contract of each function, apart from the banks.

A bank knows the mistakes that its author thought of; these stand for the others. A file of `held_out/` is a function,
its WRONG and RIGHT what students might hand in. None of WRONG may get full marks, none of RIGHT may lose a point.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.judging.bounds import OutOfBounds, limit_use
from autograder.judging.judge import judge_with
from autograder.judging.sets import InputSets
from autograder.judging.trial import Trials
from autograder.model import Observation, Probe, Verdict
from tests.conftest import SECRET
from tests.course.banks import BANKS, find_bank

pytestmark = pytest.mark.matrix

FOLDER = Path(__file__).parent / "held_out"
FUNCTIONS = sorted(path.stem for path in FOLDER.glob("*/*.py"))
SETS = 4
SECONDS = 20.0  # of CPU for one call: some of the wrong ones loop for long
NAMED = 0.8  # of the wrong ones: the sentence of a misconception goes with their marks


@cache
def module_of(function: str) -> ModuleType:
    (path,) = FOLDER.glob(f"*/{function}.py")
    spec = importlib.util.spec_from_file_location(f"held_out_{function}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def trials(function: str) -> tuple[Trials, ...]:
    sets = InputSets(BANKS, SECRET, BANKS.assignment_of(function), 32)
    return tuple(Trials(sets.reference(function, number)) for number in range(SETS))


@cache
def verdicts(function: str, implementation: Any) -> tuple[tuple[Verdict, ...], ...]:
    """The verdicts on each set."""
    bank, text = find_bank(function), Path(str(module_of(function).__file__)).read_text()
    found = []
    for one in trials(function):
        asked = one.on({function: implementation})

        def ask(probe: Probe, asked: Any = asked) -> Observation:
            try:
                with limit_use(SECONDS):
                    return asked(probe)
            except OutOfBounds:
                return Observation("timed_out")

        found.append(judge_with(one.reference, float(bank.weight), ask, [text], root=implementation.__name__))
    return tuple(found)


def failed(one: Sequence[Verdict]) -> list[str]:
    return [f"{verdict.name}: {verdict.message}" for verdict in one if not verdict.passed]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_wrong_one_gets_full_marks(function: str) -> None:
    whole = [wrong.__name__ for wrong in module_of(function).WRONG if not all(map(failed, verdicts(function, wrong)))]
    assert whole == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_right_one_loses_a_point(function: str) -> None:
    lost = {right.__name__: found for right in module_of(function).RIGHT
            if (found := [text for one in verdicts(function, right) for text in failed(one)])}  # fmt: skip
    assert lost == {}


def test_most_wrong_ones_are_named() -> None:
    every = [(function, wrong) for function in FUNCTIONS for wrong in module_of(function).WRONG]
    named = [any(v.diagnosis for one in verdicts(*pair) for v in one) for pair in every]
    assert len(every) >= 800
    assert sum(named) / len(every) >= NAMED
