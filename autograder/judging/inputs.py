"""Reads off a probe what enters it, and which dtype and device its results must have; before `expected`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from autograder.model import Backward, Call, Get, Let, Load, Make, Probe, Ref, Step, Tensor


def _values_in(values: Any, within: bool = False) -> Iterator[tuple[Any, bool]]:
    """All that enters with these steps or values, containers taken apart; and whether it stands in a container."""
    match values:
        case list() | tuple():
            for value in values:
                yield from _values_in(value, True)
        case dict():
            yield from _values_in(list(values.values()), True)
        case _:
            yield values, within


def _entering(steps: Iterable[Step]) -> Iterator[tuple[Any, bool]]:
    for step in steps:
        match step:
            case Let(value=value) | Make(options=value) | Load(state=value) | Backward(gradient=value):
                yield from _values_in(value)
            case Call(args=args, kwargs=kwargs):
                for value in (*args, *kwargs.values()):
                    yield from _values_in(value)


def tensors_in(steps: Iterable[Step]) -> Iterator[torch.Tensor]:
    """torch's tensors that enter with these steps."""
    return (value for value, _ in _entering(steps) if isinstance(value, torch.Tensor))


def arrays_in(steps: Iterable[Step]) -> Iterator[torch.Tensor]:
    """The tensors and the numpy arrays that enter with these steps, as tensors."""
    for value, _ in _entering(steps):
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, np.ndarray):
            yield torch.from_numpy(value.copy())  # it may be read-only


def largest_magnitude(probe: Probe) -> float:
    """The largest finite |entry| that enters the probe (0.0 without any): of the floating tensors and arrays. Where
    there are none, of the numbers in lists and of integer arrays, which are data too; and where no tensor or array
    enters at all, of plain floats. An integer tensor, or an int by itself, is an index or a size as a rule."""
    arrays = list(arrays_in(probe.steps))
    floating = [t.reshape(-1) for t in arrays if t.is_floating_point() and t.numel()]
    if floating:
        return float(torch.cat(floating).abs().nan_to_num(posinf=0.0).max())
    counted = [
        value
        for value, within in _entering(probe.steps)
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
    except OverflowError:  # an int that no float reaches
        return 0.0
    return size if math.isfinite(size) else 0.0


def largest_entry(value: Any) -> float:
    """The largest finite |entry| of the floats and floating tensors in what came back (0.0 without any)."""
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
    """Which floating dtype the results in each slot must have ("" where none is asked): that of the tensors or arrays
    which the call was given, or of the module after `.to(dtype)`."""
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
    """Where the results in each slot must be: where the tensors are that enter the probe (on the CPU, where none do),
    or where a `device` argument says."""
    home = probe.device if next(tensors_in(probe.steps), None) is not None else "cpu"
    asked = {s.save: str(s.kwargs["device"]) for s in probe.steps if isinstance(s, Call) and "device" in s.kwargs}
    return dict.fromkeys(probe.returns, home) | asked
