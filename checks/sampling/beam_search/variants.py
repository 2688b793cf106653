"""Right ways to write beam_search."""

from __future__ import annotations

import heapq
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Variant


def in_a_batch(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams, totals = ids, torch.zeros(1, device=ids.device)
    for _ in range(max_new_tokens):
        scores = totals[:, None] + torch.log_softmax(model(beams).logits[:, -1], -1)  # (W, V)
        totals, places = scores.flatten().topk(min(beam_width, scores.numel()))
        parent, token = places // scores.shape[-1], places % scores.shape[-1]
        beams = torch.cat([beams[parent], token[:, None]], 1)
    return beams[:1]


def in_lists(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams = [(0.0, ids)]
    for _ in range(max_new_tokens):
        longer = []
        for total, text in beams:
            scores = F.log_softmax(model(text).logits[0, -1], dim=-1)
            for token in range(len(scores)):
                step = torch.tensor([[token]], device=ids.device)
                longer.append((total + scores[token].item(), torch.cat([text, step], 1)))
        beams = sorted(longer, key=lambda beam: beam[0], reverse=True)[:beam_width]
    return beams[0][1]


def best_of_each_first(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """No beam can bring more than `beam_width` of the next ones, so only its best are looked at."""
    beams, totals = ids.clone(), torch.zeros(1, dtype=torch.float64, device=ids.device)
    for _ in range(max_new_tokens):
        scores = model(beams).logits[:, -1].double().log_softmax(-1)
        best = scores.topk(min(beam_width, scores.shape[-1]), -1)
        candidates = (totals.unsqueeze(1) + best.values).reshape(-1)
        order = candidates.argsort(descending=True)[:beam_width]
        parents = torch.arange(len(beams), device=ids.device).repeat_interleave(best.indices.shape[1])
        beams = torch.hstack([beams[parents[order]], best.indices.reshape(-1, 1)[order]])
        totals = candidates[order]
    return beams[totals.argmax()].unsqueeze(0)


def heap_of_lists(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    beams: list[tuple[float, list[int]]] = [(0.0, ids[0].tolist())]
    for _ in range(max_new_tokens):
        texts = torch.tensor([text for _, text in beams], device=ids.device)
        rows = model(texts).logits[:, -1].tolist()
        longer = []
        for (total, text), row in zip(beams, rows, strict=True):
            top = max(row)
            norm = top + math.log(sum(math.exp(x - top) for x in row))
            longer += [(total + x - norm, [*text, token]) for token, x in enumerate(row)]
        beams = heapq.nlargest(beam_width, longer)
    return torch.tensor([max(beams)[1]], device=ids.device)


def fixed_number_of_beams(model: Any, ids: Tensor, beam_width: int, max_new_tokens: int) -> Tensor:
    """All beams start alike; all but one start out of the race."""
    beams = ids.repeat(beam_width, 1)
    totals = torch.full((beam_width,), float("-inf"), device=ids.device)
    totals[0] = 0.0
    for _ in range(max_new_tokens):
        logits = model(beams).logits[:, -1]
        scores = totals[:, None] + logits - logits.logsumexp(-1, keepdim=True)
        totals, places = torch.topk(scores.reshape(-1), beam_width)
        parent = torch.div(places, scores.shape[-1], rounding_mode="floor")
        beams = torch.cat([beams[parent], (places - parent * scores.shape[-1]).unsqueeze(1)], dim=1)
    return beams[:1]


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (in_a_batch, in_lists, best_of_each_first, heap_of_lists, fixed_number_of_beams)
)
