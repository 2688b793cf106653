"""Measures what a bank in the short form needs: tolerances, and what its wrong implementations do on meta and cost.

It runs the bank's own implementations in this process, for certify and for authors. Grading reads the result from the
lock, and runs none of this.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from autograder.errors import AutograderError, UsageError
from autograder.judging.arguments import cast
from autograder.judging.check import Bank, Check, Implementation, Misconception
from autograder.judging.compare import compare
from autograder.judging.draw import derive_seed
from autograder.judging.expected import Reference, comparable, own_dtype, value_slots, widen
from autograder.judging.inputs import largest_entry, largest_magnitude, slot_dtypes
from autograder.judging.lock import Lock
from autograder.judging.readings import exceeded_budgets
from autograder.judging.tolerance import EPSILON, UNMEASURED, Tolerance
from autograder.model import Call, Let, Make, Observation, Probe, Step, Tensor
from autograder.sandbox.inside.probing import observe

DRAWS = 12  # enough that the worst error of a dozen is near the worst there is; ten times of it leaves room
ROOM = 10.0  # the tolerance is at least so many times the worst error of a right implementation
ROUNDINGS = 4.0  # of the largest result, which any right implementation may be off
HALF_ROUNDINGS = 1.0  # in float16 and bfloat16, whose rounding of the result is all that is to be seen
PLAIN_ROUNDINGS = 1024.0  # of Python's floats, which right code sums in any order: 2e-13
REASON = f"ten times the worst error of the right implementations in {DRAWS} draws, and a few roundings at least"


def calibrate(bank: Bank) -> Lock:
    """Measures a complete bank in the short form. Raises UsageError if its solution is no oracle or does not do what
    a check says, and AutograderError as the judge does."""
    assert bank.form is not None
    worst: dict[str, float] = {check.name: 0.0 for check in bank.checks if check.tolerance is UNMEASURED}
    for number in range(DRAWS):
        reference = Reference(bank, _seeds(bank, number))
        for check in bank.checks:
            if number == 0:
                _agree(reference, check)
            if check.name in worst:
                for probe in reference.probes(check):
                    worst[check.name] = max(worst[check.name], _factor(bank, check, probe))
    base = max((factor for name, factor in worst.items() if _shares(name)), default=0.0)
    tolerances = {name: _power(max(factor, base) if _shares(name) else factor) for name, factor in worst.items()}
    complete = fill(bank, Lock(tolerances))
    reference = Reference(complete, _seeds(bank, 0))
    declared = [one for one in complete.misconceptions if not one.on_meta and not one.costly]
    on_meta = {one.name: found for one in declared if (found := _on_meta(reference, one))}
    costly = {one.name: slots for one in declared if (slots := _costly(reference, one))}
    return Lock(tolerances, on_meta, costly)


def fill(bank: Bank, lock: Lock) -> Bank:
    """The bank with what was measured of it. Declarations of its author stay."""

    def check(one: Check) -> Check:
        if one.tolerance is not UNMEASURED:
            return one
        return replace(one, tolerance=Tolerance(lock.tolerances[one.name], REASON))

    def wrong(one: Misconception) -> Misconception:
        if one.on_meta or one.costly:
            return one
        return replace(one, on_meta=lock.on_meta.get(one.name, ""), costly=lock.costly.get(one.name, ()))

    return replace(bank, checks=tuple(map(check, bank.checks)), misconceptions=tuple(map(wrong, bank.misconceptions)))


def fits(bank: Bank, lock: Lock) -> bool:
    """Whether the lock has a tolerance for each check that needs one."""
    return all(one.name in lock.tolerances for one in bank.checks if one.tolerance is UNMEASURED)


def _seeds(bank: Bank, number: int) -> Any:
    return lambda check: derive_seed(b"calibrate", str(number), bank.name, check)


def _power(factor: float) -> float:
    """The smallest power of two that is not below `factor`."""
    return 2.0 ** math.ceil(math.log2(factor)) if factor > 0.0 else 0.0


def _shares(name: str) -> bool:
    """Whether the check's tolerance is that of all checks on ordinary inputs. In float64 the solution, which is its own
    oracle, shows no error: the roundings counted in float32 are as many."""
    return not name.startswith(("half", "large"))


# ---- the solution as an oracle ---------------------------------------------------------------------------------


@contextmanager
def _default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _agree(reference: Reference, check: Check) -> None:
    """Raises UsageError if the oracle does not do on this check what the check is about."""
    bank = reference.bank
    for index, probe in enumerate(reference.probes(check)):
        try:
            wanted = reference.expectation(check, index)
        except AutograderError as error:
            raise UsageError(str(error)) from None
        failure = wanted.observation.failure
        if failure is not None and not check.raises and check.tolerance is UNMEASURED:
            said = f"{failure.kind}: {failure.text}"
            raise UsageError(f"{bank.name}: the solution fails on check {check.name!r}: {said}; mark it by @raises")
        if check.tolerance is UNMEASURED and probe.device != "meta" and not check.approximately:
            _no_float32(bank, check, probe)


def _no_float32(bank: Bank, check: Check, probe: Probe) -> None:
    """Raises UsageError if the oracle computes in float32 although float64 comes in: its answers are too coarse."""
    wide = widen(probe)
    with _default(torch.float32):
        narrow = _run(bank, wide, bank.oracle)
    with _default(torch.float64):
        right = _run(bank, wide, bank.oracle)
    dtypes = slot_dtypes(wide)
    for slot in value_slots(probe):
        for one, other in _floats(narrow.values.get(slot), right.values.get(slot)):
            given = dtypes[slot] or "float32"  # nothing says the dtype where no float comes in
            size = max(1.0, largest_entry(one), largest_magnitude(wide) if dtypes[slot] else 0.0)
            if (dtypes[slot] and own_dtype(one) != "float64") or _error(one, other) > (
                ROUNDINGS * EPSILON[given] * size
            ):
                raise UsageError(
                    f"{bank.name}: on check {check.name!r} the solution computes in float32 although float64 comes in, "
                    "so it cannot say what is right: give @given an oracle= that computes in float64"
                )


# ---- errors ----------------------------------------------------------------------------------------------------


def _run(bank: Bank, probe: Probe, implementation: Implementation) -> Observation:
    return observe(probe, {bank.name: implementation}, catch=Exception)


def _factor(bank: Bank, check: Check, probe: Probe) -> float:
    """The tolerance's factor that this probe asks for: see `Tolerance`."""
    if probe.device == "meta":
        return 0.0
    factor = 0.0
    narrow = _narrowed(probe)
    for implementation in (bank.oracle, *(variant.implementation for variant in bank.variants)):
        for one in (probe, narrow) if narrow is not None else (probe,):
            factor = max(factor, _needed(bank, check, one, implementation))
    return factor


