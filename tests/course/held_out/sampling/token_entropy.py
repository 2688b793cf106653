"""Wrong and unusual right versions of token_entropy(logits)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


# ---------------------------------------------------------------- wrong
def in_bits(logits: Tensor) -> Tensor:
    """Uses log2: bits in place of nats, too large by 1 / ln 2."""
    probs = logits.softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1) / math.log(2)


def zero_times_infinity(logits: Tensor) -> Tensor:
    """Multiplies p by log p as they are: a filtered logit, -inf, gives 0 * -inf = NaN."""
    logp = logits.log_softmax(-1)
    return -(logp.exp() * logp).sum(-1)


def log_of_underflow(logits: Tensor) -> Tensor:
    """Takes p * log(p) of softmax: probabilities that underflow (logits 200 below the best, float32) give NaN."""
    probs = logits.softmax(-1)
    return -(probs * probs.log()).sum(-1)


def log_of_p_plus_eps(logits: Tensor) -> Tensor:
    """Takes log(p + 1e-6): a one-hot distribution gives -1e-6, 100,000 equal tokens are off by 0.1 nats."""
    probs = logits.softmax(-1)
    return -(probs * (probs + 1e-6).log()).sum(-1)


def clamped_probabilities(logits: Tensor) -> Tensor:
    """Clamps p at 1e-5 before p log p: each filtered or unlikely token adds 1e-4 nats."""
    probs = logits.softmax(-1).clamp(min=1e-5)
    return -(probs * probs.log()).sum(-1)


def exponentials_overflow(logits: Tensor) -> Tensor:
    """Normalises exp(x) without the maximum: logits of 100 overflow float32, the result is NaN."""
    weights = logits.exp()
    probs = weights / weights.sum(-1, keepdim=True)
    return -torch.xlogy(probs, probs).sum(-1)


def mean_over_the_batch(logits: Tensor) -> Tensor:
    """Averages the entropies of all rows: a scalar where (...) is asked."""
    probs = logits.softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1).mean()


def mean_over_the_vocabulary(logits: Tensor) -> Tensor:
    """Takes the mean of p log p in place of the sum: too small by V."""
    probs = logits.softmax(-1)
    return -torch.xlogy(probs, probs).mean(-1)


def keeps_the_dim(logits: Tensor) -> Tensor:
    """Keeps the reduced dimension: (..., 1) in place of (...)."""
    probs = logits.softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1, keepdim=True)


def sign_forgotten(logits: Tensor) -> Tensor:
    """Forgets the minus: entropies are negative."""
    probs = logits.softmax(-1)
    return torch.xlogy(probs, probs).sum(-1)


def share_of_the_largest(logits: Tensor) -> Tensor:
    """Divides by log V: an entropy between 0 and 1, and NaN for V = 1."""
    probs = logits.softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1) / math.log(logits.shape[-1])


def second_axis(logits: Tensor) -> Tensor:
    """Works along dim 1 of three dimensions (time, not vocabulary); right for one and two dimensions."""
    dim = 1 if logits.dim() == 3 else -1
    probs = logits.softmax(dim)
    return -torch.xlogy(probs, probs).sum(dim)


def input_taken_for_probabilities(logits: Tensor) -> Tensor:
    """Takes rows of non-negative numbers that sum to 1 for probabilities: logits (0.5, 0.5, 0) give ln 2, not 1.07."""
    like_probs = (logits >= 0).all(-1, keepdim=True) & ((logits.sum(-1, keepdim=True) - 1).abs() < 1e-4)
    probs = torch.where(like_probs, logits, logits.softmax(-1))
    return -torch.xlogy(probs, probs).sum(-1)


def half_inside(logits: Tensor) -> Tensor:
    """Computes in float16 and casts back: three digits where float32 has seven."""
    probs = logits.half().softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1).to(logits.dtype)


def float32_comes_back(logits: Tensor) -> Tensor:
    """Casts to float32: float64 logits lose their dtype and digits."""
    probs = logits.float().softmax(-1)
    return -torch.xlogy(probs, probs).sum(-1)


def finite_logits_only(logits: Tensor) -> Tensor:
    """Replaces -inf by -50 to be safe: where all finite logits are near -60, the filtered ones take the weight."""
    safe = logits.masked_fill(logits == float("-inf"), -50.0)
    logp = safe.log_softmax(-1)
    return -(logp.exp() * logp).sum(-1)


def filtered_rows_by_boolean_index(logits: Tensor) -> Tensor:
    """Selects finite logits row by row with a mask and .item(): fails on meta."""
    rows = logits.reshape(-1, logits.shape[-1])
    values = []
    for row in rows:
        logp = row[row > float("-inf")].log_softmax(-1)
        values.append(-(logp.exp() * logp).sum().item())
    return torch.tensor(values, dtype=logits.dtype, device=logits.device).reshape(logits.shape[:-1])


def cross_entropy_with_the_best(logits: Tensor) -> Tensor:
    """Returns -log p of the most likely token: the surprise of one outcome, not the mean over all."""
    return -logits.log_softmax(-1).amax(-1)


def perplexity_comes_back(logits: Tensor) -> Tensor:
    """Returns exp of the entropy, the effective number of tokens."""
    probs = logits.softmax(-1)
    return torch.exp(-torch.xlogy(probs, probs).sum(-1))


def rounded(logits: Tensor) -> Tensor:
    """Rounds to four decimals: an entropy of 3e-6 becomes 0."""
    probs = logits.softmax(-1)
    return torch.round(-torch.xlogy(probs, probs).sum(-1), decimals=4)


# ---------------------------------------------------------------- right
def special_function(logits: Tensor) -> Tensor:
    """Uses torch.special.entr on the softmax, in float64."""
    return torch.special.entr(logits.double().softmax(dim=-1)).sum(dim=-1).to(logits.dtype)


def log_sum_minus_mean(logits: Tensor) -> Tensor:
    """Uses log Z - E[x - max] with the largest logit taken off first."""
    shifted = logits - logits.amax(dim=-1, keepdim=True)
    weights = shifted.exp()
    z = weights.sum(-1)
    finite = shifted.masked_fill(shifted == -torch.inf, 0.0)
    return z.log() - (weights * finite).sum(-1) / z


def log_softmax_with_zeros(logits: Tensor) -> Tensor:
    """Replaces log p = -inf by 0 before the product with p."""
    logp = torch.log_softmax(logits, dim=-1)
    surprise = torch.where(torch.isinf(logp), torch.zeros_like(logp), -logp)
    return torch.sum(logp.exp().mul(surprise), dim=-1)


WRONG = (
    in_bits,
    zero_times_infinity,
    log_of_underflow,
    log_of_p_plus_eps,
    clamped_probabilities,
    exponentials_overflow,
    mean_over_the_batch,
    mean_over_the_vocabulary,
    keeps_the_dim,
    sign_forgotten,
    share_of_the_largest,
    second_axis,
    input_taken_for_probabilities,
    half_inside,
    float32_comes_back,
    finite_logits_only,
    filtered_rows_by_boolean_index,
    cross_entropy_with_the_best,
    perplexity_comes_back,
    rounded,
)
RIGHT = (special_function, log_sum_minus_mean, log_softmax_with_zeros)


def log_z_minus_mean_logit(logits: Tensor) -> Tensor:
    """Uses logsumexp(x) - sum p x unshifted: at 10,000 in float32 off by 1e-3, the rounding of the input's size."""
    probs = logits.softmax(-1)
    return logits.logsumexp(-1) - torch.where(probs > 0, probs * logits, 0.0).sum(-1)


def weights_from_logsumexp(logits: Tensor) -> Tensor:
    """Takes p = exp(x - logsumexp(x)): at 10,000 in float32 these sum to 1 +- 5e-4, the entropy is off by 1e-3."""
    logp = logits - logits.logsumexp(-1, keepdim=True)
    return -torch.where(logp > float("-inf"), logp.exp() * logp, 0.0).sum(-1)


DOUBTFUL = (log_z_minus_mean_logit, weights_from_logsumexp)  # "relative to the largest magnitude that enters"
