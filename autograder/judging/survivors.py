"""Runs the mutants of a function's solution through the judge, and lists those that no check rejects; for certify."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from autograder.errors import SourceError
from autograder.judging.bounds import OutOfBounds, limit_use
from autograder.judging.check import Check
from autograder.judging.judge import Ask, failures
from autograder.judging.mutants import Mutant, mutants
from autograder.judging.solutions import Solution
from autograder.judging.trial import Trials

SLOWER = 20.0  # times the solution's own CPU time that a mutant may take; an equal function takes as long
CANNOT_RUN = "(it can be run)"  # in the place of a check
LEAST = 1.0  # seconds that every mutant may take


@dataclass(frozen=True)
class Namespaces:
    """Makes the namespace of a solution, and of its mutants: what it calls in other cells comes unchanged."""

    solution: Solution
    around: Mapping[str, Any]

    @classmethod
    def of(cls, solution: Solution) -> Namespaces:
        """Runs the text around the solution. SourceError if that, or the solution itself, cannot be run."""
        around: dict[str, Any] = {"__name__": "solution"}
        try:
            exec(compile(solution.around, str(solution.path), "exec"), around)
            found = cls(solution, around)
            found.with_text(solution.text)
        except Exception as error:  # an author's code can raise anything
            said = f"the solution of {solution.function} cannot be run by itself: {type(error).__name__}: {error}"
            raise SourceError(solution.path, solution.line, said) from error
        return found

    def with_text(self, text: str | CodeType) -> dict[str, Any]:
        space = dict(self.around)
        exec(compile(text, "solution", "exec") if isinstance(text, str) else text, space)
        return space


class Mutation:
    """The mutants of one solution, on the probes of `trials`."""

    def __init__(self, namespaces: Namespaces) -> None:
        self.solution = namespaces.solution
        self._namespaces = namespaces
        self._kills: Counter[str] = Counter()
        self.mutants = tuple(
            replace(one, number=self.solution.line + one.number - 1) for one in mutants(self.solution.text)
        )

    def failures_of_solution(self, trials: Trials) -> list[str]:
        """The checks that the solution itself fails: without it there is nothing to compare mutants with."""
        space = self._namespaces.with_text(self.solution.text)
        return [check.name for check in self._failures(trials, trials.on(space), self.solution.text)]

    def seconds(self, trials: Trials) -> float:
        """The CPU time that one mutant may take, from what the solution takes."""
        began = time.process_time()
        self.failures_of_solution(trials)
        return LEAST + SLOWER * (time.process_time() - began)

    def survivors(self, trials: Trials) -> Iterator[Mutant]:
        """The mutants that pass every check; each is given up at the first check that fails."""
        seconds = self.seconds(trials)
        for mutant in self.mutants:
            checks = sorted(trials.reference.bank.checks, key=lambda check: -self._kills[check.name])
            first = self._run(trials, mutant, seconds, lambda found: next(found, None), checks)
            if first is None:
                yield mutant
            elif first is not _LOST:
                self._kills[first.name] += 1

    def failures(self, trials: Trials, mutant: Mutant, seconds: float) -> tuple[str, ...]:
        """The names of all checks that a mutant fails."""
        found = self._run(trials, mutant, seconds, list, trials.reference.bank.checks)
        return (CANNOT_RUN,) if found is _LOST else tuple(check.name for check in found)

    def _run(
        self, trials: Trials, mutant: Mutant, seconds: float, take: Callable[[Iterator[Check]], Any], checks: Any
    ) -> Any:
        try:
            with limit_use(seconds):
                space = self._namespaces.with_text(mutant.text)
                return take(self._failures(trials, trials.on(space), mutant.text, checks))
        except (Exception, OutOfBounds):
            return _LOST

    def _failures(self, trials: Trials, ask: Ask, text: str, checks: Any = None) -> Iterator[Check]:
        reference = trials.reference
        cells = [self.solution.around, text]
        return failures(reference, ask, cells, root=self.solution.function, checks=checks or reference.bank.checks)


_LOST: Any = object()  # the mutant cannot be run, or did not end
