"""Runs hidden checks as the test cases of an Otter test file, for `otter run`; after the judge.

The test files in the bundle (see bundle.py) call this in the notebook's own kernel. Judge, hidden inputs and points
are those of `autograder run`, but the checks run in the same process as student code, which could cheat: use this
only on the instructor's own machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from autograder.course import read_course, state
from autograder.judging.banks import Banks
from autograder.judging.check import Bank, Check
from autograder.judging.inprocess import CheckFailed, cells_of
from autograder.judging.judge import judge_with
from autograder.judging.sets import InputSets
from autograder.model import Verdict
from autograder.sandbox.inside.probing import observe

NO_SECRET = b"otter run"  # used if the zip file does not contain the course's secret


class OtterCases:
    """One question: its test cases and their verdicts, which are computed on first use and cached."""

    def __init__(self, course: Path, assignment: str, function: str, points: float, checks: Sequence[str]) -> None:
        self.function = function
        banks = Banks(course)
        self._sets = InputSets(banks, _secret(course), assignment, read_course(course).settings.input_sets)
        self._banks: list[Bank] = [banks.find(name) for name in checks]
        self._share = points / len(checks)
        self._verdicts: list[Verdict] | None = None

    def cases(self) -> list[dict[str, Any]]:
        """Keyword arguments of Otter's `test_case` for each check, in order."""
        return [
            {"name": f"{self.function}: {check.name}", "points": points, "hidden": not check.public}
            for check, points in self._checks()
        ]

    def require(self, number: int, namespace: Mapping[str, Any]) -> None:
        """Raises CheckFailed, with the message for the student, unless check `number` passes."""
        if self._verdicts is None:
            self._verdicts = self._judge(namespace)
        verdict = self._verdicts[number]
        if not verdict.passed:
            likely = "" if verdict.diagnosis is None else f"\nLikely cause: {verdict.diagnosis.text}"
            raise CheckFailed(verdict.message + likely)

    def _checks(self) -> list[tuple[Check, float]]:
        return [pair for b in self._banks for pair in zip(b.checks, b.points(self._share), strict=True)]

    def _judge(self, namespace: Mapping[str, Any]) -> list[Verdict]:
        torch.set_num_threads(1)  # as in the grader: threads change the order of sums and so their rounding
        ask, cells = partial(observe, namespace=namespace), cells_of(namespace, self.function)
        verdicts: list[Verdict] = []
        for bank in self._banks:
            reference = self._sets.reference_for(bank.name, cells)
            verdicts += judge_with(reference, self._share, ask, cells, root=bank.name)
        return verdicts


def _secret(course: Path) -> bytes:
    path = state.secret(course)
    return bytes.fromhex(path.read_text().strip()) if path.is_file() else NO_SECRET
