"""Mutants: one small mistake each, of every kind; and those that no check rejects are found."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.errors import SourceError
from autograder.judging.bounds import OutOfBounds, limit_use
from autograder.judging.certify import certify_bank, seed_source
from autograder.judging.expected import Reference
from autograder.judging.lock import Same
from autograder.judging.mutants import mutants
from autograder.judging.solutions import Solution
from autograder.judging.survivors import Mutation, Namespaces
from autograder.judging.trial import Trials
from tests.engine.judging.test_bank import DOUBLE


def changes(source):
    return {mutant.change for mutant in mutants(source)}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a + b", ["a + b -> a - b", "a + b -> a", "a + b -> b"]),
        ("a - b", ["a - b -> b - a"]),
        ("a @ b", ["a @ b -> b @ a", "a @ b -> a * b"]),
        ("x ** 0.5", ["x ** 0.5 -> x * 0.5", "0.5 -> 0.0", "0.5 -> 1.0", "0.5 -> 1.5"]),
        ("3", ["3 -> 4", "3 -> 2", "3 -> 6", "3 -> 0"]),
        ("-x", ["-x -> x"]),
        ("x.sum(dim=-1, keepdim=True)", ["True -> False", "1 -> 0", "1 -> 2", "x.sum -> x.mean"]),
        ("x.sum(dim=d)", ["x.sum(dim=d) -> x.sum()", "x.sum(dim=d) -> x.sum(dim=-1)", "x.sum(dim=d) -> x.sum(dim=0)"]),
        ("f(x, y)", ["f(x, y) -> f(y, x)", "f(x, y) -> f(x)", "f(x, y) -> x"]),
        ("range(n)", ["n -> n + 1", "n -> n - 1"]),
        ("x[: n]", ["n -> n + 1", "n -> n - 1", "x[:n] -> x"]),
        ("a < b", ["a < b -> a <= b", "a < b -> a > b"]),
        ("a is None", ["a is None -> a is not None"]),
        ("a and b", ["a and b -> a or b", "a and b -> a"]),
        ("x.to(y.dtype)", ["x.to(y.dtype) -> x", "y.dtype -> torch.float32", "y.dtype -> torch.float64"]),
        ("x.float()", ["x.float -> x.double"]),
        ("x.clone()", ["x.clone() -> x"]),
        ("list(x)", ["list(x) -> x"]),
        ("float('-inf')", ["float('-inf') -> -1000000000.0", "'-inf' -> 'inf'"]),
        ("a if c else b", ["a if c else b -> a", "a if c else b -> b"]),
        ("[i for i in x if i]", ["[i for i in x if i] -> [i for i in x]"]),
        ("(a, b)", ["(a, b) -> (b, a)"]),
    ],
)
def test_every_kind_of_mistake_is_made_in_an_expression(code, expected):
    assert set(expected) <= changes(f"def f():\n    return {code}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("if c:\n        a()\n    else:\n        b()", ["not c", "a()", "b()"]),
        ("x += 1", ["x -= 1", "pass"]),
        ("x = x * 2", ["pass"]),
        ("out.append(3)", ["pass"]),
        ("with no_grad():\n        a()", ["a()"]),
        ("raise ValueError('no')", ["pass"]),
    ],
)
def test_every_kind_of_mistake_is_made_in_a_statement(code, expected):
    texts = [mutant.text for mutant in mutants(f"def f(x, c, out):\n    {code}")]
    for part in expected:
        assert any(part in text for text in texts)


def test_defaults_and_decorators_change_but_not_words_for_people():
    source = '''@once
def f(x: int = 3, *, deep: bool = True) -> "int":
    """Adds 1 to 2."""
    assert x > 0, "x is 1 or more"
    if x > 10:
        raise ValueError(f"{x} is more than {5 + 5}")
    return x
'''
    found = list(mutants(source))
    texts = [mutant.text for mutant in found]
    assert any("x: int=4" in text for text in texts)
    assert any("deep: bool=False" in text for text in texts)
    assert any("@once" not in text for text in texts)
    assert all("Adds 1 to 2." in text and "x is 1 or more" in text and "int=" in text for text in texts)
    assert all("{5 + 5}" in text or "raise" not in text for text in texts)
    assert len({mutant.text for mutant in found}) == len(found)


def test_a_mutant_names_its_line_and_its_change():
    (one,) = [mutant for mutant in mutants("def f(x):\n    y = x\n    return y > x  # why\n") if ">=" in mutant.change]
    assert (one.change, one.line, one.number) == ("y > x -> y >= x", "return y > x  # why", 3)
    assert one.text == "def f(x):\n    y = x\n    return y >= x"
    (long,) = [
        one for one in mutants("f(" + ", ".join(f"argument_{n}" for n in range(40)) + ", 7)") if "-> 8" in one.change
    ]
    assert long.change == "7 -> 8"


# ---- survivors ---------------------------------------------------------------------------------------------------

TEXT = """\
def double(x, times=2):
    if times < 1:
        raise ValueError(times)
    return times * x
