"""The checks of `fit_power_law(sizes, losses)`.

Exact curves give back their three numbers to 1%, as the contract says: `scale` and `alpha` relative to themselves, the
floor relative to the smallest loss, which is 1 in these curves, up to a factor that is taken out again. With noise
only the sum of squares is looked at, in steps: to within 1% of the least, or above that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.checks import EXACT, Bank, Call, Check, Draw, Let, Probe, Ref, Tolerance, unsorted

from .right import VARIANTS, by_zooming
from .wrong import MISCONCEPTIONS

NAME = "fit_power_law"
ONE_PERCENT = Tolerance(0.0, "the contract allows 1%", rtol=0.01)
OF_THE_LOSS = Tolerance(0.0, "the contract allows 1% of the smallest loss, which is 1 to 1.001", atol=0.01)
AS_ALLOWED = "the tolerance is the one of the contract"

# alpha, the share of the power term in the loss at the smallest size, sizes: a few that span more than 30
CURVES = ((0.32, 0.8, 8), (0.9, 0.5, 6), (0.13, 0.6, 9), (1.7, 0.9, 7), (0.55, 0.1, 10))


def oracle(sizes: Tensor, losses: Tensor) -> tuple[float, float, float]:
    return by_zooming(sizes, losses)


def _sizes(draw: Draw, n: int) -> Tensor:
    """n sizes (n,), in no order, that span a factor of 100 or more, each at least 1.3 times the one before."""
    steps = torch.linspace(0, 1, n, dtype=torch.float64) + 0.2 / n * (draw.integers(0, 1001, n) / 1000).double()
    sizes = draw.number(200, 900) * (draw.number(120, 500) ** (steps - steps[0]))
    return draw.until(lambda: sizes[draw.permutation(n)], lambda x: unsorted(x[:3]))  # also a part of them


def _curve(sizes: Tensor, alpha: float, share: float) -> Tensor:
    """Exact losses whose smallest one is 1, and whose power term is `share` of the loss at the smallest size."""
    power = (sizes / sizes.min()) ** -alpha  # 1 at the smallest size
    losses = (1 - share) / share + power
    return losses / losses.min()


def _exact(draw: Draw, unit: float = 1.0, long: bool = False) -> list[tuple[Tensor, Tensor]]:
    found = []
    for alpha, share, n in CURVES:
        sizes = _sizes(draw, n)
        sizes = sizes.round() if long else sizes
        losses = unit * _curve(sizes, alpha * draw.number(0.9, 1.1), share)
        found.append((sizes.long() if long else sizes, losses))
    return found


def _probe(curves: Sequence[tuple[Tensor, Tensor]], *parts: int) -> list[Probe]:
    """Of each curve the parts of the result: 0 the floor, 1 the scale, 2 alpha."""
    calls = tuple(Call(NAME, curve, save=f"curve_{i}") for i, curve in enumerate(curves))
    return [Probe((call,), tuple(f"{call.save}.{part}" for part in parts)) for call in calls]


def _scale_and_alpha(draw: Draw) -> list[Probe]:
    return [probe for part in (2, 1) for probe in _probe(_exact(draw), part)]


def _floor(draw: Draw) -> list[Probe]:
    return _probe(_exact(draw), 0)


def _whole_sizes(draw: Draw) -> list[Probe]:
    return _probe(_exact(draw, long=True), 2)


def _units(draw: Draw) -> list[Probe]:
    """Losses of hundreds and of thousandths; sizes of billions, and below 1."""
    curves = [*_exact(draw, unit=300.0)[:2], *_exact(draw, unit=0.004)[:2]]
    curves += [(sizes * unit, losses) for unit in (1e8, 1e-5) for sizes, losses in _exact(draw)[:2]]
    return _probe(curves, 2)


def _no_floor(draw: Draw) -> list[Probe]:
    sizes = _sizes(draw, 7)
    losses = (sizes / sizes.max()) ** -draw.number(0.3, 0.6)
    return [probe for part in (2, 1) for probe in _probe([(sizes, losses)], part)]


def _four(draw: Draw) -> list[Probe]:
    steps = torch.tensor([1.0, 5.0, 24.0, 130.0], dtype=torch.float64)
    sizes = draw.number(200, 900) * draw.until(lambda: steps[draw.permutation(4)], unsorted)
    return _probe([(sizes, _curve(sizes, 0.6, 0.7))], 2)


# ---- with noise -------------------------------------------------------------------------------------------------


def _noisy(draw: Draw) -> list[Probe]:
    """Losses off by a few hundredths, the large ones more, so that it matters in which measure they are fitted."""
    found = []
    for alpha, share, n in ((0.5, 0.9, 12), (1.1, 0.95, 11), (0.3, 0.8, 14)):
        sizes = _sizes(draw, n).sort().values
        signs = torch.tensor([1.0, -1.0] * n)[:n].double() * draw.choice((1, -1))
        losses = _curve(sizes, alpha, share) * (1 + 0.06 * signs * (0.5 + draw.integers(0, 501, n) / 1000))
        order = draw.until(lambda n=n: draw.permutation(n), unsorted)
        found.append((sizes[order], losses[order]))
    return [_fitted(found)]


def _at_the_limits(draw: Draw) -> list[Probe]:
    """Curves whose best floor would be below 0, or whose best alpha above 3, or is small; and losses that rise."""
    sizes = _sizes(draw, 9)
    below_zero = 1.2 * (sizes / sizes.max()) ** -0.4 - 0.2
    steep = 1 + (sizes / sizes.min()) ** -draw.number(4.5, 6.0)
    flat = 5.0 + (sizes / sizes.min()) ** -draw.number(0.06, 0.07)
    return [_fitted([(sizes, below_zero), (sizes, steep), (sizes, flat), (sizes, 6 - below_zero)])]


def _fitted(curves: Sequence[tuple[Tensor, Tensor]]) -> Probe:
    steps: list[Any] = []
    for i, (sizes, losses) in enumerate(curves):
        names = f"sizes_{i}", f"losses_{i}"
        steps += [
            Let(names[0], sizes),
            Let(names[1], losses),
            Call(NAME, (Ref(names[0]), Ref(names[1])), save=f"out_{i}"),
        ]
    slots = (name for i in range(len(curves)) for name in (f"out_{i}", f"sizes_{i}", f"losses_{i}"))
    return Probe(tuple(steps), tuple(slots))


def _squares(sizes: Tensor, losses: Tensor, fitted: Sequence[float]) -> float:
    floor, scale, alpha = fitted
    return float(((floor + (scale / sizes.double()) ** alpha - losses.double()) ** 2).sum())


STEPS = ((1.01, "the least"), (1.1, "up to a tenth more"), (2.0, "up to twice the least"), (10.0, "up to ten times"))


def _steepness(alpha: float, best: float) -> str:
    return "near" if abs(alpha - best) < 0.1 * best else "too steep" if alpha > best else "too flat"


def _read_fits(values: Mapping[str, Any]) -> Mapping[str, str]:
    read = {}
    for name in (name for name in values if name.startswith("out_")):
        sizes, losses = (values[f"{part}_{name[4:]}"] for part in ("sizes", "losses"))
        floor, scale, alpha = values[name]
        least = oracle(sizes, losses)
        rounding = 1e-12 * float((losses.double() ** 2).sum())  # all that is left where a curve fits exactly
        times = (_squares(sizes, losses, values[name]) + rounding) / (_squares(sizes, losses, least) + rounding)
        read[f"the sum of squares of {name}"] = next((word for most, word in STEPS if times <= most), "far more")
        read[f"floor of {name}"] = "0 or more" if floor >= 0 else "below 0"
        read[f"scale of {name}"] = "above 0" if scale > 0 else "0 or less"
        read[f"alpha of {name}"] = "from 0.05 to 3" if 0.05 - 1e-9 <= alpha <= 3 + 1e-9 else "outside"
        negligible = (least[1] / float(sizes.min())) ** least[2] < 1e-6  # losses that rise: no alpha is better
        read[f"steepness of {name}"] = "any" if negligible else _steepness(alpha, least[2])
    return read


# ---- arguments --------------------------------------------------------------------------------------------------


def _refused(curves: Sequence[tuple[Tensor, Tensor]]) -> list[Probe]:
    return [Probe((Call(NAME, curve),)) for curve in curves]


def _few(draw: Draw) -> list[Probe]:
    sizes, losses = _exact(draw)[0]
    return _refused([(sizes[:n], losses[:n]) for n in (3, 1)])


def _unequal(draw: Draw) -> list[Probe]:
    sizes, losses = _exact(draw)[0]
    return _refused([(sizes[:-1], losses), (sizes, losses[:-1]), (sizes, losses[:3])])


def _no_sizes(draw: Draw) -> list[Probe]:
    sizes, losses = _exact(draw)[0]
    place = draw.integer(1, 6)
    bad = [sizes.clone() for _ in range(3)]
    bad[0][place], bad[1][place] = 0.0, -500.0
    whole = bad[2].long()
    whole[place] = 0
    return _refused([(bad[0], losses), (bad[1], losses), (whole, losses)])


def _untouched(draw: Draw) -> list[Probe]:
    sizes, losses = _exact(draw)[0]
    lets = (Let("sizes", sizes), Let("losses", losses))
    return [Probe((*lets, Call(NAME, (Ref("sizes"), Ref("losses")))), ("out.2", "sizes", "losses"))]


CHECKS = (
    Check(
        "scale and alpha",
        "Exact curves give their scale and exponent back, to 1%.",
        _scale_and_alpha,
        ONE_PERCENT,
        weight=3,
        narrow=AS_ALLOWED,
    ),
    Check(
        "floor",
        "Exact curves give their floor back, to 1% of the smallest loss.",
        _floor,
        OF_THE_LOSS,
        weight=2,
        narrow=AS_ALLOWED,
    ),
    Check("no floor", "A power law alone has a floor of 0.", _no_floor, ONE_PERCENT, narrow=AS_ALLOWED),
    Check("four points", "Four points are enough.", _four, ONE_PERCENT, narrow=AS_ALLOWED),
    Check("whole sizes", "Sizes may be whole numbers (long).", _whole_sizes, ONE_PERCENT, narrow=AS_ALLOWED),
    Check("any unit", "Losses and sizes may be large or small numbers.", _units, ONE_PERCENT, narrow=AS_ALLOWED),
    Check(
        "noise",
        "With noise, no other curve has a smaller sum of squared errors (to 1%).",
        _noisy,
        EXACT,
        weight=2,
        reading=_read_fits,
    ),
    Check(
        "limits",
        "The best floor is 0 or more, the best alpha 3 or less, also where a curve beyond would be closer.",
        _at_the_limits,
        EXACT,
        reading=_read_fits,
    ),
    Check("few points", "Fewer than 4 points are a ValueError.", _few, EXACT, raises="ValueError"),
    Check("lengths", "Unequal lengths are a ValueError.", _unequal, EXACT, raises="ValueError"),
    Check("sizes", "A size of 0 or less is a ValueError.", _no_sizes, EXACT, raises="ValueError"),
    Check("inputs untouched", "The tensors given stay as they were.", _untouched, ONE_PERCENT, narrow=AS_ALLOWED),
)

BANK = Bank(
    NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("n", "n"), moderate="losses of hundreds are among the checks"
)
