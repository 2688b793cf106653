"""Arguments of one call, drawn by an author: how they are cast, scaled and written as a call; used by `making`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from autograder.errors import UsageError
from autograder.judging.draw import unsorted
from autograder.judging.form import Built

Arguments = dict[str, Any]


def leaves(value: Any) -> Iterator[Any]:
    """The plain values, tensors and arrays in `value`; those in lists, tuples, dicts and options of a Built too."""
    match value:
        case list() | tuple():
            for entry in value:
                yield from leaves(entry)
        case dict():
            yield from leaves(list(value.values()))
        case Built(options=options):
            yield from leaves(dict(options))
        case _:
            yield value


def change(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """A copy of `value` with `leaf` of each of its leaves."""
    match value:
        case list() | tuple():
            return type(value)(change(entry, leaf) for entry in value)
        case dict():
            return {name: change(entry, leaf) for name, entry in value.items()}
        case Built(options=options):
            return replace(value, options=change(dict(options), leaf))
        case _:
            return leaf(value)


def is_floating(value: Any) -> bool:
    """Whether `value` is a tensor or an array of floats."""
    if isinstance(value, torch.Tensor):
        return value.is_floating_point()
    return isinstance(value, np.ndarray) and bool(np.issubdtype(value.dtype, np.floating))


def is_array(value: Any) -> bool:
    return isinstance(value, torch.Tensor | np.ndarray)


def cast(value: Any, dtype: torch.dtype) -> Any:
    """`value` with its floating tensors and arrays in `dtype`."""

    def leaf(entry: Any) -> Any:
        if not is_floating(entry):
            return entry
        return entry.to(dtype) if isinstance(entry, torch.Tensor) else entry.astype(str(dtype).removeprefix("torch."))

    return change(value, leaf)


def in_float64(value: Any) -> Any:
    """`value` with its floating tensors and arrays in float64, and digits in them that float32 does not have.

    Whole numbers stay whole.
    """

    def leaf(entry: Any) -> Any:
        if not is_floating(entry):
            return entry
        more = entry * (1 + 2.0**-30)
        return torch.where(entry == entry.round(), entry, more) if isinstance(entry, torch.Tensor) else more

    return change(cast(value, torch.float64), leaf)


def in_numpy(value: Any) -> Any:
    """`value` with numpy arrays in the place of tensors; those of floats are of float64."""

    def leaf(entry: Any) -> Any:
        array = entry.numpy() if isinstance(entry, torch.Tensor) else entry
        return array.astype(np.float64) if is_floating(array) else array

    return change(value, leaf)


def no_order(given: Arguments) -> bool:
    """Whether each floating tensor and array with rows of three or more different entries has one that is not sorted.

    Rows of equal entries, such as zeros, have no other order.
    """
    tensors = [torch.from_numpy(v) if isinstance(v, np.ndarray) else v for v in leaves(given) if is_floating(v)]
    rows = [t for t in tensors if t.dim() and t.shape[-1] > 2 and t.numel()]
    return all(unsorted(t) for t in rows if bool((t != t[..., :1]).any()))


def scaled(value: Any, top: float) -> Any:
    """`value` with its floats multiplied so that the largest of them is `top` in size."""
    largest = max((_largest(entry) for entry in leaves(value) if _is_float(entry)), default=0.0)
    return change(value, lambda entry: entry * (top / largest) if _is_float(entry) else entry) if largest else value


def moved(value: Any, by: float) -> Any:
    """`value` with `by` added to its floats."""
    return change(value, lambda entry: entry + by if _is_float(entry) else entry)


def negated(value: Any) -> Any:
    """`value` with its floats' signs turned, if all are finite and some negative: else -inf, or signs, may be meant."""
    floats = [torch.as_tensor(entry, dtype=torch.float64) for entry in leaves(value) if _is_float(entry)]
    if not any(bool((entry < 0).any()) for entry in floats) or not all(bool(e.isfinite().all()) for e in floats):
        return value
    return change(value, lambda entry: -entry if _is_float(entry) else entry)


def _is_float(value: Any) -> bool:
    return is_floating(value) or isinstance(value, float)


def _largest(value: Any) -> float:
    numbers = torch.as_tensor(value, dtype=torch.float64)
    return float(numbers[numbers.isfinite()].abs().amax()) if numbers.isfinite().any() else 0.0


def bound(signature: inspect.Signature, given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and the named arguments of a call: what has no default goes by position, all else by name.

    Raises UsageError if an argument is missing or unknown.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    rest = dict(given)
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            kwargs |= rest
            rest = {}
        elif name not in rest:
            if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL:
                raise UsageError(f"the inputs lack {name!r}")
        elif parameter.kind is parameter.VAR_POSITIONAL:
            args += rest.pop(name)
        elif parameter.kind is parameter.KEYWORD_ONLY or (
            parameter.default is not parameter.empty and parameter.kind is not parameter.POSITIONAL_ONLY
        ):
            kwargs[name] = rest.pop(name)
        else:
            args.append(rest.pop(name))
    if rest:
        takes = ", ".join(signature.parameters)
        raise UsageError(f"the inputs have {next(iter(rest))!r}, and the function takes {takes or 'nothing'}")
    return tuple(args), kwargs
