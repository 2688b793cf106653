"""The public names that an author of hidden checks imports; the modules that define them may move.

from autograder.checks import Draw, case, given, raises, right, wrong  # the short form
from autograder.checks import Bank, Call, Check, EXACT, Misconception, Probe, Variant  # the long form
"""

from __future__ import annotations

from autograder.judging.check import Bank, Check, Implementation, Misconception, Variant
from autograder.judging.credit import Credit, brier
from autograder.judging.draw import Draw, unsorted
from autograder.judging.form import built
from autograder.judging.rules import Rule
from autograder.judging.short import case, given, raises, right, wrong
from autograder.judging.statistics import Draws
from autograder.judging.tolerance import EXACT, Tolerance
from autograder.judging.witness import Witness
from autograder.model import Backward, Call, Counted, Get, Let, Load, Make, Probe, Ref, Step

__all__ = [
    "EXACT",
    "Backward",
    "Bank",
    "Call",
    "Check",
    "Counted",
    "Credit",
    "Draw",
    "Draws",
    "Get",
    "Implementation",
    "Let",
    "Load",
    "Make",
    "Misconception",
    "Probe",
    "Ref",
    "Rule",
    "Step",
    "Tolerance",
    "Variant",
    "Witness",
    "brier",
    "built",
    "case",
    "given",
    "raises",
    "right",
    "unsorted",
    "wrong",
]
