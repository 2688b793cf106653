"""The checks of `standard_error(x)`: how sure a mean is."""

from __future__ import annotations

import math
import statistics

import numpy as np

from autograder.checks import Bank, Call, Check, Draw, Misconception, Probe, Tolerance, Variant

from ._shared import Array, readings

NAME = "standard_error"


def oracle(x: Array) -> float:
    if len(x) < 2:
        raise ValueError("too few values")
    return float(np.sqrt(((x - x.mean()) ** 2).sum() / (len(x) - 1) / len(x)))


def _values(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (readings(draw, 7),), save="few"), Call(NAME, (readings(draw, 23, 3.0),), save="more")),
                  ("few", "more"))]  # fmt: skip


def _large(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (readings(draw, 9, -4_000.0),)),))]


def _refused(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (readings(draw, n),)),)) for n in (1, 0)]


# ---- right ----------------------------------------------------------------------------------------------------


def by_numpy(x: Array) -> float:
    if len(x) < 2:
        raise ValueError("too few values")
    return np.std(x, ddof=1) / np.sqrt(len(x))  # type: ignore[no-any-return]  # a np.float64, which is a float


def by_the_library(x: Array) -> float:
    if len(x) < 2:
        raise ValueError("too few values")
    return statistics.stdev(x.tolist()) / math.sqrt(len(x))


# ---- wrong ----------------------------------------------------------------------------------------------------


def of_the_population(x: Array) -> float:
    return by_numpy(x) * math.sqrt((len(x) - 1) / len(x))


def deviation(x: Array) -> float:
    return by_numpy(x) * math.sqrt(len(x))


def variance(x: Array) -> float:
    return by_numpy(x) ** 2


def nothing_refused(x: Array) -> float:
    return by_numpy(x) if len(x) > 1 else 0.0


CLOSE = Tolerance(64, "squares of differences, summed, and two roots", length=23)

CHECKS = (
    Check("values", "The spread of the values over the square root of their number.", _values, CLOSE, weight=2),
    Check("large numbers", "Readings far from 0.", _large, CLOSE),
    Check("refused", "Fewer than two values are a ValueError.", _refused, CLOSE),
)
MISCONCEPTIONS = (
    Misconception("of_the_population", "You divide by n: of a sample it is n - 1 (ddof=1).", of_the_population),
    Misconception("deviation", "This is how far single values spread: divide by sqrt(n) for the mean.", deviation),
    Misconception("variance", "This is the square of the standard error.", variance),
    Misconception("nothing_refused", "There is no ValueError for fewer than two values.", nothing_refused),
)
VARIANTS = (Variant("by_numpy", by_numpy), Variant("by_the_library", by_the_library))

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
