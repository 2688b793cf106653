"""What the judge says of one value that came back, honest or hostile."""

import math
import unicodedata

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.judging.compare import clean, compare, mask_numbers
from autograder.model import Opaque, Tensor


def tensor(values, **changes):
    data = torch.as_tensor(values)
    fields = {
        "type_name": "Tensor",
        "dtype": str(data.dtype).removeprefix("torch."),
        "device": "cpu",
        "shape": tuple(data.shape),
        "data": data,
    }
    return Tensor(**(fields | changes))


EXPECTED = tensor(torch.arange(6.0, dtype=torch.float64).reshape(2, 3), dtype="float32")
RIGHT = torch.arange(6.0).reshape(2, 3)


def test_a_right_value_has_nothing_wrong():
    assert compare(tensor(RIGHT + 1e-7), EXPECTED, 1e-6) is None


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        (tensor(RIGHT, type_name="Liar"), "type"),
        (None, "type"),
        (3.0, "type"),
        ([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "type"),
        (Opaque("ndarray"), "type"),
        (tensor(RIGHT.double()), "dtype"),
        (tensor(RIGHT.to(torch.complex64)), "dtype"),
        (tensor(RIGHT, device="meta"), "device"),
        (tensor(RIGHT[:1]), "shape"),  # broadcasts, so allclose would say yes
        (tensor(RIGHT[None]), "shape"),
        (tensor(torch.tensor(0.0)), "shape"),
        (tensor(torch.empty(0)), "shape"),
        (tensor(torch.where(RIGHT == 4, math.nan, RIGHT)), "finite"),
        (tensor(torch.where(RIGHT == 4, math.inf, RIGHT)), "finite"),
        (tensor(RIGHT + 1), "value"),
    ],
)
def test_the_first_thing_wrong_is_named(received, kind):
    assert compare(received, EXPECTED, 1e-6).kind == kind


def test_wrong_in_many_ways_says_the_first_in_order():
    received = tensor(torch.full((3, 2), math.nan, dtype=torch.float64))
    assert compare(received, EXPECTED, 1e-6).kind == "dtype"


def test_a_shape_message_has_both_shapes():
    message = compare(tensor(RIGHT.T), EXPECTED, 1e-6, "f(x)").message
    assert "f(x)" in message
    assert "(3, 2)" in message
    assert "(2, 3)" in message


def test_a_value_message_has_the_first_mismatches_with_their_indices():
    wrong = RIGHT.clone()
    wrong[0, 1], wrong[1, 2] = 7.0, -2.5
    mismatch = compare(tensor(wrong), EXPECTED, 1e-6)
    assert "2 of 6" in mismatch.message
    assert "[0, 1] received 7, expected 1" in mismatch.message
    assert "[1, 2] received -2.5, expected 5" in mismatch.message
    assert mismatch.error == 7.5


def test_minus_infinity_must_come_back_where_it_is_expected():
    expected = tensor(torch.tensor([1.0, -math.inf], dtype=torch.float64), dtype="float32")
    assert compare(tensor([1.0, -math.inf]), expected, 1e-6) is None
    assert compare(tensor([1.0, math.inf]), expected, 1e-6).kind == "value"
    assert compare(tensor([1.0, -1e30]), expected, 1e-6).kind == "value"


def test_booleans_and_integers_are_exact():
    expected = tensor([True, False])
    assert compare(tensor([True, False]), expected, 0.0) is None
    assert compare(tensor([True, True]), expected, 0.0).kind == "value"
    assert compare(tensor([1, 0]), expected, 0.0).kind == "dtype"


LIES = [
    tensor(RIGHT, data=None),
    tensor(RIGHT, data="text"),
    tensor(RIGHT, data=RIGHT.double()),
    tensor(RIGHT, data=RIGHT[0]),
    tensor(RIGHT, data=RIGHT.to_sparse()),
    tensor(RIGHT, data=RIGHT.to("meta")),
    tensor(RIGHT, shape=(10**40,) * 500),
    tensor(RIGHT, shape="(2, 3)"),
    tensor(RIGHT, dtype="\x1b[31m" * 500),
    tensor(RIGHT, device=None),
    tensor(RIGHT, type_name="\u202e" * 99),
    Opaque("\x00\x1b]0;title\x07" * 1000),
    10**5000,
    -math.inf,
    "x\n" * 10**6,
    [[[[[]]]]] * 1000,
    {"a": {"b": object()}},
    (tensor(RIGHT),),
    object(),
]


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
@pytest.mark.parametrize("expected", [EXPECTED, ["a", "b"], None, 1.5, 3, (EXPECTED, EXPECTED), Opaque("f")], ids=str)
def test_no_lie_raises_or_writes_more_than_a_line(lie, expected):
    mismatch = compare(lie, expected, 1e-6, "f(x)")
    assert mismatch is not None
    assert len(mismatch.message) < 500
    assert not any(unicodedata.category(c).startswith("C") for c in mismatch.message)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.builds(Opaque, st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=3),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(received=junk, expected=junk)
def test_junk_compares_without_raising(received, expected):
    mismatch = compare(received, expected, 0.0)
    assert mismatch is None or len(mismatch.message) < 1000


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text())
def test_cleaned_text_is_one_short_line(text):
    line = clean(text, 40)
    assert len(line) <= 40
    assert not any(unicodedata.category(c).startswith(("C", "Zl", "Zp")) for c in line)


def test_numbers_that_could_be_inputs_are_blotted_out_and_shapes_are_not():
    text = "cannot multiply (3x4 and 5x6): tensor([-0.1234, 5.6e-3, 7., 1e-07, .5])"
    assert mask_numbers(text) == "cannot multiply (3x4 and 5x6): tensor([#, #, #, #, #])"
