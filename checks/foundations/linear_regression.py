"""The checks of `linear_regression(x, y)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Call, Check, Draw, Probe, Tolerance, case, given, raises, right, wrong

Arguments = dict[str, Any]
Line = tuple[Tensor, Tensor]


@given(without="any device", about="The slope and the intercept of the line with the least mean squared error.")
def linear_regression(draw: Draw) -> list[Arguments]:
    """A line that rises, and one that falls; of two sizes."""
    n, m = draw.sizes(2)
    return [_points(draw, n, 1), _points(draw, m + 6, -1)]


def _points(draw: Draw, n: int, sign: int) -> Arguments:
    """Points around a line of which no other line through the mean point is near, and no line with turned roles."""

    def make() -> Arguments:
        x = 2 * draw.normal(n) + 3
        return {"x": x, "y": sign * (1.6 + 0.2 * draw.normal()) * x + 5 + 1.2 * draw.normal(n)}

    def good(found: Arguments) -> bool:
        x, y = (value.double() for value in found.values())
        dx, dy = x - x.mean(), y - y.mean()
        slope = (dx * dy).sum() / dx.square().sum()
        ends = (y[-1] - y[0]) / (x[-1] - x[0])
        steps = (y.diff() / x.diff()).mean()
        others = torch.stack([ends, steps, dy.square().sum() / (dx * dy).sum(), (x * y).sum() / x.square().sum()])
        on_the_line = (y - slope * x)[[0, -1]] - (y.mean() - slope * x.mean())
        return bool(dx.square().mean() > 1) and min(map(_least, (others - slope, on_the_line))) > 0.1

    return draw.until(make, good)


def _least(values: Tensor) -> float:
    return float(values.abs().min())


@case("Two points are enough: the line goes through both.", alone=True)
def two_points(draw: Draw) -> Arguments:
    start = draw.normal()
    return {"x": torch.stack([start, start - 1.5 - draw.normal().abs()]), "y": 3 * draw.normal(2)}


@case("Several points may have the same x, as long as not all have.", alone=True)
def equal_x(draw: Draw) -> list[Arguments]:
    """All but the first are equal, and pairs of equal ones."""
    n = draw.size("n")
    return [_points_at(draw, _all_but_one(n, 0)), _points_at(draw, torch.arange(2.0).repeat(n))]


@case("The first and the last x may be equal, as long as not all are.", alone=True)
def equal_ends(draw: Draw) -> Arguments:
    return _points_at(draw, _all_but_one(draw.size("n"), 1))


@case("The first x may be equal, as long as not all are.", alone=True)
def equal_beginning(draw: Draw) -> Arguments:
    n = draw.size("n")
    return _points_at(draw, _all_but_one(n, n - 1))


def _all_but_one(n: int, place: int) -> Tensor:
    x = torch.full((n,), 1.5)
    x[place] = -2.0
    return x


def _points_at(draw: Draw, x: Tensor) -> Arguments:
    return {"x": x, "y": draw.normal(len(x), scale=2.0) + 1}


@case("Numbers up to 10,000 give the same line as small ones.", alone=True)
def large_numbers(draw: Draw) -> list[Arguments]:
    found = _points(draw, draw.size("n"), 1)
    return [{"x": 1_000 * found["x"], "y": 1_000 * found["y"]}, {"x": 1_000 * found["x"], "y": found["y"]}]


@case("A small spread of x is no reason to refuse: only x that are all exactly equal have no line.", alone=True)
def large_slope(draw: Draw) -> list[Arguments]:
    found = _points(draw, draw.size("n"), -1)
    return [{"x": found["x"] * 10.0**-power, "y": found["y"]} for power in (3, 6)]


@raises(ValueError, "A single point has no line: ValueError.")
def one_point(draw: Draw) -> Arguments:
    return {"x": draw.normal(1), "y": draw.normal(1)}


@raises(ValueError, "If all x are exactly equal there is no line: ValueError.")
def all_x_equal(draw: Draw) -> list[Arguments]:
    """Also values whose mean is rounded: there the spread computed in float32 is not exactly 0."""

    def equal() -> Tensor:
        return torch.full((draw.integer(5, 60),), draw.number(0.5, 9.0))

    rounded = draw.until(equal, lambda x: bool((x - x.mean()).square().sum() > 0))
    n = draw.size("n")
    return [{"x": x, "y": draw.normal(len(x))} for x in (torch.zeros(n), torch.full((n,), 1234.5), rounded)]


def _far(draw: Draw, dtype: torch.dtype) -> list[Probe]:
    """The mean of x is 1,000 times its spread, and is no number of float32; y is near 0, or far away too."""
    n = draw.size("n") + 20

    def make() -> Tensor:
        x = torch.linspace(-1.7, 1.7, n, dtype=torch.float64)[draw.permutation(n)] + 0.05 * draw.normal(n).double()
        return 1_000 + (x - x.mean()) / x.std(correction=0) + draw.number(0, 1)

    def good(x: Tensor) -> bool:
        near = x.float()
        return bool((near.mean() - near.double().mean()).abs() > 1e-5)

    x = draw.until(make, good)
    y = (1.5 + draw.normal().abs().double()) * (x - x.mean()) + 0.3 * draw.normal(n).double()
    near = Call("linear_regression", (x.to(dtype), y.to(dtype)), save="near")
    falls = Call("linear_regression", (x.to(dtype), (3 - y).to(dtype)), save="falls")
    high = Call("linear_regression", (x.to(dtype), (9_000 + y).to(dtype)), save="high")
    return [Probe((near, falls), ("near.0", "near.1", "falls.0", "falls.1")), Probe((high,), ("high.0",))]


ASKED = "the contract asks for three digits of the slope in float32 and nine in float64, where x is far from 0"
FAR = "The line is right also where the mean of x is 1,000 times its spread: subtract the means before you multiply."
FAR_FROM_ZERO = (
    Check("far from zero", FAR, lambda d: _far(d, torch.float32), Tolerance(0.0, ASKED, rtol=1e-3), narrow=ASKED),
    Check("far, float64", FAR, lambda d: _far(d, torch.float64), Tolerance(0.0, ASKED, rtol=1e-9), narrow=ASKED),
)


def _refuse(x: Tensor) -> None:
    if x.numel() < 2 or torch.equal(x, x[:1].expand_as(x)):
        raise ValueError("there is no line")


def _spreads(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    dx = x - x.mean()
    return (dx * (y - y.mean())).sum(), (dx * dx).sum()


def _through_the_mean(x: Tensor, y: Tensor, slope: Tensor) -> Line:
    return slope, y.mean() - slope * x.mean()


@right
def covariance_over_variance(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    both = torch.cov(torch.stack([x, y]))
    return _through_the_mean(x, y, both[0, 1] / both[0, 0])


@right
def correlation_times_spreads(x: Tensor, y: Tensor) -> Line:
    if len(set(x.tolist())) < 2:
        raise ValueError("there is no line")
    dx, dy = x - x.mean(), y - y.mean()
    r = torch.dot(dx, dy) / (dx.norm() * dy.norm())
    return _through_the_mean(x, y, r * dy.norm() / dx.norm())


@right
def solved_by_lstsq(x: Tensor, y: Tensor) -> Line:
    if len(x) < 2 or x.max() == x.min():
        raise ValueError("there is no line")
    design = torch.stack([x - x.mean(), torch.ones_like(x)], dim=1)
    slope, height = torch.linalg.lstsq(design, y[:, None]).solution[:, 0]
    return slope, height - slope * x.mean()


@right
def in_float64(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    wide, high = x.double() - x[0].double(), y.double() - y[0].double()
    slope, height = torch.linalg.lstsq(torch.stack([wide, torch.ones_like(wide)], 1), high[:, None]).solution[:, 0]
    return slope.to(x.dtype), (height + y[0].double() - slope * x[0].double()).to(x.dtype)


@right
def pair_by_pair(x: Tensor, y: Tensor) -> Line:
    """The mean slope between all pairs of points, each weighted by the square of its width."""
    _refuse(x)
    wide, high = x[:, None] - x, y[:, None] - y
    return _through_the_mean(x, y, (wide * high).sum() / wide.square().sum())


@right
def loop_over_points(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    middle, height = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True))
    below = sum((a - middle) ** 2 for a in x)
    return above / below, height - above / below * middle


@wrong("The order is turned: the slope comes first, then the intercept.")
def intercept_first(x: Tensor, y: Tensor) -> Line:
    slope, intercept = covariance_over_variance(x, y)
    return intercept, slope


@wrong("You divide by the spread of y: that is the slope of x against y, turned over. Divide by the squares of x.")
def divided_by_y(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    above, _ = _spreads(x, y)
    return _through_the_mean(x, y, (y - y.mean()).square().sum() / above)


@wrong("You fit x by y. It is y that is predicted from x: divide by the squares of x, not of y.")
def x_from_y(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    above, _ = _spreads(x, y)
    return _through_the_mean(x, y, above / (y - y.mean()).square().sum())


@wrong("The means are not subtracted: this is the slope of a line through the origin.")
def through_the_origin(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    return _through_the_mean(x, y, (x * y).sum() / (x * x).sum())


@wrong("You return the correlation in the place of the slope. Divide by the squares of x only.")
def correlation(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    return _through_the_mean(x, y, torch.corrcoef(torch.stack([x, y]))[0, 1])


@wrong("The covariance is divided by N - 1 and the variance by N. Use the same for both, or sums.")
def n_minus_one_once(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    above, below = _spreads(x, y)
    return _through_the_mean(x, y, (above / (len(x) - 1)) / (below / len(x)))


@wrong("You join the first point with the last. All points count: use the sums over all of them.")
def first_to_last(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    return _through_the_mean(x, y, (y[-1] - y[0]) / (x[-1] - x[0]))


@wrong("You average the slopes between neighbours. The least squares weigh each point by how far it is from the mean.")
def mean_of_slopes(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    return _through_the_mean(x, y, (y.diff() / x.diff()).mean())


@wrong("The intercept is the mean of y. Subtract slope times the mean of x from it.")
def intercept_is_the_mean(x: Tensor, y: Tensor) -> Line:
    slope, _ = covariance_over_variance(x, y)
    return slope, y.mean()


@wrong("The intercept has the wrong sign inside: it is mean(y) minus slope times mean(x).")
def added_in_the_intercept(x: Tensor, y: Tensor) -> Line:
    slope, _ = covariance_over_variance(x, y)
    return slope, y.mean() + slope * x.mean()


@wrong("Your line goes through the first point. It goes through the mean point: mean(y) - slope * mean(x).")
def through_the_first_point(x: Tensor, y: Tensor) -> Line:
    slope, _ = covariance_over_variance(x, y)
    return slope, y[0] - slope * x[0]


@wrong("You divide by the root of the sum of squares. The slope is divided by that sum itself.")
def root_below(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    above, below = _spreads(x, y)
    return _through_the_mean(x, y, above / below.sqrt())


@wrong(
    "You subtract large numbers that are nearly equal, such as mean(x*x) - mean(x)**2. Where x is far from 0 their "
    "digits are lost: subtract the means first, then multiply."
)
def means_of_products(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    slope = ((x * y).mean() - x.mean() * y.mean()) / (x.square().mean() - x.mean().square())
    return _through_the_mean(x, y, slope)


@wrong(
    "You solve the normal equations with x as it comes. Where x is far from 0 their digits are lost: subtract the "
    "mean of x first."
)
def normal_equations(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    n, sx, sy = len(x), x.sum(), y.sum()
    below = n * (x * x).sum() - sx * sx
    return (n * (x * y).sum() - sx * sy) / below, (sy * (x * x).sum() - sx * (x * y).sum()) / below


@wrong(
    "x has its mean subtracted, but y has not: where y is far from 0, the rounding of the mean of x is multiplied by y."
)
def y_as_it_comes(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    dx = x - x.mean()
    return _through_the_mean(x, y, (dx * y).sum() / dx.square().sum())


@wrong("Where all x are equal you divide 0 by 0: raise a ValueError.")
def equal_x_allowed(x: Tensor, y: Tensor) -> Line:
    if len(x) < 2:
        raise ValueError("one point")
    above, below = _spreads(x, y)
    return _through_the_mean(x, y, above / below)


@wrong("You ask whether the spread is 0. The mean of equal numbers is rounded, so it may be a little more: compare x.")
def spread_compared_with_zero(x: Tensor, y: Tensor) -> Line:
    if len(x) < 2 or bool((x - x.mean()).square().sum() == 0):
        raise ValueError("there is no line")
    above, below = _spreads(x, y)
    return _through_the_mean(x, y, above / below)


@wrong("You refuse x that lie close together. A line exists unless all x are exactly equal.")
def small_spread_refused(x: Tensor, y: Tensor) -> Line:
    if len(x) < 2 or bool((x - x.mean()).square().mean() < 1e-8):
        raise ValueError("there is no line")
    return covariance_over_variance(x, y)


@wrong("You refuse points of which some have the same x. Only if all are equal there is no line.")
def some_equal_refused(x: Tensor, y: Tensor) -> Line:
    if len(x.unique()) < len(x):
        raise ValueError("there is no line")
    return covariance_over_variance(x, y)


@wrong("You compare the first x with the last only. Look at all of them.")
def ends_compared(x: Tensor, y: Tensor) -> Line:
    if x[0] == x[-1]:
        raise ValueError("there is no line")
    return covariance_over_variance(x, y)


@wrong("You compare the first two x only. Look at all of them.")
def first_two_compared(x: Tensor, y: Tensor) -> Line:
    if len(x) < 2 or x[0] == x[1]:
        raise ValueError("there is no line")
    return covariance_over_variance(x, y)


@wrong("A small number is added to the divisor: that hides the missing line, and makes small slopes of large ones.")
def epsilon_below(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    above, below = _spreads(x, y)
    return _through_the_mean(x, y, above / (below + 1e-8))


@wrong("Two points are refused. They are enough for a line: only fewer than two are a ValueError.")
def two_points_refused(x: Tensor, y: Tensor) -> Line:
    if len(x) < 3:
        raise ValueError("too few points")
    return covariance_over_variance(x, y)


@wrong("You return Python numbers (.item() or float). Return two 0-dim tensors.")
def plain_numbers(x: Tensor, y: Tensor) -> tuple[float, float]:
    slope, intercept = covariance_over_variance(x, y)
    return slope.item(), intercept.item()


@wrong("You return one tensor of two numbers. Return two 0-dim tensors: slope, intercept.")
def one_tensor(x: Tensor, y: Tensor) -> Tensor:
    return torch.stack(covariance_over_variance(x, y))


@wrong("The results have the shape (1,). They are 0-dim tensors.")
def shapes_of_one(x: Tensor, y: Tensor) -> Line:
    slope, intercept = covariance_over_variance(x, y)
    return slope.reshape(1), intercept.reshape(1)


@wrong("You change x or y by an in-place operation such as `-=`: write x - x.mean().")
def centred_in_place(x: Tensor, y: Tensor) -> Line:
    _refuse(x)
    middle = x.mean()
    x -= middle
    slope = (x * (y - y.mean())).sum() / x.square().sum()
    return slope, y.mean() - slope * middle


BANK = replace(linear_regression, checks=FAR_FROM_ZERO)
