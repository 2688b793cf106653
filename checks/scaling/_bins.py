"""What the banks of tokens of a trajectory share: bins whose edges are exact numbers, and values within them."""

from __future__ import annotations

from torch import Tensor

from autograder.checks import Draw

# (low, high, bins): low, high and the width are sums of few powers of two, so float32 holds every edge; all are floats
# or ints, of both signs, and no width is 1.
EXACT_BINS = ((-2.0, 3.0, 20), (-3, 9, 48), (0.5, 8.0, 30), (-10.0, -2.5, 5), (3, 33, 12), (-1.0, 0.5, 6))


def bins_of(draw: Draw) -> tuple[float, float, int]:
    """low, high and a number of bins, of which none is special."""
    low = draw.number(-9.0, -3.0) if draw.integer(0, 2) else draw.number(3.0, 9.0)
    return low, low + draw.number(5.0, 15.0), draw.size("bins") + 7


def inside(draw: Draw, ids: Tensor, low: float, high: float, bins: int) -> Tensor:
    """A value in the bin of each id (...), at least a tenth of its width away from the edges."""
    place = 0.1 + 0.8 * draw.integers(0, 1001, *ids.shape) / 1000
    return (low + (ids + place.double()) * ((high - low) / bins)).float()


def some_ids(draw: Draw, *shape: int, bins: int) -> Tensor:
    """Ids with the first and the last among them, if there are two or more."""
    ids = draw.integers(0, bins, *shape)
    flat = ids.view(-1)
    flat[draw.permutation(len(flat))[:2]] = draw.permutation(2)[: len(flat)] * (bins - 1)
    return ids
