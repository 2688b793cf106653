"""Witnesses: arguments of a student on which a wrong and a right version differ, run by the judge within bounds."""

from __future__ import annotations

import math
import re
import time
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autograder.judging.credit import Credit
from autograder.judging.witness import MAX_SIZE, Witness
from autograder.model import Opaque


def _root(x: Tensor, n: int) -> Tensor:
    if n < 1:
        raise ValueError("n counts from 1")
    return x / math.sqrt(n)


ROOT = Witness(lambda x, n: x / n, _root, ("float ... D", "int"))
MATRIX = Witness(lambda a, b: a * b, lambda a, b: a @ b, ("float T D", "float D K"))
SIZE = Witness(abs, lambda number: number, ("number|float ...",))
X = torch.ones(3, 5)


def refused(witness: Witness, given: Any) -> str:
    credit = witness.credit(given)
    assert credit.fraction == 0.0
    return credit.message


def test_results_that_differ_visibly_are_a_witness() -> None:
    assert ROOT.credit((X, 4)) == Credit(1.0)
    assert ROOT.credit((X.double(), np.int64(9))) == Credit(1.0)
    assert SIZE.credit((-2.0,)) == Credit(1.0)
    assert SIZE.credit((-torch.ones(3),)) == Credit(1.0)


def test_results_that_are_equal_to_rounding_are_none() -> None:
    assert "give the same" in refused(ROOT, (X, 1))
    assert "give the same" in refused(ROOT, (torch.zeros(5), 4))
    nearly = Witness(lambda x: x * (1 + 1e-6), lambda x: x, ("float D",))
    assert "give the same" in refused(nearly, (torch.ones(5),))


def test_another_shape_or_an_error_of_the_printed_version_differs() -> None:
    assert MATRIX.credit((torch.ones(3, 5), torch.ones(5, 3))) == Credit(1.0)  # the printed one raises
    assert Witness(lambda x: x.sum(), lambda x: x, ("float D",)).credit((torch.ones(3),)) == Credit(1.0)


def test_what_the_right_version_refuses_is_none() -> None:
    assert "refuses these arguments (n counts from 1)" in refused(ROOT, (X, 0))
    nan = Witness(lambda x: x, lambda x: x / x, ("float D",))
    assert "gives NaN" in refused(nan, (torch.zeros(3),))


@pytest.mark.parametrize(
    ("witness", "given", "message"),
    [
        (ROOT, None, r"as a tuple \(x, n\), not None"),
        (ROOT, [X, 4], "not a list of 2"),
        (ROOT, (X,), "not a tuple of 1"),
        (ROOT, (X, 2.0), r"the argument n: it is 2.0, and should be an int"),
        (ROOT, (X, True), "the argument n: it is True"),
        (ROOT, (X, 10**7), "between -1,000,000 and 1,000,000"),
        (ROOT, ([1.0], 4), "the argument x: it is a list of 1, and should be a tensor of float32 or float64"),
        (ROOT, (X.long(), 4), "it is torch.int64"),
        (ROOT, (torch.tensor(1.0), 4), r"its shape is \(\), and should be \(..., D\)"),
        (ROOT, (X * math.inf, 4), "take numbers between"),
        (ROOT, (X * math.nan, 4), "take numbers between"),
        (ROOT, (torch.zeros(0), 4), "is empty"),
        (ROOT, (torch.ones(MAX_SIZE + 1), 4), "take a smaller tensor"),
        (ROOT, (torch.ones(1).expand(60, 60, 60), 4), "take a smaller tensor"),
        (MATRIX, (torch.ones(3, 5), torch.ones(3, 5)), r"the argument b: .* should be \(D, K\), where D is 5"),
        (SIZE, ("a",), r"should be a tensor"),
        (SIZE, (math.nan,), r"argument number: "),
    ],
)
def test_arguments_that_do_not_fit_are_told(witness: Witness, given: Any, message: str) -> None:
    assert re.search(message, refused(witness, given))


def test_the_least_integer_is_not_small() -> None:
    picked = Witness(lambda i: i, lambda i: i + 1, ("long ...",))
    assert "take numbers between" in refused(picked, (torch.tensor([-(2**63)]),))


def test_objects_do_not_travel_and_others_stand_in_their_place() -> None:
    def layer(given: Any) -> nn.Module:
        return nn.Linear(given[1].shape[-1], 3)

    witness = Witness(lambda model, x: x, lambda model, x: model(x), ("object Linear", "float ... D"), {"model": layer})
    assert witness.credit((Opaque("Linear"), X)) == Credit(1.0)
    assert "should be an object of class Linear" in refused(witness, (Opaque("RNN"), X))
    assert "should be an object of class Linear" in refused(witness, (3, X))


@pytest.mark.parametrize("kind", ["module", "type", "function", "method"])
def test_a_class_or_a_function_is_no_object(kind: str) -> None:
    witness = Witness(lambda model, x: x, lambda model, x: x + 1, ("object", "float D"), {"model": lambda given: None})
    assert witness.credit((Opaque("Linear"), torch.ones(3))) == Credit(1.0)
    assert f"it is an object of type {kind}, and should be a module" in refused(witness, (Opaque(kind), torch.ones(3)))


def test_neither_version_sees_what_the_other_did_to_its_arguments() -> None:
    given = torch.ones(3)
    assert Witness(lambda x: x + 1, lambda x: x.add_(1), ("float D",)).credit((given,)).fraction == 0.0
    assert torch.equal(given, torch.ones(3))


def test_work_without_end_and_without_bounds_is_stopped() -> None:
    def endless(n: int) -> int:
        while True:
            n += 1

    began = time.process_time()
    assert "do not come to an end" in refused(Witness(lambda n: n, endless, ("int",)), (3,))
    assert time.process_time() - began < 10.0
    assert "do not come to an end" in refused(Witness(lambda n: n, lambda n: len(bytes(n << 30)), ("int",)), (1000,))


def test_a_form_that_is_not_known_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match="no argument of the form 'double D'"):
        Witness(abs, abs, ("double D",)).credit((1,))
