"""The steps that the wrong ways to write top_p_filter are put together from."""

from __future__ import annotations

import torch
from torch import Tensor


def ahead_of_each(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sorted logits, their places, and how much the more likely ones have together."""
    ranked, order = torch.sort(logits, dim=-1, descending=True)
    probabilities = torch.softmax(ranked, dim=-1)
    return ranked, order, probabilities.cumsum(-1) - probabilities


def dropped(logits: Tensor, order: Tensor, drop: Tensor, p: float, fill: float = float("-inf")) -> Tensor:
    """-inf where `drop` says so of the sorted logits; nothing of what is finite where p is 1."""
    if p == 1:
        return logits
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), fill)


def checked(p: float) -> None:
    if not 0 < p <= 1:
        raise ValueError("p must be in (0, 1]")
