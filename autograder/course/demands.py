"""What a course demands of its banks beyond a proof that they are right; a setting of the course, read by certify.

c.Autograder.demands = {"variants": 3, "mutants": True, "functions": {"softmax": {"variants": 5}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

FUNCTIONS = "functions"  # the key with demands on single functions, which replace the course's own


@dataclass(frozen=True)
class Demands:
    """The least that a bank must have to be certified."""

    variants: int = 0
    misconceptions: int = 0
    meta: bool = False  # a check on the meta device, so that code which makes tensors on the CPU is noticed
    mutants: bool = False  # no mutant of the solution survives, but for those accepted in the lock
    sizes: bool = False  # the sizes of named axes tell and vary, and optional arguments are given and left out
    stable: bool = False  # every verdict on the bank's own implementations and mutants is the same on all input sets


def demands_on(settings: Mapping[str, Any], function: str) -> Demands:
    """The demands on one function. ValueError if the setting has an unknown key or a value of another type."""
    for_one = settings.get(FUNCTIONS, {})
    if not isinstance(for_one, Mapping) or not all(isinstance(one, Mapping) for one in for_one.values()):
        raise ValueError(f"{FUNCTIONS!r} maps the name of a function to the demands on it")
    found = {key: value for key, value in settings.items() if key != FUNCTIONS}
    for one in (found, *for_one.values()):
        _verify(one)
    return Demands(**{**found, **for_one.get(function, {})})


def _verify(settings: Mapping[str, Any]) -> None:
    known = {one.name: type(one.default) for one in fields(Demands)}
    for key, value in settings.items():
        if key not in known:
            raise ValueError(f"{key!r} is unknown; a course can demand {', '.join(known)}")
        if type(value) is not known[key]:
            raise ValueError(f"{key!r} is {value!r}, and should be a value of type {known[key].__name__}")
