"""certify: says yes to a good bank, and no to banks with a fault of each kind."""

import json
from dataclasses import replace

from autograder.judging.certify import Certificate, certify_bank
from autograder.judging.check import Misconception, Variant
from autograder.judging.tolerance import Tolerance
from autograder.model import Call, Probe
from tests.engine.judging.test_bank import DOUBLE, double, halve


def problems(bank, **options):
    return " ".join(certify_bank(bank, seeds=2, **options).problems)


def slightly_off(x, times=2):
    return double(x, times) + 1e-3


def test_a_good_bank_has_no_problems():
    assert problems(DOUBLE) == ""


def test_a_variant_that_fails_is_a_problem():
    bank = replace(DOUBLE, variants=(*DOUBLE.variants, Variant("halve", halve)))
    assert "variant halve fails 'values'" in problems(bank)


def test_a_misconception_that_passes_is_a_problem():
    bank = replace(DOUBLE, misconceptions=(*DOUBLE.misconceptions, Misconception("right", "", double)))
    assert "misconception right passes every check" in problems(bank)


def test_two_misconceptions_that_look_alike_are_a_problem():
    bank = replace(DOUBLE, misconceptions=(*DOUBLE.misconceptions, Misconception("again", "", halve)))
    assert "misconception again is named None" in problems(bank)


def test_a_tolerance_too_near_to_a_misconception_is_a_problem_unless_it_has_a_reason():
    off = (*DOUBLE.misconceptions, Misconception("slightly_off", "", slightly_off))
    near = replace(DOUBLE.checks[0], tolerance=Tolerance(2.0, "half of the error"))  # 2 * 2**-23 * 3000 = 7e-4
    assert "check 'values' separates by" in problems(
        replace(DOUBLE, misconceptions=off, checks=(near, *DOUBLE.checks[1:]))
    )
    known = replace(near, narrow="there is no better fixture")
    assert "check 'values'" not in problems(replace(DOUBLE, misconceptions=off, checks=(known, *DOUBLE.checks[1:])))


def test_a_degenerate_fixture_is_a_problem():
    assert "sizes are not distinct" in problems(
        replace(DOUBLE, axes=("a b",), checks=tuple(map(squared, DOUBLE.checks)))
    )


def squared(check):
    return replace(check, probes=lambda draw: [Probe((Call("double", (draw.normal(3, 3) + 3000,)),))])


def test_checks_that_no_misconception_needs_are_noted():
    report = certify_bank(DOUBLE, seeds=1)
    needed = {check.name: check.needed_by for check in report.checks}
    assert needed["refusal"] == ("no_error",)
    assert needed["gradient"] == ()
    assert "check 'gradient' is needed by no misconception" in report.notes


def test_the_json_form_is_json_without_infinities():
    certificate = Certificate((certify_bank(DOUBLE, seeds=1),))
    text = json.dumps(certificate.to_json(), allow_nan=False)
    assert json.loads(text)["banks"][0]["checks"][1]["variant_ratio"] is None
