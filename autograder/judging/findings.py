"""Tries a bank's implementations, and mutants of its solution, on one input set after another; for certify.

A set needs nothing of another one, so that several are tried at once in processes of their own; what was found comes
back in the order of the sets, whatever their number.
"""

from __future__ import annotations

import builtins
import inspect
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import torch

from autograder.judging.check import Bank, Implementation, Misconception
from autograder.judging.expected import Reference
from autograder.judging.fixtures import lint
from autograder.judging.inputs import opaque_types, slot_devices
from autograder.judging.judge import Ask, judge_with
from autograder.judging.mutants import Mutant
from autograder.judging.readings import exceeded_budgets
from autograder.judging.separation import Ratios, errors_of
from autograder.judging.sizes import lint_sizes
from autograder.judging.survivors import Mutation
from autograder.judging.trial import Trials
from autograder.model import Verdict

Source = Callable[[int], Callable[[str], int]]  # from the number of a set to the seeds of its checks


@dataclass(frozen=True)
class Findings:
    """What one set shows: problems; each check's separation; the checks that each implementation fails.

    `misconceptions` also holds the names that the diagnosis gave.
    """

    problems: tuple[str, ...] = ()
    ratios: Mapping[str, Ratios] = field(default_factory=dict)
    misconceptions: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = field(default_factory=dict)
    mutants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()
    probes: int = 0  # round trips that one submission costs
    on_meta: bool = False


def label(mutant: Mutant) -> str:
    return f"mutant {mutant.change} (line {mutant.number})"


@dataclass(frozen=True)
class Examiner:
    """Makes the Findings of a set from its number."""

    bank: Bank
    mutation: Mutation | None
    source: Source
    device: str

    def __call__(self, number: int) -> Findings:
        """Raises AutograderError if a probe cannot be serialized or the oracle fails on it."""
        trials = Trials(Reference(self.bank, self.source(number), self.device))
        reference, checks = trials.reference, self.bank.checks
        count = trials.arrive()
        ratios = {check.name: Ratios() for check in checks}
        problems = [*lint(reference), *_unsent_results(reference), *self._try_variants(trials, ratios)]
        misconceptions = {}
        for wrong in self.bank.misconceptions:
            found, failed, names = self._try_misconception(trials, wrong, ratios)
            misconceptions[wrong.name] = failed, names
            problems += found
        found, mutants = self._try_mutants(trials)
        probes = [probe for check in checks for probe in reference.probes(check)]
        return Findings(
            (*problems, *found),
            ratios,
            misconceptions,
            mutants,
            tuple(lint_sizes(reference)),
            count,
            any("meta" in slot_devices(probe).values() for probe in probes),
        )

    def _try_variants(self, trials: Trials, ratios: Mapping[str, Ratios]) -> Iterator[str]:
        for variant in self.bank.variants:
            ask = ask_of(trials, variant.implementation)
            for verdict in judge(trials, variant.implementation, ask):
                if not verdict.passed:
                    yield f"variant {variant.name} fails {verdict.name!r}: {verdict.message}"
            for check in self.bank.checks:
                ratios[check.name].note_variant(errors_of(trials.reference, check, ask))

    def _try_misconception(
        self, trials: Trials, wrong: Misconception, ratios: Mapping[str, Ratios]
    ) -> tuple[list[str], tuple[str, ...], frozenset[str]]:
        """Its problems, the checks that it fails, and the names that it is given."""
        ask = ask_of(trials, wrong.implementation)
        verdicts = judge(trials, wrong.implementation, ask)
        failed = [verdict for verdict in verdicts if not verdict.passed]
        names = frozenset(v.diagnosis.misconception if v.diagnosis else "None" for v in failed)
        problems = []
        if not failed:
            problems.append(f"misconception {wrong.name} passes every check")
        elif names != {wrong.name}:
            problems.append(f"misconception {wrong.name} is named {', '.join(sorted(names))}")
        problems += _unlike_its_word(trials.reference, wrong, ask)
        for check in self.bank.checks:
            ratios[check.name].note_misconception(errors_of(trials.reference, check, ask))
        return problems, tuple(verdict.name for verdict in failed), names

    def _try_mutants(self, trials: Trials) -> tuple[list[str], dict[str, tuple[str, ...]]]:
        if self.mutation is None:
            return [], {}
        failed = self.mutation.failures_of_solution(trials)
        if failed:
            return [f"the solution in {self.mutation.solution.path.name} fails {', '.join(map(repr, failed))}"], {}
        seconds = self.mutation.seconds(trials)
        found = {label(one): self.mutation.failures(trials, one, seconds) for one in self.mutation.mutants}
        return [], found


def examine(examiner: Examiner, sets: int, processes: int) -> Iterator[Findings]:
    """The findings of each set, in order, `processes` sets at a time.

    A bank holds functions that cannot be sent to another process, so these are forks of this one. After CUDA has begun,
    a fork could not take a gradient: there, one set is tried after the other.
    """
    processes = min(processes, sets)
    if processes < 2 or torch.cuda.is_available():
        yield from map(examiner, range(sets))
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, context, initializer=_keep, initargs=(examiner,)) as pool:
        yield from pool.map(_examine, range(sets))


_KEPT: list[Examiner] = []  # in a process of the pool


def _keep(examiner: Examiner) -> None:
    _KEPT[:] = [examiner]


def _examine(number: int) -> Findings:
    return _KEPT[0](number)


def ask_of(trials: Trials, implementation: Implementation) -> Ask:
    return trials.on({trials.reference.bank.name: implementation})


def judge(trials: Trials, implementation: Implementation, ask: Ask) -> tuple[Verdict, ...]:
    """The verdicts on an implementation; the rules are checked on the source of its module."""
    reference = trials.reference
    module = sys.modules[implementation.__module__]
    name = str(getattr(implementation, "__name__", ""))
    return judge_with(reference, float(reference.bank.weight), ask, [inspect.getsource(module)], root=name)


def _unsent_results(reference: Reference) -> Iterator[str]:
    """A problem for each check whose right answer is a plain value that cannot be sent: only its type is compared.

    Of other objects, such as a model, nothing else can be asked.
    """
    for check in reference.bank.checks:
        for index in range(len(reference.probes(check))):
            values = reference.expectation(check, index).observation.values
            for kind in opaque_types(values):
                if " " in kind or hasattr(builtins, kind):
                    yield f"check {check.name!r}: the right answer does not travel ({kind}): only its type is compared"


def _unlike_its_word(reference: Reference, wrong: Misconception, ask: Ask) -> list[str]:
    """The problems where a misconception's declared costs (`costly`) differ from the measured ones."""
    over = {
        name
        for check in reference.bank.checks
        for probe in reference.probes(check)
        for name in exceeded_budgets(check, probe, ask(probe))
    }
    return [] if over == set(wrong.costly) else [f"misconception {wrong.name} must say costly={sorted(over)}"]
