"""The checks of `sample_next(logits, generator=None)`.

What is drawn is random, so most checks read a word or two from it. In numbers, as tests/course/test_statistics.py works
them out:

- A right submission fails "how often" with probability FALSE_REJECT = 1e-7 at most; the oracle draws too, and misleads
  with the same probability: 2e-7 for one submission. Draws that are compared with each other are the same by chance
  with probability 1e-80; that only the 50 most likely of 400 tokens come has probability 1e-40.
- "How often" lets through with probability 1e-6 at most: a temperature that is off by 5% either way, a mixture with 2%
  of equally likely tokens, a first or last token that is never drawn, and each distribution in `mistakes`. Draws that
  begin anew at each call are seen under "generator" and "no generator", always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Draws, Let, Make, Probe, Ref, Step, unsorted

from .._shared import MINUS_INFINITY
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "sample_next"
FALSE_REJECT = 1e-7  # of the one test of counts

# One token has about 0.79, which makes the weight of the others tell the temperature; four are rare, which makes them
# tell a mixture. In steps of 1/16, so that no float32 rounds them.
LADDER = (4.0, *(i / 16 for i in range(-7, 8)), -5.0, -5.25, -5.5, -5.75)
ROWS = 20_000  # draws, one a row
COMMON = 16  # of the tokens: those that are drawn a hundred times and more

TOKENS, FLAT_ROWS = 400, 60  # where tokens are many, and about as likely
HIDDEN_K = 50  # what libraries keep where nobody asked for a filter

AS_SOFTMAX = "as softmax says"


def oracle(logits: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """The token at which the running sum of probabilities (B, V) passes a uniform number of the row's own."""
    rows = len(logits)
    shared = bool((logits == logits[:1]).all())  # then one running sum serves all rows, and costs a twentieth
    sums = torch.softmax(logits[:1] if shared else logits, -1).cumsum(-1)
    uniform = torch.rand(rows, generator=generator, dtype=sums.dtype)
    if shared:
        return torch.searchsorted(sums[0], uniform * sums[0, -1], right=True)
    return torch.searchsorted(sums, uniform[:, None] * sums[:, -1:], right=True)[:, 0]


# ---- draws that are certain -----------------------------------------------------------------------------------


