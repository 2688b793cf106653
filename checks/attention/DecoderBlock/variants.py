"""Right ways to write DecoderBlock, each with attentions of its own; each must pass every check."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Variant

from ..MultiHeadAttention.variants import Einsum, HeadsInTheBatch, OneProduct, SoftmaxInFloat32, Textbook


class ThreeLines(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.self_attn = Textbook(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.cross_attn = Textbook(d_model, n_heads)
        self.norm3 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        causal = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        x = x + self.self_attn(self.norm1(x), mask=causal)
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        x = x + self.ff(self.norm3(x))
        return x


class MaskOfTheBatch(nn.Module):
    """The causal mask as (B, T, T), by comparing positions; attentions that differ."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.self_attn, self.cross_attn = Einsum(d_model, n_heads), HeadsInTheBatch(d_model, n_heads)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model) for _ in range(3))
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model), nn.Dropout(0.0))

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        batch, length = x.shape[:2]
        position = torch.arange(length, device=x.device)
        causal = (position.unsqueeze(1) >= position).expand(batch, length, length)
        normed = self.norm1(x)
        x = self.self_attn(normed, normed, causal) + x
        x = self.cross_attn(self.norm2(x), context=memory, mask=memory_mask) + x
        return torch.add(self.ff(self.norm3(x)), x)


class NotTheFuture(nn.Module):
    """The opposite of the upper triangle; a causal mask of its own method."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d_model), nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.self_attn = HeadsInTheBatch(d_model, n_heads)
        self.cross_attn = HeadsInTheBatch(d_model, n_heads)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(approximate="none"), nn.Linear(d_ff, d_model))

    @staticmethod
    def causal(x: Tensor) -> Tensor:
        length = x.size(1)
        return ~torch.triu(x.new_ones(length, length), diagonal=1).bool()

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        looked_back: Tensor = self.self_attn(self.norm1(x), mask=self.causal(x))
        looked_back += x
        looked_over: Tensor = self.cross_attn(self.norm2(looked_back), memory, mask=memory_mask)
        looked_over += looked_back
        out: Tensor = self.ff(self.norm3(looked_over))
        out += looked_over
        return out


class Functional(nn.Module):
    """Norms and feed-forward by functions of the modules' parameters."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d_model), nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.self_attn, self.cross_attn = OneProduct(d_model, n_heads), SoftmaxInFloat32(d_model, n_heads)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        width, every = x.shape[-1:], torch.arange(x.shape[1], device=x.device)
        h = F.layer_norm(x, width, self.norm1.weight, self.norm1.bias)
        x = x + self.self_attn(h, None, every <= every[:, None])
        h = F.layer_norm(x, width, self.norm2.weight, self.norm2.bias)
        x = x + self.cross_attn(h, memory, memory_mask)
        h = F.layer_norm(x, width, self.norm3.weight, self.norm3.bias)
        h = F.gelu(F.linear(h, *self.ff[0].parameters()))
        out: Tensor = x + F.linear(h, *self.ff[2].parameters())
        return out


class Residuals(nn.Module):
    """One method adds what a part makes of its norm."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        for name in ("norm1", "norm2", "norm3"):
            self.add_module(name, nn.LayerNorm(d_model))
        for name in ("self_attn", "cross_attn"):
            self.add_module(name, SoftmaxInFloat32(d_model, n_heads))
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def added(self, x: Tensor, norm: str, part: str, *args: Tensor | None) -> Tensor:
        normed = self.get_submodule(norm)(x)
        out: Tensor = x + self.get_submodule(part)(normed, *args)
        return out

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        length = x.shape[1]
        causal = torch.ones((length, length), device=x.device).cumsum(0) > torch.arange(length, device=x.device)
        x = self.added(x, "norm1", "self_attn", None, causal)
        x = self.added(x, "norm2", "cross_attn", memory, memory_mask)
        return self.added(x, "norm3", "ff")


VARIANTS = tuple(
    Variant(module.__name__, module) for module in (ThreeLines, MaskOfTheBatch, NotTheFuture, Functional, Residuals)
)