def _narrowed(probe: Probe) -> Probe | None:
    """A probe of float64 in float32, where the solution shows its roundings; None for another probe."""
    if "float64" not in slot_dtypes(probe).values():
        return None

    def step(one: Step) -> Step:
        match one:
            case Let(value=value):
                return replace(one, value=cast(value, torch.float32))
            case Make(options=options):
                return replace(one, options=cast(dict(options), torch.float32))
            case Call(args=args, kwargs=kwargs):
                return replace(one, args=cast(args, torch.float32), kwargs=cast(dict(kwargs), torch.float32))
        return one

    return replace(probe, steps=tuple(map(step, probe.steps)))


def _needed(bank: Bank, check: Check, probe: Probe, implementation: Implementation) -> float:
    wide, dtypes = widen(probe), slot_dtypes(probe)
    right = comparable(check, _run(bank, wide, bank.oracle))
    seen = comparable(check, _run(bank, probe, implementation))
    size, factor = max(1.0, largest_magnitude(wide)), 0.0
    for slot in value_slots(probe):
        for one, other in _floats(seen.values.get(slot), right.values.get(slot)):
            dtype = dtypes[slot] or own_dtype(other)
            unit = EPSILON.get(dtype, math.inf) * size
            least = HALF_ROUNDINGS if dtype in ("float16", "bfloat16") else ROUNDINGS
            if dtype == "float64" and not dtypes[slot]:
                least = PLAIN_ROUNDINGS
            floor = least * max(1.0, largest_entry(other)) / size
            error = _error(one, other)
            factor = max(factor, floor, ROOM * error / unit if error < math.inf else 0.0)
    return factor


def _error(one: Any, other: Any) -> float:
    """The largest difference of two results; infinite if they differ in more than values."""
    if isinstance(one, Tensor) and isinstance(other, Tensor) and one.data is not None and other.data is not None:
        one = replace(one, dtype="float64", data=one.data.double(), type_name=other.type_name, device=other.device)
        other = replace(other, dtype="float64", data=other.data.double())
    wrong = compare(one, other, 0.0)
    return 0.0 if wrong is None else wrong.error


def _floats(one: Any, other: Any) -> Iterator[tuple[Any, Any]]:
    """Pairs of the floats, and of the tensors of floats, of a result and the right one."""
    match other:
        case Tensor(data=torch.Tensor() as data) if data.is_floating_point():
            yield one, other
        case float() | np.floating():
            yield one, other
        case list() | tuple() if isinstance(one, list | tuple) and len(one) == len(other):
            for pair in zip(one, other, strict=True):
                yield from _floats(*pair)
        case dict() if isinstance(one, dict):
            for key, entry in other.items():
                yield from _floats(one.get(key), entry)


# ---- what wrong implementations do on meta, and cost -----------------------------------------------------------


def _on_meta(reference: Reference, wrong: Misconception) -> str:
    """As Misconception.on_meta."""
    for check in reference.bank.checks:
        for probe in reference.probes(check):
            if probe.device != "meta":
                continue
            here = observe(replace(probe, device="cpu"), {reference.bank.name: wrong.implementation}, catch=Exception)
            seen = observe(probe, {reference.bank.name: wrong.implementation}, catch=Exception)
            if seen.failure is not None:
                if here.failure is None or here.failure.kind != seen.failure.kind:
                    return seen.failure.kind
            elif any(isinstance(v, Tensor) and v.device == "cpu" for v in _tensors(seen.values)):
                return "cpu"
    return ""


def _tensors(value: Any) -> Iterator[Any]:
    match value:
        case Mapping():
            for entry in value.values():
                yield from _tensors(entry)
        case list() | tuple():
            for entry in value:
                yield from _tensors(entry)
        case _:
            yield value


def _costly(reference: Reference, wrong: Misconception) -> tuple[str, ...]:
    """As Misconception.costly."""
    found = {
        slot
        for check in reference.bank.checks
        if check.budget is not None
        for probe in reference.probes(check)
        for slot in exceeded_budgets(
            check, probe, observe(probe, {reference.bank.name: wrong.implementation}, catch=Exception)
        )
    }
    return tuple(sorted(found))
