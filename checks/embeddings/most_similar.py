"""The checks of `most_similar(query, weight, k, exclude=())`. No two scores are equal, so there is one order only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, unsorted, wrong

from ._shared import cosines, rows_at, spread, with_lengths

Arguments = dict[str, Any]
Found = tuple[Tensor, Tensor]


@given(
    gradients=True,
    grow="v",
    about="The k words of the highest cosine to the query, best first: (ids, scores).",
    without="any device",
    aside=("gradients", "finite gradients"),
)
def most_similar(draw: Draw) -> list[Arguments]:
    return _questions(draw)


@case("Excluded words never appear; the others keep their ids.", weight=2, alone=True)
def exclude(draw: Draw) -> list[Arguments]:
    """The best word is excluded alone, in a tuple; then several in a list, of which one comes twice; then the best word
    again, whose id is 0."""
    plain, several = _questions(draw)
    best = several["exclude"][1]
    turned = plain["weight"].roll(-best, 0)
    return [
        plain | {"k": 3, "exclude": (best,)},
        several,
        several | {"exclude": [*several["exclude"], best]},
        plain | {"k": 3, "weight": turned, "exclude": (0,)},
    ]


@case("k may be as large as the number of words left, and as small as 1.", alone=True)
def all_that_are_left(draw: Draw) -> list[Arguments]:
    query, rows = _table(draw)
    return [*({"query": query, "weight": rows, "k": k} for k in (len(rows), 1)), _opposite(draw)]


@raises(ValueError, "ValueError when fewer than k words are left.")
def too_few_left(draw: Draw) -> list[Arguments]:
    query, rows = _table(draw)
    v = len(rows)
    return [
        {"query": query, "weight": rows, "k": v + 1},
        {"query": query, "weight": rows, "k": v - 2, "exclude": _some_ids(draw, rows, 3)},
    ]


@case("A row of zeros scores 0, and so does every row for a query of zeros.", alone=True, finite=True)
def zero_vectors(draw: Draw) -> list[Arguments]:
    """A row of zeros stands between positive and negative scores. For a query of zeros all scores are equal, so one
    word only is left."""
    query, rows = _table(draw)
    zero = int(cosines(query, rows).abs().argmin())
    rows[zero] = 0.0
    nothing, v = torch.zeros_like(query), len(rows)
    picked = {int(torch.zeros(v).topk(1).indices), int(torch.zeros(v).argmax()), 0, v - 1}  # of equal scores
    _, *others = draw.until(lambda: _some_ids(draw, rows, v), lambda ids: ids[0] not in picked)
    return [
        {"query": query, "weight": rows, "k": v},
        {"query": nothing, "weight": _table(draw)[1], "k": 1, "exclude": others},
    ]


@case("Entries in the thousands change neither order nor scores.", alone=True)
def large_vectors(draw: Draw) -> list[Arguments]:
    query, rows = _table(draw)
    return [{"query": query * 5_000, "weight": rows * 2_500, "k": len(rows)}]


def _table(draw: Draw) -> tuple[Tensor, Tensor]:
    """A query and rows at cosines from -0.9 to 0.9 to it, evenly spread and in no order; the best row is the shortest,
    so that it has neither the largest dot product nor the smallest distance."""
    v = draw.size("v") + 6
    wanted = draw.until(lambda: spread(draw, -0.9, 0.9, v), lambda x: unsorted(x[None]))
    lengths = 1.2 + 2.8 * draw.permutation(v) / (v - 1)
    best, shortest = int(wanted.argmax()), int(lengths.argmin())
    lengths[[best, shortest]] = lengths[[shortest, best]]
    query = with_lengths(draw.normal(1, draw.size("d")), torch.tensor([2.0]))[0]
    return query, rows_at(draw, query, wanted, lengths)


def _some_ids(draw: Draw, rows: Tensor, n: int) -> list[int]:
    return [int(i) for i in draw.permutation(len(rows))[:n]]


def _opposite(draw: Draw) -> Arguments:
    """Four words are left, one of them the exact opposite of the query: with no rounding its cosine is -1, since all
    lengths are powers of two, and all entries but zeros. Where excluded words score -1 as well, one of them comes."""

    def signs() -> Tensor:
        return (2.0 * draw.integers(0, 2, 5) - 1.0) * (draw.permutation(5) > 0)

    query = 2.0 * draw.until(signs, unsorted)
    rows = rows_at(draw, query, spread(draw, -0.9, 0.9, 9), 1.2 + 2.8 * draw.permutation(9) / 8)

    def shows(ids: list[int]) -> bool:
        scores = cosines(query, rows)
        scores[ids] = -1.0
        last = (scores.topk(4).indices[-1], scores.argsort(descending=True)[3], scores.argsort()[-4])
        return all(int(i) != ids[0] for i in last)

    opposite, *excluded = draw.until(lambda: _some_ids(draw, rows, 6), shows)
    rows[opposite] = -2.0 * query
    return {"query": query, "weight": rows, "k": 4, "exclude": excluded}


def _questions(draw: Draw) -> list[Arguments]:
    """A few words of all; and all that are left without the best one and two others."""
    query, rows = _table(draw)
    best = int(cosines(query, rows).argmax())
    first, last = draw.until(lambda: _some_ids(draw, rows, 2), lambda ids: best not in ids and min(ids) < len(rows) - 3)
    exclude = [first, best, last]
    return [
        {"query": query, "weight": rows, "k": 5},
        {"query": query, "weight": rows, "k": len(rows) - 3, "exclude": exclude},
    ]


Found = tuple[Tensor, Tensor]


def _scores(query: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1) @ F.normalize(query, dim=-1)


def _at_least(k: int, weight: Tensor, exclude: Iterable[int]) -> None:
    if len(weight) - len(set(exclude)) < k:
        raise ValueError("too few words are left")


def _top(scores: Tensor, k: int) -> Found:
    best = scores.topk(k)
    return best.indices, best.values


@right
def filled_with_minus_infinity(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = float("-inf")
    return _top(scores, k)


@right
def rows_left_out(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    keep = torch.ones(weight.shape[0], dtype=torch.bool, device=weight.device)
    for number in exclude:
        keep[number] = False
    left = keep.nonzero().squeeze(-1)
    if left.numel() < k:
        raise ValueError("too few words are left")
    places, scores = _top(F.cosine_similarity(query, weight[left], dim=-1), k)
    return left[places], scores


@wrong("There is a Python loop over the rows of weight: one call gives the cosines to all of them.")
def loop_over_rows(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    scores = [F.cosine_similarity(query, row, dim=0) for row in weight]
    ranked = sorted((i for i in range(len(scores)) if i not in exclude), key=lambda i: scores[i].item(), reverse=True)
    if len(ranked) < k:
        raise ValueError("too few words are left")
    best = ranked[:k]
    return torch.tensor(best, device=weight.device), torch.stack([scores[i] for i in best])


@right
def argsorted_then_filtered(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).clamp(min=1e-16).sqrt()
    scores = (weight * query).sum(-1) / lengths
    order = torch.argsort(scores, descending=True)
    order = order[~torch.isin(order, torch.tensor(list(exclude), dtype=torch.long, device=order.device))][:k]
    if len(order) < k:
        raise ValueError("too few words are left")
    return order, scores[order]


@right
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


def _left(scores: Tensor, k: int, exclude: Sequence[int]) -> Found:
    """The k best of the scores, as it should be done."""
    _at_least(k, scores, exclude)
    kept = scores.clone()
    kept[list(exclude)] = float("-inf")
    return _top(kept, k)


@wrong("You rank by dot product, so long vectors win. Divide by the lengths of the row and of the query.")
def dot_product(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(weight @ query, k, exclude)


@wrong("The order is right, but your scores are not divided by the length of the query: they are no cosines yet.")
def rows_normalised_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=-1) @ query, k, exclude)


@wrong("You divide by the length of the query only, so long rows win. Divide by each row's length too.")
def query_normalised_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(weight @ F.normalize(query, dim=-1), k, exclude)


@wrong("You make the columns of weight unit-length. The vectors are its rows: normalise along dim=-1.")
def columns_normalised(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=0) @ F.normalize(query, dim=-1), k, exclude)


@wrong("You rank by the distance between the points. The cosine looks at the angle between the vectors.")
def nearest_in_space(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(-(weight - query).square().sum(-1).sqrt(), k, exclude)


@wrong("Your scores are 1 - cosine. Return the cosines themselves, the largest first.")
def distances(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids, 1 - scores


@wrong("You rank by the absolute value. An opposite vector has the lowest cosine, -1.")
def sign_lost(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(_scores(query, weight).abs(), k, exclude)


@wrong("Your words come in the order of their ids: the best comes first.")
def in_order_of_ids(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    order = ids.argsort()
    return ids[order], scores[order]


@wrong("You return the words with the lowest cosines: put the largest first.")
def least_similar(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = _left(-_scores(query, weight), k, exclude)
    return ids, -scores


@wrong("You found the right words, but the best comes first, not last.")
def worst_of_them_first(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids.flip(0), scores.flip(0)


@wrong("The argument `exclude` is not used.")
def exclude_ignored(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    return _top(_scores(query, weight), k)


@wrong("You set the scores of excluded words to 0, which still beats a negative cosine. Set them to -inf.")
def excluded_score_zero(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = 0.0
    return _top(scores, k)


@wrong("You set the scores of excluded words to -1. A vector opposite to the query scores that too: set them to -inf.")
def excluded_score_minus_one(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = -1.0
    return _top(scores, k)


@wrong("Only the first id of `exclude` is left out.")
def first_excluded_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    scores = _scores(query, weight).clone()
    scores[list(exclude)[:1]] = float("-inf")
    return _top(scores, k)


@wrong("You take the k best first and drop excluded ones from them, so fewer than k come back. Exclude before.")
def excluded_afterwards(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    ids, scores = _top(_scores(query, weight), k)
    keep = torch.tensor([int(i) not in exclude for i in ids], device=ids.device)
    return ids[keep], scores[keep]


@wrong("Your ids count in the table without the excluded rows. Give each word the id that it has in weight.")
def renumbered(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    left = [i for i in range(weight.shape[0]) if i not in exclude]
    return _top(_scores(query, weight[left]), k)


@wrong("The best word is always left out, as if it were the query. What to leave out is said by `exclude`.")
def best_one_dropped(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k, weight, exclude)
    ranked = _scores(query, weight).argsort(descending=True)
    ids = ranked[[int(i) not in exclude for i in ranked]][1 : k + 1]
    return ids, _scores(query, weight)[ids]


@wrong("You return fewer than k words where fewer are left: raise ValueError there.")
def fewer_returned(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    left = [i for i in range(weight.shape[0]) if i not in exclude]
    scores, ids = _scores(query, weight)[left].sort(descending=True)
    return torch.tensor(left, device=weight.device)[ids][:k], scores[:k]


@wrong("There is no ValueError when fewer than k words are left.")
def never_complains(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    scores = _scores(query, weight).clone()
    scores[list(exclude)] = float("-inf")
    return _top(scores, k)


@wrong("Bad arguments raise AssertionError: raise ValueError instead.")
def asserts(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    assert len(weight) - len(set(exclude)) >= k
    return filled_with_minus_infinity(query, weight, k, exclude)


@wrong("You refuse a k that is just as large as the number of words left. Only a larger one is a ValueError.")
def all_left_refused(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    _at_least(k + 1, weight, exclude)
    return filled_with_minus_infinity(query, weight, k, exclude)


@wrong("An id that comes twice in `exclude` is counted as two words. It is one: count with set(exclude).")
def counted_twice(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    if len(weight) - len(exclude) < k:
        raise ValueError("too few words are left")
    return filled_with_minus_infinity(query, weight, k, exclude)


@wrong("A vector of zeros gives 0 / 0 = NaN, which a sort puts anywhere. It scores 0: keep the length above 0.")
def zero_row_is_nan(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).sqrt()
    return _left(weight @ query / lengths, k, exclude)


@wrong("You leave out rows of zeros. They are words like any other, with a score of 0.")
def zero_rows_left_out(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    empty = (weight == 0).all(-1).nonzero().flatten().tolist()
    return filled_with_minus_infinity(query, weight, k, [*exclude, *empty])


@wrong(
    "The gradient of a square root is infinite at 0, so a zero vector gives NaN on the way back. "
    "torch.linalg.vector_norm has a gradient there, or bound the squares before the root."
)
def root_at_zero(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = weight.square().sum(-1).sqrt() * query.square().sum().sqrt()
    return _left(weight @ query / lengths.clamp_min(1e-8), k, exclude)


@wrong("A query of zeros gives 0 / 0 = NaN. Every row scores 0 there: keep the query's length above 0, too.")
def zero_query_is_nan(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return _left(F.normalize(weight, dim=-1) @ (query / query.square().sum().sqrt()), k, exclude)


@wrong("You return (scores, ids), the order of torch.topk. Here it is (ids, scores).")
def scores_first(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return scores, ids


@wrong("You return lists. Here it is two tensors: (ids (k,), scores (k,)).")
def two_lists(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> tuple[list[int], list[float]]:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids.tolist(), scores.tolist()


@wrong("Your ids are of a short integer dtype. Ids are long (int64), as topk and argsort give them.")
def short_ids(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return ids.int(), scores


@wrong("You return a list of pairs, as gensim does. Here it is two tensors: (ids (k,), scores (k,)).")
def list_of_pairs(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> list[tuple[int, float]]:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    return list(zip(ids.tolist(), scores.tolist(), strict=True))


@wrong("You return the ids alone: return (ids, scores).")
def ids_only(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Tensor:
    return filled_with_minus_infinity(query, weight, k, exclude)[0]


@wrong("No gradient reaches the query: it is cut from the graph.")
def query_detached(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    return filled_with_minus_infinity(query.detach(), weight, k, exclude)


@wrong("The lengths are cut from the graph, so the gradient takes them for constants. They depend on the entries.")
def lengths_detached(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    lengths = (weight.square().sum(-1) * query.square().sum()).sqrt().clamp_min(1e-8)
    return _left(weight @ query / lengths.detach(), k, exclude)


@wrong("query and weight themselves are changed by an in-place operation such as `/=`.")
def inputs_edited(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    weight /= weight.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    query /= query.square().sum().sqrt().clamp_min(1e-8)
    return filled_with_minus_infinity(query, weight, k, exclude)


@wrong("weight itself is changed by an in-place operation such as `/=`: divide into a new tensor.")
def table_edited(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    with torch.no_grad():
        weight /= weight.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    return filled_with_minus_infinity(query, weight, k, exclude)


@wrong("You overwrite the excluded rows of weight itself. Change the scores instead, or a copy.")
def excluded_rows_erased(query: Tensor, weight: Tensor, k: int, exclude: Sequence[int] = ()) -> Found:
    ids, scores = filled_with_minus_infinity(query, weight, k, exclude)
    weight[list(exclude)] = 0.0
    return ids, scores
