"""The checks of `next_state_error(predicted, true)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, wrong

Arguments = dict[str, Any]


@given(
    large=10_000,
    about="The root of the mean squared difference, over all entries of any shape.",
)
def next_state_error(draw: Draw, *batch: int) -> Arguments:
    shape = (*batch, draw.size("n"), draw.size("d"))
    true = draw.normal(*shape, scale=2.0)
    return {"predicted": true + 0.5 + draw.normal(*shape, scale=3.0), "true": true}


@case("A single number is a shape too: the error is the size of the difference.", alone=True)
def single_numbers(draw: Draw) -> list[Arguments]:
    true = draw.number()
    apart = draw.number(0.3, 2.0)
    return [{"predicted": torch.tensor(true + d), "true": torch.tensor(true)} for d in (apart, -apart)]


@case("No size is special: one row, one column, one entry.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    shapes = ((n,), (n, 1), (1, n), (1,))
    return [{"predicted": draw.normal(*shape) + 3, "true": draw.normal(*shape) - 2} for shape in shapes]


@case("A perfect prediction has an error of 0.", alone=True)
def perfect(draw: Draw) -> Arguments:
    true = draw.normal(draw.size("n"), draw.size("d"))
    return {"predicted": true, "true": true.clone()}


@raises(ValueError, "Shapes that differ are a ValueError, also where broadcasting would hide it.")
def other_shapes(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    shapes = [((n,), (n, 1)), ((n, 1), (n,)), ((n, n), (n,)), ((n,), ()), ((3, 5), (5, 3)), ((n,), (n + 1,))]
    return [{"predicted": draw.normal(*one), "true": draw.normal(*other)} for one, other in shapes]


def refuse(predicted: Tensor, true: Tensor) -> None:
    if predicted.shape != true.shape:
        raise ValueError("one shape is needed")


@right
def by_the_norm(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return torch.linalg.vector_norm(predicted - true) / predicted.numel() ** 0.5


@right
def built_in(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return F.mse_loss(predicted, true).sqrt()


@right
def flat_dot_product(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    apart = (true - predicted).flatten()
    return (apart @ apart / len(apart)) ** 0.5


@right
def sums_by_hand(predicted: Tensor, true: Tensor) -> Tensor:
    if predicted.dim() != true.dim() or any(p != t for p, t in zip(predicted.shape, true.shape, strict=True)):
        raise ValueError("one shape is needed")
    return torch.sqrt((predicted - true).square().sum() / true.numel())


@right
def relative_to_the_largest(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    sizes = (predicted - true).abs()
    top = sizes.max().clamp_min(1e-30)
    return top * (sizes / top).pow(2).mean().sqrt()


@wrong("The root is missing: this is the mean squared error, in squared units.")
def no_root(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return ((predicted - true) ** 2).mean()


@wrong("This is the mean of the absolute differences. Square them, take the mean, then the root.")
def mean_absolute(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (predicted - true).abs().mean()


@wrong("You take the sum of the squares, not their mean: the error would grow with the number of entries.")
def sum_of_squares(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return ((predicted - true) ** 2).sum().sqrt()


@wrong("You take the root of each square first and then the mean of the roots, along the last axis only.")
def mean_of_row_errors(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    squares = (predicted - true) ** 2
    return squares.mean(-1).sqrt().mean() if squares.dim() else squares.sqrt()


@wrong("You return an error for each row. One number for all entries is asked.")
def one_for_each_row(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    squares = (predicted - true) ** 2
    return squares.mean(-1).sqrt() if squares.dim() else squares.sqrt()


@wrong("You divide by the size of the first axis. The mean is over all entries.")
def divided_by_rows(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (((predicted - true) ** 2).sum() / (len(true) if true.dim() else 1)).sqrt()


@wrong("You divide by N - 1, as in an estimate of a variance. The mean of N squares divides by N.")
def one_less(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (((predicted - true) ** 2).sum() / max(true.numel() - 1, 1)).sqrt()


@wrong("You subtract the mean difference first: a prediction that is always 2 too high would count as perfect.")
def spread_only(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (predicted - true).std(correction=0)


@wrong("You square the mean difference. Errors of opposite signs cancel then: square first, and take the mean last.")
def mean_before_square(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (predicted - true).mean().square().sqrt()


@wrong("You divide by the size of the true values. The error is asked in their own unit.")
def relative(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return ((predicted - true) ** 2).mean().sqrt() / (true**2).mean().sqrt()


@wrong("You return the largest difference. The root of the mean square is asked.")
def largest(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return (predicted - true).abs().max()


@wrong("Shapes that differ are not refused: broadcasting hides the mistake. Compare the shapes, and raise ValueError.")
def shapes_not_compared(predicted: Tensor, true: Tensor) -> Tensor:
    return ((predicted - true) ** 2).mean().sqrt()


@wrong("You compare the numbers of entries. A row and a column have as many, and still differ in shape.")
def numbers_of_entries_compared(predicted: Tensor, true: Tensor) -> Tensor:
    if predicted.numel() != true.numel():
        raise ValueError("one shape is needed")
    return ((predicted - true) ** 2).mean().sqrt()


@wrong("You compare the first axis only. All axes must agree: compare .shape.")
def first_axis_compared(predicted: Tensor, true: Tensor) -> Tensor:
    if predicted.dim() and true.dim() and len(predicted) != len(true):
        raise ValueError("one shape is needed")
    return ((predicted - true) ** 2).mean().sqrt()


@wrong("An assert raises AssertionError. Raise ValueError where the shapes differ.")
def asserted(predicted: Tensor, true: Tensor) -> Tensor:
    assert predicted.shape == true.shape
    return ((predicted - true) ** 2).mean().sqrt()


@wrong("You return a Python float. A tensor of shape () is asked, on the device of the inputs: leave .item() out.")
def read_into_python(predicted: Tensor, true: Tensor) -> Tensor:
    refuse(predicted, true)
    return ((predicted - true) ** 2).mean().sqrt().item()  # type: ignore[return-value]  # the mistake
