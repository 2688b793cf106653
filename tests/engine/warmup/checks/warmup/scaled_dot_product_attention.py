"""The checks of `scaled_dot_product_attention(q, k, v, mask=None)`: torch's own is forbidden.

3 queries and 5 keys of width 7, values of width 6, a batch of 2: no two sizes can be mistaken.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import (
    Backward,
    Bank,
    Call,
    Check,
    Counted,
    Draw,
    Let,
    Misconception,
    Probe,
    Ref,
    Tolerance,
    unsorted,
)  # fmt: skip  # names in a row read better than one a line

from ._shared import HALF_IS_NARROW, TORCH_ATTENTION, probe, variants

NAME = "scaled_dot_product_attention"
N_Q, N_K, D_K, D_V, BATCH = 3, 5, 7, 6, 2
FLOAT32 = torch.float32
Inputs = tuple[Tensor, Tensor, Tensor]


def oracle(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return scores.softmax(-1) @ v
    nothing = ~mask.any(-1, keepdim=True)
    weights = scores.masked_fill(~mask & ~nothing, -torch.inf).softmax(-1)
    return weights.masked_fill(nothing, 0.0) @ v


def _inputs(draw: Draw, *batch: int, n_q: int = N_Q, n_k: int = N_K, dtype: torch.dtype = FLOAT32) -> Inputs:
    q, k, v = (
        draw.until(lambda: draw.normal(*batch, *shape, dtype=dtype), unsorted)  # noqa: B023  # called at once
        for shape in ((n_q, D_K), (n_k, D_K), (n_k, D_V))
    )
    return q, k, v


def _mask(draw: Draw, *shape: int) -> Tensor:
    """A mask (..., n_q, n_k) in which the second query may attend to nothing."""
    mask = draw.mask(*shape)
    mask[..., 1, :] = False
    return mask


def _call(save: str, inputs: Inputs, mask: Tensor | None = None, *, count: Counted = "") -> Call:
    return Call(NAME, inputs, {} if mask is None else {"mask": mask}, save=save, count=count)


def _values(draw: Draw) -> list[Probe]:
    return [probe(_call("single", _inputs(draw)), _call("batch", _inputs(draw, BATCH)))]


def _masked(draw: Draw) -> list[Probe]:
    single = _call("single", _inputs(draw), draw.mask(N_Q, N_K))
    return [probe(single, _call("padding", _inputs(draw, BATCH), draw.mask(BATCH, 1, N_K)))]


def _nothing(draw: Draw) -> list[Probe]:
    return [probe(_call("out", _inputs(draw, BATCH), _mask(draw, N_Q, N_K)))]


def _separated(q: Tensor, k: Tensor, margin: float) -> bool:
    """Whether each query's best key leads by so much that rounding moves no weight; `margin` of the largest score."""
    scores = q.double() @ k.double().T / math.sqrt(D_K)
    best = scores.topk(2).values
    return bool((best[:, 0] - best[:, 1]).min() > max(30.0, margin * float(scores.abs().max())))


def _large(draw: Draw) -> list[Probe]:
    def make() -> tuple[Tensor, Tensor]:
        sizes = torch.tensor([[10_000.0], [-3_000.0], [300.0]])[draw.permutation(N_Q)]
        return draw.normal(N_Q, D_K).clamp(-1, 1) * sizes, draw.normal(N_K, D_K) * 10 + 20

    q, k = draw.until(make, lambda pair: _separated(*pair, margin=1e-4))  # float32 keeps 7 digits
    return [probe(_call("out", (q, k, draw.normal(N_K, D_V))))]


def _half(draw: Draw) -> list[Probe]:
    kinds = {"float16": torch.float16, "bfloat16": torch.bfloat16}
    calls = [_call(name, _inputs(draw, BATCH, dtype=kind), _mask(draw, N_Q, N_K)) for name, kind in kinds.items()]
    return [probe(*calls)]


