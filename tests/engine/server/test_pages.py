"""The pages as a TA and a student get them: what they say, what they refuse, and what they must not let through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.course import CONFIG, Course
from autograder.grading.record import Judgement
from autograder.model import Diagnosis, Verdict
from autograder.samples.classes import Sample
from autograder.server.place import DISABLED
from tests.engine.server.light import NAME, Client, make, serving
from tests.judgements import question, write_judgement

EVIL = "<script>alert(1)</script>"


def row(text: str, student: str) -> str:
    """A student's row, without its tags and with single spaces."""
    found = re.search(rf'<tr [^>]*>(?:(?!</tr>).)*value="{re.escape(student)}".*?</tr>', text, re.DOTALL)
    assert found, f"no row for {student}"
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


# ---- what is said -----------------------------------------------------------------------------------------


def test_the_first_page_counts_each_state(graded: str, client: Client) -> None:
    page = client.get("")
    assert page.status == 200
    assert page.has(r"4 to mark by hand</a>.*1 could not be judged</a>")
    assert page.has(r"0 made, 0 released")


def test_before_grading_all_are_not_graded(tmp_path: Path, root: Path) -> None:
    course = make(tmp_path / "course", root, [Sample("ada")])
    with serving(course.root, tmp_path) as client:
        assert client.get("").has("1 not graded</a>")
        assert "Not graded – – " in row(client.get(f"/a/{NAME}/submissions").text, "ada")
    assert not (course.root / "gradebook.db").exists(), "to look is not to make one"


def test_a_row_has_state_score_what_failed_and_links(graded: str, client: Client) -> None:
    text = client.get(f"/a/{NAME}/submissions").text
    assert row(text, "ada").startswith("ada To mark by hand 2 / 3 ")
    assert row(text, "ben").startswith("ben To mark by hand 0 / 3 ")
    assert row(text, "eve").startswith("eve Could not be judged 0 / 3 ")
    assert re.search(r'href="/formgrader/submissions/[0-9a-f]{32}/"[^>]*aria-label="ada in the Formgrader"', text)
    assert row(text, "ada").endswith("none Formgrader")


def test_the_report_is_a_tab_without_names_in_a_sandbox(graded: str, client: Client) -> None:
    tab = client.get(f"/a/{NAME}/report")
    assert tab.has(rf'<iframe[^>]* sandbox src="[^"]*/a/{NAME}/report/page"')
    made = client.get(f"/a/{NAME}/report/page")
    assert made.status == 200
    assert "Difficulty and discrimination" in made.text
    assert not re.search(r"\b(ada|ben|cem|dora)\b", made.text)
    assert "sandbox" in made.headers["content-security-policy"]
    assert client.get("/a/nothing/report/page").status == 404


def test_a_report_on_nobody_says_so(tmp_path: Path, root: Path) -> None:
    course = make(tmp_path / "course", root, [Sample("ada")])
    with serving(course.root, tmp_path) as client:
        assert client.get(f"/a/{NAME}/report").has("nothing to report")
        refused = client.get(f"/a/{NAME}/report/page")
    assert refused.status == 409
    assert "The report could not be made" in refused.text
    assert "style-src 'self'" in refused.headers["content-security-policy"]  # else the error has no style


def test_what_was_handed_in_again_is_seen(graded: str, client: Client, course: Course) -> None:
    stamp = course.folder("submitted", NAME, "dora") / "timestamp.txt"
    before = stamp.read_text()
    stamp.write_text("2026-01-13 09:30:00.000000 UTC")
    try:
        assert "Handed in again" in row(client.get(f"/a/{NAME}/submissions").text, "dora")
    finally:
        stamp.write_text(before)
    assert "To mark by hand" in row(client.get(f"/a/{NAME}/submissions").text, "dora")


def test_one_submission_in_full(graded: str, client: Client) -> None:
    page = client.get(f"/a/{NAME}/s/ben")
    assert page.has(r"<code>double</code> <span class=\"tag bad\">failed</span>")
    assert page.has(r"judged by asserts that ran in the student&#39;s process")
    assert page.has(r"rel=\"next\"[^>]*>cem")
    assert client.get(f"/a/{NAME}/s/eve").has("is not JSON")


