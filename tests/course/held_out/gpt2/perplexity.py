"""Held-out corpus for perplexity: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def _losses(logits: Tensor, ids: Tensor) -> Tensor:
    """Loss of each token given those before it, (B, T - 1)."""
    log_p = torch.log_softmax(logits[:, :-1], dim=-1)
    return -log_p.gather(-1, ids[:, 1:].unsqueeze(-1)).squeeze(-1)


# ---------------------------------------------------------------- wrong


def unshifted(logits: Tensor, ids: Tensor) -> Tensor:
    """Compares position t with token t, the model's input: differs for every input."""
    return F.cross_entropy(logits.flatten(0, 1), ids.flatten()).exp()


def shifted_backwards(logits: Tensor, ids: Tensor) -> Tensor:
    """Compares position t with the token before it (logits[:, 1:] with ids[:, :-1])."""
    return F.cross_entropy(logits[:, 1:].flatten(0, 1), ids[:, :-1].flatten()).exp()


def last_token_wraps_round(logits: Tensor, ids: Tensor) -> Tensor:
    """Uses ids.roll(-1): the last position is scored against the first token, one loss too many."""
    return F.cross_entropy(logits.flatten(0, 1), ids.roll(-1, dims=1).flatten()).exp()


def mean_of_rows(logits: Tensor, ids: Tensor) -> Tensor:
    """Averages the perplexities of the rows in place of the losses: right for B = 1."""
    return _losses(logits, ids).mean(dim=1).exp().mean()


def mean_of_exponentials(logits: Tensor, ids: Tensor) -> Tensor:
    """Mean of exp(loss) in place of exp of the mean: larger unless all losses are equal."""
    return _losses(logits, ids).exp().mean()


def root_of_the_product(logits: Tensor, ids: Tensor) -> Tensor:
    """(product of probabilities)^(-1/n): the product underflows at a total loss of 104 (50 tokens of perplexity 8, float32), and the result is infinite."""
    p = torch.softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1))
    return p.prod() ** (-1 / p.numel())


def root_of_exponentiated_total(logits: Tensor, ids: Tensor) -> Tensor:
    """exp(total loss) ** (1/n): infinite once the total exceeds 88, in float32."""
    losses = _losses(logits, ids)
    return losses.sum().exp() ** (1 / losses.numel())


def probabilities_clipped(logits: Tensor, ids: Tensor) -> Tensor:
    """Clips probabilities at 1e-8: a token with a loss of 60 counts as one with 18.4."""
    p = torch.softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1))
    return torch.exp(-torch.log(p.clamp(min=1e-8)).mean())


def logarithm_of_softmax(logits: Tensor, ids: Tensor) -> Tensor:
    """log(softmax): one token with a loss above 104 among many makes it infinite, though the mean is small."""
    p = torch.softmax(logits[:, :-1], dim=-1).gather(-1, ids[:, 1:].unsqueeze(-1))
    return torch.exp(-torch.log(p).mean())


def power_of_two(logits: Tensor, ids: Tensor) -> Tensor:
    """2 ** (loss in nats): the base does not fit the logarithm, differs for every input."""
    return 2.0 ** _losses(logits, ids).mean()


def divided_by_length(logits: Tensor, ids: Tensor) -> Tensor:
    """Divides the total loss by B T in place of B (T - 1): too small, most for short sequences."""
    return (_losses(logits, ids).sum() / ids.numel()).exp()


