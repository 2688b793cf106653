"""Ways to write apply_temperature: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def divided(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / temperature


def times_the_inverse(logits: Tensor, temperature: float) -> Tensor:
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}")
    return logits * (1.0 / temperature)


def tensor_temperature(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    wide = torch.full((1,), temperature, dtype=torch.float64, device=logits.device)
    return (logits / wide).to(logits.dtype)


def in_place_on_a_copy(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0.0:
        raise ValueError("temperature must be positive")
    return logits.clone().div_(temperature)


def row_by_row(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    rows = [torch.true_divide(row, temperature) for row in logits.reshape(-1, logits.shape[-1])]
    return torch.stack(rows).reshape(logits.shape)


def identity_at_one(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits if temperature == 1 else logits.div(temperature)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (divided, times_the_inverse, tensor_temperature, in_place_on_a_copy, row_by_row, identity_at_one)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def multiplied(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits * temperature


def ignored(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits.clone()


def softmax_after(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.softmax(logits / temperature, dim=-1)


def probabilities_divided(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.softmax(logits, dim=-1) / temperature


def maximum_subtracted(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return (logits - logits.amax(-1, keepdim=True)) / temperature


def log_probabilities(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.log_softmax(logits / temperature, dim=-1)


def epsilon_added(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / (temperature + 1e-8)


def infinity_replaced(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.nan_to_num(logits, neginf=0.0) / temperature


def infinity_made_finite(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return (logits / temperature).nan_to_num()


def rounded_down(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.div(logits, temperature, rounding_mode="floor")


def through_half(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.div(logits.to(torch.float16), temperature).to(logits.dtype)


def powers_of_probabilities(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.pow(logits.softmax(-1), 1.0 / temperature).log()


def low_ones_raised(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / (temperature if temperature > 0.07 else 0.07)


def high_ones_lowered(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / (temperature if temperature < 2.5 else 2.5)


def temperature_rounded(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / torch.tensor(temperature).to(logits)


def greedy_at_zero(logits: Tensor, temperature: float) -> Tensor:
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    if temperature > 0:
        return logits / temperature
    best = logits == logits.amax(-1, keepdim=True)
    return torch.where(best, logits, torch.full_like(logits, float("-inf")))


def no_value_error(logits: Tensor, temperature: float) -> Tensor:
    return logits / temperature


def zero_allowed(logits: Tensor, temperature: float) -> Tensor:
    if temperature < 0:
        raise ValueError("temperature must not be negative")
    return logits / temperature


def clamped(logits: Tensor, temperature: float) -> Tensor:
    return logits / max(temperature, 1e-6)


def asserted(logits: Tensor, temperature: float) -> Tensor:
    assert temperature > 0, "temperature must be positive"
    return logits / temperature


def input_edited(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    logits /= temperature
    return logits


def always_float32(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits.float() / temperature


def made_on_the_cpu(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return logits / torch.full(logits.shape, temperature, dtype=logits.dtype)


def loop_over_entries(logits: Tensor, temperature: float) -> Tensor:
    if temperature <= 0:
        raise ValueError("temperature must be positive")
    return torch.stack([logits[..., i] / temperature for i in range(logits.shape[-1])], dim=-1)


MISCONCEPTIONS = (
    Misconception(
        "multiplied",
        "You multiply by the temperature. A high temperature then sharpens the distribution instead of flattening it: "
        "divide.",
        multiplied,
    ),
    Misconception("ignored", "The temperature is not used: the logits come back as they went in.", ignored),
    Misconception(
        "softmax_after",
        "You return probabilities: the softmax of the scaled logits. Here the logits are asked, since filters and the "
        "draw come after.",
        softmax_after,
    ),
    Misconception(
        "probabilities_divided",
        "You divide probabilities by the temperature: they no longer sum to 1, and their ratios stay. Divide the "
        "logits, before any softmax.",
        probabilities_divided,
    ),
    Misconception(
        "maximum_subtracted",
        "Your logits are shifted so that the largest is 0. A softmax would not see it, but only a division is asked.",
        maximum_subtracted,
    ),
    Misconception(
        "log_probabilities",
        "You return log-probabilities of the scaled logits. Only the division is asked here.",
        log_probabilities,
    ),
    Misconception(
        "epsilon_added",
        "A small number is added to the temperature. Zero is refused anyway, so it protects from nothing and shifts "
        "every value a little.",
        epsilon_added,
    ),
    Misconception(
        "infinity_replaced",
        "An entry of -inf becomes 0, so that a token which was filtered out is back. -inf / T is -inf by itself.",
        infinity_replaced,
    ),
    Misconception(
        "infinity_made_finite",
        "An entry of -inf comes back as a finite number: torch.nan_to_num replaces it. Leave it out, -inf / T is -inf "
        "by itself.",
        infinity_made_finite,
    ),
    Misconception(
        "rounded_down",
        "The quotients are rounded down to whole numbers. Divide with `/`, not with `//`.",
        rounded_down,
    ),
    Misconception(
        "through_half",
        "You compute in float16, which has three digits and nothing above 65,504. Stay in the dtype of the logits.",
        through_half,
    ),
    Misconception(
        "powers_of_probabilities",
        "You take the logarithm of p ** (1 / T). That shifts every logit, and what is unlikely becomes -inf on the "
        "way. Divide the logits themselves.",
        powers_of_probabilities,
    ),
    Misconception(
        "low_ones_raised",
        "A low temperature is replaced by a higher one. Every temperature above 0 is allowed and used as it is.",
        low_ones_raised,
    ),
    Misconception(
        "high_ones_lowered",
        "A high temperature is replaced by a lower one. There is no upper limit: use it as it is.",
        high_ones_lowered,
    ),
    Misconception(
        "temperature_rounded",
        "The temperature becomes a tensor of the logits' dtype. float16 turns 1e-8 into 0 and 1e5 into infinity: "
        "divide by the Python number itself.",
        temperature_rounded,
    ),
    Misconception(
        "greedy_at_zero",
        "A temperature of 0 gives you the most likely token alone. It has to raise ValueError.",
        greedy_at_zero,
    ),
    Misconception(
        "no_value_error",
        "A temperature of 0 or below is not refused: raise ValueError, before dividing by it.",
        no_value_error,
    ),
    Misconception(
        "zero_allowed", "A temperature of exactly 0 gets through: the test has to be `temperature <= 0`.", zero_allowed
    ),
    Misconception(
        "clamped",
        "A temperature of 0 or below is replaced by a small number. The caller made a mistake and should hear of it: "
        "raise ValueError.",
        clamped,
    ),
    Misconception("asserted", "A bad temperature raises AssertionError: raise ValueError instead.", asserted),
    Misconception("input_edited", "The logits given are changed by an in-place operation such as `/=`.", input_edited),
    Misconception("always_float32", "The result is always float32: keep the dtype of the logits.", always_float32),
    Misconception(
        "made_on_the_cpu",
        "A new tensor is made on the CPU: this breaks on a GPU. Divide by the number itself, or make the tensor with "
        "device=logits.device.",
        made_on_the_cpu,
        on_meta="RuntimeError",
    ),
    Misconception(
        "loop_over_entries", "There is a Python loop over entries: divide the whole tensor.", loop_over_entries
    ),
)
