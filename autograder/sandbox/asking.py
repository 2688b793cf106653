"""Asks one question's probes, so that the processes it loses are its own loss; between the scores and an execution.

A lost process means that all cells run again, which takes time from everybody. So a question that loses one waits
until all others have been asked, and one that goes on losing them is not asked any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from autograder.model import Observation, Probe
from autograder.sandbox.execution import Execution

MAX_LOSSES = 3  # of one question: a function that breaks in one check may still earn the others

Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Postponed(Exception):
    """This question has lost its process: the others are asked first."""


class Asking:
    """The probes of one question in the order in which its judge asks them, and what came of each."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._next = 0
        self._losses = 0
        self.seen: list[Observation] = []

    def __call__(self, probe: Probe) -> Observation:
        """What came of `probe`; after `again` the first ones are answered from memory."""
        if self._next == len(self.seen):
            self.seen.append(self._ask(probe))
            if self._losses == 1 and _is_lost(self.seen[-1]):
                raise Postponed
        self._next += 1
        return self.seen[self._next - 1]

    def again(self) -> None:
        """The judge starts anew."""
        self._next = 0

    def _ask(self, probe: Probe) -> Observation:
        if self._losses >= MAX_LOSSES:
            return Observation("unasked")
        observation = self._execution.ask(probe)
        self._losses += _is_lost(observation)
        return observation


def _is_lost(observation: Observation) -> bool:
    return observation.status not in ("returned", "raised")


def judge_each(execution: Execution, keys: Iterable[Key], judge: Callable[[Key, Asking], Answer]) -> dict[Key, Answer]:
    """`judge` of every key, in the order of `keys`, each with an asking of its own; the postponed ones last."""
    askings = {key: Asking(execution) for key in keys}
    answers: dict[Key, Answer] = {}
    waiting = []
    for key, asking in askings.items():
        try:
            answers[key] = judge(key, asking)
        except Postponed:
            waiting.append(key)
    for key in waiting:
        askings[key].again()
        answers[key] = judge(key, askings[key])
    return {key: answers[key] for key in askings}
