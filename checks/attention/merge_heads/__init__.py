"""The checks of `merge_heads(x)`.

Sizes in the fixtures: batch 2 (and 6), 5 positions, 3 heads of width 8, so that no two can be mistaken; also one
of each.
"""

from __future__ import annotations

import torch

from autograder.checks import EXACT, Backward, Bank, Call, Check, Draw, Let, Probe, Ref

from .._shared import counted, unordered
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "merge_heads"
BATCH, MORE, T, HEADS, D_HEAD = 2, 6, 5, 3, 8


def oracle(x: torch.Tensor) -> torch.Tensor:
    """The heads of each position side by side, in order (Vaswani et al. 2017, section 3.2.2)."""
    return torch.cat(x.unbind(-3), dim=-1)


def _values(draw: Draw) -> list[Probe]:
    inputs = {
        "three": unordered(draw, BATCH, HEADS, T, D_HEAD),
        "one": unordered(draw, BATCH, 1, T, D_HEAD, scale=5_000.0),
        "position": unordered(draw, BATCH, 7, 1, D_HEAD),
        "sequence": unordered(draw, 1, 1, T, D_HEAD),
        "feature": draw.normal(BATCH, 7, T, 1),
        "many": unordered(draw, BATCH, 7, 3, 9),
    }
    return [Probe(tuple(Call(NAME, (x,), save=save) for save, x in inputs.items()), tuple(inputs))]


def _batch_dims(draw: Draw) -> list[Probe]:
    single = Call(NAME, (unordered(draw, HEADS, T, D_HEAD),), save="single")
    several = Call(NAME, (unordered(draw, BATCH, MORE, HEADS, T, D_HEAD),), save="several")
    one = Call(NAME, (unordered(draw, 1, HEADS, T, D_HEAD),), save="one")
    ones = Call(NAME, (unordered(draw, 7, 1, HEADS, T, D_HEAD),), save="ones")
    return [Probe((single, several, one, ones), ("single", "several", "one", "ones"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (unordered(draw, BATCH, HEADS, T, D_HEAD, dtype=torch.float64),)),))]


def _gradients(draw: Draw) -> list[Probe]:
    let = Let("x", unordered(draw, BATCH, HEADS, T, D_HEAD), requires_grad=True)
    steps = (let, Call(NAME, (Ref("x"),)), Backward("out", unordered(draw, BATCH, T, HEADS * D_HEAD)))
    return [Probe(steps, ("out", "x.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    """x is a view, once as split_heads gives it (positions before heads in memory) and once with features before."""
    steps = (
        Let("positions", unordered(draw, BATCH, T, HEADS, D_HEAD)),
        Call(Ref("positions.transpose"), (1, 2), save="x"),
        Let("turned", unordered(draw, BATCH, HEADS, D_HEAD, T)),
        Call(Ref("turned.transpose"), (2, 3), save="y"),
        Call(NAME, (Ref("x"),)),
        Call(NAME, (Ref("y"),), save="other"),
    )
    return [Probe(steps, ("out", "other", "positions", "turned"))]


def _devices(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (unordered(draw, BATCH, HEADS, T, D_HEAD),)),), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short = Call(NAME, (unordered(draw, BATCH, HEADS, T, D_HEAD),), save="short", count="operators")
    long = Call(NAME, (unordered(draw, 7, 9, 13, 10),), save="long", count="operators")
    return [counted(short, long)]


CHECKS = (
    Check("values", "(B, H, T, d) becomes (B, T, H d), head after head.", _values, EXACT, weight=3),
    Check("batch dimensions", "x may have any number of leading dimensions, also none.", _batch_dims, EXACT),
    Check("float64", "float64 stays float64, with all its digits.", _float64, EXACT),
    Check("gradients", "Gradients flow back to x, each to its own entry.", _gradients, EXACT),
    Check("input untouched", "x must be left as it was, and may be a transposed view.", _untouched, EXACT),
    Check("any device", "New tensors belong on x's device, and values are not read into Python.", _devices, EXACT),
    Check(
        "no loops", "Whole tensors at once: no loop over heads, positions or the batch.", _steady, EXACT, steady=True
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("... h t d",))
