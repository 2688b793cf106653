"""Wrong and unusual right versions of top_k_filter(logits, k)."""

from __future__ import annotations

import torch
from torch import Tensor


# ---------------------------------------------------------------- wrong
def ties_dropped(logits: Tensor, k: int) -> Tensor:
    """Keeps exactly k by index: with logits (2, 1, 1) and k = 2 one of the equal ones is lost."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    ids = logits.topk(k, dim=-1).indices
    return torch.full_like(logits, float("-inf")).scatter(-1, ids, logits.gather(-1, ids))


def large_negative_fill(logits: Tensor, k: int) -> Tensor:
    """Fills with -1e9, which is not -inf, and does not fit float16."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, -1e9)


def fill_of_minus_ten_thousand(logits: Tensor, k: int) -> Tensor:
    """Fills with -1e4, which fits float16 but is not -inf; kept logits of -20,000 (float32) fall below it."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return torch.where(logits < threshold, torch.full_like(logits, -1e4), logits)


def smallest_number_of_the_dtype(logits: Tensor, k: int) -> Tensor:
    """Fills with torch.finfo(dtype).min: finite where the contract says -inf, in every dtype."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, torch.finfo(logits.dtype).min)


def threshold_itself_dropped(logits: Tensor, k: int) -> Tensor:
    """Drops with <= in place of <: the k-th largest goes too, and k = 1 drops everything."""
    if k < 1:
        raise ValueError("k must be at least 1")
    if k >= logits.shape[-1]:
        return logits
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits <= threshold, float("-inf"))


def large_k_refused(logits: Tensor, k: int) -> Tensor:
    """Passes k on to topk: k = V + 1 raises RuntimeError where all should be kept."""
    if k < 1:
        raise ValueError("k must be at least 1")
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, float("-inf"))


def large_k_is_a_value_error(logits: Tensor, k: int) -> Tensor:
    """Raises ValueError for k > V as well: k = 50 with V = 10 should keep all."""
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k must be in 1..V")
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, float("-inf"))


def zero_turns_it_off(logits: Tensor, k: int) -> Tensor:
    """Takes k = 0 (and below) for "no filter", as transformers does, in place of ValueError."""
    if k <= 0 or k >= logits.shape[-1]:
        return logits
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold, float("-inf"))


def drops_in_place(logits: Tensor, k: int) -> Tensor:
    """Assigns -inf into the caller's logits."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.topk(k, dim=-1).values[..., -1:]
    logits[logits < threshold] = float("-inf")
    return logits


def one_threshold_for_all_rows(logits: Tensor, k: int) -> Tensor:
    """Takes the k-th largest of the whole tensor: rows of small logits lose everything, for any batch."""
    if k < 1:
        raise ValueError("k must be at least 1")
    flat = logits.reshape(-1)
    threshold = flat.topk(min(k, flat.shape[0])).values[-1]
    return logits.masked_fill(logits < threshold, float("-inf"))


def threshold_without_its_dim(logits: Tensor, k: int) -> Tensor:
    """Takes values[..., -1] without keeping the dim: wrong rows for B == V, an error for other batches."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.topk(k, dim=-1).values[..., -1]
    return logits.masked_fill(logits < threshold, float("-inf"))


def first_axis(logits: Tensor, k: int) -> Tensor:
    """Ranks along the first dimension: right for 1-D logits only."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[0])
    threshold = logits.topk(k, dim=0).values[-1:]
    return logits.masked_fill(logits < threshold, float("-inf"))


def compared_as_probabilities(logits: Tensor, k: int) -> Tensor:
    """Compares softmax values: logits 300, 0, -100 with k = 2 underflow to equal zeros, so all three stay."""
    if k < 1:
        raise ValueError("k must be at least 1")
    probs = logits.softmax(-1)
    threshold = probs.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(probs < threshold, float("-inf"))


def compared_in_half(logits: Tensor, k: int) -> Tensor:
    """Compares in float16: float32 logits 1.0001 and 1.0 become ties, 70,000 and 80,000 both infinite."""
    if k < 1:
        raise ValueError("k must be at least 1")
    small = logits.half()
    threshold = small.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(small < threshold, float("-inf"))


def compared_with_a_tolerance(logits: Tensor, k: int) -> Tensor:
    """Keeps what is within 1e-5 of the k-th largest: 1.0 and 0.999999 with k = 1 both stay."""
    if k < 1:
        raise ValueError("k must be at least 1")
    threshold = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < threshold - 1e-5, float("-inf"))


def kth_distinct_value(logits: Tensor, k: int) -> Tensor:
    """Counts equal logits once: (3, 3, 2, 1) with k = 2 keeps the 2 as well."""
    if k < 1:
        raise ValueError("k must be at least 1")
    ordered = logits.sort(dim=-1, descending=True).values
    new = torch.ones_like(ordered, dtype=torch.long)
    new[..., 1:] = (ordered[..., 1:] != ordered[..., :-1]).long()
    rank = new.cumsum(-1)  # distinct values so far
    threshold = ordered.masked_fill(rank > k, float("inf")).amin(-1, keepdim=True)
    return logits.masked_fill(logits < threshold, float("-inf"))


def kth_smallest(logits: Tensor, k: int) -> Tensor:
    """Uses kthvalue(k), the k-th smallest: keeps V - k + 1 logits."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    threshold = logits.float().kthvalue(k, dim=-1, keepdim=True).values.to(logits.dtype)
    return logits.masked_fill(logits < threshold, float("-inf"))


