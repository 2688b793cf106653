"""The checks of `analogy(a, b, c, weight, k=1)`.

Sizes in the fixtures: 11 words, 5 features. Where nothing else is tried, all words that are left are asked for, so
that the whole order comes back: a wrong formula rarely gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref

from .._shared import rows_at, spread
from .misconceptions import FORMULAS, MISCONCEPTIONS, a_not_excluded, b_not_excluded
from .variants import VARIANTS

NAME = "analogy"
V, D = 11, 5
LEFT = V - 3


def oracle(a: int, b: int, c: int, weight: torch.Tensor, k: int = 1) -> torch.Tensor:
    """The largest mean cosine: rows compared with unit vectors b, -a and c one by one, then ranked.

    The target's own length scales all scores alike (Levy & Goldberg 2014, "Linguistic regularities in sparse and
    explicit word representations", equation 3).
    """
    scores = sum(sign * torch.cosine_similarity(weight[i][None], weight) for i, sign in ((b, 1), (a, -1), (c, 1)))
    left = torch.tensor([i for i in range(weight.shape[0]) if i not in (a, b, c)])
    if len(left) < k:
        raise ValueError(f"{len(left)} words are left, and {k} are asked for")
    assert isinstance(scores, torch.Tensor)  # the sum of three
    return left[scores[left].argsort(descending=True, stable=True)[:k]]


Question = tuple[int, int, int, torch.Tensor]
Formula = Callable[..., torch.Tensor]


def _units(rows: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = rows.double() / torch.linalg.vector_norm(rows.double(), dim=-1, keepdim=True)
    return found


def _others(*words: int) -> list[int]:
    return [i for i in range(V) if i not in words]


def _question(draw: Draw, dtype: torch.dtype = torch.float32, longest: float = 4.0, repeated: bool = False) -> Question:
    """Words a, b and c, and rows of different lengths; with `repeated`, two of the three are the same word.

    b and c score high and a low, as real words do; the others have cosines to b - a + c a tenth apart, all below those
    of b and c, two of them below that of a: so any of the three shows in the order if it is not left out.
    """

    def make() -> tuple[tuple[int, int, int], torch.Tensor, torch.Tensor]:
        a, b, c = (int(i) for i in draw.permutation(V)[:3])
        if repeated:
            a, b, c = ((a, b, b), (b, b, c))[int(draw.integers(0, 2))]
        units = _units(draw.normal(V, D))
        return (a, b, c), units, units[b] - units[a] + units[c]

    def good(made: tuple[tuple[int, int, int], torch.Tensor, torch.Tensor]) -> bool:
        (a, b, c), units, target = made
        scores = units @ target / torch.linalg.vector_norm(target)
        return bool(min(scores[b], scores[c]) > 0.35) and bool(scores[a] > -0.7)

    (a, b, c), units, target = draw.until(make, good)
    lengths = (0.15 + 0.85 * draw.permutation(V) / (V - 1)) * longest
    highest = (units[[b, c]] @ target / torch.linalg.vector_norm(target)).min()
    left, rows = _others(a, b, c), (units * lengths[:, None]).to(dtype)
    wanted = spread(draw, -0.95, 0.9 * float(highest), len(left))
    rows[left] = rows_at(draw, target, wanted, lengths[left], dtype)
    return a, b, c, rows


def _told(draw: Draw, make: Callable[[], Question], k: int, formulas: Sequence[Formula] = FORMULAS) -> list[Question]:
    """As many questions as it takes until the answers (k,) of each formula are wrong in one of them."""
    kept: list[Question] = []
    left = list(formulas)

    def tells() -> bool:
        question = make()
        right = oracle(*question, k)
        open_ones = [formula for formula in left if torch.equal(formula(*question, k), right)]
        if len(open_ones) < len(left):
            kept.append(question)
            left[:] = open_ones
        return not left

    draw.until(tells, bool)
    return kept


def _probe(questions: Sequence[Question], k: int, *more: Call) -> Probe:
    calls = (*(Call(NAME, (*question, k), save=f"answer_{i}") for i, question in enumerate(questions, 1)), *more)
    return Probe(calls, tuple(call.save for call in calls))


def _values(draw: Draw) -> list[Probe]:
    questions = _told(draw, lambda: _question(draw), LEFT)
    return [_probe(questions, LEFT, Call(NAME, questions[0], {"k": 3}, save="three"))]


def _one(draw: Draw) -> list[Probe]:
    """a never scores so high that it would be the one answer."""
    questions = _told(
        draw, lambda: _question(draw), 1, [formula for formula in FORMULAS if formula is not a_not_excluded]
    )
    calls = tuple(Call(NAME, question, save=f"answer_{i}") for i, question in enumerate(questions, 1))
    return [Probe(calls, tuple(call.save for call in calls))]


def _repeated(draw: Draw) -> list[Probe]:
    """b is left out as the word that it repeats."""
    formulas = [formula for formula in FORMULAS if formula is not b_not_excluded]
    return [_probe(_told(draw, lambda: _question(draw, repeated=True), LEFT + 1, formulas), LEFT + 1)]


def _twin(draw: Draw) -> list[Probe]:
    """Another word has the very vector of c, so it scores as high, and is the best answer."""

    def make() -> Question:
        a, b, c, rows = _question(draw)
        rows[_others(a, b, c)[int(draw.integers(0, LEFT))]] = rows[c]
        return a, b, c, rows

    questions = _told(draw, make, LEFT)
    return [_probe(questions, LEFT, Call(NAME, (*questions[0], 2), save="two"))]


def _too_many(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (*_question(draw), LEFT + 1)),))]


def _zero_row(draw: Draw) -> list[Probe]:
    """A row of zeros, in place of the one that scores nearly that: between positive and negative scores.

    Some row scores between 0 and a half, so that it is further from the target than the origin is.
    """

    def make() -> tuple[Question, list[float]]:
        a, b, c, rows = _question(draw)
        unit = _units(rows)
        scores = unit @ (unit[b] - unit[a] + unit[c])
        zero = min(_others(a, b, c), key=lambda i: abs(float(scores[i])))
        rows[zero] = 0.0
        return (a, b, c, rows), [float(scores[i]) for i in _others(a, b, c, zero)]

    def some() -> Question:
        return draw.until(make, lambda made: any(0.05 < score < 0.4 for score in made[1]))[0]

    return [_probe(_told(draw, some, LEFT), LEFT)]


def _precisions(draw: Draw) -> list[Probe]:
    wide = _told(draw, lambda: _question(draw, dtype=torch.float64), LEFT)
    return [_probe([*wide, _question(draw, longest=10_000.0), *_near(draw)], LEFT)]


def _near(draw: Draw) -> tuple[Question, Question]:
    """Two words are equal in float32; in float64 the one is a little nearer to the target, then the other."""

    def make() -> tuple[Question, int, int]:
        a, b, c, rows = _question(draw)
        one, other = (_others(a, b, c)[int(i)] for i in draw.permutation(LEFT)[:2])
        rows[one] = rows[other]
        return (a, b, c, rows), one, other

    (a, b, c, rows), *twins = draw.until(make, lambda made: float(made[0][3][made[1]].abs().min()) > 0.02)
    unit, tables = _units(rows), [rows.double(), rows.double()]
    for table, twin in zip(tables, twins, strict=True):
        table[twin] += 1e-10 * (unit[b] - unit[a] + unit[c])
    return (a, b, c, tables[0]), (a, b, c, tables[1])


def _untouched(draw: Draw) -> list[Probe]:
    (a, b, c, rows), *others = _told(draw, lambda: _question(draw), LEFT)
    turned = Call(Ref("table.transpose"), (0, 1), save="weight")
    call = Call(NAME, (a, b, c, Ref("weight"), LEFT))
    more = _probe(others, LEFT)
    return [Probe((Let("table", rows.T.contiguous()), turned, call, *more.steps), ("out", "table", *more.returns))]


CHECKS = (
    Check("values", "The k words most similar to b - a + c on unit-length vectors, best first.", _values, EXACT, 4),
    Check("one answer", "Without k there is one answer, in a tensor (1,).", _one, EXACT),
    Check("a word twice", "Where two of the three words are the same, only two are left out.", _repeated, EXACT),
    Check("same vector", "A word with the vector of c is left out only if it is c itself.", _twin, EXACT),
    Check("too few left", "ValueError when fewer than k words are left.", _too_many, EXACT),
    Check("zero row", "A row of zeros scores 0, and stands where that puts it.", _zero_row, EXACT),
    Check("any size", "float64 vectors and vectors in the thousands are ranked as others are.", _precisions, EXACT),
    Check("input untouched", "weight stays as it was, and may be a transposed view.", _untouched, EXACT),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("", "", "", "v d"))
