"""The banks of the course that this repository is, for the tests of them."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from autograder.course import read_course
from autograder.judging.banks import Banks
from autograder.samples.classes import assignment_banks
from autograder.sandbox.inside import builders
from tests.places import ROOT

BANKS = Banks(ROOT)
ASSIGNMENTS = {
    name: tuple(bank.name for bank in assignment_banks(read_course(ROOT), name, BANKS)) for name in BANKS.assignments()
}
find_bank = BANKS.find


def bank_names() -> tuple[str, ...]:
    return tuple(BANKS)


def module_of(path: str) -> ModuleType:
    """A module of the banks by its path below checks/: "sampling.generate.fixtures"."""
    find_bank(next(iter(BANKS)))  # the package is made when a first bank is loaded
    return importlib.import_module(f"{BANKS.package}.{path}")


def text_of(kind: str) -> str:
    """The text of one of the course's builders, as it travels with a probe."""
    return (ROOT / "checks" / "builders" / f"{kind}.py").read_text()


def build(kind: str, options: dict[str, Any], device: str) -> Any:
    return builders.build(kind, text_of(kind), options, device)
