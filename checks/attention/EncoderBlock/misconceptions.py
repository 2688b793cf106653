"""Known wrong ways to write EncoderBlock; each must fail, and be named by its behaviour."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Misconception

from .._shared import TORCH_ATTENTION, as_students_name_it
from ..MultiHeadAttention.misconceptions import NanWhenEmpty, UniformWhenEmpty
from ..MultiHeadAttention.variants import Textbook
from .steps import (
    DropoutBetween,
    EncoderSteps,
    FeedForwardFirst,
    FirstNormTwice,
    NoBias,
    NoFeedForward,
    NoFirstNorm,
    NoFirstResidual,
    NoNorms,
    NoResiduals,
    NormOfTheBranch,
    NormsExchanged,
    NormsWithoutParameters,
    NoSecondNorm,
    NoSecondResidual,
    OneNormForBoth,
    OneNormTwice,
    OtherEps,
    OtherNames,
    PostNorm,
    ResidualFromNorm,
    SecondResidualFromX,
    SideBySide,
    WidthIgnored,
)

# ---- feed-forward ---------------------------------------------------------------------------------------------


class WithReLU(EncoderSteps):
    def activation(self) -> nn.Module:
        return nn.ReLU()


class WithTanhGELU(EncoderSteps):
    def activation(self) -> nn.Module:
        return nn.GELU(approximate="tanh")


class WithSiLU(EncoderSteps):
    def activation(self) -> nn.Module:
        return nn.SiLU()


class NoActivation(EncoderSteps):
    def activation(self) -> nn.Module:
        return nn.Identity()


class ActivationAfter(EncoderSteps):
    def fed(self, x: Tensor) -> Tensor:
        out: Tensor = self.ff[1](self.ff[2](self.ff[0](x)))
        return out


class DropoutActive(EncoderSteps):
    def fed(self, x: Tensor) -> Tensor:
        return nn.functional.dropout(self.ff(x), 0.1, self.training)


class DropoutInBoth(DropoutActive):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return nn.functional.dropout(super().attended(x, mask), 0.1, self.training)


# ---- attention ------------------------------------------------------------------------------------------------


class MaskNotPassed(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return super().attended(x, None)


class MaskInverted(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return super().attended(x, None if mask is None else ~mask)


class MaskAsContext(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.attn(x, mask)
        return out


class FirstMaskForAll(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return super().attended(x, mask[0] if mask is not None and mask.dim() == 3 else mask)


class SquareMaskAsPadding(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None and mask.dim() == 2 and mask.shape[0] == x.shape[0]:
            mask = mask[:, None].expand(-1, x.shape[1], -1)
        return super().attended(x, mask)


class AlwaysCausal(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        causal = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        return super().attended(x, causal if mask is None else causal & mask)


class KeysNotNormed(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = x + self.attn(self.norm1(x), x, mask)
        return out


class OneHead(EncoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return Textbook(d_model, 1)


class NanWhereNothing(EncoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return NanWhenEmpty(d_model, n_heads)


class MeanWhereNothing(EncoderSteps):
    def attention(self, d_model: int, n_heads: int) -> nn.Module:
        return UniformWhenEmpty(d_model, n_heads)


class TorchAttention(EncoderSteps):
    def __init__(self, d_model: int, n_heads: int, d_ff: int) -> None:
        super().__init__(d_model, n_heads, d_ff)
        self.layer = nn.TransformerEncoderLayer(d_model, n_heads, d_ff, 0.0, "gelu", batch_first=True, norm_first=True)


# ---- manners --------------------------------------------------------------------------------------------------


class ReturnsPair(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        middle = self.first_half(x, mask)
        return self.second_half(middle), middle


class ReturnsMask(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Any:
        return super().forward(x, mask), mask


class EmptyRowsZero(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        out = super().forward(x, mask)
        return out if mask is None else out.masked_fill(~mask.any(-1).unsqueeze(-1), 0.0)


class AlwaysFloat32(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, mask).float()


class ResidualDetached(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        middle = x.detach() + self.attended(self.norm1(x), mask)
        return middle.detach() + self.fed(self.norm2(middle))


class FirstResidualDetached(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return x.detach() + self.attended(self.norm1(x), mask)


class EditedOnce(EncoderSteps):
    def first_half(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x += self.attended(self.norm1(x), mask)
        return x


class InputEdited(EncoderSteps):
    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x += self.attended(self.norm1(x), mask)
        x += self.fed(self.norm2(x))
        return x


class MadeOnTheCpu(EncoderSteps):
    def attended(self, x: Tensor, mask: Tensor | None) -> Tensor:
        every = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool)
        return super().attended(x, every if mask is None else every & mask)


class LoopOverPositions(EncoderSteps):
    def fed(self, x: Tensor) -> Tensor:
        return torch.stack([super(LoopOverPositions, self).fed(x[:, t]) for t in range(x.shape[1])], dim=1)


TEXTS: dict[type[EncoderSteps], str] = {
    OtherNames: "The parts have other names: they must be norm1, attn, norm2 and ff.",
    DropoutBetween: "A layer between GELU and the second Linear moves that to ff.3: ff is Sequential(Linear, GELU, "
    "Linear).",
    NormsWithoutParameters: "The norms have no weight and bias: use nn.LayerNorm as it comes.",
    OneNormForBoth: "One norm serves both halves: each has its own, norm1 and norm2.",
    OneNormTwice: "norm2 is norm1 itself: make a second nn.LayerNorm, with weights of its own.",
    NoBias: "The attention has no biases: its Linear have them by default.",
    WidthIgnored: "The argument `d_ff` is not used: it is the width between the two Linear of ff.",
    PostNorm: "The norms stand after the sums, as in the first transformer: here they stand before attention and "
    "feed-forward, x + attn(norm1(x)).",
    NormOfTheBranch: "The norms are taken of what attention and feed-forward give: take them of what goes in.",
    NoNorms: "The norms are not applied: x + attn(norm1(x)), then x + ff(norm2(x)).",
    NoFirstNorm: "norm1 is not applied to what goes into the attention.",
    NoSecondNorm: "norm2 is not applied to what goes into the feed-forward.",
    FirstNormTwice: "norm1 is used in both halves: the feed-forward has norm2.",
    NormsExchanged: "norm1 and norm2 are exchanged: norm1 stands before the attention.",
    NoResiduals: "Neither half adds what came in: x + attn(norm1(x)), then x + ff(norm2(x)).",
    NoFirstResidual: "x is not added to the attention: x + attn(norm1(x)).",
    NoSecondResidual: "What goes into the second half is not added to the feed-forward: x + ff(norm2(x)).",
    SecondResidualFromX: "The second sum starts from the block's input: it starts from the result of the first half, "
    "or the attention is lost on the way.",
    SideBySide: "Attention and feed-forward both see the block's input: the feed-forward comes second, and sees the "
    "result of the first half.",
    ResidualFromNorm: "The normed x is added: add x itself, as it was before the norm.",
    FeedForwardFirst: "The feed-forward comes before the attention: it is the other way round.",
    NoFeedForward: "The feed-forward is missing: x + ff(norm2(x)) after the attention.",
    OtherEps: "The norms have another eps than nn.LayerNorm as it comes.",
    WithReLU: "ff has ReLU between its Linear: it should be GELU.",
    WithTanhGELU: "ff has GELU in its tanh form: here it is the exact one, nn.GELU() as it comes.",
    WithSiLU: "ff has SiLU between its Linear: it should be GELU.",
    NoActivation: "ff has nothing between its Linear, so both together are one: put GELU there.",
    ActivationAfter: "GELU comes after both Linear: it belongs between them.",
    DropoutActive: "Dropout is applied, so the result changes from call to call: there is none in this block.",
    DropoutInBoth: "Dropout is applied to both halves, so the result changes from call to call: there is none here.",
    FirstMaskForAll: "The first mask of a batch is used for all: a mask (B, T, T) holds one for each sequence.",
    SquareMaskAsPadding: "A mask (T, T) is read as one row for each sequence where T is the batch size: its rows "
    "always belong to positions.",
    MaskNotPassed: "It is as if there were no mask: pass it on to the attention, which has to use it.",
    MaskInverted: "The mask is read the wrong way round: True means that a position may attend.",
    MaskAsContext: "The mask is passed on as the attention's second argument, which is the context: use mask=mask.",
    AlwaysCausal: "A causal mask is always applied: an encoder sees both ways, as far as `mask` allows.",
    KeysNotNormed: "Keys and values come from x itself: queries, keys and values all come from norm1(x).",
    OneHead: "It is as if the attention had one head: n_heads has to be passed on and used.",
    NanWhereNothing: "The attention gives NaN for a position that may attend to nothing: look at your "
    "MultiHeadAttention.",
    MeanWhereNothing: "The attention spreads its weights evenly where a position may attend to nothing: look at your "
    "MultiHeadAttention.",
    TorchAttention: TORCH_ATTENTION.text,
    ReturnsPair: "You return a tuple: return x alone.",
    ReturnsMask: "You return the mask beside x: return x alone.",
    EmptyRowsZero: "A position that may attend to nothing becomes zero: it still has its x, and the feed-forward.",
    AlwaysFloat32: "The result is always float32: keep the dtype of x.",
    ResidualDetached: "No gradient flows through the sums, which are cut from the graph (detach, .data): the way past "
    "attention and feed-forward is what lets deep models learn.",
    FirstResidualDetached: "No gradient flows through the first sum, which is cut from the graph (detach, .data).",
    EditedOnce: "x itself is changed by `+=` after the attention: write x = x + ..., which makes a new tensor.",
    InputEdited: "x itself is changed by `+=`: write x = x + ..., which makes a new tensor.",
    MadeOnTheCpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU.",
    LoopOverPositions: "There is a Python loop over positions or heads: the same Linear take all positions at once.",
}

# Diagnosis takes its name from the rule.
BROKEN_RULES: dict[type[EncoderSteps], str] = {TorchAttention: TORCH_ATTENTION.name}

ON_META: dict[type[EncoderSteps], str] = {MadeOnTheCpu: "RuntimeError"}


def _implementation(wrong: type[EncoderSteps]) -> type[nn.Module]:
    return wrong if wrong in BROKEN_RULES else as_students_name_it("EncoderBlock", wrong)


MISCONCEPTIONS = tuple(
    Misconception(BROKEN_RULES.get(wrong, wrong.__name__), text, _implementation(wrong), ON_META.get(wrong, ""))
    for wrong, text in TEXTS.items()
)
