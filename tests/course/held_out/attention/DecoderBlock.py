"""Held-out corpus for DecoderBlock: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


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


def _past(x: Tensor) -> Tensor:
    return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()


class _Decoder(nn.Module):
    """A right one; most of the wrong ones exchange its parts or its forward."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.self_attn = MultiHeadAttention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.cross_attn = MultiHeadAttention(d_model, n_heads)
        self.norm3 = nn.LayerNorm(d_model)
        self.ff = nn.Sequential(nn.Linear(d_model, d_ff), nn.GELU(), nn.Linear(d_ff, d_model))

    def self_mask(self, x: Tensor) -> Tensor | None:
        return _past(x)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=self.self_mask(x))
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))


# ---------------------------------------------------------------- wrong


class SelfAttentionSeesTheFuture(_Decoder):
    """No causal mask in the self-attention: every position but the last sees the future."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        return None


class CausalOnlyWhileTraining(_Decoder):
    """Causal in training mode only ('generation has no future'): in eval mode a whole sequence leaks."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        return _past(x) if self.training else None


class StrictlyCausal(_Decoder):
    """Hides the position itself too: position 0 may attend to nothing, the others miss themselves."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril(-1)


class CausalInverted(_Decoder):
    """The triangle of the future (torch's convention): each position sees itself and what follows."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu()


class MaskOnTheProcessor(_Decoder):
    """Builds the causal mask without a device: fails on meta and on a GPU."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()


class MaskAsBuffer(_Decoder):
    """Keeps a 16 x 16 causal mask as a buffer: sequences beyond 16 fail, the state dict has an entry too many."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.register_buffer("past", torch.ones(16, 16, dtype=torch.bool).tril())

    def self_mask(self, x: Tensor) -> Tensor | None:
        return self.past[: x.shape[1], : x.shape[1]]


class MemoryNormed(_Decoder):
    """Norms the memory with norm2 as well: differs for every memory that is not normed already."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        x = x + self.cross_attn(self.norm2(x), self.norm2(memory), memory_mask)
        return x + self.ff(self.norm3(x))


class MemoryAsksTheQuestions(_Decoder):
    """Queries from the memory, keys from x: an error for S different from T, wrong for equal lengths."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        x = x + self.cross_attn(memory, self.norm2(x), memory_mask)
        return x + self.ff(self.norm3(x))


class MemoryMaskForgotten(_Decoder):
    """Takes memory_mask and does not use it: differs where the memory is padded."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        return super().forward(x, memory)


class MemoryMaskInBothAttentions(_Decoder):
    """Where memory_mask is (T, T) it also restricts the self-attention: wrong for S = T with a mask."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        past = _past(x)
        if memory_mask is not None and memory_mask.shape == past.shape:
            past = past & memory_mask
        x = x + self.self_attn(self.norm1(x), mask=past)
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))


class CrossAttentionCausalForEqualLengths(_Decoder):
    """Makes the cross-attention causal where S = T and no mask is given: the memory's later part is lost."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        if memory_mask is None and memory.shape[1] == x.shape[1]:
            memory_mask = _past(x)
        return super().forward(x, memory, memory_mask)


class NormsExchanged(_Decoder):
    """norm2 before the feed-forward part and norm3 before the cross-attention: wrong once their weights differ."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        x = x + self.cross_attn(self.norm3(x), memory, memory_mask)
        return x + self.ff(self.norm2(x))


class NoResidualAroundCrossAttention(_Decoder):
    """The cross-attention replaces x in place of being added: differs for every input."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        x = self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))


class OneAttentionForBoth(_Decoder):
    """cross_attn is self_attn itself: fewer parameters, wrong as soon as a state dict gives them different weights."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.cross_attn = self.self_attn


class CrossAttentionFirst(_Decoder):
    """Looks at the memory before itself (each part with its own norm): differs for every input."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        return x + self.ff(self.norm3(x))


class BothAttentionsReadTheInput(_Decoder):
    """Self- and cross-attention in parallel on the block's input: differs for every input."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        own = self.self_attn(self.norm1(x), mask=_past(x))
        x = x + own + self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))


class AddedInPlace(_Decoder):
    """x += ...: the caller's x is changed; a leaf that needs gradients raises."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x += self.self_attn(self.norm1(x), mask=_past(x))
        x = x + self.cross_attn(self.norm2(x), memory, memory_mask)
        return x + self.ff(self.norm3(x))


class PostNorm(_Decoder):
    """Normalises after each residual sum: differs for every input."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = self.norm1(x + self.self_attn(x, mask=_past(x)))
        x = self.norm2(x + self.cross_attn(x, memory, memory_mask))
        return self.norm3(x + self.ff(x))


