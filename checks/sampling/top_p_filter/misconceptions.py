"""Known wrong ways to write top_p_filter, with what a student should read."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception

from .steps import ahead_of_each, checked, dropped
from .wrong_sums import SUMS


def crossing_dropped(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order, _ = ahead_of_each(logits)
    drop = torch.softmax(ranked, -1).cumsum(-1) > p
    drop[..., 0] = False
    return dropped(logits, order, drop, p)


def nothing_left(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order, _ = ahead_of_each(logits)
    return dropped(logits, order, torch.softmax(ranked, -1).cumsum(-1) > p, p)


def one_too_many(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    drop = (before >= p).roll(1, -1)
    drop[..., 0] = False
    return dropped(logits, order, drop, p)


def equal_is_not_enough(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order, _ = ahead_of_each(logits)
    drop = (torch.softmax(ranked, -1).cumsum(-1) > p).roll(1, -1)
    drop[..., 0] = False
    return dropped(logits, order, drop, p)


def off_near_one(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return logits if p > 0.95 else dropped(logits, order, before >= p, p)


def order_not_undone(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    _, _, before = ahead_of_each(logits)
    return logits.masked_fill(before >= p, float("-inf"))


def order_instead_of_its_inverse(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    _, order, before = ahead_of_each(logits)
    return logits.masked_fill((before >= p).gather(-1, order), float("-inf"))


def sorted_logits(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, _, before = ahead_of_each(logits)
    return logits if p == 1 else ranked.masked_fill(before >= p, float("-inf"))


def sums_of_logits(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order = torch.sort(logits, dim=-1, descending=True)
    return dropped(logits, order, ranked.cumsum(-1) - ranked >= p, p)


def tail_lost_at_one(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order, _ = ahead_of_each(logits)
    reached = torch.softmax(ranked.float(), -1).cumsum(-1) >= p
    drop = reached.roll(1, -1)
    drop[..., 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))


def each_probability_against_p(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    return logits.masked_fill(torch.softmax(logits, -1) < p, float("-inf"))


def min_p(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    probabilities = torch.softmax(logits, -1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), float("-inf"))


def least_likely_first(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order = torch.sort(logits, dim=-1)
    probabilities = torch.softmax(ranked, -1)
    return dropped(logits, order, probabilities.cumsum(-1) - probabilities >= p, p)


def part_of_the_vocabulary(logits: Tensor, p: float) -> Tensor:
    checked(p)
    k = max(1, round(p * logits.shape[-1]))
    return logits.masked_fill(logits < logits.topk(k, -1).values[..., -1:], float("-inf"))


def first_axis(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    ranked, order = torch.sort(logits, dim=0, descending=True)
    probabilities = torch.softmax(ranked, dim=0)
    drop = probabilities.cumsum(0) - probabilities >= p
    return logits.masked_fill(torch.zeros_like(drop).scatter(0, order, drop), float("-inf"))


def first_rows_mask(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    _, order, before = ahead_of_each(logits.reshape(-1, logits.shape[-1])[0])
    drop = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(drop, float("-inf"))


def cutoff_keeps_equals(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    ranked, _, before = ahead_of_each(logits)
    smallest = ranked.masked_fill(before >= p, float("inf")).amin(-1, keepdim=True)
    return logits.masked_fill(logits < smallest, float("-inf"))


def zeros_filled(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before >= p, p, 0.0)


def a_billion_filled(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before >= p, p, -1e9)


def probabilities_returned(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return torch.softmax(dropped(logits, order, before >= p, p), -1)


def no_value_error(logits: Tensor, p: float) -> Tensor:
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before >= p, p)


def clamped(logits: Tensor, p: float) -> Tensor:
    _, order, before = ahead_of_each(logits)
    drop = before >= min(max(p, 1e-6), 1.0)
    return dropped(logits, order, drop, min(p, 1))


def zero_allowed(logits: Tensor, p: float) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError("p must be in [0, 1]")
    _, order, before = ahead_of_each(logits)
    drop = before >= p
    drop[..., 0] = False
    return dropped(logits, order, drop, p)


def one_refused(logits: Tensor, p: float) -> Tensor:
    if not 0 < p < 1:
        raise ValueError("p must be in (0, 1)")
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before >= p, p)


def overflows(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order = torch.sort(logits, dim=-1, descending=True)
    powers = torch.exp(ranked)
    probabilities = powers / powers.sum(-1, keepdim=True)
    return dropped(logits, order, probabilities.cumsum(-1) - probabilities >= p, p)


def input_edited(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    drop = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= p)
    if p < 1:
        logits[drop] = float("-inf")
    return logits


def always_float32(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits.float())
    return dropped(logits.float(), order, before >= p, p)


def made_on_the_cpu(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    _, order, before = ahead_of_each(logits)
    drop = torch.zeros(logits.shape, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(drop, float("-inf"))


def loop_over_entries(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    ranked, order, _ = ahead_of_each(logits)
    probabilities, total = torch.softmax(ranked, -1), torch.zeros_like(ranked[..., 0])
    drops = []
    for i in range(logits.shape[-1]):
        drops.append(total >= p)
        total = total + probabilities[..., i]
    return dropped(logits, order, torch.stack(drops, -1), p)


MISCONCEPTIONS = (
    Misconception(
        "crossing_dropped",
        "The token that crosses p is dropped: you keep those whose running sum is still at most p. The set has to "
        "reach p, so drop a token only if those before it reach p already.",
        crossing_dropped,
    ),
    Misconception(
        "nothing_left",
        "You keep tokens whose running sum is at most p. Where the first one alone has more, nothing is left to draw "
        "from; and the token that crosses p belongs to the set.",
        nothing_left,
    ),
    Misconception("one_too_many", "You keep one token more than is needed to reach p.", one_too_many),
    Misconception(
        "equal_is_not_enough",
        "Where the running sum is exactly p, you keep one token more. The set has to reach at least p, so equal is "
        "enough: compare with >= before you shift the mask, not with >.",
        equal_is_not_enough,
    ),
    Misconception(
        "off_near_one",
        "A p that is only near 1 turns your filter off. Nothing but p = 1 keeps everything.",
        off_near_one,
    ),
    Misconception(
        "order_not_undone",
        "The mask belongs to the sorted logits, but you put it on the unsorted ones. Bring it back with scatter.",
        order_not_undone,
    ),
    Misconception(
        "order_instead_of_its_inverse",
        "To bring the mask back you gather with the sorting order. It takes the inverse: scatter with that order, or "
        "gather with order.argsort(-1).",
        order_instead_of_its_inverse,
    ),
    Misconception(
        "sorted_logits",
        "You return the logits sorted. The place of a logit is its token, so they must go back to where they were.",
        sorted_logits,
    ),
    Misconception("sums_of_logits", "You sum up logits: take their softmax first.", sums_of_logits),
    Misconception(
        "tail_lost_at_one",
        "With p = 1 you drop the least likely tokens, because the running sum rounds to 1 before the end. p = 1 keeps "
        "every finite logit: treat it apart.",
        tail_lost_at_one,
    ),
    Misconception(
        "each_probability_against_p",
        "You compare each probability by itself with p. It is their running sum that has to reach p.",
        each_probability_against_p,
    ),
    Misconception(
        "min_p",
        "You keep what has at least p times the largest probability. That is min-p; top-p goes by the running sum.",
        min_p,
    ),
    Misconception(
        "least_likely_first",
        "Your running sum begins at the least likely token: sort with descending=True.",
        least_likely_first,
    ),
    Misconception(
        "part_of_the_vocabulary",
        "You keep a part p of the vocabulary, however the probabilities are spread. p is a sum of probabilities.",
        part_of_the_vocabulary,
    ),
    Misconception("first_axis", "You work along the first dim: tokens stand along the last.", first_axis),
    Misconception(
        "first_rows_mask", "The first row's set is used for all rows. Each row has its own.", first_rows_mask
    ),
    Misconception(
        "cutoff_keeps_equals",
        "Where several tokens are equally likely at the edge, you keep them all, also those not needed to reach p. "
        "Mask by rank, not by a cutoff value.",
        cutoff_keeps_equals,
    ),
    Misconception(
        "zeros_filled",
        "Dropped logits become 0, and exp(0) = 1 is a probability like any other. Fill with -inf.",
        zeros_filled,
    ),
    Misconception(
        "a_billion_filled",
        "Dropped logits become -1e9. They have to be -inf; -1e9 does not even fit in float16.",
        a_billion_filled,
    ),
    Misconception(
        "probabilities_returned",
        "You return probabilities. Logits are asked, with -inf for what goes.",
        probabilities_returned,
    ),
    Misconception("no_value_error", "A p outside 0 < p <= 1 is not refused: raise ValueError.", no_value_error),
    Misconception(
        "clamped",
        "A p outside 0 < p <= 1 is not refused, but acts as the nearest one that is allowed. The caller made a mistake "
        "and should hear of it: raise ValueError.",
        clamped,
    ),
    Misconception("zero_allowed", "p = 0 gets through. It has to raise ValueError.", zero_allowed),
    Misconception("one_refused", "p = 1 is refused. It is allowed, and keeps every finite logit.", one_refused),
    Misconception(
        "overflows",
        "exp of large logits overflows. torch.softmax avoids that by subtracting the largest first.",
        overflows,
    ),
    Misconception("input_edited", "The logits given are changed in place: work on a copy.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A tensor is made on the CPU, which breaks on a GPU, or a value is read into Python (.item(), int(...)), which "
        "makes a GPU wait. Make it with zeros_like, or with device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_entries", "There is a Python loop over tokens: torch.cumsum takes all at once.", loop_over_entries
    ),
    *SUMS,
)
