"""The checks of `bigram_counts(ids, vocab_size)`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.checks import Draw, case, given, right, wrong

Arguments = dict[str, Any]


@given(
    exact=True,
    grow="t",
    without="any device",
    about="Row a, column b says how often b comes right after a.",
)
def bigram_counts(draw: Draw) -> Arguments:
    return _text(draw, draw.size("t") + 25, draw.size("v"))


def _text(draw: Draw, t: int, v: int) -> Arguments:
    """Some pairs come several times, a token follows itself, and `vocab_size` has tokens that do not occur."""

    def make() -> Tensor:
        ids = draw.integers(0, v, t)
        ids[3:5] = ids[2]
        return ids

    def good(ids: Tensor) -> bool:
        counts = torch.zeros(v, v, dtype=torch.int64)
        counts.index_put_((ids[:-1], ids[1:]), torch.ones(t - 1, dtype=torch.int64), accumulate=True)
        return bool((counts > 1).any()) and not torch.equal(counts, counts.T)

    return {"ids": draw.until(make, good), "vocab_size": v + 3}


@case("One token alone has no pair: all counts are 0.", alone=True)
def one_token(draw: Draw) -> list[Arguments]:
    v = draw.size("v")
    return [{"ids": draw.integers(0, v, 1), "vocab_size": v}, {"ids": torch.tensor([v - 1]), "vocab_size": v}]


@case("Two tokens are one pair, equal ones too.", alone=True)
def two_tokens(draw: Draw) -> list[Arguments]:
    v = draw.size("v")
    a = draw.integer(1, v - 1)
    return [{"ids": torch.tensor(pair), "vocab_size": v} for pair in ([a, 0], [0, a], [a, a], [v - 1, a])]


@case("The same token again and again follows itself each time; with one word there is one count.", alone=True)
def repeated(draw: Draw) -> list[Arguments]:
    n, v = draw.sizes(2)
    a = draw.integer(0, v)
    return [
        {"ids": torch.full((n,), a), "vocab_size": v},
        {"ids": torch.zeros(n, dtype=torch.int64), "vocab_size": 1},
        {"ids": torch.tensor([0, 1]).repeat(n), "vocab_size": 2},
    ]


@case("A long text has large counts, and every one of them is exact.", alone=True)
def a_long_text(draw: Draw) -> Arguments:
    return {"ids": draw.integers(0, 3, 3_000 + draw.integer(0, 300)), "vocab_size": 3}


@right
def accumulated(ids: Tensor, vocab_size: int) -> Tensor:
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.long, device=ids.device)
    return counts.index_put_((ids[:-1], ids[1:]), torch.ones_like(ids[1:]), accumulate=True)


@right
def product_of_switches(ids: Tensor, vocab_size: int) -> Tensor:
    rows = F.one_hot(ids, vocab_size).double()
    return (rows[:-1].T @ rows[1:]).long()


@right
def scattered(ids: Tensor, vocab_size: int) -> Tensor:
    flat = torch.zeros(vocab_size * vocab_size, dtype=torch.int64, device=ids.device)
    pairs = ids[:-1] * vocab_size + ids[1:]
    return flat.scatter_add(0, pairs, torch.ones_like(pairs)).reshape(vocab_size, vocab_size)


@right
def unique_pairs(ids: Tensor, vocab_size: int) -> Tensor:
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.int64, device=ids.device)
    pairs, often = torch.stack([ids[:-1], ids[1:]]).unique(dim=1, return_counts=True)
    counts[pairs[0], pairs[1]] = often
    return counts


@right
def row_after_row(ids: Tensor, vocab_size: int) -> Tensor:
    before, after = ids[:-1], ids[1:]
    rows = [torch.bincount(after[before == token], minlength=vocab_size) for token in range(vocab_size)]
    return torch.stack(rows)


@right
def all_pairs_compared(ids: Tensor, vocab_size: int) -> Tensor:
    tokens = torch.arange(vocab_size, device=ids.device)
    first = ids[:-1, None, None] == tokens[:, None]
    return (first & (ids[1:, None, None] == tokens)).sum(0)


@wrong("The table is turned: the row is the token before, the column the one after it.")
def turned(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size).T


@wrong(
    "Every pair counts once, however often it comes: counts[a, b] += 1 with equal places adds only once. Accumulate."
)
def each_pair_once(ids: Tensor, vocab_size: int) -> Tensor:
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.long, device=ids.device)
    counts[ids[:-1], ids[1:]] += 1
    return counts


@wrong("Only every second pair is counted. A token is the second of one pair and the first of the next.")
def pairs_apart(ids: Tensor, vocab_size: int) -> Tensor:
    even = ids[: len(ids) // 2 * 2].view(-1, 2)
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.long, device=ids.device)
    return counts.index_put_((even[:, 0], even[:, 1]), torch.ones_like(even[:, 0]), accumulate=True)


@wrong("The last token is followed by the first one. A text is no ring: it has T - 1 pairs.")
def in_a_ring(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(torch.cat([ids, ids[:1]]), vocab_size)


@wrong("You count both directions. Only b right after a counts for row a, column b.")
def both_directions(ids: Tensor, vocab_size: int) -> Tensor:
    counts = accumulated(ids, vocab_size)
    return counts + counts.T


@wrong("You count tokens two places apart. The next token is one place further.")
def two_apart(ids: Tensor, vocab_size: int) -> Tensor:
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.long, device=ids.device)
    return counts.index_put_((ids[:-2], ids[2:]), torch.ones_like(ids[2:]), accumulate=True)


@wrong("The last pair is forgotten.")
def last_pair_forgotten(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids[:-1] if len(ids) > 1 else ids, vocab_size)


@wrong("The first pair is forgotten.")
def first_pair_forgotten(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids[1:] if len(ids) > 1 else ids, vocab_size)


@wrong("Tokens that follow themselves are left out. They are pairs like all others.")
def diagonal_left_out(ids: Tensor, vocab_size: int) -> Tensor:
    counts = accumulated(ids, vocab_size)
    return counts - counts.diag().diag()


@wrong("Your counts begin at 1 (smoothing). Here a pair that never comes has the count 0.")
def one_added(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size) + 1


@wrong("Your counts are floats. A count is a whole number, long.")
def floats(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size).float()


@wrong("Your counts are int32: they are long, int64.")
def narrow_integers(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size).int()


@wrong("You return shares of each row. The plain counts are asked for.")
def shares(ids: Tensor, vocab_size: int) -> Tensor:
    counts = accumulated(ids, vocab_size).float()
    return counts / counts.sum(1, keepdim=True).clamp_min(1)


@wrong("vocab_size is not used: the table only reaches to the largest id of this text.")
def as_many_as_seen(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, int(ids.max()) + 1)


@wrong("You return one long row: give it the shape (vocab_size, vocab_size).")
def one_long_row(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size).reshape(-1)


@wrong("You count single tokens. Count pairs of neighbours.")
def single_tokens(ids: Tensor, vocab_size: int) -> Tensor:
    return torch.bincount(ids, minlength=vocab_size).diag()


@wrong("You count only True or False, whether a pair occurs at all.")
def occurs_at_all(ids: Tensor, vocab_size: int) -> Tensor:
    return accumulated(ids, vocab_size) > 0


@wrong("You number the pairs with the wrong width, b + a * (vocab_size - 1), so that different pairs share a place.")
def wrong_width(ids: Tensor, vocab_size: int) -> Tensor:
    pairs = ids[:-1] * (vocab_size - 1) + ids[1:]
    return torch.bincount(pairs, minlength=vocab_size**2).view(vocab_size, vocab_size)


@wrong(
    "There is a Python loop over the tokens. Give all pairs to torch.bincount, or to index_put_ with accumulate=True."
)
def loop_over_tokens(ids: Tensor, vocab_size: int) -> Tensor:
    counts = torch.zeros(vocab_size, vocab_size, dtype=torch.long, device=ids.device)
    for place in range(len(ids) - 1):
        counts[ids[place], ids[place + 1]] += 1
    return counts
