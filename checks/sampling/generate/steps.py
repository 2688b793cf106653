"""The steps that the wrong ways to write generate are put together from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor


def checked(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if temperature <= 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError("a bad temperature, top_k or top_p")


def cut_k(logits: Tensor, top_k: int | None) -> Tensor:
    if top_k is None:
        return logits
    smallest = logits.topk(max(1, min(top_k, logits.shape[-1])), -1).values[:, -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def cut_to_k(logits: Tensor, top_k: int | None) -> Tensor:
    """Not more than k, where several equal the k-th largest."""
    if top_k is None:
        return logits
    best = logits.topk(min(top_k, logits.shape[-1]), -1)
    return torch.full_like(logits, float("-inf")).scatter(-1, best.indices, best.values)


def cut_p(logits: Tensor, top_p: float | None) -> Tensor:
    if top_p is None or top_p == 1:
        return logits
    ranked, order = logits.sort(-1, descending=True)
    p = ranked.softmax(-1)
    drop = p.cumsum(-1) - p >= top_p
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))


def cut_short(logits: Tensor, top_p: float | None) -> Tensor:
    """Without the token that crosses p, but never empty."""
    if top_p is None or top_p == 1:
        return logits
    ranked, order = logits.sort(-1, descending=True)
    drop = ranked.softmax(-1).cumsum(-1) > top_p
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))


def cut_late(logits: Tensor, top_p: float | None) -> Tensor:
    """With the token behind the one that crosses p."""
    if top_p is None or top_p == 1:
        return logits
    ranked, order = logits.sort(-1, descending=True)
    p = ranked.softmax(-1)
    drop = (p.cumsum(-1) - p >= top_p).roll(1, -1)
    drop[:, 0] = False
    return logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))


def filtered(logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    return cut_p(cut_k(logits / temperature, top_k), top_p)


def unchecked(logits: Tensor, temperature: float, top_k: int | None, top_p: float | None) -> Tensor:
    return cut_p(cut_k(logits / max(temperature, 1e-3), top_k), top_p)


def levelled(logits: Tensor) -> Tensor:
    """0 for each token that is left."""
    return torch.zeros_like(logits).masked_fill(logits == float("-inf"), float("-inf"))


def powers(logits: Tensor) -> Tensor:
    return torch.exp(logits) / torch.exp(logits).sum(-1, keepdim=True)


def drawn(logits: Tensor, generator: Generator | None) -> Tensor:
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)


def written(model: Any, ids: Tensor, new: int, eos: int | None, choose: Callable[[Tensor], Tensor]) -> Tensor:
    """The text (1, T + n), each token chosen from the logits (1, V) of what comes next."""
    for _ in range(new):
        token = choose(model(ids).logits[:, -1])
        ids = torch.cat([ids, token], 1)
        if eos is not None and token.item() == eos:
            break
    return ids
