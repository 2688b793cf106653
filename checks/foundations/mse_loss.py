"""The checks of `mse_loss(predicted, target)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, wrong

Arguments = dict[str, Any]


@given(large=10_000, gradients=True, about="The mean of the squared differences, a 0-dim tensor, for any shape.")
def mse_loss(draw: Draw) -> list[Arguments]:
    n, m, k = draw.sizes(3)
    return [_pair(draw, *shape) for shape in ((n,), (n, m), (m, n, k))]


def _pair(draw: Draw, *shape: int) -> Arguments:
    """Differences of both signs whose mean is well away from 0, so that no other average of them is the same."""

    def make() -> Arguments:
        return {"predicted": draw.normal(*shape, scale=2.0), "target": draw.normal(*shape, scale=2.0)}

    def good(found: Arguments) -> bool:
        error = (found["predicted"] - found["target"]).double()
        squares = error.square()
        others = torch.stack(
            [error.mean().square(), error.abs().mean(), squares.sqrt().mean().square(), squares[0].mean()]
        )
        mean = squares.mean()
        both = not error.dim() or bool((error > 0).any() and (error < 0).any())
        return both and float((others - mean).abs().min()) > 0.1 and float((mean.sqrt() - mean).abs()) > 0.1

    return draw.until(make, good)


@case("One number against one number: 0-dim tensors are fine.")
def single_numbers(draw: Draw) -> list[Arguments]:
    here = draw.normal() + 3
    return [{"predicted": here, "target": here + sign * (2 + draw.normal().abs())} for sign in (1, -1)]


@case("No size is special: one entry, and axes of size 1.", alone=True)
def axes_of_one(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    shapes = ((1,), (n, 1), (1, n), (1, 1))
    return [{"predicted": draw.normal(*s) + 2, "target": draw.normal(*s) - 2} for s in shapes]


@case("Where all predictions are exact, the loss is 0 and its gradients are 0.", alone=True, finite=True)
def exact_predictions(draw: Draw) -> Arguments:
    values = draw.normal(draw.size("n"))
    return {"predicted": values, "target": values.clone()}


@raises(ValueError, "Shapes that differ are a ValueError: broadcasting would compare every entry with every other.")
def other_shapes(draw: Draw) -> list[Arguments]:
    """Shapes that broadcast, and shapes that do not."""
    n, m = draw.sizes(2)
    shapes = [((n, 1), (n,)), ((n,), (n, 1)), ((n,), ()), ((), (n,)), ((n,), (1, n)), ((m, n), (n,)), ((n,), (m,))]
    return [
        {"predicted": draw.normal(*one), "target": draw.normal(*other)} for one, other in (*shapes, ((n, m), (m, n)))
    ]


def _same(predicted: Tensor, target: Tensor) -> None:
    if predicted.shape != target.shape:
        raise ValueError("the shapes differ")


@right
def built_in(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return F.mse_loss(predicted, target)


@right
def sum_over_count(predicted: Tensor, target: Tensor) -> Tensor:
    if target.size() != predicted.size():
        raise ValueError
    return ((target - predicted) ** 2).sum() / predicted.numel()


@right
def dot_product(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    error = (predicted - target).reshape(-1)
    return torch.dot(error, error) / len(error)


@right
def flat_mean(predicted: Tensor, target: Tensor) -> Tensor:
    if list(predicted.shape) != list(target.shape):
        raise ValueError("give both the same shape")
    error = predicted.flatten() - target.flatten()
    return torch.mean(error * error)


@right
def axis_after_axis(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    found = torch.pow(predicted - target, 2)
    while found.dim():
        found = found.mean(0)
    return found


@wrong("You add up the squares: divide by how many there are, so that more data give no larger loss.")
def summed(predicted: Tensor, target: Tensor) -> Tensor:
    return built_in(predicted, target) * predicted.numel()


@wrong("You take the mean of the absolute differences: square them instead.")
def absolute(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).abs().mean()


@wrong("You square the mean difference, where errors up and down cancel. Square each difference, then take the mean.")
def square_of_the_mean(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).mean().square()


@wrong("You take a root at the end. The mean squared error has none.")
def with_a_root(predicted: Tensor, target: Tensor) -> Tensor:
    return built_in(predicted, target).sqrt()


@wrong("The square is missing: differences up and down cancel. Square each of them.")
def not_squared(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).mean()


@wrong("You divide by 2 as well. The mean squared error is the plain mean.")
def halved(predicted: Tensor, target: Tensor) -> Tensor:
    return built_in(predicted, target) / 2


@wrong("You subtract the squares. Subtract first, then square the difference.")
def squares_subtracted(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted.square() - target.square()).mean()


@wrong("There is no test of the shapes: (n, 1) against (n,) is broadcast to (n, n), and the loss is silently wrong.")
def broadcasts(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target).square().mean()


@wrong("You compare only the numbers of entries. (n, 1) and (n,) have as many, and are broadcast: compare the shapes.")
def counts_compared(predicted: Tensor, target: Tensor) -> Tensor:
    if predicted.numel() != target.numel():
        raise ValueError("the shapes differ")
    return (predicted - target).square().mean()


@wrong("You compare only the lengths of the first axis, and a 0-dim tensor has none: compare the shapes.")
def lengths_compared(predicted: Tensor, target: Tensor) -> Tensor:
    if len(predicted) != len(target):
        raise ValueError("the shapes differ")
    return (predicted - target).square().mean()


@wrong("You compare only the numbers of axes. (n,) and (m,) have as many: compare the shapes.")
def axes_compared(predicted: Tensor, target: Tensor) -> Tensor:
    if predicted.dim() != target.dim():
        raise ValueError("the shapes differ")
    return (predicted - target).square().mean()


@wrong("You reshape the target to fit. Shapes that differ are a mistake of the caller: raise a ValueError.")
def reshaped_to_fit(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted - target.reshape(predicted.shape)).square().mean()


@wrong("An assert raises an AssertionError. The function promises a ValueError: raise ValueError(...).")
def asserts(predicted: Tensor, target: Tensor) -> Tensor:
    assert predicted.shape == target.shape, "the shapes differ"
    return built_in(predicted, target)


@wrong("You return one squared difference for each entry: take their mean.")
def one_for_each_entry(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).square()


@wrong("You take the mean along the last axis only. It goes over all entries.")
def mean_of_the_last_axis(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).square().mean(-1)


@wrong("You divide by the length of the first axis. Divide by the number of all entries, .numel().")
def over_the_first_axis(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    squares = (predicted - target).square()
    return squares.sum() / len(squares) if squares.dim() else squares


@wrong("You divide by n - 1, as for a variance. The mean divides by n.")
def over_one_less(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).square().sum() / (predicted.numel() - 1)


@wrong("You return a Python number (.item() or float): nothing can be trained by it. Return the 0-dim tensor.")
def plain_number(predicted: Tensor, target: Tensor) -> float:
    return built_in(predicted, target).item()


@wrong("The loss has the shape (1,): it is a 0-dim tensor.")
def shape_of_one(predicted: Tensor, target: Tensor) -> Tensor:
    return built_in(predicted, target).reshape(1)


@wrong("predicted is changed by an in-place operation such as `-=`: write predicted - target.")
def subtracted_in_place(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    with torch.no_grad():
        predicted -= target
    return predicted.square().mean()


@wrong("No gradient reaches the prediction (.detach() or .data): nothing could be learnt from this loss.")
def prediction_detached(predicted: Tensor, target: Tensor) -> Tensor:
    return built_in(predicted.detach() + 0 * predicted, target)


@wrong("The gradient of a square root is infinite at 0: exact predictions give NaN on the way back. Use no root.")
def root_and_square(predicted: Tensor, target: Tensor) -> Tensor:
    _same(predicted, target)
    return (predicted - target).square().sqrt().square().mean()
