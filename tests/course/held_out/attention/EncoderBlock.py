"""Held-out corpus for EncoderBlock: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MultiHeadAttention(nn.Module):
    """A right one, needed by the blocks."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"{n_heads} heads do not divide a width of {d_model}")
        self.n_heads, self.d_head = n_heads, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.n_heads, self.d_head)).transpose(-3, -2)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = self._split(self.q_proj(x)), self._split(self.k_proj(source)), self._split(self.v_proj(source))
        scores = (q / math.sqrt(self.d_head)) @ k.mT
        if mask is None:
            weights = torch.softmax(scores, dim=-1)
        else:
            mask = mask if mask.dim() == 2 else mask.unsqueeze(1)
            weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
            weights = weights.masked_fill(~mask, 0)
        return self.out_proj((weights @ v).transpose(-3, -2).flatten(-2))


class _Encoder(nn.Module):
    """A right one; most of the wrong ones exchange its parts or its forward."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.attn = MultiHeadAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attn(self.norm1(x), mask=mask)
        return x + self.ff(self.norm2(x))


# ---------------------------------------------------------------- wrong


class PostNorm(_Encoder):
    """Normalises after each residual sum, as the first transformer: differs for every input."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.norm1(x + self.attn(x, mask=mask))
        return self.norm2(x + self.ff(x))


class ResidualOfTheNormed(_Encoder):
    """Adds the normed x in place of x itself: differs for every x that is not normed already."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.norm1(x)
        x = x + self.attn(x, mask=mask)
        x = self.norm2(x)
        return x + self.ff(x)


class TanhGelu(_Encoder):
    """Uses GELU's tanh form: 1e-4 off the exact one wherever a hidden unit is near +-2."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.ff[1] = nn.GELU(approximate="tanh")


class ReluInside(_Encoder):
    """Uses ReLU in the feed-forward part: differs for every input."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.ff[1] = nn.ReLU()


class OneNormForBoth(_Encoder):
    """norm2 is norm1 itself: the same at first, wrong as soon as their weights differ (a state dict, one training step)."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm2 = self.norm1


class MaskNotPassedOn(_Encoder):
    """Takes the mask and forgets it: differs for every mask that forbids something."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.ff(self.norm2(x))


class MaskInverted(_Encoder):
    """Passes on ~mask, reading True as padding: differs for every mask."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, None if mask is None else ~mask)


class DropoutWhileTraining(_Encoder):
    """Drops a tenth of each branch, as nn.TransformerEncoderLayer does by default: a new block (training mode) is random."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + F.dropout(self.attn(self.norm1(x), mask=mask), 0.1, self.training)
        return x + F.dropout(self.ff(self.norm2(x)), 0.1, self.training)


class DropoutLayerInSequence(_Encoder):
    """Puts Dropout(0.1) into ff: ff.2 is no Linear any more, so no state dict of the contract's names fits."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Dropout(0.1), nn.Linear(d_ff, d_model))


class SecondResidualFromTheStart(_Encoder):
    """Adds the feed-forward part to the block's input: the direct path of the attention is lost."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = x + self.attn(self.norm1(x), mask=mask)
        return x + self.ff(self.norm2(y))


class NoResidualAroundFeedForward(_Encoder):
    """Returns ff(norm2(x)) alone: differs for every input."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attn(self.norm1(x), mask=mask)
        return self.ff(self.norm2(x))


class BranchesInParallel(_Encoder):
    """Attention and feed-forward both read the block's input (GPT-J): differs for every input."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x + self.attn(self.norm1(x), mask=mask) + self.ff(self.norm2(x))


class SmallerEpsilon(_Encoder):
    """LayerNorm with eps 1e-12, as in BERT: visible for rows whose spread is near 1e-3."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1, self.norm2 = nn.LayerNorm(d_model, eps=1e-12), nn.LayerNorm(d_model, eps=1e-12)


class NormWithoutParameters(_Encoder):
    """LayerNorm without weight and bias: right at first, but the parameters are missing."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1 = nn.LayerNorm(d_model, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(d_model, elementwise_affine=False)


class KeysNotNormed(_Encoder):
    """Norms the queries only, keys and values come from x as it is: differs for every x that is not normed."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = x + self.attn(self.norm1(x), x, mask)
        return x + self.ff(self.norm2(x))