def _certain(draw: Draw, rows: int, size: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Logits (rows, size) that leave each row one token; no two rows the same."""

    def make() -> torch.Tensor:
        x = torch.full((rows, size), MINUS_INFINITY, dtype=dtype)
        x[torch.arange(rows), draw.permutation(size)[:rows]] = draw.normal(rows, dtype=dtype)
        return x

    return draw.until(make, lambda x: unsorted(x) and (rows < 3 or unsorted(x.argmax(-1))))


def _one_left(draw: Draw) -> list[Probe]:
    wide = _certain(draw, 3, 6, torch.float64)
    steps = (
        Make("g", "generator", {"seed": int(draw.integers(0, 1 << 30))}),
        Call(NAME, (_certain(draw, 4, 7),), save="batch"),
        Call(NAME, (_certain(draw, 1, 5), Ref("g")), save="one_row"),
        Call(NAME, (wide,), {"generator": Ref("g")}, save="float64"),
    )
    return [Probe(steps, ("batch", "one_row", "float64"), seed=_seed(draw))]


def _large(draw: Draw) -> list[Probe]:
    """In each row a token leads by 200 or more: exp(-200) is 1e-87."""
    sizes = torch.tensor([10_000.0, -10_000.0, 0.0, 9_800.0, -9_000.0])
    low = torch.tensor([-9_000.0, -9_200.0, -9_900.0, -10_000.0, -9_500.0])
    x = draw.until(lambda: torch.stack([x[draw.permutation(5)] for x in (sizes, low)]), unsorted)
    return [Probe((Call(NAME, (x,)),), seed=_seed(draw))]


def _untouched(draw: Draw) -> list[Probe]:
    steps = (Let("logits", _certain(draw, 3, 6)), Call(NAME, (Ref("logits"),)))
    return [Probe(steps, ("out", "logits"), seed=_seed(draw))]


# ---- how often each token is drawn -----------------------------------------------------------------------------


def _seed(draw: Draw) -> int:
    return int(draw.integers(0, 1 << 40))


def ladder(draw: Draw) -> torch.Tensor:
    """The ladder's logits (1, V) in some order, moved by a number that softmax does not see. Common tokens are first
    and last, a rare one stands before the last: it tells whether it gets what the last one lacks."""
    steps = torch.tensor(LADDER)

    def good(order: torch.Tensor) -> bool:
        ends = order[[0, -1]]
        return bool(((ends > 0) & (ends < COMMON)).all()) and int(order[-2]) >= COMMON

    moved = draw.integers(-3, 4)
    return (steps[draw.until(lambda: draw.permutation(len(steps)), good)] + moved)[None]


def _rows(draw: Draw, row: torch.Tensor, count: int) -> tuple[Step, ...]:
    """Slot "row", and `count` rows of it as slot "logits"."""
    return Let("row", row), Call(Ref("row.repeat"), (count, 1), save="logits")


def _how_often(draw: Draw) -> list[Probe]:
    steps = (
        *_rows(draw, ladder(draw), ROWS),
        Make("g", "generator", {"seed": int(draw.integers(0, 1 << 30))}),
        Call(NAME, (Ref("logits"),), {"generator": Ref("g")}),
    )
    return [Probe(steps, ("out", "row"))]


def mistakes(logits: Sequence[float]) -> dict[str, list[float]]:
    """Known wrong distributions over the tokens with these logits (V,)."""
    x = torch.tensor(logits, dtype=torch.float64)
    p = torch.softmax(x, -1)
    size = len(x)
    best, last = torch.zeros(size), p.clone()
    best[p.argmax()], last[-1] = 1.0, 0.0
    before = last.clone()
    before[-2] += p[-1]
    lower = p.roll(-1)
    lower[0], lower[-1] = p[0] + p[1], 0.0
    found = {
        "always the most likely one": best,
        "each equally often": torch.full((size,), 1.0 / size),
        "as for logits that are doubled": torch.softmax(2 * x, -1),
        "as the softmax of probabilities says": torch.softmax(p, -1),
        "as powers of 2 say": torch.softmax(x * torch.tensor(2.0).log(), -1),
        "as for tokens sorted from the most likely down": p.sort(descending=True).values,
        "as for tokens sorted from the least likely up": p.sort().values,
        "as softmax says, with a little for every token": (p + 0.001) / (1 + 0.001 * size),
        "as softmax says, without the last token": last / last.sum(),
        "as softmax says, the last token's share at the one before": before,
        "as softmax says, for tokens one further": lower,
    }
    return {name: q.tolist() for name, q in found.items()}


def _read_how_often(values: Mapping[str, Any]) -> Mapping[str, str]:
    row = values["row"].double().flatten()
    steps = torch.tensor(LADDER, dtype=torch.float64)
    if not torch.equal((row - row.max()).sort().values, (steps - steps.max()).sort().values):
        return {"the logits that were given": "changed"}
    test = Draws(tuple(torch.softmax(row, -1).tolist()), ROWS, FALSE_REJECT)
    return {"how often each token is drawn": test.describe(values["out"], mistakes(row.tolist()), AS_SOFTMAX)}


def _many_tokens(draw: Draw) -> list[Probe]:
    """Rows with distributions of their own, all nearly flat."""
    steps = (Let("logits", draw.normal(FLAT_ROWS, TOKENS, scale=0.1)), Call(NAME, (Ref("logits"),)))
    return [Probe(steps, ("out", "logits"), seed=_seed(draw))]


def _read_many_tokens(values: Mapping[str, Any]) -> Mapping[str, str]:
    logits, out = values["logits"], values["out"]
    if out.shape != (FLAT_ROWS,):
        return {"tokens drawn": "not one for each row"}
    ahead = (logits > logits.gather(-1, out[:, None])).sum(-1)  # tokens of the row that are more likely
    return {"tokens beyond the 50 most likely": "drawn" if bool((ahead >= HIDDEN_K).any()) else "never drawn"}


# ---- where the randomness comes from ---------------------------------------------------------------------------


def _flat(draw: Draw, rows: int = 32) -> tuple[Step, ...]:
    return _rows(draw, draw.until(lambda: draw.normal(1, TOKENS, scale=0.1), unsorted), rows)


def _generator(draw: Draw) -> list[Probe]:
    seed, other = (int(s) for s in draw.permutation(1 << 16)[:2])
    steps = (
        *_flat(draw),
        *(Make(name, "generator", {"seed": s}) for name, s in [("g", seed), ("twin", seed), ("other", other)]),
        Make("before", "rng_state"),
        Call(NAME, (Ref("logits"), Ref("g")), save="first"),
        Call(NAME, (Ref("logits"),), {"generator": Ref("g")}, save="second"),
        Call(NAME, (Ref("logits"),), {"generator": Ref("twin")}, save="twin_first"),
        Call(NAME, (Ref("logits"),), {"generator": Ref("twin")}, save="twin_second"),
        Call(NAME, (Ref("logits"),), {"generator": Ref("other")}, save="other_first"),
        Make("after", "rng_state"),
    )
    names = ("before", "after", "first", "second", "twin_first", "twin_second", "other_first")
    return [Probe(steps, names, seed=_seed(draw))]


def _alike(one: torch.Tensor, other: torch.Tensor) -> str:
    return "the same draws" if torch.equal(one, other) else "different draws"


def _rows_alike(out: torch.Tensor) -> str:
    return "the same token" if bool((out == out.flatten()[0]).all()) else "each a token of its own"


def _read_generator(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "rows of the same logits": _rows_alike(values["first"]),
        "two calls with one generator": _alike(values["first"], values["second"]),
        "two generators in the same state": _alike(values["first"], values["twin_first"]),
        "the same two, a call later": _alike(values["second"], values["twin_second"]),
        "two generators with different seeds": _alike(values["first"], values["other_first"]),
        "torch's global random state": "untouched" if torch.equal(values["before"], values["after"]) else "changed",
    }


def _no_generator(draw: Draw) -> list[Probe]:
    steps = (*_flat(draw), *(Call(NAME, (Ref("logits"),), save=save) for save in ("first", "second")))
    return [Probe(steps, ("first", "second"), seed=_seed(draw))]


def _read_no_generator(values: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "rows of the same logits": _rows_alike(values["first"]),
        "two calls": _alike(values["first"], values["second"]),
    }


CHECKS = (
    Check("one token left", "A token that holds all the probability is drawn: (B,) long.", _one_left, EXACT, weight=2),
    Check(
        "how often",
        f"{ROWS:,} rows of the same logits: each token has to come as often as softmax says.",
        _how_often,
        EXACT,
        weight=3,
        reading=_read_how_often,
    ),
    Check(
        "many tokens",
        f"{FLAT_ROWS} rows of {TOKENS} tokens, all about as likely: any of them may be drawn.",
        _many_tokens,
        EXACT,
        reading=_read_many_tokens,
    ),
    Check(
        "generator",
        "The draw depends on the generator given and moves it on, and nothing else.",
        _generator,
        EXACT,
        weight=2,
        reading=_read_generator,
    ),
    Check(
        "no generator", "Without a generator, every call draws anew.", _no_generator, EXACT, reading=_read_no_generator
    ),
    Check("large logits", "Logits up to 10,000 in size must not overflow.", _large, EXACT),
    Check("input untouched", "The logits given must be left as they were.", _untouched, EXACT),
)

BANK = Bank(
    NAME,
    oracle,
    CHECKS,
    MISCONCEPTIONS,
    VARIANTS,
    axes=("b v",),
)
