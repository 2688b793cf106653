"""The checks of `moving_average(x, width)`: means of neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.checks import Draw, case, given, raises, right, wrong

Array = np.ndarray[Any, np.dtype[Any]]
Arguments = dict[str, Any]


@given(numpy=True, large={"x": 5_000}, without="float32", about="The mean of each window, for odd and even widths.")
def moving_average(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(draw.size("n") + 8), "width": width} for width in (3, 6)]


@case("A window as long as x, and one of a single value.")
def extremes(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(7), "width": 7}, {"x": draw.normal(5), "width": 1}]


@raises(ValueError, "A width below 1 or above the number of values is a ValueError.")
def refused(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(6), "width": width} for width in (0, -3, 7)]


@right
def by_convolution(x: Array, width: int) -> Array:
    if width < 1 or width > len(x):
        raise ValueError("no such width")
    return np.convolve(x, np.ones(width), "valid") / width


@right
def by_running_sum(x: Array, width: int) -> Array:
    if width < 1 or width > len(x):
        raise ValueError("no such width")
    total = np.concatenate([[0.0], np.cumsum(x)])
    return (total[width:] - total[:-width]) / width


@wrong("You also give means of windows that stick out over the ends.")
def same_length(x: Array, width: int) -> Array:
    by_convolution(x, width)  # refuses what it must
    return np.convolve(x, np.ones(width), "same")[: len(x)] / width


@wrong("You give the sums of the windows: divide by the width.")
def sums(x: Array, width: int) -> Array:
    return by_convolution(x, width) * width


@wrong("The last window is missing.")
def last_left_out(x: Array, width: int) -> Array:
    return by_convolution(x, width)[:-1]


@wrong("There is no ValueError for an impossible width.")
def any_width(x: Array, width: int) -> Array:
    width = min(max(width, 1), len(x))
    return np.convolve(x, np.ones(width), "valid") / width


@wrong("You return a list: return an array.")
def a_list(x: Array, width: int) -> list[float]:
    return [float(mean) for mean in by_convolution(x, width)]
