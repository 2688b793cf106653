"""The checks of `rnn_step(x, h, w_xh, w_hh, b)`.

Sizes in the fixtures: batch 2 (and 7), input 5, state 6, so that no two can be mistaken.
"""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance, unsorted

from .._shared import counted, unordered
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "rnn_step"
ARGUMENTS = ("x", "h", "w_xh", "w_hh", "b")
WIDTH, STATE = 5, 6
BATCH, MORE = 2, 7


def oracle(x: torch.Tensor, h: torch.Tensor, w_xh: torch.Tensor, w_hh: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """tanh(x w_xh + h w_hh + b) (Elman 1990, with tanh), as sums over inputs and over states."""
    from_input = (x.unsqueeze(-1) * w_xh).sum(-2)
    from_state = (h.unsqueeze(-1) * w_hh).sum(-2)
    return torch.tanh(from_input + from_state + b)


Inputs = tuple[torch.Tensor, ...]


def _inputs(draw: Draw, *batch: int, dtype: torch.dtype = torch.float32, i: int = WIDTH, h: int = STATE) -> Inputs:
    """x (..., I), h (..., H), w_xh (I, H), w_hh (H, H) and b (H,): what goes into tanh is of size 1, and below 4."""

    def make() -> Inputs:
        x, state = unordered(draw, *batch, i, dtype=dtype), unordered(draw, *batch, h, dtype=dtype)
        w_xh, w_hh = unordered(draw, i, h, scale=0.4, dtype=dtype), unordered(draw, h, h, scale=0.4, dtype=dtype)
        return x, state, w_xh, w_hh, unordered(draw, h, scale=0.5, dtype=dtype)

    return draw.until(make, lambda inputs: bool(_before_tanh(*inputs).abs().max() < 4))


def _before_tanh(
    x: torch.Tensor, h: torch.Tensor, w_xh: torch.Tensor, w_hh: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    return x.double() @ w_xh.double() + h.double() @ w_hh.double() + b.double()


def _values(draw: Draw) -> list[Probe]:
    single, batch = Call(NAME, _inputs(draw), save="single"), Call(NAME, _inputs(draw, BATCH), save="batch")
    return [Probe((single, batch), ("single", "batch"))]


def _batch_dims(draw: Draw) -> list[Probe]:
    """Two of them, one of a single row, and two the second of which is 1."""
    inputs = {"out": _inputs(draw, BATCH, MORE), "one": _inputs(draw, 1), "ones": _inputs(draw, 3, 1)}
    return [Probe(tuple(Call(NAME, given, save=save) for save, given in inputs.items()), tuple(inputs))]


def _equal_widths(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, BATCH, i=STATE)),))]


def _large(draw: Draw) -> list[Probe]:
    """Inputs up to 10,000; what goes into tanh is far from 0, so that every right answer is 1 or -1. Without x, without
    h or with w_hh transposed some of them would be the other."""

    def make() -> Inputs:
        x, h, w_xh, w_hh, b = _inputs(draw, BATCH)
        return x.clamp(-2, 2) * 5_000, h.clamp(-2, 2) * 5_000, w_xh, w_hh, b

    def good(inputs: Inputs) -> bool:
        x, h, w_xh, w_hh, b = inputs
        right = _before_tanh(*inputs)
        others = (
            _before_tanh(0 * x, h, w_xh, w_hh, b),
            _before_tanh(x, 0 * h, w_xh, w_hh, b),
            _before_tanh(x, h, w_xh, w_hh.T, b),
        )
        differ = all(bool(((right * other < 0) & (other.abs() > 500)).any()) for other in others)
        return differ and bool((right.abs() > 500).all())

    return [Probe((Call(NAME, draw.until(make, good)),))]


