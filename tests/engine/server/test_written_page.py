"""The page of a written question: what it shows, what its script is answered, and that it gives nobody away."""

from __future__ import annotations

import html
import json
import re
import shutil
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, read_course
from autograder.server import written_board
from autograder.written.book import Book
from tests.engine.server.light import Client, serving
from tests.engine.written.written_class import KEY, small_class

PAGE = "/a/heads/written/heads/explain_a_head"
API = f"/api{PAGE}"
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [click](javascript:alert(1)) ![out](http://127.0.0.1/x.png)"
    "\n\n<style>body{display:none}</style> <svg onload=alert(1)> </textarea></section> \"' &amp; \u202egnp"
)


@pytest.fixture
def course(written_answers: Path, tmp_path: Path) -> Course:
    shutil.copytree(written_answers, tmp_path / "course")
    return read_course(tmp_path / "course")


@pytest.fixture
def client(course: Course, tmp_path: Path) -> Iterator[Client]:
    with serving(course.root, tmp_path / "home") as served:
        yield served


def board(client: Client, group: str = "") -> str:
    answer = client.get(f"{API}/board?group={group}")
    assert answer.status == 200, answer.text
    return str(answer.json["board"])


def groups(shown: str) -> list[str]:
    return re.findall(r'data-group="([^"]+)"', shown)


def seen(shown: str) -> dict[str, str]:
    """The labels and digests of the open group."""
    return dict(re.findall(r'data-label="([A-Z]+)" data-seen="([0-9a-f]+)"', shown))


def save(client: Client, shown: str, **mark: Any) -> Any:
    answer = client.send(f"{API}/save", {"seen": seen(shown), "score": None, "note": None, "items": [], **mark})
    assert answer.status == 200, answer.text
    return answer.json


def scores(course: Course) -> dict[str, float | None]:
    book = Book(course)
    return {answer.student: answer.mark.score for answer in book.answers(book.question(*KEY))}


