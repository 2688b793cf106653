"""Right ways to write EncoderBlock, each with an attention of its own; each must pass every check."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.checks import Variant

from ..MultiHeadAttention.variants import Einsum, HeadsInTheBatch, OneProduct, SoftmaxInFloat32, Textbook


class TwoLines(nn.Module):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attn = Textbook(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attn(self.norm1(x), mask=mask)
        x = x + self.ff(self.norm2(x))
        return x


class OtherOrderOfParts(nn.Module):
    """The parts made in another order, and dropout of 0."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model), nn.Dropout(dropout))
        self.attn = Einsum(d_model, n_heads)
        self.norm1, self.norm2 = nn.LayerNorm(d_model, eps=1e-5), nn.LayerNorm(d_model, eps=1e-5)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = self.norm1(x)
        middle = self.attn(normed, normed, mask) + x
        return torch.add(self.ff(self.norm2(middle)), middle)


class InPlaceOnItsOwn(nn.Module):
    """In-place sums, but never on x."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(d_model) for _ in range(2))
        self.attn = HeadsInTheBatch(d_model, n_heads)
        self.ff = nn.Sequential(
            OrderedDict([("0", nn.Linear(d_model, d_ff)), ("1", nn.GELU()), ("2", nn.Linear(d_ff, d_model))])
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        h: Tensor = self.attn(self.norm1(x), mask=mask)
        h += x
        out: Tensor = self.ff(self.norm2(h))
        out += h
        return out


class Functional(nn.Module):
    """Norms and feed-forward by functions of the modules' parameters."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attn = HeadsInTheBatch(d_model, n_heads)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = F.layer_norm(x, x.shape[-1:], self.norm1.weight, self.norm1.bias)
        middle = x + self.attn(normed, mask=mask)
        normed = F.layer_norm(middle, x.shape[-1:], self.norm2.weight, self.norm2.bias)
        hidden = F.linear(normed, *self.ff[0].parameters())
        hidden = 0.5 * hidden * (1 + torch.erf(hidden / math.sqrt(2)))
        out: Tensor = middle + F.linear(hidden, *self.ff[2].parameters())
        return out


class InHalves(nn.Module):
    """Each half in a method, with a residual around whatever it is given."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.attn = OneProduct(d_model, n_heads)
        self.ff = nn.Sequential()
        for layer in (nn.Linear(d_model, d_ff), nn.GELU(approximate="none"), nn.Linear(d_ff, d_model)):
            self.ff.append(layer)

    def attend(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.attn(self.norm1(x), mask=mask)
        return out

    def feed(self, x: Tensor) -> Tensor:
        flat: Tensor = self.ff(self.norm2(x).flatten(0, 1))
        return flat.reshape(x.shape)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        middle = x + self.attend(x, mask)
        return middle + self.feed(middle)


class SumOfThree(nn.Module):
    """x and what both halves add, summed at the end."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm((d_model,)), nn.LayerNorm((d_model,))
        self.attn = SoftmaxInFloat32(d_model, n_heads)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        attended = self.attn(self.norm1(x), None, mask)
        return torch.stack([x, attended, self.ff(self.norm2(x + attended))]).sum(0)


VARIANTS = tuple(
    Variant(module.__name__, module)
    for module in (TwoLines, OtherOrderOfParts, InPlaceOnItsOwn, Functional, InHalves, SumOfThree)
)
