"""Every case on every tier that this machine offers; after each, nothing is left of it and the next one is graded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.errors import WallsError
from autograder.sandbox.walls import survey
from tests.attacks.attack import Attack
from tests.attacks.cases import BY_TIER
from tests.attacks.ground import HONEST, Range, clear, faults, open_range, remains

TIERS = (2, pytest.param(1, marks=pytest.mark.matrix), pytest.param(0, marks=pytest.mark.matrix))


@pytest.fixture(scope="module", params=TIERS, ids=lambda tier: f"tier{tier}")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    try:
        survey.choose(request.param)
    except WallsError as error:
        pytest.skip(str(error))  # tests/engine/sandbox/test_walls.py fails where the kernel has what this tier needs
    folder = tmp_path_factory.mktemp(f"range{request.param}")
    with open_range(folder, request.param) as opened:
        yield opened
        assert opened.kept <= set(_living(opened)), "the neighbour did not live through it"
    shutil.rmtree(folder, ignore_errors=True)


def _living(place: Range) -> list[int]:
    return [pid for pid in place.kept if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize("attack", BY_TIER, ids=lambda attack: attack.name)
def test_case(place: Range, attack: Attack, request: pytest.FixtureRequest) -> None:
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
        *(f"the next honest one: {fault}" for fault in faults(HONEST, place.grade(HONEST))),
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