def total(shown: str) -> str:
    (found,) = re.findall(r'<p class="total">(.*?)</p>', shown, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def rewrite(course: Course, student: str, words: str) -> None:
    """Another text in the autograded notebook, as when a submission is graded again."""
    path = course.folder("autograded", KEY[0], student) / f"{KEY[1]}.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][2]["source"] = words
    path.write_text(json.dumps(notebook))


# ---- marking ----------------------------------------------------------------------------------------------


def test_the_list_shows_each_question_and_how_far_it_is(client: Client) -> None:
    answer = client.get("/a/heads/written")
    assert answer.has(rf'href="/autograder{PAGE}">Question 9: explain a head</a>.*2 of 24.*1 of 5')


def test_an_assignment_that_nobody_handed_in_has_an_empty_list(client: Client, course: Course) -> None:
    assert client.get("/a/other/written").status == 404
    course.folder("source", "other").mkdir()
    assert client.get("/a/other/written").has("no questions to be marked by hand")


def test_a_group_is_marked_in_one_go_and_the_total_runs_along(client: Client, course: Course) -> None:
    first = board(client)
    assert total(first) == "2 of 24 answers 1 of 5 groups 0 points given mean 0 of 3"
    marked = save(client, first, score=2.5, note="Good.")
    count = len(seen(first))
    assert marked["saved"] == count > 3
    assert total(board(client)).startswith(f"{2 + count} of 24 answers 2 of 5 groups {2.5 * count:g} points given")
    kinds = {one.student: one.kind for one in small_class()}
    assert len({kinds[student] for student, score in scores(course).items() if score == 2.5}) == 1


def test_undo_answers_with_the_board_as_it_was(client: Client, course: Course) -> None:
    before = scores(course)
    save(client, board(client), score=1)
    assert client.send(f"{API}/undo", {}).json["saved"] == len(seen(board(client)))
    assert scores(course) == before
    assert client.send(f"{API}/undo", {}).json["saved"] == 0


def test_one_answer_can_be_taken_out_marked_and_put_back(client: Client, course: Course) -> None:
    first = board(client)
    label = next(iter(seen(first)))
    assert label not in seen(client.send(f"{API}/alone", {"labels": [label], "alone": True}).json["board"])
    alone = board(client, label)
    assert list(seen(alone)) == [label]
    save(client, alone, score=0.5)
    assert sorted(scores(course).values(), key=str).count(0.5) == 1
    client.send(f"{API}/alone", {"labels": [label], "alone": False})
    assert label in seen(board(client, groups(first)[0]))
    assert "do not all have the same mark" in board(client, groups(first)[0])


def test_a_rubric_item_is_made_used_changed_and_applied_again(client: Client, course: Course) -> None:
    item = {"name": "pattern", "points": 1, "sentence": "You name it."}
    shown = client.send(f"{API}/rubric", item).json["board"]
    marked = save(client, shown, items=["1"], note="")
    assert {score for score in scores(course).values() if score} == {1.0}
    again = client.send(f"{API}/rubric", {**item, "points": 2, "seen": {"id": "1", **item}}).json["board"]
    assert f"Apply changed rubric to {marked['saved']}<" in again
    assert client.send(f"{API}/again", {}).json["saved"] == marked["saved"]
    assert {score for score in scores(course).values() if score} == {2.0}


def test_two_tas_with_two_servers_do_not_overwrite_each_other(client: Client, course: Course, tmp_path: Path) -> None:
    with serving(course.root, tmp_path / "other home") as other:
        mine, theirs = board(client), board(other)
        save(other, theirs, score=1, note="Half.")
        reply = save(client, mine, score=3)
        assert reply["saved"] == 0
        assert {clash["label"] for clash in reply["clashes"]} == set(seen(mine))
        assert {(clash["score"], clash["comment"]) for clash in reply["clashes"]} == {(1.0, "Half.")}
        now = {clash["label"]: clash["digest"] for clash in reply["clashes"]}
        assert save(client, mine, seen=now, score=3)["saved"] == len(now)


def test_a_text_that_came_since_cannot_be_marked_before_it_is_shown(client: Client, course: Course) -> None:
    first = board(client)
    student = "student-000"
    book = Book(course)
    (key,) = (answer.digest for answer in book.answers(book.question(*KEY)) if answer.student == student)
    group = next(text for text in (board(client, group) for group in groups(first)) if key in seen(text).values())
    rewrite(course, student, "**Your answer**\n\nAnother text.")
    (clash,) = save(client, group, score=3)["clashes"]
    assert (clash["new_text"], clash["digest"]) == (True, None)
    assert seen(group)[clash["label"]] == key


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"seen": {}}, "at least one answer"),
        ({"seen": {"BCDF": 1}}, "at least one answer"),
        ({"seen": {"bcdf": "0"}, "score": 1}, "no longer there"),
        ({"seen": {"BCDF": "0"}, "score": "1"}, "must be a number"),
        ({"seen": {"BCDF": "0"}, "score": True}, "must be a number"),
        ({"seen": {"BCDF": "0"}, "score": 1, "items": "1"}, "ids of rubric items"),
        ({"seen": {"BCDF": "0"}, "note": 3}, "a comment is text"),
        ({"seen": {"BCDF": "0"}}, "choose a score"),
        ([], "not an object"),
    ],
)
def test_a_request_that_is_none_is_refused_in_words(client: Client, body: object, text: str) -> None:
    answer = client.send(f"{API}/save", body)
    assert (answer.status, text in answer.json["error"]) == (400, True), answer.text


def test_more_than_the_points_of_the_question_is_refused_in_words(client: Client, course: Course) -> None:
    answer = client.send(f"{API}/save", {"seen": seen(board(client)), "score": 4})
    assert answer.status == 400
    assert "more than the question's 3 points" in answer.json["error"]
    assert not any(scores(course).values())


def test_a_question_that_is_not_there_is_404_and_a_post_without_the_token_403(client: Client) -> None:
    assert client.get("/a/heads/written/heads/nothing").status == 404
    assert client.send("/api/a/heads/written/heads/nothing/save", {}).status == 404
    assert client.send(f"{API}/explode", {}).status == 404
    assert client.post(f"{API}/undo", token=False).status == 403


def test_texts_are_compared_and_drawn_beside_the_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def changed(text: str, middle: str) -> list[tuple[str, bool]]:
        threads.append(threading.current_thread().name)
        return [(text, text != middle)]

    monkeypatch.setattr(written_board, "changed_words", changed)
    assert client.get(PAGE).status == 200
    drawn = len(threads)
    board(client)
    assert 0 < drawn < len(threads)
    assert {name.partition("_")[0] for name in threads} == {"asyncio"}, threads


