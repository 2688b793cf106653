"""The checks of `split_heads(x, n_heads)`.

Sizes in the fixtures: batch 2 (and 6), 5 positions, 3 heads of width 7, so that no two can be mistaken; also one head
and heads of width 1.
"""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref

from .._shared import counted, unordered
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "split_heads"
BATCH, MORE, T, HEADS, D_HEAD = 2, 6, 5, 3, 7
D = HEADS * D_HEAD


def oracle(x: torch.Tensor, n_heads: int) -> torch.Tensor:
    """Head h takes features h d to (h + 1) d of every position (Vaswani et al. 2017, section 3.2.2)."""
    if x.shape[-1] % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {x.shape[-1]} features")
    d = x.shape[-1] // n_heads
    return x.unfold(-1, d, d).transpose(-3, -2)  # windows of d features, d apart


def _values(draw: Draw) -> list[Probe]:
    calls = (
        Call(NAME, (unordered(draw, BATCH, T, D), HEADS), save="three"),
        Call(NAME, (unordered(draw, BATCH, T, D),), {"n_heads": 7}, save="seven"),
        Call(NAME, (unordered(draw, BATCH, T, 7, scale=5_000.0), 1), save="one"),
        Call(NAME, (unordered(draw, BATCH, T, 6), 6), save="narrow"),
        Call(NAME, (unordered(draw, BATCH, 6, 10), 2), save="two"),
    )
    return [Probe(calls, ("three", "seven", "one", "narrow", "two"))]


def _batch_dims(draw: Draw) -> list[Probe]:
    single = Call(NAME, (unordered(draw, T, D), HEADS), save="single")
    several = Call(NAME, (unordered(draw, BATCH, MORE, T, D), HEADS), save="several")
    one = Call(NAME, (unordered(draw, 1, T, D), HEADS), save="one")
    ones = Call(NAME, (unordered(draw, 3, 1, T, D), HEADS), save="ones")
    return [Probe((single, several, one, ones), ("single", "several", "one", "ones"))]


def _does_not_divide(draw: Draw) -> list[Probe]:
    heads = int(draw.integers(4, 8))
    too_many = Call(NAME, (unordered(draw, BATCH, T, 7), 9))  # each head would be empty
    return [Probe((Call(NAME, (unordered(draw, BATCH, 3, 2 * heads + 1), heads)),)), Probe((too_many,))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (unordered(draw, BATCH, T, D, dtype=torch.float64), HEADS)),))]


def _gradients(draw: Draw) -> list[Probe]:
    let = Let("x", unordered(draw, BATCH, T, D), requires_grad=True)
    steps = (let, Call(NAME, (Ref("x"), HEADS)), Backward("out", unordered(draw, BATCH, HEADS, T, D_HEAD)))
    return [Probe(steps, ("out", "x.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    turned = Call(Ref("turned.transpose"), (1, 2), save="x")
    steps = (Let("turned", unordered(draw, BATCH, D, T)), turned, Call(NAME, (Ref("x"), HEADS)))
    return [Probe(steps, ("out", "turned"))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (unordered(draw, BATCH, T, D), HEADS)),), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short = Call(NAME, (unordered(draw, BATCH, T, D), HEADS), save="short", count="operators")
    long = Call(NAME, (unordered(draw, 7, 13, 27), 9), save="long", count="operators")
    return [counted(short, long)]


CHECKS = (
    Check("values", "(B, T, H d) becomes (B, H, T, d), each head with d features in a row.", _values, EXACT, weight=3),
    Check("batch dimensions", "x may have any number of leading dimensions, also none.", _batch_dims, EXACT),
    Check("heads that do not divide", "ValueError if n_heads does not divide the features.", _does_not_divide, EXACT),
    Check("float64", "float64 stays float64, with all its digits.", _float64, EXACT),
    Check("gradients", "Gradients flow back to x, each to its own entry.", _gradients, EXACT),
    Check("input untouched", "x must be left as it was, and may be a transposed view.", _untouched, EXACT),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, EXACT),
    Check(
        "no loops", "Whole tensors at once: no loop over heads, positions or the batch.", _steady, EXACT, steady=True
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... t m",))
