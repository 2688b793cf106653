"""Small banks of functions that know no torch: one of numpy, two of plain Python, shared by tests of judge and sandbox.

Each has its right function and wrong ones as cells of a student, since the sandbox runs text.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Misconception, Probe, Ref, Tolerance, Variant

ROUNDING = Tolerance(8, "a sum of at most 7 terms and a quotient", length=7)


# ---- numpy: moving_average(x, n) ---------------------------------------------------------------------------


def moving_average(x: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
    if n < 1:
        raise ValueError("n")
    return np.lib.stride_tricks.sliding_window_view(x, n).mean(-1)


def with_cumsum(x: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
    if n < 1:
        raise ValueError("n")
    sums = np.concatenate([np.zeros(1), np.cumsum(x, dtype=np.float64)])
    return ((sums[n:] - sums[:-n]) / n).astype(x.dtype if x.dtype.kind == "f" else np.float64)


def same_length(x: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
    if n < 1:
        raise ValueError("n")
    return np.convolve(x, np.full(n, 1 / n, x.dtype if x.dtype.kind == "f" else None), "same")


def sums(x: np.ndarray[Any, Any], n: int) -> np.ndarray[Any, Any]:
    return moving_average(x, n) * n


def array(draw: Draw, dtype: str, *shape: int, scale: float = 1.0) -> np.ndarray[Any, Any]:
    return draw.normal(*shape, scale=scale).numpy().astype(dtype)


def _float32(draw: Draw) -> list[Probe]:
    return [Probe((Let("x", array(draw, "float32", 7)), Call("moving_average", (Ref("x"), 3))), ("out", "x"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call("moving_average", (array(draw, "float64", 7, scale=1e6), 3)),))]


def _integers(draw: Draw) -> list[Probe]:
    return [Probe((Call("moving_average", (draw.integers(-2000, 2000, 7).numpy(), 3)),))]


def _refused(draw: Draw) -> list[Probe]:
    return [Probe((Call("moving_average", (array(draw, "float32", 7), 0)),))]


MOVING_AVERAGE = Bank(
    "moving_average",
    moving_average,
    (
        Check("float32", "The mean of each window of n.", _float32, ROUNDING),
        Check("float64", "Numbers in the millions.", _float64, ROUNDING),
        Check("integers", "Integers have means too.", _integers, ROUNDING),
        Check("refused", "No window of 0.", _refused, EXACT),
    ),
    (
        Misconception("same_length", "The result is as long as x.", same_length),
        Misconception("sums", "You do not divide by n.", sums),
    ),
    (Variant("moving_average", moving_average), Variant("with_cumsum", with_cumsum)),
)

MOVING_AVERAGE_CELL = """
import numpy as np
def moving_average(x, n):
    assert type(x) is np.ndarray, type(x)
    if n < 1:
        raise ValueError("n")
    means = [x[i : i + n].mean() for i in range(len(x) - n + 1)]
    return np.array(means, dtype=None if x.dtype.kind == "i" else x.dtype)
"""


# ---- plain Python: mean(numbers), a float without any tensor ------------------------------------------------


def mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def added_up(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def middle(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def floored(numbers: list[float]) -> float:
    return float(sum(numbers) // len(numbers))


def _floats(draw: Draw) -> list[Probe]:
    return [Probe((Call("mean", (draw.normal(7, scale=1e6).double().tolist(),)),))]


def _ints(draw: Draw) -> list[Probe]:
    return [Probe((Call("mean", (draw.integers(0, 10_000, 7).tolist(),)),))]


MEAN = Bank(
    "mean",
    mean,
    (
        Check("floats", "The mean of floats.", _floats, ROUNDING),
        Check("ints", "The mean of ints.", _ints, ROUNDING),
    ),
    (Misconception("middle", "That is the median.", middle), Misconception("floored", "// rounds down.", floored)),
    (Variant("mean", mean), Variant("added_up", added_up)),
)

MEAN_CELL = """
def mean(numbers):
    total = 0.0
    for number in reversed(numbers):
        total += number
    return total / len(numbers)
"""


# ---- plain Python: index(words), exact answers ---------------------------------------------------------------

WORDS = ["a", "cat", "ä", "cat", "the", "a", "on"]


def index(words: list[str]) -> dict[int, list[str]]:
    """The words by their length, each once, in the order in which they come."""
    found: dict[int, list[str]] = {}
    for word in dict.fromkeys(words):
        found.setdefault(len(word), []).append(word)
    return found


def repeated(words: list[str]) -> dict[int, list[str]]:
    return {n: [word for word in words if len(word) == n] for n in dict.fromkeys(map(len, words))}


def by_text(words: list[str]) -> dict[str, list[str]]:
    return {str(n): found for n, found in index(words).items()}


def longest_first(words: list[str]) -> dict[int, list[str]]:
    return dict(sorted(index(words).items(), reverse=True))


def _words(draw: Draw) -> list[Probe]:
    words = [WORDS[i] for i in draw.permutation(len(WORDS)).tolist()]
    return [Probe((Let("words", words), Call("index", (Ref("words"),))), ("out", "words"))]


INDEX = Bank(
    "index",
    index,
    (Check("words", "The words by length.", _words, EXACT, public=True),),
    (Misconception("repeated", "Each word once.", repeated), Misconception("by_text", "Keys are ints.", by_text)),
    (Variant("index", index), Variant("longest_first", longest_first)),
)

INDEX_CELL = """
def index(words):
    found = {}
    for word in words:
        if word not in found.setdefault(len(word), []):
            found[len(word)].append(word)
    return found
"""

BANKS = (MOVING_AVERAGE, MEAN, INDEX)
CELLS = {"moving_average": MOVING_AVERAGE_CELL, "mean": MEAN_CELL, "index": INDEX_CELL}
