"""The banks of the warm-up, for tests that need one."""

from __future__ import annotations

from autograder.judging.banks import Banks
from benchmarks.load import WARMUP
from tests.places import TESTS

BANKS = Banks(TESTS / "engine" / WARMUP)
find_bank = BANKS.find
