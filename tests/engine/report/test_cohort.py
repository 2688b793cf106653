"""The report of a class: its numbers by hand, its page whole, for one student and for many."""

from __future__ import annotations

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.cli.main import app
from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.feedback.verdicts import QuestionVerdicts, Reason
from autograder.gradebook.address import database
from autograder.gradebook.beginning import begin
from autograder.gradebook.rule import CellMark
from autograder.grading.scoring import Grader
from autograder.report.cohort import cohort_page
from autograder.report.cohort_data import Cohort, Entry, Item, ItemAnswer
from autograder.report.cohort_figures import anonymize, item_figures, mistakes, summary
from autograder.samples.classes import Sample, misconception
from tests.conftest import WARMUP, MakeCourse
from tests.engine.banks import find_bank
from tests.judgements import copy_for
from tests.pools import grade_here

ITEMS = tuple(Item(("nb", name), number, name, 2.0) for number, name in enumerate(("one", "two", "three"), start=1))


def answer(
    score: float | None, state: str = "partial", judged: QuestionVerdicts | None = None, code: str = ""
) -> ItemAnswer:
    mark = CellMark(score, needs_manual_grade=score is None)
    return ItemAnswer(mark, 2.0, "waiting" if score is None else state, judged, code)


def entry(name: str, *scores: float | None, **more: Any) -> Entry:
    answers = {item.key: answer(score) for item, score in zip(ITEMS, scores, strict=False)}
    return Entry((name,), "graded", sum(s or 0 for s in scores), 6.0, answers=answers, **more)


def cohort(*entries: Entry) -> Cohort:
    return Cohort("a", 6.0, len(entries), ITEMS, entries)


def test_difficulty_is_the_mean_share_and_discrimination_the_item_rest_correlation() -> None:
    scores = np.array([[2, 2, 1], [2, 1, 0.5], [1, 0, 1], [0, 0.5, 2], [0, 0, 0]])
    found = item_figures(cohort(*(entry(str(n), *row) for n, row in enumerate(scores))))
    for place, figures in enumerate(found):
        rest = np.delete(scores, place, axis=1).sum(axis=1)
        assert figures.share == pytest.approx(scores[:, place].mean() / 2)
        assert figures.discrimination == pytest.approx(np.corrcoef(scores[:, place], rest)[0, 1])


def test_missing_questions_leave_the_rest_as_a_share_of_what_is_there() -> None:
    found = item_figures(cohort(entry("a", 2, 2), entry("b", 1, 1, 2), entry("c", 0, 0, 0), entry("d")))
    assert [figures.marked for figures in found] == [3, 3, 2]
    assert found[0].discrimination == pytest.approx(np.corrcoef([2, 1, 0], [1, 0.75, 0])[0, 1])
    assert found[2].discrimination is None, "two students are too few"


def test_alike_or_waiting_answers_have_no_correlation() -> None:
    alike = item_figures(cohort(*(entry(str(n), 1, n) for n in range(3))))
    assert [figures.discrimination for figures in alike[:2]] == [None, None]
    waiting = item_figures(cohort(entry("a", 2, 2, None), entry("b", 1, 0, 0), entry("c", 0, 1, None)))
    assert waiting[2].share is None, "those that are marked are the empty ones"
    assert waiting[2].waiting == 2
    assert waiting[0].discrimination is not None


def judged(passed: tuple[str, ...], failed: tuple[str, ...], mistake: str = "") -> QuestionVerdicts:
    reasons = (Reason(failed, "is wrong", mistake, f"You have made {mistake}." if mistake else ""),) if failed else ()
    return QuestionVerdicts("one", "partial", "checks", "", len(passed + failed), len(passed), passed, reasons)


def with_judged(name: str, found: QuestionVerdicts, code: str = "") -> Entry:
    return Entry((name, "Ada", "Lovelace"), "graded", 1, 6, answers={ITEMS[0].key: answer(1, judged=found, code=code)})


def test_checks_that_nobody_or_everybody_passes_are_named_once_five_have_tried() -> None:
    tried = [with_judged(str(n), judged(("easy",), ("hard", "mixed"))) for n in range(4)]
    assert item_figures(cohort(*tried))[0].nobody == ()
    last = with_judged("last", judged(("easy", "mixed"), ("hard",)))
    figures = item_figures(cohort(*tried, last))[0]
    assert (figures.nobody, figures.everybody) == (("hard",), ("easy",))


def test_mistakes_are_counted_by_student_with_the_shortest_example() -> None:
    long = with_judged("eve", judged((), ("a",), "long_way"), "x = 1\ny = 2\nz = 3")
    short = with_judged("bob", judged((), ("a", "b"), "long_way"), "x = 1")
    other = with_judged("cy", judged((), ("a",), "another"), "q = 0")
    found = mistakes(cohort(long, short, other))
    assert [(m.name, m.count, m.example) for m in found] == [("long_way", 2, "x = 1"), ("another", 1, "q = 0")]
    assert found[0].sentence == "You have made long_way."


def test_an_example_says_nobody_s_name() -> None:
    code = '''# by Ada, s123
def f(x):  # lovelace's way
    """Written by Jane Doe, matr. 1234567"""
    s123_total = '# Ada' + f"{x} Doe" + b"Jane"[:0].decode()
    li_list = [x]  # Li
    "Jane"
    return einsum('bqd,bkd->bqk', x)
'''
    assert anonymize(code, ("s123", "Ada", "Lovelace", "Li", "x")).splitlines() == [
        "def f(x):",
        "    pass",
        "    somebody_total = '...' + f'{x}...' + b'...'[:0].decode()",
        "    somebody_list = [x]",
        "    pass",
        "    return einsum('bqd,bkd->bqk', x)",
    ]


