"""A name does not hang on how a processor rounds: a mistake's own dtype and size say how far two of them may be apart.

Two ways to compute one thing differ in their last bits here as one way does on two processors.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autograder.judging.certify import seed_source
from autograder.judging.check import Bank, Check, Misconception
from autograder.judging.diagnosis import _same
from autograder.judging.expected import Expectation
from autograder.judging.judge import judge_question
from autograder.judging.tolerance import Tolerance
from autograder.model import Call, Observation, Probe
from autograder.sandbox.inside.probing import observe, plain_value

Tensor = torch.Tensor


def mean(x: Tensor) -> Tensor:
    return x.mean(-1)


def sums(x: Tensor) -> Tensor:
    return x.sum(-1)


def of_squares(x: Tensor) -> Tensor:
    return (x * x).mean(-1)


def always_float32(x: Tensor) -> Tensor:
    return x.float().mean(-1)


def _probe(scale: float, dtype: torch.dtype) -> Any:
    return lambda draw: [Probe((Call("mean", (draw.normal(2, 3, 7, scale=scale, dtype=dtype),)),))]


# The bound on large numbers is tight: the mean here is much smaller than what enters.
BANK = Bank(
    "mean",
    mean,
    (
        Check("float32", "The mean.", _probe(1.0, torch.float32), Tolerance(8, "a sum", length=7)),
        Check("large", "Large numbers.", _probe(1e4, torch.float32), Tolerance(0.5, "a sum", length=7)),
        Check("float64", "In float64.", _probe(1.0, torch.float64), Tolerance(8, "a sum", length=7)),
    ),
    (
        Misconception("sums", "You add up.", sums),
        Misconception("of_squares", "That is the mean of squares.", of_squares),
        Misconception("always_float32", "The result is always float32.", always_float32),
    ),
)


def names(implementation: Any) -> set[str]:
    def ask(probe: Probe) -> Any:
        return observe(probe, {"mean": implementation}, catch=Exception)

    verdicts = judge_question(BANK, 1.0, ask, seed_of=seed_source(BANK, 0))
    return {verdict.diagnosis.misconception for verdict in verdicts if verdict.diagnosis is not None}


def nudged(result: Tensor) -> Tensor:
    """Each number by its last bit or two, in its own dtype, up or down in turn."""
    steps = torch.arange(result.numel()).reshape(result.shape) % 2 * 4 - 2
    return result + result * steps * torch.finfo(result.dtype).eps / 2


@pytest.mark.parametrize("wrong", BANK.misconceptions, ids=lambda wrong: wrong.name)
def test_a_mistake_is_named_also_where_it_is_rounded_otherwise(wrong: Misconception) -> None:
    assert names(wrong.implementation) == {wrong.name}
    assert names(lambda x: nudged(wrong.implementation(x))) == {wrong.name}


def test_another_mistake_in_float32_is_not_taken_for_a_known_one() -> None:
    assert names(lambda x: (x.float() + 1e-3).mean(-1)) == {"always_float32"}


def test_a_known_formula_is_named_beside_another_flaw() -> None:
    assert names(lambda x: x.sum(-1).float()) == {"sums", "always_float32"}


def test_a_large_value_that_is_another_one_is_not_taken_for_a_known_one() -> None:
    assert names(lambda x: 1.0001 * (x * x).mean(-1)) == set()


@pytest.mark.parametrize(("seen", "same"), [(0.0, False), (0.5, False), (1.5, True), (4.0, True), (6.0, False)])
def test_what_is_right_is_not_taken_for_a_mistake_that_lies_close_by(seen: float, same: bool) -> None:
    """At a million two computations in float32 may be 3 apart: the mistake is 2 off, and 1 is allowed."""
    check = Check("float32", "", _probe(1.0, torch.float32), Tolerance(1.0, "", length=9))
    right, mistake = (plain_value(torch.tensor([1e6 + far])) for far in (0.0, 2.0))
    wanted = Expectation(Observation("returned", {"out": right}), {"out": 1.0}, frozenset())
    assert _same(check, wanted, "out", plain_value(torch.tensor([1e6 + seen])), mistake) is same
