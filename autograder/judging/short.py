"""The short form of a bank: decorators with which an author says what the inputs are; the engine makes the checks.

    @given(half=True, large=10_000)
    def masked_mean(draw, *batch):
        return {"x": draw.normal(*batch, 3, 5), "mask": draw.mask(*batch, 3, 5, nothing=1)}

`given` returns a Bank. When `banks` loads it, `complete` adds the checks, the right answers (those of the solution
cell) and the wrong implementations that the engine itself knows.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from autograder.errors import UsageError
from autograder.judging.check import Bank, Implementation, Misconception, Variant
from autograder.judging.form import Built, Case, Claims, Form, Inputs, built, contradictions
from autograder.judging.generic import TEXTS, generic
from autograder.judging.making import ABOUT, Maker
from autograder.judging.rules import Rule

__all__ = ["Built", "built", "case", "complete", "given", "raises", "right", "wrong"]

T = TypeVar("T")
MARK = "__autograder_mark__"


@dataclass(frozen=True)
class Mark:
    """What a decorator wrote on an object. `of` is that object: a copy of its attributes is no mark."""

    kind: Literal["case", "right", "wrong"]
    of: Any
    text: str = ""
    case: Case | None = None


def unknown(*args: Any, **kwargs: Any) -> Any:
    """The oracle of a bank in the short form until the bank is complete."""
    raise UsageError("this bank is not complete: load it by autograder.judging.banks.Banks")


def given(
    *,
    oracle: Implementation | None = None,
    about: str = "",
    half: bool = False,
    large: float | Mapping[str, float] = 0.0,
    gradients: bool = False,
    grow: str | Sequence[str] = (),
    exact: bool = False,
    rtol: float = 0.0,
    atol: float = 0.0,
    reason: str = "",
    numpy: bool = False,
    approximately: bool = False,
    rules: Sequence[Rule] = (),
    without: Sequence[str] = (),
    aside: Sequence[str] = (),
) -> Callable[[Inputs], Bank]:
    """Makes a bank of a function that draws inputs; its name is that of the function to be judged.

    The function takes a Draw and, if the judged function takes batches of any shape, `*batch`: the sizes to put in
    front of all others. It returns the arguments by name, or a list of such dicts for several calls.

    `oracle`: what is right; without it, the function's solution cell, computed in float64.
    `about`: the first sentence of the message if the values are wrong.
    `half`: float16 and bfloat16 inputs give results of their dtype.
    `large`: inputs may be so large, all or (a dict) those named.
    `gradients`: gradients flow to every floating tensor.
    `grow`: names of `draw.size` that must not raise the number of operators; batches never may.
    `exact`: no rounding error is allowed, since nothing is computed.
    `rtol`, `atol`: the error allowed is atol + rtol * the largest entry of the result; without them, it is measured.
    `numpy`: drawn tensors become numpy arrays, of float64 where they are floats.
    `approximately`: a list, a tuple, an array and a tensor of the same numbers are equally good.
    `without`: names of checks, and of the engine's wrong implementations, that do not apply.
    `aside`: names of checks that the diagnosis ignores while another one fails: many fail them beside another mistake.

    Raises UsageError if two claims contradict each other.
    """
    names, left_out, beside = ((one,) if isinstance(one, str) else tuple(one) for one in (grow, without, aside))
    claims = Claims(
        about, half, large, gradients, names, exact, rtol, atol, reason, numpy, approximately, left_out, beside
    )
    contradictions(claims)

    def make(inputs: Inputs) -> Bank:
        name = inputs.__name__
        form = Form(Case(name, about, inputs, _batched(inputs)), claims)
        moderate = "" if large else "the bank claims nothing about large inputs"
        return Bank(name, oracle or unknown, (), rules=tuple(rules), moderate=moderate, form=form)

    return make


def case(about: str, *, alone: bool = False, finite: bool = False, weight: int = 1) -> Callable[[Inputs], Inputs]:
    """Marks a function that draws inputs of another kind, which get a check of their own: as `given`, without claims.

    Unless `alone`, these inputs are also used in the checks of dtypes, devices, gradients and the like.
    `finite`: gradients at these inputs have no value that all agree on, as at a vector of zeros, but must be finite.
    """

    def mark(inputs: Inputs) -> Inputs:
        made = Case(_words(inputs), about, inputs, _batched(inputs), alone, weight=weight, finite=finite)
        return _marked(inputs, "case", case=made)

    return mark


def raises(exception: type[Exception], about: str, *, weight: int = 1) -> Callable[[Inputs], Inputs]:
    """Marks a function that draws inputs which must raise `exception`; they get a check of their own."""
    if not (isinstance(exception, type) and issubclass(exception, Exception)):
        raise UsageError("@raises takes the exception first, then the sentence: @raises(ValueError, '...')")

    def mark(inputs: Inputs) -> Inputs:
        kind = exception.__name__
        return _marked(
            inputs, "case", case=Case(_words(inputs), about, inputs, _batched(inputs), True, kind, weight=weight)
        )

    return mark


def wrong(text: str) -> Callable[[T], T]:
    """Marks a wrong implementation; `text` is what a student should read whose code behaves like it."""
    return lambda implementation: _marked(implementation, "wrong", text)


def right(implementation: T) -> T:
    """Marks a right implementation, written in another way than the solution: it must pass every check."""
    return _marked(implementation, "right")


def _marked(thing: T, kind: Literal["case", "right", "wrong"], text: str = "", case: Case | None = None) -> T:
    setattr(thing, MARK, Mark(kind, thing, text, case))
    return thing


def _batched(inputs: Inputs) -> bool:
    return any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(inputs).parameters.values())


def _words(inputs: Inputs) -> str:
    return inputs.__name__.strip("_").replace("_", " ")


# ---- a bank that is loaded ------------------------------------------------------------------------------------


def marks(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Mark]]:
    """The marks in a module's namespace with the objects' names, in order; each object once, under its first name."""
    seen: set[int] = set()
    for name, thing in namespace.items():
        mark = getattr(thing, "__dict__", {}).get(MARK)  # not getattr, which runs code of lazy modules
        if isinstance(mark, Mark) and mark.of is thing and id(thing) not in seen:
            seen.add(id(thing))
            yield name, mark


def twice(text: str) -> str:
    """The first name that a module's text defines twice by `def` or `class`: the first of the two would be lost."""
    names = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    return next((name for number, name in enumerate(names) if name in names[:number]), "")


