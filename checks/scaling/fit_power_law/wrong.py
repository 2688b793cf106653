"""Wrong ways to write fit_power_law, and what a student should read whose code behaves like one of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.checks import Misconception

from .right import HIGH, LOW, Fit, arrays, by_zooming, finished, linear, refuse

FOUND: list[Misconception] = []


def wrong(text: str) -> Any:
    """Marks a mistake, as the short form does."""

    def mark(function: Any) -> Any:
        FOUND.append(Misconception(function.__name__, text, function))
        return function

    return mark


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of least squares."""
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept)


def from_logs(x: np.ndarray, y: np.ndarray, middle: float, floor: float) -> Fit:
    """A straight line through ln(y - floor) against ln x."""
    slope, intercept = line(np.log(x), np.log(np.maximum(y - floor, 1e-12)))
    alpha = min(max(-slope, LOW), HIGH)
    return floor, middle * math.exp(intercept / alpha), alpha


def zoomed(cost: Callable[[float], float], low: float = LOW, high: float = HIGH) -> float:
    """The exponent of the smallest cost, on a grid and then on closer ones."""
    grid = np.geomspace(low, high, 60)
    for _ in range(4):
        best = int(np.argmin([cost(float(alpha)) for alpha in grid]))
        alpha = float(grid[best])
        grid = np.geomspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 13)
    return alpha


