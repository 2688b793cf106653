"""Compares a received value with the expected one and describes the first mismatch for the student; for the judge.

The received value is untrusted: nothing here raises because of it, and quotes of it are cleaned and short.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from autograder.judging.approximate import FORM
from autograder.model import Opaque, Tensor

Kind = Literal[
    "missing",
    "type",
    "dtype",
    "device",
    "shape",
    "finite",
    "value",
    "input",
    "raised",
    "operators",
    "reading",
    "credit",
    "lost",
]

WANTED = {"Tensor": "a torch.Tensor", FORM: "numbers"}  # by type_name
SHOWN = 3  # mismatches: enough to see a pattern, few enough to read
QUOTED = 160  # characters of a student's text: an error message fits, a dump of a tensor does not


@dataclass(frozen=True)
class Mismatch:
    """The first difference. `error` is the largest |received - expected| of a "value" mismatch, else infinite.

    `fraction` is the part of the points that the answer earns all the same: above 0 only of a "credit" mismatch.
    """

    kind: Kind
    message: str
    error: float = math.inf
    fraction: float = 0.0


def clean(text: object, limit: int = QUOTED) -> str:
    """Untrusted text as one short line: no control, format or surrogate characters, `limit` characters at most."""
    raw = text if isinstance(text, str) else type(text).__name__
    line = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in raw[: 4 * limit])
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def mask_numbers(text: object) -> str:
    """`clean`, with every number that has a fraction or an exponent masked: it could be a hidden input."""
    return re.sub(r"[-+]?(\d[\d_]*)?\.\d+(e[-+]?\d+)?|\d+\.(?!\w)|\d+e[-+]?\d+", "#", clean(text), flags=re.IGNORECASE)


def compare(received: object, expected: object, allowed: float, what: str = "the result") -> Mismatch | None:
    """Returns None if `received` equals `expected` to within `allowed`, else the first mismatch.

    Tensors and numpy arrays: exact type, dtype, device, shape, finiteness, values. Expected NaN and infinities must
    come back as they are. Containers: same type and length, then entry by entry; of dicts the same keys, in any order.
    Other plain values: same type, equal (floats: within `allowed`). A numpy scalar counts as the Python type: a
    np.float32 as a float, a np.int64 as an int, a np.bool_ as a bool. A bool does not count as an int, nor an int as a
    float. `what` is the subject of the message.
    """
    received, expected = _python(received), _python(expected)
    match expected:
        case Tensor():
            return _compare_tensor(received, expected, allowed, what)
        case list() | tuple():
            return _compare_sequence(received, expected, allowed, what)
        case dict():
            return _compare_dict(received, expected, allowed, what)
        case float():
            return _compare_float(received, expected, allowed, what)
        case Opaque():
            same = isinstance(received, Opaque) and received.type_name == expected.type_name
        case _:
            same = type(received) is type(expected) and received == expected
    return None if same else _difference(received, expected, what)


def _difference(received: object, expected: object, what: str, error: float = math.inf) -> Mismatch:
    kind: Kind = "value" if type(received) is type(expected) else "type"
    return Mismatch(kind, f"{what} is {describe(received)}, not {describe(expected)}", error)


def _python(value: object) -> object:
    """Converts a numpy scalar to the Python scalar; returns any other value unchanged."""
    return value.item() if isinstance(value, np.generic) else value


def compare_kind(received: object, expected: object, what: str) -> Mismatch | None:
    """Returns None if `received` has the type of `expected` and, for a tensor, its dtype and device."""
    received, expected = _python(received), _python(expected)
    if not isinstance(expected, Tensor):
        same = type(received) is type(expected)
        return None if same else Mismatch("type", f"{what} is {describe(received)}, not {describe(expected)}")
    if not isinstance(received, Tensor) or received.type_name != expected.type_name:
        wanted = WANTED.get(expected.type_name, f"a numpy {expected.type_name}")
        return Mismatch("type", f"{what} is {describe(received)}, not {wanted}")
    if received.dtype != expected.dtype:
        return Mismatch("dtype", f"{what} has dtype {clean(received.dtype, 40)}, not {expected.dtype}")
    if received.device != expected.device:
        return Mismatch("device", f"{what} is on the device {clean(received.device, 40)}, not {expected.device}")
    if expected.device != "meta" and not _is_plain(received):
        return Mismatch("type", f"{what} came back without readable values")
    return None


def describe(value: object) -> str:
    """A short description: type and size of a tensor or container, the repr of any other value."""
    match value:
        case Tensor():
            return f"a {clean(value.type_name, 40)} of shape {_shape(value.shape)}"
        case Opaque():
            return f"an object of type {clean(value.type_name, 40)}"
        case None:
            return "None"
        case bool() | float():
            return repr(value)
        case int():
            return str(value) if abs(value) < 10**12 else "a huge int"
        case str():
            return f"the text {clean(value, 60)!r}"
        case list() if value and len(value) <= 12 and all(type(v) is str for v in value):
            return "[" + ", ".join(clean(v, 40) for v in value) + "]"
        case list() | tuple() | dict():
            return f"a {type(value).__name__} of {len(value)}"
    return f"an object of type {clean(type(value).__name__, 40)}"


def _shape(shape: object) -> str:
    if not isinstance(shape, tuple):
        return "unknown"
    sizes = ", ".join(str(n) if type(n) is int and abs(n) < 10**15 else "?" for n in shape[:8])
    more = ", ..." if len(shape) > 8 else "," if len(shape) == 1 else ""
    return f"({sizes}{more})"


def _compare_sequence(received: object, expected: Sequence[Any], allowed: float, what: str) -> Mismatch | None:
    if type(received) is not type(expected):
        return Mismatch("type", f"{what} is {describe(received)}, not {describe(expected)}")
    words = all(type(v) is str for v in expected) and all(type(v) is str for v in received)
    if len(received) != len(expected) or (words and received != expected):  # words are shown together
        return Mismatch("value", f"{what} is {describe(received)}, not {describe(expected)}")
    for index, (one, other) in enumerate(zip(received, expected, strict=True)):
        wrong = compare(one, other, allowed, f"{what}[{index}]")
        if wrong is not None:
            return wrong
    return None


def _compare_dict(received: object, expected: dict[Any, Any], allowed: float, what: str) -> Mismatch | None:
    if type(received) is not dict:
        return _difference(received, expected, what)
    kinds = {key: type(_python(key)) for key in received}
    for key, value in expected.items():
        if kinds.get(key) is not type(_python(key)):  # {True: 1} must not match {1: 1}
            return Mismatch("value", f"{what} has no key {_key(key)}")
        if (wrong := compare(received[key], value, allowed, f"{what}[{_key(key)}]")) is not None:
            return wrong
    extra = next((key for key in received if key not in expected), None)
    return None if len(received) == len(expected) else Mismatch("value", f"{what} has the key {_key(extra)} too many")


def _key(key: object) -> str:
    """A key of a dict as Python writes it, in one short line."""
    return repr(clean(key, 40)) if isinstance(key, str) else clean(repr(_python(key)), 40)


def _compare_float(received: object, expected: float, allowed: float, what: str) -> Mismatch | None:
    if type(received) is not float:
        return _difference(received, expected, what)
    if received == expected or (math.isnan(received) and math.isnan(expected)):
        return None
    error = abs(received - expected)  # NaN where either is
    if error <= allowed and math.isfinite(error):
        return None
    if math.isfinite(expected) and not math.isfinite(received):
        return Mismatch("finite", f"{what} is {received!r}, not {expected!r}")
    return _difference(received, expected, what, error if math.isfinite(error) else math.inf)


def _compare_tensor(received: object, expected: Tensor, allowed: float, what: str) -> Mismatch | None:
    if (wrong := compare_kind(received, expected, what)) is not None:
        return wrong
    assert isinstance(received, Tensor)  # compare_kind has checked this
    if received.shape != expected.shape:
        return Mismatch("shape", f"{what} has shape {_shape(received.shape)}, not {_shape(expected.shape)}")
    if expected.device == "meta":  # shapes without values
        return None
    return _compare_values(received.data, expected.data, allowed, what)


def _is_plain(received: Tensor) -> bool:
    """Whether `data` is what the rest of the dataclass says: a dense torch.Tensor on the CPU."""
    data = received.data
    return (
        type(data) is torch.Tensor
        and data.layout is torch.strided
        and not data.is_quantized
        and not data.is_nested
        and data.device.type == "cpu"
        and str(data.dtype) == f"torch.{received.dtype}"
        and tuple(data.shape) == received.shape
    )


def _compare_values(received: torch.Tensor, expected: torch.Tensor, allowed: float, what: str) -> Mismatch | None:
    if not (received.is_floating_point() and expected.is_floating_point()):
        if not received.dtype.is_complex and torch.equal(received, expected.to(received.dtype)):
            return None
        return _mismatch(received, expected, received != expected, what)
    wide = received.detach().double()
    error = (wide - expected).abs()  # NaN where either is NaN, and for inf - inf
    if bool((error <= allowed).all()):
        return None
    alike = (wide == expected) | (wide.isnan() & expected.isnan())
    lost = expected.isfinite() & ~wide.isfinite()
    if bool(lost.any() and expected.isfinite().all()):  # if infinities are expected, the comparison below reports
        first = tuple(int(i) for i in lost.nonzero()[0])
        many = f"{int(lost.sum())} of {lost.numel()} entries are NaN or infinite"
        return Mismatch("finite", f"{what}: {many}, the first, {float(wide[first]):g}, at {list(first)}")
    return _mismatch(wide, expected, ~(alike | (error <= allowed)), what, allowed)


def _mismatch(
    received: torch.Tensor, expected: torch.Tensor, bad: torch.Tensor, what: str, allowed: float = 0.0
) -> Mismatch | None:
    places = bad.nonzero()
    if not len(places):
        return None
    shown = []
    for place in places[:SHOWN].tolist():
        index = tuple(place)
        shown.append(f"at {place} received {_number(received[index])}, expected {_number(expected[index])}")
    margin = f" (error allowed: {allowed:.1g})" if allowed else ""
    many = f"{len(places)} of {bad.numel()} values are wrong{margin}: {'; '.join(shown)}"
    if bad.dim() == 0:
        many = f"received {_number(received)}, expected {_number(expected)}{margin}"
    errors = (received.double() - expected.double()).abs()[bad] if not received.dtype.is_complex else bad.double()
    largest = float(errors.nan_to_num(nan=math.inf).max())
    return Mismatch("value", f"{what}: {many}", largest)


def _number(entry: torch.Tensor) -> str:
    value = entry.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)
