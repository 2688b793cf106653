"""The checks of `sample_next(logits, generator=None)`.

What is drawn is random, so most checks read a word or two from it. In numbers, as tests/course/test_statistics.py works
them out:

- A right submission fails "how often" with probability FALSE_REJECT = 1e-7 at most, the two tokens near 10,000 with
  FALSE_REJECT_ASIDE = 1e-8, and the oracle draws too, and misleads with the same probabilities: 2.2e-7 for one
  submission. Rows of the same flat logits correlate by more than FAR, or never draw a token twice, with probability
  1e-11. Draws that are compared with each other are the same by chance with probability 1e-80; that only the 50 most
  likely of 400 tokens come has probability 1e-40.
- "How often" lets through with probability 1e-6 at most: a temperature that is off by 5% either way, a mixture with 2%
  of equally likely tokens, a first or last token that is never drawn, and each distribution in `mistakes`. Draws that
  begin anew at each call are seen under "generator" and "no generator", always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Draws, Let, Make, Probe, Ref, Step, unsorted

from .._shared import MINUS_INFINITY
from .misconceptions import MISCONCEPTIONS
from .variants import VARIANTS

NAME = "sample_next"
FALSE_REJECT = 1e-7  # of the test of counts
FALSE_REJECT_ASIDE = 1e-8  # of each other test of draws

# One token has about 0.79, which makes the weight of the others tell the temperature; four are rare, which makes them
# tell a mixture. In steps of 1/16, so that no float32 rounds them.
LADDER = (4.0, *(i / 16 for i in range(-7, 8)), -5.0, -5.25, -5.5, -5.75)
ROWS = 20_000  # draws, one a row
COMMON = 16  # of the tokens: those that are drawn a hundred times and more

CROWD = 400  # rows of 50 tokens with one token left
TOKENS, FLAT_ROWS = 400, 60  # where tokens are many, and about as likely
HIDDEN_K = 50  # what libraries keep where nobody asked for a filter

AS_SOFTMAX = "as softmax says"
OTHERWISE = "in some other way"  # what Draws.describe says


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


def _certain(draw: Draw, size: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Logits (4, size) that leave each row one token: the first, the last, and twice one between them, of which the
    logits are far apart, so that no comparison of rows finds both."""
    x = torch.full((4, size), MINUS_INFINITY, dtype=dtype)
    between = int(draw.integers(1, size - 1))
    order = draw.permutation(4)
    x[order, torch.tensor([0, size - 1, between, between])] = torch.tensor([1.5, -0.5, 300.0, -300.0], dtype=dtype)
    return x


def _crowd(draw: Draw) -> torch.Tensor:
    """Logits (CROWD, 50) that leave each row one token, in many places: a little for every token is seen."""
    x = torch.full((CROWD, 50), MINUS_INFINITY)
    x[torch.arange(CROWD), draw.integers(0, 50, CROWD)] = draw.normal(CROWD)
    return x


def _one_left(draw: Draw) -> list[Probe]:
    one_row = torch.full((1, 5), MINUS_INFINITY)
    one_row[0, draw.integers(1, 4)] = 0.5
    steps = (
        Make("g", "generator", {"seed": int(draw.integers(0, 1 << 30))}),
        Call(NAME, (_certain(draw, 7),), save="batch"),
        Call(NAME, (one_row, Ref("g")), save="one_row"),
        Call(NAME, (_certain(draw, 6, torch.float64),), {"generator": Ref("g")}, save="float64"),
        Call(NAME, (_crowd(draw),), save="crowd"),
    )
    return [Probe(steps, ("batch", "one_row", "float64", "crowd"), seed=_seed(draw))]


# Of 20 tokens the best leads by 200 or more: exp(-200) is 1e-87. The rows are read against each other, too: what is
# best in the second one is larger in the first, which has its own best last.
HIGH = (10_000.0, 9_800.0, 0.0, -10_000.0, *(-9_000.0 + 10 * i for i in range(16)))
LOW = (-9_000.0, -9_200.0, -9_900.0, -9_500.0, *(-10_000.0 + 10 * i for i in range(16)))
COPIES = 500  # of both rows
NEAR = (10_000.0, 9_997.0, -10_000.0)  # 8 is the step of float16 there
NEAR_ROWS = 6_000


def _large(draw: Draw) -> list[Probe]:
    places = draw.permutation(19)
    high, low = torch.empty(20), torch.empty(20)
    high[19], high[places] = HIGH[0], torch.tensor(HIGH[1:])
    low[places[0]], low[places[2]] = LOW[0], LOW[1]  # under 9,800, and under -10,000
    low[torch.tensor([*places[[1, *range(3, 19)]].tolist(), 19])] = torch.tensor(LOW[2:])
    near = draw.until(lambda: torch.tensor(NEAR)[draw.permutation(3)], unsorted)[None]
    steps = (
        Let("rows", torch.stack([high, low])),
        Call(Ref("rows.repeat"), (COPIES, 1), save="logits"),
        Call(NAME, (Ref("logits"),), save="certain"),
        Let("row", near),
        Call(Ref("row.repeat"), (NEAR_ROWS, 1), save="near_rows"),
        Call(NAME, (Ref("near_rows"),), save="near"),
    )
    return [Probe(steps, ("certain", "near", "rows", "row"), seed=_seed(draw))]


