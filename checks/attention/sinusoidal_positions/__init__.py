"""The checks of `sinusoidal_positions(n, d)`.

No tensor enters the function, so the probes add the table to word vectors, as a transformer does: their dtype and size
say how right it has to be.
"""

from __future__ import annotations

import torch

from autograder.checks import Bank, Call, Check, Draw, Probe, Ref, Step, Tolerance

from .._shared import counted, unordered
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "sinusoidal_positions"


def oracle(n: int, d: int) -> torch.Tensor:
    """Entry (position, 2 i) is the sine, (position, 2 i + 1) the cosine of position / 10000^(2 i / d) (Vaswani et al.
    2017, section 3.5); worked out in float64, given in float32."""
    position = torch.arange(n, dtype=torch.float64)[:, None]
    period = torch.logspace(0, 4 - 8 / d, d // 2, dtype=torch.float64)  # 10000^(2 i / d), by equal steps of its log10
    turned = torch.exp(1j * position / period)  # cosine and sine are its real and imaginary parts
    return torch.view_as_real(turned).flip(-1).reshape(n, d).float()


def _added(draw: Draw, n: int, d: int, save: str = "out") -> tuple[Step, Step]:
    """Slot `save`: the table (n, d) plus word vectors."""
    words = unordered(draw, n, d) if d > 2 else draw.normal(n, d)
    return Call(NAME, (n, d), save=f"{save}_table"), Call(Ref(f"{save}_table.add"), (words,), save=save)


def _first_position(draw: Draw) -> list[Probe]:
    size = Call(Ref("first_table.element_size"), save="bytes")
    return [Probe((*_added(draw, 1, 2 * int(draw.integers(2, 6)), "first"), size), ("first", "bytes"))]


def _values(draw: Draw) -> list[Probe]:
    """Also after the table of an earlier call was changed by who called."""
    n = int(draw.integers(7, 10))
    spoilt = (Call(NAME, (n, 6), save="first"), Call(Ref("first.zero_"), save="zeros"))
    return [Probe(_added(draw, n, 6)), Probe((*spoilt, *_added(draw, n, 6, "again")), ("again",))]


def _widths(draw: Draw) -> list[Probe]:
    sizes = {"narrow": (5, 2), "wide": (3, 16), "odd_pairs": (4, 10)}
    steps = [step for save, (n, d) in sizes.items() for step in _added(draw, n, d, save)]
    return [Probe(tuple(steps), tuple(sizes))]


def _long(draw: Draw) -> list[Probe]:
    """1000 positions; the word vectors are as large as the positions, to whose size float32 rounds an angle."""
    words = unordered(draw, 1000, 8).clamp(-1, 1) * 1000
    return [Probe((Call(NAME, (1000, 8), save="table"), Call(Ref("table.add"), (words,))))]


def _steady(draw: Draw) -> list[Probe]:
    short, long = (Call(NAME, (n, 6), save=save, count="operators") for save, n in (("short", 3), ("long", 11)))
    return [counted(short, long)]


CHECKS = (
    Check(
        "first position",
        "Position 0 comes first: sines of 0 on even columns, cosines of 0 on odd ones, in float32 (4 bytes an entry).",
        _first_position,
        Tolerance(32, "a sine and a sum: a few roundings; 10 times that"),
    ),
    Check(
        "values",
        "Sines on even columns, cosines on odd ones, added to word vectors.",
        _values,
        Tolerance(32, "an angle up to 9, its sine and a sum: a few roundings; 10 times that"),
        weight=3,
    ),
    Check(
        "widths",
        "The periods run from 2 pi to almost 10000 times that, whatever d is.",
        _widths,
        Tolerance(32, "an angle up to 4, its sine and a sum: a few roundings; 10 times that"),
    ),
    Check(
        "1000 positions",
        "The table is right up to 1000 positions.",
        _long,
        Tolerance(8, "an angle of 1000 rounds by up to a unit of its last place, and so does the sum"),
        aside=True,
    ),
    Check(
        "no loops",
        "The whole table at once: no loop over positions.",
        _steady,
        Tolerance(64, "an angle up to 10 and its sine: a few roundings; 10 times that"),
        steady=True,
    ),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS)
