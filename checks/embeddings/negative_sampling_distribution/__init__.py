"""The checks of `negative_sampling_distribution(counts, power=0.75)`."""

from __future__ import annotations

import torch

from autograder.checks import Backward, Bank, Call, Check, Draw, Let, Probe, Ref, Step, Tolerance, unsorted

from .._shared import counted
from .implementations import MISCONCEPTIONS, VARIANTS

NAME = "negative_sampling_distribution"


def oracle(counts: torch.Tensor, power: float = 0.75) -> torch.Tensor:
    """counts**power / sum(counts**power) by logarithms, in float64 (Mikolov et al. 2013, "Distributed representations
    of words and phrases and their compositionality", section 2.2); float32 where counts are integers. 0**0 is 1."""
    shares = torch.softmax(torch.xlogy(power, counts.double()), dim=0)
    return shares if counts.is_floating_point() else shares.float()


def _counts(draw: Draw, n: int, dtype: torch.dtype = torch.float32, highest: int = 200) -> torch.Tensor:
    """n counts from 1 to `highest`, in no order; one is 1, one is above half of the highest."""

    def make() -> torch.Tensor:
        counts = (draw.normal(n).abs() * highest / 3).round().clamp(1, highest)
        counts[int(draw.integers(0, n))] = 1
        return counts.to(dtype)

    return draw.until(make, lambda counts: unsorted(counts) and bool(counts.max() > highest / 2))


def _with_zeros(draw: Draw, n: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    def make() -> torch.Tensor:
        counts = _counts(draw, n, dtype)
        counts[int((counts > 1).nonzero()[0])] = 0
        return counts

    return draw.until(make, unsorted)


def _values(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, (_counts(draw, 7),)), Call(NAME, (_counts(draw, 4),), save="fewer"))
    return [Probe(calls, ("out", "fewer"))]


def _powers(draw: Draw) -> list[Probe]:
    powers = {"as_counted": 1.0, "root": 0.5, "equal": 0.0, "sharper": 1.5}
    calls = tuple(Call(NAME, (_counts(draw, 5),), {"power": power}, save=save) for save, power in powers.items())
    return [Probe(calls, tuple(powers))]


def _zeros(draw: Draw) -> list[Probe]:
    """Of a power of 0, where torch has 0**0 = 1, only the sum is looked at."""
    calls = (
        Call(NAME, (_with_zeros(draw, 8),)),
        Call(NAME, (_with_zeros(draw, 5), 1.0), save="as_counted"),
        Call(NAME, (_with_zeros(draw, 6), 0.0), save="equal"),
        Call(Ref("equal.sum"), save="total"),
    )
    return [Probe(calls, ("out", "as_counted", "total"))]


def _integers(draw: Draw) -> list[Probe]:
    """A slot without entries says which dtype came back; the values are read in float32, whose rounding is allowed."""
    steps: tuple[Step, ...] = ()
    for save, dtype in (("int64", torch.int64), ("int32", torch.int32)):
        steps += (
            Call(NAME, (_with_zeros(draw, 7, dtype),), save=save),
            Call(Ref(f"{save}.new_zeros"), (0,), save=f"{save}_kind"),
            Call(Ref(f"{save}.to"), (torch.float32,), save=f"{save}_values"),
        )
    return [Probe(steps, ("int64_kind", "int64_values", "int32_kind", "int32_values"))]


def _large(draw: Draw) -> list[Probe]:
    """Counts from 1,000 to 10,000: one more or less of them shows in no digit that is asked for."""

    def large(n: int) -> torch.Tensor:
        return draw.until(lambda: draw.integers(1_000, 10_001, n, dtype=torch.float32), unsorted)

    return [Probe((Call(NAME, (large(9),)), Call(NAME, (large(6), 2.0), save="squared")), ("out", "squared"))]


