"""Works out what a probe should bring back: the same probe, in float64, against the oracle, in the judge's process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from autograder.errors import AutograderError
from autograder.judging.check import Bank, Check
from autograder.judging.draw import Draw
from autograder.judging.tolerance import EXACT, absolute
from autograder.model import Backward, Call, Get, Let, Load, Observation, Probe, Ref, Step, Tensor
from autograder.sandbox.probing import observe

COUNTS = (".ops", ".used")  # slots that say how a call ran, not what it returned: never compared with the oracle


@dataclass(frozen=True)
class Wanted:
    """What one probe should bring back: values by slot with the error allowed for each, or the oracle's failure."""

    observation: Observation
    allowed: Mapping[str, float]
    inputs: frozenset[str]  # slots that hold arguments: they must come back untouched


def value_slots(probe: Probe) -> list[str]:
    """The slots of `probe.returns` that hold results or arguments."""
    return [name for name in probe.returns if not name.endswith(COUNTS)]


def on_device(probe: Probe, device: str) -> Probe:
    """The probe for a run on `device`; what is made for the meta device stays there."""
    return replace(probe, device="cuda") if device.startswith("cuda") and probe.device == "cpu" else probe


def widen(probe: Probe) -> Probe:
    """The probe for the oracle: every floating tensor and dtype in it is float64, on the CPU, nothing counted."""
    tensors = next(tensors_in(probe.steps), None) is not None
    steps = tuple(_widen_step(step) for step in probe.steps)
    device = "cpu" if tensors else probe.device
    return replace(probe, steps=steps, returns=tuple(value_slots(probe)), device=device)


def _widen_step(step: Step) -> Step:
    match step:
        case Let():
            return replace(step, value=_widen(step.value))
        case Call():
            kwargs = {name: _widen(value) for name, value in step.kwargs.items()}
            return replace(step, args=tuple(_widen(value) for value in step.args), kwargs=kwargs, count=False)
        case Load():
            return replace(step, state={name: _widen(value) for name, value in step.state.items()})
        case Backward():
            return replace(step, gradient=_widen(step.gradient))
        case Get():
            return step


def _widen(value: Any) -> Any:
    match value:
        case torch.Tensor():
            return value.double() if value.is_floating_point() else value
        case torch.dtype():
            return torch.float64 if value.is_floating_point else value
        case list() | tuple():
            return type(value)(_widen(v) for v in value)
        case _:
            return value


def tensors_in(values: Any) -> Iterator[torch.Tensor]:
    match values:
        case torch.Tensor():
            yield values
        case list() | tuple():
            for value in values:
                yield from tensors_in(value)
        case dict():
            yield from tensors_in(list(values.values()))
        case Let():
            yield from tensors_in(values.value)
        case Call():
            yield from tensors_in([*values.args, *values.kwargs.values()])
        case Load():
            yield from tensors_in(list(values.state.values()))
        case Backward():
            yield from tensors_in(values.gradient)


def largest_magnitude(probe: Probe) -> float:
    """The largest finite |entry| of the floating tensors that enter the probe (0.0 without any)."""
    floating = [t.reshape(-1) for t in tensors_in(probe.steps) if t.is_floating_point() and t.numel()]
    return float(torch.cat(floating).abs().nan_to_num(posinf=0.0).max()) if floating else 0.0


def slot_dtypes(probe: Probe) -> dict[str, str]:
    """Which floating dtype the results in each slot must have ("" where none is asked): that of the tensors which the
    call was given, or of the module after `.to(dtype)`."""
    found: dict[str, str] = {}
    for step in probe.steps:
        match step:
            case Let(name, value):
                found[name] = _dtype_of(value, found)
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
        case Ref(path):
            return found.get(path) or found.get(path.split(".")[0], "")
        case list() | tuple():
            return next((name for entry in value if (name := _dtype_of(entry, found))), "")
    return ""


class Reference:
    """What the judge knows of one bank for one seed: probes, right answers, and those of known mistakes.

    Everything is worked out when it is first asked for, and kept: a right submission never pays for misconceptions.
    """

    def __init__(self, bank: Bank, seed_of: Callable[[str], int], device: str = "cpu") -> None:
        self.bank = bank
        self.device = device
        self._seed_of = seed_of
        self._probes: dict[str, tuple[Probe, ...]] = {}
        self._wanted: dict[tuple[str, int], Wanted] = {}
        self._mistaken: dict[tuple[str, str, int], Observation] = {}

    def probes(self, check: Check) -> tuple[Probe, ...]:
        if check.name not in self._probes:
            drawn = check.probes(Draw(self._seed_of(check.name)))
            self._probes[check.name] = tuple(on_device(probe, self.device) for probe in drawn)
        return self._probes[check.name]

    def wanted(self, check: Check, index: int) -> Wanted:
        key = (check.name, index)
        if key not in self._wanted:
            self._wanted[key] = self._work_out(check, self.probes(check)[index])
        return self._wanted[key]

    def mistaken(self, misconception: str, check: Check, index: int) -> Observation:
        """What the misconception brings back; on the CPU also where the student's code runs on a GPU."""
        key = (misconception, check.name, index)
        if key not in self._mistaken:
            wrong = next(m.implementation for m in self.bank.misconceptions if m.name == misconception)
            probe = self.probes(check)[index]
            if probe.device == "cuda":
                probe = replace(probe, device="cpu")
            self._mistaken[key] = observe(probe, {self.bank.name: wrong}, catch=Exception)
        return self._mistaken[key]

    def _work_out(self, check: Check, probe: Probe) -> Wanted:
        wide = widen(probe)
        with torch.set_grad_enabled(any(isinstance(step, Backward) for step in probe.steps)):
            seen = observe(wide, {self.bank.name: self.bank.oracle}, catch=Exception)
        if seen.failure is not None and seen.failure.kind != "ValueError":
            said = f"{seen.failure.kind}: {seen.failure.text}"
            raise AutograderError(f"the oracle of {self.bank.name} broke on check {check.name!r}: {said}")
        dtypes, largest = slot_dtypes(probe), largest_magnitude(wide)
        inputs = frozenset(step.name for step in probe.steps if isinstance(step, Let))
        tensors = next(tensors_in(probe.steps), None) is not None
        values = {
            name: _as_asked(value, dtypes[name], probe.device) if tensors else value
            for name, value in seen.values.items()
        }
        allowed = {
            name: absolute(EXACT if name in inputs else check.tolerance, dtypes[name], largest, self.device)
            for name in values
        }
        return Wanted(Observation(seen.status, values, seen.failure), allowed, inputs)


def _as_asked(value: Any, dtype: str, device: str) -> Any:
    """The oracle's value, labelled with the dtype and device that the student's must have."""
    match value:
        case Tensor():
            floating = value.data is not None and value.data.is_floating_point()
            return replace(value, dtype=dtype if floating and dtype else value.dtype, device=device)
        case list() | tuple():
            return type(value)(_as_asked(v, dtype, device) for v in value)
        case _:
            return value
