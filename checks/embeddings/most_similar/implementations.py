"""Ways to find the most similar words: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

Found = tuple[Tensor, Tensor]


def _scores(query: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1) @ F.normalize(query, dim=-1)


def _at_least(k: int, weight: Tensor, exclude: Iterable[int]) -> None:
    if len(weight) - len(set(exclude)) < k:
        raise ValueError("too few words are left")


def _top(scores: Tensor, k: int) -> Found:
    best = scores.topk(k)
    return best.indices, best.values


# ---- right ----------------------------------------------------------------------------------------------------


def filled_with_minus_infinity(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = float("-inf")
    return _top(scores, k)


def rows_left_out(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    keep = torch.ones(weight.shape[0], dtype=torch.bool, device=weight.device)
    for number in exclude:
        keep[number] = False
    left = keep.nonzero().squeeze(-1)
    if left.numel() < k:
        raise ValueError("too few words are left")
    places, scores = _top(F.cosine_similarity(query, weight[left], dim=-1), k)
    return left[places], scores


def sorted_in_python(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    scores = [F.cosine_similarity(query, row, dim=0) for row in weight]
    ranked = sorted((i for i in range(len(scores)) if i not in exclude), key=lambda i: scores[i].item(), reverse=True)
    if len(ranked) < k:
        raise ValueError("too few words are left")
    best = ranked[:k]
    return torch.tensor(best, device=weight.device), torch.stack([scores[i] for i in best])


def argsorted_then_filtered(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).sqrt()
    scores = (weight * query).sum(-1) / lengths.clamp(min=1e-8)
    order = torch.argsort(scores, descending=True)
    order = order[~torch.isin(order, torch.tensor(list(exclude), dtype=torch.long, device=order.device))][:k]
    if len(order) < k:
        raise ValueError("too few words are left")
    return order, scores[order]


def best_one_after_another(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    scores, gone = _scores(query, weight), set(exclude)
    ids: list[int] = []
    while len(ids) < k:
        left = [i for i in range(weight.shape[0]) if i not in gone]
        if not left:
            raise ValueError("too few words are left")
        best = left[int(scores[left].argmax())]
        gone.add(best)
        ids.append(best)
    return torch.tensor(ids, device=weight.device), scores[ids]


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        filled_with_minus_infinity, rows_left_out, sorted_in_python, argsorted_then_filtered, best_one_after_another,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def _left(scores: Tensor, k: int, exclude: Sequence[int]) -> Found:
    """The k best of the scores, as it should be done."""
    _at_least(k, scores, exclude)
    kept = scores.clone()
    kept[list(exclude)] = float("-inf")
    return _top(kept, k)


def dot_product(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(weight @ query, k, exclude)


def rows_normalised_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=-1) @ query, k, exclude)


def query_normalised_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(weight @ F.normalize(query, dim=-1), k, exclude)


def columns_normalised(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=0) @ F.normalize(query, dim=-1), k, exclude)


def nearest_in_space(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(-(weight - query).square().sum(-1).sqrt(), k, exclude)


def distances(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids, 1 - scores


def sign_lost(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(_scores(query, weight).abs(), k, exclude)


def least_similar(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = _left(-_scores(query, weight), k, exclude)
    return ids, -scores


def worst_of_them_first(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids.flip(0), scores.flip(0)


def exclude_ignored(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    return _top(_scores(query, weight), k)


def excluded_score_zero(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = 0.0
    return _top(scores, k)


def excluded_score_minus_one(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = -1.0
    return _top(scores, k)


def first_excluded_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)[:1]] = float("-inf")
    return _top(scores, k)


def excluded_afterwards(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    ids, scores = _top(_scores(query, weight), k)
    keep = torch.tensor([int(i) not in exclude for i in ids], device=ids.device)
    return ids[keep], scores[keep]


def renumbered(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    left = [i for i in range(weight.shape[0]) if i not in exclude]
    return _top(_scores(query, weight[left]), k)


def best_one_dropped(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    ranked = _scores(query, weight).argsort(descending=True)
    ids = ranked[[int(i) not in exclude for i in ranked]][1 : k + 1]
    return ids, _scores(query, weight)[ids]


def fewer_returned(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    left = [i for i in range(weight.shape[0]) if i not in exclude]
    scores, ids = _scores(query, weight)[left].sort(descending=True)
    return torch.tensor(left, device=weight.device)[ids][:k], scores[:k]


def never_complains(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = float("-inf")
    return _top(scores, k)


def asserts(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    assert len(weight) - len(set(exclude)) >= k
    return filled_with_minus_infinity(query, weight, k, exclude)


def all_left_refused(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k + 1, weight, exclude)
    return filled_with_minus_infinity(query, weight, k, exclude)


def counted_twice(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    if len(weight) - len(exclude) < k:
        raise ValueError("too few words are left")
    return filled_with_minus_infinity(query, weight, k, exclude)


def zero_row_is_nan(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).sqrt()
    return _left(weight @ query / lengths, k, exclude)


def zero_query_is_nan(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=-1) @ (query / query.square().sum().sqrt()), k, exclude)


def scores_first(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return scores, ids


def list_of_pairs(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> list[tuple[int, float]]:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


def ids_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Tensor:
    return filled_with_minus_infinity(query, weight, k, exclude)[0]


def always_float32(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return filled_with_minus_infinity(query.float(), weight.float(), k, exclude)


def detached(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return filled_with_minus_infinity(query.detach(), weight.detach(), k, exclude)


def query_detached(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return filled_with_minus_infinity(query.detach(), weight, k, exclude)


def lengths_detached(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).sqrt().clamp_min(1e-8)
    return _left(weight @ query / lengths.detach(), k, exclude)


def inputs_edited(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    weight /= weight.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    query /= query.square().sum().sqrt().clamp_min(1e-8)
    return filled_with_minus_infinity(query, weight, k, exclude)


def excluded_rows_erased(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    weight[list(exclude)] = 0.0
    return ids, scores


MISCONCEPTIONS = (
    Misconception(
        "dot_product",
        "You rank by dot product, so long vectors win. Divide by the lengths of the row and of the query.",
        dot_product,
    ),
    Misconception(
        "rows_normalised_only",
        "The order is right, but your scores are not divided by the length of the query: they are no cosines yet.",
        rows_normalised_only,
    ),
    Misconception(
        "query_normalised_only",
        "You divide by the length of the query only, so long rows win. Divide by each row's length too.",
        query_normalised_only,
    ),
    Misconception(
        "columns_normalised",
        "You make the columns of weight unit-length. The vectors are its rows: normalise along dim=-1.",
        columns_normalised,
    ),
    Misconception(
        "nearest_in_space",
        "You rank by the distance between the points. The cosine looks at the angle between the vectors.",
        nearest_in_space,
    ),
    Misconception(
        "distances", "Your scores are 1 - cosine. Return the cosines themselves, the largest first.", distances
    ),
    Misconception(
        "sign_lost", "You rank by the absolute value. An opposite vector has the lowest cosine, -1.", sign_lost
    ),
    Misconception(
        "least_similar", "You return the words with the lowest cosines: put the largest first.", least_similar
    ),
    Misconception(
        "worst_of_them_first", "You found the right words, but the best comes first, not last.", worst_of_them_first
    ),
    Misconception("exclude_ignored", "The argument `exclude` is not used.", exclude_ignored),
    Misconception(
        "excluded_score_zero",
        "You set the scores of excluded words to 0, which still beats a negative cosine. Set them to -inf.",
        excluded_score_zero,
    ),
    Misconception(
        "excluded_score_minus_one",
        "You set the scores of excluded words to -1. A vector opposite to the query scores that too: set them to -inf.",
        excluded_score_minus_one,
    ),
    Misconception("first_excluded_only", "Only the first id of `exclude` is left out.", first_excluded_only),
    Misconception(
        "excluded_afterwards",
        "You take the k best first and drop excluded ones from them, so fewer than k come back. Exclude before.",
        excluded_afterwards,
    ),
    Misconception(
        "renumbered",
        "Your ids count in the table without the excluded rows. Give each word the id that it has in weight.",
        renumbered,
    ),
    Misconception(
        "best_one_dropped",
        "The best word is always left out, as if it were the query. What to leave out is said by `exclude`.",
        best_one_dropped,
    ),
    Misconception(
        "fewer_returned",
        "You return fewer than k words where fewer are left: raise ValueError there.",
        fewer_returned,
    ),
    Misconception("never_complains", "There is no ValueError when fewer than k words are left.", never_complains),
    Misconception("asserts", "Bad arguments raise AssertionError: raise ValueError instead.", asserts),
    Misconception(
        "all_left_refused",
        "You refuse a k that is just as large as the number of words left. Only a larger one is a ValueError.",
        all_left_refused,
    ),
    Misconception(
        "counted_twice",
        "An id that comes twice in `exclude` is counted as two words. It is one: count with set(exclude).",
        counted_twice,
    ),
    Misconception(
        "zero_row_is_nan",
        "A vector of zeros gives 0 / 0 = NaN, which a sort puts anywhere. It scores 0: keep the length above 0.",
        zero_row_is_nan,
    ),
    Misconception(
        "zero_query_is_nan",
        "A query of zeros gives 0 / 0 = NaN. Every row scores 0 there: keep the query's length above 0, too.",
        zero_query_is_nan,
    ),
    Misconception(
        "scores_first", "You return (scores, ids), the order of torch.topk. Here it is (ids, scores).", scores_first
    ),
    Misconception(
        "list_of_pairs",
        "You return a list of pairs, as gensim does. Here it is two tensors: (ids (k,), scores (k,)).",
        list_of_pairs,
    ),
    Misconception("ids_only", "You return the ids alone: return (ids, scores).", ids_only),
    Misconception("always_float32", "The scores are always float32: keep the dtype of weight.", always_float32),
    Misconception(
        "detached",
        "No gradient reaches query and weight: the scores are cut from the graph (no_grad, detach, float or tolist).",
        detached,
    ),
    Misconception("query_detached", "No gradient reaches the query: it is cut from the graph.", query_detached),
    Misconception(
        "lengths_detached",
        "The lengths are cut from the graph, so the gradient takes them for constants. They depend on the entries.",
        lengths_detached,
    ),
    Misconception(
        "inputs_edited", "query and weight themselves are changed by an in-place operation such as `/=`.", inputs_edited
    ),
    Misconception(
        "excluded_rows_erased",
        "You overwrite the excluded rows of weight itself. Change the scores instead, or a copy.",
        excluded_rows_erased,
    ),
)
