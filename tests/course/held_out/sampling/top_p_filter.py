"""Wrong and unusual right versions of top_p_filter(logits, p)."""

from __future__ import annotations

import torch
from torch import Tensor


def _check(p: float) -> None:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")


def _put_back(logits: Tensor, order: Tensor, remove_sorted: Tensor) -> Tensor:
    remove = torch.zeros_like(remove_sorted).scatter(-1, order, remove_sorted)
    return logits.masked_fill(remove, float("-inf"))


# ---------------------------------------------------------------- wrong
def crossing_token_lost(logits: Tensor, p: float) -> Tensor:
    """Keeps cumulative <= p: the token that crosses p is dropped, and a first token above p leaves nothing."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    cumulative = ordered.double().softmax(-1).cumsum(-1)
    return _put_back(logits, order, cumulative > p)


def one_more_on_the_boundary(logits: Tensor, p: float) -> Tensor:
    """Drops where the sum before exceeds p (> for >=), as is widely copied: four equal logits, p = 0.5 keep 3."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    remove = ordered.double().softmax(-1).cumsum(-1) > p
    remove[..., 1:] = remove[..., :-1].clone()
    remove[..., 0] = False
    return _put_back(logits, order, remove)


def first_entry_not_cleared(logits: Tensor, p: float) -> Tensor:
    """Shifts the mask but forgets to clear its first entry: a first token with probability above p is dropped."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    remove = ordered.double().softmax(-1).cumsum(-1) >= p
    remove[..., 1:] = remove[..., :-1].clone()
    return _put_back(logits, order, remove)


def equals_of_the_last_kept(logits: Tensor, p: float) -> Tensor:
    """Turns the set into a threshold: logits equal to the last kept stay, four equal logits and p = 0.5 keep 4."""
    _check(p)
    if p == 1:
        return logits
    ordered = logits.sort(dim=-1, descending=True).values
    probs = ordered.double().softmax(-1)
    keep = probs.cumsum(-1) - probs < p
    threshold = ordered.masked_fill(~keep, float("inf")).amin(-1, keepdim=True)
    return logits.masked_fill(logits < threshold, float("-inf"))


def one_is_no_special_case(logits: Tensor, p: float) -> Tensor:
    """Treats p = 1 like others in float32: the sum reaches 1 by rounding, and finite tokens of small probability go."""
    _check(p)
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.float().softmax(-1)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def one_drops_underflow(logits: Tensor, p: float) -> Tensor:
    """Sums from the least likely and drops <= 1 - p: at p = 1 finite tokens whose probability underflows to 0 go."""
    _check(p)
    ordered, order = logits.sort(dim=-1, descending=False)
    remove = ordered.double().softmax(-1).cumsum(-1) <= 1 - p
    remove[..., -1] = False
    return _put_back(logits, order, remove)


def one_is_refused(logits: Tensor, p: float) -> Tensor:
    """Raises ValueError for p = 1, which the contract allows."""
    if not 0 < p < 1:
        raise ValueError("p must be in (0, 1)")
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def one_means_almost_one(logits: Tensor, p: float) -> Tensor:
    """Clips p to 0.999: p = 1 drops the finite tail."""
    _check(p)
    p = min(p, 0.999)
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def no_check(logits: Tensor, p: float) -> Tensor:
    """Never raises: p = 0 keeps the best one, p = 1.5 keeps all, p = -1 keeps one."""
    if p >= 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    remove[..., 0] = False
    return _put_back(logits, order, remove)


def zero_keeps_the_best(logits: Tensor, p: float) -> Tensor:
    """Accepts p = 0 and keeps the most likely token, where ValueError is asked."""
    if not 0 <= p <= 1:
        raise ValueError("p must be in [0, 1]")
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    remove[..., 0] = False
    return _put_back(logits, order, remove)


def finite_fill(logits: Tensor, p: float) -> Tensor:
    """Fills with -1e4: finite where -inf is asked, and above logits of -20,000 that are kept in float32."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove_sorted = probs.cumsum(-1) - probs >= p
    return logits.masked_fill(torch.zeros_like(remove_sorted).scatter(-1, order, remove_sorted), -1e4)


