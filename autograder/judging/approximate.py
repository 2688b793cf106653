"""One form for the same numbers: a list, a tuple, an array or a tensor; for checks that say `approximately`.

The judge brings received and expected values to it before it compares them. Received values are untrusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from autograder.model import Observation, Tensor

FORM = "sequence"  # the type_name of numbers in this form


def in_one_form(observation: Observation) -> Observation:
    return replace(observation, values={slot: numbers(value) for slot, value in observation.values.items()})


def numbers(value: Any) -> Any:
    """Numbers in any form as a Tensor of float64 and type_name FORM; anything else stays, entry by entry."""
    match value:
        case Tensor(data=torch.Tensor() as data) if not data.is_complex() and data.dtype != torch.bool:
            return _tensor(data)
        case int() | float() | np.integer() | np.floating() if not isinstance(value, bool):
            return _plain(value)
        case list() | tuple():
            return _sequence(value)
        case dict():
            return {key: numbers(entry) for key, entry in value.items()}
    return value


def _sequence(value: Sequence[Any]) -> Any:
    if all(type(entry) in (int, float) for entry in value):  # the usual case, in one step
        return _plain(list(value))
    entries = [numbers(entry) for entry in value]
    shapes = {entry.shape if isinstance(entry, Tensor) and entry.type_name == FORM else None for entry in entries}
    if len(shapes) == 1 and None not in shapes:
        return _tensor(torch.stack([entry.data for entry in entries]))
    return entries


def _plain(value: Any) -> Any:
    try:
        return _tensor(torch.tensor(value, dtype=torch.float64))
    except (OverflowError, RuntimeError, ValueError):  # an int above the largest float
        return value


def _tensor(data: torch.Tensor) -> Tensor:
    return Tensor(FORM, "float64", "cpu", tuple(data.shape), data.double())
