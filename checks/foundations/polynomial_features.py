"""The checks of `polynomial_features(x, degree)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, wrong

Arguments = dict[str, Any]


@given(
    large={"x": 10_000},
    gradients=True,
    without=("no loops", "read_into_python"),
    about="The powers 1, x, ..., x^degree along a new last axis, for x of any shape.",
)
def polynomial_features(draw: Draw, *batch: int) -> list[Arguments]:
    n, degree = draw.size("n") + 10, draw.integer(3, 6)
    return [{"x": _numbers(draw, *batch, n), "degree": degree}, {"x": _numbers(draw, *batch, 9), "degree": 2}]


def _numbers(draw: Draw, *shape: int) -> Tensor:
    """Numbers on both sides of 0 and of 1, and 0 itself."""
    x = 1.3 * draw.normal(*shape)
    return torch.where(x.abs() < 0.2, 0.0, x).index_fill(-1, torch.tensor([0]), 0.0).roll(draw.integer(0, 3), -1)


@case("A single number, a 0-dim tensor, gives a vector (degree + 1,).")
def a_single_number(draw: Draw) -> list[Arguments]:
    return [{"x": sign * (1.5 + draw.normal().abs()), "degree": draw.integer(3, 5)} for sign in (1, -1)]


@case("Degree 0 gives ones, degree 1 gives 1 and x.", alone=True)
def low_degrees(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    return [{"x": _numbers(draw, *shape), "degree": degree} for shape in ((n,), (n, 3)) for degree in (0, 1)]


@case("No size is special: axes of 1, and as many numbers as powers.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    shapes = ((1,), (n, 1), (1, n), (n,), (n, n))
    return [{"x": draw.normal(*shape) + 2, "degree": n - 1} for shape in shapes]


@raises(ValueError, "A degree below 0 is a ValueError.")
def negative_degree(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(draw.size("n")) + 3, "degree": degree} for degree in (-1, -2, -5)]


def _refuse(degree: int) -> None:
    if degree < 0:
        raise ValueError("the degree is below 0")


@right
def stacked(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return torch.stack([x**power for power in range(degree + 1)], dim=-1)


@right
def multiplied_again_and_again(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    powers = [torch.ones_like(x)]
    for _ in range(degree):
        powers.append(powers[-1] * x)
    return torch.stack(powers, -1)


@right
def running_product(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    factors = x.unsqueeze(-1).expand(*x.shape, degree)
    return torch.cat([torch.ones_like(x).unsqueeze(-1), factors.cumprod(-1)], -1)


@right
def vandermonde(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    every = torch.linalg.vander(x.reshape(-1, 1), N=degree + 2)  # N = 1 is refused
    return every[..., :-1].reshape(*x.shape, degree + 1)


@right
def by_pow(x: Tensor, degree: int) -> Tensor:
    if not degree >= 0:
        raise ValueError(degree)
    exponents = torch.arange(degree + 1, dtype=x.dtype, device=x.device)
    return torch.pow(x[..., None], exponents)


@right
def filled_in(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    columns = x.new_empty(*x.shape, degree + 1)
    for power in range(degree + 1):
        columns[..., power] = x**power
    return columns


@wrong("The last power is missing: there are degree + 1 of them, from x^0 to x^degree.")
def last_power_missing(x: Tensor, degree: int) -> Tensor:
    return stacked(x, degree)[..., :degree]


@wrong("The column of ones is missing: the powers begin at x^0 = 1.")
def ones_missing(x: Tensor, degree: int) -> Tensor:
    return stacked(x, degree)[..., 1:]


@wrong("There is one power too many: the last one is x^degree.")
def one_power_more(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return stacked(x, degree + 1)


@wrong("The powers begin at x^1. The first column is x^0 = 1, the last one x^degree.")
def from_the_first_power(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return stacked(x, degree + 1)[..., 1:]


@wrong("The powers stand in the reverse order: 1 comes first.")
def highest_first(x: Tensor, degree: int) -> Tensor:
    return stacked(x, degree).flip(-1)


@wrong("The powers are on the first axis. They belong on a new last axis.")
def powers_first(x: Tensor, degree: int) -> Tensor:
    return stacked(x, degree).movedim(-1, 0)


@wrong("You multiply by the exponents. The columns are powers: x ** n.")
def multiples(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return x.unsqueeze(-1) * torch.arange(degree + 1, device=x.device)


@wrong("You raise the exponents to the power x. It is x that is raised: x ** n.")
def exponents_raised(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return torch.arange(degree + 1, device=x.device, dtype=x.dtype) ** x.unsqueeze(-1)


@wrong("The first column is x^0 = 1, also where x is 0. Yours is 0.")
def zeros_first(x: Tensor, degree: int) -> Tensor:
    return torch.cat([torch.zeros_like(x).unsqueeze(-1), stacked(x, degree)[..., 1:]], -1)


@wrong("exp(n log x) is NaN where x is negative or 0. Multiply, or use **.")
def by_logarithms(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return torch.exp(torch.arange(degree + 1, device=x.device) * x.log().unsqueeze(-1))


@wrong("The signs are lost: an odd power of a negative number is negative.")
def of_absolute_values(x: Tensor, degree: int) -> Tensor:
    return stacked(x.abs(), degree)


@wrong("You keep only 1, x and x^degree: the powers between them belong there too.")
def ends_only(x: Tensor, degree: int) -> Tensor:
    every = stacked(x, degree)
    return every if degree < 3 else every[..., [0, 1, degree]]


@wrong("You return the sum of the powers. Each one is a feature of its own.")
def summed(x: Tensor, degree: int) -> Tensor:
    return stacked(x, degree).sum(-1)


@wrong("You divide by factorials, as in a Taylor series. The features are the plain powers.")
def with_factorials(x: Tensor, degree: int) -> Tensor:
    factorials = torch.arange(1, degree + 1, device=x.device, dtype=x.dtype).cumprod(0)
    return torch.cat([stacked(x, degree)[..., :1], stacked(x, degree)[..., 1:] / factorials], -1)


@wrong("You scale the columns to a largest entry of 1. The features are the plain powers.")
def scaled(x: Tensor, degree: int) -> Tensor:
    every = stacked(x, degree)
    return every / every.reshape(-1, degree + 1).abs().amax(0).clamp_min(1e-30)


@wrong("The shape of x is lost: keep its dimensions in front of the new axis.")
def flattened(x: Tensor, degree: int) -> Tensor:
    return stacked(x.reshape(-1), degree)


@wrong("A single number comes back with an extra dimension: a 0-dim x gives (degree + 1,).")
def always_a_list(x: Tensor, degree: int) -> Tensor:
    return stacked(x if x.dim() else x[None], degree)


@wrong("A degree below 0 gives an empty result or another error: raise a ValueError.")
def negative_allowed(x: Tensor, degree: int) -> Tensor:
    return x.unsqueeze(-1) ** torch.arange(max(0, degree + 1), device=x.device)


@wrong("Degree 0 is refused. It has one feature, the 1: only a degree below 0 is a ValueError.")
def zero_refused(x: Tensor, degree: int) -> Tensor:
    if degree < 1:
        raise ValueError("the degree is below 1")
    return stacked(x, degree)


@wrong("An assert raises an AssertionError. The function promises a ValueError: raise ValueError(...).")
def asserts(x: Tensor, degree: int) -> Tensor:
    assert degree >= 0
    return stacked(x, degree)


@wrong("The exponents are made on the CPU: on a GPU this breaks. Give them device=x.device.")
def exponents_on_the_cpu(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return x.unsqueeze(-1) ** torch.arange(degree + 1)


@wrong("Axes of size 1 are gone: squeeze() takes all of them out. Keep the shape of x.")
def squeezed(x: Tensor, degree: int) -> Tensor:
    _refuse(degree)
    return stacked(x, degree).squeeze()
