"""certify says yes to the course's banks, and check() runs them in an author's kernel."""

import pytest

from autograder import CheckFailed, check
from autograder.course import read_course
from autograder.errors import UsageError
from autograder.judging.proof import certify_in_course
from tests.conftest import SECRET
from tests.course.banks import BANKS, bank_names, find_bank
from tests.places import ROOT


@pytest.mark.parametrize("name", bank_names())
def test_the_banks_of_the_course_are_certified(name):
    report = certify_in_course(read_course(ROOT), BANKS, name, sets=1, mutants=False, secret=SECRET)
    assert report.problems == ()


@pytest.fixture(autouse=True)
def in_the_course(monkeypatch):
    monkeypatch.chdir(ROOT)  # check() takes the banks of the course in whose folder the kernel works


def test_names_are_those_of_assignments_and_functions():
    assert BANKS.select(["sampling", "softmax"])[-2:] == ("top_p_filter", "softmax")
    with pytest.raises(UsageError, match="no bank and no assignment 'sofmax'"):
        BANKS.select(["sofmax"])


# ---- check() in an author's kernel -------------------------------------------------------------------------------


def test_check_finds_the_function_where_it_is_called_and_says_that_all_passed(capsys):
    softmax = find_bank("softmax").variants[0].implementation
    assert callable(softmax)
    check("softmax")
    assert capsys.readouterr().out == f"softmax: all {len(find_bank('softmax').checks)} checks passed\n"


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
