"""The checks of `most_similar(query, weight, k, exclude=())`.

Sizes in the fixtures: 9 words, 5 features. No two scores are equal, so that there is one order only.
"""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .._shared import mixed, rows_at, spread
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "most_similar"
V, D = 9, 5


def oracle(
    query: torch.Tensor, weight: torch.Tensor, k: int, exclude: tuple[int, ...] = ()
) -> tuple[torch.Tensor, torch.Tensor]:
    """The cosine of the angle to each row by torch's own function, and a stable sort of what is left."""
    scores = torch.cosine_similarity(query[None], weight, dim=-1)
    left = torch.tensor([i for i in range(weight.shape[0]) if i not in exclude])
    if len(left) < k:
        raise ValueError(f"{len(left)} words are left, and {k} are asked for")
    order = scores[left].argsort(descending=True, stable=True)[:k]
    return left[order], scores[left][order]


Table = tuple[torch.Tensor, torch.Tensor]


def _table(draw: Draw, dtype: torch.dtype = torch.float32, longest: float = 4.0) -> Table:
    """A query and rows at cosines from -0.9 to 0.9 to it, a tenth or more apart; the best row is the shortest, so that
    it has neither the largest dot product nor the smallest distance."""
    wanted = spread(draw, -0.9, 0.9, V)
    lengths = (0.3 + 0.7 * draw.permutation(V) / (V - 1)) * longest
    lengths[wanted.argmax()], lengths[lengths.argmin()] = lengths.min().item(), lengths[wanted.argmax()].item()
    query = mixed(draw, D, dtype=dtype) * longest / 2
    return query, rows_at(draw, query, wanted, lengths, dtype)


def _some_ids(draw: Draw, n: int) -> list[int]:
    return [int(i) for i in draw.permutation(V)[:n]]


def _best(table: Table) -> int:
    query, rows = table
    return int((rows @ query / torch.linalg.vector_norm(rows, dim=-1)).argmax())


def _values(draw: Draw) -> list[Probe]:
    table = _table(draw)
    return [Probe((Call(NAME, (*table, 4)), Call(NAME, (*table, 1), save="one")), ("out", "one"))]


def _exclude(draw: Draw) -> list[Probe]:
    """The best word is among those excluded, and so are two others; once in a list, once in a tuple."""
    table = _table(draw)
    best = _best(table)
    others = [i for i in _some_ids(draw, V) if i != best]
    calls = (
        Call(NAME, (*table, 3), {"exclude": [others[0], best, others[1]]}, save="several"),
        Call(NAME, (*table, 3, (best,)), save="one"),
    )
    return [Probe(calls, ("several", "one"))]


def _opposite(draw: Draw) -> Call:
    """Four words are left, one of them the exact opposite of the query: with no rounding its cosine is -1, since all
    lengths are powers of two, and all entries but zeros. Where excluded words score -1 as well, one of them comes."""

    def signs() -> torch.Tensor:
        return (2.0 * draw.integers(0, 2, D) - 1.0) * (draw.permutation(D) > 0)

    _, table = _table(draw)
    query = 2.0 * draw.until(signs, unsorted)
    rows = rows_at(draw, query, spread(draw, -0.9, 0.9, V), torch.linalg.vector_norm(table, dim=-1))

    def shows(ids: list[int]) -> bool:
        scores = torch.cosine_similarity(query[None], rows, dim=-1)
        scores[ids] = -1.0
        last = (scores.topk(4).indices[-1], scores.argsort(descending=True)[3], scores.argsort()[-4])
        return all(int(i) != ids[0] for i in last)

    opposite, *excluded = draw.until(lambda: _some_ids(draw, V - 3), shows)
    rows[opposite] = -2.0 * query
    return Call(NAME, (query, rows, 4), {"exclude": excluded}, save="opposite")


