"""Makes the checks of a bank in the short form from its inputs and claims; used by `short` when the bank is loaded.

Inputs are drawn anew for each call. Calls share a probe, so a check costs one round trip, or two where inputs differ
in size so much that one error allowed would not do for both.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from autograder.errors import AutograderError, UsageError
from autograder.judging.arguments import (
    Arguments,
    bound,
    cast,
    change,
    in_float64,
    in_numpy,
    is_floating,
    leaves,
    moved,
    negated,
    no_order,
    scaled,
)
from autograder.judging.check import Bank, Check, Implementation
from autograder.judging.compare import compare
from autograder.judging.draw import Draw
from autograder.judging.expected import equip, widen
from autograder.judging.form import Built, Case, Form
from autograder.judging.inputs import largest_entry
from autograder.judging.joining import joined, joined_by_magnitude
from autograder.judging.tolerance import EXACT, UNMEASURED, Tolerance
from autograder.model import Backward, Call, Let, Make, Observation, Probe, Ref, Step, Tensor
from autograder.sandbox.inside.probing import observe

BATCHES = ((), (2,), (2, 7), (1,), (3, 1))  # sizes in front of all others: no batch, one axis, two, batches of one
SHORT_BATCH, LONG_BATCH = (2, 3), (9, 11)  # between these, no more operators may run
GROWTH = 4  # how many times as long an axis gets that must not cost more operators
TRIES = 20  # to draw inputs in no order; an author may want them sorted
HALF_TOPS = (1_000.0, 100.0, 30.0)  # sizes of large inputs in half precision, where those claimed would overflow
HALF_MAX = 30_000.0  # of a result in float16, which ends at 65,504

ABOUT = {  # of each check: the first sentence of its message
    "values": "Ordinary inputs give the right result.",
    "defaults": "Arguments that have a default may be left out.",
    "float64": "float64 inputs give a float64 result, right to float64's precision.",
    "float32": "float32 arrays give a float32 result.",
    "half precision": "float16 and bfloat16 inputs keep their dtype.",
    "large inputs": "Large inputs must not overflow, vanish or lose their digits.",
    "large in half precision": "Large inputs in float16 and bfloat16 must not overflow or vanish.",
    "gradients": "Gradients flow back to the inputs and are right.",
    "finite gradients": "Gradients are finite also where they have no value that all agree on, as at zeros.",
    "inputs untouched": "The arguments must be left as they were, and tensors may be views of others.",
    "any device": "New tensors belong on the device of the inputs, and values are not read into Python.",
    "no loops": "Whole tensors at once: no loop over entries of a batch.",
}
IN_BATCHES = "Ordinary inputs give the right result, one at a time and in batches of any shape."


@dataclass(frozen=True)
class Facts:
    """What one draw of the first case says of the function: of its inputs, and of the solution's result."""

    tensors: bool  # among the inputs
    floats: bool  # tensors or arrays of floats among the inputs
    mutable: bool  # an argument is a tensor, an array, a list or a dict
    tensor_result: bool
    float_result: bool  # a tensor or an array of floats
    by_shape: bool  # the result hangs on the tensors' shapes alone
    defaults: tuple[str, ...]  # arguments that can be left out


