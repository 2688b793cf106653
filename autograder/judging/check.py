"""What a bank of checks is made of: checks, misconceptions and variants of one function, as plain data.

Nothing here runs student code; `expected` works out the right answers, `judge` compares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from autograder.judging.draw import Draw
from autograder.judging.rules import Rule
from autograder.judging.tolerance import Tolerance
from autograder.model import Probe

Implementation = Callable[..., Any]  # a function, or a class whose instances are called


@dataclass(frozen=True)
class Check:
    """One thing judged about one function.

    `about` is the sentence that opens the message when it fails. `probes` draws what is asked; with `steady` the
    number of operators counted in one probe may not grow from its first counted call to the later ones; `budget` says
    what each slot of a call counted in "flops" may cost at most. Where `reading` is given, not the values are compared
    but what it reads from them: a word or two for each name, which must be those of the oracle's values ("how often
    each token is drawn": "as softmax says"). It gets what came back by slot, tensors as torch.Tensor; types, dtypes
    and devices were compared before, shapes and values were not, and whatever it raises counts as a wrong answer.
    A message shows inputs only where the check is `public`. `narrow` says why a separation ratio below 10 is right
    here. A check stands `aside` where many students fail it beside another mistake: it has no say in what that other
    mistake is.
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


@dataclass(frozen=True)
class Misconception:
    """A known wrong implementation, and what a student should read when theirs behaves like it.

    On the meta device it does as on the CPU, or else what `on_meta` says: the name of an exception that it raises, or
    "cpu" where its results stay there. `costly` names the counted slots that cost more than their check's budget. The
    judge neither runs it on meta nor counts; certify does, and would see a wrong word here.
    """

    name: str
    text: str
    implementation: Implementation
    on_meta: str = ""
    costly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A right implementation written another way; it must pass every check."""

    name: str
    implementation: Implementation


@dataclass(frozen=True)
class Bank:
    """All that is known of one function.

    The oracle is written for float64 on the CPU; it must raise ValueError where the contract does, and nothing else.
    `axes` names the axes of the tensors that the function takes, in order ("... q k"), for the lint of fixtures:
    different letters must get different sizes.
    """

    name: str
    oracle: Implementation
    checks: tuple[Check, ...]
    misconceptions: tuple[Misconception, ...] = ()
    variants: tuple[Variant, ...] = ()
    rules: tuple[Rule, ...] = ()
    axes: tuple[str, ...] = ()
    same_sizes: Mapping[str, str] = field(default_factory=dict)  # check -> why sizes may be equal in its fixtures
    moderate: str = ""  # why no input needs to be in the thousands
    builders: Mapping[str, str] = field(default_factory=dict)  # kind of a Make -> the text of its module

    @property
    def weight(self) -> int:
        return sum(check.weight for check in self.checks)

    def points(self, max_score: float) -> tuple[float, ...]:
        """What each check is worth: those of all checks add up to exactly `max_score`, in any order.

        Whole numbers of the last binary digit of `max_score` are dealt out, so that no sum of them is ever rounded.
        """
        digit = math.ulp(max_score)
        digits = int(max_score / digit)
        weights = [check.weight for check in self.checks]
        dealt = [round(Fraction(digits * sum(weights[:n]), self.weight)) for n in range(len(weights) + 1)]
        return tuple((after - before) * digit for before, after in pairwise(dealt))
