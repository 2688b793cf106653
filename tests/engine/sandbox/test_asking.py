"""What a question loses is its own loss: told with an execution that only keeps a list of what it was asked."""

from __future__ import annotations

from typing import Any, cast

from autograder.model import Call, Observation, Probe
from autograder.sandbox.asking import MAX_LOSSES, Prober, judge_each
from autograder.sandbox.execution import Execution

PROBES = 6  # of each question


class Noted:
    """Answers by the name of the function: those of `deadly` lose their process in every call, `once` in the second."""

    def __init__(self, deadly: str = "", once: str = "") -> None:
        self.deadly, self.once = deadly, once
        self.asked: list[str] = []

    def ask(self, probe: Probe) -> Observation:
        name = str(cast(Call, probe.steps[0]).target)
        self.asked.append(name)
        lost = name in self.deadly or (name in self.once and self.asked.count(name) == 2)
        return Observation("died") if lost else Observation("returned", {"out": self.asked.count(name)})


def run(noted: Noted, names: str) -> dict[str, list[str]]:
    """Each question asks all its probes; what came of them."""

    def judge(name: str, ask: Prober) -> list[str]:
        for _ in range(PROBES):
            ask(Probe((Call(name, ()),)))
        return [observation.status for observation in ask.seen]

    return judge_each(cast(Execution, cast(Any, noted)), names, judge)


def test_where_nothing_is_lost_all_are_asked_in_turn() -> None:
    noted = Noted()
    assert run(noted, "ab") == dict.fromkeys("ab", ["returned"] * PROBES)
    assert noted.asked == ["a"] * PROBES + ["b"] * PROBES


def test_what_loses_every_process_waits_and_is_given_up() -> None:
    noted = Noted(deadly="ac")
    statuses = run(noted, "abc")
    assert list(statuses) == ["a", "b", "c"]
    assert statuses["b"] == ["returned"] * PROBES
    assert statuses["a"] == statuses["c"] == ["died"] * MAX_LOSSES + ["unasked"] * (PROBES - MAX_LOSSES)
    assert "".join(noted.asked) == "a" + "b" * PROBES + "c" + "a" * (MAX_LOSSES - 1) + "c" * (MAX_LOSSES - 1)


def test_what_loses_one_goes_on_where_it_was() -> None:
    noted = Noted(once="a")
    statuses = run(noted, "ab")
    assert statuses["a"] == ["returned", "died", *["returned"] * (PROBES - 2)]
    assert "".join(noted.asked) == "aa" + "b" * PROBES + "a" * (PROBES - 2), "nothing is asked twice"
