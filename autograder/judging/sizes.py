"""Finds sizes and arguments that a bank's fixtures never vary, so that wrong code could pass; used by certify.

A size of 4 is its own half's square: code that divides by 2 where it should divide by a root passes. With sizes of 1 or
2 much else is the same; equal sizes hide swapped axes, and a size that never changes hides a constant.
"""

from __future__ import annotations

import functools
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from autograder.judging.check import Bank, Implementation
from autograder.judging.expected import Reference
from autograder.judging.fixtures import sizes_by_name
from autograder.model import Call, Let, Probe, Ref

TELL_LITTLE = {1, 2, 4}  # 2 is half of 4 and its root


def lint_sizes(reference: Reference) -> list[str]:
    """One line for each fault in the whole bank.

    In each check that is not in `same_sizes`, every named axis has a size that tells in some call: a call with one row
    is an edge worth trying, but not alone. Over all checks, every named axis has several sizes, and every optional
    argument is left out in some calls and given in others.
    """
    bank = reference.bank
    seen: dict[str, set[int]] = defaultdict(set)
    given: dict[str, set[bool]] = defaultdict(set)
    complaints: list[str] = []
    for check in bank.checks:
        own: dict[str, set[int]] = defaultdict(set)
        for probe in reference.probes(check):
            for called, arguments in _calls(probe, bank):
                for name in _optional(called):
                    given[name].add(name in arguments)
                for axis, size in _sizes(probe, called, arguments, bank.axes).items():
                    own[axis].add(size)
                    seen[axis].add(size)
        little = {axis: sizes for axis, sizes in own.items() if sizes <= TELL_LITTLE}
        if little and check.name not in bank.same_sizes:
            complaints.append(f"check {check.name!r}: sizes that tell little: {_listed(little)}")
    return [*complaints, *_never_vary(seen, given)]


def _never_vary(sizes: Mapping[str, set[int]], given: Mapping[str, set[bool]]) -> Iterator[str]:
    for axis, found in sizes.items():
        if len(found) == 1:
            yield f"axis {axis} has the size {min(found)} in every call"
    for name, choices in given.items():
        if len(choices) == 1:
            yield f"the argument {name} is {'never left out' if True in choices else 'never given'}"


def _optional(called: Implementation) -> list[str]:
    """The names of the arguments with a default."""
    parameters = inspect.signature(called).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [one.name for one in parameters if one.default is not one.empty and one.kind in kinds]


def _calls(probe: Probe, bank: Bank) -> Iterator[tuple[Implementation, Mapping[str, Any]]]:
    """For every call of the function, of the class, or of an object of the class: what is called, and the arguments by
    name. Calls that do not fit the signature are left out, since they must be refused."""
    made = {step.save for step in probe.steps if isinstance(step, Call) and step.target == bank.name}
    for step in probe.steps:
        if not isinstance(step, Call):
            continue
        called: Implementation | None = None
        if step.target == bank.name:
            called = bank.oracle
        elif isinstance(step.target, Ref) and step.target.path in made and isinstance(bank.oracle, type):
            call = getattr(bank.oracle, "forward", bank.oracle.__call__)
            called = functools.partial(call, None)  # without self
        try:
            if called is not None:
                yield called, inspect.signature(called).bind(*step.args, **step.kwargs).arguments
        except TypeError:
            continue


def _sizes(probe: Probe, called: Implementation, arguments: Mapping[str, Any], axes: tuple[str, ...]) -> dict[str, int]:
    """The size of every named axis in one call; batch axes ("...") have no names."""
    lets = {step.name: step.value for step in probe.steps if isinstance(step, Let)}
    sizes: dict[str, int] = {}
    for name, letters in zip(inspect.signature(called).parameters, axes, strict=False):
        value = arguments.get(name)
        value = lets.get(value.path) if isinstance(value, Ref) else value
        if isinstance(value, torch.Tensor | np.ndarray) and letters:
            sizes |= sizes_by_name(tuple(value.shape), letters.split())
    return {axis: size for axis, size in sizes.items() if not axis.startswith("...")}


def _listed(sizes: Mapping[str, set[int]]) -> str:
    return ", ".join(f"{axis} = {' and '.join(map(str, sorted(found)))}" for axis, found in sizes.items())
