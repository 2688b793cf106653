"""A DecoderBlock in small steps, and the known wrong ways to write its parts and their attentions.

`decoder_block_misconceptions` has those of norms, sums and feed-forward, and what a student reads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..MultiHeadAttention.misconceptions import NanWhenEmpty, UniformWhenEmpty
from ..MultiHeadAttention.variants import Textbook


class DecoderSteps(nn.Module):
    """A right block in small steps; each mistake below replaces one of them."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(d_model)
        self.self_attn = self.attention(d_model, n_heads)
        self.norm2 = nn.LayerNorm(d_model)
        self.cross_attn = self.attention(d_model, n_heads)
        self.norm3 = nn.LayerNorm(d_model)
        self.ff = self.feed_forward(d_model, d_ff)

    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return Textbook(d_model, n_heads)

    def feed_forward(self, d_model: int, d_ff: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(d_model, d_ff), self.activation(), nn.Linear(d_ff, d_model))

    def activation(self) -> nn.Module:
        return nn.GELU()

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = self.first_part(x)
        x = self.second_part(x, memory, memory_mask)
        return self.third_part(x)

    def first_part(self, x: Tensor) -> Tensor:
        return x + self.looked_back(self.norm1(x))

    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.looked_over(self.norm2(x), memory, mask)

    def third_part(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm3(x))

    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()

    def looked_back(self, x: Tensor) -> Tensor:
        out: Tensor = self.self_attn(x, mask=self.causal(x))
        return out

    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.cross_attn(x, memory, mask)
        return out

    def fed(self, x: Tensor) -> Tensor:
        out: Tensor = self.ff(x)
        return out


# ---- parameters -----------------------------------------------------------------------------------------------


class OtherNames(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.attn1, self.attn2 = self.self_attn, self.cross_attn
        del self.self_attn, self.cross_attn


class TwoNorms(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        del self.norm3

    def third_part(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm2(x))


class AttentionShared(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.cross_attn = self.self_attn


class WidthIgnored(DecoderSteps):
    def feed_forward(self, d_model: int, d_ff: int) -> nn.Sequential:
        return super().feed_forward(d_model, 4 * d_model)


# ---- self-attention -------------------------------------------------------------------------------------------


class NotCausal(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return None


class OnlyTheFuture(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu()


class Inverted(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)


class OneTooMany(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril(1)


class NotItself(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril(-1)


class CausalInTraining(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return super().causal(x) if self.training else None


class CausalOverBatch(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[0], x.shape[0], dtype=torch.bool, device=x.device).tril()


class TableOfSixteen(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.register_buffer("table", torch.ones(16, 16, dtype=torch.bool).tril())

    def causal(self, x: Tensor) -> Tensor | None:
        table: Tensor = self.table
        return table[: x.shape[1], : x.shape[1]]


class NoSelfAttention(DecoderSteps):
    def first_part(self, x: Tensor) -> Tensor:
        return x


# ---- attention to memory --------------------------------------------------------------------------------------


class NoCrossAttention(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return x


class MemoryIgnored(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.cross_attn(x)
        return out


class MemoryNormed(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.looked_over(self.norm2(x), self.norm2(memory), mask)


class XAndMemoryExchanged(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(memory, x, mask)


class MemoryJoined(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            mask = torch.cat([mask.new_ones(*mask.shape[:-1], x.shape[1]), mask], dim=-1)
        return super().looked_over(x, torch.cat([x, memory], dim=1), mask)


class OneAttention(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.self_attn(x, memory, mask)
        return out


class AttentionsExchanged(DecoderSteps):
    def looked_back(self, x: Tensor) -> Tensor:
        out: Tensor = self.cross_attn(x, mask=self.causal(x))
        return out

    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.self_attn(x, memory, mask)
        return out


class MemoryFirst(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        return self.third_part(self.first_part(self.second_part(x, memory, memory_mask)))


class CausalMemory(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        causal = torch.ones(x.shape[1], memory.shape[1], dtype=torch.bool, device=x.device).tril()
        return super().looked_over(x, memory, causal if mask is None else causal & mask)


class CausalMemoryIfSquare(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        square = mask is None and x.shape[1] == memory.shape[1]
        return super().looked_over(x, memory, self.causal(x) if square else mask)


class MemoryOfSameShapeIgnored(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(x, x if memory.shape == x.shape else memory, mask)


class LastPositionOnly(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(x[:, -1:], memory, None if mask is None else mask[..., -1:, :])


class SquareMemoryMaskOnBoth(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        causal = self.causal(x)
        if memory_mask is not None and causal is not None and memory_mask.shape == causal.shape:
            causal = causal & memory_mask
        x = x + self.self_attn(self.norm1(x), mask=causal)
        return self.third_part(self.second_part(x, memory, memory_mask))


class MemoryMaskIgnored(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(x, memory, None)


class MemoryMaskInverted(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(x, memory, None if mask is None else ~mask)


class MemoryMaskOnSelf(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        causal = self.causal(x)
        both = causal if memory_mask is None or causal is None else causal & memory_mask
        x = x + self.self_attn(self.norm1(x), mask=both)
        return self.third_part(self.second_part(x, memory, None))


class MemoryMaskOnBoth(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        causal = self.causal(x)
        both = causal if memory_mask is None or causal is None else causal & memory_mask
        x = x + self.self_attn(self.norm1(x), mask=both)
        return self.third_part(self.second_part(x, memory, memory_mask))


class NanWhereNothing(DecoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return NanWhenEmpty(d_model, n_heads)


class MeanWhereNothing(DecoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return UniformWhenEmpty(d_model, n_heads)