class MemoryOfTheSameShapeIgnored(_Decoder):
    """Takes a memory of x's own shape for self-attention (memory is x): wrong for every S = T."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        y = self.norm2(x)
        x = x + self.cross_attn(y, y if memory.shape == x.shape else memory, memory_mask)
        return x + self.ff(self.norm3(x))


class MemoryWithoutGradient(_Decoder):
    """Detaches the memory: values right, the encoder gets no gradient."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        return super().forward(x, memory.detach(), memory_mask)


class TanhGelu(_Decoder):
    """Uses GELU's tanh form: 1e-4 off the exact one wherever a hidden unit is near +-2."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.ff[1] = nn.GELU(approximate="tanh")


class NormEpsilonOfGpt(_Decoder):
    """LayerNorm with eps 1e-6: visible for rows whose spread is near 1e-3."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model, eps=1e-6) for _ in range(3))


class LastPositionOnly(_Decoder):
    """Asks the memory for the last position only and adds that to all: wrong for T > 1."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.self_attn(self.norm1(x), mask=_past(x))
        last = None if memory_mask is None else memory_mask[..., -1:, :]
        x = x + self.cross_attn(self.norm2(x)[:, -1:], memory, last)
        return x + self.ff(self.norm3(x))


class CausalOverTheBatch(_Decoder):
    """Builds the triangle from the batch size: right for B = T, an error for other T > 1, no mask at all for B = 1."""

    def self_mask(self, x: Tensor) -> Tensor | None:
        b = x.shape[0]
        return torch.ones(b, b, dtype=torch.bool, device=x.device).tril()


# ---------------------------------------------------------------- right


class WithComparedPositions(_Decoder):
    """Right: the causal mask from compared positions, given for each of the batch, memory as a keyword."""

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        place = torch.arange(x.size(1), device=x.device)
        past = place.le(place.unsqueeze(-1)).expand(x.size(0), -1, -1)
        attended = torch.add(x, self.self_attn(self.norm1(x), None, past))
        read = self.cross_attn(mask=memory_mask, context=memory, x=self.norm2(attended)).add(attended)
        return self.ff(self.norm3(read)).add(read)


class _Branch:
    def __init__(self, norm: nn.Module, function: nn.Module) -> None:
        self.norm, self.function = norm, function

    def onto(self, x: Tensor, *rest: Tensor | None) -> Tensor:
        return x + self.function(self.norm(x), *rest)


class AsListOfBranches(nn.Module):
    """Right: three branches run in a row, parts made in another order."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.cross_attn, self.self_attn = (MultiHeadAttention(d_model, n_heads, True) for _ in range(2))
        up, down = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.ff = nn.Sequential(up, nn.GELU(), down)
        self.norm3, self.norm2, self.norm1 = nn.LayerNorm(d_model), nn.LayerNorm(d_model), nn.LayerNorm(d_model)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        n = x.shape[-2]
        past = x.new_ones((n, n)).triu(diagonal=1) == 0
        branches = (
            (_Branch(self.norm1, self.self_attn), (None, past)),
            (_Branch(self.norm2, self.cross_attn), (memory, memory_mask)),
            (_Branch(self.norm3, self.ff), ()),
        )
        for branch, rest in branches:
            x = branch.onto(x, *rest)
        return x


WRONG = (
    SelfAttentionSeesTheFuture,
    CausalOnlyWhileTraining,
    StrictlyCausal,
    CausalInverted,
    MaskOnTheProcessor,
    MaskAsBuffer,
    MemoryNormed,
    MemoryAsksTheQuestions,
    MemoryMaskForgotten,
    MemoryMaskInBothAttentions,
    CrossAttentionCausalForEqualLengths,
    NormsExchanged,
    NoResidualAroundCrossAttention,
    OneAttentionForBoth,
    CrossAttentionFirst,
    BothAttentionsReadTheInput,
    AddedInPlace,
    PostNorm,
    MemoryOfTheSameShapeIgnored,
    MemoryWithoutGradient,
    TanhGelu,
    NormEpsilonOfGpt,
    LastPositionOnly,
    CausalOverTheBatch,
)
RIGHT = (WithComparedPositions, AsListOfBranches)
