"""Computes the expected observation of a probe: runs the oracle on it in float64, in the judge's process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from autograder.errors import AutograderError
from autograder.judging.approximate import in_one_form
from autograder.judging.check import Bank, Check, Misconception
from autograder.judging.credit import credit_of
from autograder.judging.draw import Draw
from autograder.judging.inputs import largest_entry, largest_magnitude, slot_devices, slot_dtypes
from autograder.judging.tolerance import EPSILON, EXACT, absolute
from autograder.model import Backward, Call, Failure, Get, Let, Load, Make, Observation, Probe, Step, Tensor
from autograder.sandbox.inside.probing import observe

# Suffixes of slots with measurements of a call, not its result: never compared with the oracle.
COUNTS = (".ops", ".used", ".flops")


@dataclass(frozen=True)
class Expectation:
    """What one probe should return: values by slot with the error allowed for each, or the oracle's failure."""

    observation: Observation
    allowed: Mapping[str, float]
    inputs: frozenset[str]  # slots that hold arguments: the call must not change them


def value_slots(probe: Probe) -> list[str]:
    """The slots of `probe.returns` that hold results or arguments."""
    return [name for name in probe.returns if not name.endswith(COUNTS)]


def equip(bank: Bank, probe: Probe) -> Probe:
    """Adds to the probe the texts of the builders that it uses, and the words that the bank's rules watch for."""
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
    """The probe, to be run on `device`; a probe for the meta device is returned unchanged."""
    return replace(probe, device="cuda") if device.startswith("cuda") and probe.device == "cpu" else probe


