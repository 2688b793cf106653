"""Held-out corpus for cross_entropy: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def _losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Loss of each target, (...)."""
    shifted = logits - logits.amax(-1, keepdim=True).detach()
    chosen = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return shifted.exp().sum(-1).log() - chosen


# ---------------------------------------------------------------- wrong


def sum_over_batch_size(logits: Tensor, targets: Tensor) -> Tensor:
    """Divides the sum by the first dim only: right for (N, V), T times too large for (B, T, V)."""
    return _losses(logits, targets).sum() / (logits.shape[0] if logits.dim() > 1 else 1)


def total_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The sum in place of the mean: differs for more than one target."""
    return _losses(logits, targets).sum()


def logarithm_of_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """log(softmax): the probability underflows for a loss above 104 in float32, the loss becomes infinite, its gradient NaN."""
    p = torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1))
    return -torch.log(p).mean()


def small_number_added(logits: Tensor, targets: Tensor) -> Tensor:
    """log(p + 1e-9): no loss exceeds 20.7, one of 300 does not show."""
    p = torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1))
    return -torch.log(p + 1e-9).mean()


def probabilities_clipped(logits: Tensor, targets: Tensor) -> Tensor:
    """Clips probabilities at 1e-30: a loss of 300 becomes 69, without a gradient."""
    p = torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1))
    return -torch.log(p.clamp(min=1e-30)).mean()


def smallest_normal_number(logits: Tensor, targets: Tensor) -> Tensor:
    """Clips probabilities at the dtype's smallest number (finfo.tiny): a loss of 300 becomes 87.3 in float32, one of 5,000 708 in float64."""
    p = torch.softmax(logits, dim=-1).gather(-1, targets.unsqueeze(-1))
    return -torch.log(p.clamp(min=torch.finfo(p.dtype).tiny)).mean()


def losses_capped_at_hundred(logits: Tensor, targets: Tensor) -> Tensor:
    """Caps each loss at 100, as BCELoss does with its logarithm: differs for losses of hundreds."""
    return _losses(logits, targets).clamp(max=100).mean()


def zero_is_padding(logits: Tensor, targets: Tensor) -> Tensor:
    """Skips targets of id 0 as padding: every target counts."""
    flat = targets.reshape(-1)
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), flat, ignore_index=0)


def last_id_is_end_of_text(logits: Tensor, targets: Tensor) -> Tensor:
    """Leaves out targets V - 1 (GPT-2's end of text): every target counts."""
    keep = (targets != logits.shape[-1] - 1).to(logits.dtype)
    return (_losses(logits, targets) * keep).sum() / keep.sum()


def mean_over_all_pairs(logits: Tensor, targets: Tensor) -> Tensor:
    """Indexes log_softmax(logits)[..., targets]: averages every row against every target, right only for a single target."""
    return -torch.log_softmax(logits, dim=-1)[..., targets].mean()


def classes_at_axis_one(logits: Tensor, targets: Tensor) -> Tensor:
    """Passes (B, T, V) to F.cross_entropy as it is, which takes axis 1 for the classes: an error, or wrong for T = V."""
    return F.cross_entropy(logits, targets)


def two_dimensions_only(logits: Tensor, targets: Tensor) -> Tensor:
    """Picks with logits[arange(N), targets]: raises for one vector (V,) and for (B, T, V)."""
    log_p = torch.log_softmax(logits, dim=-1)
    rows = torch.arange(logits.shape[0], device=logits.device)
    return -log_p[rows, targets].mean()


def exponentials_unshifted(logits: Tensor, targets: Tensor) -> Tensor:
    """log(sum(exp)) without a shift: infinite for a logit above 88 in float32, -inf where all lie below -110."""
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.exp().sum(-1).log() - chosen).mean()


def shift_by_the_target(logits: Tensor, targets: Tensor) -> Tensor:
    """log(sum(exp(x - x_target))): elegant, but infinite where another logit is 89 above the target's."""
    chosen = logits.gather(-1, targets.unsqueeze(-1))
    return (logits - chosen).exp().sum(-1).log().mean()


def shift_by_global_maximum(logits: Tensor, targets: Tensor) -> Tensor:
    """Shifts by the largest logit of the whole tensor: a row 200 below it underflows to log(0)."""
    shifted = logits - logits.max()
    chosen = shifted.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (shifted.exp().sum(-1).log() - chosen).mean()


def losses_in_bits(logits: Tensor, targets: Tensor) -> Tensor:
    """Base 2 in place of e: every loss is 1.44 times too large."""
    return _losses(logits, targets).mean() / math.log(2)


def number_instead_of_tensor(logits: Tensor, targets: Tensor) -> Tensor:
    """Returns .item(): a float in place of a 0-dim tensor, no gradient, fails on meta."""
    return _losses(logits, targets).mean().item()


def single_precision(logits: Tensor, targets: Tensor) -> Tensor:
    """Computes in float32: a float64 input loses its dtype and 9 digits."""
    return _losses(logits.float(), targets).mean()


