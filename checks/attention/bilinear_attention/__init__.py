"""The checks of `bilinear_attention(h, w)`.

Sizes in the fixtures: batch 2 (and 7), 5 positions, 6 features, so that no two can be mistaken; also one position.
"""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Get, Let, Probe, Ref, Tolerance, unsorted

from .._shared import TORCH_ATTENTION, counted, unordered, well_separated
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "bilinear_attention"
BATCH, MORE, T, D = 2, 7, 5, 6


def oracle(h: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """weights(t, i) = exp(s(t, i)) / sum over j of exp(s(t, j)) with s(t, i) = h_t^T w h_i (Luong et al. 2015, the
    "general" score), and context t = sum over i of weights(t, i) h_i."""
    scores = torch.einsum("...td,de,...ie->...ti", h, w, h)
    weights = torch.exp(scores - scores.logsumexp(-1, keepdim=True))
    return torch.einsum("...ti,...id->...td", weights, h), weights


def _h(draw: Draw, *batch: int, t: int = T, d: int = D, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return unordered(draw, *batch, t, d, dtype=dtype)


def _w(draw: Draw, d: int = D, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """(D, D), far from symmetric; scores are of size 2."""
    return unordered(draw, d, d, scale=0.5, dtype=dtype)


def _values(draw: Draw) -> list[Probe]:
    inputs = {"single": _h(draw), "batch": _h(draw, BATCH), "one_position": _h(draw, BATCH, t=1)}
    calls = tuple(Call(NAME, (h, _w(draw)), save=save) for save, h in inputs.items())
    return [Probe(calls, tuple(inputs))]


def _batch_dims(draw: Draw) -> list[Probe]:
    """Two of them, one of a single sequence, and two the second of which is 1."""
    inputs = {"out": _h(draw, BATCH, MORE), "one": _h(draw, 1), "ones": _h(draw, 3, 1)}
    return [Probe(tuple(Call(NAME, (h, _w(draw)), save=save) for save, h in inputs.items()), tuple(inputs))]


def _as_many_positions(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_h(draw, BATCH, t=D), _w(draw))),))]


def _large(draw: Draw) -> list[Probe]:
    """h up to 10,000, and scores up to 10^8, of which each row's best leads clearly."""

    def make() -> tuple[torch.Tensor, torch.Tensor]:
        return _h(draw).clamp(-2, 2) * 5_000, _w(draw)

    def good(pair: tuple[torch.Tensor, torch.Tensor]) -> bool:
        h, w = (t.double() for t in pair)
        right, symmetric = h @ w @ h.mT, h @ (w + w.mT) @ h.mT
        differ = bool((right.argmax(-1) != symmetric.argmax(-1)).any())  # a w made symmetric shows
        return differ and well_separated(right) and well_separated(symmetric)

    h, w = draw.until(make, good)
    return [Probe((Call(NAME, (h, w)),)), Probe((Call(NAME, _close_scores(draw), save="close"),), ("close",))]


def _close_scores(draw: Draw) -> tuple[torch.Tensor, torch.Tensor]:
    """Only the last feature differs between positions: scores near 2,500,000 differ by a few. They are integers below
    2^24, exact in float32 in whatever order they are summed."""

    def make() -> tuple[torch.Tensor, torch.Tensor]:
        h = draw.integers(150, 251, 1, D).repeat(T, 1)
        w = draw.integers(1, 5, D, D)
        w[-1], w[:, -1], w[-1, -1] = 0, 0, 1
        h[:, -1] = draw.permutation(7)[:T] - 2
        return h.float(), w.float()

    def good(pair: tuple[torch.Tensor, torch.Tensor]) -> bool:  # float32 cannot hold the logarithm of each row's sum
        h, w = (t.double() for t in pair)
        total = (h @ w @ h.mT).logsumexp(-1)
        return unsorted(pair[0]) and bool((total - total.float().double()).abs().max() > 0.03)

    return draw.until(make, good)


def _float64(draw: Draw) -> list[Probe]:
    double = torch.float64
    inputs = {"out": _h(draw, BATCH, dtype=double), "one_position": _h(draw, BATCH, t=1, dtype=double)}
    calls = tuple(Call(NAME, (h, _w(draw, dtype=double)), save=save) for save, h in inputs.items())
    return [Probe(calls, tuple(inputs))]


def _backward(draw: Draw, entry: int, gradient: torch.Tensor) -> Probe:
    """Back from the context (0) or the weights (1) that are returned; one position is zero."""
    h = _h(draw, BATCH)
    h[1, 2] = 0.0
    steps = (
        Let("h", h, requires_grad=True),
        Let("w", _w(draw), requires_grad=True),
        Call(NAME, (Ref("h"), Ref("w")), save="pair"),
        Get(f"pair.{entry}", "out"),
        Backward("out", gradient),
    )
    return Probe(steps, ("out", "h.grad", "w.grad"))


def _gradients(draw: Draw) -> list[Probe]:
    return [_backward(draw, 0, draw.normal(BATCH, T, D)), _backward(draw, 1, draw.normal(BATCH, T, T))]


def _untouched(draw: Draw) -> list[Probe]:
    turned = Call(Ref("turned.transpose"), (1, 2), save="h")
    lets = (Let("turned", _h(draw, BATCH, t=D, d=T)), Let("w", _w(draw)))
    return [Probe((*lets, turned, Call(NAME, (Ref("h"), Ref("w")))), ("out", "turned", "w"))]


def _devices(draw: Draw) -> list[Probe]:
    inputs = {"out": _h(draw, BATCH), "one_position": _h(draw, BATCH, t=1)}
    calls = tuple(Call(NAME, (h, _w(draw)), save=save) for save, h in inputs.items())
    return [Probe(calls, tuple(inputs), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short = Call(NAME, (_h(draw, BATCH), _w(draw)), save="short", count="operators")
    long = Call(NAME, (_h(draw, 7, t=13, d=9), _w(draw, 9)), save="long", count="operators")
    return [counted(short, long)]


ROUNDINGS = Tolerance(32, "two products of 6, a softmax over 5, a sum of 5: a few roundings; 10 times that", 5)
SATURATED = Tolerance(24, "the scores are exact or one position takes all the weight: what rounds is the sum over h")
BACKWARD = Tolerance(128, "as forward, and back through each of its steps; sums over 2 sequences of 5", 10)

CHECKS = (
    Check("values", "The context and the weights, for one sequence and for a batch.", _values, ROUNDINGS, weight=3),
    Check("batch dimensions", "h may have any number of leading dimensions.", _batch_dims, ROUNDINGS),
    Check("as many positions as features", "With T = D no shape tells the axes apart.", _as_many_positions, ROUNDINGS),
    Check("large inputs", "Inputs up to 10,000 in size must give neither NaN nor infinity.", _large, SATURATED),
    Check("float64", "float64 inputs give float64 results, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow from context and weights back to h and w.", _gradients, BACKWARD),
    Check("inputs untouched", "h and w stay as they were, and may be transposed views.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on h's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over positions.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    rules=(TORCH_ATTENTION,),
    axes=("... t d",),
    same_sizes={"as many positions as features": "exchanged axes show where the shapes fit, elsewhere they may raise"},
)