def only_the_kept_values(logits: Tensor, k: int) -> Tensor:
    """Returns the k largest values alone, (..., k), so positions in the vocabulary are lost."""
    if k < 1:
        raise ValueError("k must be at least 1")
    return logits.topk(min(k, logits.shape[-1]), dim=-1).values


def threshold_read_into_python(logits: Tensor, k: int) -> Tensor:
    """Reads each row's threshold with .item(): fails on meta."""
    if k < 1:
        raise ValueError("k must be at least 1")
    k = min(k, logits.shape[-1])
    rows = logits.reshape(-1, logits.shape[-1])
    kept = [row.masked_fill(row < row.topk(k).values[-1].item(), float("-inf")) for row in rows]
    return torch.stack(kept).reshape(logits.shape)


def dropped_by_multiplication(logits: Tensor, k: int) -> Tensor:
    """Multiplies by a 0/1 mask: dropped logits become 0, not -inf."""
    if k < 1:
        raise ValueError("k must be at least 1")
    threshold = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits * (logits >= threshold).to(logits.dtype)


def float32_comes_back(logits: Tensor, k: int) -> Tensor:
    """Filters in float32 and stays there: half and float64 logits lose their dtype."""
    if k < 1:
        raise ValueError("k must be at least 1")
    wide = logits.float()
    threshold = wide.topk(min(k, wide.shape[-1]), dim=-1).values[..., -1:]
    return wide.masked_fill(wide < threshold, float("-inf"))


# ---------------------------------------------------------------- right
def by_sorting(logits: Tensor, k: int) -> Tensor:
    """Sorts and reads the k-th value; where() keeps it or takes a scalar."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    size = logits.size(-1)
    ordered, _ = torch.sort(logits, dim=-1)
    smallest_kept = ordered.narrow(-1, max(size - k, 0), 1)
    return torch.where(logits >= smallest_kept, logits, -torch.inf)


def by_kthvalue(logits: Tensor, k: int) -> Tensor:
    """Takes the (V - k + 1)-th smallest in float64, where every dtype's order is exact."""
    if k <= 0:
        raise ValueError("k starts at 1")
    size = logits.shape[-1]
    if k >= size:
        return logits.clone()
    wide = logits.to(torch.float64)
    bound = torch.kthvalue(wide, size - k + 1, dim=-1, keepdim=True).values
    return logits.masked_fill(wide.lt(bound), -torch.inf)


def adds_minus_infinity(logits: Tensor, k: int) -> Tensor:
    """Adds a bias that is 0 for kept and -inf for dropped entries."""
    if k < 1:
        raise ValueError("k < 1")
    bound = torch.topk(logits, min(k, logits.shape[-1])).values.amin(dim=-1, keepdim=True)
    bias = torch.zeros_like(logits).masked_fill_(logits < bound, -torch.inf)
    return logits + bias


WRONG = (
    ties_dropped,
    large_negative_fill,
    fill_of_minus_ten_thousand,
    smallest_number_of_the_dtype,
    threshold_itself_dropped,
    large_k_refused,
    large_k_is_a_value_error,
    zero_turns_it_off,
    drops_in_place,
    one_threshold_for_all_rows,
    threshold_without_its_dim,
    first_axis,
    compared_as_probabilities,
    compared_in_half,
    compared_with_a_tolerance,
    kth_distinct_value,
    kth_smallest,
    only_the_kept_values,
    threshold_read_into_python,
    dropped_by_multiplication,
    float32_comes_back,
)
RIGHT = (by_sorting, by_kthvalue, adds_minus_infinity)
