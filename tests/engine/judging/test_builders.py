"""Builders of a course: found at checks/builders/<kind>.py, run for the oracle and, as text, beside student code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.judging.banks import Banks
from autograder.judging.certify import certify_bank, seed_source
from autograder.judging.judge import judge_question
from autograder.limits import Limits
from autograder.sandbox.execution import Execution
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose
from tests.conftest import command

BANK = """
from autograder.checks import EXACT, Bank, Call, Check, Make, Misconception, Probe, Ref, Variant


def total(shop, goods):
    return sum(shop.price(name) for name in goods)


def one_each(shop, goods):
    return sum(shop.price(name) for name in set(goods))


def probes(draw):
    prices = {"tea": int(draw.integers(1, 9)), "rice": 20}
    return [Probe((Make("shop", "shop", {"prices": prices}), Call("total", (Ref("shop"), ["tea", "rice", "tea"]))))]


BANK = Bank(
    "total",
    total,
    (Check("sum", "The sum of all prices.", probes, EXACT),),
    (Misconception("one_each", "Each good counts as often as it stands there.", one_each),),
    (Variant("total", total),),
)
"""
BUILDER = """
class Shop:
    def __init__(self, prices):
        self._prices = prices

    def price(self, name):
        return self._prices[name]


def make(options, device):
    return Shop(options["prices"])
"""
CELL = """
def total(shop, goods):
    money = 0
    for name in goods:
        money += shop.price(name)
    return money
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Another course than this repository's, with one bank and a builder of its own."""
    (tmp_path / "checks" / "shopping").mkdir(parents=True)
    (tmp_path / "checks" / "builders").mkdir()
    (tmp_path / "checks" / "shopping" / "total.py").write_text(BANK)
    (tmp_path / "checks" / "builders" / "shop.py").write_text(BUILDER)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    return tmp_path


def test_the_oracle_and_the_variants_get_what_the_course_s_builder_makes(course: Path) -> None:
    assert certify_bank(Banks(course)["total"]).problems == ()


def test_a_student_s_function_gets_it_in_its_own_process(course: Path) -> None:
    bank = Banks(course)["total"]
    limits = Limits(cell_seconds=10.0, probe_seconds=10.0, submission_seconds=60, memory_mib=1024)
    with Sandbox(choose(None), limits) as sandbox, Execution(sandbox, [CELL]) as execution:
        execution.run()
        verdicts = judge_question(bank, 1.0, execution.ask, seed_of=seed_source(bank, 0))
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []


def test_a_kind_without_a_builder_is_said_by_certify(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not taken for a ValueError of the contract, which the oracle may raise."""
    (course / "checks" / "builders" / "shop.py").unlink()
    with pytest.raises(AutograderError, match=r"there is no builder 'shop': write checks/builders/shop\.py"):
        certify_bank(Banks(course)["total"])
    assert command(course, "certify") != 0
    shown = "".join(capsys.readouterr())
    assert "checks/builders/shop.py" in shown, json.dumps(shown)


def test_a_builder_that_breaks_is_our_fault(course: Path) -> None:
    (course / "checks" / "builders" / "shop.py").write_text(
        "def make(options, device):\n    raise ValueError('closed')\n"
    )
    with pytest.raises(AutograderError, match="the oracle of total broke on check 'sum': ValueError: closed"):
        certify_bank(Banks(course)["total"])
