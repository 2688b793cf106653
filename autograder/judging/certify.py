"""Certifies a bank: every correct variant passes every check; every misconception fails one and is diagnosed.

It is not on the path of grading: it runs the banks' own implementations through the judge, in this process.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from autograder.errors import AutograderError
from autograder.judging.check import Bank, Check, Implementation, Misconception
from autograder.judging.compare import compare
from autograder.judging.draw import derive_seed
from autograder.judging.expected import Reference, comparable, value_slots
from autograder.judging.fixtures import lint
from autograder.judging.judge import judge_with
from autograder.judging.readings import exceeded_budgets
from autograder.model import Observation, Probe, Tensor, Verdict
from autograder.sandbox.frames import WireError
from autograder.sandbox.inside.probing import observe
from autograder.sandbox.wire import pack_probe

WANTED_RATIO = 10.0  # for both separation ratios: a margin of an order of magnitude on each side of a tolerance
SEEDS = 3  # draws of every fixture, so that a check does not hold for one draw by luck


@dataclass(frozen=True)
class CheckReport:
    """The result of one check over all seeds.

    `variant_ratio` is the tolerance divided by the largest error of a variant. `misconception_ratio` is the smallest
    error of a misconception that the check rejects by value, divided by the tolerance. Infinite if there is no error.
    """

    name: str
    tolerance: float
    variant_ratio: float
    misconception_ratio: float
    rejects: tuple[str, ...]
    needed_by: tuple[str, ...]  # misconceptions that only this check rejects
    narrow: str
    reason: str


@dataclass(frozen=True)
class BankReport:
    """The result for one bank: it may be released if `problems` is empty; `notes` are for information only."""

    name: str
    checks: tuple[CheckReport, ...]
    variants: tuple[str, ...]
    misconceptions: tuple[str, ...]
    probes: int  # round trips that one submission costs
    problems: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Certificate:
    banks: tuple[BankReport, ...]

    @property
    def ok(self) -> bool:
        return not any(bank.problems for bank in self.banks)

    def to_json(self) -> dict[str, Any]:
        """Plain data; infinite ratios are null."""
        return {"ok": self.ok, "banks": [_replace_infinite(asdict(bank)) for bank in self.banks]}


def certify(banks: Iterable[Bank], *, seeds: int = SEEDS, device: str = "cpu") -> Certificate:
    """Certifies these banks. Raises AutograderError if a probe cannot be serialized or the oracle fails on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with tensors of a hundred entries, a second thread costs more than it saves
    try:
        return Certificate(tuple(certify_bank(bank, seeds=seeds, device=device) for bank in banks))
    finally:
        torch.set_num_threads(threads)


def certify_bank(bank: Bank, *, seeds: int = SEEDS, device: str = "cpu") -> BankReport:
    """Runs every variant and misconception of `bank` on `seeds` draws of its fixtures. Raises as `certify` does."""
    problems: list[str] = []
    rejected: dict[str, set[str]] = {m.name: set() for m in bank.misconceptions}
    ratios = {check.name: _Ratios() for check in bank.checks}
    probes = 0
    for number in range(seeds):
        reference = Reference(bank, seed_source(bank, number), device)
        probes = sum(_count_probes(reference, check) for check in bank.checks)
        problems += [f"seed {number}: {complaint}" for complaint in lint(reference)]
        for variant in bank.variants:
            answers = _Answers(bank, variant.implementation)
            failed = [v for v in _judge(reference, answers) if not v.passed]
            problems += [f"seed {number}: variant {variant.name} fails {v.name!r}: {v.message}" for v in failed]
            for check in bank.checks:
                ratios[check.name].note_variant(_errors(reference, check, answers))
        for wrong in bank.misconceptions:
            answers = _Answers(bank, wrong.implementation)
            verdicts = _judge(reference, answers)
            problems += [f"seed {number}: {text}" for text in _complaints(wrong.name, verdicts)]
            problems += [f"seed {number}: {text}" for text in _unlike_its_word(reference, wrong, answers)]
            rejected[wrong.name] |= {v.name for v in verdicts if not v.passed}
            for check in bank.checks:
                ratios[check.name].note_misconception(_errors(reference, check, answers))
    reports = tuple(_report(check, ratios[check.name], rejected) for check in bank.checks)
    problems += [text for report in reports for text in _close_separations(report)]
    notes = [f"check {r.name!r} is needed by no misconception" for r in reports if not r.needed_by]
    variants, misconceptions = tuple(v.name for v in bank.variants), tuple(m.name for m in bank.misconceptions)
    return BankReport(bank.name, reports, variants, misconceptions, probes, tuple(problems), tuple(notes))


