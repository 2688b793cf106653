"""Collects the verdicts on each implementation over all input sets, and lists those that differ; for certify.

A wrong code whose marks hang on the set that it happens to get is judged unjustly: the check needs better inputs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

SHOWN = 6  # numbers of sets that a line lists


@dataclass
class Stability:
    """Of each implementation, in each set: the checks that it fails, and the names that it was given."""

    _failed: dict[str, dict[int, frozenset[str]]] = field(default_factory=lambda: defaultdict(dict))
    _names: dict[str, dict[int, frozenset[str]]] = field(default_factory=lambda: defaultdict(dict))

    def note(self, implementation: str, number: int, failed: Collection[str], names: Collection[str] = ()) -> None:
        self._failed[implementation][number] = frozenset(failed)
        self._names[implementation][number] = frozenset(names)

    def rejects(self, implementation: str) -> frozenset[str]:
        """The checks that fail in some set."""
        return frozenset().union(*self._failed[implementation].values())

    def lines(self) -> Iterator[str]:
        """One for each check whose verdict differs between sets, and for each implementation whose name does."""
        for implementation, by_set in self._failed.items():
            for check in sorted(self.rejects(implementation)):
                passed = [number for number, failed in by_set.items() if check not in failed]
                if passed:
                    yield f"{implementation}: check {check!r} passes in {among(passed, len(by_set))}"
            yield from _names_that_differ(implementation, self._names[implementation])


def _names_that_differ(implementation: str, names: Mapping[int, frozenset[str]]) -> Iterator[str]:
    sets_of: dict[str, list[int]] = defaultdict(list)
    for number, found in names.items():
        sets_of[" and ".join(sorted(found)) or "nothing"].append(number)
    if len(sets_of) > 1:
        parts = [f"{name} in {among(numbers, len(names))}" for name, numbers in sets_of.items()]
        yield f"{implementation} is named {'; '.join(parts)}"


def among(numbers: Sequence[int], sets: int) -> str:
    """The numbers of sets, among `sets` of them, in words."""
    listed = ", ".join(map(str, numbers[:SHOWN])) + (", ..." if len(numbers) > SHOWN else "")
    return f"{len(numbers)} of {sets} sets ({listed})"
