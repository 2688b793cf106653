"""Right ways to write fit_power_law."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from scipy import optimize
from torch import Tensor

from autograder.checks import Variant

Fit = tuple[float, float, float]
LOW, HIGH = 0.05, 3.0


def refuse(sizes: Tensor, losses: Tensor) -> None:
    if len(sizes) < 4 or len(sizes) != len(losses) or bool((sizes <= 0).any()):
        raise ValueError("four points, of equal number, above 0")


def arrays(sizes: Tensor, losses: Tensor) -> tuple[np.ndarray, np.ndarray, float]:
    """Sizes relative to their middle one, losses, and the middle size."""
    refuse(sizes, losses)
    wide = sizes.double().numpy()
    middle = float(np.exp(np.log(wide).mean()))
    return wide / middle, losses.double().numpy(), middle


def linears(x: np.ndarray, y: np.ndarray, alphas: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(floor, factor, sum of squares) of the best floor + factor x^-alpha for each alpha; floor >= 0, factor > 0."""
    power = x ** -alphas[:, None]  # (A, N)
    centred = power - power.mean(1, keepdims=True)
    factor = centred @ (y - y.mean()) / (centred**2).sum(1)
    through_zero = y.mean() < factor * power.mean(1)
    factor = np.maximum(np.where(through_zero, power @ y / (power**2).sum(1), factor), 1e-12)
    floor = np.maximum(y.mean() - factor * power.mean(1), 0)
    return floor, factor, ((floor[:, None] + factor[:, None] * power - y) ** 2).sum(1)


def linear(x: np.ndarray, y: np.ndarray, alpha: float) -> tuple[float, float, float]:
    """The same for one alpha."""
    floor, factor, left = linears(x, y, np.array([alpha]))
    return float(floor[0]), float(factor[0]), float(left[0])


def finished(x: np.ndarray, y: np.ndarray, middle: float, alpha: float) -> Fit:
    floor, factor, _ = linear(x, y, alpha)
    return floor, middle * factor ** (1 / alpha), float(alpha)


def by_zooming(sizes: Tensor, losses: Tensor) -> Fit:
    """A grid over alpha, then finer ones round the best."""
    x, y, middle = arrays(sizes, losses)
    grid = np.geomspace(LOW, HIGH, 80)
    for _ in range(5):
        best = int(linears(x, y, grid)[2].argmin())
        alpha = grid[best]
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 20)
    return finished(x, y, middle, float(alpha))


def by_golden_section(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    grid = np.geomspace(LOW, HIGH, 60)
    best = int(linears(x, y, grid)[2].argmin())
    a, b = grid[max(best - 1, 0)], grid[min(best + 1, 59)]
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(60):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        a, b = (a, d) if linear(x, y, c)[2] < linear(x, y, d)[2] else (c, b)
    return finished(x, y, middle, float((a + b) / 2))


def by_scipy_bounded(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)

    def left(log_alpha: float) -> float:
        return linear(x, y, math.exp(log_alpha))[2]

    cuts = np.linspace(math.log(LOW), math.log(HIGH), 7)
    tries = [
        optimize.minimize_scalar(left, bounds=pair, method="bounded", options={"xatol": 1e-10})
        for pair in pairwise(cuts)
    ]
    return finished(x, y, middle, math.exp(min(tries, key=lambda found: found.fun).x))


def by_non_negative_squares(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)

    def solved(alpha: float) -> tuple[float, float, float]:
        (floor, factor), left = optimize.nnls(np.stack([np.ones_like(x), x**-alpha], axis=1), y)
        return float(left), float(floor), max(float(factor), 1e-12)

    alphas = np.geomspace(LOW, HIGH, 60)
    for _ in range(4):
        place = min(range(len(alphas)), key=lambda i: solved(alphas[i])[0])
        alpha = float(alphas[place])
        alphas = np.geomspace(alphas[max(place - 1, 0)], alphas[min(place + 1, len(alphas) - 1)], 20)
    _, floor, factor = solved(alpha)
    return floor, middle * factor ** (1 / alpha), alpha


def by_curve_fit(sizes: Tensor, losses: Tensor) -> Fit:
    x, y, middle = arrays(sizes, losses)
    unit = float(y.max())

    def curve(size: np.ndarray, floor: float, factor: float, alpha: float) -> np.ndarray:
        return floor + factor * size**-alpha

    best: tuple[float, Fit] = (math.inf, (0.0, 1.0, 1.0))
    for start in (0.1, 0.5, 1.5):
        floor, factor, _ = linear(x, y / unit, start)
        found, _ = optimize.curve_fit(
            curve, x, y / unit, p0=(max(floor, 1e-9), factor, start), bounds=((0, 1e-12, LOW), (np.inf, np.inf, HIGH)),
            max_nfev=20_000, xtol=1e-14, ftol=1e-14, gtol=1e-14,
        )  # fmt: skip
        left = float(((curve(x, *found) - y / unit) ** 2).sum())
        if left < best[0]:
            floor, factor, alpha = map(float, found)
            best = left, (floor * unit, middle * (factor * unit) ** (1 / alpha), alpha)
    return best[1]


def in_torch(sizes: Tensor, losses: Tensor) -> Fit:
    """All alphas of a fine grid at once, and a parabola through the best three."""
    refuse(sizes, losses)
    x, y = sizes.double().log(), losses.double()
    middle = x.mean()
    alphas = torch.logspace(math.log10(LOW), math.log10(HIGH), 2001, dtype=torch.float64)
    for _ in range(2):
        power = torch.exp(-alphas[:, None] * (x - middle))
        centred = power - power.mean(1, keepdim=True)
        factor = (centred @ (y - y.mean())) / centred.square().sum(1)
        floor = y.mean() - factor * power.mean(1)
        factor = torch.where(floor < 0, power @ y / power.square().sum(1), factor).clamp_min(1e-12)
        floor = (y.mean() - factor * power.mean(1)).clamp_min(0)
        left = (floor[:, None] + factor[:, None] * power - y).square().sum(1)
        best = int(left.argmin())
        answer = float(floor[best]), float((middle + factor[best].log() / alphas[best]).exp()), float(alphas[best])
        alphas = torch.linspace(
            float(alphas[max(best - 1, 0)]), float(alphas[min(best + 1, len(alphas) - 1)]), 401, dtype=torch.float64
        )
    return answer


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        by_zooming, by_golden_section, by_scipy_bounded, by_non_negative_squares, by_curve_fit, in_torch,
    )
)  # fmt: skip
