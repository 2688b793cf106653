"""The parts of a bank, as plain data: checks, misconceptions and variants of one function; used by the judge.

Nothing here runs student code; `expected` computes the right answers, `judge` compares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from autograder.judging.credit import Crediting
from autograder.judging.draw import Draw
from autograder.judging.form import Form
from autograder.judging.rules import Rule
from autograder.judging.tolerance import Tolerance
from autograder.model import Probe

Implementation = Callable[..., Any]  # a function, or a class whose instances are called


@dataclass(frozen=True)
class Check:
    """One property of a function that is judged.

    `about` is the first sentence of the message when the check fails. `probes` draws the probes.
    `steady`: within one probe, later counted calls may not use more operators than the first one.
    `budget`: the highest cost allowed for each slot of a call that is counted in "flops".
    `reading`: if given, it replaces the comparison of values. It gets the received values by slot, tensors as
    torch.Tensor, and returns a word or two for each name ("how often each token is drawn": "as softmax says"); these
    must equal its result for the oracle's values. Types, dtypes and devices have been compared before it runs; shapes
    and values have not. An exception in it counts as a wrong answer.
    `credit`: if given, nothing is compared. It gets the received values by slot, tensors as torch.Tensor, and returns
    the fraction of the points that they earn, with the reason if it is below 1; of several probes the least counts. The
    check passes at 1, which the oracle's values must get. Otter's test cases know no fractions: there it is all or
    nothing.
    `public`: only then may a message show inputs.
    `narrow`: the reason why a separation ratio below 10 is acceptable for this check.
    `aside`: the diagnosis ignores this check while another one fails, because many students fail it in addition to
    some other mistake.
    `raises`: the name of the exception that each probe must raise; without one, the oracle may raise ValueError.
    `approximately`: a list, a tuple, an array and a tensor of the same numbers are equally good.
    """

    name: str
    about: str
    probes: Callable[[Draw], Sequence[Probe]]
    tolerance: Tolerance
    weight: int = 1
    steady: bool = False
    budget: Callable[[Probe], Mapping[str, int]] | None = None
    reading: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
    public: bool = False
    narrow: str = ""
    aside: bool = False
    raises: str = ""
    approximately: bool = False
    credit: Crediting | None = None


@dataclass(frozen=True)
class Misconception:
    """A known wrong implementation, and the text for a student whose code behaves like it.

    `on_meta` declares how it behaves on the meta device: empty if as on the CPU, the name of the exception that it
    raises, or "cpu" if its results stay on the CPU. `costly` names the counted slots that cost more than their check's
    budget. The judge trusts both declarations; certify measures and reports a wrong one.
    """

    name: str
    text: str
    implementation: Implementation
    on_meta: str = ""
    costly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A correct implementation that differs from the oracle; it must pass every check."""

    name: str
    implementation: Implementation


@dataclass(frozen=True)
class Bank:
    """All checks, misconceptions and variants of one function, and its oracle.

    The oracle is written for float64 on the CPU; it must raise ValueError where the contract asks for it, and no other
    exception.
    `axes` names the axes of the tensors that the function takes, in order ("... q k"), for the lint of fixtures:
    different letters must get different sizes.
    `form` is what `short.given` was told; `short.complete` adds the checks that it means.
    """

    name: str
    oracle: Implementation
    checks: tuple[Check, ...]
    misconceptions: tuple[Misconception, ...] = ()
    variants: tuple[Variant, ...] = ()
    rules: tuple[Rule, ...] = ()
    axes: tuple[str, ...] = ()
    same_sizes: Mapping[str, str] = field(default_factory=dict)  # check -> why sizes may be equal in its fixtures
    moderate: str = ""  # the reason why no input needs to be in the thousands
    builders: Mapping[str, str] = field(default_factory=dict)  # kind of a Make -> the text of its module
    form: Form | None = None

    @property
    def weight(self) -> int:
        return sum(check.weight for check in self.checks)

    def points(self, max_score: float) -> tuple[float, ...]:
        """The points of each check; they add up to exactly `max_score`, in any order.

        Each is a whole multiple of the last binary digit of `max_score`, so no sum of them is rounded.
        """
        digit = math.ulp(max_score)
        digits = int(max_score / digit)
        weights = [check.weight for check in self.checks]
        dealt = [round(Fraction(digits * sum(weights[:n]), self.weight)) for n in range(len(weights) + 1)]
        return tuple((after - before) * digit for before, after in pairwise(dealt))
