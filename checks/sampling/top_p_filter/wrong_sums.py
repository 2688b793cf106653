"""Known wrong ways to write top_p_filter: how far the sum goes, and what is put for the rest."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception

from .steps import ahead_of_each, checked, dropped


def first_dropped(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order, _ = ahead_of_each(logits)
    drop = torch.softmax(ranked, -1).cumsum(-1) >= p
    drop[..., 1:] = drop[..., :-1].clone()
    return dropped(logits, order, drop, p)


def two_at_least(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    place = torch.arange(logits.shape[-1], device=logits.device)
    return dropped(logits, order, (before >= p) & (place >= 2), p)


def nearly_is_enough(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before + 1e-4 >= p, p)


def always_in_float32(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order = torch.sort(logits, dim=-1, descending=True)
    probabilities = torch.softmax(ranked, dim=-1, dtype=torch.float32)
    return dropped(logits, order, probabilities.cumsum(-1) - probabilities >= p, p)


def nearly_one(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    drop = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, before >= min(p, 0.999))
    return logits.masked_fill(drop, float("-inf"))


def underflow_lost_at_one(logits: Tensor, p: float) -> Tensor:
    checked(p)
    ranked, order = torch.sort(logits.double(), dim=-1)
    drop = torch.softmax(ranked, -1).cumsum(-1) <= 1 - p
    drop[..., -1] = False
    return logits.masked_fill(drop.scatter(-1, order, drop), float("-inf"))


def one_minus_p_of_the_best(logits: Tensor, p: float) -> Tensor:
    checked(p)
    if p == 1:
        return logits
    probabilities = torch.softmax(logits, -1)
    return logits.masked_fill(probabilities < (1 - p) * probabilities.amax(-1, keepdim=True), float("-inf"))


def first_rows_count(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    count = (before.reshape(-1, before.shape[-1])[0] < p).sum()
    place = torch.arange(logits.shape[-1], device=logits.device).expand(logits.shape)
    return dropped(logits, order, place >= count, p)


def one_set_for_the_batch(logits: Tensor, p: float) -> Tensor:
    checked(p)
    flat = logits.reshape(-1)
    _, order, before = ahead_of_each(flat)
    return dropped(flat, order, before >= p, p).reshape(logits.shape)


def ten_thousand_filled(logits: Tensor, p: float) -> Tensor:
    checked(p)
    _, order, before = ahead_of_each(logits)
    return dropped(logits, order, before >= p, p, -10_000.0)


SUMS = (
    Misconception(
        "first_dropped",
        "Where the most likely token alone reaches p, you drop it: after the shift the first entry of the mask keeps "
        "its old value. Set it to False, since one token always stays.",
        first_dropped,
    ),
    Misconception(
        "two_at_least", "You keep two tokens at least. Where the first one reaches p, it stays alone.", two_at_least
    ),
    Misconception(
        "nearly_is_enough",
        "You stop where the sum is only nearly p. It has to reach p: compare without a tolerance.",
        nearly_is_enough,
    ),
    Misconception(
        "always_in_float32",
        "You sum up in float32 whatever comes in. float64 logits have digits that decide: keep at least their dtype.",
        always_in_float32,
    ),
    Misconception(
        "nearly_one",
        "You take a p of 1 for a little less, so that unlikely tokens go. p = 1 keeps every finite logit.",
        nearly_one,
    ),
    Misconception(
        "underflow_lost_at_one",
        "With p = 1 you drop tokens whose probability rounds to 0. p = 1 keeps every finite logit: treat it apart.",
        underflow_lost_at_one,
    ),
    Misconception(
        "one_minus_p_of_the_best",
        "You keep what has at least 1 - p times the largest probability. Top-p goes by the running sum.",
        one_minus_p_of_the_best,
    ),
    Misconception(
        "first_rows_count",
        "Every row keeps as many tokens as the first one. Each has its own number.",
        first_rows_count,
    ),
    Misconception(
        "one_set_for_the_batch",
        "You sum up over all rows together. Each row has probabilities, and a set, of its own: use the last dim.",
        one_set_for_the_batch,
    ),
    Misconception(
        "ten_thousand_filled",
        "Dropped logits become -10,000. They have to be -inf: a logit that stays may be that low itself.",
        ten_thousand_filled,
    ),
)
