"""Equal code is judged on equal inputs, whoever hands it in; and few sets of inputs serve a whole class."""

from collections import Counter
from dataclasses import replace

import pytest

from autograder.judging import sets as sets_module
from autograder.judging.sets import InputSets, digest_of_code
from tests.engine.judging.test_bank import DOUBLE

CODE = "def double(x, times=2):\n    return times * x\n"
BANKS = {"double": DOUBLE}


def sets_of(count=32, secret=b"secret", assignment="numbers"):
    return InputSets(BANKS, secret, assignment, count)


@pytest.mark.parametrize(
    "same",
    [
        "def double(x, times = 2):\n    # twice\n    return (times * x)",
        'def double(x, times=2):\n    """Twice x."""\n    return times * x',
        "%%time\n" + CODE,
        "import torch\n\n" + CODE + "\nprint(double(3))",
    ],
)
def test_comments_spacing_docstring_and_neighbours_do_not_change_the_inputs(same):
    assert digest_of_code("double", [same, "other = 1"]) == digest_of_code("double", [CODE])


@pytest.mark.parametrize(
    "cells",
    [
        [CODE.replace("times * x", "x * times")],
        [CODE, CODE.replace("times=2", "times=3")],  # the last definition is the one that is called
        ["double = lambda x: 2 * x"],
        ["def double(x:"],
    ],
)
def test_other_code_has_another_digest(cells):
    assert digest_of_code("double", cells) != digest_of_code("double", [CODE])


def test_hostile_code_gets_some_set():
    deep = "def double(x):\n    return " + "-" * 3000 + "x"
    assert digest_of_code("double", [deep, "def double(\ud800): pass"]) == digest_of_code("double", [])


def test_the_sets_are_used_alike_and_hang_on_the_secret():
    codes = [CODE.replace("2", str(n)) for n in range(600)]
    used = Counter(sets_of(8).number("double", [code]) for code in codes)
    assert sorted(used) == list(range(8))
    assert min(used.values()) > 40
    others = [sets_of(8, b"another").number("double", [code]) for code in codes]
    assert others != [sets_of(8).number("double", [code]) for code in codes]


def test_a_set_has_seeds_of_its_own_for_every_check_function_and_assignment():
    one = sets_of()
    seeds = {one.seeds("double", number)(check) for number in range(32) for check in ("values", "refusal")}
    seeds |= {one.seeds("other", 0)("values"), sets_of(assignment="letters").seeds("double", 0)("values")}
    assert len(seeds) == 66
    assert one.seeds("double", 3)("values") == sets_of(4).seeds("double", 3)("values")


def test_inputs_and_right_answers_are_worked_out_once_for_a_set():
    drawn = []

    def probes(draw):
        drawn.append(1)
        return DOUBLE.checks[0].probes(draw)

    bank = replace(DOUBLE, checks=(replace(DOUBLE.checks[0], probes=probes),))
    found = InputSets({"double": bank}, b"secret", "numbers", 1)
    for code in (CODE, "double = None", CODE + "\n\nprint(1)"):
        found.reference_for("double", [code]).probes(bank.checks[0])
    assert len(drawn) == 1


def test_references_that_were_not_used_lately_are_forgotten(monkeypatch):
    monkeypatch.setattr(sets_module, "KEPT", 2)
    found = sets_of()
    first, second = found.reference("double", 0), found.reference("double", 1)
    assert found.reference("double", 0) is first
    found.reference("double", 2)
    assert found.reference("double", 0) is first
    assert found.reference("double", 1) is not second
