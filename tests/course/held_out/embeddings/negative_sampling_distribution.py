"""Wrong and unusual right versions of negative_sampling_distribution(counts, power=0.75)."""

from __future__ import annotations

import torch
from torch import Tensor


def _floating(counts: Tensor) -> Tensor:
    return counts if counts.is_floating_point() else counts.to(torch.float32)


# ---------------------------------------------------------------- wrong
def power_overflows(counts: Tensor, power: float = 0.75) -> Tensor:
    """Raises the counts as they are: counts of 10,000 and power = 10 overflow float32, and inf / inf is NaN."""
    weights = _floating(counts) ** power
    return weights / weights.sum()


def always_three_quarters(counts: Tensor, power: float = 0.75) -> Tensor:
    """Ignores power: any power but 0.75 gives the wrong distribution."""
    scaled = _floating(counts)
    weights = (scaled / scaled.max()) ** 0.75
    return weights / weights.sum()


def zero_power_means_default(counts: Tensor, power: float = 0.75) -> Tensor:
    """Writes `power or 0.75`: power = 0, which asks for the uniform distribution, becomes 0.75."""
    scaled = _floating(counts)
    weights = (scaled / scaled.max()) ** (power or 0.75)
    return weights / weights.sum()


def power_limited_to_one(counts: Tensor, power: float = 0.75) -> Tensor:
    """Refuses powers outside 0 to 1 with ValueError, which the contract does not: power = 2 raises."""
    if not 0 <= power <= 1:
        raise ValueError("power must be in [0, 1]")
    weights = _floating(counts) ** power
    return weights / weights.sum()


def integers_wrap(counts: Tensor, power: float = 0.75) -> Tensor:
    """Raises integer counts before the cast: int32 counts of 10,000 with power = 3 wrap around 2**31."""
    weights = counts**power
    weights = weights.to(counts.dtype if counts.is_floating_point() else torch.float32)
    weights = weights / weights.max()
    return weights / weights.sum()


def always_float32(counts: Tensor, power: float = 0.75) -> Tensor:
    """Casts everything to float32: float64 counts lose dtype and digits."""
    scaled = counts.float()
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum()


def integers_give_float64(counts: Tensor, power: float = 0.75) -> Tensor:
    """Computes in float64 and leaves it there: integer and float32 counts come back as float64."""
    scaled = counts.double()
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum()


def default_dtype_for_integers(counts: Tensor, power: float = 0.75) -> Tensor:
    """Casts integers to torch.get_default_dtype(): under a float64 default they come back as float64."""
    scaled = counts if counts.is_floating_point() else counts.to(torch.get_default_dtype())
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum()


def not_renormalised(counts: Tensor, power: float = 0.75) -> Tensor:
    """Raises the relative frequencies to the power and stops: they no longer sum to 1 for any power but 1."""
    scaled = _floating(counts)
    return (scaled / scaled.sum()) ** power


def softmax_of_scaled_counts(counts: Tensor, power: float = 0.75) -> Tensor:
    """Takes softmax(power * counts): proportional to exp(counts), not to counts**power."""
    return torch.softmax(power * _floating(counts), dim=-1)


def add_one_smoothing(counts: Tensor, power: float = 0.75) -> Tensor:
    """Adds 1 to every count: a count of 0 gets weight, small counts too much."""
    scaled = _floating(counts) + 1
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum()


def counts_at_least_one(counts: Tensor, power: float = 0.75) -> Tensor:
    """Clamps counts at 1: a count of 0, and float counts below 1, weigh as much as a count of 1."""
    scaled = _floating(counts).clamp(min=1)
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum()


def eps_in_the_total(counts: Tensor, power: float = 0.75) -> Tensor:
    """Divides by total + 1e-8: float counts near 1e-5 with power = 2 sum to 0.01, float64 ones to 1 - 1e-8 / total."""
    weights = _floating(counts) ** power
    return weights / (weights.sum() + 1e-8)