def test_a_text_that_is_too_long_to_be_compared_says_so(client: Client, course: Course) -> None:
    for number, slip in enumerate(("wiht", "with")):
        rewrite(course, f"student-00{number}", "hello " * 4000 + slip)
    shown = [board(client, group) for group in groups(board(client))]
    assert [list(seen(text)) for text in shown if "too long to be compared" in text] == [
        list(seen(text)) for text in shown if "hello hello" in re.sub(r"<nav.*</nav>", "", text, flags=re.DOTALL)
    ]
    assert sum("too long to be compared" in text for text in shown) == 2


def test_a_comment_comes_back_from_its_form_with_every_character(client: Client) -> None:
    words = "\u200fשלום \u200eabc\ufeff <b>"
    item = {"name": "\u200fא", "points": 1, "sentence": words}
    shown = client.send(f"{API}/rubric", item).json["board"]
    (edit,) = [found for tag, found in elements(shown) if tag == "button" and found.get("class") == "edit"]
    assert (edit["data-name"], edit["data-sentence"]) == (item["name"], words)
    assert words in [found.get("data-sentence") for tag, found in elements(shown) if tag == "input"]
    save(client, shown, score=1, note=words)
    assert f">{html.escape(words)}</textarea>" in board(client, groups(shown)[0])


# ---- anonymous --------------------------------------------------------------------------------------------


def everything(client: Client) -> str:
    """All that the page and its script are sent, headers too, while a TA works."""
    first = board(client)
    sent = [client.get("/a/heads/written"), client.get(PAGE), client.get(f"{PAGE}?group={groups(first)[1]}")]
    label = next(iter(seen(first)))
    sent.append(client.send(f"{API}/save", {"seen": {**seen(first), label: "old"}, "score": 1}))  # a clash
    sent.append(client.send(f"{API}/save", {"seen": seen(first), "score": 1, "note": "Hm."}))
    sent.append(client.send(f"{API}/alone", {"labels": [label], "alone": True}))
    sent.append(client.send(f"{API}/undo", {}))
    assert [answer.status for answer in sent] == [200] * len(sent)
    assert sent[3].json["clashes"]
    return "\n".join(json.dumps(answer.headers) + answer.text for answer in sent)


def ids(course: Course) -> set[str]:
    """What leads to a student: their id, and that of their submission, which the formgrader opens under their name."""
    book = Book(course)
    found = book.answers(book.question(*KEY))
    return {answer.student for answer in found} | {answer.submission for answer in found}


def test_without_names_nothing_sent_leads_to_a_student(client: Client, course: Course) -> None:
    sent = everything(client)
    assert not [name for name in ids(course) if name in sent]


def test_names_are_there_for_a_ta_who_wants_them(client: Client, course: Course) -> None:
    client.cookies["autograder-names"] = "1"
    assert "student-000" in everything(client)


def test_a_course_can_keep_names_from_everybody(client: Client, course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + "c.Autograder.anonymous = True\n")
    client.cookies["autograder-names"] = "1"
    sent = everything(client)
    assert not [name for name in ids(course) if name in sent]
    assert 'id="names"' not in sent


# ---- hostile ----------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.found


def test_what_students_and_tas_write_does_nothing_on_the_page(client: Client, course: Course) -> None:
    for number, words in enumerate((HOSTILE, HOSTILE.replace("click", "clicck"))):
        rewrite(course, f"student-00{number}", words)
    client.send(f"{API}/rubric", {"name": HOSTILE[:60], "points": 1, "sentence": HOSTILE})
    shown = [board(client, group) for group in groups(board(client))]
    for text in shown:
        save(client, text, items=["1"], note=HOSTILE)
    shown += [board(client, group) for group in groups(shown[0])] + [client.get(PAGE).text]
    assert any("alert(1)" in text for text in shown)
    for text in shown:
        for tag, attributes in elements(text):
            own = str(attributes.get("src", attributes.get("href", ""))).startswith("/")
            assert tag not in ("style", "svg", "iframe", "object", "embed", "base"), tag
            assert own or tag not in ("script", "link", "img"), (tag, attributes)
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
            assert "javascript:" not in str(attributes.get("href"))
