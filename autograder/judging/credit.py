"""Gives a value a fraction of a check's points, where no single answer is the only right one; used by the judge.

A check with a `credit` is judged by that function alone: its values are not compared with the oracle's. The values are
untrusted: a function that raises on them gives UNREADABLE.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from autograder.errors import AutograderError
from autograder.judging.compare import describe
from autograder.model import Observation, Tensor


@dataclass(frozen=True)
class Credit:
    """The fraction of a check's points that a value earns, 0 to 1, and the reason why it is not 1."""

    fraction: float
    message: str = ""


Crediting = Callable[[Mapping[str, Any]], Credit]

UNREADABLE = Credit(0.0, "what came back is not of a form that can be read")


def credit_of(crediting: Crediting, observation: Observation) -> Credit:
    """The credit of the values that came back, tensors as torch.Tensor (None on the meta device).

    Raises AutograderError for a fraction that is none, which is an author's mistake and must not cost marks.
    """
    try:
        with torch.no_grad():
            credit = crediting({name: unwrap(value) for name, value in observation.values.items()})
    except Exception:  # the student's values can have any shape and size
        return UNREADABLE
    if not (math.isfinite(credit.fraction) and 0.0 <= credit.fraction <= 1.0):
        raise AutograderError(f"a check's credit is {credit.fraction!r}: it must be a number from 0 to 1")
    return credit


def part_of(points: float, fraction: float, max_score: float) -> float:
    """This fraction of a check's points, rounded down.

    As the points of all checks are, it is a multiple of the last binary digit of `max_score`: no sum of them is
    rounded, and equal answers get equal marks in whatever order they are added up.
    """
    digit = math.ulp(max_score)
    return math.floor(Fraction(points) / Fraction(digit) * Fraction(fraction)) * digit if points else 0.0


def brier(probabilities: Any, truths: Mapping[str, bool]) -> Credit:
    """Scores the probability that each statement in `truths` is true by Brier's rule: 1 - the mean of (p - truth)^2.

    The rule is strictly proper: whoever gives the probability that they believe gets the most points to be expected.
    Sure and right is worth 1, no idea (0.5) is worth 0.75, sure and wrong 0. A statement without a number from 0 to 1
    is worth 0. The message never says which of the statements are true.
    Source: G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
    """
    if type(probabilities) is not dict:
        return Credit(0.0, "return one dict: the name of each item and a probability from 0 to 1")
    given = {name: _probability(probabilities.get(name)) for name in truths}
    errors = {name: abs(p - truths[name]) for name, p in given.items() if p is not None}
    fraction = math.fsum(1.0 - error * error for error in errors.values()) / len(truths)
    missing = [name for name in truths if name not in probabilities]
    strange = [name for name, p in given.items() if p is None and name in probabilities]
    if missing:
        return Credit(
            fraction, f"these items are missing: {', '.join(missing)}; give each a probability, 0.5 if you have no idea"
        )
    if strange:
        first = describe(probabilities[strange[0]])
        return Credit(fraction, f"these items have no number from 0 to 1 (the first is {first}): {', '.join(strange)}")
    if fraction >= 1.0:
        return Credit(1.0)
    wrong = sum(error > 0.5 for error in errors.values())
    sure = sum(error >= 0.9 for error in errors.values())
    open_ = sum(error == 0.5 for error in errors.values())
    return Credit(
        fraction,
        f"of {len(truths)} items you leaned to the wrong side on {wrong} (on {sure} of them you were almost sure), "
        f"and gave exactly 0.5 to {open_}",
    )


def _probability(value: Any) -> float | None:
    """A number from 0 to 1 as a float: of Python, of numpy, or a tensor of one number; None for anything else."""
    if isinstance(value, np.generic) or (isinstance(value, torch.Tensor) and value.numel() == 1):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def unwrap(value: Any) -> Any:
    """A received value with plain tensors and arrays as torch.Tensor."""
    match value:
        case Tensor():
            return value.data
        case list() | tuple():
            return type(value)(unwrap(v) for v in value)
        case dict():
            return {name: unwrap(entry) for name, entry in value.items()}
        case _:
            return value
