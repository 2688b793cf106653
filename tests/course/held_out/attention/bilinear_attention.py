"""Held-out corpus for bilinear_attention: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# ---------------------------------------------------------------- wrong


def matrix_acts_on_query_side_swapped(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Scores h_i^T w h_t in place of h_t^T w h_i: differs for every w that is not symmetric."""
    weights = torch.softmax(h @ (h @ w).mT, dim=-1)
    return weights @ h, weights


def normalised_over_queries(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax over t (dim=-2): columns sum to 1, rows do not, for any T > 1."""
    weights = torch.softmax(h @ w @ h.mT, dim=-2)
    return weights @ h, weights


def scaled_by_root_of_features(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Divides the scores by sqrt(D), which belongs to scaled dot products: differs for D > 1."""
    weights = torch.softmax(h @ w @ h.mT / math.sqrt(h.shape[-1]), dim=-1)
    return weights @ h, weights


def exponentials_unshifted(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """exp without subtracting the maximum: NaN for scores above 88 in float32, 0/0 where all lie below -110."""
    e = torch.exp(h @ w @ h.mT)
    weights = e / e.sum(dim=-1, keepdim=True)
    return weights @ h, weights


def weights_first(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Returns (weights, context) in place of (context, weights): the shapes differ unless T = D."""
    weights = torch.softmax(h @ w @ h.mT, dim=-1)
    return weights, weights @ h


def context_through_transposed_weights(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over t in place of i in the context (weights^T h): differs for any T > 1."""
    weights = torch.softmax(h @ w @ h.mT, dim=-1)
    return weights.mT @ h, weights


def context_of_projected_states(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Averages the projected states h w in place of h: differs for every w that is not the identity."""
    projected = h @ w
    weights = torch.softmax(projected @ h.mT, dim=-1)
    return weights @ projected, weights


def batches_of_matrices_only(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Uses bmm, which asks for exactly one batch dimension: raises for (T, D) and (A, B, T, D)."""
    scores = torch.bmm(torch.matmul(h, w), h.transpose(1, 2))
    weights = torch.softmax(scores, dim=2)
    return torch.bmm(weights, h), weights


def numerator_pairs_with_itself(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Each t gets exp(h_t^T w h_t) over the row's sum for every i, as in a known misprint: rows do not sum to 1."""
    scores = h @ w @ h.mT
    own = scores.diagonal(dim1=-2, dim2=-1).unsqueeze(-1)
    weights = torch.exp(own - scores.logsumexp(-1, keepdim=True)).expand_as(scores)
    return weights @ h, weights


def exponential_twice(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Softmax of the exponentiated scores: differs for every input, NaN for scores above 88."""
    weights = torch.exp(h @ w @ h.mT).softmax(dim=-1)
    return weights @ h, weights


def one_query_at_a_time(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Loops over t: right values, but the number of torch calls grows with T."""
    rows = []
    for t in range(h.shape[-2]):
        score = torch.einsum("...d,de,...ie->...i", h[..., t, :], w, h)
        rows.append(torch.softmax(score, dim=-1))
    weights = torch.stack(rows, dim=-2)
    return weights @ h, weights


def shift_by_batch_maximum(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Shifts by the largest score of the whole batch: a row that lies 200 below becomes NaN."""
    scores = h @ w @ h.mT
    e = torch.exp(scores - scores.max())
    weights = e / e.sum(-1, keepdim=True)
    return weights @ h, weights


def only_the_past(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Adds a causal mask that nobody asked for: differs for every t but the last."""
    scores = h @ w @ h.mT
    past = torch.ones_like(scores, dtype=torch.bool).tril()
    weights = torch.softmax(scores.masked_fill(~past, -math.inf), dim=-1)
    return weights @ h, weights


def weights_as_constants(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Detaches the weights before the average (for a plot): w gets no gradient from the context, h a wrong one."""
    weights = torch.softmax(h @ w @ h.mT, dim=-1)
    return weights.detach() @ h, weights


def shared_transpose(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Transposes with h.T, which turns all dims round: right for (T, D), raises or mixes the batch for (B, T, D)."""
    weights = torch.softmax(h @ w @ h.T, dim=-1)
    return weights @ h, weights


def symmetric_part_only(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Makes w symmetric 'as a similarity should be': differs for every w that is not symmetric."""
    weights = torch.softmax(h @ ((w + w.mT) / 2) @ h.mT, dim=-1)
    return weights @ h, weights


def log_weights_at_large_scores(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """exp(score - logsumexp) in float32: scores near 1e6 are 0.06 apart, so the weights sum to 1.02 or 0.97."""
    scores = h @ w @ h.mT
    weights = torch.exp(scores - scores.logsumexp(dim=-1, keepdim=True))
    return weights @ h, weights


def one_position_skipped(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """With T = 1 returns h and the raw score in place of the weight 1: only a sequence of length one shows it."""
    scores = h @ w @ h.mT
    if h.shape[-2] == 1:
        return h.clone(), scores
    weights = torch.softmax(scores, dim=-1)
    return weights @ h, weights


# ---------------------------------------------------------------- right


def by_one_einsum(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Right: score and context by einsum, shifted exponentials by hand."""
    scores = torch.einsum("...td,de,...ie->...ti", h, w, h)
    e = (scores - scores.amax(-1, keepdim=True).detach()).exp()
    weights = e.div(e.sum(-1, keepdim=True))
    return torch.einsum("...ti,...id->...td", weights, h), weights


def by_transposed_scores(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Right: builds the scores with rows and columns exchanged, normalises over dim -2, and turns round at the end."""
    keys = torch.nn.functional.linear(h, w)
    columns = keys.matmul(h.transpose(-1, -2)).softmax(-2)
    weights = columns.transpose(-1, -2)
    return (h.transpose(-1, -2) @ columns).transpose(-1, -2), weights


def with_contiguous_results(h: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Right: log_softmax on scores shifted by their own maximum (so that nothing large is left), then exp."""
    scores = torch.tensordot(h, w, dims=([-1], [0])).matmul(h.movedim(-1, -2))
    shifted = scores - torch.max(scores, dim=-1, keepdim=True)[0]
    weights = torch.log_softmax(shifted, dim=-1).exp()
    return torch.matmul(weights, h).contiguous(), weights.contiguous()


WRONG = (
    matrix_acts_on_query_side_swapped,
    normalised_over_queries,
    scaled_by_root_of_features,
    exponentials_unshifted,
    weights_first,
    context_through_transposed_weights,
    context_of_projected_states,
    batches_of_matrices_only,
    numerator_pairs_with_itself,
    exponential_twice,
    one_query_at_a_time,
    shift_by_batch_maximum,
    only_the_past,
    weights_as_constants,
    shared_transpose,
    symmetric_part_only,
    log_weights_at_large_scores,
    one_position_skipped,
)
RIGHT = (by_one_einsum, by_transposed_scores, with_contiguous_results)
