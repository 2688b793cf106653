"""The checks of `least_squares_at(x, y, at)`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    about="The value of the least-squares line at `at`, a 0-dim tensor.",
    without=("any device", "no loops", "detached", "read_into_python"),
    large={"y": 10_000},
)
def least_squares_at(draw: Draw) -> list[Arguments]:
    """Before, within and behind the points."""
    return [_points(draw, draw.size("n"), at) for at in (-2.5, 0.4, 7.5)]


def _points(draw: Draw, n: int, at: float, mean: float = 1.7) -> Arguments:
    """x with a spread of about 1; y with another mean, a slope that is clear, and noise."""
    x = draw.normal(n)
    x = (x - x.mean()) / x.std() + mean
    slope = draw.number(0.7, 2.0) * draw.choice((-1, 1))
    y = slope * (x - mean) + 0.3 * draw.normal(n) + draw.number(3.0, 5.0) * draw.choice((-1, 1))
    return {"x": x, "y": y, "at": at}


@case("Two points are enough: the line goes through both.", alone=True)
def two_points(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(2) + torch.tensor([0.0, 4.0]), "y": draw.normal(2) * 3, "at": at} for at in (0.5, 6.0)]


@case("The mean of x may be 1,000 times its spread, as with years: subtract it first.", alone=True)
def far_from_zero(draw: Draw) -> list[Arguments]:
    mean = draw.choice((1000.0, -1000.0))
    return [_points(draw, draw.size("n"), mean + step, mean) for step in (-1.5, 2.5)]


@case("x and y in float64, far from zero, are right to many digits.", alone=True)
def far_from_zero_in_float64(draw: Draw) -> Arguments:
    found = _points(draw, draw.size("n"), 1002.5, 1000.0)
    return found | {"x": found["x"].double() * (1 + 2.0**-40), "y": found["y"].double()}


def _line(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Slope and the two means."""
    apart = x - x.mean()
    return (apart * (y - y.mean())).sum() / (apart * apart).sum(), x.mean(), y.mean()


@right
def from_the_mean_point(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, x_mean, y_mean = _line(x, y)
    return y_mean + slope * (at - x_mean)


@right
def by_weights_of_the_points(x: Tensor, y: Tensor, at: float) -> Tensor:
    apart = x - x.mean()
    return ((1 / len(x) + apart * (at - x.mean()) / (apart**2).sum()) * y).sum()


@right
def solved_in_float64(x: Tensor, y: Tensor, at: float) -> Tensor:
    wide = x.double()
    table = torch.stack([wide - wide.mean(), torch.ones_like(wide)], 1)
    slope, middle = torch.linalg.lstsq(table, y.double()).solution
    return (slope * (at - wide.mean()) + middle).to(x.dtype)


@right
def covariance_over_variance(x: Tensor, y: Tensor, at: float) -> Tensor:
    table = torch.cov(torch.stack([x - x.mean(), y]))
    return y.mean() + table[0, 1] / table[0, 0] * (at - x.mean())


@right
def numpy_fit(x: Tensor, y: Tensor, at: float) -> Tensor:
    wide = x.double().numpy()
    slope, middle = np.polyfit(wide - wide.mean(), y.double().numpy(), 1)
    return torch.tensor(slope * (at - wide.mean()) + middle, dtype=x.dtype)


@wrong("This is the arithmetic that was printed: the mean of y stands where the mean of x belongs.")
def as_printed(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, _, y_mean = _line(x, y)
    return y_mean - slope * y_mean + slope * at


@wrong("This is the slope. Add the intercept: slope * at + intercept.")
def without_intercept(x: Tensor, y: Tensor, at: float) -> Tensor:
    return _line(x, y)[0] * at


@wrong("This is the intercept, the value at 0.")
def at_zero(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, x_mean, y_mean = _line(x, y)
    return y_mean - slope * x_mean


@wrong("You return the slope alone.")
def slope_only(x: Tensor, y: Tensor, at: float) -> Tensor:
    return _line(x, y)[0]


@wrong("You return the mean of y: the line is not used.")
def mean_only(x: Tensor, y: Tensor, at: float) -> Tensor:
    return y.mean()


@wrong("Your line goes through the origin. Least squares also chooses the intercept.")
def through_the_origin(x: Tensor, y: Tensor, at: float) -> Tensor:
    return (x * y).sum() / (x * x).sum() * at


@wrong("Your line goes through the first and the last point. Least squares uses all of them.")
def first_and_last(x: Tensor, y: Tensor, at: float) -> Tensor:
    return y[0] + (y[-1] - y[0]) / (x[-1] - x[0]) * (at - x[0])


@wrong("The sign of the intercept is turned: it is mean(y) - slope * mean(x).")
def plus_for_minus(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, x_mean, y_mean = _line(x, y)
    return y_mean + slope * (at + x_mean)


@wrong("You fit x as a line in y. It is y that is predicted.")
def x_from_y(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, y_mean, x_mean = _line(y, x)
    return (at - x_mean) / slope + y_mean


@wrong("You divide by the squares of y. The slope is the mean product over the mean square of x.")
def over_y(x: Tensor, y: Tensor, at: float) -> Tensor:
    apart, other = x - x.mean(), y - y.mean()
    return y.mean() + (apart * other).sum() / (other * other).sum() * (at - x.mean())


@wrong("One sum is divided by N - 1 and the other by N, so the slope is a little too large.")
def uneven_division(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope, x_mean, y_mean = _line(x, y)
    return y_mean + slope * len(x) / (len(x) - 1) * (at - x_mean)


@wrong("Far from zero, mean(x^2) - mean(x)^2 loses nearly all digits. Subtract the mean before you square.")
def difference_of_squares(x: Tensor, y: Tensor, at: float) -> Tensor:
    slope = ((x * y).mean() - x.mean() * y.mean()) / ((x * x).mean() - x.mean() ** 2)
    return y.mean() + slope * (at - x.mean())


@wrong("You return a Python float. Give the 0-dim tensor, in the dtype of x.")
def plain_float(x: Tensor, y: Tensor, at: float) -> Any:
    return float(from_the_mean_point(x, y, at))


@wrong("The result has the shape (1,). It is a 0-dim tensor.")
def one_entry(x: Tensor, y: Tensor, at: float) -> Tensor:
    return from_the_mean_point(x, y, at)[None]