class Maker:
    """The checks of `bank`, a short form with its oracle and builders, that its inputs and `cases` mean.

    Raises UsageError, at once or when a check is drawn, if inputs cannot be drawn or do not fit the function.
    """

    def __init__(self, bank: Bank, cases: Sequence[Case], solution: Implementation) -> None:
        assert isinstance(bank.form, Form)
        if isinstance(solution, type):
            raise UsageError(f"{bank.name}: @given is for functions; the bank of a class is written in the long form")
        self.bank = bank
        self.solution = solution
        self.claims = bank.form.claims
        self.first = bank.form.first
        self.cases = tuple(cases)
        self._signature = inspect.signature(solution)
        self.facts = self._find_facts()

    def checks(self) -> tuple[Check, ...]:
        """The checks that apply, without those that the author leaves out."""
        about = self.claims.about or (IN_BATCHES if self.first.batched else ABOUT["values"])
        made = [self._check("values", self._values(self.first), about=about, weight=2)]
        for case in self.cases:
            probes = self._refused(case) if case.raises else self._values(case)
            made.append(self._check(case.name, probes, about=case.about, weight=case.weight, raises=case.raises))
        applies = {
            "defaults": (bool(self.facts.defaults), self._defaults),
            "float64": (self._typed and self.facts.tensors, self._float64),
            "float32": (self._typed and not self.facts.tensors and self.facts.float_result, self._float32),
            "half precision": (self.claims.half, self._half),
            "large inputs": (bool(self.claims.large), self._large),
            "large in half precision": (self.claims.half and bool(self.claims.large), self._large_half),
            "gradients": (self.claims.gradients, self._gradients),
            "finite gradients": (any(case.finite for case in self.cases), self._finite_gradients),
            "inputs untouched": (self.facts.mutable, self._untouched),
            "any device": (self._on_devices, self._devices),
            "no loops": (self._on_devices and (self.first.batched or bool(self.claims.grow)), self._steady),
        }
        made += [self._check(name, probes) for name, (holds, probes) in applies.items() if holds]
        return tuple(check for check in made if check.name not in self.claims.without)

    @property
    def _typed(self) -> bool:
        """Whether the result's dtype follows that of the inputs."""
        return self.facts.floats and not self.claims.approximately

    @property
    def _on_devices(self) -> bool:
        return self.facts.tensors and self.facts.tensor_result and not self.claims.approximately

    def _check(
        self, name: str, probes: Callable[[Draw], list[Probe]], *, about: str = "", weight: int = 1, raises: str = ""
    ) -> Check:
        claims = self.claims
        tolerance, narrow = UNMEASURED, "the tolerance is measured: ten times the error of right implementations"
        reading = finite if name == "finite gradients" else None
        if claims.exact or raises or reading:
            tolerance, narrow = EXACT, ""
        elif claims.reason and "half" not in name:
            tolerance = Tolerance(0.0, claims.reason, atol=claims.atol, rtol=claims.rtol)
            narrow = claims.reason
        return Check(
            name, about or ABOUT[name], probes, tolerance, weight, steady=name == "no loops", narrow=narrow,
            reading=reading, raises=raises, approximately=claims.approximately, aside=name in claims.aside,
        )  # fmt: skip

    # ---- inputs and calls ---------------------------------------------------------------------------------------

    def draw(
        self, draw: Draw, case: Case, batch: Sequence[int] = (), sizes: Mapping[str, int] | None = None
    ) -> list[Arguments]:
        """The arguments of each call, in no order where that can be had; `sizes` are those of named axes."""
        found: list[Arguments] = []
        for _ in range(TRIES):
            draw.renew(sizes)
            draw.dtype = torch.float64 if self.claims.numpy else torch.float32
            try:
                given = case.inputs(draw, *batch)
            except AutograderError:
                raise
            except Exception as error:  # whatever the author's code raises
                said = f"{type(error).__name__}: {error}"
                raise UsageError(f"{self.bank.name}: the inputs of {case.name!r} cannot be drawn: {said}") from error
            found = given if isinstance(given, list) else [given]
            if not found or not all(isinstance(one, dict) and all(map(_is_name, one)) for one in found):
                raise UsageError(
                    f"{self.bank.name}: {case.name!r} must return a dict of arguments by name, or a list of such dicts"
                )
            if self.claims.numpy:
                found = [in_numpy(one) for one in found]
            if all(map(no_order, found)):
                break
        return found

    def _everywhere(self, draw: Draw, batch: Sequence[int] = ()) -> Iterator[Arguments]:
        """Arguments with floating tensors or arrays in them: of the first case, and of all that do not stand alone."""
        for case in (self.first, *self.cases):
            if not case.alone:
                yield from self.draw(draw, case, batch if case.batched else ())

    def _steps(self, given: Arguments) -> list[Step]:
        """The call with these arguments, and what makes those that are built before it."""
        try:
            args, kwargs = bound(self._signature, given)
        except UsageError as error:
            raise UsageError(f"{self.bank.name}: {error}") from None
        made: list[Step] = []

        def argument(value: Any) -> Any:
            if not isinstance(value, Built):
                return value
            made.append(Make(f"built_{len(made) + 1}", value.kind, value.options))
            return Ref(f"built_{len(made)}")

        call = Call(
            self.bank.name, tuple(map(argument, args)), {name: argument(value) for name, value in kwargs.items()}
        )
        return [*made, call]

    def _probe(self, given: Arguments) -> Probe:
        return Probe(tuple(self._steps(given)))

    def _together(self, calls: Iterable[Arguments]) -> list[Probe]:
        return joined_by_magnitude(map(self._probe, calls))

    def run(self, implementation: Implementation, probe: Probe) -> Observation:
        return observe(equip(self.bank, probe), {self.bank.name: implementation}, catch=Exception)

    def _find_facts(self) -> Facts:
        given = self.draw(Draw(0), self.first)[0]
        seen = self.run(self.solution, self._probe(given))
        if seen.failure is not None:
            said = f"{seen.failure.kind}: {seen.failure.text}"
            raise UsageError(f"{self.bank.name}: the solution fails on the inputs of @given: {said}")
        values, results = list(leaves(given)), list(leaves(seen.values["out"]))
        tensors = [value for value in results if isinstance(value, Tensor)]
        return Facts(
            tensors=any(isinstance(value, torch.Tensor) for value in values),
            floats=any(map(is_floating, values)),
            mutable=any(isinstance(v, torch.Tensor | np.ndarray | list | dict) for v in given.values()),
            tensor_result=any(value.type_name == "Tensor" for value in tensors),
            float_result=any("float" in value.dtype for value in tensors),
            by_shape=bool(tensors) and self._hangs_on_shapes(given, seen),
            defaults=tuple(dict.fromkeys(name for name, _ in self._left_out(Draw(0)))),
        )

    def _hangs_on_shapes(self, given: Arguments, seen: Observation) -> bool:
        zeros = change(given, lambda value: torch.zeros_like(value) if isinstance(value, torch.Tensor) else value)
        other = self.run(self.solution, self._probe(zeros))
        return other.failure is None and compare(other.values["out"], seen.values["out"], 0.0) is None

    # ---- probes of each check -----------------------------------------------------------------------------------

    def _values(self, case: Case) -> Callable[[Draw], list[Probe]]:
        batches = BATCHES if case.batched else ((), ())
        return lambda draw: self._together(one for batch in batches for one in self.draw(draw, case, batch))

    def _refused(self, case: Case) -> Callable[[Draw], list[Probe]]:
        """One probe for each call, since an exception ends a probe."""

        return lambda draw: [self._probe(given) for given in self.draw(draw, case)]

    def _left_out(self, draw: Draw) -> Iterator[tuple[str, Arguments]]:
        """Each argument with a default, and arguments without it on which the solution returns."""
        for name, parameter in self._signature.parameters.items():
            if parameter.default is parameter.empty:
                continue
            for given in self._everywhere(draw):
                without = {key: value for key, value in given.items() if key != name}
                if name in given and self.run(self.solution, self._probe(without)).failure is None:
                    yield name, without
                    break

    def _defaults(self, draw: Draw) -> list[Probe]:
        return self._together(given for _, given in self._left_out(draw))

    def _float64(self, draw: Draw) -> list[Probe]:
        return self._together(in_float64(given) for given in self._floating(draw))

    def _float32(self, draw: Draw) -> list[Probe]:
        return self._together(cast(given, torch.float32) for given in self._floating(draw))

    def _floating(self, draw: Draw, batch: Sequence[int] = ()) -> Iterator[Arguments]:
        return (given for given in self._everywhere(draw, batch) if any(map(is_floating, leaves(given))))

    def _half(self, draw: Draw) -> list[Probe]:
        halves = (torch.float16, torch.bfloat16)
        return self._together(cast(given, dtype) for dtype in halves for given in self._floating(draw, (2,)))

    def _large(self, draw: Draw) -> list[Probe]:
        """Large inputs far from each other, and close together far from 0, on either side."""
        found: list[Arguments] = []
        for enlarge in (scaled, moved, lambda value, top: moved(value, -top)):
            found += (self._enlarged(given, enlarge) for given in self._everywhere(draw, (2,)))
        return self._together(found)

    def _enlarged(self, given: Arguments, change: Callable[[Any, float], Any], most: float = math.inf) -> Arguments:
        large = self.claims.large
        tops = large if isinstance(large, Mapping) else dict.fromkeys(given, large)
        if strange := next((name for name in tops if name not in self._signature.parameters), None):
            raise UsageError(f"{self.bank.name}: large= names {strange!r}, which is no argument")
        return {k: change(v, min(most, tops[k])) if k in tops else v for k, v in given.items()}

    def _large_half(self, draw: Draw) -> list[Probe]:
        found: list[Arguments] = []
        for given in self._floating(draw, (2,)):
            sizes = (math.inf, *HALF_TOPS)
            large = (cast(self._enlarged(given, scaled, most), torch.float16) for most in sizes)
            fits = next((one for one in large if self._fits(one)), None)
            if fits is not None:
                turned = {name: negated(value) for name, value in fits.items()}  # by chance all had one sign
                found += [fits, cast(turned if self._fits(turned) else fits, torch.bfloat16)]
        return self._together(found)

    def _fits(self, given: Arguments) -> bool:
        """Whether float16 has the right result, with room to spare."""
        seen = self._right(given)
        return seen.failure is None and largest_entry(seen.values["out"]) < HALF_MAX

    def _right(self, given: Arguments) -> Observation:
        return self.run(self.bank.oracle, widen(self._probe(given)))

    def _gradients(self, draw: Draw) -> list[Probe]:
        smooth = [case for case in (self.first, *self.cases) if not case.alone and not case.finite]
        return joined_by_magnitude(self._backwards(draw, smooth))

    def _finite_gradients(self, draw: Draw) -> list[Probe]:
        edges = self._backwards(draw, [case for case in self.cases if case.finite])
        return joined_by_magnitude(replace(probe, returns=probe.returns[1:]) for probe in edges)

    def _backwards(self, draw: Draw, cases: Iterable[Case]) -> list[Probe]:
        """A probe for each floating result of each call: the result first, then the gradients that reach the inputs."""
        found = []
        for given in (one for case in cases for one in self.draw(draw, case, (2,) if case.batched else ())):
            if not any(map(is_floating, leaves(given))):
                continue
            out = self._right(given).values.get("out")
            parts = out if isinstance(out, list | tuple) else [out]
            for number, part in enumerate(parts):
                if isinstance(part, Tensor) and "float" in part.dtype:
                    path = "out" if part is out else f"out.{number}"
                    found.append(self._backward(given, path, draw.normal(*part.shape)))
        return found

    def _backward(self, given: Arguments, path: str, gradient: torch.Tensor) -> Probe:
        floating = {name: value for name, value in given.items() if _has_gradient(value)}
        lets = [Let(name, value, requires_grad=True) for name, value in floating.items()]
        call = self._steps(given | {name: Ref(name) for name in floating})
        steps = (*lets, *call, Backward(path, gradient))
        names = [f"{name}.grad" for name in floating]
        with torch.enable_grad():
            right = self.run(self.bank.oracle, widen(Probe(steps, (path, *names))))
        reached = [name for name in names if right.values.get(name) is not None]
        return Probe(steps, (path, *reached))

    def _untouched(self, draw: Draw) -> list[Probe]:
        found = []
        for given in self._everywhere(draw, (2,)):
            lets: list[Step] = []
            arguments = dict(given)
            for name, value in given.items():
                steps, argument = _lent(name, value)
                lets += steps
                arguments[name] = argument
            kept = [step.save if isinstance(step, Call) else step.name for step in lets if isinstance(step, Let | Call)]
            found.append(Probe((*lets, *self._steps(arguments)), ("out", *kept)))
        return joined_by_magnitude(found)

    def _devices(self, draw: Draw) -> list[Probe]:
        return [replace(probe, device="meta") for probe in self._together(self._everywhere(draw, (2,)))]

    def _steady(self, draw: Draw) -> list[Probe]:
        first = self.draw(draw, self.first, SHORT_BATCH if self.first.batched else ())[:1]
        sizes = draw.renew()
        calls = [*first]
        if self.first.batched:
            calls += self.draw(draw, self.first, LONG_BATCH, sizes)[:1]
        for name in self.claims.grow:
            if name not in sizes:
                raise UsageError(f"{self.bank.name}: grow={name!r}, but the inputs have no draw.size({name!r})")
            longer = {**sizes, name: GROWTH * sizes[name]}
            calls += self.draw(draw, self.first, SHORT_BATCH if self.first.batched else (), longer)[:1]
        return [joined([self._counted(given) for given in calls])]

    def _counted(self, given: Arguments) -> Probe:
        steps = (replace(step, count="operators") if isinstance(step, Call) else step for step in self._steps(given))
        return Probe(tuple(steps), ("out", "out.ops", "out.used"))


