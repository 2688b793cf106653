"""Wrong and unusual right versions of most_similar(query, weight, k, exclude=())."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def _cosines(query: Tensor, weight: Tensor) -> Tensor:
    lengths = torch.linalg.vector_norm(weight, dim=1) * torch.linalg.vector_norm(query)
    return (weight @ query) / lengths.clamp(min=1e-8)


def _left(weight: Tensor, exclude: Sequence[int]) -> int:
    return weight.shape[0] - len(set(exclude))


# ---------------------------------------------------------------- wrong
def ranks_by_dot_product(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Scores by the dot product: a long row far off in angle beats a short parallel one, and scores exceed 1."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = weight @ query
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def query_left_unnormalised(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Normalises the rows only: the order is right, the scores are |query| times too large."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    rows = weight / torch.linalg.vector_norm(weight, dim=1, keepdim=True).clamp(min=1e-8)
    scores = rows @ query
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def zero_rows_become_nan(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Divides by the norm as it is: a zero row scores NaN, which topk puts first, in place of 0."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = (weight @ query) / (weight.norm(dim=1) * query.norm())
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def excluded_become_minus_one(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Sets excluded scores to -1: where the rows left point opposite to the query, an excluded id ties with them."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = -1.0
    values, ids = scores.topk(k)
    return ids, values


def excluded_become_zero(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Multiplies excluded scores by 0: they come before every row of negative cosine."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    keep = torch.ones_like(weight[:, 0])
    keep[list(exclude)] = 0.0
    values, ids = (_cosines(query, weight) * keep).topk(k)
    return ids, values


def excluded_after_the_top_k(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Removes excluded ids from the k best: fewer than k come back whenever one of them was among the best."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    values, ids = _cosines(query, weight).topk(k)
    keep = torch.tensor([int(i) not in set(exclude) for i in ids], dtype=torch.bool, device=ids.device)
    return ids[keep], values[keep]


def drops_the_best_always(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Takes the best row for the query itself and skips it; a query that is no row of weight loses its best."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(min(k + 1, weight.shape[0]))
    return ids[1 : k + 1], values[1 : k + 1]


def ids_of_the_shortened_table(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Removes the excluded rows first and returns positions in what is left: ids above an excluded one are too low."""
    keep = torch.ones(weight.shape[0], dtype=torch.bool, device=weight.device)
    keep[list(exclude)] = False
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    values, ids = _cosines(query, weight[keep]).topk(k)
    return ids, values


