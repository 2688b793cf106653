"""Marks for written answers: the rows are the formgrader's, a save is all or nothing, and undo puts back what was."""

from __future__ import annotations

import inspect
import json
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader.apihandlers import CommentHandler, GradeHandler

from autograder.course import Course, read_course
from autograder.errors import RecordsError, UsageError
from autograder.gradebook.rule import CellMark
from autograder.written.answers import WrittenAnswer, WrittenQuestion
from autograder.written.book import Book
from autograder.written.journal import Journal
from autograder.written.marking import Decision
from autograder.written.rubric import add_item, delete_item, edit_item, read_rubric
from autograder.written.saving import AnswerMarker, MarkRequest, SaveResult
from tests.engine.written.written_class import KEY


@pytest.fixture
def course(written_answers: Path, tmp_path: Path) -> Course:
    shutil.copytree(written_answers, tmp_path / "course")
    return read_course(tmp_path / "course")


@pytest.fixture
def question(course: Course) -> WrittenQuestion:
    book = Book(course)
    return book.question(*KEY)


def answers(course: Course, question: WrittenQuestion) -> list[WrittenAnswer]:
    """Those that wait for a person, in a fixed order."""
    book = Book(course)
    found = [answer for answer in book.answers(question) if answer.mark.auto_score is None]
    return sorted(found, key=lambda answer: answer.student)


def rows(course: Course, question: WrittenQuestion) -> dict[str, CellMark]:
    return {answer.student: answer.mark for answer in answers(course, question)}


def save(
    course: Course, question: WrittenQuestion, seen: list[WrittenAnswer], mark: Decision, by: str = "maria"
) -> SaveResult:
    wanted = [MarkRequest(answer.key, answer.digest, mark) for answer in seen]
    return AnswerMarker(course, question, by).save(wanted, read_rubric(course, question))


# ---- the formgrader's rows --------------------------------------------------------------------------------


class FormgraderRequest:
    """Stands in for a request to the formgrader's own handlers; what they do with the gradebook is theirs."""

    def __init__(self, gradebook: Gradebook, body: dict[str, Any]) -> None:
        self.gradebook = gradebook
        self._body = body

    def get_json_body(self) -> dict[str, Any]:
        return self._body

    def write(self, text: str) -> None:
        json.loads(text)


def formgrader(
    course: Course, answer: WrittenAnswer, *, score: float | None = None, comment: str | None = None
) -> None:
    """What its page does when a TA types a score or a comment."""
    with Gradebook(course.nbgrader.db_url, course.nbgrader.course_id) as gradebook:
        if score is not None:
            grade = gradebook.find_grade_by_id(answer.key)
            body = {**grade.to_dict(), "manual_score": score}
            inspect.unwrap(GradeHandler.put)(FormgraderRequest(gradebook, body), answer.key)
        if comment is not None:
            found = gradebook.find_comment(KEY[2], KEY[1], KEY[0], answer.student)
            body = {**found.to_dict(), "manual_comment": comment}
            inspect.unwrap(CommentHandler.put)(FormgraderRequest(gradebook, body), found.id)


