"""Wrong and unusual right versions of analogy(a, b, c, weight, k=1)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def _unit(weight: Tensor) -> Tensor:
    return weight / torch.linalg.vector_norm(weight, dim=1, keepdim=True).clamp(min=1e-8)


def _check(a: int, b: int, c: int, weight: Tensor, k: int) -> None:
    if weight.shape[0] - len({a, b, c}) < k:
        raise ValueError("fewer than k rows are left")


# ---------------------------------------------------------------- wrong
def raw_vectors(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Forms b - a + c from the vectors as they are: a long b outweighs the others, so lengths change the answer."""
    _check(a, b, c, weight, k)
    scores = _unit(weight) @ (weight[b] - weight[a] + weight[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def rows_not_normalised(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Uses unit vectors for the target but ranks by dot product with raw rows: the longest row tends to win."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = weight @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def own_words_allowed(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Excludes nothing: the answer is mostly b or c itself."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    return (unit @ (unit[b] - unit[a] + unit[c])).topk(k).indices


def only_c_excluded(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Excludes c alone, so b (or a) comes back when it is nearest."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[c] = float("-inf")
    return scores.topk(k).indices


def a_and_b_swapped(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Computes a - b + c: the analogy in the other direction."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = unit @ (unit[a] - unit[b] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def three_more_then_filter(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Takes topk(k + 2) and filters: with three distinct words among the best only k - 1 ids are left."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    best = (unit @ (unit[b] - unit[a] + unit[c])).topk(min(k + 2, weight.shape[0])).indices
    keep = (best != a) & (best != b) & (best != c)
    return best[keep][:k]


def own_words_at_minus_one(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Sets a, b, c to -1 while the target is up to 3 long: rows with dot product below -1 come after them."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = -1.0
    return scores.topk(k).indices


def nearest_by_distance(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Ranks by Euclidean distance between unit rows and target: a zero row then beats rows of small positive cosine."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    distance = torch.linalg.vector_norm(unit - (unit[b] - unit[a] + unit[c]), dim=1)
    distance[[a, b, c]] = float("inf")
    return distance.topk(k, largest=False).indices


def zero_rows_are_nan(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Divides by the norms as they are: a zero row scores NaN, which topk takes for the largest."""
    _check(a, b, c, weight, k)
    unit = weight / weight.norm(dim=1, keepdim=True)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def always_three_gone(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Counts three words even when a = b or b = c: V = 5, a = c, k = 3 raises ValueError though 3 are left."""
    if weight.shape[0] - 3 < k:
        raise ValueError("fewer than k rows are left")
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def no_check(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Never raises: V = 4 and k = 2 returns one of a, b, c as the second id."""
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(min(k, weight.shape[0])).indices


def error_left_to_topk(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Drops the rows and lets topk complain: RuntimeError in place of ValueError where fewer than k are left."""
    unit = _unit(weight)
    kept = torch.tensor([i for i in range(weight.shape[0]) if i not in (a, b, c)], device=weight.device)
    scores = unit[kept] @ (unit[b] - unit[a] + unit[c])
    return kept[scores.topk(k).indices]


def product_instead_of_sum(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Ranks by cos(b) cos(c) / cos(a) (3CosMul, as gensim's most_similar_cosmul): another order than b - a + c."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    cosines = (1 + unit @ unit[[a, b, c]].T) / 2
    scores = cosines[:, 1] * cosines[:, 2] / (cosines[:, 0] + 1e-6)
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def positions_among_the_rest(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Deletes a, b, c and returns positions in the shortened table: ids above a deleted one are too small."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    target = unit[b] - unit[a] + unit[c]
    keep = torch.ones(weight.shape[0], dtype=torch.bool, device=weight.device)
    keep[[a, b, c]] = False
    return (unit[keep] @ target).topk(k).indices


def one_id_as_a_scalar(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Squeezes the result: k = 1, the default, gives a 0-dim tensor in place of shape (1,)."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices.squeeze()


def python_ids(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Returns a list of ints in place of a long tensor."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices.tolist()  # type: ignore[return-value]


def scored_by_size(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Ranks by the absolute cosine: a row opposite to the target wins."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = (unit @ (unit[b] - unit[a] + unit[c])).abs()
    scores[[a, b, c]] = -1.0
    return scores.topk(k).indices


def offsets_compared(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Ranks by the cosine of d - c with b - a (the "direction" variant): another answer than the sum of vectors."""
    _check(a, b, c, weight, k)
    unit = _unit(weight)
    scores = F.cosine_similarity(unit - unit[c], (unit[b] - unit[a]).unsqueeze(0), dim=1)
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def single_precision(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Ranks in float32: two float64 rows whose cosines differ by 1e-10 may come in the wrong order."""
    _check(a, b, c, weight, k)
    unit = _unit(weight.float())
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def normalises_in_place(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Divides weight in place by its norms: the answer is right, the caller's table is changed."""
    _check(a, b, c, weight, k)
    weight.data /= torch.linalg.vector_norm(weight.data, dim=1, keepdim=True).clamp(min=1e-8)
    scores = weight @ (weight[b] - weight[a] + weight[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


# ---------------------------------------------------------------- right
def signs_times_rows(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Writes the target as (-1, 1, 1) times the three unit rows and fills the own words with -4, below any score."""
    own = {a, b, c}
    if len(weight) - len(own) < k:
        raise ValueError(f"only {len(weight) - len(own)} words are left for k = {k}")
    unit = F.normalize(weight, dim=1)
    rows = unit[torch.tensor([a, b, c], device=weight.device)]
    signs = torch.tensor([-1.0, 1.0, 1.0], dtype=weight.dtype, device=weight.device)
    scores = unit @ (signs @ rows)
    scores = scores.index_fill(0, torch.tensor(sorted(own), device=weight.device), -4.0)
    return torch.topk(scores, k).indices


def candidates_only(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Scores only the candidates and maps back."""
    candidates = [row for row in range(weight.size(0)) if row != a and row != b and row != c]
    if len(candidates) < k:
        raise ValueError("too few candidates")
    lengths = torch.linalg.vector_norm(weight, dim=-1, keepdim=True)
    unit = torch.where(lengths > 0, weight / torch.where(lengths > 0, lengths, torch.ones_like(lengths)), 0.0)
    target = unit[b] + unit[c] - unit[a]
    where = torch.tensor(candidates, dtype=torch.long, device=weight.device)
    order = (unit[where] * target).sum(1).argsort(descending=True)
    return where[order[:k]]


def sum_of_three_cosines(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    """Adds the three cosines of every row, which is the same as the cosine with the sum but for the target's length."""

    def cosine_with(row: int) -> Tensor:
        return unit @ unit[row]

    if weight.shape[0] - len({a, b, c}) < k:
        raise ValueError("too few rows are left")
    unit = weight / torch.linalg.vector_norm(weight, dim=1).clamp_min(1e-12)[:, None]
    ranking = cosine_with(b) - cosine_with(a) + cosine_with(c)
    ids = torch.arange(weight.shape[0], device=weight.device)
    own = (ids == a) | (ids == b) | (ids == c)
    return ranking.masked_fill(own, -torch.inf).sort(descending=True).indices[:k]


WRONG = (
    raw_vectors,
    rows_not_normalised,
    own_words_allowed,
    only_c_excluded,
    a_and_b_swapped,
    three_more_then_filter,
    own_words_at_minus_one,
    nearest_by_distance,
    zero_rows_are_nan,
    always_three_gone,
    no_check,
    error_left_to_topk,
    product_instead_of_sum,
    positions_among_the_rest,
    one_id_as_a_scalar,
    python_ids,
    scored_by_size,
    offsets_compared,
    single_precision,
    normalises_in_place,
)
RIGHT = (signs_times_rows, candidates_only, sum_of_three_cosines)
