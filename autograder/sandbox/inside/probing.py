"""Runs a probe against an implementation and returns an observation.

The worker calls it in the student's process; the judge calls it in its own process for oracles, variants and
misconceptions. It has no expected values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from autograder.model import (
    Backward,
    Call,
    Counted,
    Failure,
    Get,
    Let,
    Load,
    Make,
    Observation,
    Opaque,
    Probe,
    Ref,
    Step,
    Tensor,
)
from autograder.sandbox.inside.builders import build
from autograder.sandbox.wire import MAX_BITS, MAX_KEYS, NUMPY

MAX_DEPTH = 8  # of nested lists and dicts in a returned value; checks use less
NUMPY_SCALARS = tuple(np.dtype(name).type for name in sorted(NUMPY))


class _CountCalls(TorchFunctionMode):
    """Counts calls of torch's functions and methods, and collects the words of `watch` that are part of their names.

    A TorchDispatchMode would count inner calls too, but its first use imports torch._dynamo, which takes a second of
    CPU. A Python loop over entries or positions raises this count as well.
    """

    def __init__(self, watch: tuple[str, ...]) -> None:
        super().__init__()
        self.count = 0
        self.used: set[str] = set()
        self._watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        name = str(getattr(func, "__name__", func))
        self.used.update(word for word in self._watch if word in name)
        return func(*args, **(kwargs or {}))


def observe(probe: Probe, namespace: Mapping[str, Any], *, catch: type[BaseException] = BaseException) -> Observation:
    """Runs the probe's steps against the functions and classes in `namespace`.

    An exception of the type `catch` becomes a Failure; any other is raised.
    """
    slots: dict[str, Any] = {}
    index = 0
    try:
        with _seed(probe.seed):
            while index < len(probe.steps):
                _run(probe.steps[index], slots, namespace, probe.device)
                index += 1
        return Observation("returned", {name: plain_value(_resolve(name, slots)) for name in probe.returns})
    except catch as error:
        return Observation("raised", failure=_failure(error, index))


def _failure(error: BaseException, step: int) -> Failure:
    kind = type(error)
    try:
        text = str(error)[:500]  # enough to recognise the error; the text may be very long
    except BaseException:  # a student's exception class may break in __str__
        text = ""
    bases = tuple(str(base.__name__) for base in kind.__mro__)
    return Failure(str(kind.__name__), text, step, bases, isinstance(error, NotImplementedError))


@contextlib.contextmanager
def _seed(seed: int) -> Iterator[None]:
    """Seeds torch's CPU generator for the block, and restores the notebook's state afterwards."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed % (1 << 63))  # torch.manual_seed also records a traceback each time
    try:
        yield
    finally:
        torch.set_rng_state(before)


def _run(step: Step, slots: dict[str, Any], namespace: Mapping[str, Any], device: str) -> None:
    match step:
        case Let(name, value, requires_grad):
            slots[name] = _fresh_copy(value, device)
            if requires_grad:
                slots[name].requires_grad_(True)
        case Call(target, args, kwargs, save, count, watch, catch):
            function = _find_callable(target, slots, namespace)
            given = [_argument(a, slots, device) for a in args]
            named = {k: _argument(v, slots, device) for k, v in kwargs.items()}
            try:
                with _count(count, watch, save, slots):
                    slots[save] = function(*given, **named)
            except Exception as error:
                if catch not in {base.__name__ for base in type(error).__mro__}:
                    raise
                slots[save] = catch
        case Make(name, kind, options, text):
            slots[name] = build(kind, text, _fresh_copy(options, device), device)
        case Load(target, state):
            module = _resolve(target, slots)
            module.to(device) if device != "meta" else module.to_empty(device="meta")
            _load(module, {k: _fresh_copy(v, device) for k, v in state.items()})
        case Get(path, save, sorted_names):
            found = _resolve(path, slots)
            slots[save] = sorted(name for name, _ in found.named_parameters()) if sorted_names else found
        case Backward(path, gradient):
            _resolve(path, slots).backward(_fresh_copy(gradient, device))


def _load(module: Any, state: dict[str, torch.Tensor]) -> None:
    """Loads all parameters of a module; buffers that `state` does not have keep their values."""
    parameters = {name for name, _ in module.named_parameters()}
    own = module.state_dict() if isinstance(module, torch.nn.Module) else {}
    kept = {name: value for name, value in own.items() if name not in parameters}
    module.load_state_dict({**kept, **state}, strict=True)


@contextlib.contextmanager
def _count(count: Counted, watch: tuple[str, ...], save: str, slots: dict[str, Any]) -> Iterator[None]:
    """Counts what torch runs in the block, and stores the counts in slots named after `save`; see model.Call."""
    if count == "operators":
        with _CountCalls(watch) as calls:
            yield
        slots[save + ".ops"] = calls.count
        slots[save + ".used"] = sorted(calls.used)
    elif count == "flops":
        from torch.utils.flop_counter import FlopCounterMode  # imports torch._dynamo, which the zygote has

        with FlopCounterMode(display=False) as flops:
            yield
        slots[save + ".flops"] = flops.get_total_flops()
    else:
        yield


