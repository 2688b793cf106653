"""What an attack is: a notebook to be made, and what must come of it; pure data, used by cases, tests and the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

# PASS     honest, though unusual: full marks and no flag
# FAIL     no marks for the attacked question; the others keep theirs
# CRASH, TIMEOUT, LIMIT   the same, and the submission has this status
# DENIED   gets nothing that it reaches for: prints no BROKE OUT; its honest functions keep their marks
# INVALID  is refused with a reason
# RENDER   what it shows is harmless in the pages that people open
Expect = Literal["PASS", "FAIL", "CRASH", "TIMEOUT", "LIMIT", "DENIED", "INVALID", "RENDER"]
Edit = Callable[[dict[str, Any]], None]  # changes the notebook's JSON in place

# A cell that reaches what it should not prints this.
BROKE_OUT = "BROKE OUT"
UNSAFE = "not run: rlimits only"  # on tier 0, of what could harm the machine there
NO_WALLS = "no walls"


@dataclass(frozen=True)
class Attack:
    """One case. Cells may contain @course@, @victim@, @port@ and the other words of `ground.Range.words`."""

    name: str
    tries: str  # a sentence for a reader: what it wants
    expect: Expect
    cells: Mapping[str, str] = field(default_factory=dict)  # text of solution cells, by function
    appended: Mapping[str, str] = field(default_factory=dict)  # to the model solution
    first: tuple[str, ...] = ()  # cells of its own, above all others
    extra: tuple[str, ...] = ()  # and below
    edit: Edit | None = None
    raw: Callable[[], bytes] | None = None  # the file, in place of a notebook
    files: Mapping[str, bytes] = field(default_factory=dict)  # beside the notebook
    on_disk: Callable[[Path], None] | None = None  # changes the folder that was handed in: see test_grader_side
    attacked: str = "softmax"  # which function gets no marks; "" when all keep theirs
    takes_along: tuple[str, ...] = ()  # functions that use the attacked one, and may lose theirs with it
    at_most: float = 0.0  # share of the attacked question's marks that it still earns, by what is right in it
    flags: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()  # of the submission, where more than the usual one may come of it
    said: str = ""  # in the reason of an INVALID one
    seconds: float | None = None  # time limit of its cells and probes
    safe: bool = True  # whether tier 0 could not be harmed by it
    opens: Mapping[int, str] = field(default_factory=dict)  # tiers that do not hold, and why
    may_open: Mapping[int, str] = field(default_factory=dict)  # tiers that hold on some machines
    page_hole: str = ""  # how the formgrader, which is not ours, shows it
    holes: Mapping[int, str] = field(default_factory=dict)  # tiers where the product is wrong, and how

    def verdict(self, tier: int) -> str:
        """What the table says: "held", "open: ..." or that it is not run."""
        if tier == 0 and not self.safe:
            return UNSAFE
        if reason := self.page_hole or self.opens.get(tier) or self.holes.get(tier):
            return f"open: {reason}"
        reason = self.may_open.get(tier)
        return f"depends: {reason}" if reason else "held"


def everywhere(reason: str) -> dict[int, str]:
    return dict.fromkeys((2, 1, 0), reason)


def without_walls(reason: str = NO_WALLS) -> dict[int, str]:
    return {0: reason}
