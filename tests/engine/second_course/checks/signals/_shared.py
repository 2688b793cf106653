"""Readings for both banks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from autograder.checks import Draw

Array = np.ndarray[Any, np.dtype[Any]]


def readings(draw: Draw, n: int, around: float = 0.0) -> Array:
    """`n` numbers around a value, in no order."""
    numbers: Array = around + draw.normal(n, dtype=torch.float64).numpy()
    return numbers
