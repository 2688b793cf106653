"""How far a right answer may be from the float64 one, from dtype, device, reduction length and input size."""

from __future__ import annotations

import math
from dataclasses import dataclass

EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TF32_EPSILON = 2.0**-10  # TF32 keeps 10 bits of the mantissa in matrix products
CUDA_FACTOR = 4.0  # a GPU splits sums into other parts, and its exp is right to 2 units in the last place, not 1


@dataclass(frozen=True)
class Tolerance:
    """`factor` roundings of the largest magnitude that enters, times the square root of `length`.

    `length` is the number of terms in the longest sum behind one entry: independent rounding errors of n terms add up
    as sqrt(n) (Higham & Mary 2019, "A new approach to probabilistic rounding error analysis").
    """

    factor: float
    reason: str
    length: int = 1


EXACT = Tolerance(0.0, "nothing is computed, so nothing is rounded")


def absolute(tolerance: Tolerance, dtype: str, largest: float, device: str = "cpu") -> float:
    """The largest |received - expected| allowed.

    `largest` is the largest finite magnitude that enters the probe; results are O(1) however small the inputs are, so
    it counts as at least 1. `device` is "cpu", "cuda", or "cuda-tf32" where products in TF32 are switched on.
    """
    if dtype not in EPSILON:  # integers and booleans are exact
        return 0.0
    epsilon = EPSILON[dtype]
    if device == "cuda-tf32" and dtype == "float32":
        epsilon = TF32_EPSILON
    elif device.startswith("cuda"):
        epsilon *= CUDA_FACTOR
    return tolerance.factor * epsilon * math.sqrt(tolerance.length) * max(1.0, largest)
