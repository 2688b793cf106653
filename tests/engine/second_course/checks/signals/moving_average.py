"""The checks of `moving_average(x, width)`: means of neighbours."""

from __future__ import annotations

import numpy as np

from autograder.checks import Bank, Call, Check, Draw, Let, Misconception, Probe, Ref, Tolerance, Variant

from ._shared import Array, readings

NAME = "moving_average"


def oracle(x: Array, width: int) -> Array:
    if not 1 <= width <= len(x):
        raise ValueError("no such width")
    return np.array([x[i : i + width].mean() for i in range(len(x) - width + 1)])


def _values(draw: Draw) -> list[Probe]:
    calls = [Call(NAME, (readings(draw, n), width), save=save) for save, n, width in
             (("three", 11, 3), ("even", 9, 6), ("whole", 7, 7), ("one", 5, 1))]  # fmt: skip
    return [Probe(tuple(calls), tuple(call.save for call in calls))]


def _large(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (readings(draw, 12, 5_000.0), 5)),))]


def _refused(draw: Draw) -> list[Probe]:
    x = readings(draw, 6)
    return [Probe((Call(NAME, (x, width)),)) for width in (0, -3, 7)]


def _untouched(draw: Draw) -> list[Probe]:
    return [Probe((Let("x", readings(draw, 10)), Call(NAME, (Ref("x"), 3))), ("out", "x"))]


# ---- right ----------------------------------------------------------------------------------------------------


def by_convolution(x: Array, width: int) -> Array:
    if width < 1 or width > len(x):
        raise ValueError("no such width")
    return np.convolve(x, np.ones(width), "valid") / width


def by_running_sum(x: Array, width: int) -> Array:
    if width < 1 or width > len(x):
        raise ValueError("no such width")
    total = np.concatenate([[0.0], np.cumsum(x)])
    return (total[width:] - total[:-width]) / width


# ---- wrong ----------------------------------------------------------------------------------------------------


def same_length(x: Array, width: int) -> Array:
    by_convolution(x, width)  # refuses what it must
    return np.convolve(x, np.ones(width), "same")[: len(x)] / width


def sums(x: Array, width: int) -> Array:
    return by_convolution(x, width) * width


def last_left_out(x: Array, width: int) -> Array:
    return by_convolution(x, width)[:-1]


def any_width(x: Array, width: int) -> Array:
    width = min(max(width, 1), len(x))
    return np.convolve(x, np.ones(width), "valid") / width


def a_list(x: Array, width: int) -> list[float]:
    return [float(mean) for mean in by_convolution(x, width)]


def edited(x: Array, width: int) -> Array:
    right = by_convolution(x, width)
    x[: len(right)] = right
    return right


CLOSE = Tolerance(64, "a sum of at most 12 numbers, or two running ones, and a division", length=12)

CHECKS = (
    Check("values", "The mean of each window, for odd, even, whole and single widths.", _values, CLOSE, weight=3),
    Check("large numbers", "Readings far from 0.", _large, CLOSE),
    Check("refused", "A width below 1 or above the number of values is a ValueError.", _refused, CLOSE),
    Check("input untouched", "x must be left as it was.", _untouched, CLOSE),
)
MISCONCEPTIONS = (
    Misconception("same_length", "You also give means of windows that stick out over the ends.", same_length),
    Misconception("sums", "You give the sums of the windows: divide by the width.", sums),
    Misconception("last_left_out", "The last window is missing.", last_left_out),
    Misconception("any_width", "There is no ValueError for an impossible width.", any_width),
    Misconception("a_list", "You return a list: return an array.", a_list),
    Misconception("edited", "You write into x: make a new array.", edited),
)
VARIANTS = (Variant("by_convolution", by_convolution), Variant("by_running_sum", by_running_sum))

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
