"""The checks of `scaled_dot_product_attention(q, k, v, mask=None)`.

Sizes in the fixtures: batch 2 (and 7 heads), 3 queries, 5 keys, d_k 6, d_v 8, so that no two can be mistaken; also one
query, one key, and other widths. Only where a root must be exact is d_k a square.
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
    telling_mask,
    well_separated,
)
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "scaled_dot_product_attention"
N_Q, N_K, D_K, D_V = 3, 5, 6, 8
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


def _inputs(
    draw: Draw,
    *batch: int,
    dtype: torch.dtype = torch.float32,
    n_q: int = N_Q,
    n_k: int = N_K,
    d_k: int = D_K,
    d_v: int = D_V,
) -> Inputs:
    """q (..., n_q, d_k), k (..., n_k, d_k), v (..., n_k, d_v); scores of size sqrt(d_k) before the division."""
    q, k = draw.normal(*batch, n_q, d_k, dtype=dtype), draw.normal(*batch, n_k, d_k, dtype=dtype)
    return q, k, draw.normal(*batch, n_k, d_v, dtype=dtype)


def _values(draw: Draw) -> list[Probe]:
    inputs = {
        "single": _inputs(draw),
        "batch": _inputs(draw, BATCH, d_k=11, d_v=7),
        "batch_of_one": _inputs(draw, 1),
        "heads": _inputs(draw, BATCH, HEADS),
        "one_query": _inputs(draw, BATCH, n_q=1),
        "one_key": _inputs(draw, BATCH, n_k=1),
    }
    return [Probe(tuple(Call(NAME, args, save=save) for save, args in inputs.items()), tuple(inputs))]


def _self_attention(draw: Draw) -> list[Probe]:
    masked = Call(NAME, _inputs(draw, BATCH, n_q=N_K), {"mask": telling_mask(draw, N_K, N_K)}, save="masked")
    return [Probe((masked, Call(NAME, _inputs(draw, BATCH, n_q=N_K), save="all")), ("masked", "all"))]


def _mask(draw: Draw) -> list[Probe]:
    single = (*_inputs(draw), telling_mask(draw, N_Q, N_K))
    batch, mask = _inputs(draw, BATCH), telling_mask(draw, BATCH, N_Q, N_K)
    calls = (
        Call(NAME, single, save="single"),
        Call(NAME, batch, {"mask": mask}, save="batch"),
        Call(NAME, (*_inputs(draw, BATCH, n_q=1), telling_mask(draw, 1, N_K)), save="one_query"),
    )
    return [Probe(calls, ("single", "batch", "one_query"))]


def _broadcast(draw: Draw) -> list[Probe]:
    heads = _inputs(draw, BATCH, HEADS)
    masks = {
        "queries_keys": telling_mask(draw, N_Q, N_K),
        "batch": telling_mask(draw, BATCH, 1, N_Q, N_K),
        "padding": telling_mask(draw, BATCH, 1, 1, N_K),
        "keys": telling_mask(draw, N_K),
        "heads": telling_mask(draw, HEADS, N_Q, N_K),
    }
    calls = tuple(Call(NAME, (*heads, mask), save=save) for save, mask in masks.items())
    return [Probe(calls, tuple(masks))]


def _nothing_allowed(draw: Draw) -> list[Probe]:
    single = (*_inputs(draw), mask_with_empty_rows(draw, N_Q, N_K))
    queries = torch.tensor([[True], [False], [False]])[draw.permutation(N_Q)]
    batch = (*_inputs(draw, BATCH), queries)
    return [Probe((Call(NAME, single, save="single"), Call(NAME, batch, save="queries")), ("single", "queries"))]


def _large(draw: Draw) -> list[Probe]:
    """Each row's best score leads clearly. Where a mask forbids it, the best one left is still far above 0."""

    def make() -> tuple[torch.Tensor, torch.Tensor]:
        sizes = torch.tensor([[10_000.0], [-3_000.0], [300.0]])[draw.permutation(N_Q)]
        return draw.normal(N_Q, D_K).clamp(-1, 1) * sizes, draw.normal(N_K, D_K) * 10 + 20

    def scores_of(pair: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        return (pair[0].double() @ pair[1].double().T) / math.sqrt(D_K)

    def good(pair: tuple[torch.Tensor, torch.Tensor]) -> bool:
        scores = scores_of(pair)
        best, second, third = scores.topk(3).values[2]
        led = bool(best > second + 150 > third + 300 > 450) and well_separated(scores)
        return led and bool(scores.abs().max() < 8e5) and float(scores[1].max()) > 150 and int(scores[2].argmax()) > 0

    q, k = draw.until(make, good)
    mask = torch.tensor([[True], [False], [True]]).repeat(1, N_K)
    mask[2, scores_of((q, k))[2].argmax()] = False
    calls = (Call(NAME, (q, k, draw.normal(N_K, D_V), m), save=name) for name, m in (("all", None), ("masked", mask)))
    return [Probe(tuple(calls), ("all", "masked")), Probe((_close_scores(draw, torch.float32, "close"),), ("close",))]


def _close_scores(draw: Draw, dtype: torch.dtype, save: str) -> Call:
    """15 of 16 features are the same for all keys, so that scores of 80,000 differ by a few; exact in float32."""

    def make() -> tuple[torch.Tensor, torch.Tensor]:
        q, base = draw.integers(136, 161, N_Q, 16).to(dtype), draw.integers(136, 161, 1, 16).to(dtype)
        k = base.repeat(N_K, 1)
        signs = 2 * draw.integers(0, 2, N_Q) - 1
        q[:, -1], k[:, -1] = signs * draw.integers(8, 17, N_Q) / 4, (draw.permutation(33)[:N_K] - 16) / 4
        return q, k

    def good(pair: tuple[torch.Tensor, torch.Tensor]) -> bool:  # float32 cannot hold the logarithm of each row's sum
        total = (pair[0].double() @ pair[1].double().T / 4).logsumexp(-1)
        return bool((total - total.float().double()).abs().max() > 2e-3)

    q, k = draw.until(make, good)
    return Call(NAME, (q, k, draw.normal(N_K, D_V, scale=100.0, dtype=dtype)), save=save)


WIDE = 150  # d_k for which products of 10,000 and -10,000 give scores below -1e9


def _far_below(draw: Draw) -> list[Probe]:
    """Scores near -1.2e9, near 0 and near 1.2e9; of each kind the best leads clearly.

    In row 0 all keys near 0 and above are forbidden, in row 1 those above; row 2 allows everything but the best. "all"
    has the low keys alone, without a mask.
    """
    order = draw.until(lambda: draw.permutation(6), lambda order: int(order[0]) > 1)  # row 0 may not see key 0
    size = torch.tensor([-9_900.0, -9_800.0, -40.0, 40.0, 9_800.0, 9_900.0])[order, None]
    mask = torch.stack([size[:, 0] < -1_000, size[:, 0] < 1_000, size[:, 0] < 9_850])
    q, k = 10_000.0 - draw.integers(0, 9, N_Q, WIDE), size + draw.integers(-9, 10, 6, WIDE)
    v = draw.normal(6, D_V, scale=3_000.0).clamp(-10_000, 10_000).half()
    low = mask[0].nonzero()[:, 0]
    calls = [
        Call(NAME, (q.to(dtype), k.to(dtype), v.to(dtype), mask), save=str(dtype).removeprefix("torch."))
        for dtype in (torch.float32, torch.float64, torch.float16)
    ]
    calls.append(Call(NAME, (q, k[low], v[low].float()), save="all"))
    return [Probe(tuple(calls), ("float32", "float64", "float16", "all"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (*_inputs(draw, BATCH, dtype=torch.float64), telling_mask(draw, N_Q, N_K))),))]


