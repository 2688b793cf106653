"""The checks of `beliefs()`: one for each group of items, scored by Brier's rule, which is proper."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch

from autograder.checks import EXACT, Bank, Call, Check, Credit, Draw, Misconception, Probe, Variant, brier

from ._items import GROUPS

NAME = "beliefs"
TRUTHS = {name: wrong for group in GROUPS.values() for name, wrong in group.items()}
ABOUT = {
    "formulas": "Items 1 to 6, formulas.",
    "code": "Items 7 to 15, code.",
    "outputs": "Items 16 to 19, printed outputs.",
    "claims": "Items 20 to 24, claims.",
}


def oracle() -> dict[str, float]:
    return {name: float(wrong) for name, wrong in TRUTHS.items()}


def _asked(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME),))]


def _score(truths: Mapping[str, bool], values: Mapping[str, Any]) -> Credit:
    return brier(values["out"], truths)


CHECKS = tuple(
    Check(name, ABOUT[name], _asked, EXACT, weight=len(truths), credit=partial(_score, truths))
    for name, truths in GROUPS.items()
)


def _whole_numbers() -> dict[str, int]:
    return {name: int(wrong) for name, wrong in TRUTHS.items()}


def _in_another_order() -> dict[str, float]:
    return dict(sorted(oracle().items(), reverse=True))


def _of_numpy() -> dict[str, Any]:
    return {name: np.float32(wrong) for name, wrong in TRUTHS.items()}


def _of_torch() -> dict[str, Any]:
    return dict(zip(TRUTHS, torch.tensor([float(wrong) for wrong in TRUTHS.values()]).unbind(), strict=True))


def _with_a_note_more() -> dict[str, Any]:
    return {**oracle(), "my own item": 0.3}


VARIANTS = (
    Variant("whole_numbers", _whole_numbers),
    Variant("in_another_order", _in_another_order),
    Variant("of_numpy", _of_numpy),
    Variant("of_torch", _of_torch),
    Variant("with_a_note_more", _with_a_note_more),
)


def _turned_round() -> dict[str, float]:
    return {name: 1.0 - p for name, p in oracle().items()}


def _all_open() -> dict[str, float]:
    return dict.fromkeys(TRUTHS, 0.5)


def _all_wrong() -> dict[str, float]:
    return dict.fromkeys(TRUTHS, 1.0)


def _all_right() -> dict[str, float]:
    return dict.fromkeys(TRUTHS, 0.0)


def _percents() -> dict[str, float]:
    return {name: 100.0 if p else 3.0 for name, p in oracle().items()}


def _truth_values() -> dict[str, Any]:
    return {name: p == 1.0 for name, p in oracle().items()}


def _texts() -> dict[str, Any]:
    return {name: str(p) for name, p in oracle().items()}


def _cautious() -> dict[str, float]:
    return {name: 0.6 if p else 0.4 for name, p in oracle().items()}


def _in_a_list() -> Any:
    return list(oracle().values())


def _by_number() -> Any:
    return dict(enumerate(oracle().values(), start=1))


def _first_group_only() -> dict[str, float]:
    return {name: p for name, p in oracle().items() if name in GROUPS["formulas"]}


MISCONCEPTIONS = (
    Misconception(
        "right_in_place_of_wrong",
        "Your numbers fit if they are turned round: give the probability that an item is wrong, not that it is right.",
        _turned_round,
    ),
    Misconception(
        "no_idea",
        "All your probabilities are 0.5. Look at one item after the other, and move those that you have a reason for.",
        _all_open,
    ),
    Misconception("all_wrong", "You take every item for wrong. Some look wrong and are right.", _all_wrong),
    Misconception("all_right", "You take every item for right. Most of them are not.", _all_right),
    Misconception(
        "in_percent", "Your numbers are percents. A probability goes from 0 to 1: write 0.9 for 90.", _percents
    ),
    Misconception(
        "true_and_false",
        "True and False are no probabilities: write numbers from 0 to 1, such as 0.8.",
        _truth_values,
    ),
    Misconception("as_text", 'Your numbers are text: write 0.8, not "0.8".', _texts),
    Misconception("in_a_list", "Return a dict with the name of each item, not a list.", _in_a_list),
    Misconception("by_number", "The keys are the names of the items, not their numbers.", _by_number),
    Misconception(
        "first_group_only", "Only the formulas have a probability. Give one to every item.", _first_group_only
    ),
    Misconception(
        "never_sure",
        "You lean to the right side each time, and are never sure. Say so where you can prove it.",
        _cautious,
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, moderate="probabilities")
