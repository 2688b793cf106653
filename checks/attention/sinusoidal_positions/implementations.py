"""Ways to write sinusoidal_positions: right ones that must pass, and known wrong ones that must fail."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.checks import Misconception, Variant

# ---- right ----------------------------------------------------------------------------------------------------


def textbook(n: int, d: int) -> Tensor:
    position = torch.arange(n).unsqueeze(1)
    frequency = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
    table = torch.zeros(n, d)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency)
    return table


def stacked(n: int, d: int) -> Tensor:
    angles = torch.arange(n)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def in_float64(n: int, d: int) -> Tensor:
    pair = torch.arange(d // 2, dtype=torch.float64)
    angles = torch.outer(torch.arange(n, dtype=torch.float64), torch.pow(10000.0, -2 * pair / d))
    return torch.dstack([torch.sin(angles), torch.cos(angles)]).reshape(n, d).to(torch.float32)


def shifted_sine(n: int, d: int) -> Tensor:
    column = torch.arange(d)
    angles = torch.arange(n).float()[:, None] * torch.pow(10000.0, -(column - column % 2) / d)
    return torch.sin(angles + (column % 2) * (math.pi / 2))


def chosen_by_column(n: int, d: int) -> Tensor:
    column = torch.arange(d)
    angles = torch.arange(n)[:, None] / torch.pow(torch.tensor(10000.0), 2 * (column // 2) / d)
    return torch.where(column % 2 == 0, angles.sin(), angles.cos())


def complex_numbers(n: int, d: int) -> Tensor:
    frequency = 10000.0 ** (-torch.arange(0, d, 2) / d)
    angles = torch.outer(torch.arange(n).float(), frequency)
    turned = torch.polar(torch.ones_like(angles), math.pi / 2 - angles)  # cos(pi/2 - a) = sin a
    return torch.view_as_real(turned).flatten(1)


VARIANTS = tuple(
    Variant(function.__name__, function)
    for function in (textbook, stacked, in_float64, shifted_sine, chosen_by_column, complex_numbers)
)

# ---- wrong ----------------------------------------------------------------------------------------------------


def paired(angles: Tensor) -> Tensor:
    """Sines and cosines of angles (n, d / 2) side by side: the right end, for mistakes that stand before it."""
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def periods(d: int, base: float = 10000.0) -> Tensor:
    return base ** (torch.arange(0, d, 2) / d)


def positions(n: int) -> Tensor:
    return torch.arange(n).float().unsqueeze(1)


def sines_then_cosines(n: int, d: int) -> Tensor:
    angles = positions(n) / periods(d)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def cosines_first(n: int, d: int) -> Tensor:
    angles = positions(n) / periods(d)
    return torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1)


def sines_only(n: int, d: int) -> Tensor:
    return (positions(n) / periods(d)).sin().repeat_interleave(2, dim=-1)


def factor_two_missing(n: int, d: int) -> Tensor:
    return paired(positions(n) / 10000 ** (torch.arange(d // 2) / d))


def factor_two_twice(n: int, d: int) -> Tensor:
    return paired(positions(n) / 10000 ** (2 * torch.arange(0, d, 2) / d))


def period_for_each_column(n: int, d: int) -> Tensor:
    angles = positions(n) / 10000 ** (torch.arange(d) / d)
    return torch.where(torch.arange(d) % 2 == 0, angles.sin(), angles.cos())


def twice_the_column(n: int, d: int) -> Tensor:
    angles = positions(n) / 10000 ** (2 * torch.arange(d) / d)
    return torch.where(torch.arange(d) % 2 == 0, angles.sin(), angles.cos())


def last_period_included(n: int, d: int) -> Tensor:
    return paired(positions(n) / 10000 ** (torch.arange(d // 2) / (d // 2 - 1)))


def multiplied(n: int, d: int) -> Tensor:
    return paired(positions(n) * periods(d))


def base_1000(n: int, d: int) -> Tensor:
    return paired(positions(n) / periods(d, 1000.0))


def base_e(n: int, d: int) -> Tensor:
    return paired(positions(n) / periods(d, math.e))


def decimal_logarithm(n: int, d: int) -> Tensor:
    return paired(positions(n) * torch.exp(-math.log10(10000.0) * torch.arange(0, d, 2) / d))


def degrees(n: int, d: int) -> Tensor:
    return paired(torch.deg2rad(positions(n) / periods(d)))


def whole_turns(n: int, d: int) -> Tensor:
    return paired(2 * math.pi * positions(n) / periods(d))


def from_one(n: int, d: int) -> Tensor:
    return paired((positions(n) + 1) / periods(d))


def divided_by_length(n: int, d: int) -> Tensor:
    return paired(positions(n) / n / periods(d))


def pairs_from_one(n: int, d: int) -> Tensor:
    return paired(positions(n) / 10000 ** (torch.arange(2, d + 2, 2) / d))


def transposed(n: int, d: int) -> Tensor:
    return paired(positions(n) / periods(d)).T


def batch_added(n: int, d: int) -> Tensor:
    return paired(positions(n) / periods(d)).unsqueeze(0)


def returns_float64(n: int, d: int) -> Tensor:
    return paired(positions(n).double() / periods(d))


def half_precision_inside(n: int, d: int) -> Tensor:
    return paired(positions(n).half() / periods(d).half()).float()


def rates_in_bfloat16(n: int, d: int) -> Tensor:
    return paired(positions(n) * (1 / periods(d)).bfloat16().float())


def made_smaller(n: int, d: int) -> Tensor:
    return textbook(n, d) / math.sqrt(d)


def loop_over_positions(n: int, d: int) -> Tensor:
    return torch.stack([paired(position / periods(d)[None])[0] for position in range(n)])


def at_most_512(n: int, d: int) -> Tensor:
    return paired(positions(512) / periods(d))[:n]


def always_width_512(n: int, d: int) -> Tensor:
    return paired(positions(n) / 10000 ** (torch.arange(0, d, 2) / 512))


TEXTS = {
    sines_then_cosines: "All sines come first and all cosines after them: they take turns, sines on even columns and "
    "cosines on odd ones.",
    cosines_first: "Sines and cosines are exchanged: sines stand on the even columns 0, 2, 4, ...",
    sines_only: "The odd columns hold sines too: they should hold cosines of the same angles.",
    factor_two_missing: "The exponent is i / d for the pair number i: it should be 2 i / d, which is the even column's "
    "number over d.",
    factor_two_twice: "The exponent has the factor 2 twice: torch.arange(0, d, 2) already is 2 i.",
    period_for_each_column: "Every column has a period of its own: the cosine on column 2 i + 1 shares the angle of "
    "the sine on column 2 i.",
    twice_the_column: "The exponent is twice the column's number over d: 2 i is the even column itself, and the "
    "odd one beside it shares its angle.",
    last_period_included: "The exponents reach 1: they are 2 i / d, so the last one is (d - 2) / d.",
    multiplied: "The position is multiplied with 10000^(2 i / d): divide by it, so that later columns turn slower.",
    base_1000: "The base is 1000: it should be 10000.",
    base_e: "The base is e: it should be 10000.",
    decimal_logarithm: "exp belongs to the natural logarithm: use math.log(10000), not log10.",
    degrees: "The angles are taken for degrees: torch.sin works in radians, and so does the formula.",
    whole_turns: "The angles are multiplied with 2 pi: the formula has no such factor.",
    from_one: "The first position is 1: count from 0.",
    divided_by_length: "The positions are divided by n, so the same position gets another vector in a longer text: "
    "use them as they are.",
    pairs_from_one: "The pairs of columns are counted from 1: i begins at 0, so the first column is sin(position).",
    transposed: "The table is (d, n): rows are positions, columns are features.",
    batch_added: "The table has a batch dimension: its shape is (n, d).",
    returns_float64: "The table is float64: it should be float32.",
    half_precision_inside: "The angles are worked out in half precision, which has three digits: an angle of a few "
    "hundred is then off by a tenth of a turn. Use float32 or float64.",
    rates_in_bfloat16: "The periods are rounded to half precision, which has three digits: far positions are then off "
    "by whole turns. Use float32 or float64.",
    made_smaller: "The table is divided by sqrt(d): sines and cosines go in as they are.",
    loop_over_positions: "There is a Python loop over positions: one product of a column and a row holds all angles.",
    at_most_512: "The table ends after 512 positions: n may be up to 1000.",
    always_width_512: "The exponent is divided by 512: divide by d.",
}

MISCONCEPTIONS = tuple(Misconception(wrong.__name__, text, wrong) for wrong, text in TEXTS.items())