@pytest.mark.parametrize("code", ["def f(x):\n    return x +  # Jane", "%magic Jane\nx = 1", "x = '''Jane", "\x00Jane"])
def test_of_code_that_cannot_be_read_nothing_is_an_example(code: str) -> None:
    assert anonymize(code, ()) == ""


def test_a_summary_of_nothing_is_none() -> None:
    assert summary([]) is None
    found = summary([1, 2, 6])
    assert found is not None
    assert (found.count, found.mean, found.median, found.least, found.most) == (3, 3, 2, 1, 6)


# ---- a real class ----------------------------------------------------------------------------------------------------

WRONG = {"scaled_dot_product_attention": misconception(find_bank("scaled_dot_product_attention"), "not_scaled")}


@pytest.fixture(scope="module")
def course(make_short: MakeCourse, short: tuple[Grader, dict[str, Any]]) -> Course:
    made = make_short("cohort", [Sample("zebediah", WRONG), Sample("yolanda", untouched=True)])
    done = [one.result for one in grade_here(made, short)]
    assert [(r.status, r.reason) for r in done] == [("graded", "")] * 2
    return made


@pytest.fixture(scope="module")
def page(course: Course) -> str:
    return cohort_page(course, WARMUP)


class Balanced(HTMLParser):
    """Counts what opens and what closes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_tells_what_there_is(page: str) -> None:
    assert Balanced(page).open == []
    assert "Your weights are those of scores not divided by sqrt(d_k)." in page
    assert "Q4 reflect: 1 answer to be marked" in page
    assert page.count("<svg ") == page.count('role="img" aria-label="') == 4
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))


def test_the_page_says_nobody_s_name_and_holds_nothing_that_runs_or_fetches(page: str) -> None:
    assert re.findall("zebediah|yolanda", page) == []
    assert re.findall(r"<(script|link|iframe|form|object|embed|base)\b", page) == []
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', page) == []
    assert "default-src 'none'; style-src 'sha256-" in unescape(page)


def test_the_same_class_gives_the_same_page(course: Course, page: str) -> None:
    assert cohort_page(course, WARMUP) == page


def copied(course: Course, students: int) -> None:
    """Adds copies of both students: gradebook, notebooks and results."""
    opened = Gradebook(course.nbgrader.db_url, course.nbgrader.course_id)
    with opened as gradebook, gradebook.db.no_autoflush:
        for number in range(students):
            like, name = ("zebediah", "yolanda")[number % 2], f"copy-{number}"
            gradebook.add_student(name)
            new = gradebook.add_submission(WARMUP, name)
            old = gradebook.find_submission(WARMUP, like)
            scores = {grade.name: grade for grade in old.notebooks[0].grades}
            for grade in new.notebooks[0].grades:
                grade.auto_score = scores[grade.name].auto_score
                grade.needs_manual_grade = scores[grade.name].needs_manual_grade
            there, here = (course.folder("autograded", WARMUP, student) for student in (like, name))
            copy_for(there / f"{WARMUP}.ipynb", name, here / f"{WARMUP}.ipynb")
        gradebook.db.commit()


def test_one_student_and_twenty(course: Course, tmp_path: Path) -> None:
    folder = shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns("submitted"))
    other = read_course(folder)
    copied(other, 18)
    page = cohort_page(other, WARMUP)
    assert "10 students" in page, "half of them have made the mistake"
    assert "Among those who wrote something" in page
    with Gradebook(other.nbgrader.db_url, other.nbgrader.course_id) as gradebook:
        for student in [s.id for s in gradebook.students if s.id != "zebediah"]:
            gradebook.remove_student(student)
    assert "fewer than 3 students" in cohort_page(other, WARMUP)


def test_results_that_are_gone_leave_out_the_time_alone(course: Course, tmp_path: Path) -> None:
    folder = shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns("submitted", "results"))
    page = cohort_page(read_course(folder), WARMUP)
    assert "Time to grade one" not in page
    assert "Your weights are those of scores not divided by sqrt(d_k)." in page
    shutil.rmtree(folder / "autograded")
    assert "No known mistake was found." in cohort_page(read_course(folder), WARMUP)


def test_the_command_writes_the_page_and_says_where(course: Course, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root)
    done = CliRunner().invoke(app, ["report", WARMUP])
    assert done.exit_code == 0, done.output
    path = course.root / "reports" / f"{WARMUP}.html"
    assert done.output.strip() == str(path)
    assert path.read_text() == page
    assert CliRunner().invoke(app, ["report", WARMUP, "--output", "x/y.html"]).exit_code == 0
    assert (course.root / "x" / "y.html").read_text() == path.read_text()


def test_an_unknown_assignment_and_a_class_without_marks_are_said_so(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no assignment 'nothing'; it knows warmup; run: autograder grade nothing"):
        cohort_page(course, "nothing")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    empty = read_course(tmp_path)
    begin(database(empty))
    with Gradebook(empty.nbgrader.db_url, empty.nbgrader.course_id) as gradebook:
        gradebook.add_assignment("early")
    with pytest.raises(UsageError, match="nobody's 'early' is graded yet; run: autograder grade early"):
        cohort_page(empty, "early")