"""


def mutation_of(text=TEXT, around=""):
    return Mutation(Namespaces.of(Solution("double", Path("numbers.py"), 11, text, around)))


def trials(number=0, bank=DOUBLE):
    return Trials(Reference(bank, seed_source(bank, number)))


def survivors(report):
    return [(mutant.number, mutant.change) for mutant in report.survivors]


def test_mutants_that_no_check_rejects_survive():
    report = certify_bank(DOUBLE, seeds=2, mutation=mutation_of())
    assert report.mutants > 15
    assert survivors(report) == [(12, "times < 1 -> times <= 1"), (12, "1 -> 2")]  # no check calls with times=1
    assert report.problems == ()


def test_what_a_solution_calls_stays_unchanged():
    mutation = mutation_of(TEXT.replace("times * x", "product(times, x)"), "def product(a, b):\n    return a * b\n")
    assert mutation.failures_of_solution(trials()) == []
    assert "a * b -> a / b" not in {one.change for one in mutation.mutants}


def test_an_accepted_mutant_is_not_listed_and_an_outdated_one_is_a_problem():
    same = [
        Same("if times < 1:", "times < 1 -> times <= 1", "nobody calls it with 1"),
        Same("if times < 1:", "1 -> 2", ""),  # proposed, not accepted
        Same("return times * x", "times * x -> x", "it was alive once"),
    ]
    report = certify_bank(DOUBLE, seeds=1, mutation=mutation_of(), same=same)
    assert survivors(report) == [(12, "1 -> 2")]
    assert report.problems == (
        "the lock accepts a mutant that does not survive: times * x -> x in 'return times * x'; delete its entry",
    )


def test_a_solution_that_fails_its_own_checks_is_a_problem():
    report = certify_bank(DOUBLE, seeds=1, mutation=mutation_of(TEXT.replace("times * x", "x")))
    assert "the solution in numbers.py fails 'values', 'gradient'" in report.problems


def test_a_solution_that_cannot_be_run_is_an_error_with_its_place():
    with pytest.raises(SourceError, match=r"numbers\.py:11: the solution of double cannot be run by itself: NameError"):
        mutation_of("y = no_such_name\n\ndef double(x):\n    return x\n")


def test_a_mutant_that_never_ends_or_fills_the_memory_is_rejected_and_others_go_on(monkeypatch):
    monkeypatch.setattr("autograder.judging.survivors.LEAST", 0.2)
    text = TEXT.replace("    return", "    n = 0\n    while n < 3:\n        n += 1\n    return")
    began = time.process_time()
    report = certify_bank(DOUBLE, seeds=1, mutation=mutation_of(text))
    assert (14, "n += 1 -> pass") not in survivors(report)
    assert (14, "n = 0 -> pass") not in survivors(report)
    assert (12, "1 -> 2") in survivors(report)
    assert time.process_time() - began < 30


def test_bounds_end_code_that_catches_everything_and_give_back_what_was_before():
    def stubborn():
        while True:
            try:
                while True:
                    pass
            except Exception:
                continue

    with pytest.raises(OutOfBounds), limit_use(0.2):
        stubborn()
    with pytest.raises(MemoryError), limit_use(5.0):
        bytearray(1 << 40)
    with limit_use(0.3):
        pass
    end = time.process_time() + 0.5
    while time.process_time() < end:  # no alarm rings later
        pass


def test_a_mutant_killed_in_some_sets_only_is_unstable_and_no_survivor():
    def probes(draw):
        return DOUBLE.checks[0].probes(draw) if int(draw.integers(0, 2)) else []

    bank = replace(DOUBLE, checks=(replace(DOUBLE.checks[0], probes=probes), DOUBLE.checks[1]))
    report = certify_bank(bank, seeds=12, mutation=mutation_of())
    (line,) = [one for one in report.unstable if one.startswith("mutant times * x -> x ")]
    assert "(line 14): check 'values' passes in" in line
    assert "of 12 sets (" in line
    assert "misconception" not in line
    assert "times * x -> x" not in {mutant.change for mutant in report.survivors}
