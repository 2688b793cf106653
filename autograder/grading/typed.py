"""Converts JSON to a frozen dataclass and checks every type, for records and messages that are read back."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def read_as(kind: type[T], found: Any) -> T:
    """Builds the dataclass `kind` from JSON that was made with `dataclasses.asdict`. Raises TypeError for other data.

    A missing field gets its default, and unknown keys are ignored, so that other versions' files can be read.
    """
    if not isinstance(found, Mapping):
        raise TypeError(f"{kind.__name__} cannot be made of {type(found).__name__}")
    hints = _hints(cast(Any, kind))
    values = {name: _value(hint, found[name]) for name, hint in hints.items() if name in found}
    return kind(**values)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _value(hint: Any, found: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return read_as(hint, found)
    if origin is Literal and isinstance(found, str) and found in arguments:
        return found
    if origin is tuple and isinstance(found, list | tuple):
        return tuple(_value(arguments[0], one) for one in found)  # our classes use only tuple[X, ...]
    if origin in (Union, types.UnionType):  # X | None
        return None if found is None else _value(arguments[0], found)
    if hint is float and type(found) in (int, float) and math.isfinite(found):
        return float(found)
    if hint in (str, int, bool) and type(found) is hint:
        return found
    raise TypeError(f"{hint} cannot be made of {type(found).__name__}")