def _find_callable(target: str | Ref, slots: Mapping[str, Any], namespace: Mapping[str, Any]) -> Callable[..., Any]:
    if isinstance(target, Ref):
        return _resolve(target.path, slots)  # type: ignore[no-any-return]  # whatever the student made
    if target not in namespace:
        raise NameError(f"name '{target}' is not defined")
    return namespace[target]  # type: ignore[no-any-return]  # as above


def _resolve(path: str, slots: Mapping[str, Any]) -> Any:
    if path in slots:
        return slots[path]
    name, *rest = path.split(".")
    found = slots[name]
    for part in rest:
        place = part.isdigit() and isinstance(found, list | tuple)
        found = found[int(part)] if place else getattr(found, part)
    return found


def _argument(value: Any, slots: Mapping[str, Any], device: str) -> Any:
    match value:
        case Ref(path):
            return _resolve(path, slots)
        case list() | tuple():
            return type(value)(_argument(v, slots, device) for v in value)
        case dict():
            return {k: _argument(v, slots, device) for k, v in value.items()}
        case _:
            return _fresh_copy(value, device)


def _fresh_copy(value: Any, device: str) -> Any:
    """A copy of `value` on the probe's device, so that no step can change another step's values."""
    match value:
        case torch.Tensor():
            return value.detach().clone().to(device)
        case np.ndarray():
            return value.copy()
        case list() | tuple():
            return type(value)(_fresh_copy(v, device) for v in value)
        case dict():
            return {k: _fresh_copy(v, device) for k, v in value.items()}
        case _:
            return value


def plain_value(value: Any, depth: int = 0) -> Any:
    """`value` as data. Tensors and numpy arrays become `Tensor`, and objects without a plain value become `Opaque`.

    Scalars of Python and numpy stay, as do lists, tuples and dicts, whose items are converted.
    """
    if depth > MAX_DEPTH:
        return Opaque("nested too deep")
    if isinstance(value, torch.Tensor):
        return _plain_tensor(value)
    if type(value) is np.ndarray:
        return _plain_array(value)
    if (scalar := _plain_scalar(value)) is not None:
        return scalar
    if value is None:
        return None
    if type(value) in (list, tuple):
        return type(value)(plain_value(v, depth + 1) for v in value)
    if type(value) is dict:
        return _plain_dict(value, depth)
    return Opaque(type(value).__name__)


def _plain_array(value: np.ndarray[Any, Any]) -> Tensor | Opaque:
    if not value.dtype.isnative or value.dtype.name not in NUMPY:
        return Opaque(f"ndarray of dtype {value.dtype.str if not value.dtype.isnative else value.dtype.name}")
    array = torch.from_numpy(np.array(value))  # a copy: the original may be read-only or change later
    return replace(_plain_tensor(array), type_name="ndarray")


def _plain_scalar(value: Any) -> Any:
    """A bool, int, float, string or numpy scalar as it is; None for anything else."""
    if type(value) is int and value.bit_length() > MAX_BITS:
        return Opaque(f"int of more than {MAX_BITS} bits")
    if type(value) is np.str_:
        return str(value)
    if type(value) in (bool, int, float, str):
        return value
    return value if type(value) in NUMPY_SCALARS else None


def _plain_dict(value: dict[Any, Any], depth: int) -> Any:
    keys = [_plain_key(key, depth) for key in value]
    if any(isinstance(key, Opaque) for key in keys):
        kinds = sorted({key.type_name for key in keys if isinstance(key, Opaque)})
        return Opaque(f"dict with keys of type {', '.join(kinds)}")
    if len(keys) > MAX_KEYS and not all(type(key) is str for key in keys):
        return Opaque(f"dict of more than {MAX_KEYS} keys")
    return dict(zip(keys, (plain_value(v, depth + 1) for v in value.values()), strict=True))


def _plain_key(key: Any, depth: int) -> Any:
    """A scalar, None, or a tuple of these; `Opaque` for anything else."""
    if key is None:
        return None
    if type(key) is tuple and depth < MAX_DEPTH:
        parts = tuple(_plain_key(part, depth + 1) for part in key)
        return next((part for part in parts if isinstance(part, Opaque)), parts)
    scalar = _plain_scalar(key)
    return Opaque(type(key).__name__) if scalar is None else scalar


def _plain_tensor(value: torch.Tensor) -> Tensor:
    kind = "Tensor" if type(value) is torch.Tensor or type(value) is torch.nn.Parameter else type(value).__name__
    dtype = str(value.dtype).removeprefix("torch.")
    data = None
    if value.device.type != "meta":
        # Converts a subclass to torch.Tensor, since a subclass's methods may run the student's code.
        data = torch.Tensor.as_subclass(value.detach(), torch.Tensor).to("cpu").contiguous()
    return Tensor(kind, dtype, value.device.type, tuple(value.shape), data, bool(value.requires_grad))
