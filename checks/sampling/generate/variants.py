"""Right ways to write generate."""

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from autograder.checks import Variant


def plain(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k must be at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError("top_p must be in (0, 1]")
    for _ in range(max_new_tokens):
        logits = model(ids).logits[:, -1] / temperature
        if top_k is not None:
            smallest = logits.topk(min(top_k, logits.shape[-1]), -1).values[:, -1:]
            logits = logits.masked_fill(logits < smallest, float("-inf"))
        if top_p is not None and top_p < 1:
            ranked, order = logits.sort(-1, descending=True)
            p = ranked.softmax(-1)
            drop = p.cumsum(-1) - p >= top_p
            logits = logits.masked_fill(torch.zeros_like(drop).scatter(-1, order, drop), float("-inf"))
        token = torch.multinomial(logits.softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, token], dim=1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def kept_by_rank(row: Tensor, top_k: int | None, top_p: float | None) -> tuple[Tensor, Tensor]:
    """Probabilities and tokens that the filters leave of a row (V,), the most likely first; top-k drops no ties."""
    values, tokens = row.sort(descending=True)
    if top_k is not None:
        if top_k < 1:
            raise ValueError("top_k must be at least 1")
        count = int((values >= values[min(top_k, len(values)) - 1]).sum())
        values, tokens = values[:count], tokens[:count]
    p = values.softmax(0)
    if top_p is not None:
        if top_p <= 0 or top_p > 1:
            raise ValueError("top_p must be in (0, 1]")
        count = len(p) if top_p == 1 else int((p.cumsum(0) < top_p).sum()) + 1
        p, tokens = p[:count] / p[:count].sum(), tokens[:count]
    return p, tokens


def in_sorted_order(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    text, was_training = ids.clone(), model.training
    model.eval()
    try:
        for _ in range(max_new_tokens):
            with torch.no_grad():
                logits = model(text).logits[0, -1]
            p, tokens = kept_by_rank(logits / temperature, top_k, top_p)
            place = torch.multinomial(p, 1, generator=generator)
            text = torch.cat([text, tokens[place].unsqueeze(0)], 1)
            if eos_token_id is not None and int(text[0, -1]) == eos_token_id:
                break
    finally:
        model.train(was_training)
    return text


def with_a_list(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    if temperature <= 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError("a bad temperature, top_k or top_p")
    text = ids[0].tolist()
    for _ in range(max_new_tokens):
        row = model(torch.tensor([text], device=ids.device)).logits[0, -1].double() / temperature
        p, tokens = kept_by_rank(row, top_k, top_p)
        uniform = torch.rand((), generator=generator, dtype=torch.float64, device=ids.device)
        place = int(torch.searchsorted(p.cumsum(0), uniform, right=True))
        text.append(int(tokens[min(place, len(tokens) - 1)]))
        if text[-1] == eos_token_id:
            break
    return torch.tensor([text], device=ids.device)


def by_gumbel_noise(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    if temperature <= 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError("a bad temperature, top_k or top_p")
    start = ids.shape[1]
    text = torch.zeros(1, start + max_new_tokens, dtype=ids.dtype, device=ids.device)
    text[:, :start] = ids
    for end in range(start, start + max_new_tokens):
        p, tokens = kept_by_rank(model(text[:, :end]).logits[0, -1] / temperature, top_k, top_p)
        noise = torch.rand(len(p), generator=generator, dtype=torch.float64, device=ids.device)
        text[0, end] = tokens[(p.double().log() - torch.log(-torch.log(noise))).argmax()]
        if eos_token_id is not None and text[0, end].item() == eos_token_id:
            return text[:, : end + 1]
    return text


def by_masks(
    model: Any,
    ids: Tensor,
    max_new_tokens: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_token_id: int | None = None,
    generator: Generator | None = None,
) -> Tensor:
    """Top-k before the temperature: dividing by a positive number changes no ranks, so the order of these two is
    free."""
    if not temperature > 0:
        raise ValueError("temperature must be positive")
    if top_k is not None and top_k <= 0:
        raise ValueError("top_k must be positive")
    if top_p is not None and (top_p <= 0 or top_p > 1):
        raise ValueError("top_p must be in (0, 1]")
    made = 0
    while made < max_new_tokens:
        logits = model(ids).logits[:, -1]
        if top_k is not None and top_k < logits.shape[-1]:
            cutoff = logits.sort(-1, descending=True).values[:, top_k - 1 : top_k]
            logits = torch.where(logits < cutoff, torch.full_like(logits, float("-inf")), logits)
        logits = logits / temperature
        p = torch.softmax(logits, -1)
        if top_p is not None and top_p != 1:
            before = torch.where(p[:, None, :] > p[:, :, None], p[:, None, :], 0.0).sum(-1)
            p = p * (before < top_p)
        token = torch.multinomial(p, 1, generator=generator)
        ids = torch.hstack([ids, token])
        made += 1
        if eos_token_id is not None and bool((token == eos_token_id).all()):
            break
    return ids


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (plain, in_sorted_order, with_a_list, by_gumbel_noise, by_masks)
)
