"""certify sends probes and observations over the wire, so that a bank that could never grade is not certified."""

from dataclasses import replace

import pytest
import torch

from autograder.errors import AutograderError
from autograder.judging.certify import certify_bank, seed_source
from autograder.judging.check import Variant
from autograder.judging.expected import Reference
from autograder.judging.trial import Trials
from autograder.model import Call, Probe
from tests.engine.judging.test_bank import DOUBLE


def bank_of(oracle, *args):
    probes = lambda draw: [Probe((Call("double", args),))]  # noqa: E731
    check = replace(DOUBLE.checks[0], probes=probes)
    return replace(DOUBLE, oracle=oracle, checks=(check,), misconceptions=(), variants=(Variant("same", oracle),))


def observation(bank):
    trials = Trials(Reference(bank, seed_source(bank, 0)))
    return trials.on({"double": bank.oracle})(trials.reference.probes(bank.checks[0])[0])


def test_a_result_that_cannot_travel_is_no_right_answer():
    for result, kind in ((1 << 10_000, "int of more than 8192 bits"), ([{1, 2}], "set"), ((b"bytes",), "bytes")):
        problems = certify_bank(bank_of(lambda x, result=result: result, 3), seeds=1).problems
        text = f"check 'values': the right answer does not travel ({kind}): only its type is compared"
        assert text in problems


def test_a_result_deeper_than_a_frame_may_be_is_no_right_answer():
    nested = 1.0
    for _ in range(40):
        nested = [nested]
    seen = observation(bank_of(lambda x: nested, 3))
    assert seen.status != "returned" or seen.values["out"] != nested


def test_an_input_that_cannot_travel_is_an_error_that_names_the_check():
    with pytest.raises(AutograderError, match="the bank of double asks in check 'values' with a set is no plain value"):
        certify_bank(bank_of(lambda x: 1, {1, 2}), seeds=1)


def test_what_travels_arrives_as_it_was():
    seen = observation(bank_of(lambda x: (x * 2, [True, "é"], {1: None}), torch.arange(3.0)))
    assert seen.values["out"][0].data.tolist() == [0.0, 2.0, 4.0]
    assert seen.values["out"][1:] == ([True, "é"], {1: None})
