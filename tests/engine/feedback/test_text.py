"""The text of a graded cell, as a student reads it: what is wrong once, its name first."""

from __future__ import annotations

import pytest
import torch

from autograder.feedback.content import UNSAID, _last_words
from autograder.feedback.questions import STATES, GradedQuestion
from autograder.feedback.verdicts import QuestionVerdicts
from autograder.gradebook.rule import CellMark
from autograder.grading.executed import _marks
from autograder.judging.compare import compare
from autograder.model import Diagnosis, QuestionResult, Tensor, Verdict
from autograder.sandbox.execution import CellRun

NAMED = Diagnosis("not_scaled", "Your scores were not divided.")


def text_of(*verdicts: Verdict) -> str:
    question = QuestionResult("f", "test_f", "nb", "partial", 1.0, 3.0, "checks", verdicts)
    return "".join(_marks(question, CellRun())[0]["text"])


def test_a_named_mistake_shows_its_numbers_once() -> None:
    text = text_of(
        Verdict("values", False, 0.0, "Values. 3 of 4 are wrong.", NAMED),
        Verdict("mask", False, 0.0, "Mask. 2 of 4 are wrong.", NAMED),
        Verdict("dtype", True, 1.0, ""),
    )
    assert text == (
        "f: 1 of 3 points\nYour scores were not divided.\n"
        "  ✗ values\n      Values. 3 of 4 are wrong.\n  ✗ mask: the same mistake\n  ✓ dtype\n"
    )


def test_a_check_that_fails_for_another_reason_keeps_its_message() -> None:
    text = text_of(
        Verdict("values", False, 0.0, "Values. 3 of 4 are wrong.", NAMED),
        Verdict("large", False, 0.0, "Large. 1 of 4 is infinite."),
        Verdict("long", False, 0.0, "Long. 1 of 4 is infinite."),
    )
    assert "      Large. 1 of 4 is infinite.\n" in text
    assert "      Long. 1 of 4 is infinite.\n" in text


def test_a_reason_that_holds_for_all_checks_is_said_once() -> None:
    text = text_of(*(Verdict(name, False, 0.0, "f is not written yet.") for name in ("one", "two", "three")))
    assert text.count("f is not written yet.") == 1
    assert text.count("the same mistake") == 2


def seen(values: torch.Tensor) -> Tensor:
    return Tensor("Tensor", str(values.dtype).removeprefix("torch."), "cpu", tuple(values.shape), values)


def told(received: torch.Tensor, expected: torch.Tensor) -> str:
    wrong = compare(seen(received), seen(expected), 1e-6, "f(x)")
    assert wrong is not None
    return wrong.message


def test_a_single_number_has_no_index() -> None:
    assert told(torch.tensor(6.5), torch.tensor(0.5)) == "f(x): received 6.5, expected 0.5 (error allowed: 1e-06)"


def test_where_infinities_belong_a_wrong_one_is_shown_beside_what_was_expected() -> None:
    low = float("-inf")
    message = told(torch.tensor([1.0, low, low]), torch.tensor([1.0, 2.0, low]))
    assert message == "f(x): 1 of 3 values are wrong (error allowed: 1e-06): at [1] received -inf, expected 2"


def test_where_none_belongs_infinities_are_counted() -> None:
    message = told(torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 2.0]))
    assert message == "f(x): 1 of 2 entries are NaN or infinite, the first, nan, at [1]"


# ---- what a test cell stopped with ------------------------------------------------------------------------

TESTS = """assert f(3) == 6, "twice 3 is 6"
assert f(4) == 8, f"got {f(4)}"
### BEGIN HIDDEN TESTS
assert f(41) == 82, "twice 41 is 82"
### END HIDDEN TESTS"""


def stopped(kind: str, words: str, *, by: str = "asserts", source: str = TESTS) -> str:
    error = {"output_type": "error", "ename": kind, "evalue": words, "traceback": []}
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [error]}
    judged = QuestionVerdicts("f", "failed", by, "")
    mark = CellMark(0.0)
    return _last_words(GradedQuestion(1, "test_f", "F", cell, (), mark, 2.0, STATES["failed"], judged))


def test_the_words_of_a_visible_assert_are_shown() -> None:
    assert stopped("AssertionError", "twice 3 is 6") == "AssertionError: twice 3 is 6"


@pytest.mark.parametrize("words", ["twice 41 is 82", "41", "3", "got 41", "torch.tensor(41)", "twice 3 is 6, not 41"])
def test_what_a_student_s_code_may_have_read_from_a_hidden_assert_is_not_shown(words: str) -> None:
    assert stopped("AssertionError", words) == UNSAID
    assert stopped("ValueError", words) == ""
    assert stopped("AssertionError", words, source="f(3) ?\n" + TESTS) == UNSAID


def test_where_no_hidden_assert_ran_all_words_are_shown() -> None:
    assert stopped("ValueError", "got 41", by="checks") == "ValueError: got 41"
