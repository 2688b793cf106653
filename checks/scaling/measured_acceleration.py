"""The checks of `measured_acceleration(x, dt)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    large={"x": 10_000},
    about="The second difference of the positions over dt squared, along the last axis, in batches of any shape.",
)
def measured_acceleration(draw: Draw, *batch: int) -> Arguments:
    return {"x": draw.normal(*batch, draw.size("time"), scale=2.0), "dt": draw.number(0.3, 0.7)}


@case("No size is special: three positions give one acceleration, and a square of trajectories has its time last.")
def any_size(draw: Draw) -> list[Arguments]:
    n = draw.size("n")
    shapes = ((3,), (1, n), (n, 3), (n, n))
    return [{"x": draw.normal(*shape, scale=2.0), "dt": draw.number(1.3, 2.5)} for shape in shapes]


@case("dt may be an int.", alone=True)
def whole_dt(draw: Draw) -> Arguments:
    return {"x": draw.normal(draw.size("time")), "dt": draw.choice((3, 5))}


@right
def twice_the_difference(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=-1) / dt**2


@right
def velocities_first(x: Tensor, dt: float) -> Tensor:
    v = (x[..., 1:] - x[..., :-1]) / dt
    return (v[..., 1:] - v[..., :-1]) / dt


@right
def by_narrow(x: Tensor, dt: float) -> Tensor:
    n = x.shape[-1] - 2
    before, here, after = (x.narrow(-1, start, n) for start in range(3))
    return (before + after - 2 * here) * (1 / (dt * dt))


@right
def by_windows(x: Tensor, dt: float) -> Tensor:
    return x.unfold(-1, 3, 1) @ torch.tensor([1.0, -2.0, 1.0], dtype=x.dtype, device=x.device) / dt**2


@right
def by_convolution(x: Tensor, dt: float) -> Tensor:
    weight = torch.tensor([[[1.0, -2.0, 1.0]]], dtype=x.dtype, device=x.device)
    return F.conv1d(x.reshape(-1, 1, x.shape[-1]), weight).reshape(*x.shape[:-1], -1) / dt**2


@right
def by_rolling(x: Tensor, dt: float) -> Tensor:
    return (x.roll(1, -1) - 2 * x + x.roll(-1, -1))[..., 1:-1] / dt / dt


@wrong("You divide by dt once. A second difference is divided by dt squared.")
def divided_once(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=-1) / dt


@wrong("dt is not used, or cancels, as in `/ dt * dt`: second differences are metres. Divide them by dt**2.")
def not_divided(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=-1)


@wrong("You divide by 2 dt: `/ 2 * dt`, `/ (2 * dt)` and `/ dt**2` are three different things.")
def divided_by_twice(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=-1) / (2 * dt)


@wrong("This is the velocity, from first differences. Take the difference of the velocities once more.")
def velocity(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, dim=-1) / dt


@wrong("You take positions two steps apart, x[t + 2] - x[t]: that is twice a velocity. The middle one is missing.")
def two_steps_apart(x: Tensor, dt: float) -> Tensor:
    return (x[..., 2:] - x[..., :-2]) / dt**2


@wrong("The middle position counts twice: x[t + 1] - 2 x[t] + x[t - 1].")
def middle_once(x: Tensor, dt: float) -> Tensor:
    return (x[..., 2:] - x[..., 1:-1] + x[..., :-2]) / dt**2


@wrong("The sign is wrong: the two outer positions count +1, the middle one -2.")
def other_sign(x: Tensor, dt: float) -> Tensor:
    return (2 * x[..., 1:-1] - x[..., 2:] - x[..., :-2]) / dt**2


@wrong("You halve the result, as if x = a t^2 were the law. The second derivative of a t^2 / 2 is a.")
def halved(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=-1) / (2 * dt**2)


@wrong("You double the result, as if each step began at rest (x = a t^2 / 2). Second differences need no factor.")
def doubled(x: Tensor, dt: float) -> Tensor:
    return 2 * torch.diff(x, n=2, dim=-1) / dt**2


@wrong("You return only the mean. One acceleration for each inner moment is asked: (..., T - 2).")
def mean_only(x: Tensor, dt: float) -> Tensor:
    return (torch.diff(x, n=2, dim=-1) / dt**2).mean(-1)


@wrong("Differences are taken along the first axis. Time is the last one.")
def along_the_first_axis(x: Tensor, dt: float) -> Tensor:
    return torch.diff(x, n=2, dim=0) / dt**2


@wrong("You fill up with zeros at both ends. There the acceleration is unknown: the result has T - 2 entries.")
def padded_with_zeros(x: Tensor, dt: float) -> Tensor:
    return F.pad(torch.diff(x, n=2, dim=-1) / dt**2, (1, 1))


@wrong("You roll round the ends, where the last position becomes the neighbour of the first. Cut both ends off.")
def rolled_round(x: Tensor, dt: float) -> Tensor:
    return (x.roll(1, -1) - 2 * x + x.roll(-1, -1)) / dt**2


@wrong("torch.gradient twice takes positions four apart, and one-sided differences at the ends: use x[t + 1] - 2 x[t].")
def gradient_twice(x: Tensor, dt: float) -> Tensor:
    once = torch.gradient(x, spacing=dt, dim=-1)[0]
    return torch.gradient(once, spacing=dt, dim=-1)[0][..., 1:-1]
