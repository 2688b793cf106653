"""Ways to write cross_entropy: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def flat_built_in(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))


def gathered(logits: Tensor, targets: Tensor) -> Tensor:
    log_probabilities = torch.log_softmax(logits, dim=-1)
    return -log_probabilities.gather(-1, targets.unsqueeze(-1)).mean()


def by_logsumexp(logits: Tensor, targets: Tensor) -> Tensor:
    chosen = torch.take_along_dim(logits, targets[..., None], dim=-1)[..., 0]
    return (torch.logsumexp(logits, dim=-1) - chosen).mean()


def by_one_hot(logits: Tensor, targets: Tensor) -> Tensor:
    hot = (torch.arange(logits.shape[-1], device=logits.device) == targets[..., None]).to(logits.dtype)
    return -(hot * F.log_softmax(logits, dim=-1)).sum() / max(targets.numel(), 1)


def by_hand(logits: Tensor, targets: Tensor) -> Tensor:
    rows, wanted = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    centered = rows - rows.max(dim=-1, keepdim=True).values
    losses = centered.exp().sum(-1).log() - centered[torch.arange(len(wanted), device=rows.device), wanted]
    return losses.sum() / len(wanted)


def by_nll_loss(logits: Tensor, targets: Tensor) -> Tensor:
    log_probabilities = logits - logits.logsumexp(-1, keepdim=True)
    return F.nll_loss(
        log_probabilities.flatten(0, -2) if logits.dim() > 1 else log_probabilities[None], targets.reshape(-1)
    )


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (flat_built_in, gathered, by_logsumexp, by_one_hot, by_hand, by_nll_loss)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def losses(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of each target (...), for mistakes that come after it."""
    return -torch.log_softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)


def summed(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).sum()


def per_target(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets)


def mean_over_vocabulary(logits: Tensor, targets: Tensor) -> Tensor:
    hot = torch.arange(logits.shape[-1], device=logits.device) == targets[..., None]
    return -(hot * torch.log_softmax(logits, dim=-1)).mean()


def sign_lost(logits: Tensor, targets: Tensor) -> Tensor:
    return -losses(logits, targets).mean()


def base_two(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).mean() / math.log(2)


def exponentiated(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).mean().exp()


def softmax_twice(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(torch.softmax(logits, dim=-1), targets).mean()


def no_logarithm(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1)).mean()


def no_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    return -logits.gather(-1, targets.unsqueeze(-1)).mean()


def log_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(torch.softmax(logits, dim=-1)).gather(-1, targets.unsqueeze(-1)).mean()


def log_of_the_sum_of_exp(logits: Tensor, targets: Tensor) -> Tensor:
    return (torch.log(torch.exp(logits).sum(-1)) - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


def epsilon_in_the_logarithm(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(torch.softmax(logits, dim=-1) + 1e-12).gather(-1, targets.unsqueeze(-1)).mean()


def probability_of(logits: Tensor, targets: Tensor) -> Tensor:
    return torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1))