def _all_left(draw: Draw) -> list[Probe]:
    """Every word that is left is asked for; an id that comes twice is excluded once."""
    table = _table(draw)
    first, second = _some_ids(draw, 2)
    calls = (
        Call(NAME, (*table, V), save="everything"),
        Call(NAME, (*table, V - 2), {"exclude": (first, second)}, save="left"),
        Call(NAME, (*table, V - 2), {"exclude": [second, first, second]}, save="twice"),
    )
    return [Probe(calls, ("everything", "left", "twice")), Probe((_opposite(draw),), ("opposite",))]


def _too_many(draw: Draw) -> list[Probe]:
    table = _table(draw)
    excluded = _some_ids(draw, 3)
    everything, left = Call(NAME, (*table, V + 1)), Call(NAME, (*table, V - 2), {"exclude": excluded})
    return [Probe((everything,)), Probe((left,))]


def _zeros(draw: Draw) -> list[Probe]:
    """One row is zero, in place of the one that scores nearly that: it stands between positive and negative scores.
    Then the query is zero; all scores are equal there, so one word only is left."""
    query, rows = _table(draw)
    rows[(rows @ query / torch.linalg.vector_norm(rows, dim=-1)).abs().argmin()] = 0.0
    _, table = _table(draw)
    all_but_one = _some_ids(draw, V)[1:]
    steps = (
        Let("table", table),
        Call(Ref("table.new_zeros"), (D,), save="nothing"),
        Call(NAME, (Ref("nothing"), Ref("table"), 1, all_but_one), save="zero_query"),
    )
    return [Probe((Call(NAME, (query, rows, V)),)), Probe(steps, ("zero_query",))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (*_table(draw, torch.float64), 4, (int(draw.integers(0, V)),))),))]


def _large(draw: Draw) -> list[Probe]:
    query, rows = _table(draw, longest=10_000.0)
    return [Probe((Call(NAME, (query, rows, V)),))]


def _gradients(draw: Draw) -> list[Probe]:
    """Of the scores, each with a factor of its own; the best word is excluded."""
    table = _table(draw)
    lets = tuple(Let(name, x, requires_grad=True) for name, x in zip(("query", "weight"), table, strict=True))
    call = Call(NAME, (Ref("query"), Ref("weight"), 4, (_best(table),)))
    return [Probe((*lets, call, Backward("out.1", mixed(draw, 4))), ("out", "query.grad", "weight.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    query, rows = _table(draw)
    lets = (Let("query", query), Let("table", rows.T.contiguous()), Let("exclude", _some_ids(draw, 2)))
    turned = Call(Ref("table.transpose"), (0, 1), save="weight")
    call = Call(NAME, (Ref("query"), Ref("weight"), 4, Ref("exclude")))
    return [Probe((*lets, turned, call), ("out", "query", "table", "exclude"))]


ROUNDINGS = Tolerance(32, "sums of 5 products, two roots and a division: a few roundings; 10 times that", length=D)
LARGE = Tolerance(0.1, "a cosine does not grow with its vectors: the roundings of 1,000, not of 10,000", length=D)
BACKWARD = Tolerance(64, "as forward, and back through each of its steps", length=D)

CHECKS = (
    Check(
        "values", "The k words of the highest cosine to the query, best first: (ids, scores).", _values, ROUNDINGS, 3
    ),
    Check("exclude", "Excluded words never appear; the others keep their ids.", _exclude, ROUNDINGS, weight=2),
    Check("all that are left", "k may be as large as the number of words left.", _all_left, ROUNDINGS),
    Check("too few left", "ValueError when fewer than k words are left.", _too_many, ROUNDINGS),
    Check("zero vectors", "A row of zeros scores 0, and so does every row for a query of zeros.", _zeros, ROUNDINGS),
    Check("float64", "float64 inputs give float64 scores, right to float64's precision.", _float64, ROUNDINGS),
    Check("large vectors", "Entries in the thousands change neither order nor scores.", _large, LARGE),
    Check("gradients", "Gradients flow from the scores to query and weight.", _gradients, BACKWARD, aside=True),
    Check(
        "inputs untouched", "query, weight and exclude stay as they were; weight may be a view.", _untouched, ROUNDINGS
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("d", "v d"))
