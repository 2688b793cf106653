"""What a check reads instead of comparing values, what a call may cost, and objects that a probe has made for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from autograder.judging.check import Bank, Check, Misconception
from autograder.judging.draw import Draw
from autograder.judging.judge import judge_question
from autograder.judging.tolerance import EXACT, Tolerance
from autograder.model import Call, Load, Make, Observation, Probe, Ref, Tensor, Verdict
from autograder.sandbox.inside.probing import observe
from autograder.sandbox.wire import pack_probe, unpack_probe


def toss(n: int, generator: torch.Generator | None = None) -> torch.Tensor:
    return torch.randint(0, 2, (n,), generator=generator)


def loaded(n: int, generator: torch.Generator | None = None) -> torch.Tensor:
    return torch.ones(n, dtype=torch.int64)


def outer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a[:, None] * b[None, :]


def wasteful(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a.diag() @ torch.ones(len(a), 1) @ b[None, :]


def _sides(values: Mapping[str, Any]) -> Mapping[str, str]:
    heads = int(values["out"].sum())
    return {"the sides that come up": "both" if 0 < heads < 64 else "one only"}


def _probes(draw: Draw) -> list[Probe]:
    seed = int(draw.integers(0, 1000))
    return [Probe((Make("g", "generator", {"seed": seed}), Call("toss", (64,), {"generator": Ref("g")})))]


COIN = Bank(
    "toss",
    toss,
    (Check("sides", "A coin has two sides.", _probes, EXACT, reading=_sides),),
    (Misconception("loaded", "the coin always falls on one side", loaded),),
    (),
)


def _products(draw: Draw) -> list[Probe]:
    return [Probe((Call("outer", (draw.normal(3), draw.normal(4)), count="flops"),), ("out", "out.flops"))]


OUTER = Bank(
    "outer",
    outer,
    (
        Check(
            "cost", "No sums are needed.", _products, Tolerance(8, "one product"), budget=lambda probe: {"out.flops": 0}
        ),
    ),
    (Misconception("wasteful", "a matrix product multiplies by zeros", wasteful, costly=("out.flops",)),),
    (),
)


def judged(bank: Bank, function: Any) -> Verdict:
    (verdict,) = judge_question(
        bank, 1.0, lambda probe: observe(probe, {bank.name: function}, catch=Exception), seed_of=lambda check: 5
    )
    return verdict


def test_draws_are_judged_by_what_is_read_from_them_not_by_value() -> None:
    assert judged(COIN, lambda n, generator: 1 - toss(n, generator)).passed


def test_a_wrong_reading_is_told_and_named() -> None:
    verdict = judged(COIN, loaded)
    assert verdict.message == "A coin has two sides. The sides that come up: one only (expected: both)."
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.misconception == "loaded"


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (torch.zeros(64), "dtype float32, not int64"),
        (torch.zeros(64, dtype=torch.int64).numpy(), "not a torch.Tensor"),
        ([0, 1], "a list of 2"),
        (torch.ones(0, 2, dtype=torch.int64)[:, :, None].expand(0, 2, 3), "one only"),
    ],
)
def test_what_cannot_be_read_is_wrong(returned: object, said: str) -> None:
    verdict = judged(COIN, lambda n, generator: returned)
    assert not verdict.passed
    assert said in verdict.message


def test_a_reading_that_breaks_on_a_value_is_a_wrong_answer() -> None:
    def breaks(values: Mapping[str, Any]) -> Mapping[str, str]:
        return {"the first": str(values["out"][63].item() >= 0)}

    bank = Bank("toss", toss, (Check("first", "There are 64.", _probes, EXACT, reading=breaks),), (), ())
    assert judged(bank, toss).passed
    assert "not of a form that can be read" in judged(bank, lambda n, generator: toss(3, generator)).message


def test_a_call_over_its_budget_fails_and_one_within_it_passes() -> None:
    assert judged(OUTER, outer).passed
    verdict = judged(OUTER, wasteful)
    assert verdict.message == (
        "No sums are needed. outer(float32 (3,), float32 (4,)) cost 42 floating-point operations; 0 are enough."
    )
    assert verdict.diagnosis is not None


def test_a_count_that_is_no_number_is_over_budget() -> None:
    def forged(probe: Probe) -> Observation:
        seen = observe(probe, {"outer": outer})
        return Observation("returned", {**seen.values, "out.flops": -0.0})

    (verdict,) = judge_question(OUTER, 1.0, forged, seed_of=lambda check: 5)
    assert "cost an unknown number of floating-point operations" in verdict.message


def test_a_numpy_array_comes_back_as_one() -> None:
    array = np.arange(6.0).reshape(2, 3)
    array.flags.writeable = False
    seen = observe(Probe((Call("f"),)), {"f": lambda: array}).values["out"]
    assert isinstance(seen, Tensor)
    assert (seen.type_name, seen.dtype, seen.shape) == ("ndarray", "float64", (2, 3))
    assert seen.data.tolist() == array.tolist()


def test_an_array_of_objects_has_no_plain_value() -> None:
    seen = observe(Probe((Call("f"),)), {"f": lambda: np.array([None, {}])}).values["out"]
    assert not isinstance(seen, Tensor)


def test_generators_with_one_seed_are_alike_and_a_call_advances_its_own() -> None:
    steps = (
        Make("a", "generator", {"seed": 3}),
        Make("b", "generator", {"seed": 3}),
        Make("before", "rng_state"),
        Call("toss", (20,), {"generator": Ref("a")}, save="first"),
        Call("toss", (20,), {"generator": Ref("a")}, save="second"),
        Call("toss", (20,), {"generator": Ref("b")}, save="other"),
        Make("after", "rng_state"),
        Call("toss", (20,), save="global"),
        Make("later", "rng_state"),
    )
    probe = Probe(steps, ("before", "first", "second", "other", "after", "later"))
    values = {name: value.data for name, value in observe(probe, {"toss": toss}).values.items()}
    assert torch.equal(values["first"], values["other"])
    assert not torch.equal(values["first"], values["second"])
    assert torch.equal(values["before"], values["after"])
    assert not torch.equal(values["after"], values["later"])


def test_a_probe_that_makes_objects_goes_over_the_wire() -> None:
    probe = Probe((Make("m", "table_model", {"table": torch.eye(2), "n": 3}), Call("f", ({"model": Ref("m")},))))
    sent = unpack_probe(*pack_probe(probe))
    assert torch.equal(sent.steps[0].options.pop("table"), torch.eye(2))  # type: ignore[union-attr]
    assert sent.steps[0] == Make("m", "table_model", {"n": 3})
    assert sent.steps[1] == probe.steps[1]


class Scaled(torch.nn.Module):
    """A module with a buffer, which is no parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(2, 2)
        self.register_buffer("scale", torch.tensor(3.0))
        self.register_buffer("hidden", torch.tensor(1.0), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) * self.get_buffer("scale")


def loaded_with(state: dict[str, torch.Tensor]) -> Observation:
    steps = (Call("Scaled", save="m"), Load("m", state), Call(Ref("m"), (torch.ones(2),)))
    return observe(Probe(steps), {"Scaled": Scaled})


def test_a_module_keeps_its_buffers_when_its_parameters_are_loaded() -> None:
    seen = loaded_with({"linear.weight": torch.eye(2), "linear.bias": torch.zeros(2)})
    assert seen.failure is None
    assert seen.values["out"].data.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    "state",
    [
        {"linear.weight": torch.eye(2)},
        {"linear.weight": torch.eye(2), "linear.bias": torch.zeros(2), "other.weight": torch.ones(1)},
    ],
)
def test_a_parameter_too_few_or_too_many_cannot_be_loaded(state: dict[str, torch.Tensor]) -> None:
    failure = loaded_with(state).failure
    assert failure is not None
    assert (failure.kind, failure.step) == ("RuntimeError", 1)
