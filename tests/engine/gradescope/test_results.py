"""The object in results.json: by the documented schema for every status, and harmless whatever a student wrote."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import jsonschema
import mistune
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autograder.errors import SubmissionError
from autograder.gradescope import results as gradescope
from autograder.gradescope.markdown import escape
from autograder.gradescope.metadata import EarlierSubmission, Metadata, read_metadata
from autograder.grading.submitted import read_elsewhere
from autograder.model import (
    Assignment,
    Diagnosis,
    MasterNotebook,
    Question,
    QuestionResult,
    Result,
    SubmissionStatus,
    Verdict,
)
from tests.engine.banks import find_bank

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text())
DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
ABOUT = Metadata("ada@example.edu", DUE - timedelta(hours=1), DUE)
QUESTIONS = (
    Question("causal_mask", "test_causal_mask", 2.0, "checks", "causal_mask", ("causal_mask",)),
    Question("softmax", "test_softmax", 1.0, "checks", "softmax", ("softmax",)),
    Question("explain", "explain", 3.0, "hand", "explain"),
    Question("sums", "test_sums", 0.5, "asserts", "sums"),
)
ASSIGNMENT = Assignment("small", (MasterNotebook("small", (), QUESTIONS),))


def judged(question: Question, passed: bool, message: str = "wrong", named: str = "") -> QuestionResult:
    (name,) = question.checks
    bank = find_bank(name)
    verdicts = tuple(
        Verdict(check.name, passed, points if passed else 0.0, "" if passed else message,
                Diagnosis(named, f"named {named}") if named else None, points, check.public)
        for check, points in zip(bank.checks, bank.points(question.max_score), strict=True)
    )  # fmt: skip
    score = question.max_score if passed else 0.0
    status = "passed" if passed else "failed"
    return QuestionResult(
        question.id, question.grade_id, "small", status, score, question.max_score, "checks", verdicts, "",
        "passed" if passed else "failed", "" if passed else message,
    )  # fmt: skip


def result(status: SubmissionStatus = "graded", message: str = "wrong", named: str = "", reason: str = "") -> Result:
    questions = (
        judged(QUESTIONS[0], True),
        judged(QUESTIONS[1], False, message, named),
        QuestionResult("explain", "explain", "small", "needs_manual", 0.0, 3.0, "hand", (), "to be marked by hand"),
        QuestionResult("sums", "test_sums", "small", "passed", 0.5, 0.5, "asserts", (), "judged by asserts"),
    )
    return Result(
        "small", "ada@example.edu", status, "cpu", 1, ("landlock",), ("missing_cell:x",), questions, 6.5, reason
    )


def made(**more: Any) -> dict[str, Any]:
    found = gradescope.results(result(**more), ASSIGNMENT, ABOUT)
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.mark.parametrize("status", get_args(SubmissionStatus))
def test_every_status_makes_an_object_of_the_documented_form(status: SubmissionStatus) -> None:
    found = made(status=status, reason="because")
    assert found["extra_data"]["status"] == status
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_each_entry_has_its_number_marks_status_and_visibility() -> None:
    found = made(named="swapped")
    assert found["score"] == 2.5
    entries = {t["number"]: t for t in found["tests"]}
    assert (entries["1"]["status"], entries["1"]["visibility"]) == ("passed", "visible")
    assert "score" not in entries["1"], "public tests inform, checks mark"
    assert (entries["1.1"]["visibility"], entries["2.1"]["visibility"]) == ("visible", "after_published")
    assert entries["2.1"]["tags"] == ["softmax", "swapped"]
    assert entries["2.1"]["output"] == "wrong\n\nLikely cause&#58; named swapped"
    assert entries["3"]["tags"] == ["explain", "by hand"]
    assert (entries["4"]["score"], entries["4"]["max_score"]) == (0.5, 0.5)
    shares = [t["max_score"] for n, t in entries.items() if n.startswith("1.")]
    assert sum(shares) == pytest.approx(2.0, abs=1e-3)
    assert found["extra_data"]["by_hand"] == ["explain"]


def test_hidden_numbers_of_a_fault_stay_with_instructors() -> None:
    found = made(status="grader_error", reason="ZeroDivisionError: division by zero (judge.py:7)")
    assert "ZeroDivisionError" in found["extra_data"]["reason"]
    assert "ZeroDivisionError" not in found["output"] + json.dumps(found["tests"])
    assert found["score"] == 0.0
    assert "not a mark" in found["output"]


def test_after_a_fault_the_last_judged_score_stands() -> None:
    earlier = (EarlierSubmission(DUE, 3.0, True), EarlierSubmission(DUE, 5.5, True), EarlierSubmission(DUE, 0.0, False))
    about = replace(ABOUT, earlier=earlier)
    found = gradescope.results(result("grader_error"), ASSIGNMENT, about)
    jsonschema.validate(found, SCHEMA)
    assert found["score"] == 5.5
    assert "your last submission that was graded" in found["output"]


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (timedelta(seconds=-1), ""),
        (timedelta(seconds=1), "Handed in 1 minute after"),
        (timedelta(days=2, hours=1), "Handed in 2 days and 1 hour after"),
    ],
)
def test_lateness_is_told_and_changes_no_mark_by_itself(late: timedelta, said: str) -> None:
    about = Metadata("ada", DUE + late, DUE, DUE + timedelta(days=1))
    found = gradescope.results(result(), ASSIGNMENT, about)
    assert found["score"] == 2.5
    assert said in found["output"]
    assert ("Handed in" in found["output"]) == bool(said)
    assert found["extra_data"]["late"]["after_late_due"] == (late > timedelta(days=1))


def test_a_penalty_is_off_the_score_and_told() -> None:
    about = Metadata("ada", DUE + timedelta(hours=3), DUE)
    found = gradescope.results(result(), ASSIGNMENT, about, penalty=0.75)
    jsonschema.validate(found, SCHEMA)
    assert (found["score"], found["extra_data"]["late"]["penalty"]) == (1.75, 0.75)
    assert "takes off 0.75 of the 2.5 points: the score is 1.75." in found["output"]
    assert sum(test.get("score", 0.0) for test in found["tests"]) == pytest.approx(2.5, abs=1e-3), "what was earned"


# ---- text that a student could have written --------------------------------------------------------------------

NASTY = """# x
> y
    code
