"""Right ways to answer an analogy: all of them must pass."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Variant


def filled_with_minus_infinity(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    if len(weight) - len({a, b, c}) < k:
        raise ValueError("too few words are left")
    units = F.normalize(weight, dim=-1)
    scores = units @ (units[b] - units[a] + units[c])
    scores[[a, b, c]] = float("-inf")
    return scores.topk(k).indices


def target_normalised(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    lengths = weight.square().sum(-1, keepdim=True).sqrt()
    units = weight / torch.where(lengths == 0, torch.ones_like(lengths), lengths)
    target = F.normalize(units[b] - units[a] + units[c], dim=0)
    ranked = [i for i in (units * target).sum(-1).argsort(descending=True).tolist() if i not in (a, b, c)]
    if len(ranked) < k:
        raise ValueError("too few words are left")
    return torch.tensor(ranked[:k], device=weight.device)


def by_cosine_similarity(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    target = sum(sign * weight[i] / weight[i].square().sum().sqrt() for i, sign in ((b, 1), (a, -1), (c, 1)))
    left = torch.tensor([i for i in range(weight.shape[0]) if i not in {a, b, c}], device=weight.device)
    if left.numel() < k:
        raise ValueError("too few words are left")
    return left[F.cosine_similarity(weight[left], torch.as_tensor(target), dim=-1).topk(k).indices]


def three_cosines(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    to_a, to_b, to_c = (F.cosine_similarity(weight, weight[i].unsqueeze(0)) for i in (a, b, c))
    keep = torch.ones(len(weight), dtype=torch.bool, device=weight.device)
    keep[[a, b, c]] = False
    if int(keep.sum()) < k:
        raise ValueError("too few words are left")
    scores = torch.where(keep, to_b - to_a + to_c, torch.full_like(to_a, -10.0))
    return scores.sort(descending=True).indices[:k]


def word_by_word(a: int, b: int, c: int, weight: Tensor, k: int = 1) -> Tensor:
    units = [row / max(float(row.square().sum().sqrt()), 1e-8) for row in weight]
    target = units[b] - units[a] + units[c]
    scores = {i: float(unit @ target) for i, unit in enumerate(units) if i not in (a, b, c)}
    if k > len(scores):
        raise ValueError("too few words are left")
    return torch.tensor(sorted(scores, key=lambda i: -scores[i])[:k], device=weight.device)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        filled_with_minus_infinity, target_normalised, by_cosine_similarity, three_cosines, word_by_word,
    )
)  # fmt: skip  # one line a family reads better than one a name
