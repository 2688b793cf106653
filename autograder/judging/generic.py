"""Wrong implementations that the engine makes of any solution in the short form; used by `short`.

Each is the solution with one mistake that hangs on no formula, and applies where the check is made that shows it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import torch

from autograder.judging.arguments import cast, change, is_floating, leaves
from autograder.judging.check import Implementation, Misconception
from autograder.judging.making import Maker
from autograder.judging.sentences import GENERIC as TEXTS

__all__ = ["TEXTS", "generic"]


def generic(maker: Maker, checks: Collection[str]) -> list[Misconception]:
    """Those that one of these checks shows."""
    facts, solution = maker.facts, maker.solution
    found: dict[str, Callable[..., Any]] = {}
    if "gradients" in checks:
        found["detached"] = lambda *args, **kwargs: change(solution(*args, **kwargs), _detached)
    if "float64" in checks and facts.float_result:
        found["always_float32"] = _in_dtype(solution, torch.float32)
        found["through_float32"] = _through(solution, torch.float32)
    if "float32" in checks:
        found["always_float64"] = _in_dtype(solution, torch.float64)
    if "inputs untouched" in checks:
        found["edited_in_place"] = _editing(solution)
    if "any device" in checks:
        found["read_into_python"] = _reading(solution)
        if facts.by_shape:
            found["on_the_cpu"] = _in_zeros(solution)
    return [Misconception(name, TEXTS[name], _named(name, solution, wrong)) for name, wrong in found.items()]


def _named(name: str, solution: Implementation, wrong: Callable[..., Any]) -> Implementation:
    wrong = functools.wraps(solution)(wrong)
    wrong.__name__ = name
    wrong.__qualname__ = f"<generic>.{name}"
    return wrong


def _detached(value: Any) -> Any:
    return value.detach() if isinstance(value, torch.Tensor) else value


def _in_zeros(solution: Implementation) -> Callable[..., Any]:
    """The solution on zeros on the CPU, which is right if its result depends on shapes alone."""

    def leaf(value: Any) -> Any:
        return torch.zeros(value.shape, dtype=value.dtype) if isinstance(value, torch.Tensor) else value

    return lambda *args, **kwargs: solution(*change(args, leaf), **change(kwargs, leaf))


def _in_dtype(solution: Implementation, dtype: torch.dtype) -> Callable[..., Any]:
    return lambda *args, **kwargs: solution(*cast(args, dtype), **cast(kwargs, dtype))


def _through(solution: Implementation, dtype: torch.dtype) -> Callable[..., Any]:
    """The solution in `dtype`, and its result in the dtype of the first floats that came in."""

    def computes(*args: Any, **kwargs: Any) -> Any:
        result = solution(*cast(args, dtype), **cast(kwargs, dtype))
        own = [leaf.dtype for leaf in leaves([*args, *kwargs.values()]) if is_floating(leaf)]
        return cast(result, own[0]) if own else result

    return computes


def _reading(solution: Implementation) -> Callable[..., Any]:
    def reads(*args: Any, **kwargs: Any) -> Any:
        for value in leaves([*args, *kwargs.values()]):
            if isinstance(value, torch.Tensor):
                value.detach().sum().item()
        return solution(*args, **kwargs)

    return reads


def _editing(solution: Implementation) -> Callable[..., Any]:
    def edits(*args: Any, **kwargs: Any) -> Any:
        result = solution(*args, **kwargs)
        for value in (*args, *kwargs.values()):
            if _edit(value):
                break
        return result

    return edits


def _edit(value: Any) -> bool:
    """Changes a tensor or an array of numbers, a list or a dict in place; False if it is none or has no entry."""
    match value:
        case torch.Tensor() if value.dtype != torch.bool and value.numel():
            value += 1
        case np.ndarray() if value.dtype != np.bool_ and value.size:
            value += 1
        case list() | dict() if value:
            value.clear()
        case _:
            return False
    return True
