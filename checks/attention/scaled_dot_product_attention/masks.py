"""The steps of scaled_dot_product_attention, and the known wrong ways to apply a mask; what a student reads is in
`misconceptions`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .._shared import MINUS_INFINITY


def _products(q: Tensor, k: Tensor) -> Tensor:
    """Dot products of queries and keys, in float32 at least."""
    wide = torch.promote_types(q.dtype, torch.float32)
    return q.to(wide) @ k.to(wide).mT


def _scores(q: Tensor, k: Tensor) -> Tensor:
    return _products(q, k) / math.sqrt(q.shape[-1])


def _mixed(weights: Tensor, v: Tensor) -> Tensor:
    return (weights @ v.to(weights.dtype)).to(v.dtype)


def _finish(scores: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The right end of the computation, for mistakes that stand before it."""
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    return _mixed(torch.nan_to_num(torch.softmax(scores, dim=-1)), v)


# ---- mask -----------------------------------------------------------------------------------------------------


def mask_ignored(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, None)


def mask_inverted(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, None if mask is None else ~mask)


def mask_after_softmax(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    weights = torch.softmax(_scores(q, k), dim=-1)
    return _mixed(weights if mask is None else weights.masked_fill(~mask, 0.0), v)


def masked_scores_zero(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    return _mixed(torch.softmax(scores if mask is None else scores.masked_fill(~mask, 0.0), dim=-1), v)


def mask_added(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    return _mixed(torch.softmax(scores if mask is None else scores + mask, dim=-1), v)


def filled_with_minus_billion(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    return torch.softmax(scores if mask is None else scores.masked_fill(~mask, -1e9), dim=-1) @ v


def filled_then_zeroed(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return torch.softmax(scores, dim=-1) @ v
    return torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1).masked_fill(~mask, 0.0) @ v


def uniform_when_empty(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return _mixed(torch.softmax(scores, dim=-1), v)


def nan_when_empty(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    return _mixed(torch.softmax(scores, dim=-1), v)


def nan_gradients(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, MINUS_INFINITY)
    return _mixed(torch.nan_to_num(torch.softmax(scores, dim=-1)), v)


def finite_fill(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is None:
        return _finish(scores, v, None)
    nothing = ~mask.any(-1, keepdim=True)
    return _mixed(scores.masked_fill(~mask, -1e4).softmax(-1).masked_fill(nothing, 0.0), v)


def large_number_subtracted(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is None:
        return _finish(scores, v, None)
    nothing = ~mask.any(-1, keepdim=True)
    return _mixed((scores - 1e9 * ~mask).softmax(-1).masked_fill(nothing, 0.0), v)


def normalized_again(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    weights = torch.softmax(_scores(q, k), dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)
        total = weights.sum(-1, keepdim=True)
        weights = weights / total.masked_fill(total == 0, 1.0)
    return _mixed(weights, v)


def zeros_chosen_at_the_end(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    if mask is None:
        return _finish(_scores(q, k), v, None)
    weights = _scores(q, k).masked_fill(~mask, MINUS_INFINITY).softmax(-1)
    return _mixed(weights, v).masked_fill(~mask.any(-1, keepdim=True), 0.0)


def rows_set_by_index(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is None:
        return _finish(scores, v, None)
    out = _mixed(scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1), v)
    out[~mask.any(dim=-1)] = 0.0
    return out


def empty_by_first_key(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    out = _finish(_scores(q, k), v, mask)
    return out if mask is None else out.masked_fill(~mask[..., :1], 0.0)


def empty_by_score(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return _mixed(scores.softmax(-1).masked_fill(scores.amax(-1, keepdim=True) < -1e6, 0.0), v)


def mask_given_two_axes(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, mask[None, None] if mask is not None and mask.dim() == 2 else mask)


def causal_when_square(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    square = mask is None and q.shape[-2] == k.shape[-2]
    return always_causal(q, k, v, mask) if square else _finish(_scores(q, k), v, mask)


def one_query_unmasked(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, None if q.shape[-2] == 1 else mask)


def always_causal(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    causal = torch.ones_like(scores, dtype=torch.bool).tril(scores.shape[-1] - scores.shape[-2])
    return _finish(scores, v, causal if mask is None else causal & mask)
