"""The checks of `scaled_dot_product_attention(q, k, v, mask=None)`.

Sizes in the fixtures: batch 2 (and 7 heads), 3 queries, 5 keys, d_k 4, d_v 6, so that no two can be mistaken.
"""

from __future__ import annotations

import math

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance

from .._shared import (
    FROM_FLOAT16,
    HALF_IS_NARROW,
    MINUS_INFINITY,
    TORCH_ATTENTION,
    counted,
    large_scores_in_half_precision,
    mask_with_empty_rows,
    well_separated,
)
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "scaled_dot_product_attention"
N_Q, N_K, D_K, D_V = 3, 5, 4, 6
BATCH, HEADS = 2, 7


def oracle(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    """softmax(q k^T / sqrt(d_k)) v over the keys that `mask` allows, in the inputs' precision; zeros where it allows
    none (Vaswani et al. 2017, equation 1)."""
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return torch.softmax(scores, -1) @ v
    nothing = ~mask.any(-1, keepdim=True)  # softmax of nothing but -inf would be NaN, and its gradient too
    return torch.softmax(scores.masked_fill(~(mask | nothing), MINUS_INFINITY), -1).masked_fill(nothing, 0.0) @ v


Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _inputs(draw: Draw, *batch: int, dtype: torch.dtype = torch.float32, n_q: int = N_Q, n_k: int = N_K) -> Inputs:
    """q (..., n_q, d_k), k (..., n_k, d_k), v (..., n_k, d_v); scores of size 2 before the division by sqrt(d_k)."""
    q, k = draw.normal(*batch, n_q, D_K, dtype=dtype), draw.normal(*batch, n_k, D_K, dtype=dtype)
    return q, k, draw.normal(*batch, n_k, D_V, dtype=dtype)


def _values(draw: Draw) -> list[Probe]:
    single, batch, heads = (_inputs(draw, *shape) for shape in [(), (BATCH,), (BATCH, HEADS)])
    calls = (Call(NAME, single, save="single"), Call(NAME, batch, save="batch"), Call(NAME, heads, save="heads"))
    return [Probe(calls, ("single", "batch", "heads"))]


def _self_attention(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, _inputs(draw, BATCH, n_q=N_K), {"mask": draw.mask(N_K, N_K)}),))]


def _mask(draw: Draw) -> list[Probe]:
    single = (*_inputs(draw), draw.mask(N_Q, N_K))
    batch, mask = _inputs(draw, BATCH), draw.mask(BATCH, N_Q, N_K)
    calls = (Call(NAME, single, save="single"), Call(NAME, batch, {"mask": mask}, save="batch"))
    return [Probe(calls, ("single", "batch"))]


def _broadcast(draw: Draw) -> list[Probe]:
    heads = _inputs(draw, BATCH, HEADS)
    masks = {
        "queries_keys": draw.mask(N_Q, N_K),
        "batch": draw.mask(BATCH, 1, N_Q, N_K),
        "padding": draw.mask(BATCH, 1, 1, N_K),
        "keys": draw.mask(N_K),
    }
    calls = tuple(Call(NAME, (*heads, mask), save=save) for save, mask in masks.items())
    return [Probe(calls, tuple(masks))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    single = (*_inputs(draw), mask_with_empty_rows(draw, N_Q, N_K))
    queries = torch.tensor([[True], [False], [False]])[draw.permutation(N_Q)]
    batch = (*_inputs(draw, BATCH), queries)
    return [Probe((Call(NAME, single, save="single"), Call(NAME, batch, save="queries")), ("single", "queries"))]


def _large(draw: Draw) -> list[Probe]:
    def make() -> tuple[torch.Tensor, torch.Tensor]:
        sizes = torch.tensor([[10_000.0], [-3_000.0], [300.0]])[draw.permutation(N_Q)]
        return draw.normal(N_Q, D_K).clamp(-1, 1) * sizes, draw.normal(N_K, D_K) * 10 + 20

    mask = mask_with_empty_rows(draw, N_Q, N_K)
    mask[0], mask[2] = True, torch.tensor([True, True, False, True, True])

    def good(pair: tuple[torch.Tensor, torch.Tensor]) -> bool:
        q, k = pair
        scores = (q.double() @ k.double().T) / math.sqrt(D_K)
        return well_separated(scores) and well_separated(scores.masked_fill(~mask, MINUS_INFINITY)[[0, 2]])

    q, k = draw.until(make, good)
    v = draw.normal(N_K, D_V)
    return [Probe((Call(NAME, (q, k, v), save="all"), Call(NAME, (q, k, v, mask), save="masked")), ("all", "masked"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (*_inputs(draw, BATCH, dtype=torch.float64), draw.mask(N_Q, N_K))),))]


def _half(draw: Draw) -> list[Probe]:
    mask = mask_with_empty_rows(draw, N_Q, N_K)
    calls = [
        Call(NAME, (*_inputs(draw, BATCH, dtype=dtype), mask), save=str(dtype).removeprefix("torch."))
        for dtype in (torch.float16, torch.bfloat16)
    ]
    return [Probe(tuple(calls), ("float16", "bfloat16"))]


