"""The banks of checks by function name; what they import is loaded when a bank is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from autograder.errors import UsageError

if TYPE_CHECKING:
    from autograder.judging.check import Bank

_MODULES = {  # function -> the module whose BANK judges it
    "softmax": "autograder.checks.attention.softmax",
    "causal_mask": "autograder.checks.attention.causal_mask",
    "scaled_dot_product_attention": "autograder.checks.attention.dot_product",
    "MultiHeadAttention": "autograder.checks.attention.multihead",
}


ASSIGNMENTS = {"attention": ("softmax", "causal_mask", "scaled_dot_product_attention", "MultiHeadAttention")}


def functions_of(assignments: Iterable[str]) -> tuple[str, ...]:
    """The functions with a bank of these assignments (all, for none). Raises UsageError for an unknown one."""
    names = list(assignments) or list(ASSIGNMENTS)
    for name in names:
        if name not in ASSIGNMENTS:
            raise UsageError(f"there are no checks for an assignment {name!r}; there are for: {', '.join(ASSIGNMENTS)}")
    return tuple(function for name in names for function in ASSIGNMENTS[name])


def bank_names() -> tuple[str, ...]:
    """The functions that have a bank, in the course's order."""
    return tuple(_MODULES)


def find_bank(name: str) -> Bank:
    """The bank of the function `name`. Raises UsageError where there is none."""
    if name not in _MODULES:
        raise UsageError(f"there is no bank of checks for {name!r}; there is one for: {', '.join(_MODULES)}")
    bank: Bank = importlib.import_module(_MODULES[name]).BANK
    return bank
