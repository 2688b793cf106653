"""The checks of `detokenize_trajectory(ids, low, high, bins)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

from ._bins import EXACT_BINS, bins_of, some_ids

Arguments = dict[str, Any]


@given(about="The centre of the bin of each id, in float32, for ids of any shape (...).")
def detokenize_trajectory(draw: Draw, *batch: int) -> Arguments:
    low, high, bins = bins_of(draw)
    return {"ids": some_ids(draw, *batch, draw.size("n"), bins=bins), "low": low, "high": high, "bins": bins}


@case("A single id, a 0-dim tensor, gives a single value.", alone=True)
def a_single_id(draw: Draw) -> Arguments:
    low, high, bins = bins_of(draw)
    return {"ids": draw.integers(2, bins - 2), "low": low, "high": high, "bins": bins}


@case("low and high may be whole numbers, and the bins few, one, or hundreds.", alone=True)
def any_bins(draw: Draw) -> list[Arguments]:
    found = [
        {"ids": some_ids(draw, draw.size("n"), bins=bins), "low": low, "high": high, "bins": bins}
        for low, high, bins in EXACT_BINS
    ]
    few = [(1, 3, 11), (3, 5, 9), (700, -8, 6)]
    return found + [
        {"ids": some_ids(draw, 1, draw.size("m"), bins=bins), "low": low, "high": high, "bins": bins}
        for bins, low, high in few
    ]


@right
def low_plus_half(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    width = (high - low) / bins
    return (low + width / 2 + ids.to(torch.float32) * width).float()


@right
def between_the_edges(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    below = low + ids.double() * (high - low) / bins
    above = low + (ids.double() + 1) * (high - low) / bins
    return ((below + above) / 2).to(torch.float32)


@right
def odd_halves(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return ((2 * ids + 1).double() * (high - low) / (2 * bins) + low).float()


@right
def from_a_table(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    edges = torch.linspace(low, high, bins + 1, dtype=torch.float64, device=ids.device)
    return ((edges[1:] + edges[:-1]) / 2).float()[ids]


@right
def weighted_ends(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    share = (ids.float() + 0.5) / bins
    return (1 - share) * low + share * high


@right
def from_arange(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    centres = low + (torch.arange(bins, device=ids.device, dtype=torch.float32) + 0.5) * (high - low) / bins
    return torch.nn.functional.embedding(ids, centres[:, None]).squeeze(-1)


@wrong("These are the lower edges. The centre lies half a bin above.")
def lower_edges(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + ids.float() * ((high - low) / bins)


@wrong("These are the upper edges. The centre lies half a bin below.")
def upper_edges(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + (ids.float() + 1) * ((high - low) / bins)


@wrong("You are one bin too low. Bin 0 begins at low, so its centre is low plus half a bin.")
def half_below(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + (ids.float() - 0.5) * ((high - low) / bins)


@wrong("You spread `bins` points from low to high, ends included. The centres of bins do not reach the ends.")
def points_from_end_to_end(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + ids.float() * ((high - low) / max(bins - 1, 1))


@wrong("low is missing: the bins begin there, not at 0.")
def low_forgotten(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return (ids.float() + 0.5) * ((high - low) / bins)


@wrong("You divide high by the bins. The width of a bin is (high - low) / bins.")
def width_from_high(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + (ids.float() + 0.5) * (high / bins)


@wrong("You add half a unit in place of half a bin: 0.5 belongs inside the bracket with the id.")
def half_a_unit(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + ids.float() * ((high - low) / bins) + 0.5


@wrong("The bins are counted from high downwards. Bin 0 begins at low.")
def from_the_top(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return high - (ids.float() + 0.5) * ((high - low) / bins)


@wrong("The centres of the bins are in float64. float32 is asked: end with .float().")
def double_precision(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + (ids.double() + 0.5) * ((high - low) / bins)


@wrong("`//` makes a whole number of the width of a bin. Divide with `/`.")
def whole_division(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return low + (ids.float() + 0.5) * ((high - low) // bins)


@wrong("Centres are rounded to whole numbers: make a float of the ids before you calculate, and leave it one.")
def whole_numbers(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return (low + (ids + 0.5) * ((high - low) / bins)).long().float()


@wrong("You return one list of values: keep the shape of ids.")
def flattened(ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    return (low + (ids.float() + 0.5) * ((high - low) / bins)).flatten()
