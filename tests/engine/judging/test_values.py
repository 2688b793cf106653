"""numpy and plain Python are as good as torch: their banks are certified, and each value compared by its own rules."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from autograder.errors import AutograderError
from autograder.judging.certify import certify_bank, seed_source
from autograder.judging.check import Bank
from autograder.judging.compare import compare
from autograder.judging.expected import Reference, widen
from autograder.judging.inputs import largest_magnitude, slot_devices, slot_dtypes
from autograder.judging.judge import judge_question
from autograder.model import Call, Let, Opaque, Probe, Ref
from autograder.sandbox.inside.probing import observe, plain_value
from tests.engine.judging.other_banks import BANKS, INDEX, MEAN, MOVING_AVERAGE, ROUNDING, mean


def failed(bank: Bank, implementation: Any) -> dict[str, str]:
    def ask(probe: Probe) -> Any:
        return observe(probe, {bank.name: implementation}, catch=Exception)

    verdicts = judge_question(bank, 1.0, ask, seed_of=seed_source(bank, 0))
    return {verdict.name: verdict.message for verdict in verdicts if not verdict.passed}


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.name)
def test_a_bank_without_torch_is_certified(bank: Bank) -> None:
    """Every variant passes, every mistake fails and is named, on several draws."""
    report = certify_bank(replace(bank, moderate="the engine's own banks"))
    assert report.problems == ()


def test_separation_is_measured_of_floats_too() -> None:
    report = certify_bank(replace(MEAN, moderate="as above"))
    assert all(0.0 < check.tolerance < 1e-6 for check in report.checks)
    assert all(math.isfinite(check.misconception_ratio) for check in report.checks)


# ---- one value ------------------------------------------------------------------------------------------------

TOLERATED = 1e-3
SAME = [
    (np.float64(1.0), 1.0), (1.0, np.float64(1.0)), (np.float32(1.0), 1.0), (1.0 + TOLERATED / 2, 1.0),
    (math.nan, math.nan), (np.float64("nan"), math.nan), (math.inf, math.inf), (np.int64(3), 3), (3, np.int32(3)),
    (np.bool_(True), True), (True, np.bool_(True)), (10**300, 10**300), ("ä", "ä"), (None, None),
    ([1.0, np.float64(2.0)], [1.0, 2.0 + TOLERATED / 2]), ({"b": 1, "a": 2}, {"a": 2, "b": 1}), ({1: 2.0}, {1: 2.0}),
    ({np.int64(1): "x"}, {1: "x"}), ({("a", 1): []}, {("a", 1): []}),
]  # fmt: skip
OTHER = [
    (1, 1.0, "type"), (1.0, 1, "type"), (True, 1, "type"), (1, True, "type"), (np.bool_(True), 1, "type"),
    (np.int64(1), 1.0, "type"), (np.float64(1.0), 1, "type"), (np.float64(1.0), True, "type"), ("1", 1, "type"),
    (1.1, 1.0, "value"), (math.nan, 1.0, "finite"), (math.inf, 1.0, "finite"), (1.0, math.nan, "value"),
    (math.inf, -math.inf, "value"), (1.0, math.inf, "value"), (2, 3, "value"), (10**300, 10**300 + 1, "value"),
    ("a", "ä", "value"), (None, 0, "type"), ((1,), [1], "type"), ([1], [True], "type"), ([1.0], [1.5], "value"),
    ({1: 1}, {True: 1}, "value"), ({"a": 1}, {"a": 2}, "value"), ({"a": 1}, {}, "value"), ({}, {"a": 1}, "value"),
    ({"1": 1}, {1: 1}, "value"), ([], {}, "type"), (Opaque("Counter"), {"a": 1}, "type"),
    (plain_value(np.array(1.0)), 1.0, "type"), (1.0, plain_value(np.array(1.0)), "type"),
    (plain_value(torch.tensor(1.0)), plain_value(np.array(1.0, "float32")), "type"),
    (plain_value(np.array([1, 2])), plain_value(np.array([1.0, 2.0])), "dtype"),
    (plain_value(np.array([1.0, 2.0])), plain_value(np.array([[1.0, 2.0]])), "shape"),
    (plain_value(np.array([1.0, math.nan])), plain_value(np.array([1.0, 2.0])), "finite"),
]  # fmt: skip


@pytest.mark.parametrize(("received", "expected"), SAME, ids=str)
def test_what_is_the_same(received: object, expected: object) -> None:
    assert compare(received, expected, TOLERATED) is None


@pytest.mark.parametrize(("received", "expected", "kind"), OTHER, ids=str)
def test_what_is_not_the_same_and_how(received: object, expected: object, kind: str) -> None:
    wrong = compare(received, expected, TOLERATED)
    assert wrong is not None
    assert wrong.kind == kind
    assert wrong.message.isprintable()


def test_the_error_of_a_float_is_told() -> None:
    wrong = compare(1.25, 1.0, 0.1)
    assert wrong is not None
    assert wrong.error == 0.25


@pytest.mark.parametrize(("received", "said"), [
    ({"a": 1}, "the result has no key 'b'"),
    ({"a": 1, "b": 3}, "the result['b'] is 3, not 2"),
    ({"a": 1, "b": 2, 7: 0}, "the result has the key 7 too many"),
    ({"a": 1, "b": 2, "\x1b" * 99: 0}, "the result has the key '' too many"),
])  # fmt: skip
def test_a_dict_says_which_key_is_wrong(received: object, said: str) -> None:
    wrong = compare(received, {"a": 1, "b": 2}, 0.0)
    assert wrong is not None
    assert wrong.message == said


# ---- what comes back ------------------------------------------------------------------------------------------


class Sly(float):
    """A float that is what it likes."""


SCALARS = [np.float64(1.5), np.float32(1.5), np.float16(1.5), np.int8(3), np.uint64(1 << 63), np.bool_(True)]


@pytest.mark.parametrize("value", SCALARS, ids=repr)
def test_a_scalar_of_numpy_comes_back_as_it_was(value: Any) -> None:
    assert plain_value(value) == value
    assert type(plain_value(value)) is type(value)


@pytest.mark.parametrize(("value", "name"), [
    (np.arange(3, dtype=">i4"), "ndarray of dtype >i4"),
    (np.array([None]), "ndarray of dtype object"),
    (np.array(["a"]), "ndarray of dtype str32"),
    (np.longdouble(1), "longdouble"),
    (np.ma.array([1]), "MaskedArray"),
    (1 << 9000, "int of more than 8192 bits"),
    (Sly(1.0), "Sly"),
    ({1, 2}, "set"),
    ({b"a": 1}, "dict with keys of type bytes"),
    ({("a", b"b"): 1}, "dict with keys of type bytes"),
    (dict.fromkeys(range(5000)), "dict of more than 4096 keys"),
])  # fmt: skip
def test_what_has_no_plain_value_comes_back_as_its_kind(value: Any, name: str) -> None:
    assert plain_value(value) == Opaque(name)


def test_an_array_of_no_dimensions_comes_back_as_an_array() -> None:
    seen = plain_value(np.array(2.5))
    assert (seen.type_name, seen.shape, float(seen.data)) == ("ndarray", (), 2.5)


# ---- what is asked --------------------------------------------------------------------------------------------


def test_the_function_gets_arrays_that_are_its_own() -> None:
    given = np.arange(3.0)
    given.flags.writeable = False
    got: list[Any] = []

    def keep(x: Any, pair: Any) -> None:
        x += 1
        got.extend((x, pair))

    observe(Probe((Let("x", given), Call("f", (Ref("x"), {"pair": (given, np.float32(1))})))), {"f": keep})
    assert type(got[0]) is np.ndarray
    assert got[0].tolist() == [1.0, 2.0, 3.0]
    assert given.tolist() == got[1]["pair"][0].tolist() == [0.0, 1.0, 2.0]
    assert type(got[1]["pair"][1]) is np.float32


def test_the_oracle_gets_float64() -> None:
    half, whole = np.ones(2, "float16"), np.ones(2, "int32")
    step = widen(Probe((Call("f", (half, whole, [np.float32(1)], {"x": half}, 1.5)),))).steps[0]
    assert isinstance(step, Call)
    assert [step.args[0].dtype, step.args[1].dtype, step.args[3]["x"].dtype] == ["float64", "int32", "float64"]
    assert type(step.args[2][0]) is np.float64


@pytest.mark.parametrize(("args", "dtype", "largest"), [
    ((np.array([1.0, -70.0], "float32"), 900.0), "float32", 70.0),
    ((np.array([1, -70]), 3.0), "", 70.0),
    (([5, -70], 900), "", 70.0),
    (([5.0, math.inf], [True, 10**400]), "", 5.0),
    ((np.float32(3.0),), "float32", 3.0),
    ((np.array([True]), 3), "", 0.0),
    ((np.array([]),), "float64", 0.0),
    ((torch.tensor([1, 70]), 9), "", 0.0),
    ((torch.tensor([1, 70]), 9.0), "", 0.0),  # an exponent: what it makes is said by the tolerance
    ((9.0, 70), "", 9.0),
    ((torch.tensor([1.0]), [70.0]), "float32", 1.0),
    (({"a": [70]}, "text", None), "", 70.0),
], ids=str)  # fmt: skip
def test_what_a_tolerance_is_made_of(args: tuple[Any, ...], dtype: str, largest: float) -> None:
    probe = Probe((Call("f", args),))
    assert slot_dtypes(probe)["out"] == dtype
    assert largest_magnitude(probe) == largest


def test_an_array_is_on_the_cpu_wherever_the_probe_runs() -> None:
    probe = Probe((Call("f", (np.ones(2),)),), device="cuda")
    assert slot_devices(probe) == {"out": "cpu"}
    both = Probe((Call("mean", ([np.ones(2), torch.ones(2)],)),), device="cuda")
    bank = replace(MEAN, oracle=lambda pair: pair[0], checks=(replace(MEAN.checks[0], probes=lambda draw: [both]),))
    assert Reference(bank, lambda name: 1).expectation(bank.checks[0], 0).observation.values["out"].device == "cpu"


def test_certify_says_which_probe_no_wire_carries() -> None:
    for value, words in [
        (np.arange(3, dtype=">i4"), "byte order of other machines"),
        (np.array(["a"]), "does not travel"),
        (object(), "no plain value"),
        (1 << 9000, "does not travel"),
        ({b"a": 1}, "key of a dict"),
    ]:
        check = replace(MEAN.checks[0], probes=lambda draw, value=value: [Probe((Call("mean", (value,)),))])
        with pytest.raises(AutograderError, match=f"bank of mean asks in check 'floats' with .*{words}"):
            certify_bank(replace(MEAN, checks=(check,)))


# ---- the whole judgement --------------------------------------------------------------------------------------


def test_a_float_has_a_tolerance_where_no_tensor_enters() -> None:
    bank = replace(MEAN, checks=MEAN.checks[:1])
    allowed = Reference(bank, seed_source(bank, 0)).expectation(bank.checks[0], 0).allowed["out"]
    assert 1e-10 < allowed < 1e-7, "float64, of numbers in the millions"
    assert failed(bank, lambda numbers: mean(numbers) + allowed / 2) == {}
    assert "floats" in failed(bank, lambda numbers: mean(numbers) + 2 * allowed)


def test_floats_of_numpy_are_floats_and_arrays_are_not() -> None:
    assert failed(MEAN, lambda numbers: np.mean(numbers)) == {}
    assert set(failed(MEAN, lambda numbers: np.array(np.mean(numbers)))) == {"floats", "ints"}


def test_the_tolerance_of_a_list_is_that_of_the_floats_in_it() -> None:
    def halves(numbers: list[float]) -> list[Any]:
        return [{"half": mean(numbers) / 2}, 1]

    bank = replace(MEAN, oracle=halves, checks=(replace(MEAN.checks[0], tolerance=ROUNDING),), variants=())
    assert failed(bank, lambda numbers: [{"half": sum(numbers) / len(numbers) / 2}, 1]) == {}
    assert failed(bank, lambda numbers: [{"half": mean(numbers)}, 1]) != {}


def test_an_array_of_another_precision_or_class_fails() -> None:
    right = MOVING_AVERAGE.oracle
    wide = failed(MOVING_AVERAGE, lambda x, n: right(x, n).astype(np.float64))
    assert list(wide) == ["float32"]
    assert "has dtype float64, not float32" in wide["float32"]
    tensors = failed(MOVING_AVERAGE, lambda x, n: torch.from_numpy(np.array(right(x, n))))
    assert "not a numpy ndarray" in tensors["float32"]
    lists = failed(MOVING_AVERAGE, lambda x, n: right(x, n).tolist())
    assert "a list of 5, not a numpy ndarray" in lists["float32"]


def test_an_array_edited_in_place_is_seen() -> None:
    def edits(x: Any, n: int) -> Any:
        result = MOVING_AVERAGE.oracle(x, n)
        x *= 2
        return result

    assert "changed its argument 'x'" in failed(MOVING_AVERAGE, edits)["float32"]


def test_an_exact_answer_is_exact() -> None:
    assert failed(INDEX, INDEX.oracle) == {}
    assert "has no key" in failed(INDEX, lambda words: {})["words"]
