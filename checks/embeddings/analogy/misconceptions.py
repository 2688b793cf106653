"""Known mistakes in answering an analogy: each must fail, and be named."""

from __future__ import annotations

from collections.abc import Iterable

import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception

from .variants import filled_with_minus_infinity


def _best(scores: Tensor, k: int, words: Iterable[int], left_out: Iterable[int] | None = None) -> Tensor:
    """The k best of the scores without `left_out`, or without all three words of the question."""
    words = list(words)
    if len(scores) - len(set(words)) < k:
        raise ValueError("too few words are left")
    kept = scores.clone()
    kept[words if left_out is None else list(left_out)] = float("-inf")
    return kept.topk(k).indices


def _cosines(target: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1) @ F.normalize(target, dim=-1)


def _answer(a: int, b: int, c: int, weight: Tensor) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return units @ F.normalize(units[b] - units[a] + units[c], dim=-1)


def nothing_excluded(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_answer(a, b, c, weight), k, (a, b, c), ())


def only_c_excluded(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_answer(a, b, c, weight), k, (a, b, c), (c,))


def b_not_excluded(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_answer(a, b, c, weight), k, (a, b, c), (a, c))


def a_not_excluded(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_answer(a, b, c, weight), k, (a, b, c), (b, c))


def not_unit_length(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_cosines(weight[b] - weight[a] + weight[c], weight), k, (a, b, c))


