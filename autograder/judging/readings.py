"""What a check reads from what came back, where the values themselves are not to be compared: draws, ties, costs.

What came back is untrusted: a reading that breaks on it is a reading too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.judging.check import Check
from autograder.judging.compare import Mismatch, clean, compare_kind
from autograder.judging.expected import value_slots
from autograder.model import Observation, Probe, Tensor

Reading = Callable[[Mapping[str, Any]], Mapping[str, str]]

UNREADABLE = {"what came back": "not of a form that can be read"}


def read(reading: Reading, probe: Probe, observation: Observation) -> Mapping[str, str]:
    """The words that `reading` finds in an observation; `UNREADABLE` where it finds no way to read it."""
    try:
        with torch.no_grad():
            return reading({name: _bare(observation.values[name]) for name in value_slots(probe)})
    except Exception:  # shapes and sizes are whatever the student's function made
        return UNREADABLE


def compare_readings(
    reading: Reading, probe: Probe, observation: Observation, expected: Observation
) -> Mismatch | None:
    """The first thing that reads otherwise than in what the oracle brought back."""
    for name in value_slots(probe):
        if name not in observation.values:
            return Mismatch("missing", f"{name!r}: nothing came back")
        wrong = compare_kind(observation.values[name], expected.values[name], f"the value {name!r}")
        if wrong is not None:
            return wrong
    found, wanted = read(reading, probe, observation), read(reading, probe, expected)
    for name in [*wanted, *found]:
        if found.get(name) != wanted.get(name) and name in found:
            return Mismatch("reading", f"{name}: {clean(found[name])}" + _instead(wanted.get(name)))
    return None if found == wanted else Mismatch("reading", "something is missing in what came back")


def overspent(check: Check, probe: Probe, observation: Observation) -> dict[str, int]:
    """The slots of counted calls that cost more than the check's budget, or of unknown cost, and what they may cost."""
    if check.budget is None or observation.status != "returned":
        return {}
    counts = {name: (observation.values.get(name), most) for name, most in check.budget(probe).items()}
    return {name: most for name, (cost, most) in counts.items() if type(cost) is not int or cost > most}


def _instead(wanted: str | None) -> str:
    return f" (expected: {wanted})" if wanted is not None else ""


def _bare(value: Any) -> Any:
    match value:
        case Tensor():
            return value.data
        case list() | tuple():
            return type(value)(_bare(v) for v in value)
        case dict():
            return {name: _bare(entry) for name, entry in value.items()}
        case _:
            return value
