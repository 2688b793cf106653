"""Right ways to write greedy."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Variant


def appended(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    for _ in range(max_new_tokens):
        token = model(ids).logits[:, -1].argmax(-1, keepdim=True)
        ids = torch.cat([ids, token], dim=1)
        if eos_token_id is not None and token.item() == eos_token_id:
            break
    return ids


def in_a_list(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    tokens = ids[0].tolist()
    while max_new_tokens > 0:
        row = model(torch.tensor([tokens], device=ids.device)).logits[0, -1].tolist()
        tokens.append(row.index(max(row)))
        max_new_tokens -= 1
        if tokens[-1] == eos_token_id:
            break
    return torch.tensor([tokens], device=ids.device)


def in_a_buffer(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    start = ids.shape[1]
    text = torch.zeros(1, start + max_new_tokens, dtype=ids.dtype, device=ids.device)
    text[:, :start] = ids
    for end in range(start, start + max_new_tokens):
        text[0, end] = torch.topk(model(text[:, :end]).logits[0, -1], 1).indices[0]
        if eos_token_id is not None and int(text[0, end]) == eos_token_id:
            return text[:, : end + 1]
    return text


def by_probabilities(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    text = ids.clone()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            log_probabilities = torch.log_softmax(model(text).logits[:, -1, :], dim=-1)
            token = log_probabilities.max(dim=-1).indices
            text = torch.cat((text, token[:, None]), dim=-1)
            if eos_token_id is not None and bool((token == eos_token_id).all()):
                break
    return text


def recursive(model: Any, ids: Tensor, max_new_tokens: int, eos_token_id: int | None = None) -> Tensor:
    if max_new_tokens == 0:
        return ids
    token = model(ids).logits[0, -1].argsort(descending=True)[:1]
    ids = torch.hstack([ids, token.unsqueeze(0)])
    return ids if token == eos_token_id else recursive(model, ids, max_new_tokens - 1, eos_token_id)


VARIANTS = tuple(
    Variant(function.__name__, function) for function in (appended, in_a_list, in_a_buffer, by_probabilities, recursive)
)
