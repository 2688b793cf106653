"""Written answers as they are read: who wrote what, what was asked, which groups there are, and no names."""

from __future__ import annotations

import itertools
import json
import random
import shutil
from pathlib import Path

import pytest

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.written.answers import MarkingProgress, WrittenQuestion, is_empty, own_words
from autograder.written.book import Book
from autograder.written.groups import make_groups, read_singles, set_alone
from autograder.written.labels import labels
from autograder.written.notebooks import read_texts
from tests.engine.written.written_class import CODE, KEY, small_class

STUDENTS = small_class()
QUESTION = WrittenQuestion(*KEY, 3.0, "markdown", "**Your answer**\n\nYOUR ANSWER HERE")


@pytest.fixture
def course(written_answers: Path, tmp_path: Path) -> Course:
    shutil.copytree(written_answers, tmp_path / "course")
    return read_course(tmp_path / "course")


def test_the_questions_come_in_the_order_of_the_notebook_with_their_progress(course: Course) -> None:
    book = Book(course)
    found = [(question.grade_id, question.kind, done) for question, done in book.questions(KEY[0])]
    assert found == [(KEY[2], "markdown", MarkingProgress(24, 2, 0.0)), (CODE, "code", MarkingProgress(24, 0, 0.0))]


def test_a_question_that_is_not_there_is_named(course: Course) -> None:
    book = Book(course)
    with pytest.raises(UsageError, match=r"no question 'nothing' .* heads/heads"):
        book.question(KEY[0], KEY[1], "nothing")


def test_looking_makes_no_gradebook(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert Book(read_course(tmp_path)).questions() == []
    assert not (tmp_path / "gradebook.db").exists()


def test_each_answer_is_the_text_of_its_students_notebook(course: Course) -> None:
    book = Book(course)
    found = {answer.student: answer.text for answer in book.answers(book.question(*KEY))}
    assert found == {one.student: f"**Your answer**\n\n{one.words}" for one in STUDENTS}


def test_a_notebook_that_cannot_be_read_does_not_stop_the_others(course: Course) -> None:
    folder = course.folder("autograded", KEY[0], "student-003")
    (folder / f"{KEY[1]}.ipynb").write_text("{")
    shutil.rmtree(course.folder("autograded", KEY[0], "student-004"))
    outside = course.root / "outside.ipynb"
    linked = course.folder("autograded", KEY[0], "student-005") / f"{KEY[1]}.ipynb"
    linked.rename(outside)
    linked.symlink_to(outside)
    book = Book(course)
    question = book.question(*KEY)
    found = book.answers(question)
    called = labels(course.secret(), question, [answer.student for answer in found])
    *_, last = make_groups(question, found, called, frozenset())
    assert last.kind == "unreadable"
    problems = {member.answer.student: member.answer.problem for member in last.members}
    assert "not JSON" in problems["student-003"]
    assert "grade the submission" in problems["student-004"]
    assert "is a link" in problems["student-005"]
    assert len(problems) == 3


def test_the_question_and_the_model_answer_are_those_of_the_source(course: Course) -> None:
    book = Book(course)
    found = read_texts(course, book.question(*KEY))
    assert found.prompt.startswith("## Question 9: explain a head\n")
    assert "Some text of the lesson" not in found.prompt
    assert found.model_answer.startswith("*Model answer.* Head 0")
    assert "SOLUTION" not in found.model_answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("**Your answer**\n\nThe head.", "The head."),
        ("**Your answer**\n\nThe head.\n\nYOUR ANSWER HERE\n", "The head."),
        ("**Your answer**\n\nYOUR ANSWER HERE\n\nThe head.", "The head."),
        ("The head.\n\n**Your answer**", "The head.\n\n**Your answer**"),
    ],
)
def test_lines_of_the_stub_are_not_the_students_words(text: str, words: str) -> None:
    assert own_words(text, QUESTION) == words


@pytest.mark.parametrize(
    "text", ["", " \n", "**Your answer**", QUESTION.stub, "**Your answer**  \n\n\nYOUR ANSWER HERE"]
)
def test_a_cell_as_it_was_handed_out_is_no_answer(text: str) -> None:
    assert is_empty(text, QUESTION)


def test_groups_are_the_same_in_any_order_and_the_empty_ones_are_one(course: Course) -> None:
    book = Book(course)
    question = book.question(*KEY)
    found = list(book.answers(question))
    called = labels(course.secret(), question, [answer.student for answer in found])
    groups = make_groups(question, found, called, frozenset())
    random.Random(0).shuffle(found)
    assert make_groups(question, found, called, frozenset()) == groups
    assert [group.kind for group in groups] == ["text"] * 4 + ["empty"]
    assert len(groups[-1].members) == 2


def test_an_answer_taken_out_stands_alone_until_it_is_put_back(course: Course) -> None:
    book = Book(course)
    question = book.question(*KEY)
    found = book.answers(question)
    called = labels(course.secret(), question, [answer.student for answer in found])
    first = make_groups(question, found, called, frozenset())[0]
    set_alone(course, question, [first.members[0].answer.key], alone=True)
    groups = make_groups(question, found, called, read_singles(course, question))
    (alone,) = [group for group in groups if group.kind == "alone"]
    assert alone.members[0].label == first.members[0].label
    set_alone(course, question, [first.members[0].answer.key], alone=False)
    assert make_groups(question, found, called, read_singles(course, question))[0] == first


# ---- labels -----------------------------------------------------------------------------------------------


def test_labels_stay_and_differ_from_question_to_question_and_course_to_course() -> None:
    students = [f"student-{n:03}" for n in range(200)]
    one = labels(b"secret", QUESTION, students)
    assert labels(b"secret", QUESTION, reversed(students)) == one
    assert len(set(one.values())) == 200
    other = WrittenQuestion(*KEY[:2], CODE, 2.0, "code", "")
    for different in (labels(b"secret", other, students), labels(b"another", QUESTION, students)):
        assert sum(one[s][:4] == different[s][:4] for s in students) < 5


def test_labels_say_nothing_of_the_order_of_names() -> None:
    students = [f"student-{n:03}" for n in range(200)]
    found = labels(b"secret", QUESTION, students)
    by_label = sorted(students, key=lambda student: found[student])
    in_order = sum(a < b for a, b in itertools.pairwise(by_label))
    assert 80 < in_order < 120  # as chance has it


def test_a_label_grows_where_two_would_be_alike() -> None:
    students = [str(n) for n in range(3000)]
    found = labels(b"secret", QUESTION, students)
    assert len(set(found.values())) == 3000
    assert {len(label) for label in found.values()} != {4}


def test_the_journal_and_the_rubric_hold_no_names(course: Course) -> None:
    from autograder.written.marking import Decision
    from autograder.written.saving import AnswerMarker, MarkRequest

    book = Book(course)
    question = book.question(*KEY)
    found = book.answers(question)
    AnswerMarker(course, question, "maria").save([MarkRequest(a.key, a.digest, Decision(1.0)) for a in found], ())
    texts = [path.read_text() for path in (course.state / "written").rglob("*.json")]
    assert texts
    assert json.loads(texts[0])["by"] == "maria"
    assert not any(one.student in text for one in STUDENTS for text in texts)
