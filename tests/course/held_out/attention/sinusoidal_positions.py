"""Held-out corpus for sinusoidal_positions: wrong and unusual right solutions."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def _positions(n: int) -> Tensor:
    return torch.arange(n, dtype=torch.float64).unsqueeze(1)


def _rates(d: int, base: float = 10000.0) -> Tensor:
    return base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)


def _interleaved(sine: Tensor, cosine: Tensor) -> Tensor:
    return torch.stack((sine, cosine), dim=-1).flatten(-2).float()


# ---------------------------------------------------------------- wrong


def column_number_doubled(n: int, d: int) -> Tensor:
    """Takes 2i for the column number of an even column (exponent 4i/d in pairs): differs from column 2 on."""
    rates = 10000.0 ** (-2 * torch.arange(0, d, 2, dtype=torch.float64) / d)
    angle = _positions(n) * rates
    return _interleaved(angle.sin(), angle.cos())


def pair_number_not_doubled(n: int, d: int) -> Tensor:
    """Exponent i/d with the number i of the pair, the factor 2 forgotten: differs from column 2 on."""
    rates = 10000.0 ** (-torch.arange(d // 2, dtype=torch.float64) / d)
    angle = _positions(n) * rates
    return _interleaved(angle.sin(), angle.cos())


def halves_side_by_side(n: int, d: int) -> Tensor:
    """All sines first, then all cosines: differs for d > 2."""
    angle = _positions(n) * _rates(d)
    return torch.cat((angle.sin(), angle.cos()), dim=-1).float()


def cosine_on_even_columns(n: int, d: int) -> Tensor:
    """Cosine on even columns, sine on odd ones: position 0 is 1, 0, 1, 0 in place of 0, 1, 0, 1."""
    angle = _positions(n) * _rates(d)
    return _interleaved(angle.cos(), angle.sin())


def positions_from_one(n: int, d: int) -> Tensor:
    """Counts positions from 1: every row is the next one's."""
    angle = (_positions(n) + 1) * _rates(d)
    return _interleaved(angle.sin(), angle.cos())


def ends_at_the_base(n: int, d: int) -> Tensor:
    """Spreads the rates over d/2 - 1 steps, as tensor2tensor does: differs from column 2 on, 0/0 = NaN for d = 2."""
    steps = torch.arange(d // 2, dtype=torch.float64) / (d // 2 - 1 if d > 2 else math.nan)
    angle = _positions(n) * torch.exp(-math.log(10000.0) * steps)
    return _interleaved(angle.sin(), angle.cos())


def double_precision_kept(n: int, d: int) -> Tensor:
    """Returns float64, in which it was computed, in place of float32."""
    angle = _positions(n) * _rates(d)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)


def base_one_thousand(n: int, d: int) -> Tensor:
    """Base 1000 in place of 10000: differs from column 2 on."""
    angle = _positions(n) * _rates(d, 1000.0)
    return _interleaved(angle.sin(), angle.cos())


def own_rate_for_each_column(n: int, d: int) -> Tensor:
    """Gives odd columns their own exponent (2i + 1)/d in place of their pair's: every cosine column differs."""
    rates = 10000.0 ** (-torch.arange(d, dtype=torch.float64) / d)
    angle = _positions(n) * rates
    out = torch.empty(n, d)
    out[:, 0::2] = angle[:, 0::2].sin().float()
    out[:, 1::2] = angle[:, 1::2].cos().float()
    return out


def position_after_position(n: int, d: int) -> Tensor:
    """Fills the table in a loop over positions: right values, but the number of torch calls grows with n."""
    rates = _rates(d)
    out = torch.zeros(n, d, dtype=torch.float32)
    for position in range(n):
        out[position, 0::2] = torch.sin(position * rates).float()
        out[position, 1::2] = torch.cos(position * rates).float()
    return out


def with_a_batch_axis(n: int, d: int) -> Tensor:
    """Comes with a batch axis in front, (1, n, d), in place of (n, d)."""
    angle = _positions(n) * _rates(d)
    return _interleaved(angle.sin(), angle.cos()).unsqueeze(0)


def rates_turned_round(n: int, d: int) -> Tensor:
    """Multiplies by 10000^(2i/d) in place of dividing: from column 2 on the angles grow in place of shrinking."""
    angle = _positions(n) / _rates(d)
    return _interleaved(angle.sin(), angle.cos())


def full_turns(n: int, d: int) -> Tensor:
    """Inserts 2 pi so that the base is a wavelength: differs for every position but 0."""
    angle = 2 * math.pi * _positions(n) * _rates(d)
    return _interleaved(angle.sin(), angle.cos())


def rates_of_half_precision(n: int, d: int) -> Tensor:
    """Keeps the rates in bfloat16 (as a model in bfloat16 would): at position 999 the angles are off by whole radians."""
    angle = _positions(n) * _rates(d).to(torch.bfloat16).double()
    return _interleaved(angle.sin(), angle.cos())


def scaled_by_root_of_width(n: int, d: int) -> Tensor:
    """Divides by sqrt(d) so that they weigh less than the embeddings: differs for every size."""
    angle = _positions(n) * _rates(d)
    return _interleaved(angle.sin(), angle.cos()) / math.sqrt(d)


# ---------------------------------------------------------------- right


def as_complex_phases(n: int, d: int) -> Tensor:
    """Right: unit complex numbers exp(i angle) seen as pairs (imaginary, real)."""
    phase = torch.polar(torch.ones(n, d // 2, dtype=torch.float64), torch.outer(_positions(n)[:, 0], _rates(d)))
    return torch.view_as_real(phase).flip(-1).reshape(n, d).to(torch.float32)


def cosine_as_shifted_sine(n: int, d: int) -> Tensor:
    """Right: one sine over all columns, odd ones ahead by a quarter turn."""
    column = torch.arange(d, dtype=torch.float64)
    pair = torch.div(column, 2, rounding_mode="floor")
    angle = torch.arange(n, dtype=torch.float64)[:, None] * torch.exp(pair * (-2 * math.log(1e4) / d))
    return torch.sin(angle + (column % 2) * (math.pi / 2)).type(torch.float32)


def rates_as_python_numbers(n: int, d: int) -> Tensor:
    """Right: the rates from a Python list, the angles by a product, columns filled by strided assignment."""
    rates = torch.tensor([1 / 10000 ** (2 * i / d) for i in range(d // 2)], dtype=torch.float64)
    angle = torch.arange(n).double().reshape(n, 1).mm(rates.reshape(1, -1))
    out = torch.zeros((n, d), dtype=torch.float32)
    out[:, ::2] = angle.sin()
    out[:, 1::2] = angle.cos()
    return out


WRONG = (
    column_number_doubled,
    pair_number_not_doubled,
    halves_side_by_side,
    cosine_on_even_columns,
    positions_from_one,
    ends_at_the_base,
    double_precision_kept,
    base_one_thousand,
    own_rate_for_each_column,
    position_after_position,
    with_a_batch_axis,
    rates_turned_round,
    full_turns,
    rates_of_half_precision,
    scaled_by_root_of_width,
)
RIGHT = (as_complex_phases, cosine_as_shifted_sine, rates_as_python_numbers)
