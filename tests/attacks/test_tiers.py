"""Every case on every tier that this machine offers; after it nothing is left of it, and an honest one is graded.

`make test` shoots on tier 2 and grades an honest submission at the end; `make test-all` grades one after every case.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.errors import WallsError
from autograder.sandbox.walls import survey
from tests.attacks.attack import Attack
from tests.attacks.cases import BY_TIER
from tests.attacks.ground import HONEST, Range, clear, faults, open_range, remains

ROUNDS = (
    pytest.param((2, False), id="tier2"),
    *(pytest.param((tier, True), id=f"tier{tier}-each", marks=pytest.mark.matrix) for tier in (2, 1, 0)),
)


@dataclass(frozen=True)
class Round:
    place: Range
    each: bool  # whether an honest submission is graded after each case


@pytest.fixture(scope="module", params=ROUNDS)
def turn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Round]:
    tier, each = request.param
    try:
        survey.choose(tier)
    except WallsError as error:
        pytest.skip(str(error))  # tests/engine/sandbox/test_walls.py fails where the kernel has what this tier needs
    folder = tmp_path_factory.mktemp(f"range{tier}")
    with open_range(folder, tier) as opened:
        yield Round(opened, each)
        assert faults(HONEST, opened.grade(HONEST)) == [], "an honest submission after all of them"
        assert opened.kept <= set(_living(opened)), "the neighbour did not live through it"
    shutil.rmtree(folder, ignore_errors=True)


def _living(place: Range) -> list[int]:
    return [pid for pid in place.kept if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("attack", BY_TIER, ids=lambda attack: attack.name)
def test_case(turn: Round, attack: Attack, request: pytest.FixtureRequest) -> None:
    place = turn.place
    tier = place.grader.sandbox.walls.tier
    if attack.raw is not None and tier != place.best:
        pytest.skip("refused before there is a sandbox: looked at once, on the best tier")
    if tier == 0 and not attack.safe:
        pytest.skip("could harm the machine where limits are the only wall")
    if tier in attack.holes:
        request.applymarker(pytest.mark.xfail(strict=True, reason=attack.holes[tier], raises=AssertionError))
    before = place.digests()
    assert place.kept  # looked up before the attack
    found = faults(attack, place.grade(attack))
    after = [
        *(f"process {pid} lives on" for pid in remains(place)),
        *(["the course folder has changed"] if place.digests() != before else []),
        *(f"the next honest one: {fault}" for fault in (faults(HONEST, place.grade(HONEST)) if turn.each else ())),
    ]
    if tier in attack.holes:
        clear(place)
    if tier in attack.may_open:
        assert after == []
    elif tier in attack.opens:
        assert found, f"it is said to be open here ({attack.opens[tier]}), and held"
        assert after == []
    else:
        assert found + after == []
