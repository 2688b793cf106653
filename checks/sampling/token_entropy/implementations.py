"""Ways to write token_entropy: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def masked(logits: Tensor) -> Tensor:
    p, log_p = torch.softmax(logits, -1), torch.log_softmax(logits, -1)
    return -torch.where(p > 0, p * log_p, torch.zeros_like(p)).sum(-1)


def by_xlogy(logits: Tensor) -> Tensor:
    p = logits.softmax(-1)
    return -torch.xlogy(p, p).sum(-1)


def by_entr(logits: Tensor) -> Tensor:
    terms: Tensor = torch.special.entr(torch.softmax(logits, dim=-1))
    return terms.sum(dim=-1)


def by_clamped_logarithm(logits: Tensor) -> Tensor:
    log_p = F.log_softmax(logits, dim=-1)
    return -(log_p.exp() * log_p.clamp(min=torch.finfo(logits.dtype).min)).sum(-1)


def by_nan_to_num(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.nan_to_num(p * torch.log(p), nan=0.0).sum(-1)


def by_log_of_the_sum(logits: Tensor) -> Tensor:
    shifted = logits - logits.amax(-1, keepdim=True)
    finite = shifted.masked_fill(shifted == float("-inf"), 0.0)
    return torch.logsumexp(shifted, -1) - (torch.softmax(shifted, -1) * finite).sum(-1)


def by_cross_entropy_with_itself(logits: Tensor) -> Tensor:
    flat = logits.reshape(-1, logits.shape[-1])
    finite = flat.clamp(min=torch.finfo(flat.dtype).min / 4)
    return F.cross_entropy(finite, flat.softmax(-1), reduction="none").reshape(logits.shape[:-1])


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        masked, by_xlogy, by_entr, by_clamped_logarithm, by_nan_to_num, by_log_of_the_sum,
        by_cross_entropy_with_itself,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def in_bits(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum(-1) / math.log(2)


def nan_beside_zero(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -(p * torch.log(p)).sum(-1)


def log_softmax_times_zero(logits: Tensor) -> Tensor:
    return -(torch.softmax(logits, -1) * torch.log_softmax(logits, -1)).sum(-1)


def summed_over_the_batch(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum()


def averaged_over_the_batch(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum(-1).mean()


def averaged_over_tokens(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).mean(-1)


def no_minus(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return torch.xlogy(p, p).sum(-1)


def no_softmax(logits: Tensor) -> Tensor:
    return -torch.xlogy(logits, logits.abs()).nan_to_num().sum(-1)


def first_axis(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, 0)
    return -torch.xlogy(p, p).sum(0)


def epsilon_in_the_logarithm(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -(p * torch.log(p + 1e-9)).sum(-1)


def perplexity_instead(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return torch.exp(-torch.xlogy(p, p).sum(-1))


def relative_to_the_largest(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum(-1) / math.log(logits.shape[-1])


def surprise_of_the_best(logits: Tensor) -> Tensor:
    return -torch.log_softmax(logits, -1).amax(-1)


def dimension_kept(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum(-1, keepdim=True)


def overflows(logits: Tensor) -> Tensor:
    powers = torch.exp(logits)
    p = powers / powers.sum(-1, keepdim=True)
    return -torch.xlogy(p, p).sum(-1)


def input_edited(logits: Tensor) -> Tensor:
    logits -= logits.amax(-1, keepdim=True)
    p = torch.softmax(logits, -1)
    return -torch.xlogy(p, p).sum(-1)


def always_float32(logits: Tensor) -> Tensor:
    p = torch.softmax(logits.float(), -1)
    return -torch.xlogy(p, p).sum(-1)


def made_on_the_cpu(logits: Tensor) -> Tensor:
    p, log_p = torch.softmax(logits, -1), torch.log_softmax(logits, -1)
    return -torch.where(p > 0, p * log_p, torch.zeros(p.shape, dtype=p.dtype)).sum(-1)


def taken_for_probabilities(logits: Tensor) -> Tensor:
    shares = (logits.sum(-1, keepdim=True) - 1.0).abs() < 1e-5
    positive = (logits >= 0).all(-1, keepdim=True)
    p = torch.where(shares & positive, logits, torch.softmax(logits, -1))
    return torch.special.entr(p).sum(-1)


def through_half(logits: Tensor) -> Tensor:
    p = torch.softmax(logits.to(torch.float16), -1)
    return torch.special.entr(p).sum(-1).to(logits.dtype)


def fifty_below_zero(logits: Tensor) -> Tensor:
    log_p = torch.log_softmax(torch.where(logits.isinf(), torch.full_like(logits, -50.0), logits), -1)
    return -torch.sum(log_p.exp() * log_p, -1)


def plain_number(logits: Tensor) -> Tensor | float:
    p = torch.softmax(logits, -1)
    entropy = -torch.xlogy(p, p).sum(-1)
    return entropy.item() if entropy.dim() == 0 else entropy


def loop_over_entries(logits: Tensor) -> Tensor:
    p = torch.softmax(logits, -1)
    return torch.stack([-torch.xlogy(p[..., i], p[..., i]) for i in range(p.shape[-1])]).sum(0)


MISCONCEPTIONS = (
    Misconception("in_bits", "Your entropy is in bits. Nats are asked: the natural logarithm.", in_bits),
    Misconception(
        "nan_beside_zero",
        "A probability of 0 gives 0 log 0 = NaN in your sum. That term counts as 0: torch.xlogy or torch.where see to "
        "it.",
        nan_beside_zero,
    ),
    Misconception(
        "log_softmax_times_zero",
        "log_softmax helps with very small probabilities, but at -inf your sum still has 0 times -inf = NaN. Such a "
        "term counts as 0.",
        log_softmax_times_zero,
    ),
    Misconception("summed_over_the_batch", "You sum over all rows: sum over the last dim only.", summed_over_the_batch),
    Misconception(
        "averaged_over_the_batch",
        "You return one number, the mean over all rows. Each row has an entropy of its own.",
        averaged_over_the_batch,
    ),
    Misconception(
        "averaged_over_tokens",
        "You take the mean over tokens where a sum belongs: p is the weight already.",
        averaged_over_tokens,
    ),
    Misconception("no_minus", "Your entropy has the wrong sign: it is minus the sum of p log p.", no_minus),
    Misconception(
        "no_softmax", "You take x log x of the logits themselves. They become probabilities by a softmax.", no_softmax
    ),
    Misconception("first_axis", "You work along the first dim: tokens stand along the last.", first_axis),
    Misconception(
        "epsilon_in_the_logarithm",
        "A small number is added inside the logarithm. That keeps log 0 away but makes every value a little wrong; "
        "0 log 0 = 0 can be had exactly.",
        epsilon_in_the_logarithm,
    ),
    Misconception("perplexity_instead", "You return exp of the entropy: that is the perplexity.", perplexity_instead),
    Misconception(
        "relative_to_the_largest",
        "Your entropy is divided by ln V, its largest value. The entropy itself is asked.",
        relative_to_the_largest,
    ),
    Misconception(
        "surprise_of_the_best",
        "You return -log p of the most likely token. The entropy is the mean of -log p over all tokens.",
        surprise_of_the_best,
    ),
    Misconception("dimension_kept", "The last dim is kept with size 1: sum without keepdim.", dimension_kept),
    Misconception(
        "overflows",
        "exp of large logits overflows. torch.softmax avoids that by subtracting the largest first.",
        overflows,
    ),
    Misconception("input_edited", "The logits given are changed by an in-place operation such as `-=`.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: this breaks on a GPU. Make it with torch.zeros_like(p), or with "
        "device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "taken_for_probabilities",
        "Numbers that sum to 1 are taken for probabilities. The input is always logits: take the softmax in any case.",
        taken_for_probabilities,
    ),
    Misconception(
        "through_half",
        "You compute in float16, which has three digits and nothing above 65,504. Stay in the dtype of the logits.",
        through_half,
    ),
    Misconception(
        "fifty_below_zero",
        "-inf is replaced by a number such as -50. Where the other logits are lower still, the tokens that were "
        "filtered out get all the weight. Leave -inf, and see to 0 log 0 instead.",
        fifty_below_zero,
    ),
    Misconception(
        "plain_number",
        "For a single row you return a Python number. A 0-dim tensor is asked: leave out .item().",
        plain_number,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_entries", "There is a Python loop over tokens: sum over the last dim instead.", loop_over_entries
    ),
)
