"""Runs a wrong and a right version of a function on arguments that a student chose, in the judge; used by `credit`.

The arguments are untrusted plain data. They are checked against a description, and are so few and small that neither
version can take long; what an author's version makes of them all the same is bounded in CPU time and memory.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from autograder.judging.bounds import OutOfBounds, limit_use
from autograder.judging.check import Implementation
from autograder.judging.compare import clean, compare, describe
from autograder.judging.credit import Credit
from autograder.judging.inputs import largest_entry
from autograder.model import Opaque, Tensor
from autograder.sandbox.inside.probing import plain_value

MAX_DIMS = 4
MAX_SIZE = 64  # of one axis: a product of two matrices of this size takes a millisecond
MAX_ENTRIES = 4096  # of one tensor
MAX_NUMBER = 1e6  # of any number: nothing overflows by itself, and a count of this size still fits in memory
SECONDS = 2.0  # of CPU time for both versions, a thousand times what such small arguments need
VISIBLE = 1e-3  # of the largest entry of the right result: far above rounding, and seen in the first three digits

# What a student may have forgotten to call or to instantiate: it is no "object".
NO_OBJECTS = ("module", "type", "function", "method", "builtin_function_or_method")

Made = Callable[[Sequence[Any]], Any]  # from all arguments as they came to an object in the place of one


@dataclass(frozen=True)
class Witness:
    """What makes a tuple of arguments a witness that `printed` is not `right`: their results differ visibly.

    `arguments` describes each argument in words: "int", "number" (an int or a float), "float T D" or "long ... D" (a
    tensor of float32 or float64, or of int64, and its axes), "object RNN" (an object of that class) or "object" (any
    that is no class, function or file of Python).
    Different forms are separated by "|". Equal letters mean equal sizes; "..." is any number of axes in front.
    Objects do not travel, so `objects` makes one in the place of each, by its argument's name, from all arguments.
    `right` may refuse arguments by ValueError, with the reason as a sentence for the student.
    """

    printed: Implementation
    right: Implementation
    arguments: tuple[str, ...]
    objects: Mapping[str, Made] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(inspect.signature(self.right).parameters)

    def credit(self, given: Any) -> Credit:
        """All points for a witness, none for anything else, with what to change."""
        wanted = f"({', '.join(self.names)}{',' if len(self.names) == 1 else ''})"
        if type(given) is not tuple or len(given) != len(self.arguments):
            return Credit(0.0, f"give the arguments as a tuple {wanted}, not {_kind(given)}")
        sizes: dict[str, int] = {}
        for name, words, value in zip(self.names, self.arguments, given, strict=True):
            reason = _fault(words, value, sizes)
            if reason:
                return Credit(0.0, f"the argument {name}: {reason}")
        try:
            with limit_use(SECONDS):
                return self._try([*given])
        except (OutOfBounds, MemoryError):
            return Credit(0.0, "with these arguments the two versions do not come to an end: take smaller ones")

    def _try(self, given: list[Any]) -> Credit:
        right = _run(self.right, self._with_objects(given))
        if isinstance(right, Exception):
            said = f" ({clean(str(right))})" if isinstance(right, ValueError) else f" by {type(right).__name__}"
            return Credit(0.0, f"the right version refuses these arguments{said}: they are no witness")
        if _has_nan(right):
            return Credit(0.0, "the right version gives NaN for these arguments: take others")
        printed = _run(self.printed, self._with_objects(given))
        if (
            isinstance(printed, Exception)
            or compare(printed, right, VISIBLE * max(largest_entry(right), VISIBLE)) is not None
        ):
            return Credit(1.0)
        return Credit(
            0.0,
            "the printed and the right version give the same for these arguments: look for a case they treat unlike",
        )

    def _with_objects(self, given: Sequence[Any]) -> list[Any]:
        """Copies of the arguments, so that neither version can change those of the other."""
        pairs = zip(self.names, given, strict=True)
        return [self.objects[name](given) if isinstance(value, Opaque) else _copy(value) for name, value in pairs]


def _run(implementation: Implementation, arguments: Sequence[Any]) -> Any:
    """The result as plain data, or the exception."""
    try:
        return plain_value(implementation(*arguments))
    except MemoryError:
        raise
    except Exception as error:  # the arguments are a student's
        return error


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _kind(value: Any) -> str:
    return describe(plain_value(value)) if not isinstance(value, Opaque) else describe(value)


def _has_nan(value: Any) -> bool:
    match value:
        case Tensor(data=torch.Tensor() as data):
            return bool(data.isnan().any())
        case float():
            return math.isnan(value)
    return False


# ---- arguments ---------------------------------------------------------------------------------------------------


def _fault(words: str, value: Any, sizes: dict[str, int]) -> str:
    """Why `value` is none of the forms in `words`; "" if it is one. Notes the sizes of named axes."""
    faults = []
    for form in words.split("|"):
        trial = dict(sizes)
        reason = _fault_of_form(form.split(), value, trial)
        if not reason:
            sizes.update(trial)
            return ""
        faults.append(reason)
    return faults[-1]


def _fault_of_form(form: Sequence[str], value: Any, sizes: dict[str, int]) -> str:
    match form:
        case ["int"]:
            return _number_fault(value, (int,), "an int")
        case ["number"]:
            return _number_fault(value, (int, float), "an int or a float")
        case ["object", *names]:
            return _object_fault(value, names)
        case [("float" | "long") as dtype, *axes]:
            return _tensor_fault(value, dtype, axes, sizes)
    raise ValueError(f"a witness has no argument of the form {' '.join(form)!r}")


def _number_fault(value: Any, kinds: tuple[type, ...], wanted: str) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, kinds):
        return f"it is {_kind(value)}, and should be {wanted}"
    number: Any = value
    if not -MAX_NUMBER <= number <= MAX_NUMBER:  # NaN is none either
        return f"take a number between -{MAX_NUMBER:,.0f} and {MAX_NUMBER:,.0f}"
    return ""


def _object_fault(value: Any, names: Sequence[str]) -> str:
    if isinstance(value, Opaque) and (value.type_name in names if names else value.type_name not in NO_OBJECTS):
        return ""
    return f"it is {_kind(value)}, and should be {'an object of class ' + names[0] if names else 'a module'}"


def _tensor_fault(value: Any, dtype: str, axes: Sequence[str], sizes: dict[str, int]) -> str:
    dtypes = (torch.float32, torch.float64) if dtype == "float" else (torch.int64,)
    shape = f"({', '.join(axes)}{',' if len(axes) == 1 and axes[0] != '...' else ''})"
    wanted = f"a tensor of {' or '.join(str(d).removeprefix('torch.') for d in dtypes)} of shape {shape}"
    if not isinstance(value, torch.Tensor) or value.dtype not in dtypes:
        kind = _kind(value) if not isinstance(value, torch.Tensor) else str(value.dtype)
        return f"it is {kind}, and should be {wanted}"
    if value.dim() > MAX_DIMS or value.numel() > MAX_ENTRIES or any(n > MAX_SIZE for n in value.shape):
        return f"take a smaller tensor: at most {MAX_DIMS} axes, each of at most {MAX_SIZE}, {MAX_ENTRIES:,} entries"
    if value.numel() == 0:
        return "the tensor is empty"
    if not bool(((value <= MAX_NUMBER) & (value >= -MAX_NUMBER)).all()):  # the abs of the least int is negative
        return f"take numbers between -{MAX_NUMBER:,.0f} and {MAX_NUMBER:,.0f}"
    named = [axis for axis in axes if axis != "..."]
    fits = value.dim() >= len(named) if "..." in axes else value.dim() == len(named)
    own = tuple(value.shape)[value.dim() - len(named) :]
    if not fits or any(sizes.setdefault(axis, n) != n for axis, n in zip(named, own, strict=True)):
        known = ", ".join(f"{axis} is {sizes[axis]}" for axis in named if axis in sizes)
        return f"its shape is {tuple(value.shape)}, and should be {shape}" + (f", where {known}" if known else "")
    return ""
