"""The checks of `tokenize_trajectory(x, low, high, bins)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from autograder.checks import Draw, case, given, raises, right, wrong

from ._bins import EXACT_BINS, bins_of, inside, some_ids

Arguments = dict[str, Any]


@given(exact=True, about="The number of each value's bin, counted from 0, for values of any shape (...).")
def tokenize_trajectory(draw: Draw, *batch: int) -> Arguments:
    """Values of the middle half: their own range is not that of the bins."""
    low, high, bins = bins_of(draw)
    ids = draw.integers(bins // 4, 3 * bins // 4, *batch, draw.size("n"))
    return {"x": inside(draw, ids, low, high, bins), "low": low, "high": high, "bins": bins}


@case("Values below low go to the first bin, values at high or above to the last, however far away.", alone=True)
def outside(draw: Draw) -> list[Arguments]:
    """Near and far ones, among others that lie inside."""
    low, high, bins = bins_of(draw)
    between = inside(draw, torch.tensor([bins // 5, bins // 3, 2 * bins // 3, bins - 2]), low, high, bins)
    far = torch.tensor([low - 0.3, high + 0.2, low - 10_000, 10_000 + high, low - 40.0, high + 30.0, *between])
    at_high = torch.tensor([3.0, 2.5, -2.0, 3.25, -2.5])
    return [
        {"x": far[draw.permutation(len(far))], "low": low, "high": high, "bins": bins},
        {"x": at_high[draw.permutation(5)], "low": -2.0, "high": 3.0, "bins": draw.choice((5, 10, 20))},
    ]


@case("A value on an edge belongs to the upper bin.", alone=True)
def on_edges(draw: Draw) -> list[Arguments]:
    found = []
    for low, high, bins in EXACT_BINS:
        ids = draw.permutation(bins)
        found.append({"x": (low + ids.double() * (high - low) / bins).float(), "low": low, "high": high, "bins": bins})
    return found


@case("A single value, a 0-dim tensor, gives a single id.", alone=True)
def a_single_value(draw: Draw) -> list[Arguments]:
    """One low in the range and high in its bin, one the other way round."""
    low, high, bins = bins_of(draw)
    places = (bins // 5 + draw.number(0.8, 0.9), 4 * bins // 5 + draw.number(0.1, 0.2))
    values = (torch.tensor(low + place * (high - low) / bins) for place in places)
    return [{"x": x, "low": low, "high": high, "bins": bins} for x in values]


@case("No size is special: one bin, three, hundreds; one value, and a square of values.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    low, high, _ = bins_of(draw)
    n = draw.size("n")
    found = []
    for bins, shape in ((1, (n,)), (3, (n, n)), (700, (1, n)), (512, (n, 1)), (9, (1,))):
        ids = some_ids(draw, *shape, bins=bins)
        found.append({"x": inside(draw, ids, low, high, bins), "low": low, "high": high, "bins": bins})
    return found


@raises(ValueError, "low must lie below high, and at least one bin is needed: anything else is a ValueError.")
def no_bins(draw: Draw) -> list[Arguments]:
    x = draw.normal(draw.size("n"))
    low, high, bins = bins_of(draw)
    bad = ((high, low, bins), (low, low, bins), (low, high, 0), (low, high, -3), (3, 3, bins))
    return [{"x": x, "low": start, "high": end, "bins": number} for start, end, number in bad]


def refuse(low: float, high: float, bins: int) -> None:
    if low >= high or bins <= 0:
        raise ValueError("bad bins")


@right
def by_floor(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return torch.floor((x - low) / ((high - low) / bins)).clamp(0, bins - 1).to(torch.int64)


@right
def clamped_first(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    share = ((x - low) / (high - low)).clamp(0, 1)
    return (share * bins).long().clamp_max(bins - 1)


@right
def by_bucketize(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    inner = low + torch.arange(1, bins, dtype=x.dtype, device=x.device) * ((high - low) / bins)
    return torch.bucketize(x.contiguous(), inner, right=True)


@right
def by_counting_edges(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    edges = torch.linspace(low, high, bins + 1, dtype=torch.float64, device=x.device)[1:-1]
    return (x.double().unsqueeze(-1) >= edges).sum(-1)


@right
def by_searchsorted(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    width = (high - low) / bins
    edges = (low + width * torch.arange(bins, dtype=torch.float64, device=x.device)).to(x.dtype)
    return (torch.searchsorted(edges, x.contiguous(), side="right") - 1).clamp_min(0)


@right
def by_whole_division(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    ids = torch.div((x - low) * bins, high - low, rounding_mode="floor")
    return torch.minimum(ids.relu(), torch.full_like(ids, bins - 1)).type(torch.long)


@wrong("You round to the nearest number. A bin begins at its lower edge: take floor.")
def rounded(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).round().clamp(0, bins - 1).long()


@wrong("You divide by bins - 1: then there are that many bins and one more value. The width is (high - low) / bins.")
def one_bin_too_few(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * (bins - 1)).floor().clamp(0, bins - 1).long()


@wrong("The nearest of `bins` points from low to high is no bin: cut the range into equal pieces and take floor.")
def nearest_of_points(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * (bins - 1)).round().clamp(0, bins - 1).long()


@wrong("Ids count from 0 to bins - 1. Yours count from 1.")
def counted_from_one(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1).long() + 1


@wrong("Values outside get ids that do not exist. Those below low belong to the first bin, those above to the last.")
def not_clamped(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().long()


@wrong("At high and above you give the id `bins`. The last bin is bins - 1.")
def clamped_to_bins(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins).long()


@wrong("Values below low get negative ids: clamp at both ends.")
def clamped_above_only(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp_max(bins - 1).long()


@wrong("Values outside wrap round, as angles do. Those below low belong to the first bin, those above to the last.")
def wrapped_round(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().long() % bins


@wrong("A value on an edge goes to the lower bin. It belongs to the upper one: floor, or right=True in bucketize.")
def lower_bin_on_edges(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).ceil().sub(1).clamp(0, bins - 1).long()


@wrong("You divide x without subtracting low first: bins are counted from low, not from 0.")
def counted_from_zero(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return (x / (high - low) * bins).floor().clamp(0, bins - 1).long()


@wrong("You divide by high, not by the length of the range, high - low.")
def divided_by_high(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / high * bins).floor().clamp(0, bins - 1).long()


@wrong("You stretch the range to the smallest and largest value seen. low and high fix the bins for all trajectories.")
def range_of_the_data(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    span = (x.max() - x.min()).clamp_min(1e-9)
    return ((x - x.min()) / span * bins).floor().clamp(0, bins - 1).long()


@wrong("The bins are numbered from the top. Count them from low upwards.")
def from_the_top(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return bins - 1 - ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1).long()


@wrong("Your ids are floats. Token ids are long: add .long() after floor and clamp.")
def still_floats(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1)


@wrong("Your ids are int32. Token ids are long (int64).")
def int32_ids(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1).int()


@wrong("You return one list of ids: keep the shape of x.")
def flattened(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    refuse(low, high, bins)
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1).long().flatten()


@wrong("low >= high and bins < 1 are not refused: raise ValueError.")
def nothing_refused(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    ids = ((x - low) / ((high - low) or 1.0) * bins).floor()
    return ids.clamp(0, max(bins - 1, 0)).long()


@wrong("A range of no length, low == high, is not refused: raise ValueError there, too.")
def empty_range_accepted(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    if low > high or bins < 1:
        raise ValueError("bad bins")
    return ((x - low) / (high - low + (low == high)) * bins).floor().clamp(0, bins - 1).long()


@wrong("bins = 0 is not refused: raise ValueError for fewer than 1.")
def no_bins_accepted(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    if low >= high or bins < 0:
        raise ValueError("bad bins")
    return ((x - low) / (high - low) * bins).floor().clamp(0, max(bins - 1, 0)).long()


@wrong("One bin alone is refused. It is allowed: all values get the id 0.")
def one_bin_refused(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    if low >= high or bins <= 1:
        raise ValueError("bad bins")
    return ((x - low) / (high - low) * bins).floor().clamp(0, bins - 1).long()