def tables(course: Course) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the gradebook."""
    with sqlite3.connect(course.root / "gradebook.db") as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}


@pytest.mark.parametrize(
    ("score", "comment"), [(2.5, None), (0.0, "Look at the rows."), (3.0, ""), (None, "A comment alone.")]
)
def test_the_gradebook_is_row_for_row_what_the_formgrader_makes_of_the_same_marks(
    course: Course, question: WrittenQuestion, tmp_path: Path, score: float | None, comment: str | None
) -> None:
    shutil.copytree(course.root, tmp_path / "twin")
    twin = read_course(tmp_path / "twin")
    before = tables(course)
    for answer in answers(twin, question)[:3]:
        # its page sends a comment only where the box was changed
        formgrader(twin, answer, score=score, comment=comment or None)
    save(course, question, answers(course, question)[:3], Decision(score, comment))
    assert tables(course) == tables(twin) != before


def test_an_emptied_comment_is_saved_as_the_formgrader_saves_it(course: Course, question: WrittenQuestion) -> None:
    first = answers(course, question)[0]
    formgrader(course, first, score=2.0, comment="Too long.")
    save(course, question, answers(course, question)[:1], Decision(note=""))
    assert rows(course, question)[first.student].manual_comment == ""


def test_extra_credit_given_in_the_formgrader_stays(course: Course, question: WrittenQuestion) -> None:
    with sqlite3.connect(course.root / "gradebook.db") as db:
        db.execute("UPDATE grade SET extra_credit = 0.5")
    save(course, question, answers(course, question)[:1], Decision(2.0))
    found = answers(course, question)[0].mark
    assert (found.manual_score, found.extra_credit, found.score) == (2.0, 0.5, 2.5)


@pytest.mark.parametrize("score", [-0.5, 3.5, float("nan")])
def test_a_score_that_can_be_none_is_refused_and_nothing_is_written(
    course: Course, question: WrittenQuestion, score: float
) -> None:
    before = tables(course)
    with pytest.raises(UsageError, match=r"score|points"):
        save(course, question, answers(course, question), Decision(score))
    assert tables(course) == before


# ---- two TAs ----------------------------------------------------------------------------------------------


def test_where_another_ta_was_first_nothing_is_written_and_both_are_told(
    course: Course, question: WrittenQuestion
) -> None:
    seen = answers(course, question)[:3]  # on the screens of both
    save(course, question, seen[1:2], Decision(1.0, "Half of it."), by="noor")
    before = tables(course)
    outcome = save(course, question, seen, Decision(3.0), by="maria")
    assert outcome.save is None
    assert [(c.answer.student, c.answer.mark.score, c.answer.mark.comment, c.by) for c in outcome.clashes] == [
        (seen[1].student, 1.0, "Half of it.", "noor")
    ]
    assert tables(course) == before

    now = [replace(answer, mark=rows(course, question)[answer.student]) for answer in seen]
    assert save(course, question, now, Decision(3.0), by="maria").save is not None  # having seen it, she may
    assert {rows(course, question)[answer.student].score for answer in seen} == {3.0}


def test_the_formgrader_counts_as_another_ta(course: Course, question: WrittenQuestion) -> None:
    seen = answers(course, question)[:1]
    formgrader(course, seen[0], comment="From the formgrader.")
    (clash,) = save(course, question, seen, Decision(3.0)).clashes
    assert (clash.by, clash.answer.mark.comment) == ("", "From the formgrader.")


def test_a_new_text_under_the_eyes_of_the_ta_is_a_clash(course: Course, question: WrittenQuestion) -> None:
    seen = answers(course, question)[:1]
    path = course.folder("autograded", KEY[0], seen[0].student) / f"{KEY[1]}.ipynb"
    path.write_text(path.read_text().replace(json.dumps(seen[0].text)[1:-1], "Something else."))
    (clash,) = save(course, question, seen, Decision(3.0)).clashes
    assert (clash.answer.text, clash.new_text) == ("Something else.", True)


def test_a_mark_of_another_ta_is_no_new_text(course: Course, question: WrittenQuestion) -> None:
    seen = answers(course, question)[:1]
    save(course, question, seen, Decision(1.0), by="noor")
    (clash,) = save(course, question, seen, Decision(3.0)).clashes
    assert not clash.new_text


def test_a_gradebook_locked_by_another_program_is_named_and_nothing_is_lost(
    course: Course, question: WrittenQuestion
) -> None:
    seen = answers(course, question)[:1]
    wanted = [MarkRequest(seen[0].key, seen[0].digest, Decision(2.0))]
    other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordsError, match=r"another program holds .* nothing was saved"):
        AnswerMarker(course, question, "maria", patience=0.05).save(wanted, ())
    other.execute("ROLLBACK")
    assert Journal(course, question).saves() == []
    assert AnswerMarker(course, question, "maria").save(wanted, ()).save is not None


def test_of_two_tas_who_save_at_once_one_is_first(course: Course, question: WrittenQuestion) -> None:
    seen = answers(course, question)
    ready = threading.Barrier(2)

    def marks(by: str, score: float) -> SaveResult:
        ready.wait()
        return save(course, question, seen, Decision(score), by=by)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(marks, ("maria", "noor"), (1.0, 2.0)))
    assert sorted(outcome.save is None for outcome in outcomes) == [False, True]
    (winner,) = [outcome.save for outcome in outcomes if outcome.save is not None]
    assert {row.score for row in rows(course, question).values()} == {1.0 if winner.by == "maria" else 2.0}


def test_nobody_writes_between_what_a_save_reads_and_what_it_writes(course: Course, question: WrittenQuestion) -> None:
    with Book(course).open_transaction() as writing:
        writing.answers(question)
        other = sqlite3.connect(course.root / "gradebook.db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE grade SET manual_score = 0")


# ---- undo -------------------------------------------------------------------------------------------------


def test_undo_puts_back_row_for_row_what_was_there(course: Course, question: WrittenQuestion) -> None:
    formgrader(course, answers(course, question)[0], score=1.0, comment="From the formgrader.")
    states = [tables(course)]
    for mark in (Decision(2.0, "Good."), Decision(3.0, "Very good."), Decision(note="")):
        save(course, question, answers(course, question)[:4], mark)
        states.append(tables(course))
    marker = AnswerMarker(course, question, "maria")
    for state in reversed(states[:-1]):
        assert marker.undo().save is not None
        assert tables(course) == state
    assert marker.undo() == SaveResult(None)


def test_undo_takes_back_ones_own_saves_only(course: Course, question: WrittenQuestion) -> None:
    first, second, *_ = answers(course, question)
    save(course, question, [first], Decision(1.0), by="maria")
    save(course, question, [second], Decision(2.0), by="noor")
    AnswerMarker(course, question, "maria").undo()
    found = rows(course, question)
    assert (found[first.student].score, found[second.student].score) == (None, 2.0)


def test_undo_asks_before_it_touches_what_another_ta_changed_since(course: Course, question: WrittenQuestion) -> None:
    seen = answers(course, question)[:2]
    save(course, question, seen, Decision(1.0), by="maria")
    save(course, question, answers(course, question)[:1], Decision(2.0), by="noor")
    marker = AnswerMarker(course, question, "maria")
    (clash,) = marker.undo().clashes
    assert (clash.answer.student, clash.by) == (seen[0].student, "noor")
    assert [rows(course, question)[answer.student].score for answer in seen] == [2.0, 1.0]
    assert marker.undo(leave_changed=True).save is not None
    assert [rows(course, question)[answer.student].score for answer in seen] == [2.0, None]


def test_a_save_that_was_cut_off_before_its_rows_is_not_what_undo_takes_back(
    course: Course, question: WrittenQuestion
) -> None:
    first, second, *_ = answers(course, question)
    save(course, question, [first], Decision(1.0))
    done = save(course, question, [second], Decision(2.0))
    assert done.save is not None
    (change,) = done.save.changes
    with sqlite3.connect(course.root / "gradebook.db") as db:  # as if the power had failed between the two writes
        db.execute("UPDATE grade SET manual_score = NULL, needs_manual_grade = 1 WHERE id = ?", (change.key,))
    AnswerMarker(course, question, "maria").undo()
    assert rows(course, question)[first.student].score is None


# ---- rubric -----------------------------------------------------------------------------------------------


def test_items_add_up_and_their_sentences_become_the_comment(course: Course, question: WrittenQuestion) -> None:
    one = add_item(course, question, "pattern", 1.5, "You name the pattern.")
    two = add_item(course, question, "no unit", -0.5, "The unit is missing.")
    save(course, question, answers(course, question)[:1], Decision(note="See me.", items=(two.id, one.id)))
    found = answers(course, question)[0].mark
    assert found.score == 1.0
    assert found.comment == "You name the pattern.\nThe unit is missing.\n\nSee me."


def test_a_comment_that_is_left_open_stays_behind_the_sentences_of_the_items(
    course: Course, question: WrittenQuestion
) -> None:
    one = add_item(course, question, "pattern", 1.5, "You name the pattern.")
    two = add_item(course, question, "no unit", -0.5, "The unit is missing.")
    first, second, *_ = answers(course, question)
    save(course, question, [first], Decision(note="See me.", items=(one.id,)))
    formgrader(course, second, comment="Well done.")
    for _ in range(2):  # a second time nothing doubles
        save(course, question, answers(course, question)[:3], Decision(items=(two.id,)))
        assert [answer.mark.comment for answer in answers(course, question)[:3]] == [
            "The unit is missing.\n\nSee me.",
            "The unit is missing.\n\nWell done.",
            "The unit is missing.",
        ]


def test_a_score_alone_leaves_the_items_and_the_comment(course: Course, question: WrittenQuestion) -> None:
    item = add_item(course, question, "pattern", 1.5, "You name the pattern.")
    save(course, question, answers(course, question)[:1], Decision(note="See me.", items=(item.id,)))
    save(course, question, answers(course, question)[:1], Decision(2.0))
    save(course, question, answers(course, question)[:1], Decision(items=(item.id,)))
    found = answers(course, question)[0].mark
    assert (found.score, found.comment) == (1.5, "You name the pattern.\n\nSee me.")


@pytest.mark.parametrize(("points", "score"), [((3.0, 2.0), 3.0), ((-1.0, -1.0), 0.0)])
def test_items_never_add_up_to_more_than_the_question_or_less_than_nothing(
    course: Course, question: WrittenQuestion, points: tuple[float, float], score: float
) -> None:
    items = tuple(add_item(course, question, f"item {worth}", worth, "").id for worth in points)
    save(course, question, answers(course, question)[:1], Decision(items=items))
    assert answers(course, question)[0].mark.score == score


def test_an_item_changed_later_can_be_applied_again_and_that_undone(course: Course, question: WrittenQuestion) -> None:
    item = add_item(course, question, "pattern", 1.0, "You name the pattern.")
    save(course, question, answers(course, question)[:3], Decision(note="Well.", items=(item.id,)))
    formgrader(course, answers(course, question)[2], score=2.5)  # a person changed this one since
    before = tables(course)
    edit_item(course, question, item, name="pattern", points=2.0, sentence="You name the pattern clearly.")
    marker = AnswerMarker(course, question, "maria")
    outcome = marker.apply_again(read_rubric(course, question))
    assert outcome.save is not None
    assert len(outcome.save.changes) == 2
    found = [answer.mark for answer in answers(course, question)[:3]]
    assert [row.score for row in found] == [2.0, 2.0, 2.5]
    assert found[0].comment == "You name the pattern clearly.\n\nWell."
    assert marker.apply_again(read_rubric(course, question)) == SaveResult(None)
    marker.undo()
    assert tables(course) == before


def test_grading_again_leaves_marks_with_their_items(course: Course, question: WrittenQuestion) -> None:
    item = add_item(course, question, "pattern", 1.0, "You name the pattern.")
    save(course, question, answers(course, question)[:1], Decision(note="Well.", items=(item.id,)))
    with sqlite3.connect(course.root / "gradebook.db") as db:  # what nbgrader and we do when the submission is graded
        db.execute("UPDATE grade SET needs_manual_grade = 1, auto_score = NULL WHERE manual_score = 1")
        db.execute("UPDATE comment SET auto_comment = 'Graded again.' WHERE manual_comment IS NOT NULL")
    assert AnswerMarker(course, question, "maria").apply_again(read_rubric(course, question)) == SaveResult(None)
    edit_item(course, question, item, name="pattern", points=2.0, sentence="You name the pattern clearly.")
    AnswerMarker(course, question, "maria").apply_again(read_rubric(course, question))
    found = answers(course, question)[0].mark
    assert (found.score, found.comment) == (2.0, "You name the pattern clearly.\n\nWell.")
    assert found.needs_manual_grade  # nobody has looked since


def test_an_edit_of_an_item_that_another_ta_changed_is_refused(course: Course, question: WrittenQuestion) -> None:
    seen = add_item(course, question, "pattern", 1.0, "")
    edit_item(course, question, seen, name="pattern", points=2.0, sentence="")
    with pytest.raises(UsageError, match=r"before you .*2 points"):
        edit_item(course, question, seen, name="pattern", points=0.5, sentence="")
    with pytest.raises(UsageError, match="before you"):
        delete_item(course, question, seen)
    assert [item.points for item in read_rubric(course, question)] == [2.0]


def test_the_number_of_a_deleted_item_is_not_used_again(course: Course, question: WrittenQuestion) -> None:
    gone = add_item(course, question, "first", 1.0, "")
    delete_item(course, question, gone)
    assert add_item(course, question, "second", 1.0, "").id != gone.id


@pytest.mark.parametrize("points", [4.0, -4.0, float("inf")])
def test_an_item_worth_more_than_the_question_is_refused(
    course: Course, question: WrittenQuestion, points: float
) -> None:
    with pytest.raises(UsageError, match="points"):
        add_item(course, question, "too much", points, "")
    assert read_rubric(course, question) == ()


def test_a_damaged_rubric_is_named(course: Course, question: WrittenQuestion) -> None:
    add_item(course, question, "pattern", 1.0, "")
    path = course.state / "rubrics" / f"{KEY[0]}.json"
    path.write_text(path.read_text()[:-20])
    with pytest.raises(RecordsError, match=r"heads\.json cannot be read"):
        read_rubric(course, question)
