"""Right ways to write top_p_filter."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Variant


def scattered_back(logits: Tensor, p: float) -> Tensor:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    if p == 1:
        return logits
    ranked, order = torch.sort(logits, dim=-1, descending=True)
    probabilities = torch.softmax(ranked, dim=-1)
    drop = probabilities.cumsum(-1) - probabilities >= p
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))


def shifted_mask(logits: Tensor, p: float) -> Tensor:
    if p <= 0 or p > 1:
        raise ValueError(f"p is {p}")
    ranked, order = torch.sort(logits, descending=True)
    reached = torch.cumsum(torch.softmax(ranked.double(), -1), -1) >= p
    drop = torch.roll(reached, 1, dims=-1)
    drop[..., 0] = False
    if p == 1.0:
        drop = torch.zeros_like(drop)
    kept = ranked.masked_fill(drop, float("-inf"))
    return torch.full_like(logits, float("-inf")).scatter(-1, order, kept)


def gathered_by_the_inverse(logits: Tensor, p: float) -> Tensor:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    if p == 1:
        return logits.clone()
    order = logits.argsort(-1, descending=True)
    probabilities = torch.softmax(logits.double(), -1).gather(-1, order)
    keep = torch.cat([torch.zeros_like(probabilities[..., :1]), probabilities.cumsum(-1)[..., :-1]], -1) < p
    return torch.where(keep.gather(-1, order.argsort(-1)), logits, torch.full_like(logits, float("-inf")))


def from_the_tail(logits: Tensor, p: float) -> Tensor:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    ranked, order = torch.sort(logits, dim=-1)
    tail = ranked.double().softmax(-1).cumsum(-1)
    drop = tail <= 1 - p
    drop[..., -1] = False
    if p == 1:
        drop = ranked == float("-inf")
    return logits.masked_fill(drop.scatter(-1, order, drop), float("-inf"))


def each_with_each(logits: Tensor, p: float) -> Tensor:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    probabilities = torch.softmax(logits.float() if logits.itemsize == 2 else logits, -1)
    place = torch.arange(logits.shape[-1], device=logits.device)
    mine, other = logits.unsqueeze(-1), logits.unsqueeze(-2)
    ahead = (other > mine) | ((other == mine) & (place < place.unsqueeze(-1)))
    before = torch.where(ahead, probabilities.unsqueeze(-2), 0.0).sum(-1)
    return logits if p == 1 else logits.masked_fill(before >= p, -torch.inf)


def row_by_row(logits: Tensor, p: float) -> Tensor:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        order = row.argsort(descending=True)
        sums = row.softmax(-1)[order].cumsum(0)
        needed = (sums < p).sum() + 1 if p < 1 else torch.full_like(order[0], len(row))
        rank = torch.empty_like(order).scatter(0, order, torch.arange(len(row), device=row.device))
        rows.append(row.masked_fill(rank >= needed, float("-inf")))
    return torch.stack(rows).reshape(logits.shape)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        scattered_back, shifted_mask, gathered_by_the_inverse, from_the_tail, each_with_each, row_by_row,
    )
)  # fmt: skip  # one line a family reads better than one a name
