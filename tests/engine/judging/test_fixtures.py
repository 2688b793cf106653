"""The lint of fixtures: it names what is degenerate, and leaves the rest alone."""

from dataclasses import replace

import pytest
import torch

from autograder.judging.expected import Reference
from autograder.judging.fixtures import lint
from autograder.model import Call, Load, Probe
from tests.engine.judging.test_bank import DOUBLE


def lint_of(steps, axes=("... q d", "... k d")):
    check = replace(DOUBLE.checks[0], probes=lambda draw: [Probe(tuple(steps))])
    return lint(Reference(replace(DOUBLE, checks=(check,), axes=axes), lambda name: 1))


UNSORTED = torch.tensor([[3000.0, -1.0, 2.0, 0.5], [1.0, 4.0, -2.0, 0.0], [0.0, 1.0, -1.0, 2.0]])


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([Call("double", (UNSORTED, UNSORTED))], "sizes are not distinct"),
        ([Call("double", (torch.arange(3000.0, 3012.0).reshape(3, 4),))], "is sorted"),
        ([Load("m", {"w": torch.full((3, 4), 1e-3)}), Call("double", (UNSORTED,))], "weights of w are near zero"),
        ([Call("double", (UNSORTED / 10,))], "no input is in the thousands"),
        ([Call("double", (UNSORTED,), {"mask": torch.ones(3, 4) > 0})], "no mask forbids a whole row"),
    ],
)
def test_a_degenerate_fixture_is_named(steps, complaint):
    complaints = lint_of(steps)
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_a_good_fixture_is_left_alone():
    mask = torch.tensor([[True] * 5, [False] * 5, [True] * 5])
    assert lint_of([Call("double", (UNSORTED, torch.cat([UNSORTED, UNSORTED])[:5], mask))]) == []