def zero_is_padding(logits: Tensor, ids: Tensor) -> Tensor:
    """Ignores tokens of id 0 as padding: all of them count."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), ignore_index=0).exp()


def first_row_only(logits: Tensor, ids: Tensor) -> Tensor:
    """Scores the first sequence of the batch only: right for B = 1."""
    return F.cross_entropy(logits[0, :-1], ids[0, 1:]).exp()


def last_token_only(logits: Tensor, ids: Tensor) -> Tensor:
    """Scores the last token only, 'given those before it': right for T = 2."""
    return F.cross_entropy(logits[:, -2], ids[:, -1]).exp()


def loss_capped(logits: Tensor, ids: Tensor) -> Tensor:
    """Caps the mean loss at 20 so that exp stays finite: a mean loss of 50 fits in float32 (5e21) and is cut."""
    return _losses(logits, ids).mean().clamp(max=20).exp()


def number_instead_of_tensor(logits: Tensor, ids: Tensor) -> Tensor:
    """math.exp of an .item(): a float in place of a 0-dim tensor, fails on meta."""
    return math.exp(_losses(logits, ids).mean().item())


def softmax_twice(logits: Tensor, ids: Tensor) -> Tensor:
    """Hands probabilities to cross_entropy, which expects logits: nearly V for every model."""
    p = torch.softmax(logits[:, :-1], dim=-1)
    return F.cross_entropy(p.flatten(0, 1), ids[:, 1:].flatten()).exp()


def two_tokens_refused(logits: Tensor, ids: Tensor) -> Tensor:
    """Raises for T = 2, which the contract allows ('needs some context')."""
    if ids.shape[1] <= 2:
        raise ValueError("perplexity needs at least three tokens")
    return _losses(logits, ids).mean().exp()


def normalised_over_time(logits: Tensor, ids: Tensor) -> Tensor:
    """log_softmax over dim 1, the positions, in place of the vocabulary."""
    log_p = torch.log_softmax(logits[:, :-1], dim=1)
    return (-log_p.gather(-1, ids[:, 1:].unsqueeze(-1))).mean().exp()


def single_precision(logits: Tensor, ids: Tensor) -> Tensor:
    """Computes in float32: a float64 input loses its dtype, and a mean loss of 200 becomes infinite."""
    return _losses(logits.float(), ids).mean().exp()


def axes_flattened_then_shifted(logits: Tensor, ids: Tensor) -> Tensor:
    """Flattens the batch before it shifts: each row's end predicts the next row's start, right for B = 1."""
    flat = logits.flatten(0, 1)
    return F.cross_entropy(flat[:-1], ids.flatten()[1:]).exp()


def positions_taken_for_classes(logits: Tensor, ids: Tensor) -> Tensor:
    """Passes (B, T - 1, V) to F.cross_entropy as it is, which takes axis 1 for the classes: an error, or wrong for T - 1 = V."""
    return F.cross_entropy(logits[:, :-1], ids[:, 1:]).exp()


def shifted_in_place(logits: Tensor, ids: Tensor) -> Tensor:
    """Subtracts the maximum from the caller's logits: the input is changed."""
    logits -= logits.amax(dim=-1, keepdim=True)
    return _losses(logits, ids).mean().exp()


def loss_without_exponential(logits: Tensor, ids: Tensor) -> Tensor:
    """Returns the mean loss itself."""
    return _losses(logits, ids).mean()


# ---------------------------------------------------------------- right


def mean_of_means_in_double(logits: Tensor, ids: Tensor) -> Tensor:
    """Right: mean over rows, then over positions (all rows are of one length), in float64."""
    wide = logits.narrow(1, 0, logits.shape[1] - 1).double()
    wide = wide - wide.amax(2, True)
    chosen = torch.take_along_dim(wide, ids.narrow(1, 1, ids.shape[1] - 1).unsqueeze(2), 2).squeeze(2)
    return (wide.logsumexp(2) - chosen).mean(0).mean(0).exp().to(logits.dtype)


def by_transposed_cross_entropy(logits: Tensor, ids: Tensor) -> Tensor:
    """Right: F.cross_entropy with the classes moved to axis 1, exp by a power of e."""
    loss = F.cross_entropy(logits.mT[..., :-1], ids[:, 1:], reduction="sum") / ids[:, 1:].numel()
    return torch.pow(math.e, loss.double()).to(logits.dtype)


class _Surprise:
    def __init__(self, logits: Tensor) -> None:
        self.log_p = logits.log_softmax(dim=-1)

    def of(self, ids: Tensor) -> Tensor:
        classes = torch.arange(self.log_p.shape[-1], device=ids.device)
        return -torch.where(ids.unsqueeze(-1) == classes, self.log_p, 0.0).sum(-1)


@torch.no_grad()
def by_surprise_of_each_token(logits: Tensor, ids: Tensor) -> Tensor:
    """Right: a helper that knows the surprise of any tokens, no gradients."""
    return torch.exp(_Surprise(logits[:, : ids.shape[1] - 1]).of(ids[:, 1:]).mean())


WRONG = (
    unshifted,
    shifted_backwards,
    last_token_wraps_round,
    mean_of_rows,
    mean_of_exponentials,
    root_of_the_product,
    root_of_exponentiated_total,
    probabilities_clipped,
    logarithm_of_softmax,
    power_of_two,
    divided_by_length,
    zero_is_padding,
    first_row_only,
    last_token_only,
    loss_capped,
    number_instead_of_tensor,
    softmax_twice,
    two_tokens_refused,
    normalised_over_time,
    single_precision,
    axes_flattened_then_shifted,
    positions_taken_for_classes,
    shifted_in_place,
    loss_without_exponential,
)
RIGHT = (mean_of_means_in_double, by_transposed_cross_entropy, by_surprise_of_each_token)
