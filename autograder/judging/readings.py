"""Compares observations by a check's `reading` or `budget` when values cannot be compared (random draws, ties, costs).

The judge calls it. The values are untrusted: a reading that raises on them gives `UNREADABLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.judging.check import Check
from autograder.judging.compare import Mismatch, clean, compare_kind
from autograder.judging.credit import unwrap
from autograder.judging.expected import value_slots
from autograder.model import Observation, Probe

Reading = Callable[[Mapping[str, Any]], Mapping[str, str]]

UNREADABLE = {"what came back": "not of a form that can be read"}


def read(reading: Reading, probe: Probe, observation: Observation) -> Mapping[str, str]:
    """The result of `reading` for an observation; `UNREADABLE` if it raises."""
    try:
        with torch.no_grad():
            return reading({name: unwrap(observation.values[name]) for name in value_slots(probe)})
    except Exception:  # the student's values can have any shape and size
        return UNREADABLE


def compare_readings(
    reading: Reading, probe: Probe, observation: Observation, expected: Observation
) -> Mismatch | None:
    """The first difference between the readings of the student's and the oracle's observation; None if equal."""
    for name in value_slots(probe):
        if name not in observation.values:
            return Mismatch("missing", f"{name!r}: nothing came back")
        wrong = compare_kind(observation.values[name], expected.values[name], f"the value {name!r}")
        if wrong is not None:
            return wrong
    found, wanted = read(reading, probe, observation), read(reading, probe, expected)
    for name in [*wanted, *found]:
        if found.get(name) != wanted.get(name) and name in found:
            return Mismatch("reading", f"{name}: {clean(found[name])}" + _expectation_note(wanted.get(name)))
    return None if found == wanted else Mismatch("reading", "something is missing in what came back")


def exceeded_budgets(check: Check, probe: Probe, observation: Observation) -> dict[str, int]:
    """Maps each slot of a counted call over the budget, or of unknown cost, to the cost allowed."""
    if check.budget is None or observation.status != "returned":
        return {}
    counts = {name: (observation.values.get(name), most) for name, most in check.budget(probe).items()}
    return {name: most for name, (cost, most) in counts.items() if type(cost) is not int or cost > most}


def _expectation_note(wanted: str | None) -> str:
    return f" (expected: {wanted})" if wanted is not None else ""