def _half_large(draw: Draw) -> list[Probe]:
    """All dot products exceed 65,504, also after the division by sqrt(d_k), and all are exact in float32.

    "float16" and "bfloat16": 15 of 16 features are the same for all keys, so that scores of 80,000 differ by a few.
    "largest": one key takes all the weight, however its score is rounded in float32.
    """
    calls = []
    for dtype in (torch.float16, torch.bfloat16):
        q, base = draw.integers(136, 161, N_Q, 16).to(dtype), draw.integers(136, 161, 1, 16).to(dtype)
        k = base.repeat(N_K, 1)
        signs = 2 * draw.integers(0, 2, N_Q) - 1
        q[:, -1], k[:, -1] = signs * draw.integers(8, 17, N_Q) / 4, (draw.permutation(33)[:N_K] - 16) / 4
        v = draw.normal(N_K, D_V, scale=100.0, dtype=dtype)
        calls.append(Call(NAME, (q, k, v), save=str(dtype).removeprefix("torch.")))

    def make() -> Inputs:
        q, k = draw.integers(5_000, 10_001, N_Q, D_K), draw.integers(5_000, 10_001, N_K, D_K)
        return q.half(), k.half(), draw.normal(N_K, D_V, scale=3_000.0).clamp(-10_000, 10_000).half()

    largest = draw.until(make, lambda qkv: well_separated(qkv[0].double() @ qkv[1].double().T / 2, FROM_FLOAT16))
    return [Probe(tuple(calls), ("float16", "bfloat16")), Probe((Call(NAME, largest, save="largest"),), ("largest",))]


def _backward(draw: Draw, mask: torch.Tensor | None) -> Probe:
    lets = tuple(Let(name, x, requires_grad=True) for name, x in zip("qkv", _inputs(draw, BATCH), strict=True))
    call = Call(NAME, (Ref("q"), Ref("k"), Ref("v"), mask))
    steps: tuple[Step, ...] = (*lets, call, Backward("out", draw.normal(BATCH, N_Q, D_V)))
    return Probe(steps, ("out", "q.grad", "k.grad", "v.grad"))


def _gradients(draw: Draw) -> list[Probe]:
    return [_backward(draw, draw.mask(BATCH, N_Q, N_K))]


def _gradients_nothing_allowed(draw: Draw) -> list[Probe]:
    return [_backward(draw, mask_with_empty_rows(draw, N_Q, N_K))]


def _untouched(draw: Draw) -> list[Probe]:
    q, k, v = _inputs(draw, BATCH)
    lets = (
        Let("q", q),
        Let("k_turned", k.mT.contiguous()),
        Let("v", v),
        Let("mask", mask_with_empty_rows(draw, N_Q, N_K)),
    )
    turned = Call(Ref("k_turned.transpose"), (1, 2), save="k")
    call = Call(NAME, (Ref("q"), Ref("k"), Ref("v"), Ref("mask")))
    return [Probe((*lets, turned, call), ("out", "q", "k_turned", "v", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    plain = Call(NAME, _inputs(draw, BATCH), save="plain")
    masked = Call(NAME, (*_inputs(draw, BATCH, HEADS), draw.mask(N_Q, N_K)), save="masked")
    return [Probe((plain, masked), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    sizes = {"short": (2, N_Q, N_K), "long": (9, 11, 13)}
    calls = [
        Call(NAME, (*_inputs(draw, batch, n_q=n_q, n_k=n_k), draw.mask(n_q, n_k)), save=save, count="operators")
        for save, (batch, n_q, n_k) in sizes.items()
    ]
    return [counted(*calls)]


ROUNDINGS = Tolerance(32, "products of 4, a softmax over 5 keys, a sum of 5: a few roundings; 10 times that", length=5)
SATURATED = Tolerance(8, "one key takes all the weight: what rounds is a score, and that moves no weight")
BACKWARD = Tolerance(64, "as forward, and back through each of its steps", length=5)

CHECKS = (
    Check("values", "Without a mask: for one sequence, a batch, and a batch of heads.", _values, ROUNDINGS, weight=3),
    Check("self-attention", "With as many queries as keys, and a mask.", _self_attention, ROUNDINGS),
    Check("mask", "Each query attends only to the keys where the mask is True.", _mask, ROUNDINGS, weight=2),
    Check("mask broadcasting", "The mask may be any shape that broadcasts to (..., n_q, n_k).", _broadcast, ROUNDINGS),
    Check(
        "nothing allowed",
        "A query that may attend to nothing gets zeros; the others are as ever.",
        _nothing_allowed,
        ROUNDINGS,
        weight=2,
    ),
    Check(
        "large scores", "Inputs up to 10,000 in size must give neither NaN nor infinity.", _large, SATURATED, weight=2
    ),
    Check("float64", "float64 inputs give a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check(
        "half precision",
        "float16 and bfloat16 inputs keep their dtype, also where a mask is filled in.",
        _half,
        Tolerance(3, "scores and weights may be rounded to the inputs' dtype at each step", length=5),
        narrow=HALF_IS_NARROW,
    ),
    large_scores_in_half_precision(_half_large, narrow=HALF_IS_NARROW),
    Check("gradients", "Gradients flow back to q, k and v.", _gradients, BACKWARD),
    Check(
        "gradients, nothing allowed",
        "Gradients are finite also where a query may attend to nothing.",
        _gradients_nothing_allowed,
        BACKWARD,
    ),
    Check(
        "inputs untouched", "q, k, v and mask stay as they were, and may be transposed views.", _untouched, ROUNDINGS
    ),
    Check("any device", "New tensors belong on q's device, and values are not read into Python.", _devices, ROUNDINGS),
    Check(
        "no loops", "Whole tensors at once: no loop over queries, keys or the batch.", _steady, ROUNDINGS, steady=True
    ),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    rules=(TORCH_ATTENTION,),
    axes=("... q d", "... k d", "... k v"),
    same_sizes={"self-attention": "transposed scores or weights show where the shapes fit, elsewhere they just raise"},
)
