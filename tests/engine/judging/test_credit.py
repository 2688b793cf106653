"""Checks that give a fraction of their points: how it is scored, explained and named."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from autograder.errors import AutograderError
from autograder.grading.executed import _marks
from autograder.judging.certify import certify_bank
from autograder.judging.check import Bank, Check, Misconception, Variant
from autograder.judging.credit import UNREADABLE, Credit, brier, credit_of, part_of
from autograder.judging.judge import judge_question
from autograder.judging.tolerance import EXACT
from autograder.model import Call, Observation, Probe, QuestionResult, Verdict
from autograder.sandbox.execution import CellRun
from autograder.sandbox.inside.probing import observe

TRUTHS = {"sun": True, "moon": False, "ice": True, "rain": False}


def guesses() -> dict[str, float]:
    return {name: float(truth) for name, truth in TRUTHS.items()}


def turned() -> dict[str, float]:
    return {name: 1.0 - truth for name, truth in TRUTHS.items()}


def undecided() -> dict[str, float]:
    return dict.fromkeys(TRUTHS, 0.5)


def _credit(values: Mapping[str, Any]) -> Credit:
    return brier(values["out"], TRUTHS)


ALL = Check(
    "probabilities", "Sure and right is worth most.", lambda _: [Probe((Call("guesses"),))], EXACT, 3, credit=_credit
)
KEYS = Check(
    "names",
    "All are there.",
    lambda _: [Probe((Call("guesses"),))],
    EXACT,
    credit=lambda v: Credit(1.0 if len(v["out"]) == 4 else 0.0, "too few"),
)
BANK = Bank(
    "guesses",
    guesses,
    (ALL, KEYS),
    (
        Misconception("turned", "You gave the probability that it is false.", turned),
        Misconception("undecided", "You left all at 0.5.", undecided),
    ),
    (Variant("again", lambda: dict(reversed(guesses().items()))),),
)


def judged(function: Any, max_score: float = 8.0, bank: Bank = BANK) -> tuple[Verdict, ...]:
    return judge_question(
        bank, max_score, lambda probe: observe(probe, {"guesses": function}, catch=Exception), seed_of=lambda _: 1
    )


def test_the_truth_gets_all_points() -> None:
    assert [(v.passed, v.points, v.message) for v in judged(guesses)] == [(True, 6.0, ""), (True, 2.0, "")]


def test_a_fraction_is_shown_as_points_and_named() -> None:
    first, second = judged(undecided)
    assert (first.passed, first.points, first.max_points) == (False, 4.5, 6.0)
    assert first.message.endswith("and gave exactly 0.5 to 4. That is worth 4.5 of 6 points.")
    assert first.diagnosis is not None
    assert first.diagnosis.misconception == "undecided"
    assert second.passed


def test_nothing_right_is_worth_nothing_and_says_no_points() -> None:
    first, _ = judged(turned)
    assert (first.points, first.diagnosis and first.diagnosis.misconception) == (0.0, "turned")
    assert "points" not in first.message


def test_another_mixture_has_no_name() -> None:
    first, _ = judged(lambda: {**guesses(), "sun": 0.5})
    assert first.diagnosis is None
    assert first.points == 6.0 * (1 - 0.25 / 4)


def test_of_several_probes_the_least_counts() -> None:
    twice = replace(BANK, checks=(replace(ALL, probes=lambda _: [Probe((Call("guesses"),))] * 2),))
    calls = iter((undecided, guesses))
    assert judged(lambda: next(calls)(), 4.0, twice)[0].points == 3.0


def test_the_record_of_marks_shows_a_part() -> None:
    question = QuestionResult("guesses", "test_guesses", "n", "partial", 6.5, 8.0, "checks", judged(undecided))
    text = "".join(_marks(question, CellRun())[0]["text"])
    assert "guesses: 6.5 of 8 points" in text
    assert "◐ probabilities" in text
    assert "✓ names" in text


@pytest.mark.parametrize("max_score", [3.0, 0.1, 7.7, 12.0])
def test_parts_add_up_without_rounding_in_any_order(max_score: float) -> None:
    draw = random.Random(3)
    many = replace(BANK, checks=tuple(replace(ALL, name=f"{n}", weight=n) for n in range(1, 12)))
    parts = [part_of(p, draw.random(), max_score) for p in many.points(max_score)]
    assert len({sum(draw.sample(parts, len(parts))) for _ in range(20)}) == 1
    assert part_of(0.0, 0.5, 0.0) == 0.0


def test_a_proper_rule_pays_for_saying_what_one_believes() -> None:
    for belief in (0.0, 0.2, 0.5, 0.9):
        expected = {
            said / 100: belief * brier({"a": said / 100}, {"a": True}).fraction
            + (1 - belief) * brier({"a": said / 100}, {"a": False}).fraction
            for said in range(101)
        }
        assert max(expected, key=lambda said: expected[said]) == belief


def test_sure_and_wrong_costs_more_than_no_idea() -> None:
    assert [brier({"a": p}, {"a": True}).fraction for p in (1.0, 0.5, 0.0)] == [1.0, 0.75, 0.0]
    assert brier({"a": 0.999}, {"a": True}).fraction < 1.0


@pytest.mark.parametrize("one", [1, 1.0, np.float32(1), np.int64(1), torch.tensor(1.0), torch.tensor([1])])
def test_numbers_of_any_kind_are_probabilities(one: Any) -> None:
    assert brier({"a": one}, {"a": True}) == Credit(1.0)


@pytest.mark.parametrize(
    "strange", [True, "1", None, 80, -0.1, float("nan"), [1.0], 10**400, torch.tensor([1.0, 1.0]), 1j]
)
def test_what_is_no_probability_is_worth_nothing_and_is_told(strange: Any) -> None:
    credit = brier({"a": strange, "b": 0.0}, {"a": True, "b": False})
    assert credit.fraction == 0.5
    assert re.fullmatch(r"these items have no number from 0 to 1 \(the first is .+\): a", credit.message)


def test_missing_items_and_other_values_are_told() -> None:
    credit = brier({"b": 0.0}, {"a": True, "b": False, "c": True})
    assert credit.fraction == pytest.approx(1 / 3)
    assert "missing: a, c; give each a probability, 0.5" in credit.message
    assert brier([0.5], {"a": True}).message.startswith("return one dict")


def test_a_credit_that_raises_is_unreadable_and_one_that_is_no_fraction_our_fault() -> None:
    seen = Observation("returned", {"out": 1})
    assert credit_of(lambda values: values["other"], seen) == UNREADABLE
    for fraction in (1.5, -0.1, float("nan")):
        with pytest.raises(AutograderError, match="must be a number from 0 to 1"):
            credit_of(lambda _, fraction=fraction: Credit(fraction), seen)  # type: ignore[misc]


def test_an_oracle_below_full_credit_is_refused() -> None:
    with pytest.raises(AutograderError, match=r"does not pass check 'probabilities': it earns 0\.750"):
        judged(guesses, bank=replace(BANK, oracle=undecided))


def test_certify_knows_fractions() -> None:
    assert certify_bank(BANK, seeds=2).problems == ()
    blind = replace(ALL, credit=lambda _: Credit(1.0))
    assert "misconception turned passes every check" in certify_bank(replace(BANK, checks=(blind,))).problems
