"""The short form of a bank as plain data: what an author says of a function, before `short` makes checks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import UsageError

Inputs = Callable[..., Any]  # (draw) or (draw, *batch) -> a dict of arguments by name, or a list of such dicts


@dataclass(frozen=True)
class Claims:
    """What an author claims of a function beside its values; see `short.given`."""

    about: str = ""
    half: bool = False
    large: float | Mapping[str, float] = 0.0
    gradients: bool = False
    grow: tuple[str, ...] = ()
    exact: bool = False
    rtol: float = 0.0
    atol: float = 0.0
    reason: str = ""
    numpy: bool = False
    approximately: bool = False
    without: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """Inputs of one kind. `raises` names the exception that they must raise. Only a case that is not `alone` is also
    judged in the checks of dtypes, devices, gradients and the like. Of gradients at a `finite` one only that is asked.
    """

    name: str
    about: str
    inputs: Inputs
    batched: bool
    alone: bool = False
    raises: str = ""
    weight: int = 1
    finite: bool = False


@dataclass(frozen=True)
class Form:
    """A bank's short form: its first case, whose name is the function's, and the claims."""

    first: Case
    claims: Claims


@dataclass(frozen=True)
class Built:
    """An argument that the builder checks/builders/<kind>.py makes from `options`, such as a function."""

    kind: str
    options: Mapping[str, Any]


def built(kind: str, **options: Any) -> Built:
    """An argument that is no plain value: the builder checks/builders/<kind>.py makes it from `options`.

    return {"f": built("cubic", a=1.0), "left": -2.0, "right": 3.0}
    """
    return Built(kind, options)


def contradictions(claims: Claims) -> None:
    """Raises UsageError if two claims cannot both hold, or if one lacks its reason."""
    wrong = [
        (claims.numpy and claims.half, "half=True is for torch's tensors, and numpy=True says that there are none"),
        (claims.numpy and claims.gradients, "numpy has no gradients: drop gradients=True or numpy=True"),
        (
            claims.exact and bool(claims.rtol or claims.atol),
            "exact=True allows no error, and rtol or atol allow one: drop one of them",
        ),
        (
            claims.approximately and (claims.half or claims.gradients),
            "approximately=True takes the same numbers in any form, so half=True and gradients=True say nothing: "
            "drop approximately=True or these",
        ),
        (claims.approximately and claims.exact, "exact=True and approximately=True exclude each other"),
        (
            bool(claims.rtol or claims.atol) and not claims.reason,
            "rtol and atol need a reason: why may a right answer be off by so much?",
        ),
        (bool(claims.reason) and not (claims.rtol or claims.atol), "reason= is that of rtol or atol: give one of them"),
        (claims.rtol < 0 or claims.atol < 0, "rtol and atol are 0 or more"),
        (not _positive(claims.large), "large is the size of the largest input, a number above 1"),
    ]
    for holds, text in wrong:
        if holds:
            raise UsageError(f"@given: {text}")


def _positive(large: float | Mapping[str, float]) -> bool:
    sizes = list(large.values()) if isinstance(large, Mapping) else [large] if large else []
    return all(isinstance(size, int | float) and not isinstance(size, bool) and size > 1 for size in sizes)