def _read_large(values: Mapping[str, Any]) -> Mapping[str, str]:
    row = values["row"].double().flatten()
    test = Draws(tuple(torch.softmax(row, -1).tolist()), NEAR_ROWS, FALSE_REJECT_ASIDE)
    mistakes = {"each equally often": [0.5 * float(x > 0) for x in row.tolist()]}
    best = values["rows"].argmax(-1).repeat(COPIES)
    return {
        "tokens that lead by 200 or more": "always drawn"
        if torch.equal(values["certain"], best)
        else "not always drawn",
        "two tokens that are 3 apart, near 10,000": test.describe(values["near"], mistakes, AS_SOFTMAX),
    }


def _untouched(draw: Draw) -> list[Probe]:
    steps = (Let("logits", _certain(draw, 6)), Call(NAME, (Ref("logits"),)))
    return [Probe(steps, ("logits",), seed=_seed(draw))]


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
        "as the largest says, with normal noise added": _largest_with_noise(x),
    }
    return {name: q.tolist() for name, q in found.items()}


def _largest_with_noise(x: torch.Tensor) -> torch.Tensor:
    """How probable each of x (V,) is to be the largest once normal noise is added: the integral over its sum z."""
    z = torch.linspace(float(x.min()) - 7.0, float(x.max()) + 7.0, 1_501, dtype=torch.float64)
    density = torch.exp(-((z - x[:, None]) ** 2) / 2)  # (V, Z)
    below = torch.special.ndtr(z - x[:, None])
    p = (density * below.prod(0) / below.clamp(min=1e-300)).sum(-1)
    return p / p.sum()


def _another_temperature(tokens: torch.Tensor, logits: torch.Tensor) -> str:
    """Whether the tokens are draws at some other temperature: the likeliest one is found by bisection."""
    mean = logits[tokens].mean()
    low, high = 0.05, 20.0  # of 1 / T: the mean logit grows with it
    for _ in range(60):
        middle = (low * high) ** 0.5
        colder = (torch.softmax(middle * logits, -1) * logits).sum() < mean
        low, high = (middle, high) if colder else (low, middle)
    p = torch.softmax(low * logits, -1).tolist()
    if not Draws(tuple(p), len(tokens), FALSE_REJECT).accept(tokens):
        return OTHERWISE
    return "as at a lower temperature" if low > 1 else "as at a higher temperature"


_mistakes = lru_cache(maxsize=4)(mistakes)  # a row is read once for each implementation that is compared


def _read_how_often(values: Mapping[str, Any]) -> Mapping[str, str]:
    row = values["row"].double().flatten()
    steps = torch.tensor(LADDER, dtype=torch.float64)
    if not torch.equal((row - row.max()).sort().values, (steps - steps.max()).sort().values):
        return {"the logits that were given": "changed"}
    if values["out"].shape == (ROWS,) and bool((values["out"] == values["out"][0]).all()):
        return {"how often each token is drawn": "the same one in every row"}
    test = Draws(tuple(torch.softmax(row, -1).tolist()), ROWS, FALSE_REJECT)
    drawn = test.describe(values["out"], _mistakes(tuple(row.tolist())), AS_SOFTMAX)
    if drawn == OTHERWISE:
        drawn = _another_temperature(values["out"], row)
    return {"how often each token is drawn": drawn}


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


ALIKE_ROWS = 200  # of the same flat logits
FAR = 0.65  # a correlation of 100 pairs that independent rows reach with probability 1e-11


def _flat(draw: Draw, rows: int = ALIKE_ROWS) -> tuple[Step, ...]:
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
    """Whether rows of the same logits look independent: neighbours, those half the batch apart, first and last."""
    if out.shape != (ALIKE_ROWS,):
        return "not a token for each"
    if bool((out == out[0]).all()):
        return "the same token"
    if len(out.unique()) == len(out):
        return "never the same token twice"
    x, half = out.double(), len(out) // 2
    pairs = ((x[::2], x[1::2]), (x[:half], x[half:]), (x[:half], x.flip(0)[:half]), (x, torch.arange(len(x)).double()))
    close = any(abs(float(torch.corrcoef(torch.stack(pair))[0, 1])) > FAR for pair in pairs)
    return "hang together" if close else "each a token of its own"


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
    Check(
        "large logits",
        "Logits up to 10,000 in size neither overflow nor lose digits.",
        _large,
        EXACT,
        reading=_read_large,
    ),
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
