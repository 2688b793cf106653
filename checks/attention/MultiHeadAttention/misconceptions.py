"""Known wrong ways to write MultiHeadAttention; each must fail, and be named by its behaviour."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from autograder.checks import Misconception

from .._shared import MINUS_INFINITY, TORCH_ATTENTION, as_students_name_it
from .steps import (
    AlwaysBias,
    Asserts,
    DropoutOnWeights,
    InterleavedBothWays,
    InterleavedHeads,
    LearnedScale,
    MergedWithoutTranspose,
    NarrowProjections,
    NeverComplains,
    NoInputBias,
    NoMaximum,
    NotScaled,
    OneHead,
    OneHeadRefused,
    OneInputProjection,
    OtherNames,
    OutputAlwaysBias,
    OverHeads,
    OverQueries,
    RootRounded,
    ScaledByModelWidth,
    ScaledByTwo,
    ScaledTwice,
    SplitWithoutTranspose,
    Steps,
)

# ---- context --------------------------------------------------------------------------------------------------


class ContextIgnored(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, None, mask)


class SameShapeIgnored(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, None if context is not None and context.shape == x.shape else context, mask)


class ContextOrX(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, context or x, mask)


class QueriesFromContext(Steps):
    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.q_proj(context), self.k_proj(x), self.v_proj(x)


class ValuesFromX(Steps):
    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.q_proj(x), self.k_proj(context), self.v_proj(x)


class ValuesAreKeys(Steps):
    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.q_proj(x), self.k_proj(context), self.k_proj(context)


# ---- mask -----------------------------------------------------------------------------------------------------


class MaskIgnored(Steps):
    def spread(self, mask: Tensor | None) -> Tensor | None:
        return None


class MaskInverted(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return super().weigh(scores, None if mask is None else ~mask)


class MaskLinedUpWithHeads(Steps):
    def spread(self, mask: Tensor | None) -> Tensor | None:
        return mask


class FirstMaskForAll(Steps):
    def spread(self, mask: Tensor | None) -> Tensor | None:
        return mask[0] if mask is not None and mask.dim() == 3 else mask


class SquareMaskAsPadding(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None and mask.dim() == 2 and len(mask) == len(scores):
            mask = mask[:, None, None, :]
        return super().weigh(scores, mask)


class MaskWithoutContextOnly(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, context, None if context is not None else mask)


class CausalByDefault(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        if context is None and mask is None:
            mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).tril()
        return super().forward(x, context, mask)


class MaskAfterSoftmax(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        weights = scores.softmax(-1)
        return weights if mask is None else weights.masked_fill(~mask, 0.0)


class NormalizedAgain(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        weights = scores.softmax(-1)
        if mask is None:
            return weights
        weights = weights.masked_fill(~mask, 0.0)
        total = weights.sum(-1, keepdim=True)
        return weights / total.masked_fill(total == 0, 1.0)


class FiniteFill(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return scores.softmax(-1)
        return scores.masked_fill(~mask, -1e9).softmax(-1) * mask.any(-1, keepdim=True)


class NanGradients(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores + torch.zeros_like(scores).masked_fill(~mask, MINUS_INFINITY)
        return torch.nan_to_num(scores.softmax(-1))


class NanWhenEmpty(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return (scores if mask is None else scores.masked_fill(~mask, MINUS_INFINITY)).softmax(-1)


class UniformWhenEmpty(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return (scores if mask is None else scores.masked_fill(~mask, torch.finfo(scores.dtype).min)).softmax(-1)


class MinusBillion(Steps):
    def products(self, q: Tensor, k: Tensor) -> Tensor:
        return q @ k.mT

    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return (scores if mask is None else scores.masked_fill(~mask, -1e9)).softmax(-1)


class InHalfPrecision(Steps):
    def products(self, q: Tensor, k: Tensor) -> Tensor:
        return q @ k.mT


class NanInHalfPrecision(InHalfPrecision):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return scores.softmax(-1)
        return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1).masked_fill(~mask, 0.0)


class ZerosAfterOutput(Steps):
    def finish(self, merged: Tensor, mask: Tensor | None) -> Tensor:
        out: Tensor = self.out_proj(merged)
        return out if mask is None else out.masked_fill(~mask.any(-1).unsqueeze(-1), 0.0)


# ---- output ---------------------------------------------------------------------------------------------------


class NoOutputProjection(Steps):
    def finish(self, merged: Tensor, mask: Tensor | None) -> Tensor:
        return merged


class OneHeadNotProjected(Steps):
    def finish(self, merged: Tensor, mask: Tensor | None) -> Tensor:
        return merged if self.n_heads == 1 else super().finish(merged, mask)


class ReturnsPair(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Any:
        q, k, _ = (self.split(t) for t in self.project(x, x if context is None else context))
        return super().forward(x, context, mask), self.weigh(self.scores(q, k), self.spread(mask))


class ResidualAdded(Steps):
    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return x + super().forward(x, context, mask)


class Detached(Steps):
    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return super().project(x.detach(), context.detach())


class MadeOnTheCpu(Steps):
    def spread(self, mask: Tensor | None) -> Tensor | None:
        return None if mask is None else super().spread(mask & torch.ones(mask.shape, dtype=torch.bool))


class LoopOverQueries(Steps):
    def weigh(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        rows = super().weigh
        masks = None if mask is None else mask.expand(scores.shape)
        every = range(scores.shape[-2])
        return torch.stack([rows(scores[:, :, i], None if masks is None else masks[:, :, i]) for i in every], dim=2)


class TorchAttention(Steps):
    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.inner = nn.MultiheadAttention(d_model, n_heads, bias=bias, batch_first=True)


TEXTS: dict[type[Steps], str] = {
    OtherNames: "The four Linear have other names: they must be q_proj, k_proj, v_proj and out_proj.",
    OneInputProjection: "Queries, keys and values share one Linear: make q_proj, k_proj and v_proj.",
    AlwaysBias: "The argument `bias` is not used.",
    OutputAlwaysBias: "out_proj has a bias also when bias=False.",
    NoInputBias: "q_proj, k_proj and v_proj have no bias: by default all four Linear have one.",
    LearnedScale: "There is a further parameter, such as a scale of the scores: the four Linear are all there is.",
    OneHeadRefused: "n_heads = 1 is refused: one head divides every width.",
    NarrowProjections: "The projections go to one head's width: each Linear maps d_model to d_model, for all heads.",
    NeverComplains: "There is no ValueError when n_heads does not divide d_model.",
    Asserts: "Bad arguments raise AssertionError: raise ValueError instead.",
    SplitWithoutTranspose: "Heads are split by reshaping (B, T, D) to (B, H, T, d), which mixes positions: reshape to "
    "(B, T, H, d) first, then transpose.",
    MergedWithoutTranspose: "Heads are merged by reshaping (B, H, T, d) to (B, T, D), which mixes positions: "
    "transpose to (B, T, H, d) first.",
    InterleavedHeads: "Head h takes every H-th feature: it should take d features in a row, from h d to (h + 1) d.",
    InterleavedBothWays: "Head h takes and gives every H-th feature: it should take d features in a row, from h d to "
    "(h + 1) d.",
    OneHead: "n_heads is not used: this is one head of the full width.",
    ScaledByModelWidth: "The scores are divided by sqrt(d_model): use the width of one head, d_model / n_heads.",
    ScaledTwice: "The scores are divided by the width of a head, or twice by its root: divide by the root once.",
    ScaledByTwo: "The scores are divided by 2, which is the root of the head's width for 4 only: use sqrt(d_model / "
    "n_heads).",
    RootRounded: "The root of the head's width is rounded to an integer: use math.sqrt or ** 0.5.",
    NotScaled: "The scores are not divided by the square root of the head's width.",
    OverQueries: "The weights sum to 1 over the queries: use softmax over the last dim, the keys.",
    OverHeads: "The weights sum to 1 over the heads: use softmax over the last dim, the keys.",
    DropoutOnWeights: "Dropout is applied to the weights, so the result changes from call to call: there is none here.",
    NoMaximum: "Large scores give NaN: subtract each row's largest score before exp is taken.",
    ContextIgnored: "The argument `context` is not used.",
    SameShapeIgnored: "A context of the shape of x is ignored: only context=None means self-attention.",
    ContextOrX: "`context or x` asks whether a tensor is true, and raises: write `x if context is None else context`.",
    QueriesFromContext: "Queries come from context, keys and values from x: it is the other way round.",
    ValuesFromX: "Values come from x: with a context, keys and values both come from it.",
    ValuesAreKeys: "The keys are used as values: v_proj makes the values.",
    MaskIgnored: "The mask is not used.",
    MaskInverted: "The mask is read the wrong way round: True means that the query may attend.",
    MaskLinedUpWithHeads: "A mask (B, T, S) meets scores (B, H, T, S): its batch is lined up with the heads. "
    "Insert a dimension with unsqueeze(1).",
    FirstMaskForAll: "The first mask of a batch is used for all: a mask (B, T, S) holds one for each sequence.",
    SquareMaskAsPadding: "A mask (T, S) is read as one row for each sequence where T is the batch size: its rows "
    "always belong to queries.",
    MaskWithoutContextOnly: "The mask is dropped where there is a context: it holds for that too.",
    CausalByDefault: "Without a mask the future is hidden: hide nothing without a mask.",
    MaskAfterSoftmax: "The mask is applied after softmax, so the weights left no longer sum to 1: apply it to "
    "the scores.",
    NormalizedAgain: "The mask comes after softmax. Where a masked score is far above the allowed ones, these have "
    "vanished before: fill with -inf before softmax.",
    FiniteFill: "Masked scores are set to a finite number such as -1e4 or -1e9. Allowed scores may be lower still, and "
    "then the masked keys take all the weight: use -inf.",
    NanGradients: "The values are right, but gradients are NaN where a query may attend to nothing: adding -inf to the "
    "scores lets them through; masked_fill or torch.where stops them.",
    NanWhenEmpty: "A query that may attend to nothing gives NaN: softmax of nothing but -inf is 0 / 0.",
    UniformWhenEmpty: "A query that may attend to nothing attends to all alike: set its weights to zero.",
    MinusBillion: "Masked scores are set to -1e9. That does not fit in float16, and a query that may attend to "
    "nothing attends to all alike.",
    InHalfPrecision: "The dot products are computed in float16, where they overflow beyond 65,504, and nan_to_num "
    "makes zeros of them. Convert to float32 before the product, and back after the softmax.",
    NanInHalfPrecision: "The dot products are computed in float16, where they overflow beyond 65,504 and give NaN. "
    "Convert to float32 before the product, and back after the softmax.",
    ZerosAfterOutput: "A query that may attend to nothing gives zeros: it should give out_proj of zeros, that is "
    "its bias.",
    NoOutputProjection: "out_proj is not applied to the merged heads.",
    OneHeadNotProjected: "out_proj is left out where there is one head: it is always applied.",
    ReturnsPair: "You return a tuple: return the output alone.",
    ResidualAdded: "x is added to the result: the residual belongs to the block around this module.",
    Detached: "No gradient reaches x and context: they are cut from the graph (detach, .data).",
    MadeOnTheCpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU.",
    LoopOverQueries: "There is a Python loop over queries or heads: one matrix product does them all.",
    TorchAttention: TORCH_ATTENTION.text,
}

BROKEN_RULES: dict[type[Steps], str] = {TorchAttention: TORCH_ATTENTION.name}  # diagnosis takes its name from the rule

ON_META: dict[type[Steps], str] = {MadeOnTheCpu: "RuntimeError"}


def _implementation(wrong: type[Steps]) -> type[nn.Module]:
    return wrong if wrong in BROKEN_RULES else as_students_name_it("MultiHeadAttention", wrong)


MISCONCEPTIONS = tuple(
    Misconception(BROKEN_RULES.get(wrong, wrong.__name__), text, _implementation(wrong), ON_META.get(wrong, ""))
    for wrong, text in TEXTS.items()
)
