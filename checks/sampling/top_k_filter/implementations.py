"""Ways to write top_k_filter: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


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

# ---- wrong ----------------------------------------------------------------------------------------------------


def exactly_k(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    best = torch.topk(logits, min(k, logits.shape[-1]), dim=-1)
    return torch.full_like(logits, float("-inf")).scatter(-1, best.indices, best.values)


def kth_dropped(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits <= smallest, float("-inf"))


def one_too_many(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k + 1, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def smallest_kept(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    cutoff = torch.topk(logits, min(k, logits.shape[-1]), dim=-1, largest=False).values[..., -1:]
    return logits.masked_fill(logits > cutoff, float("-inf"))


def zeros_filled(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, 0.0)


def a_billion_filled(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, -1e9)


def smallest_number_filled(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, torch.finfo(logits.dtype).min)


def one_cutoff_for_all(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits.reshape(-1), min(k, logits.numel())).values[-1]
    return logits.masked_fill(logits < smallest, float("-inf"))


def first_rows_cutoff(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1].reshape(-1)[0]
    return logits.masked_fill(logits < smallest, float("-inf"))


def first_axis(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[0]), dim=0).values[-1]
    return logits.masked_fill(logits < smallest, float("-inf"))


def only_the_k(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    return torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values


def probabilities(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return torch.softmax(logits.masked_fill(logits < smallest, float("-inf")), dim=-1)


def large_k_breaks(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def large_k_refused(logits: Tensor, k: int) -> Tensor:
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError("k must be between 1 and the size of the vocabulary")
    smallest = torch.topk(logits, k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def no_value_error(logits: Tensor, k: int) -> Tensor:
    smallest = torch.topk(logits, max(1, min(k, logits.shape[-1])), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def zero_turns_it_off(logits: Tensor, k: int) -> Tensor:
    if k < 0:
        raise ValueError("k must not be negative")
    if k == 0:
        return logits
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, float("-inf"))


def input_edited(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    logits[logits < smallest] = float("-inf")
    return logits


def always_float32(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.float().masked_fill(logits < smallest, float("-inf"))


def made_on_the_cpu(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    best = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values
    return torch.where(logits < best[..., -1:], torch.full(logits.shape, float("-inf"), dtype=logits.dtype), logits)


def loop_over_entries(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    kept = torch.full_like(logits, float("-inf"))
    cutoff = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    for i in range(logits.shape[-1]):
        kept[..., i] = logits[..., i].masked_fill(logits[..., i] < cutoff[..., 0], float("-inf"))
    return kept


MISCONCEPTIONS = (
    Misconception(
        "exactly_k",
        "Where several logits equal the k-th largest, you keep only some of them. Compare with the k-th largest value "
        "instead of picking k places: what is smaller goes, ties stay.",
        exactly_k,
    ),
    Misconception(
        "kth_dropped",
        "The k-th largest logit itself is dropped: only what is smaller than it goes (`<`, not `<=`).",
        kth_dropped,
    ),
    Misconception("one_too_many", "You keep k + 1 logits: the cutoff is one rank too low.", one_too_many),
    Misconception("smallest_kept", "You keep the k smallest logits and drop the largest.", smallest_kept),
    Misconception(
        "zeros_filled",
        "Dropped logits become 0, and exp(0) = 1 is a probability like any other. Fill with -inf.",
        zeros_filled,
    ),
    Misconception(
        "a_billion_filled",
        "Dropped logits become -1e9. They have to be -inf; -1e9 does not even fit in float16.",
        a_billion_filled,
    ),
    Misconception(
        "smallest_number_filled",
        "Dropped logits become the most negative number of the dtype. They have to be -inf, so that later steps see "
        "that they were dropped.",
        smallest_number_filled,
    ),
    Misconception(
        "one_cutoff_for_all",
        "You look for the k largest of the whole batch. Each row has its own k-th largest logit: take it along the "
        "last dim.",
        one_cutoff_for_all,
    ),
    Misconception(
        "first_rows_cutoff",
        "The first row's cutoff is used for all rows. Keep the last dim (`[..., -1:]`) so that it broadcasts.",
        first_rows_cutoff,
    ),
    Misconception("first_axis", "You rank along the first dim: tokens stand along the last.", first_axis),
    Misconception(
        "only_the_k",
        "You return just the k largest values. The shape has to stay, since the place of a logit is its token.",
        only_the_k,
    ),
    Misconception(
        "probabilities", "You return probabilities. Logits are asked, with -inf for what goes.", probabilities
    ),
    Misconception(
        "large_k_breaks",
        "torch.topk breaks when k exceeds the size of the vocabulary: use min(k, V). Everything stays then.",
        large_k_breaks,
    ),
    Misconception(
        "large_k_refused",
        "A k above the size of the vocabulary is refused. It simply keeps everything.",
        large_k_refused,
    ),
    Misconception("no_value_error", "A k of 0 or below is not refused: raise ValueError.", no_value_error),
    Misconception(
        "zero_turns_it_off",
        "k = 0 returns everything. It has to raise ValueError, as every k below 1.",
        zero_turns_it_off,
    ),
    Misconception("input_edited", "The logits given are changed in place: work on a copy.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: this breaks on a GPU. Use masked_fill, torch.full_like, or "
        "device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_entries", "There is a Python loop over entries: compare the whole tensor at once.", loop_over_entries
    ),
)
