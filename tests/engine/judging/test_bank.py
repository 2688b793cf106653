"""A small bank, `double(x)`, that the tests of the judge share; and what a bank says of its own points."""

from dataclasses import replace

import pytest
import torch

from autograder.judging.check import Bank, Check, Misconception, Variant
from autograder.judging.draw import Draw
from autograder.judging.tolerance import EXACT, Tolerance
from autograder.model import Backward, Call, Let, Probe, Ref


def double(x, times=2):
    if times < 1:
        raise ValueError("times")
    return times * x


def halve(x, times=2):
    return x / times


def edit(x, times=2):
    if times < 1:
        raise ValueError("times")
    x *= times
    return x


def no_error(x, times=2):
    return times * x


def values(draw):
    return [Probe((Let("x", draw.normal(2, 3) + 3000), Call("double", (Ref("x"),))), ("out", "x"))]


def refusal(draw):
    return [Probe((Call("double", (draw.normal(3),), {"times": 0}),))]


def gradient(draw):
    steps = (Let("x", draw.normal(3), requires_grad=True), Call("double", (Ref("x"),)), Backward("out", draw.normal(3)))
    return [Probe(steps, ("out", "x.grad"))]


ROUNDING = Tolerance(4, "one product")

DOUBLE = Bank(
    "double",
    double,
    (
        Check("values", "Twice x.", values, ROUNDING, weight=2),
        Check("refusal", "ValueError below 1.", refusal, EXACT),
        Check("gradient", "Gradients flow.", gradient, ROUNDING, weight=3),
    ),
    (
        Misconception("halve", "You divide.", halve),
        Misconception("edit", "You change x.", edit),
        Misconception("no_error", "There is no ValueError.", no_error),
    ),
    (Variant("double", double),),
)


@pytest.mark.parametrize("max_score", [0.0, 1.0, 0.1, 3.0, 7.3, 10.0, 1e6, 1 / 3])
@pytest.mark.parametrize("weights", [(1,), (1, 1, 1), (2, 1, 3), (7, 1, 1, 1), (1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 3)])
def test_points_of_all_checks_add_up_to_the_score_exactly(max_score, weights):
    checks = tuple(replace(DOUBLE.checks[0], name=str(n), weight=weight) for n, weight in enumerate(weights))
    bank = replace(DOUBLE, checks=checks)
    points = bank.points(max_score)
    assert sum(points) == max_score
    assert sum(reversed(points)) == max_score
    assert all(type(part) is float for part in points)
    assert points == pytest.approx([max_score * weight / sum(weights) for weight in weights])


def test_points_follow_the_weights():
    assert DOUBLE.points(12.0) == (4.0, 2.0, 6.0)


def test_a_draw_is_the_same_for_the_same_seed_only():
    one, same, other = (Draw(seed) for seed in (1, 1, 2))
    first = one.normal(4)
    assert torch.equal(first, same.normal(4))
    assert not torch.equal(first, other.normal(4))


def test_a_drawn_mask_allows_and_forbids_in_every_row():
    mask = Draw(5).mask(200, 3)
    assert mask.any(-1).all()
    assert not mask.all(-1).any()


def test_a_condition_that_never_holds_is_an_error_and_not_an_endless_loop():
    with pytest.raises(RuntimeError, match="condition"):
        Draw(0).until(lambda: 1, lambda drawn: False)