def complete(bank: Bank, namespace: Mapping[str, Any], solution: Implementation | None) -> Bank:
    """The bank with the checks, misconceptions and variants that its short form and the marks in `namespace` mean.

    What the author has put into the bank stays, behind these. Raises UsageError if there is nothing to say what is
    right, if the inputs do not fit the function, or if two checks or implementations have one name.
    """
    assert bank.form is not None
    oracle = bank.oracle if bank.oracle is not unknown else solution
    if oracle is None:
        raise UsageError(f"{bank.name}: no solution cell defines it; write one, or give @given an oracle=")
    claims = bank.form.claims
    strange = next((name for name in claims.without if name not in {*ABOUT, *TEXTS}), None)
    if strange is not None:
        raise UsageError(f"{bank.name}: without={strange!r} is none of {', '.join([*ABOUT, *TEXTS])}")
    found = list(marks(namespace))
    cases = [mark.case for _, mark in found if mark.case is not None]
    maker = Maker(replace(bank, oracle=oracle), cases, solution or oracle)
    checks = maker.checks()
    written = [Misconception(name, mark.text, mark.of) for name, mark in found if mark.kind == "wrong"]
    taken = {one.name for one in (*written, *bank.misconceptions)} | set(claims.without)
    made = [one for one in generic(maker, {c.name for c in checks}) if one.name not in taken]
    own = [Variant("solution", solution)] if solution is not None else []
    variants = [*own, *(Variant(name, mark.of) for name, mark in found if mark.kind == "right")]
    whole = replace(
        bank,
        oracle=oracle,
        checks=(*checks, *bank.checks),
        misconceptions=(*written, *made, *bank.misconceptions),
        variants=(*variants, *bank.variants),
    )
    _distinct(bank.name, "checks", [check.name for check in whole.checks])
    _distinct(bank.name, "wrong implementations", [one.name for one in whole.misconceptions])
    _distinct(bank.name, "right implementations", [one.name for one in whole.variants])
    return whole


def _distinct(bank: str, what: str, names: Sequence[str]) -> None:
    again = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if again is not None:
        raise UsageError(f"{bank}: two {what} are named {again!r}; rename one")