1. z <script>alert("1")</script> [a](javascript:b) ![i](http://c/d) `e` **f** | g | $$h$$ www.k.org"""


@settings(deadline=None)  # a busy machine proves nothing about this text
@given(st.text(max_size=200))
@example(NASTY)
@example("```\n</code>\n~~~")
@example("a@b.org https://b.org <https://c.org> &lt;b&gt; [x]: y\n\n[x]")
@example("- a\n- b\n===\n---\n***\n\\")
def test_escaped_text_is_shown_as_it_is_in_any_dialect(text: str) -> None:
    wanted = [" ".join(line.split()) for line in _printable(text)]
    wanted = [line for line in wanted if line]
    for render in (MarkdownIt("js-default", {"html": True}).render, mistune.create_markdown(
        escape=False, plugins=["table", "strikethrough", "url", "task_lists", "math", "footnotes"])):  # fmt: skip
        page = str(render("before\n\n" + escape(text) + "\n\nafter"))
        tags = set(re.findall(r"</?(\w+)", page))
        assert tags <= {"p", "br"}, page
        shown = html.unescape(re.sub(r"<br\s*/?>|</?p>", "\n", page)).split("\n")
        assert [s.strip() for s in shown if s.strip()] == ["before", *wanted, "after"]


def _printable(text: str) -> list[str]:
    import unicodedata

    return ["".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in line) for line in text.splitlines()]


