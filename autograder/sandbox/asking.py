"""Runs the probes of each question and limits how many processes one question may lose; between judge and execution.

After a lost process all cells run again, which takes time from the other questions. So a question that loses a process
is postponed until the others are done, and after MAX_LOSSES lost processes its remaining probes do not run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from autograder.model import Observation, Probe
from autograder.sandbox.execution import Execution

MAX_LOSSES = 3  # per question: a function that crashes in one check may still pass the others

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Postponement(Exception):
    """The question lost its process; judge the other questions first."""


class Prober:
    """Runs one question's probes in the judge's order and caches their observations in `seen`."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._next = 0
        self._losses = 0
        self.seen: list[Observation] = []

    def __call__(self, probe: Probe) -> Observation:
        """The observation of `probe`; after `again`, cached for the probes that have run.

        Raises Postponement when the question loses its first process.
        """
        if self._next == len(self.seen):
            self.seen.append(self._ask(probe))
            if self._losses == 1 and _is_lost(self.seen[-1]):
                raise Postponement
        self._next += 1
        return self.seen[self._next - 1]

    def again(self) -> None:
        """Starts again at the first probe, because the judge does; the cached observations stay."""
        self._next = 0

    def _ask(self, probe: Probe) -> Observation:
        if self._losses >= MAX_LOSSES:
            return Observation("unasked")
        observation = self._execution.ask(probe)
        self._losses += _is_lost(observation)
        return observation


def _is_lost(observation: Observation) -> bool:
    return observation.status not in ("returned", "raised")


def judge_each(execution: Execution, keys: Iterable[Key], judge: Callable[[Key, Prober], Answer]) -> dict[Key, Answer]:
    """Calls `judge` for every key with its own Prober, the postponed keys last. Returns answers in `keys`' order."""
    askings = {key: Prober(execution) for key in keys}
    answers: dict[Key, Answer] = {}
    waiting = []
    for key, asking in askings.items():
        try:
            answers[key] = judge(key, asking)
        except Postponement:
            waiting.append(key)
    for key in waiting:
        askings[key].again()
        answers[key] = judge(key, askings[key])
    return {key: answers[key] for key in askings}