def _half(draw: Draw) -> list[Probe]:
    mask = mask_with_empty_rows(draw, N_Q, N_K)
    calls = [
        Call(NAME, (*_inputs(draw, BATCH, dtype=dtype), mask), save=str(dtype).removeprefix("torch."))
        for dtype in (torch.float16, torch.bfloat16)
    ]
    return [Probe(tuple(calls), ("float16", "bfloat16"))]


def _half_large(draw: Draw) -> list[Probe]:
    """All dot products exceed 65,504, also after the division by sqrt(d_k), and all are exact in float32.

    "float16" and "bfloat16": `_close_scores`. "largest": one key takes all the weight, however its score is rounded.
    """
    calls = [_close_scores(draw, dtype, str(dtype).removeprefix("torch.")) for dtype in (torch.float16, torch.bfloat16)]

    def make() -> Inputs:
        q, k = draw.integers(5_000, 10_001, N_Q, D_K), draw.integers(5_000, 10_001, N_K, D_K)
        return q.half(), k.half(), draw.normal(N_K, D_V, scale=3_000.0).clamp(-10_000, 10_000).half()

    def good(inputs: Inputs) -> bool:
        return well_separated(inputs[0].double() @ inputs[1].double().T / math.sqrt(D_K), FROM_FLOAT16)

    largest = draw.until(make, good)
    return [Probe(tuple(calls), ("float16", "bfloat16")), Probe((Call(NAME, largest, save="largest"),), ("largest",))]


