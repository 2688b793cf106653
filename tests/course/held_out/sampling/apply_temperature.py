"""Wrong and unusual right versions of apply_temperature(logits, temperature)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


# ---------------------------------------------------------------- wrong
def no_check(logits: Tensor, temperature: float) -> Tensor:
    """Divides without a check: temperature 0 gives infinities, -1 turns the order round, and nothing is raised."""
    return logits / temperature


def zero_passes(logits: Tensor, temperature: float) -> Tensor:
    """Raises for negative temperatures only: 0 divides by zero."""
    if temperature < 0:
        raise ValueError("temperature must be positive")
    return logits / temperature


def asserts_positive(logits: Tensor, temperature: float) -> Tensor:
    """Asserts: AssertionError for temperature <= 0 in place of ValueError."""
    assert temperature > 0, "temperature must be positive"
    return logits / temperature


def zero_means_greedy(logits: Tensor, temperature: float) -> Tensor:
    """Takes temperature 0 for "greedy" and masks all but the largest, where ValueError is asked."""
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    if temperature == 0:
        return logits.masked_fill(logits < logits.amax(-1, keepdim=True), float("-inf"))
    return logits / temperature


def floor_of_a_tenth(logits: Tensor, temperature: float) -> Tensor:
    """Replaces temperatures below 0.1 by 0.1 "for stability": 0.01 gives logits ten times too small."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / max(temperature, 0.1)


def tiny_is_refused(logits: Tensor, temperature: float) -> Tensor:
    """Raises ValueError below 1e-3, which the contract allows: temperature = 1e-4."""
    if temperature < 1e-3:
        raise ValueError("temperature must be positive")
    return logits / temperature


def two_is_the_limit(logits: Tensor, temperature: float) -> Tensor:
    """Raises ValueError above 2, as some web interfaces do: temperature = 5 is allowed."""
    if not 0 < temperature <= 2:
        raise ValueError("temperature must be in (0, 2]")
    return logits / temperature


def clipped_at_two(logits: Tensor, temperature: float) -> Tensor:
    """Uses min(temperature, 2): temperature = 10 gives logits five times too large."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / min(temperature, 2.0)


def temperature_in_the_logits_dtype(logits: Tensor, temperature: float) -> Tensor:
    """Makes the temperature a tensor of the logits' dtype: in float16, 1e-8 becomes 0 and a logit of 0 NaN."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / torch.tensor(temperature, dtype=logits.dtype, device=logits.device)


def multiplies(logits: Tensor, temperature: float) -> Tensor:
    """Multiplies in place of dividing: a high temperature sharpens."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits * temperature


def probabilities_come_back(logits: Tensor, temperature: float) -> Tensor:
    """Returns the softmax of the scaled logits, not the scaled logits."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.softmax(logits / temperature, dim=-1)


def log_probabilities_come_back(logits: Tensor, temperature: float) -> Tensor:
    """Returns log_softmax of the scaled logits: shifted by a constant, so the values differ."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.log_softmax(logits / temperature, dim=-1)


def shifted_by_the_largest(logits: Tensor, temperature: float) -> Tensor:
    """Subtracts the largest logit first: the same softmax, other logits."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return (logits - logits.amax(dim=-1, keepdim=True)) / temperature


def divides_in_place(logits: Tensor, temperature: float) -> Tensor:
    """Uses div_: the caller's logits are changed."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits.div_(temperature)


def float32_comes_back(logits: Tensor, temperature: float) -> Tensor:
    """Returns float32 for every input: float16, bfloat16 and float64 lose their dtype."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits.float() / temperature


def through_float16(logits: Tensor, temperature: float) -> Tensor:
    """Computes in float16 "to save memory" and casts back: float32 logits keep three digits, 1e4 / 0.1 overflows."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return (logits.half() / temperature).to(logits.dtype)


def floors_the_quotient(logits: Tensor, temperature: float) -> Tensor:
    """Uses // : the quotients are rounded down to integers."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits // temperature


def infinities_made_finite(logits: Tensor, temperature: float) -> Tensor:
    """Ends with nan_to_num: a filtered entry, -inf, becomes a finite number."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.nan_to_num(logits / temperature)


def probabilities_to_a_power(logits: Tensor, temperature: float) -> Tensor:
    """Takes the log of p**(1/T): shifted logits, and p underflows, so logits 200 below the best become -inf."""
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.log(torch.softmax(logits, dim=-1) ** (1 / temperature))


# ---------------------------------------------------------------- right
def divides_in_double(logits: Tensor, temperature: float) -> Tensor:
    """Divides in float64 and casts back."""
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    return torch.div(logits.double(), temperature).to(logits)


def sign_checked_by_copysign(logits: Tensor, temperature: float) -> Tensor:
    """Checks the sign in a helper and uses true_divide; temperature 1 returns the logits themselves."""

    def positive(value: float) -> bool:
        return value != 0 and math.copysign(1.0, value) > 0

    if not positive(temperature):
        raise ValueError("only positive temperatures")
    return logits if temperature == 1 else torch.true_divide(logits, temperature)


WRONG = (
    no_check,
    zero_passes,
    asserts_positive,
    zero_means_greedy,
    floor_of_a_tenth,
    tiny_is_refused,
    two_is_the_limit,
    clipped_at_two,
    temperature_in_the_logits_dtype,
    multiplies,
    probabilities_come_back,
    log_probabilities_come_back,
    shifted_by_the_largest,
    divides_in_place,
    float32_comes_back,
    through_float16,
    floors_the_quotient,
    infinities_made_finite,
    probabilities_to_a_power,
)
RIGHT = (divides_in_double, sign_checked_by_copysign)
