"""Known wrong ways to write scaled_dot_product_attention; each must fail, and be named by its behaviour."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception

from .._shared import MINUS_INFINITY, TORCH_ATTENTION
from .masks import (
    _finish,
    _mixed,
    _products,
    _scores,
    always_causal,
    causal_when_square,
    empty_by_first_key,
    empty_by_score,
    filled_then_zeroed,
    filled_with_minus_billion,
    finite_fill,
    large_number_subtracted,
    mask_added,
    mask_after_softmax,
    mask_given_two_axes,
    mask_ignored,
    mask_inverted,
    masked_scores_zero,
    nan_gradients,
    nan_when_empty,
    normalized_again,
    one_query_unmasked,
    rows_set_by_index,
    uniform_when_empty,
    zeros_chosen_at_the_end,
)

# ---- scores ---------------------------------------------------------------------------------------------------


def not_scaled(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k), v, mask)


def divided_by_d_k(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) / q.shape[-1], v, mask)


def scaled_by_d_v(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) / math.sqrt(v.shape[-1]), v, mask)


def scaled_by_n_k(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) / math.sqrt(k.shape[-2]), v, mask)


def root_rounded(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) / math.isqrt(q.shape[-1]), v, mask)


def scaled_by_two(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) / 2.0, v, mask)


def multiplied(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k) * math.sqrt(q.shape[-1]), v, mask)


def cosine_scores(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(F.normalize(q, dim=-1), F.normalize(k, dim=-1)), v, mask)


def swapped(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(k, q) / math.sqrt(q.shape[-1]), v, mask)


def one_batch_dim(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_products(q, k.transpose(1, 2).mT) / math.sqrt(q.shape[-1]), v, mask)


def softmax_of_each(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q.softmax(-1), k.softmax(-1)), v.softmax(-1), mask)


# ---- weights --------------------------------------------------------------------------------------------------


def over_queries(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    return _mixed(torch.nan_to_num(torch.softmax(scores, dim=-2)), v)


def exponential_twice(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(torch.exp(_scores(q, k)), v, mask)


def no_softmax(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    return _mixed(scores if mask is None else scores.masked_fill(~mask, 0.0), v)


def no_maximum(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    powers = torch.exp(_scores(q, k))
    if mask is not None:
        powers = powers.masked_fill(~mask, 0.0)
    total = powers.sum(-1, keepdim=True)
    return _mixed(powers / total.masked_fill(total == 0, 1.0), v)


def no_maximum_times_mask(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    powers = torch.exp(_scores(q, k))
    powers = powers if mask is None else powers * mask
    total = powers.sum(-1, keepdim=True)
    return _mixed(powers / total.masked_fill(total == 0, 1.0), v)


def by_logsumexp(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k) if mask is None else _scores(q, k).masked_fill(~mask, MINUS_INFINITY)
    total = torch.logsumexp(scores, -1, keepdim=True).nan_to_num(neginf=0.0, posinf=math.inf)
    return _mixed(torch.exp(scores - total), v)


def weights_transposed(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    return _mixed(torch.nan_to_num(torch.softmax(scores, dim=-1)).mT, v)


def mean_over_keys(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, mask) / k.shape[-2]


# ---- result ---------------------------------------------------------------------------------------------------


def returns_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    return torch.nan_to_num(torch.softmax(scores, dim=-1)).to(v.dtype)


def returns_tuple(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Any:
    scores = _scores(q, k) if mask is None else _scores(q, k).masked_fill(~mask, MINUS_INFINITY)
    return _finish(scores, v, None), torch.nan_to_num(torch.softmax(scores, dim=-1))


def always_float32(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q.float(), k.float()), v.float(), mask)


def returns_float64(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q.double(), k.double()), v.double(), mask)


def in_half_precision(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(q @ k.mT / math.sqrt(q.shape[-1]), v, mask)


def nan_in_half_precision(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    if mask is None:
        return torch.softmax(scores, dim=-1) @ v
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-1)
    return weights.masked_fill(~mask, 0.0) @ v


def detached(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k), v, mask).detach()


def weights_detached(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return _finish(_scores(q, k).detach(), v, mask)


# ---- manners --------------------------------------------------------------------------------------------------


def input_edited(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    q /= math.sqrt(q.shape[-1])
    return _finish(_products(q, k), v, mask)


def data_edited(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    q.data /= math.sqrt(q.shape[-1])
    return _finish(_products(q, k), v, mask)


def made_on_the_cpu(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    allowed = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool)
    return _finish(_scores(q, k), v, allowed if mask is None else allowed & mask)


def loop_over_queries(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    scores = _scores(q, k)
    if mask is not None:
        scores = scores.masked_fill(~mask, MINUS_INFINITY)
    rows = [_mixed(torch.nan_to_num(scores[..., i : i + 1, :].softmax(-1)), v) for i in range(q.shape[-2])]
    return torch.cat(rows, dim=-2)


def torch_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


TEXTS = {
    not_scaled: "Your weights are those of scores not divided by sqrt(d_k).",
    divided_by_d_k: "The scores are divided by d_k: divide by its square root.",
    scaled_by_d_v: "The scores are divided by sqrt(d_v), the width of the values: use d_k, that of queries and keys.",
    scaled_by_n_k: "The scores are divided by the square root of the number of keys: use d_k, their last dimension.",
    root_rounded: "sqrt(d_k) is rounded to an integer: use math.sqrt or ** 0.5, not math.isqrt or //.",
    scaled_by_two: "The scores are divided by 2, which is sqrt(d_k) for d_k = 4 only: take the root of q.shape[-1].",
    multiplied: "The scores are multiplied by sqrt(d_k): divide by it.",
    cosine_scores: "Queries and keys are brought to length 1: the scores are plain dot products over sqrt(d_k).",
    swapped: "The scores are k q^T: rows must belong to queries and columns to keys, so q k^T.",
    one_batch_dim: "transpose(1, 2) fits one batch dimension only: transpose(-2, -1) fits any number.",
    softmax_of_each: "q, k and v are each put through softmax. Only the scores are, along the keys.",
    over_queries: "The weights sum to 1 over the queries: use softmax over the last dim, the keys.",
    exponential_twice: "The scores are exponentiated before softmax, which does that itself.",
    no_softmax: "The scores are used as weights as they are: softmax is missing.",
    no_maximum: "exp is taken of the scores themselves and overflows: subtract each row's largest score first.",
    no_maximum_times_mask: "exp is taken of the scores themselves and overflows: fill masked ones with -inf, and "
    "subtract each row's largest score first.",
    by_logsumexp: "You subtract the logarithm of the whole sum before exp. At scores of 80,000 float32 rounds that "
    "logarithm, and the weights no longer sum to 1. Subtract the maximum, then divide by the sum.",
    weights_transposed: "v is multiplied by the transposed weights: row i of the weights belongs to query i.",
    mean_over_keys: "The result is divided by the number of keys, but the weights already sum to 1.",
    mask_ignored: "The mask is not used.",
    mask_inverted: "The mask is read the wrong way round: True means that the query may attend to the key.",
    mask_after_softmax: "The mask is applied after softmax, so the weights left no longer sum to 1: apply it to the "
    "scores.",
    masked_scores_zero: "Masked scores are set to 0, and exp(0) = 1 is a weight like any other: set them to -inf.",
    mask_added: "The bool mask is added to the scores: False adds 0 and True 1. Fill with -inf where it is False.",
    filled_with_minus_billion: "Masked scores are set to -1e9. That does not fit in float16, and a query that may "
    "attend to nothing gets the mean of all values instead of zeros.",
    filled_then_zeroed: "Masked scores are set to -1e9, which does not fit in float16: use -inf or the dtype's own "
    "torch.finfo(dtype).min.",
    uniform_when_empty: "A query that may attend to nothing gets the mean of all values: its scores are all equal. "
    "Set its weights to zero.",
    nan_when_empty: "A query that may attend to nothing gets NaN: softmax of nothing but -inf is 0 / 0. Make it zeros.",
    nan_gradients: "The values are right, but gradients are NaN where a query may attend to nothing: adding -inf to "
    "the scores lets them through; masked_fill or torch.where stops them.",
    finite_fill: "Masked scores are set to a finite number such as -1e4 or -1e9. Allowed scores may be lower still, "
    "and then the masked keys take all the weight: use -inf.",
    large_number_subtracted: "A large number is subtracted from masked scores, but they may be larger still: replace "
    "them by -inf with masked_fill.",
    normalized_again: "The mask comes after the exponentials. Where a masked score is far above the allowed ones, "
    "these have vanished before: fill with -inf before softmax.",
    zeros_chosen_at_the_end: "Rows without an allowed key become NaN first and zeros at the end. The values are right, "
    "but NaN stays in the gradient of v: clear the weights, not the output.",
    rows_set_by_index: "out[rows] = 0 needs a mask with exactly the batch dimensions of out. Masks of other shapes "
    "raise or hit other rows: use masked_fill with keepdim=True, which broadcasts.",
    empty_by_first_key: "A query gets zeros wherever the first key is masked. Ask for all keys: mask.any(-1).",
    empty_by_score: "A query gets zeros where all its scores are very low. Ask the mask, not the scores: scores of "
    "-1e7 are scores like any other.",
    mask_given_two_axes: "A 2-D mask gets two more axes, and so does the result of 2-D inputs: broadcasting does it.",
    causal_when_square: "Without a mask, as many queries as keys are taken for a decoder. Hide nothing without a mask.",
    one_query_unmasked: "The mask is dropped if there is a single query. It may still hide keys, such as padding.",
    always_causal: "A causal mask is always applied: attend to all keys that the argument `mask` allows.",
    returns_weights: "You return the weights: multiply them with v.",
    returns_tuple: "You return a tuple: return the output alone.",
    always_float32: "The result is always float32: keep the dtype of the inputs.",
    returns_float64: "The result is always float64: keep the dtype of the inputs.",
    in_half_precision: "The dot products are computed in the inputs' dtype. In float16 they overflow beyond "
    "65,504, and nan_to_num makes zeros of them; in bfloat16 they lose their digits. Compute in float32, convert back.",
    nan_in_half_precision: "The dot products are computed in the inputs' dtype. In float16 they overflow beyond "
    "65,504 and give NaN; in bfloat16 they lose their digits. Compute in float32, convert back.",
    detached: "No gradient reaches the inputs: the result is cut from the graph (no_grad, detach, .data).",
    weights_detached: "No gradient reaches q and k: the weights are cut from the graph (no_grad, detach, .data).",
    data_edited: "q itself is changed, through q.data or the like: work on a copy.",
    input_edited: "q itself is changed by an in-place operation such as `/=`.",
    made_on_the_cpu: "A new tensor is made on the CPU, or values are read into Python: this breaks on a GPU. Make it "
    "with torch.ones_like(...), or with device=q.device.",
    loop_over_queries: "There is a Python loop over queries, heads or the batch: one matrix product does them all.",
    torch_attention: TORCH_ATTENTION.text,
}

ON_META = {made_on_the_cpu: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
