"""Ways to write perplexity: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Implementation, Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def flat_built_in(logits: Tensor, ids: Tensor) -> Tensor:
    shifted = logits[:, :-1].reshape(-1, logits.shape[-1])
    return torch.exp(F.cross_entropy(shifted, ids[:, 1:].reshape(-1)))


def gathered(logits: Tensor, ids: Tensor) -> Tensor:
    log_probabilities = torch.log_softmax(logits[:, :-1], dim=-1)
    return torch.exp(-log_probabilities.gather(-1, ids[:, 1:].unsqueeze(-1)).mean())


def classes_second(logits: Tensor, ids: Tensor) -> Tensor:
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="sum").div(ids[:, 1:].numel()).exp()


def power_of_two(logits: Tensor, ids: Tensor) -> Tensor:
    targets = ids.narrow(1, 1, ids.shape[1] - 1)
    log_sums = logits[:, :-1].logsumexp(-1)
    chosen = torch.take_along_dim(logits[:, :-1], targets[..., None], dim=-1).squeeze(-1)
    return torch.exp2((log_sums - chosen).mean() / math.log(2))


def mean_of_means(logits: Tensor, ids: Tensor) -> Tensor:
    hot = (torch.arange(logits.shape[-1], device=ids.device) == ids[:, 1:, None]).to(logits.dtype)
    losses = -(hot * F.log_softmax(logits, dim=-1)[:, :-1]).sum(-1)
    return losses.mean(dim=1).mean(dim=0).exp()


def sequence_by_sequence_power(logits: Tensor, ids: Tensor) -> Tensor:
    per_sequence = -torch.log_softmax(logits[:, :-1], -1).gather(-1, ids[:, 1:, None]).squeeze(-1).sum(1)
    return torch.pow(math.e, per_sequence.sum() / (ids.shape[0] * (ids.shape[1] - 1)))


def loop_over_sequences(logits: Tensor, ids: Tensor) -> Tensor:
    total = logits.new_zeros(())
    for b in range(ids.shape[0]):
        total = total + F.cross_entropy(logits[b, :-1], ids[b, 1:], reduction="sum")
    return torch.exp(total / (ids.shape[0] * (ids.shape[1] - 1)))


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        flat_built_in, gathered, classes_second, power_of_two, mean_of_means, sequence_by_sequence_power,
        loop_over_sequences,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def losses(logits: Tensor, ids: Tensor) -> Tensor:
    """The loss of each predicted token (B, T - 1), for mistakes that come after it."""
    return -torch.log_softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:, None]).squeeze(-1)


def not_shifted(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log_softmax(logits, dim=-1).gather(-1, ids[..., None]).mean())


def shifted_backwards(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log_softmax(logits[:, 1:], dim=-1).gather(-1, ids[:, :-1, None]).mean())


def both_cut_at_the_end(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log_softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, :-1, None]).mean())


def both_cut_at_the_start(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log_softmax(logits[:, 1:], dim=-1).gather(-1, ids[:, 1:, None]).mean())


def rolled(logits: Tensor, ids: Tensor) -> Tensor:
    targets = ids.roll(-1, dims=1)
    return torch.exp(-torch.log_softmax(logits, dim=-1).gather(-1, targets[..., None]).mean())


def shifted_along_the_batch(logits: Tensor, ids: Tensor) -> Tensor:
    flat, targets = logits.reshape(-1, logits.shape[-1])[:-1], ids.reshape(-1)[1:]
    return torch.exp(F.cross_entropy(flat, targets))


def no_exponential(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).mean()


def two_to_the_nats(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp2(losses(logits, ids).mean())


def of_the_sum(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).sum().exp()


def divided_by_length(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(losses(logits, ids).sum() / ids.numel())


def per_sequence(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).mean(-1).exp()


def mean_of_perplexities(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).mean(-1).exp().mean()


def mean_of_exponentials(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).exp().mean()


def sums_over_batch(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(losses(logits, ids).sum(-1).mean())


def upside_down(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-losses(logits, ids).mean())


def of_the_mean_probability(logits: Tensor, ids: Tensor) -> Tensor:
    return 1 / losses(logits, ids).neg().exp().mean()


def softmax_twice(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(torch.softmax(logits, dim=-1), ids).mean().exp()


def product_of_probabilities(logits: Tensor, ids: Tensor) -> Tensor:
    chosen = torch.softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:, None])
    return chosen.prod() ** (-1 / chosen.numel())


def probability_of(logits: Tensor, ids: Tensor) -> Tensor:
    """The probability of each predicted token (B, T - 1), which is 0 where it underflows."""
    return torch.softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:, None]).squeeze(-1)


def log_of_softmax(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log(probability_of(logits, ids)).mean())


def clipped_at_1e_8(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log(probability_of(logits, ids).clamp(min=1e-8)).mean())


def clipped_at_1e_12(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log(probability_of(logits, ids).clamp(min=1e-12)).mean())


def epsilon_in_the_logarithm(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(-torch.log(probability_of(logits, ids) + 1e-9).mean())


def losses_capped(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).clamp(max=100).mean().exp()


def exp_of_large_logits(logits: Tensor, ids: Tensor) -> Tensor:
    powers = torch.exp(logits[:, :-1])
    chosen = (powers / powers.sum(-1, keepdim=True)).gather(-1, ids[:, 1:, None])
    return torch.exp(-torch.log(chosen).mean())


def loss_capped(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits, ids).mean().clamp(max=20).exp()


def entropy_instead(logits: Tensor, ids: Tensor) -> Tensor:
    log_probabilities = torch.log_softmax(logits[:, :-1], dim=-1)
    return torch.exp(-(log_probabilities.exp() * log_probabilities).sum(-1).mean())


def first_token_ignored(logits: Tensor, ids: Tensor) -> Tensor:
    flat = logits[:, :-1].reshape(-1, logits.shape[-1])
    return torch.exp(F.cross_entropy(flat, ids[:, 1:].reshape(-1), ignore_index=0))


def last_token_ignored(logits: Tensor, ids: Tensor) -> Tensor:
    flat = logits[:, :-1].reshape(-1, logits.shape[-1])
    return torch.exp(F.cross_entropy(flat, ids[:, 1:].reshape(-1), ignore_index=logits.shape[-1] - 1))


def last_token_only(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(losses(logits, ids)[:, -1].mean())


def two_tokens_refused(logits: Tensor, ids: Tensor) -> Tensor:
    if ids.shape[1] < 3:
        raise ValueError("perplexity needs at least three tokens")
    return losses(logits, ids).mean().exp()


def over_the_positions(logits: Tensor, ids: Tensor) -> Tensor:
    chosen = torch.log_softmax(logits[:, :-1], dim=1).gather(-1, ids[:, 1:, None])
    return torch.exp(-chosen.mean())


def not_flattened(logits: Tensor, ids: Tensor) -> Tensor:
    return torch.exp(F.cross_entropy(logits[:, :-1], ids[:, 1:]))


def first_sequence(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits[:1], ids[:1]).mean().exp()


def always_float32(logits: Tensor, ids: Tensor) -> Tensor:
    return losses(logits.float(), ids).mean().exp()


def python_float(logits: Tensor, ids: Tensor) -> float:
    return math.exp(losses(logits, ids).mean().item())


def input_edited(logits: Tensor, ids: Tensor) -> Tensor:
    out = losses(logits, ids).mean().exp()
    logits -= logits.amax(-1, keepdim=True)
    return out


def loop_over_positions(logits: Tensor, ids: Tensor) -> Tensor:
    each = [losses(logits[:, t : t + 2], ids[:, t : t + 2]) for t in range(ids.shape[1] - 1)]
    return torch.cat(each, dim=1).mean().exp()


CLIPPED = "Probabilities are clipped before the logarithm, so large losses come out too small: use log_softmax."

TEXTS: dict[Implementation, str] = {
    not_shifted: "Nothing is shifted: the logits at position t predict the token at t + 1.",
    shifted_backwards: "The shift goes the wrong way: the logits at position t predict the token at t + 1.",
    both_cut_at_the_end: "logits and ids both lose their last position, so nothing is shifted: use ids[:, 1:].",
    both_cut_at_the_start: "logits and ids both lose their first position, so nothing is shifted: use logits[:, :-1].",
    rolled: "ids are rolled, so the last position must predict the first token: leave that position out.",
    shifted_along_the_batch: "The shift is made after flattening, so the end of one sequence predicts the start of "
    "the next: shift along dim 1 first.",
    no_exponential: "This is the mean loss: perplexity is its exponential.",
    two_to_the_nats: "2 is raised to a loss in nats: take exp, or a logarithm of base 2 in the loss.",
    of_the_sum: "The losses are summed before exp: take their mean.",
    divided_by_length: "The sum of the losses is divided by T: only T - 1 tokens of each sequence are predicted.",
    per_sequence: "This is one perplexity for each sequence: take the mean loss over all of them, then exp.",
    mean_of_perplexities: "This is the mean of each sequence's perplexity: take the mean of the losses first.",
    mean_of_exponentials: "exp is taken of each loss, and then the mean: it is the other way round.",
    sums_over_batch: "The losses are summed along each sequence: take the mean over all tokens.",
    upside_down: "The sign is wrong: this is 1 / perplexity.",
    of_the_mean_probability: "This is 1 over the mean probability: average the losses, the negative logarithms.",
    softmax_twice: "The logits go through softmax before a log_softmax (or F.cross_entropy), which does that itself.",
    product_of_probabilities: "The probabilities are multiplied, or exp is taken of the sum of all losses, and of "
    "many tokens that is 0 or infinite in floating point: take the mean of the losses first, and exp last.",
    log_of_softmax: "log is taken of softmax, which is 0 for a token that is very unlikely: log_softmax does both at "
    "once, and stays finite.",
    clipped_at_1e_8: CLIPPED,
    clipped_at_1e_12: CLIPPED,
    epsilon_in_the_logarithm: "A small number is added inside the logarithm, so large losses come out too small: "
    "log_softmax needs none.",
    losses_capped: "Each loss is capped (clamp, min): leave it as it is, however large.",
    exp_of_large_logits: "exp is taken of the logits themselves and overflows: log_softmax subtracts the largest "
    "first.",
    loss_capped: "The mean loss is capped before exp, by clamp or min: leave it as it is, however large.",
    entropy_instead: "This is exp of the entropy of the predictions: the ids that did follow are not used.",
    first_token_ignored: "Tokens equal to 0 are left out: token 0 is a token like any other.",
    last_token_ignored: "Tokens equal to the last one are left out: it is a token like any other.",
    last_token_only: "Only the last token of each sequence is scored: every token but the first is predicted.",
    two_tokens_refused: "Two tokens are enough: the second is predicted from the first.",
    over_the_positions: "The softmax runs over the positions (dim=1): the vocabulary is the last dimension.",
    not_flattened: "F.cross_entropy takes dim 1 for the vocabulary: flatten (B, T - 1, V) to (N, V) first.",
    first_sequence: "Only the first sequence of the batch is used.",
    always_float32: "The result is always float32: keep the dtype of the logits.",
    python_float: "You return a Python number: return the 0-dim tensor, without .item().",
    input_edited: "The logits themselves are changed by an in-place operation such as `-=`.",
    loop_over_positions: "There is a Python loop over positions: slices [:, :-1] and [:, 1:] do them all.",
}

ON_META: dict[Implementation, str] = {python_float: "RuntimeError"}

MISCONCEPTIONS = tuple(
    Misconception(wrong.__name__, text, wrong, ON_META.get(wrong, "")) for wrong, text in TEXTS.items()
)
