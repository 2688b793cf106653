"""Finds degenerate fixtures in a bank, on which a wrong function could pass by luck; used by certify."""

from __future__ import annotations

import numpy as np
import torch

from autograder.judging.draw import unsorted
from autograder.judging.expected import Reference
from autograder.judging.inputs import arrays_in
from autograder.model import Call, Let, Load, Probe, Ref

SMALL_WEIGHT = 0.05  # mean |weight| below which a missing term would not be noticed
THOUSANDS = 1000.0  # exp of such an input overflows unless the maximum is subtracted first


def lint(reference: Reference) -> list[str]:
    """One line for each fault in the fixtures.

    Faults of a probe: equal sizes on different axes, only sorted rows, weights near zero. Faults of the whole bank: no
    mask forbids an entire row, or no input is in the thousands.
    """
    bank = reference.bank
    complaints: list[str] = []
    tensors: list[torch.Tensor] = []
    for check in bank.checks:
        for probe in reference.probes(check):
            tensors += arrays_in(probe.steps)
            axes = () if check.name in bank.same_sizes else bank.axes
            in_order = _sorted_rows(probe) if bank.form is None else ()  # the short form draws in no order by itself
            found = [*_equal_sizes(probe, axes), *in_order, *_small_weights(probe)]
            complaints += [f"check {check.name!r}: {text}" for text in found]
    masks = [t for t in tensors if t.dtype == torch.bool]
    if masks and all(bool(mask.any(-1).all()) for mask in masks):
        complaints.append("no mask forbids a whole row")
    floating = [t[t.isfinite()] for t in tensors if t.is_floating_point()]
    if floating and not bank.moderate and max(float(t.abs().max()) for t in floating if t.numel()) < THOUSANDS:
        complaints.append("no input is in the thousands")
    return complaints


def _equal_sizes(probe: Probe, axes: tuple[str, ...]) -> list[str]:
    """Complaints about calls in which two differently named axes, or two batch axes, have the same size (except 1)."""
    lets = {step.name: step.value for step in probe.steps if isinstance(step, Let)}
    complaints = []
    for step in probe.steps:
        if not isinstance(step, Call):
            continue
        values = [lets.get(a.path) if isinstance(a, Ref) else a for a in step.args]
        sizes: dict[str, int] = {}
        for value, names in zip(values, axes, strict=False):
            if isinstance(value, torch.Tensor | np.ndarray):
                sizes |= sizes_by_name(tuple(value.shape), names.split())
        several = [size for size in sizes.values() if size != 1]
        if len(set(several)) < len(several):
            complaints.append(f"sizes are not distinct: {sizes}")
    return complaints


def sizes_by_name(shape: tuple[int, ...], names: list[str]) -> dict[str, int]:
    """Sizes by axis name; the batch axes that "..." stands for are named ...0, ...1, from the left."""
    named = names[1:] if names[0] == "..." else names
    batch = len(shape) - len(named)
    return {f"...{i}": size for i, size in enumerate(shape[:batch])} | dict(zip(named, shape[batch:], strict=True))


def _sorted_rows(probe: Probe) -> list[str]:
    complaints = []
    for tensor in arrays_in([step for step in probe.steps if not isinstance(step, Load)]):
        if not tensor.is_floating_point() or tensor.dim() == 0 or tensor.shape[-1] < 3:
            continue
        if not unsorted(tensor):
            complaints.append(f"every row of a tensor of shape {tuple(tensor.shape)} is sorted")
    return complaints


def _small_weights(probe: Probe) -> list[str]:
    states = [step.state for step in probe.steps if isinstance(step, Load)]
    sizes = [(name, float(t.abs().double().mean())) for state in states for name, t in state.items()]
    return [f"weights of {name} are near zero" for name, size in sizes if size < SMALL_WEIGHT]