def log_of_the_probability(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(probability_of(logits, targets)).mean()


def a_billionth_added(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(probability_of(logits, targets) + 1e-9).mean()


def clipped_at_1e_12(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(probability_of(logits, targets).clamp(min=1e-12)).mean()


def clipped_at_1e_30(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(probability_of(logits, targets).clamp(min=1e-30)).mean()


def clipped_at_the_smallest(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log(probability_of(logits, targets).clamp(min=torch.finfo(logits.dtype).tiny)).mean()


def losses_capped(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).clamp(max=100.0).mean()


def largest_of_all(logits: Tensor, targets: Tensor) -> Tensor:
    centered = logits - logits.max()
    return (centered.exp().sum(-1).log() - centered.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


def largest_is_the_target(logits: Tensor, targets: Tensor) -> Tensor:
    return torch.log(torch.exp(logits - logits.gather(-1, targets.unsqueeze(-1))).sum(-1)).mean()


def over_the_first_dim(logits: Tensor, targets: Tensor) -> Tensor:
    return -torch.log_softmax(logits, dim=0).gather(-1, targets.unsqueeze(-1)).mean()


def first_token_ignored(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=0)


def last_token_ignored(logits: Tensor, targets: Tensor) -> Tensor:
    last = logits.shape[-1] - 1
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=last)


def shifted(logits: Tensor, targets: Tensor) -> Tensor:
    if targets.dim() == 0:
        return losses(logits, targets).mean()
    return losses(logits[..., :-1, :], targets[..., 1:]).mean()


def two_batch_dims(logits: Tensor, targets: Tensor) -> Tensor:
    if logits.dim() not in (2, 3):
        raise ValueError("not enough values to unpack")  # as B, T, V = logits.shape does
    return losses(logits, targets).mean()


def every_pair(logits: Tensor, targets: Tensor) -> Tensor:
    return -F.log_softmax(logits, dim=-1)[..., targets].mean()


def not_flattened(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets)


def one_index_for_rows(logits: Tensor, targets: Tensor) -> Tensor:
    log_probabilities = F.log_softmax(logits, dim=-1)
    return -log_probabilities[torch.arange(len(logits), device=logits.device), targets].mean()


def divided_by_the_first_dim(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).sum() / (len(targets) if targets.dim() else 1)


def smoothed(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), label_smoothing=0.1)


def always_float32(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits.float(), targets).mean()


def python_float(logits: Tensor, targets: Tensor) -> float:
    return losses(logits, targets).mean().item()


def one_entry(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).mean().reshape(1)


def detached(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits.detach(), targets).mean()


def denominator_detached(logits: Tensor, targets: Tensor) -> Tensor:
    with torch.no_grad():
        log_sums = torch.logsumexp(logits, dim=-1)
    return (log_sums - logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)).mean()


def subtracted_in_place(logits: Tensor, targets: Tensor) -> Tensor:
    logits -= logits.amax(dim=-1, keepdim=True)
    return losses(logits, targets).mean()


def input_edited(logits: Tensor, targets: Tensor) -> Tensor:
    out = losses(logits, targets).mean()
    logits.detach().sub_(logits.detach().amax(-1, keepdim=True))
    return out


def loop_over_targets(logits: Tensor, targets: Tensor) -> Tensor:
    rows, wanted = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    return torch.stack([losses(rows[i : i + 1], wanted[i : i + 1]) for i in range(len(wanted))]).mean()


def read_into_python(logits: Tensor, targets: Tensor) -> Tensor:
    return losses(logits, targets).mean() + 0 * int(targets.max())


def loop_over_values(logits: Tensor, targets: Tensor) -> Tensor:
    rows = F.log_softmax(logits.reshape(-1, logits.shape[-1]), dim=-1)
    return -torch.stack([rows[i, token] for i, token in enumerate(targets.reshape(-1).tolist())]).mean()


ADDED = "A small number is added inside the logarithm, so large losses come out too small: log_softmax needs none."
CLIPPED = "Probabilities are clipped before the logarithm, so large losses come out too small: use log_softmax."

TEXTS = {
    summed: "This is the sum of the losses: take their mean.",
    per_target: "This is the loss of each target: take the mean of them all.",
    mean_over_vocabulary: "The mean also runs over the vocabulary: divide by the number of targets.",
    sign_lost: "The sign is wrong: the loss is minus the log-probability of the target.",
    base_two: "The logarithm has base 2: take the natural one.",
    exponentiated: "This is the exponential of the loss, the perplexity.",
    softmax_twice: "The logits go through softmax before a log_softmax (or F.cross_entropy), which does that itself.",
    no_logarithm: "This is minus the mean probability of the targets: the logarithm is missing.",
    no_softmax: "This is minus the mean logit of the targets: the softmax is missing.",
    log_of_softmax: "log is taken of softmax, which is 0 for logits far below the largest: log_softmax does both at "
    "once, and stays finite.",
    log_of_the_probability: "log is taken of a probability, which is 0 for logits far below the largest: log_softmax "
    "does both at once, and stays finite.",
    log_of_the_sum_of_exp: "exp is taken of the logits themselves and overflows: torch.logsumexp or log_softmax "
    "subtract the largest first.",
    epsilon_in_the_logarithm: ADDED,
    a_billionth_added: ADDED,
    clipped_at_1e_12: CLIPPED,
    clipped_at_1e_30: CLIPPED,
    clipped_at_the_smallest: CLIPPED,
    losses_capped: "Each loss is capped (clamp, min): a loss of hundreds is rare, and true.",
    largest_of_all: "The largest logit of the whole tensor is subtracted: in rows far below it exp is 0, and its "
    "logarithm infinite. Take the largest of each row, or log_softmax.",
    largest_is_the_target: "The target's logit is subtracted before exp, which overflows where another is much larger: "
    "subtract the largest, or use log_softmax.",
    every_pair: "Indexing with [..., targets] takes every target from every row: each row has one target, and gather "
    "picks it.",
    not_flattened: "F.cross_entropy takes dim 1 for the vocabulary: flatten (..., V) to (N, V) first.",
    one_index_for_rows: "The rows are counted along one dimension only: flatten to (N, V) first, or use gather.",
    divided_by_the_first_dim: "The sum is divided by the size of the first dimension: divide by the number of all "
    "targets.",
    over_the_first_dim: "The softmax runs over the first dimension: the vocabulary is the last one.",
    first_token_ignored: "Targets equal to 0 are left out: token 0 is a token like any other.",
    last_token_ignored: "Targets equal to the last token are left out: it is a token like any other.",
    shifted: "logits and targets are shifted against each other. Here they already belong together: the shift is made "
    "where a text predicts itself, in perplexity.",
    two_batch_dims: "Only (N, V) and (B, T, V) are taken: there may be any number of batch dimensions, also none.",
    smoothed: "The targets are smoothed (label_smoothing): all the weight belongs to the target.",
    always_float32: "The result is always float32: keep the dtype of the logits.",
    python_float: "You return a Python number: return the 0-dim tensor, without .item().",
    one_entry: "The result has shape (1,): a scalar is a tensor with no dimension, shape ().",
    detached: "No gradient reaches the logits: the result is cut from the graph (no_grad, detach, .data).",
    denominator_detached: "The gradient flows through the target's logit alone: log sum exp of all logits must not be "
    "cut from the graph (no_grad, detach).",
    subtracted_in_place: "The logits themselves are changed by an in-place operation such as `-=`.",
    input_edited: "The logits themselves are changed by an in-place operation such as `-=`.",
    loop_over_targets: "There is a Python loop over targets: gather, or an index of two tensors, picks them all.",
    loop_over_values: "The targets are read into Python and looped over: gather picks all of them at once, on "
    "any device.",
    read_into_python: "A value is read into Python (.item(), int(), a loop over entries), or a new tensor is made on "
    "the CPU: this breaks on a GPU or waits for it.",
}

ON_META = {
    read_into_python: "RuntimeError",
    python_float: "RuntimeError",
    one_index_for_rows: "RuntimeError",
    loop_over_values: "NotImplementedError",
}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
