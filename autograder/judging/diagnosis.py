"""Finds the one misconception that behaves exactly as the student's code did, after the judge has compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from autograder.judging.check import Check, Misconception
from autograder.judging.compare import Mismatch, compare
from autograder.judging.credit import credit_of
from autograder.judging.expected import Expectation, Reference, own_dtype, value_slots
from autograder.judging.inputs import largest_entry, slot_devices
from autograder.judging.readings import exceeded_budgets, read
from autograder.judging.tolerance import EPSILON
from autograder.model import Diagnosis, Observation, Probe, Tensor

SINGLE = 4.0  # the worst error of several values in float32 is hardly ever a smaller part of one rounding
OWN_WORDS = {"AssertionError", "ValueError"}  # exceptions that a student's own code raises, with a text of its own
ROUNDINGS = 8.0  # per term of the longest sum behind a misconception's value: a product, a sum, a root, a quotient


@dataclass(frozen=True)
class ProbeOutcome:
    """The observation of one probe of one check, and its mismatch, if any."""

    check: Check
    index: int  # of the probe within its check
    observation: Observation
    mismatch: Mismatch | None


def diagnose(reference: Reference, outcomes: Sequence[ProbeOutcome]) -> Diagnosis | None:
    """The misconception that agrees with every answer; None if no misconception or more than one does.

    If none does, the answers with a flaw that is not in their values, such as another dtype or an exception, are left
    out: a formula may be wrong in a known way beside such a flaw. Checks marked `aside` are used only if all other
    checks pass.
    """
    others = [answer for answer in outcomes if not answer.check.aside]
    wrong = any(answer.mismatch is not None for answer in others)
    telling_first = sorted(others if wrong else outcomes, key=_tells_little)
    if not telling_first or telling_first[0].mismatch is None:
        return None
    of_formula = [answer for answer in telling_first if answer.mismatch is None or answer.mismatch.kind == "value"]
    tries = [(telling_first, False), (telling_first, True)]
    if of_formula and of_formula[0].mismatch is not None:
        tries.append((of_formula, True))
    for answers, single in tries:
        fitting: list[Misconception] = []
        for misconception in reference.bank.misconceptions:
            if all(_agrees(reference, misconception, answer, single) for answer in answers):
                fitting.append(misconception)
            if len(fitting) > 1:
                return None
        if fitting:
            return Diagnosis(fitting[0].name, fitting[0].text)
    return None


def explains(reference: Reference, diagnosis: Diagnosis, answers: Sequence[ProbeOutcome]) -> bool:
    """Whether the named misconception also agrees with these answers."""
    named = next((m for m in reference.bank.misconceptions if m.name == diagnosis.misconception), None)
    return named is not None and all(_agrees(reference, named, answer, True) for answer in answers)


def _tells_little(answer: ProbeOutcome) -> tuple[bool, bool]:
    """Sort key: answers that rule out most misconceptions come first (wrong ones, and values before exceptions)."""
    return answer.mismatch is None, answer.observation.status != "returned"


def _agrees(reference: Reference, misconception: Misconception, answer: ProbeOutcome, single: bool) -> bool:
    """Same status, same exception, and every value within the check's tolerance of the misconception's.

    `single`: two values that were both computed in float32 also agree.
    """
    probe = reference.probes(answer.check)[answer.index]
    known = reference.mistake(misconception.name, answer.check, answer.index)
    seen = answer.observation
    if seen.status != known.status:
        return False
    if known.failure is not None:
        if seen.failure is None or seen.failure.kind != known.failure.kind:
            return False
        # If the exception is a mistake, its step and text must match too: many mistakes end in a RuntimeError.
        # Not on meta: torch's texts differ there from those on the CPU, where the misconception ran. Nor where students
        # write the text themselves.
        if answer.mismatch is None or "meta" in slot_devices(probe).values():
            return True
        alike = seen.failure.kind in OWN_WORDS or seen.failure.text == known.failure.text
        return alike and seen.failure.step == known.failure.step
    if answer.check.steady and grows(probe, seen) != grows(probe, known):
        return False
    if answer.check.budget is not None and set(exceeded_budgets(answer.check, probe, seen)) != set(
        misconception.costly
    ):
        return False
    if answer.check.credit is not None:
        return credit_of(answer.check.credit, seen) == credit_of(answer.check.credit, known)
    if answer.check.reading is not None:
        return read(answer.check.reading, probe, seen) == read(answer.check.reading, probe, known)
    wanted = reference.expectation(answer.check, answer.index)
    return all(
        name in seen.values and _same(answer.check, wanted, name, seen.values[name], known.values[name], single)
        for name in value_slots(probe)
    )


def _same(check: Check, wanted: Expectation, name: str, seen: object, known: object, single: bool = False) -> bool:
    """Whether the student's value of a slot equals the misconception's, up to rounding.

    The allowed error is made for the right value. A misconception's value may have a coarser dtype or be much larger,
    so a larger rounding error is accepted too; then both values must be right, or both wrong.
    """
    allowed = wanted.allowed.get(name, 0.0)
    # An argument that was changed in place has a rounding error, although its allowed error is 0.
    tight = allowed or max(wanted.allowed.values(), default=0.0)
    if compare(seen, known, tight) is None:
        return True
    right = wanted.observation.values.get(name)
    if single and is_single(check, seen, right) and is_single(check, known, right):
        return holds_float32(seen) == holds_float32(known)
    if compare(seen, known, _roundings(check, known, right, tight)) is not None:
        return False
    return (compare(seen, right, allowed) is None) == (compare(known, right, allowed) is None)


def is_single(check: Check, value: object, right: object) -> bool:
    """Whether a float64 value is right to float32's precision and no better: it was computed in float32.

    Two such values can differ by float32's roundings, which hang on the processor and on where a tensor lies in memory.
    """
    if own_dtype(value) != "float64" or own_dtype(right) != "float64":
        return False
    rounding = EPSILON["float32"] * largest_entry(right)
    most = ROUNDINGS * rounding * math.sqrt(check.tolerance.length)
    return compare(value, right, most) is None and compare(value, right, rounding / SINGLE) is not None


def holds_float32(value: object) -> bool:
    """Whether float32 has every number of a float64 value: the whole result was turned back from float32."""
    data = value.data if isinstance(value, Tensor) else None
    return isinstance(data, torch.Tensor) and bool((data.float().double() == data).all())


def _roundings(check: Check, known: object, right: object, tight: float) -> float:
    """The largest rounding difference between two computations of `known`, from its dtype and magnitude."""
    epsilon = EPSILON.get(own_dtype(known), 0.0)
    narrower = epsilon / EPSILON.get(own_dtype(right), math.inf)
    return max(tight * narrower, ROUNDINGS * epsilon * math.sqrt(check.tolerance.length) * largest_entry(known))


def grows(probe: Probe, observation: Observation) -> bool:
    """Whether a later counted call dispatched more operators than the first."""
    counts = [observation.values.get(name) for name in probe.returns if name.endswith(".ops")]
    numbers = [count for count in counts if type(count) is int]
    return len(numbers) != len(counts) or any(count > numbers[0] for count in numbers[1:])