def _count_probes(reference: Reference, check: Check) -> int:
    """The number of probes. Raises AutograderError if a probe holds a value that cannot be sent to the sandbox."""
    probes = reference.probes(check)
    for probe in probes:
        try:
            pack_probe(probe)
        except WireError as error:
            name = reference.bank.name
            raise AutograderError(f"the bank of {name} asks in check {check.name!r} with {error}") from error
    return len(probes)


def false_rejections(
    bank: Bank, numbers: Iterable[int], device: str = "cpu"
) -> Iterator[tuple[str, int, list[Verdict]]]:
    """Judges every correct variant on every draw; yields (variant, number of the draw, failed verdicts)."""
    for number in numbers:
        reference = Reference(bank, seed_source(bank, number), device)
        for variant in bank.variants:
            verdicts = _judge(reference, _Answers(bank, variant.implementation))
            yield variant.name, number, [verdict for verdict in verdicts if not verdict.passed]


def seed_source(bank: Bank, number: int) -> Callable[[str], int]:
    """A function from a check's name to its seed in draw `number`; the seeds are the same on every machine."""
    return lambda check: derive_seed(b"certify", str(number), bank.name, check)


class _Answers:
    """Runs probes on one implementation and caches the observations."""

    def __init__(self, bank: Bank, implementation: Implementation) -> None:
        self.implementation = implementation
        self._namespace = {bank.name: implementation}
        self._seen: dict[int, Observation] = {}

    def __call__(self, probe: Probe) -> Observation:
        if id(probe) not in self._seen:  # ids stay unique: the reference keeps the probes alive
            self._seen[id(probe)] = observe(probe, self._namespace, catch=Exception)
        return self._seen[id(probe)]


def _judge(reference: Reference, answers: _Answers) -> tuple[Verdict, ...]:
    """The verdicts on an implementation; the rules are checked on the source of its module."""
    module = sys.modules[answers.implementation.__module__]
    name = str(getattr(answers.implementation, "__name__", ""))
    return judge_with(reference, float(reference.bank.weight), answers, [inspect.getsource(module)], root=name)


def _complaints(wrong: str, verdicts: Sequence[Verdict]) -> list[str]:
    failed = [v for v in verdicts if not v.passed]
    if not failed:
        return [f"misconception {wrong} passes every check"]
    named = {v.diagnosis.misconception if v.diagnosis else None for v in failed}
    return [] if named == {wrong} else [f"misconception {wrong} is named {', '.join(map(str, named))}"]


def _unlike_its_word(reference: Reference, wrong: Misconception, answers: _Answers) -> list[str]:
    """The problems where a misconception's declared costs (`costly`) differ from the measured ones."""
    over = {
        name
        for check in reference.bank.checks
        for probe in reference.probes(check)
        for name in exceeded_budgets(check, probe, answers(probe))
    }
    return [] if over == set(wrong.costly) else [f"misconception {wrong.name} must say costly={sorted(over)}"]


# ---- separation -----------------------------------------------------------------------------------------------


class _Ratios:
    """The smallest margins between a check's tolerance and the errors of variants and misconceptions."""

    def __init__(self) -> None:
        self.tolerance = 0.0
        self.variant = math.inf
        self.misconception = math.inf

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


def _errors(reference: Reference, check: Check, answers: _Answers) -> list[tuple[float, float]]:
    """(error, allowed error) of every slot with values; the error is infinite for a mismatch that is not of values."""
    found = []
    for index, probe in enumerate(reference.probes(check)) if check.reading is None else ():
        wanted, seen = reference.expectation(check, index), comparable(check, answers(probe))
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


def _report(check: Check, ratios: _Ratios, rejected: dict[str, set[str]]) -> CheckReport:
    rejects = tuple(name for name, checks in rejected.items() if check.name in checks)
    needed = tuple(name for name, checks in rejected.items() if checks == {check.name})
    return CheckReport(
        check.name, ratios.tolerance, ratios.variant, ratios.misconception, rejects, needed, check.narrow,
        check.tolerance.reason,
    )  # fmt: skip  # in the order of the fields


def _close_separations(report: CheckReport) -> list[str]:
    ratios = {"variants": report.variant_ratio, "misconceptions": report.misconception_ratio}
    close = [f"{ratio:.2g} for {name}" for name, ratio in ratios.items() if ratio < WANTED_RATIO]
    if not close or report.narrow:
        return []
    return [f"check {report.name!r} separates by {' and '.join(close)}: {WANTED_RATIO:g} is wanted, or a reason"]


def _replace_infinite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _replace_infinite(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_replace_infinite(entry) for entry in value]
    return value
