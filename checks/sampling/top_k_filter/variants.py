"""Right ways to write top_k_filter."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Variant


def by_topk(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def by_sort(logits: Tensor, k: int) -> Tensor:
    if k <= 0:
        raise ValueError(f"k is {k}")
    if k >= logits.size(-1):
        return logits
    cutoff = torch.sort(logits, dim=-1, descending=True).values[..., k - 1]
    return torch.where(logits >= cutoff.unsqueeze(-1), logits, torch.full_like(logits, float("-inf")))


def by_kthvalue(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    size = logits.shape[-1]
    cutoff = logits.float() if logits.itemsize == 2 else logits
    cutoff = cutoff.kthvalue(max(1, size - k + 1), dim=-1, keepdim=True).values.to(logits.dtype)
    return logits.masked_fill(logits < cutoff, -torch.inf)


def by_edited_copy(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    kept = logits.clone()
    kept[kept < logits.sort(-1).values[..., max(0, logits.shape[-1] - k)].unsqueeze(-1)] = float("-inf")
    return kept


def by_added_penalty(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    lowest = logits.topk(min(k, logits.shape[-1])).values.amin(-1, keepdim=True)
    penalty = torch.zeros_like(logits).masked_fill(logits < lowest, float("-inf"))
    return logits + penalty


def row_by_row(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    rows = []
    for row in logits.reshape(-1, logits.shape[-1]):
        rows.append(row.masked_fill(row < row.topk(min(k, len(row))).values[-1], float("-inf")))
    return torch.stack(rows).reshape(logits.shape)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (by_topk, by_sort, by_kthvalue, by_edited_copy, by_added_penalty, row_by_row)
)
