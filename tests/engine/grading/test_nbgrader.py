"""`grade` and `nbgrader autograde` through the same judge: the same rows, the same notebooks, the same marks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from autograder.samples.classes import NOISY, Sample, misconception, variant
from benchmarks.contents import TABLES, notebooks, rows
from tests.conftest import WARMUP, MakeCourse, autograder, json_lines, nbgrader
from tests.engine.banks import BANKS, find_bank

SAMPLES = [
    Sample("model"),
    Sample("variant", {name: variant(bank, 2) for name, bank in BANKS.items()}),
    Sample("noisy", extra=(NOISY, "for n in range(3000):\n    print(n)")),
    Sample(
        "partial",
        {"scaled_dot_product_attention": misconception(find_bank("scaled_dot_product_attention"), "not_scaled")},
    ),
    Sample("half", {"scaled_dot_product_attention": None, "reflect": None}),
    Sample("untouched", untouched=True),
    Sample("broken", {"softmax": "def softmax(x, dim=-1)\n    return x"}),
]


class Graded:
    """Two courses with the same secret and submissions: one graded by us, one by nbgrader with our preprocessor."""

    def __init__(self, ours: Path, theirs: Path, lines: list[dict[str, Any]]) -> None:
        self.ours, self.theirs, self.lines = ours, theirs, lines


@pytest.fixture(scope="module")
def graded(make_short: MakeCourse) -> Graded:
    ours, theirs = make_short("ours", SAMPLES), make_short("theirs", SAMPLES)
    for course in (ours, theirs):
        course.secret()
    (theirs.state / "secret").write_bytes((ours.state / "secret").read_bytes())
    done = autograder(ours.root, "grade", WARMUP, "--json")
    assert done.returncode == 0, done.stderr
    for step in (("generate_assignment", WARMUP, "--force"), ("autograde", WARMUP)):
        ran = nbgrader(theirs.root, *step)
        assert ran.returncode == 0, ran.stderr
    return Graded(ours.root, theirs.root, json_lines(done.stdout))


@pytest.mark.parametrize("table", TABLES)
def test_the_gradebooks_hold_the_same_rows(graded: Graded, table: str) -> None:
    ours, theirs = rows(graded.ours)[table], rows(graded.theirs)[table]
    assert ours, "there is something to compare"
    assert ours == theirs


def test_the_autograded_folders_are_byte_for_byte_the_same(graded: Graded) -> None:
    ours, theirs = notebooks(graded.ours), notebooks(graded.theirs)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_partial_marks_reach_the_gradebook_as_they_are(graded: Graded) -> None:
    by_student = {line["student"]: line for line in graded.lines}
    question = next(q for q in by_student["partial"]["questions"] if q["id"] == "scaled_dot_product_attention")
    assert 0 < question["score"] < question["max_score"]
    scores = {(student, cell): score for student, cell, score, *_ in rows(graded.ours)["grade"]}
    assert scores["partial", "test_scaled_dot_product_attention"] == question["score"]


def test_a_warning_on_stderr_costs_nothing(graded: Graded) -> None:
    by_student = {line["student"]: line for line in graded.lines}
    assert by_student["noisy"]["score"] == by_student["model"]["score"] == 9
    text = json.loads((graded.ours / f"autograded/noisy/{WARMUP}/{WARMUP}.ipynb").read_text())
    assert "FutureWarning" in json.dumps(text), "the warning is still there to read"


def test_what_comes_after_works_on_it(graded: Graded) -> None:
    for course in (graded.ours, graded.theirs):
        for step in (("generate_feedback", WARMUP), ("export",)):
            ran = nbgrader(course, *step)
            assert ran.returncode == 0, ran.stderr
        assert len(list((course / "feedback").glob(f"*/{WARMUP}/{WARMUP}.html"))) == len(SAMPLES)
    tables = [sorted((course / "grades.csv").read_text().splitlines()) for course in (graded.ours, graded.theirs)]
    assert len(tables[0]) == len(SAMPLES) + 1
    assert tables[0] == tables[1]


def test_regrading_keeps_what_a_person_gave(make_short: MakeCourse) -> None:
    course = make_short("by-hand", SAMPLES[:1])
    assert autograder(course.root, "grade", WARMUP, "--json").returncode == 0
    with sqlite3.connect(course.root / "gradebook.db") as db:
        changed = db.execute("UPDATE grade SET manual_score = 1.5 WHERE auto_score IS NULL").rowcount
    assert changed == 1, "one written answer"
    assert autograder(course.root, "grade", WARMUP, "--regrade", "--json").returncode == 0
    manual = [(m, needs) for _, _, auto, m, _, needs in rows(course.root)["grade"] if auto is None]
    assert manual == [(1.5, 1)], "nbgrader's rule: the manual score stays, and a person looks again"


def test_release_and_collect_through_the_exchange(make_short: MakeCourse, warmup: Path, tmp_path: Path) -> None:
    course = make_short("exchange", [])
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)  # as nbgrader asks for it
    where = f"--Exchange.root={exchange}"
    for words in (("generate_assignment", WARMUP, "--force"), ("release_assignment", WARMUP, where), ("list", where)):
        ran = nbgrader(course.root, *words)
        assert ran.returncode == 0, ran.stderr
    ours = warmup / "release" / WARMUP / f"{WARMUP}.ipynb"
    released = list(exchange.glob(f"*/outbound/{WARMUP}/{WARMUP}.ipynb"))
    assert [path.read_bytes() for path in released] == [ours.read_bytes()]
