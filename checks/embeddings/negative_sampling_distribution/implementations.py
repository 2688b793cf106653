"""Ways to write the negative sampling distribution: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Misconception, Variant


def _as_floats(counts: Tensor) -> Tensor:
    return counts if counts.is_floating_point() else counts.float()


# ---- right ----------------------------------------------------------------------------------------------------


def textbook(counts: Tensor, power: float = 0.75) -> Tensor:
    floats = _as_floats(counts)
    weights = (floats / floats.amax()) ** power
    return weights / weights.sum()


def torch_promotes(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = torch.pow(torch.true_divide(counts, counts.max()), power)
    return weights.div(torch.sum(weights))


def shares_first(counts: Tensor, power: float = 0.75) -> Tensor:
    shares = counts / counts.sum()
    return shares**power / (shares**power).sum()


def by_normalize(counts: Tensor, power: float = 0.75) -> Tensor:
    below_one = F.normalize(_as_floats(counts), p=float("inf"), dim=0)
    return F.normalize(below_one.pow(power), p=1.0, dim=0)


def by_logarithms(counts: Tensor, power: float = 0.75) -> Tensor:
    return torch.softmax(torch.xlogy(power, _as_floats(counts)), dim=-1)


def double_inside(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = counts.double().pow(power)
    return (weights / weights.sum()).to(_as_floats(counts).dtype)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (
        textbook, torch_promotes, shares_first, by_normalize, by_logarithms, double_inside,
    )
)  # fmt: skip  # one line a family reads better than one a name

# ---- wrong ----------------------------------------------------------------------------------------------------


def not_normalised(counts: Tensor, power: float = 0.75) -> Tensor:
    return _as_floats(counts) ** power


def no_power(counts: Tensor, power: float = 0.75) -> Tensor:
    floats = _as_floats(counts)
    return floats / floats.sum()


def always_three_quarters(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts, 0.75)


def power_or_default(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts, power or 0.75)


def powers_overflow(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = _as_floats(counts) ** power
    return weights / weights.sum()


def integer_powers(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = counts**power
    return weights / weights.sum()


def logarithm_of_zero(counts: Tensor, power: float = 0.75) -> Tensor:
    return torch.softmax(power * torch.log(_as_floats(counts)), dim=-1)


def normalised_before_only(counts: Tensor, power: float = 0.75) -> Tensor:
    floats = _as_floats(counts)
    return (floats / floats.sum()) ** power


def inverse_power(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts, 1 / power if power else 0.0)


def rare_words_first(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts, -power)


def softmax_of_counts(counts: Tensor, power: float = 0.75) -> Tensor:
    return torch.softmax(_as_floats(counts), dim=0)


def softmax_of_powers(counts: Tensor, power: float = 0.75) -> Tensor:
    return torch.softmax(_as_floats(counts) ** power, dim=0)


def largest_is_one(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = _as_floats(counts) ** power
    return weights / weights.max()


def unit_length(counts: Tensor, power: float = 0.75) -> Tensor:
    return F.normalize(_as_floats(counts) ** power, dim=0)


def one_added(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts + 1, power)


def multiplied(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = _as_floats(counts) * power
    return weights / weights.sum()


def at_least_one(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts.clamp(min=1), power)


def integers_kept(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts, power).to(counts.dtype)


def integers_become_double(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts if counts.is_floating_point() else counts.double(), power)


def always_float32(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts.float(), power)


def detached(counts: Tensor, power: float = 0.75) -> Tensor:
    return textbook(counts.detach(), power)


def sum_detached(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = _as_floats(counts) ** power
    return weights / weights.detach().sum()


def counts_edited(counts: Tensor, power: float = 0.75) -> Tensor:
    if not counts.is_floating_point():
        return textbook(counts, power)
    with torch.no_grad():
        counts /= counts.sum()
    return textbook(counts, power)


def loop_over_counts(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = [count**power for count in _as_floats(counts)]
    total = torch.stack(weights).sum()
    return torch.stack([weight / total for weight in weights])


def read_into_python(counts: Tensor, power: float = 0.75) -> Tensor:
    weights = [count**power for count in counts.tolist()]
    return torch.tensor([weight / sum(weights) for weight in weights], dtype=_as_floats(counts).dtype)


def made_on_the_cpu(counts: Tensor, power: float = 0.75) -> Tensor:
    powers = torch.full(counts.shape, power, dtype=_as_floats(counts).dtype)
    return _as_floats(counts) ** powers / (_as_floats(counts) ** powers).sum()


MISCONCEPTIONS = (
    Misconception("not_normalised", "Your numbers do not sum to 1: divide by their sum.", not_normalised),
    Misconception(
        "no_power", "These are the shares of the counts: raise the counts to `power` before you divide.", no_power
    ),
    Misconception(
        "always_three_quarters", "The argument `power` is not used: yours is always 0.75.", always_three_quarters
    ),
    Misconception(
        "power_or_default",
        "A power of 0 is taken for none (`power or 0.75`). It makes all words equally likely.",
        power_or_default,
    ),
    Misconception(
        "powers_overflow",
        "For large counts and powers, counts**power is more than float32 can hold: inf / inf is NaN. Divide the counts "
        "by the largest of them before the power.",
        powers_overflow,
    ),
    Misconception(
        "integer_powers",
        "Integers to a whole power stay integers, and overflow. Turn the counts into float32 and divide them by the "
        "largest before the power.",
        integer_powers,
    ),
    Misconception(
        "logarithm_of_zero",
        "With a count of 0 and a power of 0 you have 0 * log(0) = NaN. torch.xlogy(power, counts) takes that for 0.",
        logarithm_of_zero,
    ),
    Misconception(
        "normalised_before_only",
        "You divide by the sum before the power, so the powers do not sum to 1. Divide (again) after it.",
        normalised_before_only,
    ),
    Misconception("inverse_power", "You raise the counts to 1 / power: raise them to power.", inverse_power),
    Misconception(
        "rare_words_first",
        "Rare words are the likely ones with you: the power is positive, not negative.",
        rare_words_first,
    ),
    Misconception(
        "softmax_of_counts",
        "You take the softmax of the counts: the exponential leaves all to the most frequent word. Divide the powers "
        "by their sum.",
        softmax_of_counts,
    ),
    Misconception(
        "softmax_of_powers",
        "You take the softmax of counts**power. These are positive already: divide them by their sum.",
        softmax_of_powers,
    ),
    Misconception("largest_is_one", "You divide by the largest entry: divide by the sum.", largest_is_one),
    Misconception("unit_length", "Your result has length 1, not sum 1: F.normalize needs p=1 for that.", unit_length),
    Misconception("one_added", "You add 1 to every count: a word that was never seen is never drawn.", one_added),
    Misconception("multiplied", "You multiply the counts by `power`: raise them to it (**).", multiplied),
    Misconception(
        "at_least_one", "A count of 0 is treated as 1: a word that was never seen is never drawn.", at_least_one
    ),
    Misconception(
        "integers_kept",
        "For integer counts the result is an integer too, so every probability becomes 0. Return float32 there.",
        integers_kept,
    ),
    Misconception(
        "integers_become_double", "Integer counts give float64 with you: return float32 there.", integers_become_double
    ),
    Misconception("always_float32", "The result is always float32: keep float64 where counts are.", always_float32),
    Misconception(
        "detached", "No gradient reaches counts: the result is cut from the graph (no_grad, detach, .data).", detached
    ),
    Misconception(
        "sum_detached",
        "The sum is cut from the graph, so the gradient takes it for a constant. It depends on the counts too.",
        sum_detached,
    ),
    Misconception(
        "counts_edited", "counts themselves are changed by an in-place operation such as `/=`.", counts_edited
    ),
    Misconception(
        "loop_over_counts",
        "There is a Python loop over the counts: `counts ** power` takes all at once.",
        loop_over_counts,
    ),
    Misconception(
        "read_into_python",
        "The counts are read into Python (tolist, item or float): that cuts the gradient, and makes a GPU wait.",
        read_into_python,
        on_meta="NotImplementedError",
    ),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: on a GPU this breaks. `counts ** power` takes a number.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
)
