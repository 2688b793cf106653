"""A MultiHeadAttention in small steps, and the known wrong ways to make its parameters, heads and weights; what a
student reads is in `misconceptions`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .._shared import MINUS_INFINITY


class Steps(nn.Module):
    """A right module in small steps; each mistake below replaces one of them."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        self.check(d_model, n_heads)
        self.n_heads, self.d_model, self.d_head = n_heads, d_model, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def check(self, d_model: int, n_heads: int) -> None:
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        context = x if context is None else context
        q, k, v = (self.split(t) for t in self.project(x, context))
        weights = self.weigh(self.scores(q, k), self.spread(mask))
        return self.finish(self.merge((weights @ v.to(weights.dtype)).to(v.dtype)), mask)

    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.q_proj(x), self.k_proj(context), self.v_proj(context)

    def split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:-1], self.n_heads, self.d_head).transpose(1, 2)  # (B, H, T, d)

    def products(self, q: Tensor, k: Tensor) -> Tensor:
        wide = torch.promote_types(q.dtype, torch.float32)
        return q.to(wide) @ k.to(wide).mT

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / math.sqrt(self.d_head)  # (B, H, T, S)

    def spread(self, mask: Tensor | None) -> Tensor | None:
        return mask if mask is None or mask.dim() == 2 else mask.unsqueeze(1)

    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores.masked_fill(~mask, MINUS_INFINITY)
        return torch.nan_to_num(scores.softmax(-1))

    def merge(self, heads: Tensor) -> Tensor:
        return heads.transpose(1, 2).flatten(2)  # (B, T, D)

    def finish(self, merged: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.out_proj(merged)
        return out


# ---- parameters -----------------------------------------------------------------------------------------------


class OtherNames(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.w_q, self.w_k, self.w_v, self.w_o = self.q_proj, self.k_proj, self.v_proj, self.out_proj
        del self.q_proj, self.k_proj, self.v_proj, self.out_proj


class OneInputProjection(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        del self.q_proj, self.k_proj, self.v_proj
        self.qkv_proj = nn.Linear(d_model, 3 * d_model, bias=bias)


class AlwaysBias(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, True)


class OutputAlwaysBias(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.out_proj = nn.Linear(d_model, d_model)


class NarrowProjections(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d_model, self.d_head, bias=bias) for _ in range(3))
        self.out_proj = nn.Linear(self.d_head, d_model, bias=bias)


class NoInputBias(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d_model, d_model, bias=False) for _ in range(3))


class LearnedScale(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.scale = nn.Parameter(torch.tensor(1 / math.sqrt(self.d_head)))

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) * self.scale


class OneHeadRefused(Steps):
    def check(self, d_model: int, n_heads: int) -> None:
        if n_heads < 2 or d_model % n_heads:
            raise ValueError("n_heads must divide d_model")


class NeverComplains(Steps):
    def check(self, d_model: int, n_heads: int) -> None:
        pass


class Asserts(Steps):
    def check(self, d_model: int, n_heads: int) -> None:
        assert d_model % n_heads == 0


# ---- heads ----------------------------------------------------------------------------------------------------


class SplitWithoutTranspose(Steps):
    def split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], self.n_heads, x.shape[1], self.d_head)


class MergedWithoutTranspose(Steps):
    def merge(self, heads: Tensor) -> Tensor:
        return heads.reshape(heads.shape[0], heads.shape[2], self.d_model)


class InterleavedHeads(Steps):
    def split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:-1], self.d_head, self.n_heads).permute(0, 3, 1, 2)


class InterleavedBothWays(InterleavedHeads):
    def merge(self, heads: Tensor) -> Tensor:
        return heads.permute(0, 2, 3, 1).reshape(heads.shape[0], heads.shape[2], self.d_model)


class OneHead(Steps):
    def split(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / math.sqrt(self.d_model)


# ---- scores and weights ---------------------------------------------------------------------------------------


class ScaledByModelWidth(Steps):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / math.sqrt(self.d_model)


class ScaledTwice(Steps):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / self.d_head


class ScaledByTwo(Steps):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / 2.0


class RootRounded(Steps):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k) / math.isqrt(self.d_head)


class NotScaled(Steps):
    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return self.products(q, k)


class OverQueries(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores.masked_fill(~mask, MINUS_INFINITY)
        return torch.nan_to_num(scores.softmax(-2))


class OverHeads(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores.masked_fill(~mask, MINUS_INFINITY)
        return torch.nan_to_num(scores.softmax(1))


class DropoutOnWeights(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return nn.functional.dropout(super().weigh(scores, mask), 0.1, self.training)


class NoMaximum(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        powers = scores.exp()
        if mask is not None:
            powers = powers.masked_fill(~mask, 0.0)
        total = powers.sum(-1, keepdim=True)
        return powers / total.masked_fill(total == 0, 1.0)
