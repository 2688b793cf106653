"""Measures how far the errors of right and of wrong implementations are from a check's tolerance; for certify."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.judging.check import Check
from autograder.judging.compare import compare
from autograder.judging.expected import Reference, comparable, value_slots
from autograder.judging.judge import Ask
from autograder.model import Tensor


class Ratios:
    """The smallest margins between a check's tolerance and the errors of variants and misconceptions."""

    def __init__(self) -> None:
        self.tolerance = 0.0
        self.variant = math.inf
        self.misconception = math.inf

    def merge(self, other: Ratios) -> None:
        self.tolerance = max(self.tolerance, other.tolerance)
        self.variant = min(self.variant, other.variant)
        self.misconception = min(self.misconception, other.misconception)

    def note_variant(self, errors: Sequence[tuple[float, float]]) -> None:
        for error, allowed in errors:
            self.tolerance = max(self.tolerance, allowed)
            if allowed and error:
                self.variant = min(self.variant, allowed / error)

    def note_misconception(self, errors: Sequence[tuple[float, float]]) -> None:
        """Notes the slot with the largest error / allowed error: one wrong slot is enough to reject."""
        by_value = [error / allowed for error, allowed in errors if allowed and allowed < error < math.inf]
        lost = any(error == math.inf for error, _ in errors)
        if by_value and not lost:
            self.misconception = min(self.misconception, max(by_value))


def errors_of(reference: Reference, check: Check, ask: Ask) -> list[tuple[float, float]]:
    """(error, allowed error) of every slot with values; the error is infinite for a mismatch that is not of values."""
    found = []
    for index, probe in enumerate(reference.probes(check)) if not (check.reading or check.credit) else ():
        wanted, seen = reference.expectation(check, index), comparable(check, ask(probe))
        for name in value_slots(probe) if probe.device != "meta" else ():
            expected, allowed = wanted.observation.values.get(name), wanted.allowed.get(name, 0.0)
            for one, other in _numbers(seen.values.get(name), expected):
                wrong = compare(one, other, 0.0)
                found.append((0.0 if wrong is None else wrong.error, allowed))
    return found


def _numbers(received: Any, expected: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs (received, expected) for every tensor and float in `expected`, containers included."""
    match expected:
        case Tensor() | float():
            yield received, expected
        case list() | tuple():
            same = isinstance(received, type(expected)) and len(received) == len(expected)
            for place, entry in enumerate(expected):
                yield from _numbers(received[place] if same else None, entry)
        case dict():
            for key, entry in expected.items():
                yield from _numbers(received.get(key) if isinstance(received, dict) else None, entry)
