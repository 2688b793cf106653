"""The checks of `filtered_logits(logits, temperature, top_k)`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, unsorted, wrong

Arguments = dict[str, Any]


@given(
    about="Divided by the temperature; then all but the top_k largest are -inf.",
    without=("no loops", "detached"),
    large={"logits": 10_000},
)
def filtered_logits(draw: Draw, *batch: int) -> list[Arguments]:
    """Logits of both signs, whose k-th largest differs from row to row."""
    v = draw.size("v") + 6
    pairs = ((0.6, 3), (1.7, 5))
    return [{"logits": _apart(draw, *batch, 3, v), "temperature": t, "top_k": k} for t, k in pairs]


def _apart(draw: Draw, *shape: int) -> Tensor:
    """Numbers that no rounding brings together: a quarter lies between neighbours, in random order."""

    def make() -> Tensor:
        order = draw.normal(*shape).argsort(-1).float()
        return 0.25 * (order - shape[-1] // 2) + draw.integers(-2, 3, *shape[:-1], 1) * 0.125

    return draw.until(make, unsorted)


@case("One row of logits, and top_k of 1.", alone=True)
def few(draw: Draw) -> list[Arguments]:
    v = draw.size("v")
    return [{"logits": _apart(draw, *shape), "temperature": 1.4, "top_k": k} for shape, k in (((v,), 1), ((1, v), 3))]


@case("With top_k at the size of the vocabulary or above, everything stays.", alone=True)
def all_stay(draw: Draw) -> list[Arguments]:
    v = draw.size("v")
    return [{"logits": _apart(draw, 3, v), "temperature": 0.7, "top_k": k} for k in (v, v + 1, 50)]


@case("Logits that equal the k-th largest stay as well.", alone=True)
def ties(draw: Draw) -> list[Arguments]:
    rows = torch.tensor([[3.0, 2.0, 2.0, 2.0, -1.0, -2.0, -2.0], [1.0, 1.0, 1.0, 0.5, 0.5, -4.0, -6.0]])
    mixed = torch.stack([row[draw.permutation(7)] for row in rows])
    return [{"logits": mixed, "temperature": 0.5, "top_k": k} for k in (2, 3, 5)]


@case("What was dropped before stays dropped: -inf is the smallest.", alone=True)
def dropped_before(draw: Draw) -> Arguments:
    logits = _apart(draw, 3, 9)
    logits[:, draw.permutation(9)[:3]] = -math.inf
    return {"logits": logits, "temperature": 1.5, "top_k": 3}


def _cut(logits: Tensor, top_k: int) -> Tensor:
    kth = logits.topk(min(top_k, logits.shape[-1])).values[..., -1:]
    return logits.masked_fill(logits < kth, -math.inf)


@right
def cut_by_value(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return _cut(logits / temperature, top_k)


@right
def cut_first(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return _cut(logits, top_k) / temperature


@right
def sorted_first(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    warm = logits / temperature
    in_order = warm.sort(dim=-1, descending=True).values
    least = in_order[..., min(top_k, warm.shape[-1]) - 1].unsqueeze(-1)
    return torch.where(warm >= least, warm, -math.inf)


@right
def counted(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    larger = (logits.unsqueeze(-2) > logits.unsqueeze(-1)).sum(-1)
    return (logits / temperature).masked_fill(larger >= top_k, -math.inf)


@right
def by_kthvalue(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    place = max(logits.shape[-1] - top_k + 1, 1)
    least = logits.sort(-1).values.select(-1, place - 1).unsqueeze(-1)
    kept = (logits >= least).log().to(logits.dtype)  # 0 or -inf
    return logits / temperature + kept


@wrong("This is the loop as printed: top_k is set and never used.")
def as_printed(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return logits / temperature


@wrong("The temperature is not used.")
def no_temperature(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return _cut(logits, top_k)


@wrong("You multiply by the temperature. A high one makes the distribution flat: divide.")
def multiplied(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return _cut(logits * temperature, top_k)


@wrong("The dropped logits become 0, which leaves them a probability. They become -inf.")
def zeros(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    found = filtered(logits, temperature, top_k)
    return torch.where(found == -math.inf, torch.zeros_like(found), found)


def filtered(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return _cut(logits / temperature, top_k)


@wrong("Exactly top_k stay: of equal logits some are dropped. Compare with the k-th largest value.")
def ties_broken(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    warm = logits / temperature
    best = warm.topk(min(top_k, warm.shape[-1]), dim=-1)
    return torch.full_like(warm, -math.inf).scatter(-1, best.indices, best.values)


@wrong("The k-th largest itself is dropped: logits that equal it stay (use <, not <=).")
def kth_dropped(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    warm = logits / temperature
    kth = warm.topk(min(top_k, warm.shape[-1])).values[..., -1:]
    return warm.masked_fill(warm <= kth, -math.inf)


@wrong("A top_k above the size of the vocabulary breaks: take the smaller of the two.")
def too_many(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    warm = logits / temperature
    return warm.masked_fill(warm < warm.topk(top_k).values[..., -1:], -math.inf)


@wrong("The smallest are kept. topk takes the largest.")
def smallest(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return -_cut(-(logits / temperature), top_k)


@wrong("One limit for the whole tensor: each row has its own k-th largest.")
def one_limit(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    warm = logits / temperature
    kth = warm.topk(min(top_k, warm.shape[-1])).values.amin()
    return warm.masked_fill(warm < kth, -math.inf)


@wrong("You return the top_k values alone. The shape (..., V) stays.")
def values_only(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return (logits / temperature).topk(min(top_k, logits.shape[-1])).values


@wrong("You return probabilities. These are logits.")
def probabilities(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return filtered(logits, temperature, top_k).softmax(-1)


@wrong("The dropped logits become -1e4, and a large negative logit lies below it. They become -inf.")
def large_negative(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    return filtered(logits, temperature, top_k).clamp(min=-1e4)
