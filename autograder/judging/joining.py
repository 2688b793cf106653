"""Joins probes of one call each into as few as possible, so that a check costs few round trips; used by `making`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from autograder.judging.inputs import largest_magnitude
from autograder.model import Backward, Call, Get, Let, Load, Make, Probe, Ref, Step

MAGNITUDES = 16.0  # probes whose largest inputs differ by more than this factor are not joined: see `absolute`


def joined_by_magnitude(probes: Iterable[Probe]) -> list[Probe]:
    """The probes, joined where the same error may be allowed for them."""
    groups: dict[int, list[Probe]] = {}
    for probe in probes:
        largest = max(1.0, largest_magnitude(probe))
        groups.setdefault(int(math.log(largest, MAGNITUDES)), []).append(probe)
    return [joined(group) for group in groups.values()]


def joined(probes: Sequence[Probe]) -> Probe:
    """One probe with the steps of all of them; from the second on, the slots' names end in a number."""
    kept = [probe if not number else _renamed(probe, f"_{number + 1}") for number, probe in enumerate(probes)]
    steps = tuple(step for probe in kept for step in probe.steps)
    return replace(kept[0], steps=steps, returns=tuple(slot for probe in kept for slot in probe.returns))


def _renamed(probe: Probe, end: str) -> Probe:
    steps = tuple(_step(step, end) for step in probe.steps)
    return replace(probe, steps=steps, returns=tuple(_path(slot, end) for slot in probe.returns))


def _path(path: str, end: str) -> str:
    slot, dot, rest = path.partition(".")
    return f"{slot}{end}{dot}{rest}"


def _step(step: Step, end: str) -> Step:
    match step:
        case Let() | Make():
            return replace(step, name=step.name + end)
        case Call(target=target, args=args, kwargs=kwargs, save=save):
            whom = _value(target, end) if isinstance(target, Ref) else target
            return replace(step, target=whom, args=_value(args, end), kwargs=_value(kwargs, end), save=save + end)
        case Load():
            return replace(step, target=_path(step.target, end))
        case Get():
            return replace(step, path=_path(step.path, end), save=step.save + end)
        case Backward():
            return replace(step, path=_path(step.path, end))


def _value(value: Any, end: str) -> Any:
    match value:
        case Ref(path):
            return Ref(_path(path, end))
        case list() | tuple():
            return type(value)(_value(entry, end) for entry in value)
        case Mapping():
            return {name: _value(entry, end) for name, entry in value.items()}
        case _:
            return value