def _flat(draw: Draw) -> list[Probe]:
    """What goes into tanh is between 6 and 18 in size, where tanh is flat but not yet 1."""
    calls = []
    for dtype in (torch.float32, torch.float64):

        def make(dtype: torch.dtype = dtype) -> Inputs:
            *others, _ = _inputs(draw, BATCH, dtype=dtype)
            signs = 2.0 * draw.integers(0, 2, STATE) - 1
            return *others, (signs * 12).to(dtype) + draw.normal(STATE, dtype=dtype)

        def good(inputs: Inputs) -> bool:
            size = _before_tanh(*inputs).abs()
            return bool(size.min() > 6 and size.min() < 8 and size.max() < 18) and unsorted(inputs[4])

        calls.append(Call(NAME, draw.until(make, good), save=str(dtype).removeprefix("torch.")))
    return [Probe(tuple(calls), ("float32", "float64"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, BATCH, dtype=torch.float64)),))]


def _gradients(draw: Draw) -> list[Probe]:
    """One row of x and h is zero, as at the beginning of a sequence."""
    x, h, *weights = draw.until(
        lambda: _inputs(draw, BATCH), lambda inputs: unsorted(inputs[0][0]) and unsorted(inputs[1][0])
    )
    x[1], h[1] = 0.0, 0.0
    lets = [Let(name, t, requires_grad=True) for name, t in zip(ARGUMENTS, (x, h, *weights), strict=True)]
    call = Call(NAME, tuple(Ref(name) for name in ARGUMENTS))
    steps: tuple[Step, ...] = (*lets, call, Backward("out", draw.normal(BATCH, STATE)))
    return [Probe(steps, ("out", *(f"{name}.grad" for name in ARGUMENTS)))]


def _untouched(draw: Draw) -> list[Probe]:
    x, h, w_xh, w_hh, b = draw.until(lambda: _inputs(draw, BATCH), lambda inputs: unsorted(inputs[2].T))
    held = {"x": x, "h": h, "turned": w_xh.T.contiguous(), "w_hh": w_hh, "b": b}
    lets = [Let(name, value) for name, value in held.items()]
    turned = Call(Ref("turned.transpose"), (0, 1), save="w_xh")
    steps: tuple[Step, ...] = (*lets, turned, Call(NAME, tuple(Ref(name) for name in ARGUMENTS)))
    x, *others = _inputs(draw, MORE, BATCH)
    other = Call(NAME, (Ref("x_view"), *others), save="other")  # no .view of x_view has two dimensions
    steps += (
        Let("across", x.transpose(0, 1).contiguous()),
        Call(Ref("across.transpose"), (0, 1), save="x_view"),
        other,
    )
    return [Probe(steps, ("out", "other", "across", *held))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, BATCH)),), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short = Call(NAME, _inputs(draw, BATCH), save="short", count="operators")
    long = Call(NAME, _inputs(draw, 11, i=9, h=8), save="long", count="operators")
    return [counted(short, long)]


ROUNDINGS = Tolerance(16, "sums of 5 and of 6 products, two additions and one tanh: a few roundings; 10 times that", 11)
SATURATED = Tolerance(4, "tanh is 1 or -1 whatever rounds before it")
BACKWARD = Tolerance(32, "as forward, and back through each of its steps", 11)

CHECKS = (
    Check("values", "The next state, for one input and for a batch.", _values, ROUNDINGS, weight=3),
    Check("batch dimensions", "x and h may have any number of leading dimensions.", _batch_dims, ROUNDINGS),
    Check("input as wide as the state", "With I = H no shape tells the weights apart.", _equal_widths, ROUNDINGS),
    Check("large inputs", "Inputs up to 10,000 in size give 1 or -1, not NaN.", _large, SATURATED),
    Check(
        "almost saturated",
        "tanh of 8 is not yet tanh of 9: nothing may be clipped before tanh.",
        _flat,
        Tolerance(3, "tanh is flat here, so that it takes away what rounds before it"),
    ),
    Check("float64", "float64 inputs give a float64 state, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow back to x, h, both weights and b.", _gradients, BACKWARD),
    Check("inputs untouched", "All inputs stay as they were, and may be transposed views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over the batch or features.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    axes=("... i", "... h", "i h"),
    same_sizes={"input as wide as the state": "exchanged weights show where the shapes fit, elsewhere they just raise"},
)
