"""The checks of `look_up(index, weight)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    exact=True,
    about="Each index picks its row of weight, for an index of any shape.",
    without=("no loops", "detached"),
)
def look_up(draw: Draw, *batch: int) -> Arguments:
    v = draw.size("v") + 20
    return {"index": _indices(draw, *batch, draw.size("n"), v=v), "weight": _table(draw, v, draw.size("d"))}


def _indices(draw: Draw, *shape: int, v: int) -> Tensor:
    """With the first and the last row among them, and one twice."""
    index = draw.integers(0, v, *shape)
    index.view(-1)[draw.permutation(index.numel())[:3]] = torch.tensor([0, v - 1, draw.choice((0, v - 1))])
    return index


def _table(draw: Draw, v: int, d: int) -> Tensor:
    weight = draw.normal(v, d)
    return weight + weight.sign()  # no entry is near 0


@case("A single index, a 0-dim tensor, gives one row (D,).", alone=True)
def a_single_index(draw: Draw) -> list[Arguments]:
    weight = _table(draw, 30, draw.size("d"))
    return [{"index": draw.integers(2, 29), "weight": weight}, {"index": torch.tensor(0), "weight": weight}]


@case("No size is special: axes of one, a square weight, rows of one number.", alone=True)
def any_size(draw: Draw) -> list[Arguments]:
    n, v, d = draw.size("n"), draw.size("v") + 20, draw.size("d")
    index = _indices(draw, n, v=v)
    tables = (_table(draw, v, v), _table(draw, v, 1))
    shapes = [{"index": one, "weight": _table(draw, v, d)} for one in (index[:1], index[:, None], index[None])]
    return [*shapes, *({"index": index, "weight": table} for table in tables)]


@right
def embedded(index: Tensor, weight: Tensor) -> Tensor:
    return F.embedding(index, weight)


@right
def selected(index: Tensor, weight: Tensor) -> Tensor:
    return weight.index_select(0, index.reshape(-1)).reshape(*index.shape, weight.shape[1])


@right
def gathered(index: Tensor, weight: Tensor) -> Tensor:
    places = index.reshape(-1, 1).expand(-1, weight.shape[1])
    return weight.gather(0, places).reshape(*index.shape, weight.shape[1])


@right
def by_one_hot(index: Tensor, weight: Tensor) -> Tensor:
    return F.one_hot(index, weight.shape[0]).to(weight.dtype) @ weight


@right
def taken(index: Tensor, weight: Tensor) -> Tensor:
    width = weight.shape[1]
    return weight.take(index.unsqueeze(-1) * width + torch.arange(width, device=index.device))


@wrong("This is the formula as printed: an index is a name, not a quantity. Pick the row, do not multiply.")
def as_printed(index: Tensor, weight: Tensor) -> Tensor:
    return index.unsqueeze(-1).unsqueeze(-1) * weight


@wrong("You multiply the index with the sum of the rows. Pick the row of that number: weight[index].")
def times_the_sum(index: Tensor, weight: Tensor) -> Tensor:
    return index.unsqueeze(-1) * weight.sum(0)


@wrong("You multiply the row by the index. The row comes back as it is.")
def row_times_index(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index] * index.unsqueeze(-1)


@wrong("You count rows from 1. The first row has the index 0.")
def from_one(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index - 1]


@wrong("You count rows from the end.")
def from_the_end(index: Tensor, weight: Tensor) -> Tensor:
    return weight[-index - 1]


@wrong("You pick columns. A word is a row of the table: weight has the shape (V, D).")
def columns(index: Tensor, weight: Tensor) -> Tensor:
    return weight.T[index % weight.shape[1]]


@wrong("The shape of index is lost. It stays in front: (..., D).")
def flattened(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index.reshape(-1)]


@wrong("A single index comes back as a batch of one: a 0-dim index gives a row of shape (D,).")
def always_a_batch(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index if index.dim() else index[None]]


@wrong("The rows are added up. Each index keeps its own row.")
def added_up(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index].sum(-2) if index.dim() else weight[index]


@wrong("Axes of size 1 are gone: squeeze() takes out every one. Keep the shape of index.")
def squeezed(index: Tensor, weight: Tensor) -> Tensor:
    return weight[index].squeeze()


@wrong("You build rows of length 1. They come back as they stand in the table.")
def unit_length(index: Tensor, weight: Tensor) -> Tensor:
    return F.normalize(weight, dim=-1)[index]


@wrong("You return the one-hot vector. Its product with weight is the row.")
def one_hot_only(index: Tensor, weight: Tensor) -> Tensor:
    return F.one_hot(index, weight.shape[0]).to(weight.dtype)
