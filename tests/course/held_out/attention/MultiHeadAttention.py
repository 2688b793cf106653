"""Held-out corpus for MultiHeadAttention: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_HALF = (torch.float16, torch.bfloat16)


def _wide(x: Tensor) -> Tensor:
    return x.float() if x.dtype in _HALF else x


class _Attention(nn.Module):
    """A right one, in pieces; most of the wrong ones exchange one piece."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"{n_heads} heads do not divide a width of {d_model}")
        self.d_model, self.n_heads, self.d_head = d_model, n_heads, d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=bias)
        self.k_proj = nn.Linear(d_model, d_model, bias=bias)
        self.v_proj = nn.Linear(d_model, d_model, bias=bias)
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)

    def apply_linear(self, linear: nn.Linear, x: Tensor) -> Tensor:
        if x.dtype == linear.weight.dtype and x.dtype not in _HALF:
            return linear(x)
        return F.linear(_wide(x), _wide(linear.weight), None if linear.bias is None else _wide(linear.bias))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.n_heads, self.d_head)).transpose(-3, -2)

    def merge(self, x: Tensor) -> Tensor:
        return x.transpose(-3, -2).flatten(-2)

    def source(self, x: Tensor, context: Tensor | None) -> Tensor:
        return x if context is None else context

    def shaped_mask(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        """(T, S) stays, (B, T, S) becomes (B, 1, T, S)."""
        return mask if mask is None or mask.dim() == 2 else mask.unsqueeze(1)

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return (q / math.sqrt(self.d_head)) @ k.mT

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return torch.softmax(scores, dim=-1)
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        return torch.softmax(scores, dim=-1).masked_fill(~mask, 0)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return self.weights(self.scores(q, k), mask) @ v

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = self.source(x, context)
        q = self.split(self.apply_linear(self.q_proj, x))
        k = self.split(self.apply_linear(self.k_proj, source))
        v = self.split(self.apply_linear(self.v_proj, source))
        out = self.merge(self.attend(q, k, v, self.shaped_mask(mask, x)))
        return self.apply_linear(self.out_proj, out).to(x.dtype)


# ---------------------------------------------------------------- wrong


class ScaledByModelWidth(_Attention):
    """Divides by sqrt(d_model) in place of sqrt(d_model / n_heads): right for one head only."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return q @ k.mT / math.sqrt(self.d_model)


class ScaledTwice(_Attention):
    """Divides q and the scores by the root both: differs for heads wider than 1."""

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return super().scores(q, k) / math.sqrt(self.d_head)


class ViewedIntoHeads(_Attention):
    """Views (B, T, D) straight as (B, H, T, d): differs for more than one head and T > 1."""

    def split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], self.n_heads, x.shape[1], self.d_head)


class MergedWithoutTransposing(_Attention):
    """Reshapes (B, H, T, d) straight to (B, T, D) before out_proj: differs for more than one head and T > 1."""

    def merge(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[2], self.d_model)


class InterleavedHeads(_Attention):
    """Gives head j the features j, j + H, ... on the way in and out: a model of its own, but other values for H > 1."""

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.d_head, self.n_heads)).movedim(-1, -3)

    def merge(self, x: Tensor) -> Tensor:
        return x.movedim(-3, -1).flatten(-2)


class MaskWithoutHeadAxis(_Attention):
    """Uses a (B, T, S) mask as it is: its batch axis meets the head axis, wrong for B = H, an error for other B > 1."""

    def shaped_mask(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        return mask


class MaskOfTheFirstOfTheBatch(_Attention):
    """Takes mask[0] of a (B, T, S) mask for the whole batch: wrong where the masks differ."""

    def shaped_mask(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        return mask[0] if mask is not None and mask.dim() == 3 else mask


class SquareMaskReadAsPadding(_Attention):
    """Reads a 2-D mask as padding (B, S) where its first size equals the batch: wrong for a (T, S) mask with T = B."""

    def shaped_mask(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        if mask is not None and mask.dim() == 2 and mask.shape[0] == x.shape[0]:
            return mask[:, None, None, :]
        return super().shaped_mask(mask, x)


class ContextOfTheSameShapeIgnored(_Attention):
    """Takes a context of x's shape for self-attention: wrong for cross-attention between sequences of equal length."""

    def source(self, x: Tensor, context: Tensor | None) -> Tensor:
        return x if context is None or context.shape == x.shape else context


class ContextOrInput(_Attention):
    """Writes `context or x`: the truth value of a tensor of more than one entry raises, so no cross-attention works."""

    def source(self, x: Tensor, context: Tensor | None) -> Tensor:
        return context or x


class ValuesOfTheQuery(_Attention):
    """Takes k from the context but v from x: right without a context, wrong or an error with one."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q = self.split(self.apply_linear(self.q_proj, x))
        k = self.split(self.apply_linear(self.k_proj, source))
        v = self.split(self.apply_linear(self.v_proj, x))
        out = self.merge(self.attend(q, k, v, self.shaped_mask(mask, x)))
        return self.apply_linear(self.out_proj, out).to(x.dtype)


class MaskOnlyWithoutContext(_Attention):
    """Thinks a mask is for self-attention and drops it when there is a context: wrong for padded contexts."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return super().forward(x, context, mask if context is None else None)


class CausalByDefault(_Attention):
    """Hides the future where neither context nor mask is given: differs for every T > 1 without a mask."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        if context is None and mask is None:
            t = x.shape[1]
            mask = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        return super().forward(x, context, mask)


class BiasAlwaysInOutput(_Attention):
    """bias=False reaches q, k and v only: out_proj keeps its bias."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.out_proj = nn.Linear(d_model, d_model)


class NoBiasInTheProjections(_Attention):
    """q, k and v never have a bias, as in some large models: four biases are asked by default."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.q_proj = nn.Linear(d_model, d_model, bias=False)
        self.k_proj = nn.Linear(d_model, d_model, bias=False)
        self.v_proj = nn.Linear(d_model, d_model, bias=False)


class AssertedHeads(_Attention):
    """Checks that n_heads divides d_model by assert: AssertionError in place of ValueError."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        assert d_model % n_heads == 0, "n_heads must divide d_model"
        super().__init__(d_model, n_heads, bias)


class HeadsFoundOutLater(_Attention):
    """Accepts 3 heads for a width of 8 and raises only when it is called: no ValueError from the constructor."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, 1, bias)
        self.n_heads, self.d_head = n_heads, d_model // n_heads


class FilledWithMinusBillion(_Attention):
    """Fills with -1e9: weights of 10,000 make allowed scores far below that, and the forbidden keys win."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return torch.softmax(scores, dim=-1)
        alive = mask.any(-1, keepdim=True)
        return torch.softmax(scores.masked_fill(~mask, -1e9), dim=-1) * alive


class FilledWithMinusTenThousand(_Attention):
    """Fills with -1e4 so that it fits in float16: allowed scores of -1e5 (x near 300) lose to the forbidden keys."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return torch.softmax(scores, dim=-1)
        alive = mask.any(-1, keepdim=True)
        return torch.softmax(scores.masked_fill(~mask, -1e4), dim=-1) * alive


class EmptyRowsAverage(_Attention):
    """A query that may attend to nothing gets the mean of the values in place of zeros before out_proj."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        return torch.softmax(scores, dim=-1)


class EmptyRowsWithoutBias(_Attention):
    """Sets the rows of empty queries to zero after out_proj: its bias is missing there."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        out = super().forward(x, context, mask)
        return out if mask is None else out.masked_fill(~mask.any(-1).unsqueeze(-1), 0)


class NanRepaired(_Attention):
    """Adds a mask of -inf and repairs the NaN of empty rows afterwards: values right, gradients of x NaN."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is not None:
            scores = scores + torch.where(mask, 0.0, -math.inf).to(scores.dtype)
        return torch.nan_to_num(torch.softmax(scores, dim=-1))


class MaskedAfterSoftmax(_Attention):
    """Multiplies the weights by the mask without normalising again: rows with a forbidden key sum to less than 1."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        weights = torch.softmax(scores, dim=-1)
        return weights if mask is None else weights * mask


class MaskReadAsForbidden(_Attention):
    """True means 'may not attend', as in torch's own module: differs for every mask."""

    def shaped_mask(self, mask: Tensor | None, x: Tensor) -> Tensor | None:
        mask = super().shaped_mask(mask, x)
        return None if mask is None else ~mask


class DropoutOnWeights(_Attention):
    """Drops a tenth of the weights while training: in the mode a new module is in, two calls differ."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return F.dropout(super().weights(scores, mask), p=0.1, training=self.training)


class HalfScores(_Attention):
    """Multiplies q and k in the input's dtype: in float16 a product beyond 65,504 (x near 500) makes NaN."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q, k, v = self.split(self.q_proj(x)), self.split(self.k_proj(source)), self.split(self.v_proj(source))
        scores = q @ k.mT / math.sqrt(self.d_head)
        out = self.weights(_wide(scores), self.shaped_mask(mask, x)).to(x.dtype) @ v
        return self.out_proj(self.merge(out))


class HeadAfterHead(_Attention):
    """Loops over the heads: right values, but the number of torch calls grows with them."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        mask = mask.squeeze(1) if mask is not None and mask.dim() == 4 else mask
        heads = []
        for j in range(self.n_heads):
            heads.append(self.weights(self.scores(q[:, j], k[:, j]), mask) @ v[:, j])
        return torch.stack(heads, dim=1)


class LibraryAttention(_Attention):
    """Leaves the attention to F.scaled_dot_product_attention, which the contract rules out."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return out if mask is None else out.masked_fill(~mask.any(-1, keepdim=True), 0)


class OneJointProjection(_Attention):
    """One Linear of 3 d_model for q, k and v, as in GPT-2: the parameters are not the four of the contract, no state dict fits."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        del self.q_proj, self.k_proj, self.v_proj
        self.in_proj = nn.Linear(d_model, 3 * d_model, bias=bias)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        q = self.apply_linear(self.in_proj, x).chunk(3, dim=-1)[0]
        k, v = self.apply_linear(self.in_proj, self.source(x, context)).chunk(3, dim=-1)[1:]
        out = self.attend(self.split(q), self.split(k), self.split(v), self.shaped_mask(mask, x))
        return self.apply_linear(self.out_proj, self.merge(out)).to(x.dtype)


class ValuesAreKeys(_Attention):
    """Uses the projected keys as values: v_proj is there but never used."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q = self.split(self.apply_linear(self.q_proj, x))
        k = self.split(self.apply_linear(self.k_proj, source))
        out = self.merge(self.attend(q, k, k, self.shaped_mask(mask, x)))
        return self.apply_linear(self.out_proj, out).to(x.dtype)


class OutputProjectionUnused(_Attention):
    """Returns the merged heads without out_proj: differs for every input."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        source = x if context is None else context
        q = self.split(self.apply_linear(self.q_proj, x))
        k = self.split(self.apply_linear(self.k_proj, source))
        v = self.split(self.apply_linear(self.v_proj, source))
        return self.merge(self.attend(q, k, v, self.shaped_mask(mask, x))).to(x.dtype)


class OutputAndWeights(_Attention):
    """Returns (output, weights), as torch's module does, in place of the output."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        source = x if context is None else context
        q = self.split(self.apply_linear(self.q_proj, x))
        k = self.split(self.apply_linear(self.k_proj, source))
        return super().forward(x, context, mask), self.weights(self.scores(q, k), self.shaped_mask(mask, x))


class ResidualInside(_Attention):
    """Adds x to the output: the residual belongs to the block, differs for every x but 0."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        return x + super().forward(x, context, mask)


class LearntTemperature(_Attention):
    """Has a fifth parameter, the scale of the scores: values as asked at first, but the parameters are not the four Linear."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__(d_model, n_heads, bias)
        self.scale = nn.Parameter(torch.tensor(self.d_head**-0.5))

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        return q * self.scale @ k.mT


class SinglePrecisionInside(_Attention):
    """Casts scores and values to float32: a float64 module answers with float32 digits."""

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return super().attend(q.float(), k.float(), v.float(), mask).to(q.dtype)


class SoftmaxOverQueries(_Attention):
    """Normalises over the queries (dim=-2): differs for every T > 1, and T = 1 gives the sum of the values."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return torch.softmax(scores, dim=-2)
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        return torch.softmax(scores, dim=-2).masked_fill(~mask, 0)


class OneHeadUnprojected(_Attention):
    """'One head needs no output projection': for n_heads = 1 leaves out_proj out."""

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        if self.n_heads > 1:
            return super().forward(x, context, mask)
        source = x if context is None else context
        q, k, v = (
            self.apply_linear(self.q_proj, x),
            self.apply_linear(self.k_proj, source),
            self.apply_linear(self.v_proj, source),
        )
        return self.attend(q, k, v, mask).to(x.dtype)


# ---------------------------------------------------------------- right


class HeadsFoldedIntoTheBatch(nn.Module):
    """Right: heads folded into the batch, products by baddbmm, the mask repeated for them."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("d_model must be a multiple of n_heads")
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            self.add_module(name, nn.Linear(d_model, d_model, bias=bias))
        self.heads = n_heads

    def _folded(self, linear: nn.Linear, x: Tensor) -> Tensor:
        y = self._linear(linear, x)
        b, t, d = y.shape
        return y.reshape(b, t, self.heads, d // self.heads).permute(0, 2, 1, 3).reshape(b * self.heads, t, -1)

    @staticmethod
    def _linear(linear: nn.Linear, x: Tensor) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        y = torch.tensordot(x.to(wide), linear.weight.to(wide), dims=([-1], [1]))
        return y if linear.bias is None else y + linear.bias.to(wide)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        memory = x if context is None else context
        q, k, v = self._folded(self.q_proj, x), self._folded(self.k_proj, memory), self._folded(self.v_proj, memory)
        b, t, s = x.shape[0], x.shape[1], memory.shape[1]
        keep = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=x.device) if mask is None else mask.reshape(-1, 1, t, s)
        keep = keep.expand(b, self.heads, t, s).reshape(-1, t, s)
        some = keep.any(-1, keepdim=True)
        scores = torch.baddbmm(q.new_zeros(1, 1, 1), q, k.transpose(1, 2), beta=0, alpha=q.shape[-1] ** -0.5)
        weights = scores.masked_fill(~keep & some, -math.inf).softmax(-1)
        out = torch.bmm(weights, v) * some
        out = out.reshape(b, self.heads, t, -1).permute(0, 2, 1, 3).reshape(b, t, -1)
        return self._linear(self.out_proj, out).to(x.dtype)


class HeadsInTheWeights(nn.Module):
    """Right: the weight matrices reshaped to (H, d, D), so that einsum makes and joins the heads."""

    def __init__(self, d_model: int, n_heads: int, bias: bool = True) -> None:
        super().__init__()
        if n_heads * (d_model // n_heads) != d_model:
            raise ValueError("heads of equal width need n_heads to divide d_model")
        self.shape = (n_heads, d_model // n_heads)
        self.out_proj, self.v_proj, self.k_proj, self.q_proj = (nn.Linear(d_model, d_model, bias) for _ in range(4))

    def _project(self, linear: nn.Linear, x: Tensor) -> Tensor:
        y = torch.einsum("btm,hdm->bhtd", x, linear.weight.to(x.dtype).unflatten(0, self.shape))
        return y if linear.bias is None else y + linear.bias.to(x.dtype).unflatten(0, self.shape).unsqueeze(1)

    def forward(self, x: Tensor, context: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        dtype = x.dtype
        x = x.to(torch.promote_types(dtype, torch.float32))
        memory = x if context is None else context.to(x.dtype)
        q, k, v = self._project(self.q_proj, x), self._project(self.k_proj, memory), self._project(self.v_proj, memory)
        scores = torch.einsum("bhtd,bhsd->bhts", q, k) / self.shape[1] ** 0.5
        if mask is not None:
            mask = mask.expand(x.shape[0], *scores.shape[-2:])[:, None]
            scores = torch.where(mask, scores, scores.new_full((), torch.finfo(scores.dtype).min))
        e = torch.exp(scores - scores.amax(-1, keepdim=True))
        if mask is not None:
            e = e * mask
        weights = e / e.sum(-1, keepdim=True).clamp(min=0.5)
        out = torch.einsum("bhts,bhsd->bthd", weights, v)
        weight = self.out_proj.weight.to(x.dtype).unflatten(1, self.shape)
        result = torch.einsum("bthd,mhd->btm", out, weight)
        return (result if self.out_proj.bias is None else result + self.out_proj.bias.to(x.dtype)).to(dtype)


class SelfContainedHelper(_Attention):
    """Right: the plain pieces above, weights in float64."""

    def weights(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        return super().weights(scores.double(), mask).to(scores.dtype)


WRONG = (
    ScaledByModelWidth,
    ScaledTwice,
    ViewedIntoHeads,
    MergedWithoutTransposing,
    InterleavedHeads,
    MaskWithoutHeadAxis,
    MaskOfTheFirstOfTheBatch,
    SquareMaskReadAsPadding,
    ContextOfTheSameShapeIgnored,
    ContextOrInput,
    ValuesOfTheQuery,
    MaskOnlyWithoutContext,
    CausalByDefault,
    BiasAlwaysInOutput,
    NoBiasInTheProjections,
    AssertedHeads,
    HeadsFoundOutLater,
    FilledWithMinusBillion,
    FilledWithMinusTenThousand,
    EmptyRowsAverage,
    EmptyRowsWithoutBias,
    NanRepaired,
    MaskedAfterSoftmax,
    MaskReadAsForbidden,
    DropoutOnWeights,
    HalfScores,
    HeadAfterHead,
    LibraryAttention,
    OneJointProjection,
    ValuesAreKeys,
    OutputProjectionUnused,
    OutputAndWeights,
    ResidualInside,
    LearntTemperature,
    SinglePrecisionInside,
    SoftmaxOverQueries,
    OneHeadUnprojected,
)
RIGHT = (HeadsFoldedIntoTheBatch, HeadsInTheWeights, SelfContainedHelper)