def test_the_gate_counts_who_is_not_ready(graded: str, client: Client) -> None:
    page = client.get(f"/a/{NAME}/release")
    assert page.has(r"<b>0</b> <span>ready")
    assert page.has(r"<li>4 have answers to mark by hand</li>\s*<li>1 could not be judged</li>")
    chosen = client.post(f"/a/{NAME}/release", ("student", "ada"))
    assert chosen.has(r"for the 1 chosen")
    assert chosen.has(r"<li>1 have answers")


def test_what_is_not_complete_is_released_only_on_purpose(graded: str, client: Client, course: Course) -> None:
    answer = client.post(f"/a/{NAME}/jobs", ("kind", "release"), ("student", "ada"))
    assert answer.status == 409
    assert answer.has("1 of those chosen are not completely graded: ada")


# ---- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [
    "/a/none/submissions",
    "/a/..%2F..%2Fetc/submissions",
    "/a/.autograder/submissions",
    f"/a/{NAME}/s/nobody",
    f"/a/{NAME}/preview/nobody",
    f"/a/{NAME}/feedback/..%2Fada/x.html",
    f"/a/{NAME}/feedback/ada/none.html",
])  # fmt: skip
def test_what_is_not_there_is_a_page_that_says_so(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert answer.has("<h1>There is no such page</h1>")


def test_switched_off_for_students(course: Course, tmp_path: Path) -> None:
    with serving(course.root, tmp_path, enabled=False) as client:
        for path in ("", "/api/status", f"/a/{NAME}/submissions", f"/a/{NAME}/feedback/ada/{NAME}.html"):
            answer = client.get(path)
            assert answer.status == 403
            assert answer.has(DISABLED)
        assert client.post(f"/a/{NAME}/jobs", ("kind", "grade"), ("student", "ada")).status == 403


def test_where_there_is_no_course(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with serving(tmp_path / "home", tmp_path) as client:
        answer = client.get("")
        assert answer.status == 403
        assert answer.has(f"No course was found: no {CONFIG} in ")


def test_a_course_may_be_named(course: Course, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with serving(tmp_path / "home", tmp_path, course_root=str(course.root)) as client:
        assert client.get("/api/status").json == {"course": "llm-foundations"}


def test_a_gradebook_that_is_not_yours(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.server import place

    monkeypatch.setattr(place.os, "access", lambda path, mode: False)  # root may write everything
    with serving(course.root, tmp_path) as client:
        assert client.get("").status == 403
        assert client.get("").has("this course is not yours to grade")


# ---- what must not get through ----------------------------------------------------------------------------


def test_nothing_comes_from_elsewhere_and_no_script_stands_in_a_page(graded: str, client: Client) -> None:
    for path in ("", f"/a/{NAME}/submissions", f"/a/{NAME}/s/ben", f"/a/{NAME}/release", f"/a/{NAME}/preview/ben"):
        page = client.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL):
            assert script == ""
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", page.text)
        assert re.findall(r'(?:src|href|action)="(?!/|\?|#)[^"]*"', page.text) == []


def test_names_and_reasons_are_text(tmp_path: Path, root: Path) -> None:
    course = make(tmp_path / "course", root, [Sample("ada")])
    evil = question(EVIL, message=EVIL, checks=(Verdict(EVIL, False, 0.0, EVIL, Diagnosis(EVIL, EVIL)),))
    (course.root / "submitted" / "ada").rename(course.root / "submitted" / "<b>ada")
    for student in ("ada", "<b>ada"):
        write_judgement(course, Judgement(NAME, student, NAME, "invalid", EVIL, (EVIL,), (evil,)))
    with serving(course.root, tmp_path) as client:
        for path in (f"/a/{NAME}/submissions", f"/a/{NAME}/s/%3Cb%3Eada", f"/a/{NAME}/release"):
            page = client.get(path)
            assert page.status == 200
            assert EVIL not in page.text
            assert "<b>ada" not in page.text
        assert page.has("&lt;b&gt;ada")


def test_a_feedback_page_runs_nothing(graded: str, client: Client, course: Course) -> None:
    folder = course.folder("feedback", NAME, "cem")
    folder.mkdir(parents=True)
    (folder / f"{NAME}.html").write_text(f"<p>Well done{EVIL}")
    preview = client.get(f"/a/{NAME}/preview/cem")
    assert preview.has(rf'<iframe class="preview" sandbox src="/autograder/a/{NAME}/feedback/cem/{NAME}.html"')
    shown = client.get(f"/a/{NAME}/feedback/cem/{NAME}.html")
    assert shown.text == f"<p>Well done{EVIL}", "what the student gets, as it is"
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'; ")
