"""Names what went wrong by what is seen of it, where no misconception of the bank agrees; runs after `diagnosis`.

A bank knows the mistakes in a formula. Those here hang on no formula: a dtype that is not kept, an argument that is
changed, a dimension that is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from autograder.judging.compare import Mismatch, compare
from autograder.judging.diagnosis import ProbeOutcome, holds_float32, is_single
from autograder.judging.expected import Reference, own_dtype, value_slots
from autograder.judging.inputs import slot_devices
from autograder.judging.sentences import GENERIC
from autograder.model import Backward, Diagnosis, Failure, Probe, Tensor

HALVES = ("float16", "bfloat16")
TEXTS = {
    **GENERIC,
    "half_as_float32": "Half precision comes back as float32: turn the result back into the dtype of the inputs.",
    "computed_in_half": (
        "You compute in half precision, which has three digits and a small range: turn the inputs into float32 first, "
        "and the result back at the end."
    ),
    "another_dtype": "The values are right, but not their dtype: convert the result.",
    "dimension_of_one_lost": (
        "A dimension of length 1 is lost: it may be a batch of one. squeeze() removes every such dimension; name the "
        "one that you mean."
    ),
    "dimension_of_one_added": "The result has a dimension of length 1 too many.",
    "leading_dimensions_flattened": (
        "The leading dimensions come back as one: give the result the shape that the inputs had in front."
    ),
    "axes_exchanged": "The axes of the result are in another order.",
    "view_of_a_view": (
        ".view needs entries that lie side by side in memory, and those of a transposed tensor do not: use .reshape."
    ),
    "grows_with_the_inputs": (
        "The longer the inputs, the more operations of torch you call: work on whole tensors at once, without a loop "
        "over their entries."
    ),
    "not_finite": (
        "NaN or infinity comes up where the right result is finite: a step in between leaves the range of the dtype, "
        "or divides by zero. Look at exp, log, roots and quotients."
    ),
    "gradient_not_finite": (
        "The values are right, but a gradient is NaN or infinite. torch.where differentiates the branch that it does "
        "not take, too: make what goes into that branch harmless first."
    ),
    "raised_where_allowed": (
        "A ValueError or AssertionError comes for arguments that are allowed: read its text, and see which line raises "
        "it."
    ),
    "accepts_too_much": (
        "You return a result for arguments that are not allowed: test them first, and raise a ValueError."
    ),
    "another_exception": (
        "For arguments that are not allowed, another exception than ValueError is raised: test the arguments first."
    ),
}
FOLLOWING = {  # may follow from a mistake elsewhere: a function that always fails also fails to raise a ValueError
    "through_float32",
    "computed_in_half",
    "not_finite",
    "gradient_not_finite",
    "dimension_of_one_lost",
    "dimension_of_one_added",
    "leading_dimensions_flattened",
    "axes_exchanged",
    "raised_where_allowed",
    "read_into_python",
    "accepts_too_much",
    "another_exception",
}


def symptoms(reference: Reference, answers: Sequence[ProbeOutcome]) -> dict[str, Diagnosis]:
    """Maps the name of a check to what its first mismatch shows, if that has a name.

    What may follow from a mistake elsewhere is named only if all mismatches have a name.
    """
    found: list[tuple[str, str | None]] = []
    for answer in answers:
        if answer.mismatch is not None:
            shape = found[0][1] if found and _follows(answer) else None
            found.append((answer.check.name, shape or _name(reference, answer, answer.mismatch)))
    whole = all(name is not None for _, name in found)
    named: dict[str, Diagnosis] = {}
    for check, name in reversed(found):
        named.pop(check, None)
        if name is not None and (whole or name not in FOLLOWING):
            named[check] = Diagnosis(name, TEXTS[name])
    return named


def _follows(answer: ProbeOutcome) -> bool:
    """Whether the answer is a backward pass from a result of another shape, which is seen elsewhere already."""
    failure = answer.observation.failure
    return failure is not None and failure.text.startswith("Mismatch in shape: grad_output")


def _name(reference: Reference, answer: ProbeOutcome, mismatch: Mismatch) -> str | None:
    probe = reference.probes(answer.check)[answer.index]
    wanted = reference.expectation(answer.check, answer.index)
    match mismatch.kind:
        case "input":
            return "edited_in_place"
        case "operators":
            return "grows_with_the_inputs" if answer.check.steady else None
        case "raised":
            return _of_exception(probe, wanted.observation.failure, answer.observation.failure)
        case "device":
            return "on_the_cpu"
    if answer.check.reading is not None:
        return None
    for slot in value_slots(probe):
        right, seen = wanted.observation.values.get(slot), answer.observation.values.get(slot)
        if compare(seen, right, wanted.allowed.get(slot, 0.0)) is not None:
            return _of_value(answer, mismatch, slot, seen, right)
    return None


def _of_exception(probe: Probe, wanted: Failure | None, seen: Failure | None) -> str | None:
    if wanted is not None:
        if wanted.kind != "ValueError" or (seen is not None and "ValueError" in (seen.kind, *seen.bases)):
            return None
        return "accepts_too_much" if seen is None else "another_exception"
    if seen is None:
        return None
    backward = isinstance(probe.steps[seen.step], Backward) if 0 <= seen.step < len(probe.steps) else False
    if backward and "does not require grad" in seen.text:
        return "detached"
    if seen.text.startswith("view size is not compatible"):
        return "view_of_a_view"
    if "meta" in slot_devices(probe).values():
        return "read_into_python" if {"RuntimeError", "NotImplementedError"} & {seen.kind, *seen.bases} else None
    return "raised_where_allowed" if seen.kind in ("ValueError", "AssertionError") else None


def _of_value(answer: ProbeOutcome, mismatch: Mismatch, slot: str, seen: Any, right: Any) -> str | None:
    gradient = slot.endswith(".grad")
    if seen is None and gradient:
        return "detached"
    if mismatch.kind == "finite":
        return "gradient_not_finite" if gradient else "computed_in_half" if own_dtype(right) in HALVES else "not_finite"
    if mismatch.kind == "value" and own_dtype(right) in HALVES:
        return "computed_in_half"
    if mismatch.kind == "value":
        return "through_float32" if is_single(answer.check, seen, right) and holds_float32(seen) else None
    if not isinstance(seen, Tensor) or not isinstance(right, Tensor):
        return None
    if mismatch.kind == "dtype":
        return _of_dtype(seen, right)
    return _of_shape(seen.shape, right.shape) if mismatch.kind == "shape" else None


def _of_dtype(seen: Tensor, right: Tensor) -> str | None:
    if seen.dtype == "float32" and right.dtype in HALVES:
        return "half_as_float32"
    if seen.dtype == "float32" and right.dtype == "float64":
        return "always_float32"
    if seen.dtype == "float64" and right.dtype == "float32":
        return "always_float64"
    if not isinstance(seen.data, torch.Tensor) or not isinstance(right.data, torch.Tensor):
        return None
    if seen.data.is_complex() or seen.shape != right.shape:
        return None
    turned = replace(seen, dtype=right.dtype, data=seen.data.to(right.data.dtype))
    return "another_dtype" if compare(turned, right, 0.0) is None else None


def _of_shape(seen: tuple[int, ...], right: tuple[int, ...]) -> str | None:
    if [size for size in seen if size != 1] == [size for size in right if size != 1]:
        return "dimension_of_one_lost" if len(seen) < len(right) else "dimension_of_one_added"
    kept = next((n for n in range(min(len(seen), len(right))) if seen[-n - 1] != right[-n - 1]), 0)
    if len(seen) < len(right) and kept and kept == len(seen) - 1 and seen[0] == math.prod(right[:-kept]):
        return "leading_dimensions_flattened"
    return "axes_exchanged" if sorted(seen) == sorted(right) else None
