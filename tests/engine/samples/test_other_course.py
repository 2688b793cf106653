"""The demo and certify in another course than this repository's: small banks, settings of its own, two assignments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.new_bank import FIRST_LINES
from autograder.course import read_course
from autograder.judging.banks import Banks
from autograder.samples import demo
from autograder.samples.classes import Sample, demo_class
from tests.conftest import command

TEXT = '''# %% grade_id="{name}" role="solution"
def {name}(x):
    """x, as it is."""
    ### BEGIN SOLUTION
    return x  # the solution
    ### END SOLUTION


# %% grade_id="test_{name}" role="test" points=2
assert {name}(1) == 1
### BEGIN HIDDEN TESTS
check("{name}")
### END HIDDEN TESTS
'''
BANK = """from functools import partial

import torch

from autograder.checks import EXACT, Bank, Call, Check, Misconception, Probe, Variant

FACTORS = {"twice": 2.0}
CHECKS = (
    Check("small", "A small input.", lambda draw: [Probe((Call("second", (draw.normal(5),)),))], EXACT),
    Check("large", "A large input.", lambda draw: [Probe((Call("second", (draw.normal(5, scale=5000.0),)),))], EXACT),
)


def twice(x):
    return x * FACTORS["twice"]


BANK = Bank(
    "second",
    lambda x: x,
    CHECKS,
    (
        Misconception("Lambda", "You return its negative.", lambda x: -x),
        Misconception("Twice", "You return it twice.", twice),
    ),
    (Variant("a lambda", lambda x: x), Variant("a partial", partial(torch.mul, 1.0))),
)
"""
LATE = """from nbgrader.plugins import BasePlugin


class Never(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0
"""
SETTINGS = """import sys
c = get_config()
sys.path.insert(0, {root!r})
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = "sqlite:///{root}/marks.db"
c.CourseDirectory.autograded_directory = "graded"
c.CourseDirectory.ignore.append("*.key")
c.AssignLatePenalties.plugin_class = "late.Never"
c.Autograder.preload = ["torch"]
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """`lines` is judged by the three lines that a bank begins with, `again` too and by a bank of its own, and `plain`
    by asserts."""
    (tmp_path / "checks" / "lines").mkdir(parents=True)
    (tmp_path / "checks" / "again").mkdir()
    (tmp_path / "checks" / "lines" / "first.py").write_text("\n".join(FIRST_LINES).format(name="first") + "\n")
    (tmp_path / "checks" / "again" / "second.py").write_text(BANK)
    (tmp_path / "source" / "lines").mkdir(parents=True)
    (tmp_path / "source" / "lines" / "answers.key").write_text("42")
    (tmp_path / "source" / "lines.py").write_text(TEXT.format(name="first"))
    (tmp_path / "source" / "again.py").write_text(TEXT.format(name="first") + "\n\n" + TEXT.format(name="second"))
    plain = TEXT.format(name="third").replace('check("third")', "assert third(2) == 2")
    (tmp_path / "source" / "plain.py").write_text(plain)
    (tmp_path / "late.py").write_text(LATE)
    (tmp_path / "nbgrader_config.py").write_text(SETTINGS.format(root=str(tmp_path)))
    Banks(tmp_path, measure=True).write_locks(["first"])
    return tmp_path


def test_certify_runs_on_a_banks_first_lines(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(course, "certify", "first", "--json") == 0
    (bank,) = json.loads(capsys.readouterr().out)["banks"]
    assert (bank["name"], bank["variants"]) == ("first", ["solution"])
    assert "edited_in_place" in bank["misconceptions"]


def test_certify_takes_implementations_of_any_form(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(course, "certify", "second", "--json") in (0, 1)
    (bank,) = json.loads(capsys.readouterr().out)["banks"]
    assert bank["misconceptions"] == ["Lambda", "Twice"]
    assert not [problem for problem in bank["problems"] if "variant" in problem]


@pytest.mark.slow
@pytest.mark.matrix
def test_the_demo_leaves_the_courses_own_marks_alone(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    classes: list[list[Sample]] = []

    def quick(banks: Any) -> list[Sample]:
        """A few of them: all others have tests of their own."""
        classes.append([one for one in demo_class(banks) if one.student in ("right-1", "wrong-01", "half-done")])
        return classes[-1]

    monkeypatch.setattr(demo, "demo_class", quick)
    assert command(course, "demo") == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert [len(one) for one in classes] == [3, 2], "both call the bank of `first`; that of `second` has a mistake"
    assert "Q2 Twice" in out
    assert "third" not in out
    shown = read_course(course / "build" / "demo")
    assert shown.root == course / "build" / "demo"
    for folder in ("autograded", "feedback"):
        assert (shown.root / folder / "right-1" / "again").is_dir()
    assert (shown.root / "gradebook.db").is_file()
    assert not [name for name in ("marks.db", "graded", "gradebook.db") if (course / name).exists()]
    assert not list((course / "release").rglob("answers.key"))
    assert not list((shown.root / "autograded").rglob("answers.key"))


def test_without_a_checked_function_the_demo_says_that_there_is_nothing_to_show(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("lines", "again"):
        (course / "source" / f"{name}.py").unlink()
    assert command(course, "demo") == 2
    assert "there is nothing to show: no assignment of" in capsys.readouterr().err
