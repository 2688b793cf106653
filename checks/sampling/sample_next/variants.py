"""Right ways to write sample_next."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from autograder.checks import Variant


def by_multinomial(logits: Tensor, generator: Generator | None = None) -> Tensor:
    return torch.multinomial(torch.softmax(logits, dim=-1), 1, generator=generator).squeeze(-1)


def by_running_sum(logits: Tensor, generator: Generator | None = None) -> Tensor:
    sums = torch.softmax(logits, -1).cumsum(-1)
    uniform = torch.rand(logits.shape[0], 1, generator=generator, device=logits.device)
    return (sums <= uniform * sums[:, -1:]).sum(-1)


def by_searchsorted(logits: Tensor, generator: Generator | None = None) -> Tensor:
    sums = torch.softmax(logits.double(), -1).cumsum(-1)
    uniform = torch.rand(len(logits), 1, generator=generator, dtype=torch.float64, device=logits.device)
    return torch.searchsorted(sums, uniform * sums[:, -1:], right=True).squeeze(-1)


def by_gumbel_noise(logits: Tensor, generator: Generator | None = None) -> Tensor:
    uniform = torch.rand(logits.shape, generator=generator, dtype=torch.float64, device=logits.device)
    return (logits - torch.log(-torch.log(uniform))).argmax(-1)


def by_exponential_race(logits: Tensor, generator: Generator | None = None) -> Tensor:
    clocks = torch.empty_like(logits).exponential_(generator=generator)
    return (torch.softmax(logits, -1) / clocks).argmax(dim=-1)


def by_rejection(logits: Tensor, generator: Generator | None = None) -> Tensor:
    """Tokens proposed at random, taken with probability exp(logit - largest)."""
    accept = torch.exp(logits - logits.amax(-1, keepdim=True))
    rows, size = logits.shape
    out = torch.full((rows,), -1, dtype=torch.long, device=logits.device)
    open_rows = torch.arange(rows, device=logits.device)
    while len(open_rows):
        token = torch.randint(size, (len(open_rows),), generator=generator, device=logits.device)
        uniform = torch.rand(len(open_rows), generator=generator, device=logits.device)
        taken = uniform < accept[open_rows, token]
        out[open_rows[taken]] = token[taken]
        open_rows = open_rows[~taken]
    return out


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        by_multinomial, by_running_sum, by_searchsorted, by_gumbel_noise, by_exponential_race, by_rejection,
    )
)  # fmt: skip  # one line a family reads better than one a name