def repeated_exclusion_counted_twice(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Counts len(exclude) with its repeats: V = 4, exclude = (2, 2), k = 3 raises ValueError though 3 are left."""
    if weight.shape[0] - len(exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def no_error_when_too_few(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Never checks how many are left: V = 4, exclude = (0, 1), k = 3 returns an excluded id with score -inf."""
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(min(k, weight.shape[0]))
    return ids, values


def error_of_another_type(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Asserts that enough rows are left: AssertionError where the contract says ValueError."""
    assert _left(weight, exclude) >= k, "too few rows left"
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def refuses_all_that_are_left(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Raises ValueError for k equal to the number left, which is still enough."""
    if _left(weight, exclude) <= k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def in_order_of_ids(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Returns the right k sorted by id, not best first; differs when a later id is the better one."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    ids = scores.topk(k).indices.sort().values
    return ids, scores[ids]


def unsorted_top_k(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Returns worst first: the k best of an ascending sort, so ids and scores are reversed for k > 1."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.sort()
    return ids[-k:], values[-k:]


def lists_come_back(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Returns Python lists of ids and scores in place of tensors."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids.tolist(), values.tolist()  # type: ignore[return-value]


def scores_without_gradient(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Computes under no_grad: in assignment 1 the scores should carry the gradient to query and weight."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    with torch.no_grad():
        scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def loops_over_the_vocabulary(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Computes one cosine per row in a Python loop: torch calls grow with V, which assignment 1 forbids."""
    rows = [i for i in range(weight.shape[0]) if i not in set(exclude)]
    if len(rows) < k:
        raise ValueError("too few rows left")
    length = torch.linalg.vector_norm(query)
    scores = [weight[i].dot(query) / (torch.linalg.vector_norm(weight[i]) * length).clamp(min=1e-8) for i in rows]
    values, order = torch.stack(scores).topk(k)
    return torch.tensor(rows, device=weight.device)[order], values


def ids_in_int32(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Returns ids as int32 to save memory; the contract says long."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query, weight)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids.to(torch.int32), values


def zero_rows_thrown_out(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Treats zero rows as excluded: where all others are opposite to the query, the zero row (score 0) is missing."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    empty = torch.linalg.vector_norm(weight, dim=1) == 0
    scores = _cosines(query, weight).masked_fill(empty, -1.0)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def single_precision(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Casts to float32: float64 rows whose cosines differ by 1e-10 come in any order, and scores are float32."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    scores = _cosines(query.float(), weight.float())
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


def edits_the_table(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Normalises weight in place: the caller's table has unit rows afterwards."""
    if _left(weight, exclude) < k:
        raise ValueError("too few rows left")
    with torch.no_grad():
        weight.div_(torch.linalg.vector_norm(weight, dim=1, keepdim=True).clamp(min=1e-8))
    scores = (weight @ query) / torch.linalg.vector_norm(query).clamp(min=1e-8)
    scores[list(exclude)] = float("-inf")
    values, ids = scores.topk(k)
    return ids, values


# ---------------------------------------------------------------- right
def normalise_then_multiply(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Normalises both sides, then marks the excluded with -2, below every cosine."""
    gone = sorted(set(exclude))
    if weight.size(0) - len(gone) < k:
        raise ValueError(f"{weight.size(0) - len(gone)} rows are left, {k} are asked")
    unit = torch.nn.functional.normalize(weight, dim=1)
    scores = torch.mv(unit, torch.nn.functional.normalize(query, dim=0))
    if gone:
        scores = scores.index_fill(0, torch.tensor(gone, device=weight.device), -2.0)
    order = scores.argsort(descending=True)[:k]
    return order, scores[order]


def keep_list_then_map_back(
    query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()
) -> tuple[Tensor, Tensor]:
    """Takes only the rows that are left and maps their positions back to ids."""
    banned = set(exclude)
    kept = [row for row in range(len(weight)) if row not in banned]
    if k > len(kept):
        raise ValueError("fewer rows are left than asked")
    ids = torch.tensor(kept, dtype=torch.long, device=weight.device)
    rows = weight[ids]
    dot = torch.einsum("vd,d->v", rows, query)
    size = (torch.linalg.vector_norm(rows, dim=-1) * torch.linalg.vector_norm(query)).clamp(min=1e-12)
    best = torch.topk(dot / size, k)
    return ids[best.indices], best.values


def broadcast_and_sort(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Broadcasts the query over the rows and sorts the negated scores."""
    allowed = torch.ones(weight.shape[0], dtype=torch.bool, device=weight.device)
    if len(exclude) > 0:
        allowed[torch.as_tensor(list(exclude), device=weight.device)] = False
    if int(allowed.sum()) < k:
        raise ValueError("too few ids are left")

    def unit(x: Tensor) -> Tensor:
        return x / torch.linalg.vector_norm(x, dim=-1, keepdim=True).clamp(min=1e-12)

    cosine = (unit(weight) * unit(query)).sum(-1)
    values, ids = torch.where(allowed, -cosine, torch.inf).sort(stable=True)
    return ids[:k], -values[:k]


WRONG = (
    ranks_by_dot_product,
    query_left_unnormalised,
    zero_rows_become_nan,
    excluded_become_minus_one,
    excluded_become_zero,
    excluded_after_the_top_k,
    drops_the_best_always,
    ids_of_the_shortened_table,
    repeated_exclusion_counted_twice,
    no_error_when_too_few,
    error_of_another_type,
    refuses_all_that_are_left,
    in_order_of_ids,
    unsorted_top_k,
    lists_come_back,
    scores_without_gradient,
    loops_over_the_vocabulary,
    ids_in_int32,
    zero_rows_thrown_out,
    single_precision,
    edits_the_table,
)
RIGHT = (normalise_then_multiply, keep_list_then_map_back, broadcast_and_sort)
