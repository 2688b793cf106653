"""The page that a student reads: made by nbgrader's generate_feedback, through its exchange, of a graded class."""

from __future__ import annotations

import getpass
import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.exchange.default import ExchangeFetchFeedback, ExchangeReleaseFeedback

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.feedback.exporter import preview
from autograder.grading.scoring import Grader
from autograder.model import OURS
from autograder.samples.classes import Sample, misconception
from tests.conftest import WARMUP, MakeCourse
from tests.engine.banks import find_bank
from tests.pools import grade_here

SECRET = "5ec4e7"  # what nbgrader submit puts beside a notebook, to find its feedback by
COMMENT = "Look at **the mask** again: $q k^\\top$ <script>alert(1)</script>"
ATTENTION = "scaled_dot_product_attention"
USES_SOFTMAX = f"""def {ATTENTION}(q, k, v, mask=None):
    scores = q.float() @ k.float().mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return (softmax(scores).nan_to_num() @ v.float()).to(v.dtype)
"""
SAMPLES = [
    Sample("partial", {"softmax": misconception(find_bank("softmax"), "no_exponential"), ATTENTION: USES_SOFTMAX}),
    Sample("half", {"softmax": None, "reflect": None}, extra=("print('a cell of mine')",)),
    Sample("broken"),
]


@pytest.fixture(scope="module")
def course(make_short: MakeCourse, short: tuple[Grader, dict[str, Any]]) -> Course:
    """Graded; one answer marked and commented by a person, and that student late."""
    made = make_short("feedback", SAMPLES)
    (made.root / f"submitted/broken/{WARMUP}/{WARMUP}.ipynb").write_text("{")
    (made.root / f"submitted/partial/{WARMUP}/submission_secret.txt").write_text(SECRET)
    done = [one.result for one in grade_here(made, short)]
    assert {r.student: (r.status, r.reason) for r in done if r.student != "broken"} == {
        "partial": ("graded", ""),
        "half": ("graded", ""),
    }
    with Gradebook(made.nbgrader.db_url, made.nbgrader.course_id) as gradebook:
        gradebook.find_assignment(WARMUP).duedate = datetime(2026, 1, 12, 9)
        grade = gradebook.find_grade("reflect", WARMUP, WARMUP, "partial")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        gradebook.find_comment("reflect", WARMUP, WARMUP, "partial").manual_comment = COMMENT
        gradebook.find_submission_notebook(WARMUP, WARMUP, "partial").late_submission_penalty = 1.5
        gradebook.db.commit()
    generate(made)
    return made


def generate(course: Course) -> None:
    """As the command and the formgrader do."""
    config = read_course(course.root).config
    config.CourseDirectory.assignment_id = WARMUP
    GenerateFeedback(coursedir=configured(course, config), force=True, config=config).start()


def configured(course: Course, config: Any) -> Any:
    return type(course.nbgrader)(config=config)


def written(course: Course, student: str) -> str:
    return (course.root / "feedback" / student / WARMUP / f"{WARMUP}.html").read_text()