def finite(values: Mapping[str, Any]) -> dict[str, str]:
    """A reading that asks of every slot whether its numbers are finite, and not what they are."""
    return {
        f"the values of {name}": "finite" if bool(tensor.isfinite().all()) else "NaN or infinite"
        for name, tensor in values.items()
    }


def _is_name(key: object) -> bool:
    return isinstance(key, str) and key.isidentifier()


def _has_gradient(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _lent(name: str, value: Any) -> tuple[list[Step], Any]:
    """Steps that put an argument into the slot `name`, and the argument: a view of it where it is a tensor.

    The view is not contiguous: the transposed of a matrix, the diagonal for a vector.
    """
    view = f"{name}_view"
    match value:
        case torch.Tensor() | np.ndarray() if value.ndim >= 2:
            turned = value.swapaxes(-1, -2)
            turned = turned.contiguous() if isinstance(turned, torch.Tensor) else np.ascontiguousarray(turned)
            return [Let(name, turned), Call(Ref(f"{name}.swapaxes"), (-1, -2), save=view)], Ref(view)
        case torch.Tensor() if value.ndim == 1 and value.numel():
            return [Let(name, torch.diag(value)), Call(Ref(f"{name}.diagonal"), save=view)], Ref(view)
        case torch.Tensor() | np.ndarray() | list() | dict():
            return [Let(name, value)], Ref(name)
    return [], value
