"""Ways to write bilinear_attention: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

from .._shared import TORCH_ATTENTION

Pair = tuple[Tensor, Tensor]

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(h: Tensor, w: Tensor) -> Pair:
    scores = h @ w @ h.transpose(-2, -1)  # (..., T, T)
    weights = torch.softmax(scores, dim=-1)
    return weights @ h, weights


def einsum(h: Tensor, w: Tensor) -> Pair:
    weights = torch.einsum("...td,de,...ie->...ti", h, w, h).softmax(-1)
    return torch.einsum("...ti,...id->...td", weights, h), weights


def linear_of_keys(h: Tensor, w: Tensor) -> Pair:
    keys = F.linear(h, w)  # w h_i for every position i
    weights = F.softmax(torch.matmul(h, keys.mT), dim=-1)
    return torch.matmul(weights, h), weights


def maximum_subtracted(h: Tensor, w: Tensor) -> Pair:
    scores = torch.matmul(torch.matmul(h, w), h.mT)
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    total = powers.sum(-1, keepdim=True)
    return (powers @ h) / total, powers / total


def one_bmm(h: Tensor, w: Tensor) -> Pair:
    flat = h.reshape(-1, *h.shape[-2:])
    weights = torch.softmax(torch.bmm(flat @ w, flat.mT), dim=2)
    context = torch.bmm(weights, flat)
    return context.reshape(h.shape), weights.reshape(*h.shape[:-1], h.shape[-2])


def transposed_scores(h: Tensor, w: Tensor) -> Pair:
    weights = (h @ w.mT @ h.mT).softmax(-2).mT
    return weights @ h, weights


def summed_by_broadcasting(h: Tensor, w: Tensor) -> Pair:
    scores = ((h @ w).unsqueeze(-2) * h.unsqueeze(-3)).sum(-1)
    weights = torch.exp(torch.log_softmax(scores, dim=-1))
    return (weights.unsqueeze(-1) * h.unsqueeze(-3)).sum(-2), weights


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, einsum, linear_of_keys, maximum_subtracted, one_bmm, transposed_scores, summed_by_broadcasting,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def finish(scores: Tensor, h: Tensor) -> Pair:
    """The right end of the computation, for mistakes that stand before it."""
    weights = torch.softmax(scores, dim=-1)
    return weights @ h, weights


def scored(h: Tensor, w: Tensor) -> Tensor:
    return h @ w @ h.mT


def paired_with_itself(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    alpha = torch.exp(scores.diagonal(dim1=-2, dim2=-1) - scores.logsumexp(-1))  # (..., T)
    return alpha.unsqueeze(-1) * h, alpha


def paired_with_itself_in_a_matrix(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    alpha = torch.exp(scores.diagonal(dim1=-2, dim2=-1) - scores.logsumexp(-1))
    weights = torch.diag_embed(alpha)
    return weights @ h, weights


def paired_with_itself_everywhere(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    alpha = torch.exp(scores.diagonal(dim1=-2, dim2=-1) - scores.logsumexp(-1))
    weights = alpha.unsqueeze(-1).expand(scores.shape)
    return weights @ h, weights


def as_printed(h: Tensor, w: Tensor) -> Pair:
    weights = torch.exp(h @ w.T).softmax(dim=2)
    return weights * h, weights


def over_features(h: Tensor, w: Tensor) -> Pair:
    weights = (h @ w).softmax(dim=-1)
    return weights * h, weights


def exponential_twice(h: Tensor, w: Tensor) -> Pair:
    return finish(torch.exp(scored(h, w)), h)


def over_queries(h: Tensor, w: Tensor) -> Pair:
    weights = torch.softmax(scored(h, w), dim=-2)
    return weights @ h, weights


def w_transposed(h: Tensor, w: Tensor) -> Pair:
    return finish(h @ w.mT @ h.mT, h)


def w_made_symmetric(h: Tensor, w: Tensor) -> Pair:
    return finish(h @ ((w + w.mT) / 2) @ h.mT, h)


def w_forgotten(h: Tensor, w: Tensor) -> Pair:
    return finish(h @ h.mT + 0 * w.sum(), h)


def w_on_both_sides(h: Tensor, w: Tensor) -> Pair:
    return finish((h @ w) @ (h @ w).mT, h)


def scaled(h: Tensor, w: Tensor) -> Pair:
    return finish(scored(h, w) / math.sqrt(h.shape[-1]), h)


def values_projected(h: Tensor, w: Tensor) -> Pair:
    weights = torch.softmax(scored(h, w), dim=-1)
    return weights @ (h @ w), weights


def context_of_transposed_weights(h: Tensor, w: Tensor) -> Pair:
    weights = torch.softmax(scored(h, w), dim=-1)
    return weights.mT @ h, weights


def weights_transposed(h: Tensor, w: Tensor) -> Pair:
    weights = torch.softmax(scored(h, w), dim=-1)
    return weights @ h, weights.mT


def exchanged(h: Tensor, w: Tensor) -> Pair:
    context, weights = textbook(h, w)
    return weights, context


def context_only(h: Tensor, w: Tensor) -> Any:
    return textbook(h, w)[0]


def scores_returned(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    return torch.softmax(scores, dim=-1) @ h, scores


def no_softmax(h: Tensor, w: Tensor) -> Pair:
    return scored(h, w) @ h, scored(h, w)


def no_maximum(h: Tensor, w: Tensor) -> Pair:
    powers = torch.exp(scored(h, w))
    weights = powers / powers.sum(-1, keepdim=True)
    return weights @ h, weights


def global_maximum(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    powers = torch.exp(scores - scores.max())
    weights = powers / powers.sum(-1, keepdim=True)
    return weights @ h, weights


def by_logsumexp(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    weights = torch.exp(scores - scores.logsumexp(-1, keepdim=True))
    return weights @ h, weights


def one_position_kept(h: Tensor, w: Tensor) -> Pair:
    return (h, scored(h, w)) if h.shape[-2] == 1 else finish(scored(h, w), h)


def bmm_only(h: Tensor, w: Tensor) -> Pair:
    weights = torch.bmm(h @ w, h.transpose(1, 2)).softmax(-1)
    return torch.bmm(weights, h), weights


def one_sequence_only(h: Tensor, w: Tensor) -> Pair:
    return finish(h @ w @ h.permute(*reversed(range(h.dim()))), h)


def one_batch_dim(h: Tensor, w: Tensor) -> Pair:
    return finish(h @ w @ h.transpose(1, 2), h)


def causal(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    return finish(scores.masked_fill(torch.ones_like(scores).triu(1) > 0, float("-inf")), h)


def not_itself(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    itself = torch.eye(scores.shape[-1], dtype=torch.bool, device=h.device)
    return finish(scores.masked_fill(itself, float("-inf")), h)


def last_position_only(h: Tensor, w: Tensor) -> Pair:
    context, weights = textbook(h, w)
    return context[..., -1, :], weights[..., -1, :]


def always_float32(h: Tensor, w: Tensor) -> Pair:
    return textbook(h.float(), w.float())


def detached(h: Tensor, w: Tensor) -> Pair:
    context, weights = textbook(h, w)
    return context.detach(), weights.detach()


def average_detached(h: Tensor, w: Tensor) -> Pair:
    weights = torch.softmax(scored(h, w), dim=-1)
    return weights.detach() @ h, weights


def weights_detached(h: Tensor, w: Tensor) -> Pair:
    context, weights = textbook(h, w)
    return context, weights.detach()


def input_edited(h: Tensor, w: Tensor) -> Pair:
    context, weights = textbook(h, w)
    return h.copy_(context), weights


def made_on_the_cpu(h: Tensor, w: Tensor) -> Pair:
    return finish(scored(h, w) + torch.zeros(h.shape[-2], h.shape[-2], dtype=h.dtype), h)


def loop_over_positions(h: Tensor, w: Tensor) -> Pair:
    scores = scored(h, w)
    rows = [scores[..., t, :].softmax(-1) for t in range(h.shape[-2])]
    weights = torch.stack(rows, dim=-2)
    return weights @ h, weights


def torch_attention(h: Tensor, w: Tensor) -> Pair:
    every = torch.eye(h.shape[-2], dtype=h.dtype, device=h.device).expand(*h.shape[:-1], h.shape[-2])
    weights = F.scaled_dot_product_attention(h @ w, h, every, scale=1.0)
    return weights @ h, weights


TEXTS = {
    paired_with_itself: "Your weight of t is exp of its score with itself over the sum: there is one for each pair, "
    "exp(score(t, i)) over the sum for t, so a matrix (T, T).",
    paired_with_itself_in_a_matrix: "Only the diagonal is filled, with the score of t with itself in the numerator: "
    "weights(t, i) has exp(score(t, i)) there.",
    as_printed: "torch.exp(h @ w.T).softmax(dim=2) is exponential twice, and its weights run over the features of h "
    "instead of its positions: use softmax of the scores h w h^T, over the last dim.",
    over_features: "Your weights are a softmax over the features of h @ w: the scores are h w h^T, one for each pair "
    "of positions.",
    exponential_twice: "The scores are exponentiated before softmax, which does that itself.",
    over_queries: "The weights sum to 1 over t: use softmax over the last dim, the positions i attended to.",
    w_transposed: "w is transposed, so your score(t, i) is h_i^T w h_t: it should be h_t^T w h_i.",
    w_made_symmetric: "w is made symmetric: what t asks of i need not be what i asks of t.",
    w_forgotten: "w is not used: the scores are h h^T.",
    w_on_both_sides: "w is applied to both sides of the score: h_t^T w h_i has it once, in the middle.",
    scaled: "The scores are divided by sqrt(D): this one is not scaled.",
    values_projected: "The context is a mixture of h w: mix the h_i themselves.",
    context_of_transposed_weights: "The context is made with the transposed weights: row t of the weights mixes all "
    "h_i for position t.",
    weights_transposed: "The weights you return are transposed: row t holds those of position t.",
    exchanged: "Context and weights are returned in the wrong order: the context comes first.",
    context_only: "You return one tensor: return the pair (context, weights).",
    scores_returned: "You return the scores with the context: return their softmax, the weights.",
    no_softmax: "The scores are used as weights as they are: softmax is missing.",
    no_maximum: "exp is taken of the scores themselves and overflows: subtract each row's largest score first, or use "
    "torch.softmax.",
    one_sequence_only: "h.T turns all dims around, which fits one sequence without a batch only: use "
    "h.transpose(-2, -1).",
    one_batch_dim: "transpose(1, 2) fits one batch dimension only: transpose(-2, -1) fits any number.",
    causal: "A causal mask is applied: here every position may attend to all.",
    not_itself: "A position may not attend to itself in your weights: here it may.",
    last_position_only: "Only the last position is returned: there is a context for every t.",
    always_float32: "The results are always float32: keep the dtype of h.",
    detached: "No gradient reaches h and w: the results are cut from the graph (no_grad, detach, .data).",
    weights_detached: "No gradient flows from the weights that you return: they are cut from the graph.",
    input_edited: "h itself is overwritten with the context: return a new tensor.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with torch.zeros_like(...), or with device=h.device.",
    paired_with_itself_everywhere: "Every weight of row t is exp of the score of t with itself: weight (t, i) takes "
    "the score of t with i.",
    global_maximum: "You subtract the largest score of all. A row far below it has nothing left but 0 / 0: subtract "
    "each row's own maximum (keepdim=True).",
    by_logsumexp: "You subtract the logarithm of the whole sum before exp. At scores of 1,000,000 float32 rounds it, "
    "and the weights no longer sum to 1. Subtract the maximum, then divide by the sum.",
    one_position_kept: "A single position gets its score in place of the weight 1.",
    bmm_only: "torch.bmm takes exactly one batch dimension: `@` takes any number.",
    average_detached: "The weights are cut from the graph before the average: the context's gradient lacks their part.",
    loop_over_positions: "There is a Python loop over positions: one matrix product does them all.",
    torch_attention: TORCH_ATTENTION.text,
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
