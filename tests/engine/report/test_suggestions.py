"""Wrong answers that no misconception explains are grouped by what they did, with a draft for the bank."""

import json
import subprocess
import sys

import pytest

from autograder.report.suggestions import suggestions
from autograder.samples.classes import Sample, misconception
from tests.conftest import WARMUP
from tests.engine.banks import find_bank
from tests.pools import grade_here

DOUBLED = """\
def _twice(x):
    return x + x


def softmax(x, dim=-1):
    # {note}
    return _twice(x.softmax(dim))
"""
NAMED = 'def softmax(x, dim=-1):\n    return {"weights": x.softmax(dim)}\n'


@pytest.fixture(scope="module")
def course(make_short, short):
    known = find_bank("softmax").misconceptions[0].name
    course = make_short(
        "suggested",
        [
            Sample("ada", {"softmax": NAMED}),
            Sample("bob", {"softmax": DOUBLED.format(note="by bob")}),
            Sample("cid", {"softmax": DOUBLED.format(note="by cid")}),
            Sample("dan", {"softmax": misconception(find_bank("softmax"), known)}),
            Sample("eve", {"softmax": None}),
            Sample("fay"),
        ],
    )
    grade_here(course, short)
    return course


def test_answers_of_equal_behaviour_are_one_group_and_the_largest_is_first(course):
    found = suggestions(course, WARMUP)
    softmax = [one for one in found if one.function == "softmax"]
    assert [one.students for one in softmax] == [("bob", "cid"), ("ada",)]
    assert found[0] is softmax[0]
    assert "values" in softmax[0].messages


def test_a_draft_is_the_answer_with_a_heading(course):
    draft = suggestions(course, WARMUP)[0].draft
    assert draft.startswith("def _twice(x):\n    return x + x\n\n\n@wrong(")
    assert "\ndef name_this_mistake(x, dim=-1):\n" in draft
    assert "return _twice(x.softmax(dim))" in draft
    heading = "wrong = lambda text: lambda function: function\n"
    space = {}
    exec(heading + draft, space)
    assert callable(space["name_this_mistake"])


def test_the_command_prints_them(course):
    command = [sys.executable, "-m", "autograder", "certify", "--suggest", WARMUP]
    done = subprocess.run([*command, "--json"], cwd=course.root, capture_output=True, text=True, check=True)
    found = [one["students"] for one in json.loads(done.stdout) if one["function"] == "softmax"]
    assert found == [["bob", "cid"], ["ada"]]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, check=True)
    assert "2 answers, one of them by bob" in done.stdout
    assert '@wrong("Say what is wrong, and why.")' in done.stdout
