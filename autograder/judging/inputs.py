"""Finds a probe's inputs, and the dtype and device that its results must have; used by `expected`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from autograder.model import Backward, Call, Get, Let, Load, Make, Opaque, Probe, Ref, Step, Tensor


def _values_in(values: Any, within: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yields (value, whether it is in a container) for every value, with containers flattened."""
    match values:
        case list() | tuple():
            for value in values:
                yield from _values_in(value, True)
        case dict():
            yield from _values_in(list(values.values()), True)
        case _:
            yield values, within


def _input_values(steps: Iterable[Step]) -> Iterator[tuple[Any, bool]]:
    for step in steps:
        match step:
            case Let(value=value) | Make(options=value) | Load(state=value) | Backward(gradient=value):
                yield from _values_in(value)
            case Call(args=args, kwargs=kwargs):
                for value in (*args, *kwargs.values()):
                    yield from _values_in(value)


def opaque_types(values: Mapping[str, Any]) -> Iterator[str]:
    """The types of objects without a plain value among received values."""
    return (value.type_name for value, _ in _values_in(dict(values)) if isinstance(value, Opaque))


def tensors_in(steps: Iterable[Step]) -> Iterator[torch.Tensor]:
    """The torch tensors among the inputs of these steps."""
    return (value for value, _ in _input_values(steps) if isinstance(value, torch.Tensor))


def arrays_in(steps: Iterable[Step]) -> Iterator[torch.Tensor]:
    """The tensors and numpy arrays among the inputs of these steps, all as tensors."""
    for value, _ in _input_values(steps):
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, np.ndarray):
            yield torch.from_numpy(value.copy())  # from_numpy warns of a read-only array


def largest_magnitude(probe: Probe) -> float:
    """The largest finite |entry| among the probe's inputs; 0.0 if there is none.

    It is taken over floating tensors and arrays. Without any of these, it is taken over numbers in containers and over
    numpy arrays; if the probe has no tensor or array at all, also over plain floats. Integer tensors and single ints
    are ignored, because they are usually indices or sizes.
    """
    arrays = list(arrays_in(probe.steps))
    floating = [t.reshape(-1) for t in arrays if t.is_floating_point() and t.numel()]
    if floating:
        return float(torch.cat(floating).abs().nan_to_num(posinf=0.0).max())
    counted = [
        value
        for value, within in _input_values(probe.steps)
        if within or isinstance(value, np.ndarray) or (not arrays and isinstance(value, float | np.floating))
    ]
    return max(map(_magnitude, counted), default=0.0)


def _magnitude(value: Any) -> float:
    if isinstance(value, np.ndarray):
        return float(np.abs(value).astype(np.float64).max(initial=0.0)) if value.dtype != np.bool_ else 0.0
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        return 0.0
    try:
        size = abs(float(value))
    except OverflowError:  # an int above the largest float
        return 0.0
    return size if math.isfinite(size) else 0.0


def largest_entry(value: Any) -> float:
    """The largest finite |entry| of the floats and floating tensors in a received value; 0.0 if there is none."""
    match value:
        case Tensor(data=torch.Tensor() as data) if data.is_floating_point() and data.numel():
            return float(data.abs().nan_to_num(posinf=0.0).max())
        case float() | np.floating():
            return _magnitude(value)
        case list() | tuple():
            return max(map(largest_entry, value), default=0.0)
        case dict():
            return largest_entry(list(value.values()))
    return 0.0


def slot_dtypes(probe: Probe) -> dict[str, str]:
    """Maps each slot to the floating dtype that its result must have; "" if any is accepted.

    It is the dtype of the call's arguments, or of the module after `.to(dtype)`.
    """
    found: dict[str, str] = {}
    for step in probe.steps:
        match step:
            case Let(name, value):
                found[name] = _dtype_of(value, found)
            case Make(name, _, options):
                found[name] = _dtype_of(options, found)
            case Call(target, args, kwargs, save):
                found[save] = _dtype_of([*args, *kwargs.values(), target], found)
            case Load(target, state):
                found[target] = _dtype_of(list(state.values()), found)
            case Get(path, save):
                found[save] = _dtype_of(Ref(path), found)
    return found | {path: _dtype_of(Ref(path), found) for path in probe.returns if path not in found}


def _dtype_of(value: Any, found: Mapping[str, str]) -> str:
    match value:
        case torch.dtype():
            return str(value).removeprefix("torch.")
        case torch.Tensor():
            return _dtype_of(value.dtype, found) if value.is_floating_point() else ""
        case np.ndarray() | np.floating():
            return value.dtype.name if np.issubdtype(value.dtype, np.floating) else ""
        case Ref(path):
            return found.get(path) or found.get(path.split(".")[0], "")
        case list() | tuple():
            return next((name for entry in value if (name := _dtype_of(entry, found))), "")
        case dict():
            return _dtype_of(list(value.values()), found)
    return ""


def slot_devices(probe: Probe) -> dict[str, str]:
    """Maps each slot to the device that its result must be on.

    It is the call's `device` argument; without one, the probe's device if the probe has tensors as inputs, else "cpu".
    """
    home = probe.device if next(tensors_in(probe.steps), None) is not None else "cpu"
    asked = {s.save: str(s.kwargs["device"]) for s in probe.steps if isinstance(s, Call) and "device" in s.kwargs}
    return dict.fromkeys(probe.returns, home) | asked
