"""Right ways to write scaled_dot_product_attention; each must pass every check."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.checks import Variant


def minus_infinity_then_nan_to_num(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(wide) @ k.to(wide).transpose(-2, -1) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.nan_to_num(torch.softmax(scores, dim=-1))
    return (weights @ v.to(wide)).to(q.dtype)


def smallest_number_then_zero(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    half = q.dtype.itemsize == 2
    scores = torch.matmul(q.float(), k.float().mT) if half else torch.matmul(q, k.mT)
    scores = scores * q.shape[-1] ** -0.5
    if mask is None:
        return torch.softmax(scores, -1).to(v.dtype) @ v
    weights = torch.softmax(torch.where(mask, scores, torch.finfo(scores.dtype).min), dim=-1)
    return weights.masked_fill(~mask, 0.0).to(v.dtype) @ v


def einsum_in_float32(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    dtype = q.dtype
    if dtype in (torch.float16, torch.bfloat16):
        q, k, v = q.float(), k.float(), v.float()
    scores = torch.einsum("...id,...jd->...ij", q / math.sqrt(q.shape[-1]), k)
    if mask is not None:
        scores = scores.masked_fill(mask.logical_not(), -torch.inf)
        scores = scores.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)
    weights = scores.softmax(-1)
    if mask is not None:
        weights = weights * mask
    return torch.einsum("...ij,...jd->...id", weights, v).to(dtype)


def exponentials_by_hand(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    wide = torch.promote_types(q.dtype, torch.float32)
    scores = q.to(wide) @ k.to(wide).mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = torch.where(mask, scores, float("-inf"))
    top = scores.amax(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).min)
    powers = torch.exp(scores - top)
    total = powers.sum(-1, keepdim=True)
    return ((powers @ v.to(wide)) / total.masked_fill(total == 0, 1.0)).to(q.dtype)


def one_baddbmm(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    (*batch, n_q, d_k), n_k, d_v = q.shape, k.shape[-2], v.shape[-1]
    wide = torch.float64 if q.dtype == torch.float64 else torch.float32
    q3, k3, v3 = (x.to(wide).reshape(-1, *x.shape[-2:]) for x in (q, k, v))
    bias = q3.new_zeros(*batch, n_q, n_k)
    if mask is not None:
        bias = bias.masked_fill(~mask, torch.finfo(wide).min)
    scores = torch.baddbmm(bias.reshape(-1, n_q, n_k), q3, k3.mT, alpha=1 / math.sqrt(d_k))
    out = torch.bmm(torch.softmax(scores, dim=-1), v3).reshape(*batch, n_q, d_v).to(q.dtype)
    return out if mask is None else out * mask.any(-1, keepdim=True).to(out.dtype)


def scaled_on_both_sides(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    half = math.sqrt(1 / math.sqrt(q.shape[-1]))
    one = torch.ones((), dtype=torch.promote_types(q.dtype, torch.float32), device=q.device)
    scores = (q.type_as(one) * half) @ (k.type_as(one) * half).transpose(-1, -2)
    if mask is None:
        return (scores.softmax(dim=-1) @ v.type_as(one)).type_as(q)
    scores = scores + torch.zeros_like(scores).masked_fill(~mask, -torch.inf)
    nothing = ~mask.any(dim=-1, keepdim=True)
    weights = scores.masked_fill(nothing, 0.0).softmax(dim=-1)
    return (weights @ v.type_as(one)).masked_fill(nothing, 0.0).type_as(q)


def summed_by_broadcasting(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    wide = torch.promote_types(q.dtype, torch.float32)
    products = q.to(wide).unsqueeze(-2) * k.to(wide).unsqueeze(-3)  # (..., n_q, n_k, d_k)
    scores = products.sum(-1) / math.sqrt(k.shape[-1])
    allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand(scores.shape)
    scores = torch.where(allowed, scores, -torch.inf)
    powers = torch.exp(scores - scores.amax(-1, keepdim=True).nan_to_num(neginf=0.0))
    weights = powers / powers.sum(-1, keepdim=True).clamp(min=0.5)
    return (weights.unsqueeze(-1) * v.unsqueeze(-3)).sum(-2).to(v.dtype)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        minus_infinity_then_nan_to_num, smallest_number_then_zero, einsum_in_float32, exponentials_by_hand, one_baddbmm,
        scaled_on_both_sides, summed_by_broadcasting,
    )
)  # fmt: skip  # one line a family reads better than one a name
