"""Known wrong ways to write DecoderBlock; each must fail, and be named by its behaviour."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Misconception

from .._shared import TORCH_ATTENTION, as_students_name_it
from .attentions import (
    AttentionsExchanged,
    AttentionShared,
    CausalInTraining,
    CausalMemory,
    CausalMemoryIfSquare,
    CausalOverBatch,
    DecoderSteps,
    Inverted,
    LastPositionOnly,
    MeanWhereNothing,
    MemoryFirst,
    MemoryIgnored,
    MemoryJoined,
    MemoryMaskIgnored,
    MemoryMaskInverted,
    MemoryMaskOnBoth,
    MemoryMaskOnSelf,
    MemoryNormed,
    MemoryOfSameShapeIgnored,
    NanWhereNothing,
    NoCrossAttention,
    NoSelfAttention,
    NotCausal,
    NotItself,
    OneAttention,
    OneTooMany,
    OnlyTheFuture,
    OtherNames,
    SquareMemoryMaskOnBoth,
    TableOfSixteen,
    TwoNorms,
    WidthIgnored,
    XAndMemoryExchanged,
)

# ---- norms and residuals --------------------------------------------------------------------------------------


class PostNorm(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = self.norm1(x + self.looked_back(x))
        x = self.norm2(x + self.looked_over(x, memory, memory_mask))
        out: Tensor = self.norm3(x + self.fed(x))
        return out


class NoNorms(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = x + self.looked_back(x)
        x = x + self.looked_over(x, memory, memory_mask)
        return x + self.fed(x)


class NoFirstNorm(DecoderSteps):
    def first_part(self, x: Tensor) -> Tensor:
        return x + self.looked_back(x)


class NoSecondNorm(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.looked_over(x, memory, mask)


class NoThirdNorm(DecoderSteps):
    def third_part(self, x: Tensor) -> Tensor:
        return x + self.fed(x)


class SecondNormTwice(DecoderSteps):
    def third_part(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm2(x))


class LastNormsExchanged(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return x + self.looked_over(self.norm3(x), memory, mask)

    def third_part(self, x: Tensor) -> Tensor:
        return x + self.fed(self.norm2(x))


class NoFirstResidual(DecoderSteps):
    def first_part(self, x: Tensor) -> Tensor:
        return self.looked_back(self.norm1(x))


class NoSecondResidual(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return self.looked_over(self.norm2(x), memory, mask)


class NoThirdResidual(DecoderSteps):
    def third_part(self, x: Tensor) -> Tensor:
        return self.fed(self.norm3(x))


class NoResiduals(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x = self.looked_back(self.norm1(x))
        x = self.looked_over(self.norm2(x), memory, memory_mask)
        return self.fed(self.norm3(x))


class ResidualsFromX(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        first = x + self.looked_back(self.norm1(x))
        second = x + self.looked_over(self.norm2(first), memory, memory_mask)
        return x + self.fed(self.norm3(second))


class SideBySide(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        attended = self.looked_back(self.norm1(x)) + self.looked_over(self.norm2(x), memory, memory_mask)
        return self.third_part(x + attended)


class ResidualFromMemory(DecoderSteps):
    def second_part(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return memory + self.looked_over(self.norm2(x), memory, mask)


class OtherEps(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model, eps=1e-12) for _ in range(3))


class LargerEps(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model, eps=1e-6) for _ in range(3))


# ---- feed-forward ---------------------------------------------------------------------------------------------


class WithReLU(DecoderSteps):
    def activation(self) -> nn.Module:
        return nn.ReLU()


class WithTanhGELU(DecoderSteps):
    def activation(self) -> nn.Module:
        return nn.GELU(approximate="tanh")


class NoActivation(DecoderSteps):
    def activation(self) -> nn.Module:
        return nn.Identity()


class DropoutActive(DecoderSteps):
    def fed(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(self.ff(x), 0.1, self.training)


class NoFeedForward(DecoderSteps):
    def third_part(self, x: Tensor) -> Tensor:
        return x


# ---- manners --------------------------------------------------------------------------------------------------


class TorchAttention(DecoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.layer = nn.TransformerDecoderLayer(d_model, n_heads, d_ff, 0.0, "gelu", batch_first=True, norm_first=True)


class ReturnsPair(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Any:
        return super().forward(x, memory, memory_mask), memory


class AlwaysFloat32(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        return super().forward(x, memory, memory_mask).float()


class MemoryDetached(DecoderSteps):
    def looked_over(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
        return super().looked_over(x, memory.detach(), mask)


class InputEdited(DecoderSteps):
    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        x += self.looked_back(self.norm1(x))
        return self.third_part(self.second_part(x, memory, memory_mask))


class MadeOnTheCpu(DecoderSteps):
    def causal(self, x: Tensor) -> Tensor | None:
        return torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()


class LoopOverPositions(DecoderSteps):
    def fed(self, x: Tensor) -> Tensor:
        return torch.stack([super(LoopOverPositions, self).fed(x[:, t]) for t in range(x.shape[1])], dim=1)


TEXTS: dict[type[DecoderSteps], str] = {
    OtherNames: "The attentions have other names: they must be self_attn and cross_attn.",
    TwoNorms: "One norm serves two parts: each of the three has its own, norm1, norm2 and norm3.",
    WidthIgnored: "The argument `d_ff` is not used: it is the width between the two Linear of ff.",
    NotCausal: "The self-attention sees the future: it needs a causal mask, so that position t sees only 0 to t.",
    OnlyTheFuture: "The self-attention sees itself and the future: use the lower triangle.",
    Inverted: "The causal mask is inverted, so that only the future is seen: True means that a position may attend.",
    OneTooMany: "The self-attention sees one position of the future: the causal mask's diagonal is one too high.",
    NotItself: "In the self-attention a position may not attend to itself: the causal mask's diagonal is True.",
    AttentionShared: "cross_attn is self_attn itself: make a second MultiHeadAttention, with weights of its own.",
    CausalInTraining: "The self-attention is causal only while training: in evaluation mode it sees the future.",
    CausalOverBatch: "The causal mask has the size of the batch: it is (T, T), with T = x.shape[1].",
    TableOfSixteen: "The causal mask is a table of a fixed size, too small for a longer sequence: make it for "
    "x.shape[1].",
    CausalMemoryIfSquare: "Without a mask, a memory as long as x is read causally: all of it is known.",
    MemoryOfSameShapeIgnored: "A memory of the shape of x is ignored: it is memory whatever its shape.",
    LastPositionOnly: "Only the last position attends to memory: every position has a query of its own.",
    SquareMemoryMaskOnBoth: "A square memory_mask is also applied to the self-attention: it belongs to cross_attn "
    "alone.",
    NoSelfAttention: "The self-attention is missing: x + self_attn(norm1(x)) comes first.",
    NoCrossAttention: "The attention to memory is missing: x + cross_attn(norm2(x), memory) comes second.",
    MemoryIgnored: "cross_attn gets no memory, so x attends to itself twice: pass memory as its context.",
    MemoryNormed: "norm2 is also applied to memory: memory goes in as it comes.",
    XAndMemoryExchanged: "Queries come from memory, keys and values from x: it is the other way round, "
    "cross_attn(norm2(x), memory).",
    MemoryJoined: "cross_attn attends to x and memory together: its context is memory alone.",
    OneAttention: "self_attn is also used for the memory: that has an attention of its own, cross_attn.",
    AttentionsExchanged: "self_attn and cross_attn are exchanged.",
    MemoryFirst: "The attention to memory comes before the self-attention: it is the other way round.",
    CausalMemory: "A causal mask is applied to the memory: all of it is known, only memory_mask limits it.",
    MemoryMaskIgnored: "memory_mask is not passed on to cross_attn.",
    MemoryMaskInverted: "memory_mask is read the wrong way round: True means that a position may attend.",
    MemoryMaskOnSelf: "memory_mask is applied to the self-attention: it belongs to cross_attn.",
    MemoryMaskOnBoth: "memory_mask is also applied to the self-attention: it belongs to cross_attn alone.",
    NanWhereNothing: "The attention gives NaN for a position that may attend to nothing: look at your "
    "MultiHeadAttention.",
    MeanWhereNothing: "The attention spreads its weights evenly where a position may attend to nothing: look at your "
    "MultiHeadAttention.",
    PostNorm: "The norms stand after the sums, as in the first transformer: here they stand before each part, "
    "x + self_attn(norm1(x)).",
    NoNorms: "The norms are not applied: each part sees a norm of x.",
    NoFirstNorm: "norm1 is not applied to what goes into the self-attention.",
    NoSecondNorm: "norm2 is not applied to the queries of the attention to memory.",
    NoThirdNorm: "norm3 is not applied to what goes into the feed-forward.",
    SecondNormTwice: "norm2 is used twice: the feed-forward has norm3.",
    LastNormsExchanged: "norm2 and norm3 are exchanged: norm2 stands before the attention to memory.",
    NoFirstResidual: "x is not added to the self-attention: x + self_attn(norm1(x)).",
    NoSecondResidual: "x is not added to the attention to memory: x + cross_attn(norm2(x), memory).",
    NoThirdResidual: "x is not added to the feed-forward: x + ff(norm3(x)).",
    NoResiduals: "No part adds what came in: x + self_attn(norm1(x)), and so on.",
    ResidualsFromX: "Every sum starts from the block's input: each starts from the result of the part before it.",
    SideBySide: "Both attentions see the block's input: cross_attn comes second, and sees the result of the first sum.",
    ResidualFromMemory: "memory is added to the attention to memory: add x.",
    OtherEps: "The norms have another eps than nn.LayerNorm as it comes.",
    LargerEps: "The norms have another eps than nn.LayerNorm as it comes, which is 1e-5.",
    WithReLU: "ff has ReLU between its Linear: it should be GELU.",
    WithTanhGELU: "ff has GELU in its tanh form: here it is the exact one, nn.GELU() as it comes.",
    NoActivation: "ff has nothing between its Linear, so both together are one: put GELU there.",
    DropoutActive: "Dropout is applied, so the result changes from call to call: there is none in this block.",
    NoFeedForward: "The feed-forward is missing: x + ff(norm3(x)) comes third.",
    TorchAttention: TORCH_ATTENTION.text,
    ReturnsPair: "You return a tuple: return x alone.",
    AlwaysFloat32: "The result is always float32: keep the dtype of x.",
    MemoryDetached: "No gradient reaches memory, so an encoder would learn nothing: it is cut from the graph (detach, "
    ".data).",
    InputEdited: "x itself is changed by `+=`: write x = x + ..., which makes a new tensor.",
    MadeOnTheCpu: "The causal mask is made on the CPU: this breaks on a GPU. Pass device=x.device.",
    LoopOverPositions: "There is a Python loop over positions or heads: the same Linear take all positions at once.",
}

# Diagnosis takes its name from the rule.
BROKEN_RULES: dict[type[DecoderSteps], str] = {TorchAttention: TORCH_ATTENTION.name}

ON_META: dict[type[DecoderSteps], str] = {MadeOnTheCpu: "RuntimeError"}


def _implementation(wrong: type[DecoderSteps]) -> type[nn.Module]:
    return wrong if wrong in BROKEN_RULES else as_students_name_it("DecoderBlock", wrong)


MISCONCEPTIONS = tuple(
    Misconception(BROKEN_RULES.get(wrong, wrong.__name__), text, _implementation(wrong), ON_META.get(wrong, ""))
    for wrong, text in TEXTS.items()
)
