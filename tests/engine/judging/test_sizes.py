"""Sizes and arguments that fixtures never vary are found."""

from dataclasses import replace

import pytest
import torch

from autograder.judging.check import Bank, Check
from autograder.judging.expected import Reference
from autograder.judging.sizes import lint_sizes
from autograder.judging.tolerance import EXACT
from autograder.model import Call, Let, Probe, Ref


def scaled(x, y, times=2, *, deep=False):
    return x @ y * times


class Layer(torch.nn.Module):
    def __init__(self, width, bias=True):
        super().__init__()

    def forward(self, x, y=None):
        return x


def lint_of(*probes, oracle=scaled, axes=("... t d", "d"), same_sizes=None):
    """The complaints about one check for each probe."""
    checks = tuple(Check(f"c{n}", "", lambda draw, p=p: [p], EXACT) for n, p in enumerate(probes))
    bank = Bank("f", oracle, checks, axes=axes, same_sizes=same_sizes or {})
    return lint_sizes(Reference(bank, lambda check: 1))


def call(t, d, *rest, **named):
    return Probe((Call("f", (torch.zeros(2, t, d), torch.zeros(d), *rest), named),))


GOOD = (call(3, 5), call(5, 7, 3, deep=True))


def test_sizes_that_tell_and_vary_are_well():
    assert lint_of(*GOOD) == []
    assert lint_of(*GOOD, Probe((Call("f", (1, 2, 3, 4, 5, 6)),))) == []  # it must be refused


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_size_that_tells_little_is_named(size):
    assert lint_of(*GOOD, call(3, size)) == [f"check 'c2': sizes that tell little: d = {size}"]
    assert lint_of(*GOOD, call(3, size), same_sizes={"c2": "one feature is the edge"}) == []


def test_an_edge_beside_another_size_is_well():
    both = Probe((*call(1, 5).steps, replace(call(6, 5).steps[0], save="more")))
    assert lint_of(*GOOD, both) == []


def test_what_never_varies_is_named():
    assert lint_of(call(3, 5), call(6, 5)) == [
        "axis d has the size 5 in every call",
        "the argument times is never given",
        "the argument deep is never given",
    ]
    assert "the argument times is never left out" in lint_of(call(3, 5, 2), call(6, 7, times=3))


def test_inputs_in_slots_and_calls_of_an_object_count():
    def steps(d, *options):
        given = Let("x", torch.zeros(3, d))
        return Probe((given, Call("f", options, save="layer"), Call(Ref("layer"), (Ref("x"),))))

    axes = ("t d",)
    found = lint_of(steps(5, 5), steps(4, 5, False), oracle=Layer, axes=axes)
    assert found == [
        "check 'c1': sizes that tell little: d = 4",
        "axis t has the size 3 in every call",
        "the argument y is never given",
    ]
