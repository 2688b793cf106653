"""Right ways to write the skip-gram loss with negative sampling: all of them must pass."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Variant


def textbook(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = (center * context).sum(-1)
    negative = (negatives * center.unsqueeze(1)).sum(-1)
    return -(F.logsigmoid(positive) + F.logsigmoid(-negative).sum(-1)).mean()


def by_softplus(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = torch.einsum("bd,bd->b", center, context)
    negative = torch.einsum("bd,bkd->bk", center, negatives)
    return F.softplus(-positive).mean() + F.softplus(negative).sum(1).mean()


def by_batched_products(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = torch.bmm(context.unsqueeze(1), center.unsqueeze(2)).squeeze(2)
    negative = torch.bmm(negatives, center.unsqueeze(2)).squeeze(2)
    signed = torch.cat([positive, -negative], dim=1)
    return -F.logsigmoid(signed).sum() / center.shape[0]


def by_logaddexp(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    signed = torch.cat([-context[:, None], negatives], dim=1) @ center[..., None]
    return torch.logaddexp(signed, torch.zeros_like(signed)).sum((1, 2)).mean()


def by_cross_entropy(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    positive = (center * context).sum(-1)
    negative = (negatives @ center.unsqueeze(-1)).squeeze(-1)
    pulled = F.binary_cross_entropy_with_logits(positive, torch.ones_like(positive))
    pushed = F.binary_cross_entropy_with_logits(negative, torch.zeros_like(negative))
    return pulled + negatives.shape[1] * pushed


def negative_after_negative(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    loss = -F.logsigmoid((center * context).sum(-1))
    for negative in negatives.unbind(dim=1):
        loss = loss - F.logsigmoid(-(center * negative).sum(-1))
    return loss.mean()


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, by_softplus, by_batched_products, by_logaddexp, by_cross_entropy, negative_after_negative,
    )
)  # fmt: skip  # one line a family reads better than one a name