def _backward(draw: Draw, mask: torch.Tensor | None) -> Probe:
    lets = tuple(Let(name, x, requires_grad=True) for name, x in zip("qkv", _inputs(draw, BATCH), strict=True))
    call = Call(NAME, (Ref("q"), Ref("k"), Ref("v"), mask))
    steps: tuple[Step, ...] = (*lets, call, Backward("out", draw.normal(BATCH, N_Q, D_V)))
    return Probe(steps, ("out", "q.grad", "k.grad", "v.grad"))


def _gradients(draw: Draw) -> list[Probe]:
    return [_backward(draw, telling_mask(draw, BATCH, N_Q, N_K))]


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
    heads = _inputs(draw, BATCH, HEADS)  # as split_heads gives them: positions before heads in memory
    across = [(name, value.transpose(1, 2).contiguous()) for name, value in zip("abc", heads, strict=True)]
    views = [Call(Ref(f"{name}.transpose"), (1, 2), save=f"{name}_view") for name, _ in across]
    others = (*(Let(name, value) for name, value in across), *views)
    other = Call(NAME, (Ref("a_view"), Ref("b_view"), Ref("c_view")), save="other")
    kept = ("out", "other", "q", "k_turned", "v", "mask", *(name for name, _ in across))
    return [Probe((*lets, turned, call, *others, other), kept)]


def _devices(draw: Draw) -> list[Probe]:
    plain = Call(NAME, _inputs(draw, BATCH), save="plain")
    mask = telling_mask(draw, BATCH, HEADS, N_Q, N_K)
    masked = Call(NAME, (*_inputs(draw, BATCH, HEADS), mask), save="masked")
    return [Probe((plain, masked), ("plain", "masked"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short, long = _inputs(draw, 2, 7), _inputs(draw, 5, 9, n_q=11, n_k=13, d_k=10, d_v=12)
    calls = (
        Call(NAME, (*short, telling_mask(draw, N_Q, N_K)), save="short", count="operators"),
        Call(NAME, (*long, telling_mask(draw, 11, 13)), save="long", count="operators"),
    )
    return [counted(*calls)]


ROUNDINGS = Tolerance(32, "products of 6, a softmax over 5 keys, a sum of 5: a few roundings; 10 times that", length=5)
SATURATED = Tolerance(16, "the scores are exact or one key takes all the weight: what rounds is the sum over values")
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
    Check(
        "far below",
        "Allowed scores may lie far below forbidden ones, and below any finite number in place of -inf.",
        _far_below,
        Tolerance(4, "one key takes all the weight: what rounds is a score, and that moves no weight"),
        aside=True,
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