def rows_not_unit_length(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(weight @ (units[b] - units[a] + units[c]), k, (a, b, c))


def dot_product(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(weight @ (weight[b] - weight[a] + weight[c]), k, (a, b, c))


def difference_turned(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (units[a] - units[b] + units[c]), k, (a, b, c))


def all_added(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (units[a] + units[b] + units[c]), k, (a, b, c))


def c_subtracted(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (units[b] - units[c] + units[a]), k, (a, b, c))


def c_forgotten(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (units[b] - units[a]), k, (a, b, c))


def like_c_only(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_cosines(weight[c], weight), k, (a, b, c))


def difference_unit_length(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (F.normalize(units[b] - units[a], dim=-1) + units[c]), k, (a, b, c))


def nearest_in_space(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    target = weight[b] - weight[a] + weight[c]
    return _best(-(weight - target).square().sum(-1), k, (a, b, c))


def multiplied(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    to_a, to_b, to_c = ((1 + _cosines(weight[i], weight)) / 2 for i in (a, b, c))
    return _best(to_b * to_c / (to_a + 0.001), k, (a, b, c))


def least_similar(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(-_answer(a, b, c, weight), k, (a, b, c))


def sign_lost(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _best(_answer(a, b, c, weight).abs(), k, (a, b, c))


def excluded_score_zero(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    scores = _answer(a, b, c, weight)
    scores[[a, b, c]] = 0.0
    return _best(scores, k, (a, b, c), ())


def excluded_afterwards(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    ids = _best(_answer(a, b, c, weight), k, (a, b, c), ())
    return ids[[int(i) not in (a, b, c) for i in ids]]


def excluded_by_vector(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    same = (weight[:, None] == weight[[a, b, c]]).all(-1).any(-1)
    if int((~same).sum()) < k:
        raise ValueError("too few words are left")
    return _answer(a, b, c, weight).masked_fill(same, float("-inf")).topk(k).indices


def renumbered(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    left = [i for i in range(len(weight)) if i not in (a, b, c)]
    if len(left) < k:
        raise ValueError("too few words are left")
    return _answer(a, b, c, weight)[left].topk(k).indices


def three_best_dropped(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    if len(weight) - len({a, b, c}) < k:
        raise ValueError("too few words are left")
    return _answer(a, b, c, weight).argsort(descending=True)[len({a, b, c}) :][:k]


def k_ignored(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return filled_with_minus_infinity(a, b, c, weight, k)[:1]


def scores_returned(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    return _answer(a, b, c, weight)[filled_with_minus_infinity(a, b, c, weight, k)]


def scores_returned_too(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> tuple[Tensor, Tensor]:
    ids = filled_with_minus_infinity(a, b, c, weight, k)
    return ids, _answer(a, b, c, weight)[ids]


def number_for_one(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor | int:
    ids = filled_with_minus_infinity(a, b, c, weight, k)
    return int(ids[0]) if k == 1 else ids


def list_of_ids(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> list[int]:
    return [int(i) for i in filled_with_minus_infinity(a, b, c, weight, k)]


def fewer_returned(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    ranked = _answer(a, b, c, weight).argsort(descending=True)
    return ranked[[int(i) not in (a, b, c) for i in ranked]][:k]


def never_complains(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    scores = _answer(a, b, c, weight)
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def asserts(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    assert len(weight) - len({a, b, c}) >= k
    return filled_with_minus_infinity(a, b, c, weight, k)


def three_always_counted(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    if len(weight) - 3 < k:
        raise ValueError("too few words are left")
    return filled_with_minus_infinity(a, b, c, weight, k)


def zero_row_is_nan(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = weight / weight.square().sum(-1, keepdim=True).sqrt()
    return _best(units @ (units[b] - units[a] + units[c]), k, (a, b, c))


def weight_edited(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    weight /= weight.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-8)
    return filled_with_minus_infinity(a, b, c, weight, k)


def _in_lengths(a: int, b: int, c: int, weight: Tensor, k: int, lengths: Tensor) -> Tensor:
    rows = weight / lengths
    return _best(_cosines(rows[b] - rows[a] + rows[c], rows), k, (a, b, c))


def _short_rows_kept(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _in_lengths(a, b, c, weight, k, weight.norm(dim=-1, keepdim=True).clamp_min(1.0))


def _columns_of_unit_length(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _in_lengths(a, b, c, weight, k, weight.norm(dim=0, keepdim=True))


def _longer_still(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _in_lengths(a, b, c, weight, k, 1 / weight.norm(dim=-1, keepdim=True).clamp_min(1e-8))


def _all_rows_alike(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _in_lengths(a, b, c, weight, k, weight)


def _like_b_only(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _best(_cosines(weight[b], weight), k, (a, b, c))


def _nothing_subtracted(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    units = F.normalize(weight, dim=-1)
    return _best(units @ (units[b] + units[c]), k, (a, b, c))


def _c_kept(a: int, b: int, c: int, weight: Tensor, k: int) -> Tensor:
    return _best(_answer(a, b, c, weight), k, (a, b, c), (a, b))


# What the questions of every check are chosen to tell from the right formula: those above whose answers have the right
# form, and the like.
FORMULAS = (
    nothing_excluded, only_c_excluded, b_not_excluded, a_not_excluded, _c_kept, not_unit_length, rows_not_unit_length,
    dot_product, difference_turned, all_added, c_subtracted, c_forgotten, like_c_only, difference_unit_length,
    nearest_in_space, multiplied, least_similar, sign_lost, renumbered, three_best_dropped, _short_rows_kept,
    _columns_of_unit_length, _longer_still, _all_rows_alike, _like_b_only, _nothing_subtracted,
)  # fmt: skip  # names, some to a line

MISCONCEPTIONS = (
    Misconception(
        "nothing_excluded",
        "The question's own words are among your answers: b - a + c is nearly always closest to b or c themselves. "
        "Leave out a, b and c.",
        nothing_excluded,
    ),
    Misconception(
        "only_c_excluded", "You leave out c, but a and b still come as answers: leave out all three.", only_c_excluded
    ),
    Misconception("b_not_excluded", "You leave out a and c, but b still comes as an answer.", b_not_excluded),
    Misconception("a_not_excluded", "You leave out b and c, but a still comes as an answer.", a_not_excluded),
    Misconception(
        "not_unit_length",
        "You compute b - a + c from vectors as they are, so the longest of the three decides. Bring every row to "
        "length 1 first.",
        not_unit_length,
    ),
    Misconception(
        "rows_not_unit_length",
        "Your target is right, but you take its dot product with rows as they are, so long ones win. Divide by the "
        "length of each row.",
        rows_not_unit_length,
    ),
    Misconception(
        "dot_product",
        "You use vectors as they are, for the target and in the dot products, so long ones win. Bring every row to "
        "length 1 first.",
        dot_product,
    ),
    Misconception(
        "difference_turned",
        "Your target is a - b + c: a and b are swapped. From a to b is b - a.",
        difference_turned,
    ),
    Misconception("all_added", "Your target is a + b + c: a is subtracted, since b - a leads from a to b.", all_added),
    Misconception(
        "c_subtracted",
        "Your target is a + b - c: c is subtracted instead of a. Start from c and go the way from a to b.",
        c_subtracted,
    ),
    Misconception("c_forgotten", "Your target is b - a: that is only the way from a to b. Add c.", c_forgotten),
    Misconception(
        "like_c_only", "You return the words most similar to c: the way from a to b is missing.", like_c_only
    ),
    Misconception(
        "difference_unit_length",
        "You bring b - a to length 1 before you add c. Only the words' own vectors are made unit-length.",
        difference_unit_length,
    ),
    Misconception(
        "nearest_in_space",
        "You rank by the distance from b - a + c. Rank by the cosine, on unit-length vectors.",
        nearest_in_space,
    ),
    Misconception(
        "multiplied",
        "You multiply and divide cosines (the 3CosMul rule). Here vectors are added: b - a + c.",
        multiplied,
    ),
    Misconception(
        "least_similar",
        "You return the words with the lowest cosines. Put the largest first, and rank by cosines, not by distances.",
        least_similar,
    ),
    Misconception(
        "sign_lost", "You rank by the absolute value. An opposite vector has the lowest cosine, -1.", sign_lost
    ),
    Misconception(
        "excluded_score_zero",
        "You set the scores of a, b and c to 0, which still beats a negative cosine. Set them to -inf.",
        excluded_score_zero,
    ),
    Misconception(
        "excluded_afterwards",
        "You take the k best first and drop a, b and c from them, so fewer than k are left. Leave them out before.",
        excluded_afterwards,
    ),
    Misconception(
        "excluded_by_vector",
        "You leave out every word whose vector equals that of a, b or c. Leave out those three ids only.",
        excluded_by_vector,
    ),
    Misconception(
        "renumbered",
        "Your ids count in the table without a, b and c. Give each word the id that it has in weight.",
        renumbered,
    ),
    Misconception(
        "three_best_dropped",
        "You drop the best answers, as if they were always a, b and c. Leave out these three by their ids.",
        three_best_dropped,
    ),
    Misconception("k_ignored", "The argument `k` is not used: one answer always comes back.", k_ignored),
    Misconception("scores_returned", "You return the cosines: the ids of the words are asked for.", scores_returned),
    Misconception(
        "scores_returned_too",
        "You return ids and scores, as most_similar does. analogy returns the ids alone.",
        scores_returned_too,
    ),
    Misconception(
        "number_for_one", "For k = 1 you return a plain number. It is a tensor (1,) there too.", number_for_one
    ),
    Misconception("list_of_ids", "You return a list: the ids come as a tensor (k,).", list_of_ids),
    Misconception(
        "fewer_returned", "You return fewer than k words where fewer are left: raise ValueError there.", fewer_returned
    ),
    Misconception("never_complains", "There is no ValueError when fewer than k words are left.", never_complains),
    Misconception("asserts", "Bad arguments raise AssertionError: raise ValueError instead.", asserts),
    Misconception(
        "three_always_counted",
        "Where two of a, b and c are the same word, only two words are left out: count with len({a, b, c}).",
        three_always_counted,
    ),
    Misconception(
        "zero_row_is_nan",
        "A row of zeros gives 0 / 0 = NaN, which a sort puts anywhere. It scores 0: keep the length above 0.",
        zero_row_is_nan,
    ),
    Misconception("weight_edited", "weight itself is changed by an in-place operation such as `/=`.", weight_edited),
)