def total_read_into_python(counts: Tensor, power: float = 0.75) -> Tensor:
    """Divides by weights.sum().item(): no gradient through the total, and meta tensors fail."""
    scaled = _floating(counts)
    weights = (scaled / scaled.max()) ** power
    return weights / weights.sum().item()


def unigram_table(counts: Tensor, power: float = 0.75) -> Tensor:
    """Rounds to multiples of 1e-4 as word2vec's lookup table does: rare words get 0, and the sum is not 1."""
    scaled = _floating(counts)
    weights = (scaled / scaled.max()) ** power
    return torch.round(weights / weights.sum() * 10_000) / 10_000


def cumulative(counts: Tensor, power: float = 0.75) -> Tensor:
    """Returns the cumulative distribution, ready for a draw, in place of the distribution."""
    scaled = _floating(counts)
    weights = ((scaled / scaled.max()) ** power).cumsum(0)
    return weights / weights[-1]


def in_place_power(counts: Tensor, power: float = 0.75) -> Tensor:
    """Raises float counts in place: the caller's counts are changed (and their gradient is cut)."""
    weights = _floating(counts.detach())
    weights.div_(weights.max().clone()).pow_(power)
    return weights / weights.sum()


def relative_to_the_largest(counts: Tensor, power: float = 0.75) -> Tensor:
    """Divides by the maximum in place of the sum: the most frequent word gets 1."""
    scaled = _floating(counts)
    return (scaled / scaled.max()) ** power


def gradient_cut(counts: Tensor, power: float = 0.75) -> Tensor:
    """Computes under no_grad: float counts that require a gradient get none."""
    with torch.no_grad():
        scaled = _floating(counts)
        weights = (scaled / scaled.max()) ** power
        return weights / weights.sum()


def log_of_count_plus_eps(counts: Tensor, power: float = 0.75) -> Tensor:
    """Takes softmax(power * log(counts + 1e-3)): a count of 0 gets weight, more so for a small power."""
    return torch.softmax(power * torch.log(_floating(counts) + 1e-3), dim=-1)


# ---------------------------------------------------------------- right
def in_logarithms(counts: Tensor, power: float = 0.75) -> Tensor:
    """Takes a softmax of power times log counts, with zeros treated apart (0**0 = 1)."""
    x = _floating(counts)
    wide = x.double()
    empty = wide == 0
    scores = power * torch.where(empty, torch.ones_like(wide), wide).log()
    if power > 0:
        scores = scores.masked_fill(empty, -torch.inf)
    return scores.softmax(0).to(x.dtype)


def relative_to_an_anchor(counts: Tensor, power: float = 0.75) -> Tensor:
    """Divides by the count whose power is the largest first, so that no power leaves 0 to 1."""

    def anchor(x: Tensor) -> Tensor:
        return (x.amax() if power >= 0 else x.amin()).detach()

    x = _floating(counts)
    weights = torch.pow(x / anchor(x), power)
    return torch.nn.functional.normalize(weights, p=1.0, dim=0)


def in_double_then_back(counts: Tensor, power: float = 0.75) -> Tensor:
    """Does everything in float64 relative to the largest (or smallest) count, and casts at the end."""
    dtype = counts.dtype if counts.dtype.is_floating_point else torch.float32
    wide = counts.to(torch.float64)
    reference = wide.max() if power >= 0 else wide.min()
    weights = wide.div(reference).pow(power)
    return weights.div(weights.sum()).to(dtype)


WRONG = (
    power_overflows,
    always_three_quarters,
    zero_power_means_default,
    power_limited_to_one,
    integers_wrap,
    always_float32,
    integers_give_float64,
    not_renormalised,
    softmax_of_scaled_counts,
    add_one_smoothing,
    counts_at_least_one,
    eps_in_the_total,
    total_read_into_python,
    unigram_table,
    cumulative,
    in_place_power,
    relative_to_the_largest,
    gradient_cut,
    log_of_count_plus_eps,
)
RIGHT = (in_logarithms, relative_to_an_anchor, in_double_then_back)