def text_of(page: str) -> str:
    """What is read, without markup."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_a_named_mistake_is_told_with_its_sentence_and_partial_marks(course: Course) -> None:
    text = text_of(written(course, "partial"))
    assert "A likely mistake: no exponential Your weights are x over its sum: the exponential is missing." in text
    assert "partly right · softmax · 1 of 8 checks passed" in text
    assert re.search(r"Question 1: Warm-up 0\.3 of 3", text)


def test_what_builds_on_a_wrong_answer_comes_after_it(course: Course) -> None:
    text = text_of(written(course, "partial"))
    assert "Where to begin Question 1: Warm-up : 2.7 points" in text
    assert "Question 4: reflect : 0.25 points Question 3: scaled dot product attention : 3.73 points" in text
    assert "Your answer uses softmax ( question 1 ), which is not right yet." in text


def test_a_person_s_marks_and_comment_are_there_and_the_comment_does_nothing(course: Course) -> None:
    page = written(course, "partial")
    assert "Comment from your teacher" in page
    assert "<strong>the mask</strong>" in page
    assert "<msup>" in page, "its formula is drawn"
    assert "<script" not in page
    assert "Question 4: reflect 1.75 of 2 marked by a person · with 0.25 extra" in text_of(page)


def test_lateness_and_its_penalty_are_shown_and_the_total_is_what_is_left(course: Course) -> None:
    with Gradebook(course.nbgrader.db_url, course.nbgrader.course_id) as gradebook:
        score = gradebook.find_submission(WARMUP, "partial").score
    text = text_of(written(course, "partial"))
    assert "Handed in 12 January 2026, 12:00 UTC, 3 h late" in text
    assert f"Your answers {score:.2f} Handed in late −1.5 Total {score - 1.5:.2f}" in text


def test_unwritten_answers_say_so_and_own_cells_are_shown(course: Course) -> None:
    text = text_of(written(course, "half"))
    assert "softmax is not written yet: it raises NotImplementedError." in text
    assert "a cell of mine" in text
    assert "A cell of your own" in text


def test_a_notebook_that_cannot_be_read_gets_a_page_with_the_reason(course: Course) -> None:
    text = text_of(written(course, "broken"))
    assert "Your notebook could not be graded. The reason: warmup.ipynb is not JSON" in text
    assert "A person will look at it." in text
    assert "0 of" not in text, "no marks that nobody gave"


def lines_of_tests(course: Course) -> Iterator[str]:
    notebook = json.loads((course.root / "source" / WARMUP / f"{WARMUP}.ipynb").read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code":
            yield from (line.strip() for line in cell["source"] if len(line.strip()) > 30)


@pytest.mark.parametrize("student", ["partial", "half", "broken"])
def test_no_test_code_is_shown(course: Course, student: str) -> None:
    page = written(course, student)
    text, lines = unescape(text_of(page)), list(lines_of_tests(course))
    assert len(lines) == 5
    assert [line for line in lines if line in text] == []
    assert "HIDDEN TESTS" not in page
    assert 'check("' not in page


def test_a_course_may_show_its_tests(course: Course) -> None:
    shows = read_course(course.root)
    shows.config.FeedbackExporter.show_tests = True
    assert "BEGIN HIDDEN TESTS" in preview(shows, WARMUP, "partial", WARMUP)


def test_the_page_holds_nothing_that_runs_or_fetches(course: Course) -> None:
    page = written(course, "partial")
    assert re.findall(r"<(script|link|iframe|form|object|embed|base)\b", page) == []
    assert re.findall(r'(?:src|href)="(?!#|data:image/png;base64,)[^"]*"', page) == []
    assert "default-src 'none'; style-src 'sha256-" in unescape(page)


def test_without_the_state_folder_the_page_is_the_same(course: Course) -> None:
    before = written(course, "partial")
    state = course.state / "results"
    state.rename(course.root / "elsewhere")
    try:
        assert preview(course, WARMUP, "partial", WARMUP) == before
    finally:
        (course.root / "elsewhere").rename(state)


def test_a_notebook_that_was_graded_by_something_else_gets_marks_and_comments(course: Course) -> None:
    path = course.root / "autograded" / "partial" / WARMUP / f"{WARMUP}.ipynb"
    text = path.read_text()
    path.chmod(0o644)
    notebook = json.loads(text)
    del notebook["metadata"][OURS]
    path.write_text(json.dumps(notebook))
    try:
        page = preview(course, WARMUP, "partial", WARMUP)
    finally:
        path.write_text(text)
    assert "Question 1: Warm-up 0.3 of 3 partly right" in text_of(page)
    assert "<strong>the mask</strong>" in page
    text = unescape(text_of(page))
    assert [line for line in lines_of_tests(course) if line in text] == []


def test_a_preview_of_what_is_not_graded_says_what_to_do(course: Course) -> None:
    with pytest.raises(UsageError, match=f"nobody has no autograded notebook .*: grade '{WARMUP}' first"):
        preview(course, WARMUP, "nobody", WARMUP)


def test_release_and_fetch_work_as_they_do(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The student's side: what nbgrader submit leaves in the cache, and where the exchange keeps feedback."""
    config = read_course(course.root).config
    config.CourseDirectory.assignment_id = WARMUP
    config.Exchange.root, config.Exchange.cache = str(tmp_path / "exchange"), str(tmp_path / "cache")
    (tmp_path / "exchange" / course.nbgrader.course_id).mkdir(parents=True)
    stamp = "2026-01-12 12:00:00.000000 UTC"
    cached = tmp_path / "cache" / course.nbgrader.course_id / f"{getpass.getuser()}+{WARMUP}+{stamp}"
    shutil.copytree(course.root / "submitted" / "partial" / WARMUP, cached)
    home = tmp_path / "home"
    (home / WARMUP).mkdir(parents=True)
    releasing = read_course(course.root).config
    releasing.merge(config)
    releasing.CourseDirectory.student_id = "partial"
    ExchangeReleaseFeedback(coursedir=configured(course, releasing), config=releasing).start()
    monkeypatch.chdir(home)
    ExchangeFetchFeedback(coursedir=configured(course, config), config=config).start()
    fetched = list((home / WARMUP / "feedback").rglob("*.html"))
    assert [path.read_text() for path in fetched] == [written(course, "partial")]
