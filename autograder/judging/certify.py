"""Certifies a bank: every correct variant passes every check; every misconception fails one and is diagnosed.

It is not on the path of grading. `findings` runs the banks' own implementations, and mutants of the solution, through
the judge, set by set; this module says what that proves. `proof` certifies the banks of a course.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from autograder.course.demands import Demands
from autograder.judging.check import Bank, Check
from autograder.judging.draw import derive_seed
from autograder.judging.expected import Reference
from autograder.judging.findings import Examiner, Findings, Source, ask_of, examine, judge, label
from autograder.judging.lock import Same
from autograder.judging.mutants import Mutant
from autograder.judging.separation import Ratios
from autograder.judging.stability import Stability, among
from autograder.judging.survivors import Mutation
from autograder.judging.trial import Trials
from autograder.model import Verdict

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
    """The result for one bank: it may be released if `problems` is empty; `notes` are for information only.

    `survivors` are mutants that no check rejects and nobody has accepted; `unstable` are verdicts that hang on the
    input set. They are problems if the course demands that there are none.
    """

    name: str
    checks: tuple[CheckReport, ...]
    variants: tuple[str, ...]
    misconceptions: tuple[str, ...]
    probes: int  # round trips that one submission costs
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    sets: int = 0
    mutants: int = 0
    survivors: tuple[Mutant, ...] = ()
    unstable: tuple[str, ...] = ()


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
    return Certificate(tuple(certify_bank(bank, seeds=seeds, device=device) for bank in banks))


def certify_bank(
    bank: Bank,
    *,
    seeds: int = SEEDS,
    device: str = "cpu",
    source: Source | None = None,
    demands: Demands | None = None,
    mutation: Mutation | None = None,
    same: Sequence[Same] = (),
    processes: int = 1,
) -> BankReport:
    """Runs every variant and misconception of `bank`, and every mutant, on `seeds` sets of inputs, drawn by `source`.

    So many `processes` share the sets; the report does not depend on their number. `same` are the mutants that were
    accepted. Raises as `certify` does.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with tensors of a hundred entries, a second thread costs more than it saves
    try:
        draw = source or (lambda number: seed_source(bank, number))
        examiner = Examiner(bank, mutation, draw, device)
        examination = _Examination(bank, demands or Demands(), mutation)
        for number, found in enumerate(examine(examiner, seeds, processes)):
            examination.note(number, found)
        return examination.report(seeds, same)
    finally:
        torch.set_num_threads(threads)


def false_rejections(
    bank: Bank, numbers: Iterable[int], device: str = "cpu"
) -> Iterator[tuple[str, int, list[Verdict]]]:
    """Judges every correct variant on every draw; yields (variant, number of the draw, failed verdicts)."""
    for number in numbers:
        trials = Trials(Reference(bank, seed_source(bank, number), device))
        for variant in bank.variants:
            verdicts = judge(trials, variant.implementation, ask_of(trials, variant.implementation))
            yield variant.name, number, [verdict for verdict in verdicts if not verdict.passed]


def seed_source(bank: Bank, number: int) -> Callable[[str], int]:
    """A function from a check's name to its seed in draw `number`; the seeds are the same on every machine."""
    return lambda check: derive_seed(b"certify", str(number), bank.name, check)


class _Examination:
    """What is found out about a bank, set by set."""

    def __init__(self, bank: Bank, demands: Demands, mutation: Mutation | None) -> None:
        self.bank = bank
        self._demands = demands
        self._mutation = mutation
        self._problems: dict[str, list[int]] = defaultdict(list)  # text -> the numbers of the sets
        self._ratios = {check.name: Ratios() for check in bank.checks}
        self._wrong = Stability()
        self._mutants = Stability()
        self._first = Findings()

    def note(self, number: int, found: Findings) -> None:
        if number == 0:
            self._first = found
        for text in dict.fromkeys(found.problems):
            self._problems[text].append(number)
        for name, ratios in found.ratios.items():
            self._ratios[name].merge(ratios)
        for name, (failed, names) in found.misconceptions.items():
            self._wrong.note(name, number, failed, names)
        for name, failed in found.mutants.items():
            self._mutants.note(name, number, failed)

    # ---- the report -------------------------------------------------------------------------------------------

    def report(self, sets: int, same: Sequence[Same]) -> BankReport:
        bank, demands = self.bank, self._demands
        rejected = {wrong.name: self._wrong.rejects(wrong.name) for wrong in bank.misconceptions}
        reports = tuple(_report(check, self._ratios[check.name], rejected) for check in bank.checks)
        survivors, outdated = self._survivors(same)
        unstable = (*self._wrong.lines(), *self._mutants.lines())
        problems = [_in_sets(text, numbers, sets) for text, numbers in self._problems.items()]
        problems += [text for report in reports for text in _close_separations(report)]
        problems += [*outdated, *self._missing(survivors, unstable)]
        notes = [f"check {r.name!r} is needed by no misconception" for r in reports if not r.needed_by]
        notes += [] if demands.sizes else self._first.sizes
        variants, misconceptions = tuple(v.name for v in bank.variants), tuple(m.name for m in bank.misconceptions)
        mutants = self._mutation.mutants if self._mutation is not None else ()
        return BankReport(
            bank.name, reports, variants, misconceptions, self._first.probes, tuple(problems), tuple(notes),
            sets, len(mutants), survivors, unstable,
        )  # fmt: skip  # in the order of the fields

    def _survivors(self, same: Sequence[Same]) -> tuple[tuple[Mutant, ...], list[str]]:
        """The mutants alive that nobody accepted, and a problem for each accepted one that is not alive."""
        if self._mutation is None:
            return (), []
        alive = [one for one in self._mutation.mutants if not self._mutants.rejects(label(one))]
        accepted = {(one.line, one.change) for one in same if one.because}
        keys = {(one.line, one.change) for one in alive}
        outdated = [
            f"the lock accepts a mutant that does not survive: {change} in {line!r}; delete its entry"
            for line, change in sorted(accepted - keys)
        ]
        return tuple(one for one in alive if (one.line, one.change) not in accepted), outdated

    def _missing(self, survivors: Sequence[Mutant], unstable: Sequence[str]) -> Iterator[str]:
        """What the course demands and the bank does not have."""
        demands, bank = self._demands, self.bank
        if len(bank.variants) < demands.variants:
            yield f"the course demands {demands.variants} variants; there are {len(bank.variants)}"
        if len(bank.misconceptions) < demands.misconceptions:
            yield f"the course demands {demands.misconceptions} misconceptions; there are {len(bank.misconceptions)}"
        if demands.meta and not self._first.on_meta:
            yield "the course demands a check on the meta device; there is none"
        if demands.mutants and survivors:
            yield f"the course demands that no mutant survives; {len(survivors)} do"
        if demands.sizes:
            yield from (f"the course demands sizes that tell: {text}" for text in self._first.sizes)
        if demands.stable:
            yield from (f"the course demands equal verdicts on all sets: {text}" for text in unstable)


def _in_sets(text: str, numbers: Sequence[int], sets: int) -> str:
    return text if len(numbers) == sets else f"{text} (in {among(numbers, sets)})"


def _report(check: Check, ratios: Ratios, rejected: Mapping[str, frozenset[str]]) -> CheckReport:
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
