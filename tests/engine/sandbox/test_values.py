"""Values on their way into a student's process and back: numpy and plain Python, through a real sandbox."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.judging.certify import seed_source
from autograder.judging.judge import judge_question
from autograder.limits import Limits
from autograder.model import Call, Make, Opaque, Probe, Ref
from autograder.sandbox import wire
from autograder.sandbox.execution import Execution
from autograder.sandbox.frames import WireError
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose
from tests.engine.judging.other_banks import BANKS, CELLS

LIMITS = Limits(cell_seconds=10.0, probe_seconds=10.0, submission_seconds=60, memory_mib=1024)
CELL = """
import numpy as np
def same(*values):
    return values[0] if len(values) == 1 else list(values)
def kinds(*values):
    return [f"{type(v).__module__}.{type(v).__name__}" for v in values]
def swapped(x):
    return x.astype(">f8")
def huge(n):
    return 2 ** n
def scaled(x, by):
    return x * by.factor
"""


@pytest.fixture(scope="module")
def execution() -> Iterator[Execution]:
    with Sandbox(choose(None), LIMITS) as sandbox, Execution(sandbox, [CELL, *CELLS.values()]) as running:
        running.run()
        yield running


def back(execution: Execution, function: str, *args: Any) -> Any:
    observation = execution.ask(Probe((Call(function, args),)))
    assert observation.failure is None
    return observation.values["out"]


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.name)
def test_a_right_function_of_numpy_or_plain_python_passes(execution: Execution, bank: Any) -> None:
    verdicts = judge_question(bank, 1.0, execution.ask, seed_of=seed_source(bank, 0))
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []


ARGUMENTS = [
    np.arange(6.0).reshape(2, 3), np.array(2.5), np.array([], "int16"), np.float32(1.5), np.int64(3), np.bool_(True),
    True, 3, 10**300, 0.1, math.inf, "ä\n", None, [1, (2, "x")], {"a": [1.5]}, {1: "x", ("a", 2): None},
]  # fmt: skip


def test_a_function_gets_what_was_sent(execution: Execution) -> None:
    seen = back(execution, "kinds", *ARGUMENTS)
    assert seen == [f"{type(v).__module__}.{type(v).__name__}" for v in ARGUMENTS]


@pytest.mark.parametrize("value", ARGUMENTS, ids=repr)
def test_what_a_function_returns_comes_back(execution: Execution, value: Any) -> None:
    found = back(execution, "same", value)
    if isinstance(value, np.ndarray):
        assert (found.type_name, found.dtype, found.shape) == ("ndarray", value.dtype.name, value.shape)
        assert found.data.tolist() == value.tolist()
    else:
        assert (type(found), found) == (type(value), value)


def test_nan_comes_back(execution: Execution) -> None:
    assert math.isnan(back(execution, "same", math.nan))


def test_what_is_not_plain_is_said_by_its_kind(execution: Execution) -> None:
    assert back(execution, "swapped", np.arange(2.0)) == Opaque("ndarray of dtype >f8")
    assert back(execution, "huge", 30_000) == Opaque("int of more than 8192 bits")


def test_a_read_only_array_can_be_sent(execution: Execution) -> None:
    array = np.arange(2.0)
    array.flags.writeable = False
    assert back(execution, "same", array).data.tolist() == [0.0, 1.0]


BUILDER = """
class Factor:
    def __init__(self, factor):
        self.factor = factor
def make(options, device):
    return Factor(options["factor"])
"""


def test_what_a_course_s_own_builder_makes_is_made_in_the_student_s_process(execution: Execution) -> None:
    steps = (Make("by", "factor", {"factor": 3.0}, BUILDER), Call("scaled", (np.ones(2), Ref("by"))))
    assert execution.ask(Probe(steps)).values["out"].data.tolist() == [3.0, 3.0]


def test_a_builder_that_is_unknown_is_named(execution: Execution) -> None:
    failure = execution.ask(Probe((Make("by", "factor"),), ())).failure
    assert failure is not None
    assert failure.text == "there is no builder 'factor': write checks/builders/factor.py"


# ---- what comes back is untrusted -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [
    {"$array": ["bfloat16", [1], 0, 2]},  # numpy has none
    {"$array": ["float64", [2], 0, 8]},
    {"$array": ["object", [1], 0, 8]},
    {"$array": []},
    {"$scalar": ["float64", [1], 0, 8]},  # an array
    {"$scalar": ["float64", [], 0, 4]},
    {"$scalar": ["bool", [], 0, 1]},  # neither true nor false
    {"$scalar": 1.5},
    {"$items": {}},
    {"$items": [[1]]},
    {"$items": [[1, 2, 3]]},
    {"$items": [[[1], 2]]},  # a list is no key
    {"$items": [[{"$opaque": "x"}, 2]]},
    {"$items": [[{"$tuple": [{"$dict": {}}]}, 2]]},
    {"$items": [[n, 0] for n in range(wire.MAX_KEYS + 1)]},
], ids=str)  # fmt: skip
def test_numbers_and_dicts_that_are_none_are_refused(value: Any) -> None:
    with pytest.raises(WireError):
        wire.unpack(value, b"\x07" * 8)


def test_keys_that_were_chosen_to_collide_cost_little() -> None:
    """ints that are the same modulo 2**61 - 1 have one hash."""
    items = json.loads(json.dumps({"$items": [[n * ((1 << 61) - 1), 0] for n in range(wire.MAX_KEYS)]}))
    began = time.process_time()
    assert len(wire.unpack(items, b"")) == wire.MAX_KEYS
    assert time.process_time() - began < 5, "a second, on a slow machine a few; without the cap, hours"
