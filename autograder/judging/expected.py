"""Works out what a probe should bring back: the same probe, in float64, against the oracle, in the judge's process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from autograder.errors import AutograderError
from autograder.judging.check import Bank, Check, Misconception
from autograder.judging.draw import Draw
from autograder.judging.tolerance import EXACT, absolute
from autograder.model import Backward, Call, Failure, Get, Let, Load, Make, Observation, Probe, Ref, Step, Tensor
from autograder.sandbox.inside.probing import observe

# A probe sets torch's generator, of which a process has one; submissions are judged in several threads.
_GENERATOR = threading.Lock()

# Slots that say how a call ran, not what it returned: never compared with the oracle.
COUNTS = (".ops", ".used", ".flops")


@dataclass(frozen=True)
class Wanted:
    """What one probe should bring back: values by slot with the error allowed for each, or the oracle's failure."""

    observation: Observation
    allowed: Mapping[str, float]
    inputs: frozenset[str]  # slots that hold arguments: they must come back untouched


def value_slots(probe: Probe) -> list[str]:
    """The slots of `probe.returns` that hold results or arguments."""
    return [name for name in probe.returns if not name.endswith(COUNTS)]


def equipped(bank: Bank, probe: Probe) -> Probe:
    """The probe with the texts of the bank's builders that it needs, and with the words that the bank's rules watch."""
    watch = tuple(dict.fromkeys(word for rule in bank.rules for word in rule.watches))
    steps: list[Step] = []
    for step in probe.steps:
        match step:
            case Make(kind=kind) if kind in bank.builders:
                steps.append(replace(step, text=bank.builders[kind]))
            case Call(count="operators") if watch:
                steps.append(replace(step, watch=watch))
            case _:
                steps.append(step)
    return replace(probe, steps=tuple(steps))


def on_device(probe: Probe, device: str) -> Probe:
    """The probe for a run on `device`; what is made for the meta device stays there."""
    return replace(probe, device="cuda") if device.startswith("cuda") and probe.device == "cpu" else probe


def on_the_cpu(probe: Probe) -> Probe:
    """The probe for a run in the judge's process, also where it asks for another device in a `device` argument.

    Nothing runs on meta here: torch would import torch._dynamo for it, a second of CPU and 100 MB. What a run on meta
    brings back is told from one on the CPU by `_as_asked`.
    """
    asks = [isinstance(step, Call) and "device" in step.kwargs for step in probe.steps]
    if not any(asks) and probe.device == "cpu":
        return probe
    steps = tuple(
        replace(step, kwargs={**step.kwargs, "device": "cpu"}) if isinstance(step, Call) and asked else step
        for step, asked in zip(probe.steps, asks, strict=True)
    )
    return replace(probe, steps=steps, device="cpu")


def widen(probe: Probe) -> Probe:
    """The probe for the oracle: every floating tensor and dtype in it is float64, on the CPU, nothing counted."""
    probe = on_the_cpu(probe)
    return replace(probe, steps=tuple(_widen_step(step) for step in probe.steps), returns=tuple(value_slots(probe)))


def _widen_step(step: Step) -> Step:
    match step:
        case Let(name, value, requires_grad):
            return Let(name, _widen(value), requires_grad)
        case Make(name, kind, options, text):
            return Make(name, kind, _widen(options), text)
        case Call(target, args, kwargs, save):
            return Call(target, tuple(map(_widen, args)), _widen(kwargs), save)
        case Load(target, state):
            return Load(target, _widen(state))
        case Backward(path, gradient):
            return Backward(path, _widen(gradient))
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
        case dict():
            return {name: _widen(entry) for name, entry in value.items()}
        case _:
            return value


def _without_flops(probe: Probe) -> Probe:
    """The probe without what takes torch._dynamo to count."""
    if not any(isinstance(step, Call) and step.count == "flops" for step in probe.steps):
        return probe
    steps = tuple(
        replace(step, count="") if isinstance(step, Call) and step.count == "flops" else step for step in probe.steps
    )
    returns = tuple(name for name in probe.returns if not name.endswith(".flops"))
    return replace(probe, steps=steps, returns=returns)


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
        case Make():
            yield from tensors_in(values.options)
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
            self._probes[check.name] = tuple(on_device(equipped(self.bank, probe), self.device) for probe in drawn)
        return self._probes[check.name]

    def wanted(self, check: Check, index: int) -> Wanted:
        key = (check.name, index)
        if key not in self._wanted:
            self._wanted[key] = self._work_out(check, self.probes(check)[index])
        return self._wanted[key]

    def mistaken(self, misconception: str, check: Check, index: int) -> Observation:
        """What the misconception brings back, as if from the device that is asked for."""
        key = (misconception, check.name, index)
        if key not in self._mistaken:
            wrong = next(m for m in self.bank.misconceptions if m.name == misconception)
            self._mistaken[key] = self._mistake(wrong, self.probes(check)[index])
        return self._mistaken[key]

    def _mistake(self, wrong: Misconception, probe: Probe) -> Observation:
        devices = slot_devices(probe)
        if wrong.on_meta and "meta" in devices.values():
            if wrong.on_meta != "cpu":
                return Observation("raised", failure=Failure(wrong.on_meta, ""))
            devices = {}
        with _GENERATOR:
            seen = observe(_without_flops(on_the_cpu(probe)), {self.bank.name: wrong.implementation}, catch=Exception)
        values = {name: _as_asked(value, "", devices.get(name, "cpu")) for name, value in seen.values.items()}
        return replace(seen, values=values)

    def _work_out(self, check: Check, probe: Probe) -> Wanted:
        wide = widen(probe)
        with _GENERATOR, torch.set_grad_enabled(any(isinstance(step, Backward) for step in probe.steps)):
            seen = observe(wide, {self.bank.name: self.bank.oracle}, catch=Exception)
        if seen.failure is not None and seen.failure.kind != "ValueError":
            said = f"{seen.failure.kind}: {seen.failure.text}"
            raise AutograderError(f"the oracle of {self.bank.name} broke on check {check.name!r}: {said}")
        dtypes, largest = slot_dtypes(probe), largest_magnitude(wide)
        inputs = frozenset(step.name for step in probe.steps if isinstance(step, Let))
        devices = slot_devices(probe)
        values = {name: _as_asked(value, dtypes[name], devices[name]) for name, value in seen.values.items()}
        allowed = {
            name: absolute(
                EXACT if name in inputs else check.tolerance, dtypes[name] or _own_dtype(value), largest, self.device
            )
            for name, value in values.items()
        }
        return Wanted(Observation(seen.status, values, seen.failure), allowed, inputs)


def _own_dtype(value: Any) -> str:
    """The floating dtype of a result that none of the arguments decides ("" where it has none)."""
    return (
        value.dtype if isinstance(value, Tensor) and value.data is not None and value.data.is_floating_point() else ""
    )


def _as_asked(value: Any, dtype: str, device: str) -> Any:
    """A value worked out on the CPU as the student's must be: of that dtype if it is a floating one ("": its own), on
    that device, and without its numbers on meta."""
    match value:
        case Tensor():
            kept = dtype if dtype and value.data.is_floating_point() else value.dtype
            return replace(value, dtype=kept, device=device, data=None if device == "meta" else value.data)
        case list() | tuple():
            return type(value)(_as_asked(v, dtype, device) for v in value)
        case dict():
            return {name: _as_asked(entry, dtype, device) for name, entry in value.items()}
        case _:
            return value
