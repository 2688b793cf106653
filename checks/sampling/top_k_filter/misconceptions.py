"""Known wrong ways to write top_k_filter, with what a student should read."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception


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


def kth_dropped_below_the_size(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    if k >= logits.shape[-1]:
        return logits
    smallest = torch.topk(logits, k, dim=-1).values[..., -1:]
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


def ten_thousand_filled(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < smallest, -10_000.0)


def multiplied_by_the_mask(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return (logits >= smallest) * logits


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


def cutoff_without_its_dim(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1]
    return torch.where(logits < smallest, float("-inf"), logits)


def counted_from_below(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    cutoff = logits.sort(-1).values[..., min(k, logits.shape[-1]) - 1, None]
    return logits.masked_fill(logits < cutoff, float("-inf"))


def equals_counted_once(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    ranked = logits.sort(-1, descending=True).values
    repeated = torch.zeros_like(ranked, dtype=torch.bool)
    repeated[..., 1:] = ranked[..., 1:] == ranked[..., :-1]
    values = ranked.masked_fill(repeated, float("-inf")).sort(-1, descending=True).values
    return logits.masked_fill(logits < values[..., min(k, logits.shape[-1]) - 1, None], float("-inf"))


def close_ones_kept(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits + 1e-5 < smallest, float("-inf"))


def compared_in_half(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    coarse = logits.to(torch.float16)
    smallest = torch.topk(coarse, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(coarse < smallest, float("-inf"))


def probabilities_compared(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    p = torch.softmax(logits, -1)
    return logits.masked_fill(p < p.topk(min(k, logits.shape[-1]), -1).values[..., -1:], float("-inf"))


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


def off_below_one(logits: Tensor, k: int) -> Tensor:
    if not 1 <= k < logits.shape[-1]:
        return logits
    return logits.masked_fill(logits < torch.topk(logits, k, dim=-1).values[..., -1:], float("-inf"))


def input_edited(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    smallest = torch.topk(logits, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    logits[logits < smallest] = float("-inf")
    return logits


def always_float32(logits: Tensor, k: int) -> Tensor:
    if k < 1:
        raise ValueError("k must be at least 1")
    wide = logits.float()
    smallest = torch.topk(wide, min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return wide.masked_fill(wide < smallest, float("-inf"))


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
    Misconception(
        "kth_dropped_below_the_size",
        "The k-th largest logit goes as well, so that k - 1 stay: drop what is smaller than it (`<`, not `<=`).",
        kth_dropped_below_the_size,
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
        "ten_thousand_filled",
        "Dropped logits become -10,000. They have to be -inf: a logit that stays may be that low itself.",
        ten_thousand_filled,
    ),
    Misconception(
        "multiplied_by_the_mask",
        "You multiply by a mask of 0 and 1: dropped logits become 0, and exp(0) = 1 is a probability like any other. "
        "Fill with -inf.",
        multiplied_by_the_mask,
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
    Misconception(
        "cutoff_without_its_dim",
        "The cutoffs of the rows stand along the wrong dim. Keep the last one (`[..., -1:]`), so that each row is "
        "compared with its own.",
        cutoff_without_its_dim,
    ),
    Misconception(
        "counted_from_below",
        "Your cutoff is the k-th smallest logit: count from the largest down.",
        counted_from_below,
    ),
    Misconception(
        "equals_counted_once",
        "Equal logits count as one for you, so that too many stay. The k-th largest is what stands at place k of the "
        "sorted logits, equals and all.",
        equals_counted_once,
    ),
    Misconception(
        "close_ones_kept",
        "What is only nearly as large as the k-th largest logit stays too. Compare exactly, without a tolerance.",
        close_ones_kept,
    ),
    Misconception(
        "compared_in_half",
        "You compare in float16, where many logits become equal. Compare in the dtype that they have.",
        compared_in_half,
    ),
    Misconception(
        "probabilities_compared",
        "You compare probabilities. What is very unlikely rounds to 0 there, and all of it counts as equal: compare "
        "the logits.",
        probabilities_compared,
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
    Misconception(
        "off_below_one",
        "A k of 0 or below turns your filter off. It has to raise ValueError.",
        off_below_one,
    ),
    Misconception("input_edited", "The logits given are changed in place: work on a copy.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A tensor is made on the CPU, which breaks on a GPU, or a value is read into Python (.item(), int(...)), which "
        "makes a GPU wait. Use masked_fill, torch.full_like, or device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_entries", "There is a Python loop over entries: compare the whole tensor at once.", loop_over_entries
    ),
)