def sums_in_the_given_dtype(logits: Tensor, p: float) -> Tensor:
    """Sums probabilities in the logits' dtype: in bfloat16 the sum of 1,000 equal ones sticks below 0.9, so none is cut."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.softmax(-1)
    total = torch.zeros_like(probs[..., 0])
    before = []
    for i in range(probs.shape[-1]):
        before.append(total)
        total = total + probs[..., i]
    return _put_back(logits, order, torch.stack(before, dim=-1) >= p)


def probabilities_rounded_to_half(logits: Tensor, p: float) -> Tensor:
    """Takes the softmax in float16 for half inputs: 100,000 equal logits round to 1.0014e-5 each, small ones to 0."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    half = ordered.half() if ordered.dtype in (torch.float16, torch.bfloat16) else ordered
    probs = half.softmax(-1).double()
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def stays_in_sorted_order(logits: Tensor, p: float) -> Tensor:
    """Returns the filtered logits sorted: right values at wrong positions unless the input was sorted."""
    _check(p)
    if p == 1:
        return logits
    ordered = logits.sort(dim=-1, descending=True).values
    probs = ordered.double().softmax(-1)
    return ordered.masked_fill(probs.cumsum(-1) - probs >= p, float("-inf"))


def mask_gathered_not_scattered(logits: Tensor, p: float) -> Tensor:
    """Brings the mask back with gather(order) in place of scatter: right only if the order is its own inverse."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = (probs.cumsum(-1) - probs >= p).gather(-1, order)
    return logits.masked_fill(remove, float("-inf"))


def first_rows_count_for_all(logits: Tensor, p: float) -> Tensor:
    """Counts how many the first row keeps and keeps as many in every row; right for one row."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    first = remove.reshape(-1, remove.shape[-1])[:1].reshape((1,) * (logits.dim() - 1) + (-1,))
    return _put_back(logits, order, first.expand_as(remove))


def whole_batch_is_one_row(logits: Tensor, p: float) -> Tensor:
    """Flattens the batch before the softmax: the set is chosen among all rows' tokens together."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.reshape(-1).sort(descending=True)
    probs = ordered.double().softmax(-1)
    return _put_back(logits.reshape(-1), order, probs.cumsum(-1) - probs >= p).reshape(logits.shape)


def least_likely_first(logits: Tensor, p: float) -> Tensor:
    """Sorts ascending and keeps from the bottom until p is reached: the least likely tokens stay."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=False)
    probs = ordered.double().softmax(-1)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def relative_to_the_best(logits: Tensor, p: float) -> Tensor:
    """Keeps tokens whose probability is at least (1 - p) of the best one's: min-p, another filter."""
    _check(p)
    if p == 1:
        return logits
    probs = logits.double().softmax(-1)
    return logits.masked_fill(probs < (1 - p) * probs.amax(-1, keepdim=True), float("-inf"))


def two_tokens_at_least(logits: Tensor, p: float) -> Tensor:
    """Keeps two tokens at least, a default nobody asked for: probabilities 0.9, 0.1 and p = 0.5 keep both."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove = probs.cumsum(-1) - probs >= p
    remove[..., :2] = False
    return _put_back(logits, order, remove)


def compared_with_a_tolerance(logits: Tensor, p: float) -> Tensor:
    """Stops at p - 1e-3: probabilities 0.4995, 0.4, 0.1005 with p = 0.5 keep one token, whose sum is below p."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p - 1e-3)