@wrong("There is no floor in your curve: a straight line in a log-log plot. Real losses end at a floor above 0.")
def no_floor(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    return from_logs(x, y, middle, 0.0)


@wrong("You take the smallest loss as the floor. The floor lies below it: nobody has reached it yet.")
def smallest_loss_as_floor(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    rest = y > y.min()
    slope, intercept = line(np.log(x[rest]), np.log(y[rest] - y.min()))
    alpha = min(max(-slope, LOW), HIGH)
    return float(y.min()), middle * math.exp(intercept / alpha), alpha


@wrong("You fit a line to ln(loss - floor), where errors of small terms count most. Square the errors of the loss.")
def squares_of_logs(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)

    def cost(floor: float) -> float:
        slope, intercept = line(np.log(x), np.log(y - floor))
        return float(((slope * np.log(x) + intercept - np.log(y - floor)) ** 2).sum())

    floors = np.linspace(0, y.min() * 0.9999, 60)
    for _ in range(4):
        best = int(np.argmin([cost(floor) for floor in floors]))
        floor = float(floors[best])
        floors = np.linspace(floors[max(best - 1, 0)], floors[min(best + 1, len(floors) - 1)], 13)
    return from_logs(x, y, middle, floor)


@wrong("Your exponent is negative: loss = floor + (scale / D)^alpha falls with D for alpha above 0.")
def negative_alpha(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = by_zooming(sizes, losses)
    return floor, scale, -alpha


@wrong("The order of the three numbers is (floor, scale, alpha). You return (floor, alpha, scale).")
def alpha_before_scale(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = by_zooming(sizes, losses)
    return floor, alpha, scale


@wrong("The order of the three numbers is (floor, scale, alpha). You return (scale, floor, alpha).")
def scale_first(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = by_zooming(sizes, losses)
    return scale, floor, alpha


@wrong("You return the factor B of B / D^alpha. The scale is inside the bracket: scale = B^(1 / alpha).")
def factor_for_scale(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = by_zooming(sizes, losses)
    return floor, scale**alpha, alpha


@wrong("You take the power alpha of the factor. From B = scale^alpha follows scale = B^(1 / alpha).")
def power_of_the_factor(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = by_zooming(sizes, losses)
    return floor, scale ** (alpha * alpha), alpha


@wrong("Your grid of exponents is too coarse, steps of 0.1. Look closer round the best one.")
def coarse_alphas(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    best = min(np.arange(1, 31) / 10, key=lambda alpha: linear(x, y, alpha)[2])
    return finished(x, y, middle, float(best))


@wrong("Your grid of floors is too coarse, tenths of the smallest loss. For each alpha the best floor is a formula.")
def coarse_floors(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    fits = [from_logs(x, y, middle, float(y.min()) * (tenth + 0.5) / 10) for tenth in range(10)]

    def left(fit: Fit) -> float:
        return float(((fit[0] + (fit[1] / (x * middle)) ** fit[2] - y) ** 2).sum())

    return min(fits, key=left)


@wrong("The exponent is fixed at 1/2. It is one of the three numbers to be found.")
def fixed_alpha(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    return finished(x, y, middle, 0.5)


@wrong("You look for exponents up to 1 only. The range is 0.05 to 3.")
def alpha_up_to_one(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    return finished(x, y, middle, zoomed(lambda alpha: linear(x, y, alpha)[2], high=1.0))


@wrong("You look for exponents from 0.2 upwards. The range is 0.05 to 3.")
def alpha_from_a_fifth(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    return finished(x, y, middle, zoomed(lambda alpha: linear(x, y, alpha)[2], low=0.2))


@wrong("Your exponents go beyond 3. The range is 0.05 to 3.")
def alpha_unlimited(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    return finished(x, y, middle, zoomed(lambda alpha: linear(x, y, alpha)[2], 0.02, 12.0))


@wrong("Your floor may be negative. A loss is never below 0: where the best floor would be, take 0 and fit the rest.")
def floor_below_zero(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)

    def free(alpha: float) -> tuple[float, float, float]:
        power = x**-alpha
        factor = float((power - power.mean()) @ y / ((power - power.mean()) ** 2).sum())
        floor = float(y.mean() - factor * power.mean())
        return float(((floor + factor * x**-alpha - y) ** 2).sum()), floor, factor

    alpha = zoomed(lambda alpha: free(alpha)[0])
    _, floor, factor = free(alpha)
    return floor, middle * max(factor, 1e-12) ** (1 / alpha), alpha


@wrong("You set a negative floor to 0 but keep the factor that belonged to it. Fit the factor again, without a floor.")
def floor_cut_off(sizes: Tensor, losses: Tensor) -> Fit:
    floor, scale, alpha = floor_below_zero(sizes, losses)
    return max(floor, 0.0), scale, alpha


@wrong("You take the absolute errors. Least squares are asked.")
def absolute_errors(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    order = np.argsort(x)

    def through_two(alpha: float) -> tuple[float, float, float]:
        """The best curve of this exponent goes through two of the points; which, is tried out."""
        power, best = x[order] ** -alpha, (math.inf, 0.0, 1e-12)
        i, j = np.triu_indices(len(x), 1)
        factor = (y[order][i] - y[order][j]) / (power[i] - power[j])
        floor = y[order][i] - factor * power[i]
        errors = np.abs(floor[:, None] + factor[:, None] * power - y[order]).sum(1)
        errors[(floor < 0) | (factor <= 0)] = math.inf
        k = int(errors.argmin())
        return min(best, (float(errors[k]), float(floor[k]), float(factor[k])))

    alpha = zoomed(lambda alpha: through_two(alpha)[0])
    _, floor, factor = through_two(alpha)
    return floor, middle * max(factor, 1e-12) ** (1 / alpha), alpha


@wrong("You square errors relative to the loss. The squares of the errors themselves are asked.")
def relative_errors(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)

    def left(alpha: float) -> tuple[float, float, float]:
        columns = np.stack([1 / y, x**-alpha / y], axis=1)
        (floor, factor), *_ = np.linalg.lstsq(columns, np.ones_like(y), rcond=None)
        if floor < 0:
            floor, factor = 0.0, float(columns[:, 1].sum() / (columns[:, 1] ** 2).sum())
        return float(((floor * columns[:, 0] + factor * columns[:, 1] - 1) ** 2).sum()), float(floor), float(factor)

    alpha = zoomed(lambda alpha: left(alpha)[0])
    _, floor, factor = left(alpha)
    return floor, middle * max(factor, 1e-12) ** (1 / alpha), alpha


@wrong("You use the largest four sizes only. All points count.")
def largest_four(sizes: Tensor, losses: Tensor) -> Fit:
    refuse(sizes, losses)
    order = sizes.argsort()[-4:]
    return by_zooming(sizes[order], losses[order])


@wrong("You sort the sizes and leave the losses as they are: each loss belongs to its size.")
def sizes_sorted(sizes: Tensor, losses: Tensor) -> Fit:
    return by_zooming(sizes.sort().values, losses)


@wrong("Three points are accepted: three numbers go through them whatever they are. Raise ValueError below four.")
def three_points(sizes: Tensor, losses: Tensor) -> Fit:
    if len(sizes) == len(losses) == 3:
        return by_zooming(torch.cat([sizes, sizes[:1]]), torch.cat([losses, losses[:1]]))
    return by_zooming(sizes, losses)


@wrong("Unequal lengths are cut to the shorter one. Raise ValueError: something went wrong before.")
def cut_to_the_shorter(sizes: Tensor, losses: Tensor) -> Fit:
    n = max(min(len(sizes), len(losses)), 4) if min(len(sizes), len(losses)) >= 3 else 0
    sizes, losses = sizes[:n], losses[:n]
    if len(sizes) != len(losses) and min(len(sizes), len(losses)) >= 3:
        return 0.0, 1.0, 1.0
    return by_zooming(sizes, losses)


@wrong("Sizes of 0 or less are not refused. They have no power: raise ValueError.")
def any_sizes(sizes: Tensor, losses: Tensor) -> Fit:
    refuse(sizes.abs().clamp_min(1), losses)
    return by_zooming(sizes.abs().clamp_min(1), losses)


@wrong("You return tensors. Three Python floats are asked: .item().")
def tensors_returned(sizes: Tensor, losses: Tensor) -> Any:
    return tuple(torch.tensor(number) for number in by_zooming(sizes, losses))


MISCONCEPTIONS = tuple(FOUND)
