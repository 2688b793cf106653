"""Computes the error allowed against the float64 answer, from dtype, device, reduction length and input magnitude."""

from __future__ import annotations

import math
from dataclasses import dataclass

EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
TF32_EPSILON = 2.0**-10  # TF32 keeps 10 bits of the mantissa in matrix products
CUDA_FACTOR = 4.0  # a GPU sums in another order, and its exp has an error of 2 units in the last place, not 1


@dataclass(frozen=True)
class Tolerance:
    """An allowed error: `factor` roundings of the largest input magnitude, times the square root of `length`.

    `length` is the number of terms in the longest sum behind one entry: independent rounding errors of n terms add up
    as sqrt(n) (Higham & Mary 2019, "A new approach to probabilistic rounding error analysis").

    `atol`, and `rtol` times the largest entry of the expected result, are added: errors that are no roundings.
    """

    factor: float
    reason: str
    length: int = 1
    atol: float = 0.0
    rtol: float = 0.0


EXACT = Tolerance(0.0, "nothing is computed, so nothing is rounded")
UNMEASURED = Tolerance(math.nan, "certify has not measured it yet")  # of a check in the short form


def absolute(tolerance: Tolerance, dtype: str, largest: float, device: str = "cpu", result: float = 0.0) -> float:
    """The largest |received - expected| allowed.

    `largest` is the largest finite magnitude among the probe's inputs; it counts as at least 1, because results can be
    O(1) for small inputs. `result` is that of the expected result. `device` is "cpu", "cuda", or
    "cuda-tf32" if matrix products in TF32 are switched on.
    """
    if dtype not in EPSILON:  # integers and booleans are exact
        return 0.0
    epsilon = EPSILON[dtype]
    if device == "cuda-tf32" and dtype == "float32":
        epsilon = TF32_EPSILON
    elif device.startswith("cuda"):
        epsilon *= CUDA_FACTOR
    roundings = tolerance.factor * epsilon * math.sqrt(tolerance.length) * max(1.0, largest)
    return roundings + tolerance.atol + tolerance.rtol * result