def on_the_cpu(probe: Probe) -> Probe:
    """The probe, to be run on the CPU in the judge's process; `device` arguments of its calls are set to "cpu" too.

    Nothing runs on meta here, since torch would import torch._dynamo for it: a second of CPU and 100 MB. `_conform`
    derives the result on meta from the one on the CPU.
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
    """The probe for the oracle: on the CPU, with every floating tensor, array, numpy scalar and dtype converted to
    float64, and without counts of operators."""
    probe = on_the_cpu(probe)
    return replace(probe, steps=tuple(_widen_step(step) for step in probe.steps), returns=tuple(value_slots(probe)))


def _widen_step(step: Step) -> Step:
    match step:
        case Let(name, value, requires_grad):
            return Let(name, _widen(value), requires_grad)
        case Make(name, kind, options, text):
            return Make(name, kind, _widen(options), text)
        case Call(target, args, kwargs, save, catch=catch):
            return Call(target, tuple(map(_widen, args)), _widen(kwargs), save, catch=catch)
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
        case np.ndarray() | np.generic():
            return value.astype(np.float64) if np.issubdtype(value.dtype, np.floating) else value
        case list() | tuple():
            return type(value)(_widen(v) for v in value)
        case dict():
            return {name: _widen(entry) for name, entry in value.items()}
        case _:
            return value


def _without_flops(probe: Probe) -> Probe:
    """The probe without counts of "flops", for which torch would import torch._dynamo."""
    if not any(isinstance(step, Call) and step.count == "flops" for step in probe.steps):
        return probe
    steps = tuple(
        replace(step, count="") if isinstance(step, Call) and step.count == "flops" else step for step in probe.steps
    )
    returns = tuple(name for name in probe.returns if not name.endswith(".flops"))
    return replace(probe, steps=steps, returns=returns)


class Reference:
    """Probes, expected observations and misconceptions' observations of one bank for one source of seeds.

    Each is computed on first use and cached, so a correct submission never runs the misconceptions.
    """

    def __init__(self, bank: Bank, seed_of: Callable[[str], int], device: str = "cpu") -> None:
        self.bank = bank
        self.device = device
        self._seed_of = seed_of
        self._probes: dict[str, tuple[Probe, ...]] = {}
        self._expectations: dict[tuple[str, int], Expectation] = {}
        self._mistaken: dict[tuple[str, str, int], Observation] = {}

    def probes(self, check: Check) -> tuple[Probe, ...]:
        if check.name not in self._probes:
            drawn = check.probes(Draw(self._seed_of(check.name)))
            self._probes[check.name] = tuple(on_device(equip(self.bank, probe), self.device) for probe in drawn)
        return self._probes[check.name]

    def expectation(self, check: Check, index: int) -> Expectation:
        key = (check.name, index)
        if key not in self._expectations:
            self._expectations[key] = self._work_out(check, self.probes(check)[index])
        return self._expectations[key]

    def mistake(self, misconception: str, check: Check, index: int) -> Observation:
        """The misconception's observation of a probe, converted to the probe's device."""
        key = (misconception, check.name, index)
        if key not in self._mistaken:
            wrong = next(m for m in self.bank.misconceptions if m.name == misconception)
            self._mistaken[key] = comparable(check, self._mistake(wrong, self.probes(check)[index]))
        return self._mistaken[key]

    def _mistake(self, wrong: Misconception, probe: Probe) -> Observation:
        devices = slot_devices(probe)
        if wrong.on_meta and "meta" in devices.values():
            if wrong.on_meta != "cpu":
                return Observation("raised", failure=Failure(wrong.on_meta, ""))
            devices = {}
        seen = observe(_without_flops(on_the_cpu(probe)), {self.bank.name: wrong.implementation}, catch=Exception)
        values = {name: _conform(value, "", devices.get(name, "cpu")) for name, value in seen.values.items()}
        return replace(seen, values=values)

    def _work_out(self, check: Check, probe: Probe) -> Expectation:
        wide = widen(probe)
        with torch.set_grad_enabled(any(isinstance(step, Backward) for step in probe.steps)):
            seen = observe(wide, {self.bank.name: self.bank.oracle}, catch=Exception)
        seen = self._as_agreed(check, wide, seen)
        if check.credit is not None and seen.failure is None and (earned := credit_of(check.credit, seen)).fraction < 1:
            said = f"it earns {earned.fraction:.3f} of its points: {earned.message}"
            raise AutograderError(f"the oracle of {self.bank.name} does not pass check {check.name!r}: {said}")
        dtypes, largest = slot_dtypes(probe), largest_magnitude(wide)
        inputs = frozenset(step.name for step in probe.steps if isinstance(step, Let))
        devices = slot_devices(probe)
        values = {name: _conform(value, dtypes[name], devices[name]) for name, value in seen.values.items()}
        allowed = {
            name: absolute(
                EXACT if name in inputs else check.tolerance,
                dtypes[name] or own_dtype(value),
                largest,
                self.device,
                largest_entry(value),
            )
            for name, value in values.items()
        }
        return Expectation(comparable(check, Observation(seen.status, values, seen.failure)), allowed, inputs)

    def _as_agreed(self, check: Check, probe: Probe, seen: Observation) -> Observation:
        """The oracle's observation; AutograderError if it raised what the contract does not ask for, or did not raise
        what the check asks for."""
        failure = seen.failure
        if check.raises:
            raised = failure is not None and isinstance(probe.steps[failure.step], Call)
            if failure is not None and raised and check.raises in (failure.kind, *failure.bases):
                return replace(seen, failure=replace(failure, kind=check.raises))
        elif failure is None or _is_contract(probe, failure):
            return seen
        did = "returned" if failure is None else f"{failure.kind}: {failure.text}"
        wanted = f" (it should raise {check.raises})" if check.raises else ""
        raise AutograderError(f"the oracle of {self.bank.name} broke on check {check.name!r}: {did}{wanted}")


def comparable(check: Check, observation: Observation) -> Observation:
    """The observation in the form in which this check compares values."""
    return in_one_form(observation) if check.approximately else observation


def _is_contract(probe: Probe, failure: Failure) -> bool:
    """Whether the contract allows this failure of the oracle: a ValueError, but not one in a bank's builder."""
    return failure.kind == "ValueError" and not any(
        isinstance(step, Make) for step in probe.steps[failure.step : failure.step + 1]
    )


def own_dtype(value: Any) -> str:
    """The floating dtype of a result, for results whose dtype does not depend on the arguments; "" if it has none.

    A plain float is a float64; a container has the coarsest dtype of its entries.
    """
    match value:
        case Tensor(data=torch.Tensor() as data):
            return value.dtype if data.is_floating_point() else ""
        case float() | np.floating():
            return "float64"
        case list() | tuple():
            return max(map(own_dtype, value), key=lambda name: EPSILON.get(name, 0.0), default="")
        case dict():
            return own_dtype(list(value.values()))
    return ""


def _conform(value: Any, dtype: str, device: str) -> Any:
    """Converts a value computed on the CPU to the dtype and device that the student's value must have.

    Only floating tensors change their dtype; "" keeps it. On the meta device a tensor has no data.
    """
    match value:
        case Tensor():
            kept = dtype if dtype and value.data.is_floating_point() else value.dtype
            if value.type_name == "ndarray":  # numpy arrays are always on the CPU
                return replace(value, dtype=kept)
            return replace(value, dtype=kept, device=device, data=None if device == "meta" else value.data)
        case list() | tuple():
            return type(value)(_conform(v, dtype, device) for v in value)
        case dict():
            return {name: _conform(entry, dtype, device) for name, entry in value.items()}
        case _:
            return value