class AddedInPlace(_Encoder):
    """x += attention: the caller's x holds half the result afterwards; a leaf that needs gradients raises."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x += self.attn(self.norm1(x), mask=mask)
        return x + self.ff(self.norm2(x))


class WidthAlwaysFourfold(_Encoder):
    """Ignores d_ff and takes 4 d_model: other parameters for d_ff = 7."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, 4 * d_model)


class AlwaysCausal(_Encoder):
    """Adds a causal mask, as if it were a decoder: differs for every T > 1."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        t = x.shape[1]
        past = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        return super().forward(x, past if mask is None else past & mask)


class SquareMaskReadAsPadding(_Encoder):
    """Reads a 2-D mask as padding (B, T) where T equals the batch size: wrong for a (T, T) mask with T = B."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is not None and mask.dim() == 2 and mask.shape == x.shape[:2]:
            mask = mask.unsqueeze(1).expand(-1, x.shape[1], -1)
        return super().forward(x, mask)


class FirstMaskForAll(_Encoder):
    """Cuts a (B, T, T) mask down to its first: wrong where the masks of the batch differ."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, mask[0] if mask is not None and mask.dim() == 3 else mask)


class BlockAndMask(_Encoder):
    """Returns (x, mask), so that blocks can be chained in Sequential, in place of x."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        return super().forward(x, mask), mask


class DetachedResidual(_Encoder):
    """Detaches the residual path: values right, the gradient of x lacks its direct part."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        y = x.detach() + self.attn(self.norm1(x), mask=mask)
        return y + self.ff(self.norm2(y))


class NoBiasAnywhere(_Encoder):
    """Attention without biases: four parameters of the contract are missing, queries that see nothing give 0."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.attn = MultiHeadAttention(d_model, n_heads, bias=False)


class PaddingZeroed(_Encoder):
    """Sets the output of positions that may attend to nothing to zero: the residual x and the bias are lost there."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        out = super().forward(x, mask)
        return out if mask is None else out * mask.any(-1).unsqueeze(-1)


# ---------------------------------------------------------------- right


class _Residual:
    """A way to write x + f(norm(x))."""

    def __call__(self, x: Tensor, norm: nn.Module, branch: nn.Module, **extra: Tensor | None) -> Tensor:
        return torch.add(branch(norm(x), **extra), x)


class ByResidualHelper(_Encoder):
    """Right: both halves through one helper for x + f(norm(x))."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        residual = _Residual()
        return residual(residual(x, self.norm1, self.attn, context=None, mask=mask), self.norm2, self.ff)


class SumOfThreeBranches(nn.Module):
    """Right: written as a sum of three terms, the parts registered by name."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        ff = nn.Sequential()
        for name, layer in (("0", nn.Linear(d_model, d_ff)), ("1", nn.GELU("none")), ("2", nn.Linear(d_ff, d_model))):
            ff.add_module(name, layer)
        parts = dict(
            norm1=nn.LayerNorm((d_model,)),
            attn=MultiHeadAttention(d_model, n_heads),
            norm2=nn.LayerNorm((d_model,)),
            ff=ff,
        )
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = self.norm1(x)
        attended = self.attn(normed, normed, mask)
        changed = self.ff(self.norm2(x + attended))
        return torch.stack((x, attended, changed)).sum(0)


WRONG = (
    PostNorm,
    ResidualOfTheNormed,
    TanhGelu,
    ReluInside,
    OneNormForBoth,
    MaskNotPassedOn,
    MaskInverted,
    DropoutWhileTraining,
    DropoutLayerInSequence,
    SecondResidualFromTheStart,
    NoResidualAroundFeedForward,
    BranchesInParallel,
    SmallerEpsilon,
    NormWithoutParameters,
    KeysNotNormed,
    AddedInPlace,
    WidthAlwaysFourfold,
    AlwaysCausal,
    SquareMaskReadAsPadding,
    FirstMaskForAll,
    BlockAndMask,
    DetachedResidual,
    NoBiasAnywhere,
    PaddingZeroed,
)
RIGHT = (ByResidualHelper, SumOfThreeBranches)