def _half_large(draw: Draw) -> list[Probe]:
    """Dot products beyond 65,504, the largest float16; one key takes all the weight."""

    def make() -> tuple[Tensor, Tensor]:
        return draw.integers(5_000, 10_001, N_Q, D_K).half(), draw.integers(5_000, 10_001, N_K, D_K).half()

    q, k = draw.until(make, lambda pair: _separated(*pair, margin=2e-3))  # q and k may be scaled in float16
    v = draw.normal(N_K, D_V, scale=3_000.0).clamp(-10_000, 10_000).half()
    return [probe(_call("out", (q, k, v)))]


def _gradients(draw: Draw) -> list[Probe]:
    lets = [Let(name, x, requires_grad=True) for name, x in zip("qkv", _inputs(draw, BATCH), strict=True)]
    call = Call(NAME, (Ref("q"), Ref("k"), Ref("v"), _mask(draw, N_Q, N_K)))
    return [Probe((*lets, call, Backward("out", draw.normal(BATCH, N_Q, D_V))), ("out", "q.grad", "k.grad", "v.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    lets = [Let(name, x) for name, x in zip("qkv", _inputs(draw, BATCH), strict=True)]
    mask = Let("mask", _mask(draw, N_Q, N_K))
    call = Call(NAME, (Ref("q"), Ref("k"), Ref("v"), Ref("mask")))
    return [Probe((*lets, mask, call), ("out", "q", "k", "v", "mask"))]


def _devices(draw: Draw) -> list[Probe]:
    plain = _call("plain", _inputs(draw, BATCH))
    return [probe(plain, _call("masked", _inputs(draw, BATCH), draw.mask(N_Q, N_K)), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    sizes = {"short": (2, N_Q, N_K), "long": (9, 11, 13)}
    return [
        probe(*(
            _call(save, _inputs(draw, batch, n_q=n_q, n_k=n_k), draw.mask(n_q, n_k), count="operators")
            for save, (batch, n_q, n_k) in sizes.items()
        ))
    ]  # fmt: skip


# ---- right ----------------------------------------------------------------------------------------------------


def products(q: Tensor, k: Tensor) -> Tensor:
    wide = torch.promote_types(q.dtype, torch.float32)
    return q.to(wide) @ k.to(wide).mT


def mixed(scores: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    return (torch.nan_to_num(scores.softmax(-1)) @ v.to(scores.dtype)).to(v.dtype)


def by_nan_to_num(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return mixed(products(q, k) / math.sqrt(q.shape[-1]), v, mask)


def by_smallest_number(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = products(q, k) * k.shape[-1] ** -0.5
    if mask is None:
        return mixed(scores, v, None)
    weights = torch.where(mask, scores, torch.finfo(scores.dtype).min).softmax(-1)
    return (weights.masked_fill(~mask, 0.0) @ v.to(scores.dtype)).to(v.dtype)


def by_einsum(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = torch.einsum("...id,...jd->...ij", q.to(wide) / math.sqrt(q.shape[-1]), k.to(wide))
    return mixed(scores, v, mask)


# ---- wrong ----------------------------------------------------------------------------------------------------


def not_scaled(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return mixed(products(q, k), v, mask)


def divided_by_d_k(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return mixed(products(q, k) / q.shape[-1], v, mask)


def mask_ignored(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return by_nan_to_num(q, k, v)


def mask_inverted(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return by_nan_to_num(q, k, v, None if mask is None else ~mask)


def nan_when_empty(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = products(q, k) / math.sqrt(q.shape[-1])
    scores = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    return (scores.softmax(-1) @ v.to(scores.dtype)).to(v.dtype)


def no_maximum(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = products(q, k) / math.sqrt(q.shape[-1])
    powers = scores.exp() if mask is None else scores.exp() * mask
    total = powers.sum(-1, keepdim=True)
    return (powers / total.masked_fill(total == 0, 1.0) @ v.to(scores.dtype)).to(v.dtype)


def in_half_precision(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return mixed(q @ k.mT / math.sqrt(q.shape[-1]), v, mask)


def always_float32(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return by_nan_to_num(q, k, v, mask).float()


def detached(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return by_nan_to_num(q, k, v, mask).detach()


def input_edited(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    q /= math.sqrt(q.shape[-1])
    return mixed(products(q, k), v, mask)


def made_on_the_cpu(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    allowed = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool)
    return by_nan_to_num(q, k, v, allowed if mask is None else allowed & mask)


def loop_over_queries(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    masks = [None] * q.shape[-2] if mask is None else mask.expand(*mask.shape[:-2], q.shape[-2], -1).split(1, -2)
    rows = [by_nan_to_num(row, k, v, one) for row, one in zip(q.split(1, -2), masks, strict=True)]
    return torch.cat(rows, dim=-2)


def torch_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


TEXTS = {
    not_scaled: "Your weights are those of scores not divided by sqrt(d_k).",
    divided_by_d_k: "The scores are divided by d_k: divide by its square root.",
    mask_ignored: "The mask is not used.",
    mask_inverted: "The mask is read the wrong way round: True means that the query may attend to the key.",
    nan_when_empty: "A query that may attend to nothing gets NaN: make it zeros.",
    no_maximum: "exp is taken of the scores themselves and overflows: subtract each row's largest score first.",
    in_half_precision: "The dot products are computed in the inputs' dtype, and overflow in float16: use float32.",
    always_float32: "The result is always float32: keep the dtype of the inputs.",
    detached: "No gradient reaches the inputs: the result is cut from the graph.",
    input_edited: "You change q itself: work on a copy.",
    made_on_the_cpu: "A tensor is made on the CPU, wherever q is.",
    loop_over_queries: "There is a loop over queries: a product of matrices does all at once.",
    torch_attention: TORCH_ATTENTION.text,
}
ON_META = {made_on_the_cpu: "RuntimeError"}
MISCONCEPTIONS = tuple(Misconception(f.__name__, text, f, ON_META.get(f, "")) for f, text in TEXTS.items())

ROUNDINGS = Tolerance(32, "products of 7, a softmax over 5 keys, a sum of 5: a few roundings; 10 times that", length=7)
SATURATED = Tolerance(8, "one key takes all the weight: what rounds is a score, and that moves no weight")
BACKWARD = Tolerance(64, "as forward, and back through each of its steps", length=7)
HALF = Tolerance(3, "scores and weights may be rounded to the inputs' dtype at each step", length=7)
HALF_LARGE = Tolerance(8, "weights and result may be rounded to the inputs' dtype, the scores may not")

CHECKS = (
    Check("values", "Without a mask: for one sequence and a batch.", _values, ROUNDINGS, weight=3),
    Check("mask", "Each query attends only to the keys where the mask is True.", _masked, ROUNDINGS, weight=2),
    Check("nothing allowed", "A query that may attend to nothing gets zeros.", _nothing, ROUNDINGS, weight=2),
    Check("large scores", "Inputs up to 10,000 in size give neither NaN nor infinity.", _large, SATURATED, weight=2),
    Check("half precision", "float16 and bfloat16 inputs keep their dtype.", _half, HALF, narrow=HALF_IS_NARROW),
    Check(
        "half precision, large scores",
        "Dot products of float16 vectors may exceed 65,504, its largest number: compute them in float32.",
        _half_large,
        HALF_LARGE,
        narrow=HALF_IS_NARROW,
        aside=True,
    ),
    Check("gradients", "Gradients flow back to q, k and v, and are finite.", _gradients, BACKWARD),
    Check("inputs untouched", "q, k, v and mask stay as they were.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on q's device.", _devices, ROUNDINGS),
    Check("no loops", "Whole tensors at once: no loop over queries.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(
    NAME, oracle, CHECKS, MISCONCEPTIONS, variants(by_nan_to_num, by_smallest_number, by_einsum),
    rules=(TORCH_ATTENTION,), axes=("... q d", "... k d", "... k v"),
)  # fmt: skip  # in the order of the fields