def test_messages_of_the_judge_are_escaped_wherever_they_stand() -> None:
    found = made(message=NASTY, reason=NASTY, status="timed_out")
    texts = [found["output"], *(t["output"] for t in found["tests"])]
    assert not [t for t in texts if "<script" in t or "](" in t or "`" in t]
    assert any("script" in t for t in texts)


# ---- what Gradescope lays out ----------------------------------------------------------------------------------


def test_metadata_as_documented(tmp_path: Path) -> None:
    path = tmp_path / "submission_metadata.json"
    graded = {"score": 3, "results": {"extra_data": {"status": "timed_out"}}, "submission_time": "2026-02-01T00:00:00Z"}
    path.write_text(
        json.dumps(
            {
                "created_at": "2026-03-01T14:00:00.5-08:00",
                "assignment": {"due_date": "2026-03-01T12:00:00-08:00", "late_due_date": None},
                "users": [
                    {"email": "b@x.edu", "assignment": {"due_date": "2026-03-01T13:00:00-08:00"}},
                    {"email": "a@x.edu"},
                ],
                "previous_submissions": [
                    {**graded, "submission_time": "2026-02-02T00:00:00Z", "score": 4},
                    graded,
                    {"score": None, "results": None},
                ],
            }
        )
    )
    found = read_metadata(path)
    assert found.student == "a@x.edu,b@x.edu"
    assert found.seconds_late == 3600, "by the extension of one of them"
    assert found.late_due is None
    assert [(e.score, e.judged) for e in found.earlier] == [(0.0, False), (3.0, True), (4.0, True)], "the oldest first"


def test_without_metadata_there_is_a_student_all_the_same(tmp_path: Path) -> None:
    assert read_metadata(tmp_path / "none.json") == Metadata("nobody")


@pytest.mark.parametrize(
    ("files", "taken", "flags"),
    [
        (["small.ipynb", "other.ipynb"], "small.ipynb", ()),
        (["folder/small.ipynb", "folder/data.csv"], "folder/small.ipynb", ()),
        (["my answers.ipynb"], "my answers.ipynb", ("renamed",)),
        (["__MACOSX/small.ipynb", ".ipynb_checkpoints/small.ipynb", "x/small.ipynb"], "x/small.ipynb", ()),
    ],
)
def test_the_notebook_that_counts(tmp_path: Path, files: list[str], taken: str, flags: tuple[str, ...]) -> None:
    for name in files:
        (tmp_path / "submission" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "submission" / name).write_text(name)
    found = read_elsewhere(tmp_path, tmp_path / "submission", "small", "ada", [".ipynb_checkpoints"])
    assert (found.notebooks["small"], found.flags) == (taken.encode(), flags)
    assert set(found.files) == {"data.csv"} & {Path(f).name for f in files}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "there is no notebook"),
        (["small.py"], "there is no notebook"),
        (["a.ipynb", "b.ipynb"], "there are 2 notebooks, none is small.ipynb"),
        (["a/small.ipynb", "b/small.ipynb"], "two or more notebooks are called small.ipynb"),
    ],
)
def test_which_notebook_counts_is_never_guessed(tmp_path: Path, files: list[str], reason: str) -> None:
    (tmp_path / "submission").mkdir()
    for name in files:
        (tmp_path / "submission" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "submission" / name).write_text("{}")
    found = read_elsewhere(tmp_path, tmp_path / "submission", "small", "ada", [])
    refused = found.notebooks["small"]
    assert isinstance(refused, SubmissionError)
    assert reason in str(refused)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    (tmp_path / "secret.ipynb").write_text("{}")
    (tmp_path / "submission" / "small.ipynb").symlink_to(tmp_path / "secret.ipynb")
    refused = read_elsewhere(tmp_path, tmp_path / "submission", "small", "ada", []).notebooks["small"]
    assert isinstance(refused, SubmissionError)
    assert "link" in str(refused)
