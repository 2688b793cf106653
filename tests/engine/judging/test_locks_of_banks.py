"""What certify measured of a short bank, on disk: written once, read for grading, refused when it is out of date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.judging import solutions
from autograder.judging.banks import Banks
from tests.conftest import command
from tests.engine.judging.small_course import failed, run, write

SOLUTION = "def total(x):\n    return x.sum(-1)"
BANK = """
@given()
def total(draw, *batch):
    return {"x": draw.normal(*batch, draw.size("n"))}

@wrong("The mean.")
def mean(x):
    return x.mean(-1)
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one bank whose lock is written."""
    write(tmp_path, "total", SOLUTION, BANK)
    assert Banks(tmp_path, measure=True).write_locks(["total"]) == [lock_of(tmp_path)]
    return tmp_path


def lock_of(course: Path) -> Path:
    return course / "checks" / "unit" / "total.lock"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_grading_reads_what_was_measured(course: Path) -> None:
    measured, read = Banks(course, measure=True)["total"], Banks(course)["total"]
    assert [check.tolerance for check in read.checks] == [check.tolerance for check in measured.checks]
    assert {one.name: one.on_meta for one in read.misconceptions}["read_into_python"] == "RuntimeError"
    assert not failed(read, run(SOLUTION, "total"))


def test_a_lock_that_is_up_to_date_is_not_written_again(course: Path) -> None:
    change(lock_of(course), '"values": 32.0', '"values": 64.0')
    banks = Banks(course, measure=True)
    assert banks.write_locks(["total"]) == []
    assert banks["total"].checks[0].tolerance.factor == 64.0


def test_without_a_lock_only_authors_open_the_bank(course: Path) -> None:
    lock_of(course).unlink()
    with pytest.raises(UsageError, match=r"total\.lock: the lock is missing; run: autograder certify total$"):
        Banks(course)["total"]
    with pytest.raises(UsageError, match="the lock is missing"):
        Banks(course).refuse_outdated(["total"])
    assert Banks(course, measure=True)["total"].checks[0].tolerance.factor == 32.0


@pytest.mark.parametrize(
    ("file", "old", "new", "outdated"),
    [
        ("checks/unit/total.py", "The mean.", "This is the mean.", True),
        ("source/unit.py", "x.sum(-1)", "x.sum(dim=-1)", True),
        ("source/unit.py", "assert True", "assert 1", False),
        ("checks/unit/_shared.py", "", "A = 1", True),
        ("checks/unit/other.py", "", "A = 1", False),
        ("checks/builders/shelf.py", "", "A = 1", False),  # the bank names no shelf
        ("checks/builders/draw.py", "", "A = 1", True),
    ],
)
def test_a_lock_is_outdated_when_what_it_measured_has_changed(
    course: Path, file: str, old: str, new: str, outdated: bool
) -> None:
    path = course / file
    path.parent.mkdir(exist_ok=True)
    if not old:
        path.write_text("")
    path.write_text(path.read_text().replace(old, new) if old else new)
    if not outdated:
        Banks(course).refuse_outdated(["total"])
        assert Banks(course)["total"].checks
        return
    with pytest.raises(UsageError, match="the lock is outdated: the bank or the solution has changed; run"):
        Banks(course)["total"]
    assert Banks(course, measure=True).write_locks(["total"]) == [lock_of(course)]
    assert Banks(course)["total"].checks


def test_accepted_mutants_stay_and_regrade_nobody(course: Path) -> None:
    before = Banks(course)
    accepted = {"line": "return x.sum(-1)", "change": "constant", "because": "it is the last axis"}
    lock = json.loads(lock_of(course).read_text())
    proof = {"sets": 32, "mutants": 3, "unstable": 0}
    lock_of(course).write_text(json.dumps(lock | {"same": [accepted], "proof": proof}))
    after = Banks(course)
    assert after.digest_of(["total"]) == before.digest_of(["total"])
    change(course / "checks" / "unit" / "total.py", "The mean.", "This is the mean.")
    Banks(course, measure=True).write_locks(["total"])
    lock = json.loads(lock_of(course).read_text())
    assert (lock["same"], "proof" in lock) == ([accepted], False)


def test_another_tolerance_regrades(course: Path) -> None:
    before = Banks(course).digest_of(["total"])
    change(lock_of(course), '"values": 32.0', '"values": 64.0')
    assert Banks(course).digest_of(["total"]) != before


def test_another_solution_regrades(course: Path) -> None:
    before = Banks(course).digest_of(["total"])
    change(course / "source" / "unit.py", "x.sum(-1)", "x.sum(dim=-1)")
    assert Banks(course).digest_of(["total"]) != before


def test_the_bank_travels_with_its_solution_and_its_lock(
    course: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = Banks(course)
    there = Banks(tmp_path_factory.mktemp("elsewhere"), here.files())
    assert not failed(there["total"], run(SOLUTION, "total"))
    assert there.digest_of(["total"]) == here.digest_of(["total"])
    on_disk = tmp_path_factory.mktemp("unpacked")
    for path, text in here.files().items():
        (on_disk / path).parent.mkdir(parents=True, exist_ok=True)
        (on_disk / path).write_bytes(text)
    assert not failed(Banks(on_disk)["total"], run(SOLUTION, "total"))


def test_who_asks_for_names_alone_reads_no_solution(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("the solution was read")

    monkeypatch.setattr(solutions, "solution_text", refuse)
    assert list(Banks(course)) == ["total"]
    assert Banks(course).of("unit") == ("total",)
    with pytest.raises(AssertionError, match="the solution was read"):
        Banks(course).files()


def test_without_a_solution_an_oracle_is_needed(tmp_path: Path) -> None:
    write(tmp_path, "total", SOLUTION, BANK)
    change(tmp_path / "source" / "unit.py", "def total", "def sum_of")
    with pytest.raises(UsageError, match="total: no solution cell defines it; write one, or give @given an oracle="):
        Banks(tmp_path, measure=True)["total"]
    text = BANK.replace("@given()", "def exact(x):\n    return x.sum(-1)\n\n\n@given(oracle=exact)")
    (tmp_path / "checks" / "unit" / "total.py").write_text("from autograder.checks import given, wrong\n" + text)
    bank = Banks(tmp_path, measure=True)["total"]
    assert bank.variants == ()
    assert not failed(bank, run(SOLUTION, "total"))


def test_a_lock_that_others_may_write_is_refused(course: Path) -> None:
    lock_of(course).chmod(0o666)
    with pytest.raises(UsageError, match="chmod o-w"):
        Banks(course)


def test_certify_writes_the_lock_and_says_so(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock_of(course).unlink()
    assert command(course, "certify", "total") == 0
    assert "wrote checks/unit/total.lock" in capsys.readouterr().err
    assert command(course, "certify", "total") == 0
    assert "wrote" not in capsys.readouterr().err
