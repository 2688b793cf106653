"""Held-out corpus for scaled_dot_product_attention: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

_HALF = (torch.float16, torch.bfloat16)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in _HALF else x


def _scores(q: Tensor, k: Tensor) -> Tensor:
    """q k^T / sqrt(d_k), in float32 for half precision."""
    return (_wide(q) / math.sqrt(q.shape[-1])) @ _wide(k).mT


def _masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the allowed keys, zeros where there are none."""
    if mask is None:
        return torch.softmax(scores, dim=-1)
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
    return weights.masked_fill(~mask, 0)


# ---------------------------------------------------------------- wrong


def without_scale(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Plain dot products, not divided by sqrt(d_k): differs for d_k > 1."""
    return (_masked_softmax(_wide(q) @ _wide(k).mT, mask) @ _wide(v)).to(q.dtype)


def scaled_by_value_width(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Divides by sqrt(d_v): right as long as d_v = d_k, as in most examples."""
    scores = _wide(q) @ _wide(k).mT / math.sqrt(v.shape[-1])
    return (_masked_softmax(scores, mask) @ _wide(v)).to(q.dtype)


def divided_by_width(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Divides by d_k, not by its root: differs for d_k > 1."""
    scores = _wide(q) @ _wide(k).mT / q.shape[-1]
    return (_masked_softmax(scores, mask) @ _wide(v)).to(q.dtype)


def integer_root(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Rounds the root down (math.isqrt): right for d_k = 1, 4, 16, 64, wrong for d_k = 8 or 32."""
    scores = _wide(q) @ _wide(k).mT / math.isqrt(q.shape[-1])
    return (_masked_softmax(scores, mask) @ _wide(v)).to(q.dtype)


def fill_of_minus_fifty(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Fills with -50: where the allowed scores are near -100 themselves, all weight goes to the forbidden keys."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(scores.masked_fill(~mask, -50.0), dim=-1)
    out = weights @ _wide(v)
    return out.masked_fill(~mask.any(-1, keepdim=True), 0).to(q.dtype)


def fill_of_minus_ten_thousand(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Fills with -1e4, which fits in float16: allowed scores of -1e5 (q and k near 300) lose to the forbidden keys."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(torch.where(mask, scores, torch.full_like(scores, -1e4)), dim=-1)
    alive = mask.any(dim=-1, keepdim=True)
    return torch.where(alive, weights @ _wide(v), 0.0).to(q.dtype)


def fill_of_minus_billion(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Fills with -1e9: q = 10,000 and k = -10,000 at d_k = 256 make allowed scores of -1.6e9, below the forbidden ones."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1)
    return (weights * mask.any(-1, keepdim=True) @ _wide(v)).to(q.dtype)


def large_negative_added(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Adds -1e9 to forbidden scores: at d_k = 256 a forbidden one of +1.6e9 (q = k = 10,000) still wins over an allowed 0."""
    scores = _scores(q, k)
    if mask is not None:
        scores = scores + (~mask).to(scores.dtype) * -1e9
    weights = torch.softmax(scores, dim=-1)
    if mask is not None:
        weights = weights * mask.any(-1, keepdim=True)
    return (weights @ _wide(v)).to(q.dtype)


def average_for_empty_rows(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Fills with the dtype's least number and stops there: a query that may attend to nothing gets the mean of v, not zeros."""
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)


def nan_repaired_afterwards(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Adds a mask of 0 and -inf and turns the NaN of empty rows into 0: values right, but gradients of q and k are NaN then."""
    scores = _scores(q, k)
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, -math.inf)
    weights = torch.nan_to_num(torch.softmax(scores, dim=-1), nan=0.0)
    return (weights @ _wide(v)).to(q.dtype)


def output_selected_where_alive(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """torch.where over a NaN output: zeros for an empty row, but 0 * NaN = NaN in the gradient of v."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    out = torch.softmax(scores.masked_fill(~mask, -math.inf), dim=-1) @ _wide(v)
    return torch.where(mask.any(-1, keepdim=True), out, torch.zeros_like(out)).to(q.dtype)


def mask_after_softmax(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Masks the weights after the softmax and does not normalise again: rows with a forbidden key sum to less than 1."""
    weights = torch.softmax(_scores(q, k), dim=-1)
    if mask is not None:
        weights = weights * mask
    return (weights @ _wide(v)).to(q.dtype)


def renormalised_after_softmax(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Masks after the softmax and normalises again: where a forbidden score is 120 above all allowed ones nothing is left."""
    weights = torch.softmax(_scores(q, k), dim=-1)
    if mask is not None:
        weights = weights * mask
        total = weights.sum(-1, keepdim=True)
        weights = weights / torch.where(total > 0, total, torch.ones_like(total))
    return (weights @ _wide(v)).to(q.dtype)


def mask_read_as_forbidden(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Reads True as 'may not attend', as nn.MultiheadAttention does: differs for every mask."""
    return (_masked_softmax(_scores(q, k), None if mask is None else ~mask) @ _wide(v)).to(q.dtype)


def half_products(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Multiplies q and k in their own dtype, widens only the softmax: in float16 a product above 65,504 (q, k near 300) gives NaN."""
    scores = (q @ k.mT) / math.sqrt(q.shape[-1])
    return (_masked_softmax(_wide(scores), mask) @ _wide(v)).to(q.dtype)


def half_softmax_with_python_fill(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Goes back to the input's dtype before it masks: in float16 scores beyond 65,504 are infinite by then, NaN."""
    scores = _scores(q, k).to(q.dtype)
    return _masked_softmax(scores, mask) @ v


def masks_with_two_more_axes(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Gives a 2-D mask a batch and a head axis: right for (B, H, n, d), but (n, d) comes back with two extra dims."""
    if mask is not None and mask.dim() == 2:
        mask = mask[None, None]
    return (_masked_softmax(_scores(q, k), mask) @ _wide(v)).to(q.dtype)


def causal_when_square(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Takes n_q = n_k without a mask for a decoder and hides the future: differs for every square case without mask."""
    n_q, n_k = q.shape[-2], k.shape[-2]
    if mask is None and n_q == n_k:
        mask = torch.ones(n_q, n_k, dtype=torch.bool, device=q.device).tril()
    return (_masked_softmax(_scores(q, k), mask) @ _wide(v)).to(q.dtype)


def single_query_sees_all(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Drops the mask for n_q = 1 ('the last token sees everything'): wrong for one query and a padding mask."""
    if q.shape[-2] == 1:
        mask = None
    return (_masked_softmax(_scores(q, k), mask) @ _wide(v)).to(q.dtype)


def empty_rows_assigned(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Sets empty rows by out[~mask.any(-1)] = 0: raises or hits the batch axis for an (n_q, n_k) mask with batched q."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
    out = weights @ _wide(v)
    out[~mask.any(-1)] = 0
    return out.to(q.dtype)


def empty_mask_checked_in_python(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Asks in Python whether some row is empty before it clears it: reads a value, so it fails on meta."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
    if not mask.any(dim=-1).all():
        weights = weights.masked_fill(~mask, 0)
    return (weights @ _wide(v)).to(q.dtype)


def rows_called_dead_by_score(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Calls a row empty when its best score is below -1e6: a row without any mask and scores of -1e7 gets zeros."""
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    dead = scores.amax(-1, keepdim=True) < -1e6
    return (torch.softmax(scores, dim=-1).masked_fill(dead, 0) @ _wide(v)).to(q.dtype)


def library_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Calls F.scaled_dot_product_attention, which the contract rules out, for every input."""
    out = F.scaled_dot_product_attention(_wide(q), _wide(k), _wide(v), attn_mask=mask)
    if mask is not None:
        out = out.masked_fill(~mask.any(-1, keepdim=True), 0)
    return out.to(q.dtype)


def one_query_after_another(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Loops over the queries: right values, but the number of torch calls grows with n_q."""
    if mask is not None:
        mask = mask.expand(torch.broadcast_shapes(mask.shape, (q.shape[-2], k.shape[-2])))
    rows = []
    for i in range(q.shape[-2]):
        here = None if mask is None else mask[..., i : i + 1, :]
        rows.append(_masked_softmax(_scores(q[..., i : i + 1, :], k), here) @ _wide(v))
    return torch.cat(rows, dim=-2).to(q.dtype)


def output_and_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Returns the pair (output, weights), as many tutorials do, in place of the output, for every input."""
    weights = _masked_softmax(_scores(q, k), mask)
    return (weights @ _wide(v)).to(q.dtype), weights


def query_scaled_in_place(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Scales q in place (q.data): the caller's queries are smaller afterwards unless d_k = 1."""
    q.data.div_(math.sqrt(q.shape[-1]))
    return (_masked_softmax(_wide(q) @ _wide(k).mT, mask) @ _wide(v)).to(q.dtype)


def weights_without_gradient(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Computes the weights under no_grad: q and k get no gradient."""
    with torch.no_grad():
        weights = _masked_softmax(_scores(q, k), mask)
    return (weights @ _wide(v)).to(q.dtype)


def softmax_over_queries(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Normalises over dim -2, the queries: each key's weights sum to 1, each query's do not; one query gives the plain sum of v."""
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = torch.softmax(scores, dim=-2)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0)
    return (weights @ _wide(v)).to(q.dtype)


def exponentials_by_hand(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """exp(scores) * mask / sum without subtracting the maximum: NaN for scores above 88 in float32."""
    e = torch.exp(_scores(q, k))
    if mask is not None:
        e = e * mask
    total = e.sum(-1, keepdim=True)
    weights = e / total.masked_fill(total == 0, 1)
    return (weights @ _wide(v)).to(q.dtype)


def result_in_single_precision(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Computes in float32 and forgets to go back: float16, bfloat16 and float64 inputs come back as float32."""
    return _masked_softmax(_scores(q.float(), k.float()), mask) @ v.float()


def shift_by_forbidden_maximum(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Shifts by the maximum over all keys, forbidden ones too: where one of those is 120 above, 0/0 becomes zeros."""
    scores = _scores(q, k)
    e = torch.exp(scores - scores.amax(-1, keepdim=True))
    if mask is not None:
        e = e * mask
    weights = e / e.sum(-1, keepdim=True).clamp(min=1e-30)
    return (weights @ _wide(v)).to(q.dtype)


def empty_if_first_key_forbidden(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Tests only key 0 for 'may attend to nothing' (right under causal masks): wrong where padding stands on the left."""
    scores = _scores(q, k)
    if mask is None:
        return (torch.softmax(scores, dim=-1) @ _wide(v)).to(q.dtype)
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
    return (weights * mask[..., :1] @ _wide(v)).to(q.dtype)


# ---------------------------------------------------------------- right


def by_einsum_and_shifted_exponentials(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Right: everything by einsum in float32 or wider, exponentials shifted by the best allowed score."""
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = torch.einsum("...qd,...kd->...qk", q.to(wide) * q.shape[-1] ** -0.5, k.to(wide))
    allowed = (
        torch.ones_like(scores, dtype=torch.bool)
        if mask is None
        else mask.expand(torch.broadcast_shapes(mask.shape, scores.shape))
    )
    best = torch.where(allowed, scores, torch.finfo(wide).min).amax(-1, keepdim=True).detach()
    e = torch.where(allowed, scores - best, -torch.inf).exp()
    total = e.sum(-1, keepdim=True)
    total = total + (total == 0)
    return torch.einsum("...qk,...kd->...qd", e / total, v.to(wide)).to(q.dtype)


def with_a_silent_extra_key(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Right: an additional key whose value is zero, open only to queries that may attend to nothing else."""
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = torch.matmul(q.to(wide), k.to(wide).transpose(-2, -1)).div(math.sqrt(k.size(-1)))
    if mask is None:
        return scores.softmax(-1).matmul(v.to(wide)).to(v.dtype)
    scores = torch.where(mask, scores, -math.inf)
    empty = ~mask.any(dim=-1, keepdim=True)
    extra = torch.where(empty, 0.0, -math.inf).to(wide)
    extra = extra.expand(*scores.shape[:-1], 1)
    weights = torch.cat((scores, extra), dim=-1).softmax(-1)[..., :-1]
    return weights.matmul(v.to(wide)).to(v.dtype)


def all_in_double(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Right: in float64 throughout; empty rows are opened to all keys for the softmax and multiplied by 0 after it."""
    a, b, c = (t.to(torch.float64) for t in (q, k, v))
    logits = (a.unsqueeze(-2) * b.unsqueeze(-3)).sum(-1) / a.shape[-1] ** 0.5
    if mask is None:
        return (torch.softmax(logits, -1).unsqueeze(-1) * c.unsqueeze(-3)).sum(-2).to(q.dtype)
    some = mask.any(-1, True)
    weights = logits.masked_fill(mask.logical_not() & some, float("-inf")).softmax(-1).mul(some)
    return torch.matmul(weights, c).to(q.dtype)


def nan_cleared_after_filling(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Right: filled with -inf, NaN weights of empty rows cleared; masked_fill stops their NaN in the backward pass as well."""
    scores = _wide(q).matmul(_wide(k).mT).mul(q.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -math.inf)
    weights = scores.softmax(dim=-1).nan_to_num(nan=0.0)
    return weights.matmul(_wide(v)).type_as(v)


WRONG = (
    without_scale,
    scaled_by_value_width,
    divided_by_width,
    integer_root,
    fill_of_minus_fifty,
    fill_of_minus_ten_thousand,
    fill_of_minus_billion,
    large_negative_added,
    average_for_empty_rows,
    nan_repaired_afterwards,
    output_selected_where_alive,
    mask_after_softmax,
    renormalised_after_softmax,
    mask_read_as_forbidden,
    half_products,
    half_softmax_with_python_fill,
    masks_with_two_more_axes,
    causal_when_square,
    single_query_sees_all,
    empty_rows_assigned,
    empty_mask_checked_in_python,
    rows_called_dead_by_score,
    library_attention,
    one_query_after_another,
    output_and_weights,
    query_scaled_in_place,
    weights_without_gradient,
    softmax_over_queries,
    exponentials_by_hand,
    result_in_single_precision,
    shift_by_forbidden_maximum,
    empty_if_first_key_forbidden,
)
RIGHT = (by_einsum_and_shifted_exponentials, with_a_silent_extra_key, all_in_double, nan_cleared_after_filling)
