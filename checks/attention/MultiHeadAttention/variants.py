"""Right ways to write MultiHeadAttention; each must pass every check."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Variant


class Projections(nn.Module):
    """The constructor that all of them share: four Linear, and heads that divide d_model."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)


def wide(x: Tensor) -> Tensor:
    """x in float32 where it is in half precision, whose largest number a dot product may exceed."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


class Textbook(Projections):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        context = x if context is None else context
        q, k, v = self._split(self.q_proj(x)), self._split(self.k_proj(context)), self._split(self.v_proj(context))
        scores = wide(q) @ wide(k).transpose(-2, -1) / math.sqrt(self.d_head)  # (B, H, T, S)
        if mask is not None:
            mask = mask.unsqueeze(1) if mask.dim() == 3 else mask
            scores = scores.masked_fill(~mask, float("-inf"))
        heads = torch.nan_to_num(torch.softmax(scores, dim=-1)).to(v.dtype) @ v  # (B, H, T, d)
        out: Tensor = self.out_proj(heads.transpose(1, 2).reshape(x.shape))
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.n_heads, self.d_head).transpose(1, 2)  # (B, H, T, d)


class Einsum(Projections):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = (
            projection(t).reshape(*t.shape[:-1], self.n_heads, self.d_head)
            for projection, t in [(self.q_proj, x), (self.k_proj, source), (self.v_proj, source)]
        )
        scores = torch.einsum("bthd,bshd->bhts", wide(q) * self.d_head**-0.5, wide(k))
        if mask is not None:
            allowed = mask.reshape(-1, 1, *mask.shape[-2:])  # (1 or B, 1, T, S)
            scores = torch.where(allowed, scores, torch.finfo(scores.dtype).min)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights * allowed
        out: Tensor = self.out_proj(torch.einsum("bhts,bshd->bthd", weights, wide(v)).flatten(2).to(v.dtype))
        return out


class HeadsInTheBatch(Projections):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = self._fold(self.q_proj(x)), self._fold(self.k_proj(source)), self._fold(self.v_proj(source))
        scores = torch.bmm(wide(q), wide(k).mT) / math.sqrt(self.d_head)  # (B H, T, S)
        if mask is not None:
            if mask.dim() == 3:
                mask = mask.repeat_interleave(self.n_heads, dim=0)
            scores = scores.masked_fill(~mask, -torch.inf)
        top = scores.amax(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).min)
        powers = (scores - top).exp()
        total = powers.sum(-1, keepdim=True)
        heads = torch.bmm(powers / total.masked_fill(total == 0, 1.0), wide(v)).to(v.dtype)  # (B H, T, d)
        heads = heads.reshape(x.shape[0], self.n_heads, -1, self.d_head).permute(0, 2, 1, 3)  # (B, T, H, d)
        out: Tensor = self.out_proj(heads.flatten(2))
        return out

    def _fold(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:-1], self.n_heads, self.d_head).permute(0, 2, 1, 3).flatten(0, 1)  # (B H, T, d)


class OneProduct(Textbook):
    """Keys and values in one product with both weights together."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        weight = torch.cat([self.k_proj.weight, self.v_proj.weight])
        bias = None if self.k_proj.bias is None else torch.cat([self.k_proj.bias, self.v_proj.bias])
        k, v = (self._split(t) for t in F.linear(source, weight, bias).chunk(2, dim=-1))
        scores = wide(self._split(self.q_proj(x))) @ wide(k).mT / math.sqrt(self.d_head)
        if mask is not None:
            scores = scores.masked_fill(~(mask if mask.dim() == 2 else mask[:, None]), -torch.inf)
        heads = (torch.nan_to_num(scores.softmax(-1)) @ wide(v)).to(v.dtype)
        out: Tensor = self.out_proj(heads.transpose(1, 2).flatten(2))
        return out


class SoftmaxInFloat32(Textbook):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = self._split(self.q_proj(x)), self._split(self.k_proj(source)), self._split(self.v_proj(source))
        root = math.sqrt(math.sqrt(self.d_head))
        scores = (wide(q) / root) @ (wide(k) / root).mT
        if mask is not None:
            allowed = mask if mask.dim() == 2 else mask.unsqueeze(1)
            scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(~allowed, 0.0)
        else:
            scores = scores.softmax(-1)
        out: Tensor = self.out_proj((scores.to(x.dtype) @ v).transpose(1, 2).reshape(x.shape))
        return out


VARIANTS = tuple(
    Variant(module.__name__, module) for module in (Textbook, Einsum, HeadsInTheBatch, OneProduct, SoftmaxInFloat32)
)