def shifted_in_place(logits: Tensor, targets: Tensor) -> Tensor:
    """logits -= max on the caller's tensor: the input is changed, a leaf that needs gradients raises."""
    logits -= logits.amax(-1, keepdim=True)
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (logits.exp().sum(-1).log() - chosen).mean()


def normaliser_as_constant(logits: Tensor, targets: Tensor) -> Tensor:
    """Detaches log Z: the value is right, the gradient is -1/N at the target and 0 elsewhere in place of p - 1."""
    chosen = logits.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return (torch.logsumexp(logits, dim=-1).detach() - chosen).mean()


def smoothed_labels(logits: Tensor, targets: Tensor) -> Tensor:
    """Label smoothing of 0.1: differs for every input with more than one class."""
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), label_smoothing=0.1)


def next_token_shift_inside(logits: Tensor, targets: Tensor) -> Tensor:
    """Shifts by one as a language model's loss would: the targets are given, each row belongs to its own."""
    if logits.dim() > 1 and logits.shape[-2] > 1:
        logits, targets = logits[..., :-1, :], targets[..., 1:]
    return _losses(logits, targets).mean()


def exponential_of_the_mean(logits: Tensor, targets: Tensor) -> Tensor:
    """Returns the perplexity, exp of the mean: differs for every input, overflows for losses of hundreds."""
    return _losses(logits, targets).mean().exp()


def one_target_after_another(logits: Tensor, targets: Tensor) -> Tensor:
    """Loops over targets.tolist(): right values, but reads them into Python, fails on meta."""
    log_p = torch.log_softmax(logits, dim=-1).reshape(-1, logits.shape[-1])
    return -torch.stack([row[i] for row, i in zip(log_p, targets.reshape(-1).tolist())]).mean()


def softmax_twice(logits: Tensor, targets: Tensor) -> Tensor:
    """Hands probabilities to a function that expects logits: every loss lies between log(1 + (V - 1)/e) and log(V - 1 + e)."""
    return _losses(torch.softmax(logits, dim=-1), targets).mean()


def loss_of_the_last_rows_only(logits: Tensor, targets: Tensor) -> Tensor:
    """Takes the last position of (B, T, V) only: right for (N, V), the others of a sequence do not count."""
    if logits.dim() == 3:
        logits, targets = logits[:, -1], targets[:, -1]
    return _losses(logits, targets).mean()


def distinct_targets_once(logits: Tensor, targets: Tensor) -> Tensor:
    """Counts each distinct target of a batch once (unique): repeated tokens weigh less than they should."""
    flat = targets.reshape(-1)
    losses = _losses(logits, targets).reshape(-1)
    same = (flat.unsqueeze(0) == flat.unsqueeze(1)).sum(1).to(losses.dtype)
    return (losses / same).sum() / (1 / same).sum()


# ---------------------------------------------------------------- right


def logsumexp_minus_chosen(logits: Tensor, targets: Tensor) -> Tensor:
    """Right: logsumexp minus the target's logit, as most students will write it (rounded relative to the largest logit)."""
    chosen = torch.take_along_dim(logits, targets[..., None], dim=-1)[..., 0]
    return torch.sub(torch.logsumexp(logits, -1), chosen).mean()


def masked_log_softmax(logits: Tensor, targets: Tensor) -> Tensor:
    """Right: a comparison in place of a gather, losses summed and divided by their number."""
    classes = torch.arange(logits.shape[-1], device=logits.device)
    chosen = torch.where(targets.unsqueeze(-1) == classes, logits.log_softmax(-1), 0.0)
    return -chosen.sum() / max(1, math.prod(targets.shape))


def relative_to_the_target(logits: Tensor, targets: Tensor) -> Tensor:
    """Right: everything shifted by the target's logit, log of the sum by logsumexp, in float64, then the dtype of the logits."""
    wide = logits.double()
    relative = wide - wide.gather(-1, targets.unsqueeze(-1))
    return torch.logsumexp(relative.flatten(0, -2) if relative.dim() > 1 else relative[None], 1).mean().to(logits.dtype)


WRONG = (
    sum_over_batch_size,
    total_loss,
    logarithm_of_softmax,
    small_number_added,
    probabilities_clipped,
    smallest_normal_number,
    losses_capped_at_hundred,
    zero_is_padding,
    last_id_is_end_of_text,
    mean_over_all_pairs,
    classes_at_axis_one,
    two_dimensions_only,
    exponentials_unshifted,
    shift_by_the_target,
    shift_by_global_maximum,
    losses_in_bits,
    number_instead_of_tensor,
    single_precision,
    shifted_in_place,
    normaliser_as_constant,
    smoothed_labels,
    next_token_shift_inside,
    exponential_of_the_mean,
    one_target_after_another,
    softmax_twice,
    loss_of_the_last_rows_only,
    distinct_targets_once,
)
RIGHT = (logsumexp_minus_chosen, masked_log_softmax, relative_to_the_target)