def drops_in_place(logits: Tensor, p: float) -> Tensor:
    """Writes -inf into the caller's logits."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    probs = ordered.double().softmax(-1)
    remove_sorted = probs.cumsum(-1) - probs >= p
    return logits.masked_fill_(torch.zeros_like(remove_sorted).scatter(-1, order, remove_sorted), float("-inf"))


def exponentials_without_the_maximum(logits: Tensor, p: float) -> Tensor:
    """Normalises exp(x) as it is: logits of 1,000 overflow (in float64 too) to NaN, and nothing is dropped."""
    _check(p)
    if p == 1:
        return logits
    ordered, order = logits.sort(dim=-1, descending=True)
    weights = ordered.double().exp()
    probs = weights / weights.sum(-1, keepdim=True)
    return _put_back(logits, order, probs.cumsum(-1) - probs >= p)


def cut_index_read_into_python(logits: Tensor, p: float) -> Tensor:
    """Reads each row's cut with int(): fails on meta."""
    _check(p)
    if p == 1:
        return logits
    rows = logits.reshape(-1, logits.shape[-1])
    out = torch.full_like(rows, float("-inf"))
    for i, row in enumerate(rows):
        ordered, order = row.sort(descending=True)
        probs = ordered.double().softmax(-1)
        n = int((probs.cumsum(-1) - probs < p).sum())
        out[i, order[:n]] = ordered[:n]
    return out.reshape(logits.shape)


# ---------------------------------------------------------------- right
def counted_and_ranked(logits: Tensor, p: float) -> Tensor:
    """Counts how many are needed and keeps the ranks below that count."""
    if p <= 0 or p > 1:
        raise ValueError(f"p must be above 0 and at most 1, got {p}")
    if p == 1:
        return logits
    probs = torch.softmax(logits.to(torch.float64), dim=-1)
    order = probs.argsort(dim=-1, descending=True)
    needed = probs.gather(-1, order).cumsum(-1).lt(p).sum(-1, keepdim=True) + 1
    rank = order.argsort(dim=-1)
    return logits.masked_fill(rank >= needed, -torch.inf)


def kept_values_scattered_back(logits: Tensor, p: float) -> Tensor:
    """Filters the sorted logits and scatters them back to their places."""

    def sum_before(probs: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(probs[..., :1]), probs.cumsum(-1)[..., :-1]], dim=-1)

    if not (p > 0 and p <= 1):
        raise ValueError("0 < p <= 1")
    ordered, order = torch.sort(logits, dim=-1, descending=True)
    if p < 1:
        ordered = torch.where(sum_before(ordered.double().softmax(-1)) < p, ordered, -torch.inf)
    return torch.empty_like(logits).scatter_(-1, order, ordered)


def mask_by_inverse_permutation(logits: Tensor, p: float) -> Tensor:
    """Flips an ascending sort and brings the mask back by the inverse permutation."""
    if p > 1 or p <= 0:
        raise ValueError("p is a probability above 0")
    if p == 1.0:
        return logits.clone()
    up = logits.argsort(dim=-1)
    down = up.flip(-1)
    probs = logits.double().softmax(-1).gather(-1, down)
    keep = torch.ones_like(down, dtype=torch.bool)
    keep[..., 1:] = probs.cumsum(-1)[..., :-1] < p
    back = torch.empty_like(down).scatter_(
        -1, down, torch.arange(logits.shape[-1], device=logits.device).expand_as(down)
    )
    return torch.where(keep.gather(-1, back), logits, -torch.inf)


WRONG = (
    crossing_token_lost,
    one_more_on_the_boundary,
    first_entry_not_cleared,
    equals_of_the_last_kept,
    one_is_no_special_case,
    one_drops_underflow,
    one_is_refused,
    one_means_almost_one,
    no_check,
    zero_keeps_the_best,
    finite_fill,
    sums_in_the_given_dtype,
    stays_in_sorted_order,
    mask_gathered_not_scattered,
    first_rows_count_for_all,
    whole_batch_is_one_row,
    least_likely_first,
    relative_to_the_best,
    two_tokens_at_least,
    compared_with_a_tolerance,
    drops_in_place,
    exponentials_without_the_maximum,
    cut_index_read_into_python,
)
RIGHT = (counted_and_ranked, kept_values_scattered_back, mask_by_inverse_permutation)
