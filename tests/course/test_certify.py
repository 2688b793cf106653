"""certify: says yes to the course's banks, and no to banks with a fault of each kind."""

import json
from dataclasses import replace

import pytest

from autograder import CheckFailed, check
from autograder.errors import UsageError
from autograder.judging.certify import Certificate, certify, certify_bank
from autograder.judging.check import Misconception, Variant
from autograder.judging.tolerance import Tolerance
from autograder.model import Call, Probe
from tests.course.banks import bank_names, find_bank
from tests.engine.judging.test_bank import DOUBLE, double, halve


@pytest.mark.parametrize("name", bank_names())
def test_the_banks_of_the_course_are_certified(name):
    certificate = certify([name], seeds=1)
    assert certificate.banks[0].problems == ()
    assert certificate.ok


def test_a_name_without_a_bank_is_a_usage_error():
    with pytest.raises(UsageError):
        certify(["sofmax"])


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


# ---- check() in an author's kernel -------------------------------------------------------------------------------


def test_check_finds_the_function_where_it_is_called_and_says_that_all_passed(capsys):
    softmax = find_bank("softmax").variants[0].implementation
    assert callable(softmax)
    check("softmax")
    assert capsys.readouterr().out == "softmax: all 10 checks passed\n"


def test_check_raises_with_every_message_and_the_likely_cause():
    softmax = next(m for m in find_bank("softmax").misconceptions if m.name == "base_two").implementation
    with pytest.raises(CheckFailed) as caught:
        check("softmax", namespace={"softmax": softmax})
    assert "values: Weights along the last dim" in str(caught.value)
    assert "Likely cause: Your weights are powers of 2, not of e." in str(caught.value)


def test_check_searches_the_cells_of_a_notebook_for_what_is_forbidden():
    attention = find_bank("scaled_dot_product_attention").variants[0].implementation
    cell = "def scaled_dot_product_attention(q, k, v, mask=None):\n    return F.scaled_dot_product_attention(q, k, v)"
    with pytest.raises(CheckFailed, match=r"Found torch\.nn\.functional\.scaled_dot_product_attention in line 2"):
        check("scaled_dot_product_attention", namespace={"scaled_dot_product_attention": attention, "In": ["", cell]})