def _large_powers(draw: Draw) -> list[Probe]:
    """Powers beyond what float32 or integers can hold, of probabilities that are ordinary numbers.

    What enters counts as integers, so that the error allowed does not grow with it.
    """

    def high(n: int, dtype: torch.dtype) -> torch.Tensor:
        """Floats of them to the power of 10 are infinite from 7,100 on."""
        drawn = lambda: draw.integers(5_000, 10_001, n, dtype=dtype)  # noqa: E731
        return draw.until(drawn, lambda counts: unsorted(counts) and int(counts.max()) > 8_000)

    whole = (
        Call(NAME, (high(5, torch.int32), 3), save="cubes"),
        Call(Ref("cubes.to"), (torch.float32,), save="cubes_values"),
        Call(NAME, (high(6, torch.int64), 5), save="fifth"),
        Call(Ref("fifth.to"), (torch.float32,), save="fifth_values"),
    )
    tenth = (
        Let("counts", high(4, torch.int64)),
        Call(Ref("counts.to"), (torch.float32,), save="floats"),
        Call(NAME, (Ref("floats"), 10.0)),
    )
    return [Probe(tenth), Probe(whole, ("cubes_values", "fifth_values"))]


def _float64(draw: Draw) -> list[Probe]:
    return [Probe((Call(NAME, (_counts(draw, 7, torch.float64),)),))]


def _gradients(draw: Draw) -> list[Probe]:
    counts = Let("counts", _counts(draw, 6, highest=20), requires_grad=True)
    gradient = draw.normal(6, scale=10.0)
    return [Probe((counts, Call(NAME, (Ref("counts"),)), Backward("out", gradient)), ("out", "counts.grad"))]


def _untouched(draw: Draw) -> list[Probe]:
    """counts is every second entry of a longer tensor."""
    table = torch.stack([_with_zeros(draw, 7), _counts(draw, 7)])
    strided = Call(Ref("table.select"), (1, 0), save="counts")
    return [Probe((Let("table", table.T.contiguous()), strided, Call(NAME, (Ref("counts"),))), ("out", "table"))]


def _devices(draw: Draw) -> list[Probe]:
    calls = (Call(NAME, (_counts(draw, 7),)), Call(NAME, (_counts(draw, 5, torch.int64),), save="integers"))
    return [Probe(calls, ("out", "integers"), device="meta")]


def _steady(draw: Draw) -> list[Probe]:
    short, long = (Call(NAME, (_counts(draw, n),), save=f"of{n}", count="operators") for n in (4, 19))
    return [counted(short, long)]


# Probabilities are below 1, while counts reach hundreds, by which the tolerance grows.
ROUNDINGS = Tolerance(
    1, "what enters is 200 times as large as what comes out: 200 roundings of a probability", length=9
)
LARGE = Tolerance(0.1, "what enters is 10,000 times as large as what comes out: a thousand roundings", length=9)
BACKWARD = Tolerance(1.5, "gradients below 10 from numbers of about 20: a few roundings; 10 times that", length=6)
INTEGERS = Tolerance(32, "a power, a sum of 7 and a division: a few roundings; 10 times that", length=7)
POWERS = Tolerance(1000, "a power of 10 makes 10 roundings of one; an overflow shows in the first digits", length=6)

CHECKS = (
    Check("values", "Probabilities in proportion to counts**0.75, which sum to 1.", _values, ROUNDINGS, weight=3),
    Check("any power", "The argument `power` is used, also where it is 0.", _powers, ROUNDINGS),
    Check("count of zero", "A word that was never seen is never drawn.", _zeros, ROUNDINGS),
    Check("integer counts", "Integer counts give float32 probabilities.", _integers, INTEGERS),
    Check("large counts", "Counts up to 10,000 give no other numbers than small ones do.", _large, LARGE),
    Check(
        "large powers",
        "The probabilities are right also where the powers themselves are too large for their dtype.",
        _large_powers,
        POWERS,
        aside=True,
    ),
    Check("float64", "float64 counts give a float64 result, right to float64's precision.", _float64, ROUNDINGS),
    Check("gradients", "Gradients flow back to counts.", _gradients, BACKWARD),
    Check("input untouched", "counts stay as they were, and may be a view with steps.", _untouched, ROUNDINGS),
    Check("any device", "New tensors belong on the device of counts, and values are not read.", _devices, ROUNDINGS),
    Check("no loops", "All counts at once: no loop over them.", _steady, ROUNDINGS, steady=True),
)

BANK = Bank(NAME, oracle, CHECKS, MISCONCEPTIONS, VARIANTS, axes=("v",))
