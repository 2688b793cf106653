"""What the assignment on scaling ships: the text of today's generator, and curves that today's recipe made."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from materials import scaling
from materials.physics_text import stories


@pytest.fixture(scope="module")
def told() -> list[str]:
    return [" ".join(story) for story in stories()]


@pytest.fixture(scope="module")
def curves() -> Any:
    return json.loads((scaling.FOLDER / scaling.CURVES).read_text())


def test_the_stories_are_those_of_the_generator(told: list[str]) -> None:
    assert (scaling.FOLDER / scaling.TEXT).read_text().splitlines() == told


def test_the_curves_were_made_of_this_text_by_this_recipe(told: list[str], curves: Any) -> None:
    assert curves["digest"] == scaling.digest(told), "run `make scaling`"


def test_more_data_helps_and_the_wide_model_uses_it_better(curves: Any) -> None:
    narrow, wide = curves["curves"]
    for line in (narrow, wide):
        assert all(more < less for less, more in pairwise(line["losses"]))
        assert len(line["losses"]) == len(line["words"]) == len(curves["stories"])
    assert wide["losses"][-1] < narrow["losses"][-1] - 0.5


def test_a_run_that_is_off_by_one_doubling_would_be_noticed(curves: Any) -> None:
    """The margin of the notebook's run is less than the distance to the points beside it."""
    again, line = curves["again"]["losses"], curves["curves"][0]
    mean = sum(again) / len(again)
    deviation = (sum((loss - mean) ** 2 for loss in again) / (len(again) - 1)) ** 0.5
    place = curves["stories"].index(curves["again"]["stories"])
    assert line["width"] == curves["again"]["width"]
    assert 4 * deviation < min(abs(mean - line["losses"][place + step]) for step in (-1, 1))


def test_the_test_stories_are_not_learnt_from(told: list[str]) -> None:
    recipe = scaling.cells(*scaling.RECIPE)
    train, test, words = scaling.prepared(told, scaling.SEED, recipe["split_stories"])
    assert not {tuple(ids) for ids in train} & {tuple(ids) for ids in test}
    assert max(max(ids) for ids in train + test) == words - 1
    assert max(map(len, train + test)) <= recipe["PLACES"]
