"""The checks of `standard_error(x)`: how sure a mean is."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np

from autograder.checks import Draw, given, raises, right, wrong

Array = np.ndarray[Any, np.dtype[Any]]
Arguments = dict[str, Any]


@given(numpy=True, large=4_000, about="The spread of the values over the square root of their number.")
def standard_error(draw: Draw) -> Arguments:
    return {"x": draw.normal(draw.size("n"))}


@raises(ValueError, "Fewer than two values are a ValueError.")
def refused(draw: Draw) -> list[Arguments]:
    return [{"x": draw.normal(n)} for n in (1, 0)]


@right
def by_the_library(x: Array) -> float:
    if len(x) < 2:
        raise ValueError("too few values")
    return statistics.stdev(x.tolist()) / math.sqrt(len(x))


@wrong("You divide by n: of a sample it is n - 1 (ddof=1).")
def of_the_population(x: Array) -> float:
    return by_the_library(x) * math.sqrt((len(x) - 1) / len(x))


@wrong("This is how far single values spread: divide by sqrt(n) for the mean.")
def deviation(x: Array) -> float:
    return by_the_library(x) * math.sqrt(len(x))


@wrong("This is the square of the standard error.")
def variance(x: Array) -> float:
    return by_the_library(x) ** 2


@wrong("There is no ValueError for fewer than two values.")
def nothing_refused(x: Array) -> float:
    return by_the_library(x) if len(x) > 1 else 0.0
