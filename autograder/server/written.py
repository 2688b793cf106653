"""The pages on which a TA marks written answers, one question for all students; between gradebook and browser.

URLs and data identify answers only by labels, so that they do not reveal a student while names are hidden.
"""

from __future__ import annotations

import getpass
import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from jupyter_server.auth.identity import PasswordIdentityProvider
from tornado.web import HTTPError, authenticated

from autograder.course import Course
from autograder.errors import UsageError
from autograder.server.handlers import ASSIGNMENT, Handlers, PageHandler
from autograder.server.submissions import AssignmentHandler
from autograder.server.written_board import Board, list_questions, read_board
from autograder.written.answers import WrittenQuestion
from autograder.written.book import Book
from autograder.written.groups import set_alone
from autograder.written.labels import labels
from autograder.written.marking import Decision
from autograder.written.rubric import RubricItem, add_item, delete_item, edit_item, read_rubric
from autograder.written.saving import AnswerMarker, Clash, MarkRequest, SaveResult

NAMES = "autograder-names"  # the cookie of a TA who wants to see names
QUESTION = ASSIGNMENT + r"/written/(?P<notebook>[^/]+)/(?P<question>[^/]+)"
MAX_BODY = 4 << 20  # bytes: 2,000 labels with digests, and a comment


class QuestionHandler(PageHandler):
    """The base class of the pages and JSON replies about one question."""

    @property
    def marking_user(self) -> str:
        """The user who marks: the hub's user name; with token or password login, the user of the machine."""
        if isinstance(self.identity_provider, PasswordIdentityProvider):
            return getpass.getuser()
        return str(self.current_user.username)

    @property
    def names(self) -> bool:
        return not self.course.settings.anonymous and self.get_cookie(NAMES) == "1"

    async def find(self, assignment: str, notebook: str, question: str) -> WrittenQuestion:
        def find() -> WrittenQuestion:
            return Book(self.course).question(assignment, notebook, question)

        try:
            return await self.run_in_thread(find)
        except UsageError as error:
            raise HTTPError(HTTPStatus.NOT_FOUND, "%s", str(error)) from error

    async def board(self, question: WrittenQuestion) -> Board:
        chosen = self.get_query_argument("group", "")
        return await self.run_in_thread(read_board, self.course, question, chosen, self.marking_user, names=self.names)

    def values(self, board: Board) -> dict[str, Any]:
        """The values for the templates."""
        q = board.question
        return {
            "board": board, "question": q, "names_allowed": not self.course.settings.anonymous, "names": self.names,
            "here": self.url("a", q.assignment, "written", q.notebook, q.grade_id),
            "api": self.url("api", "a", q.assignment, "written", q.notebook, q.grade_id),
        }  # fmt: skip


class ListHandler(AssignmentHandler):
    """The assignment's written questions, each with its marking progress."""

    @authenticated
    async def get(self, assignment: str) -> None:
        await self.view_or_404(assignment)  # raises 404 for an unknown assignment
        lines = await self.run_in_thread(list_questions, self.course, assignment)
        self.page("written_list.html", tab="written", assignment=assignment, lines=lines)


class WrittenHandler(QuestionHandler):
    @authenticated
    async def get(self, assignment: str, notebook: str, question: str) -> None:
        board = await self.board(await self.find(assignment, notebook, question))
        await self.long_page("written_question.html", tab="written", assignment=assignment, **self.values(board))


class ActionHandler(QuestionHandler):
    """JSON replies for the page's script. The reply to a save that clashes has status 200 and the `clashes`."""

    @authenticated
    async def get(self, assignment: str, notebook: str, question: str, action: str) -> None:
        if action != "board":
            raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)
        await self.show(await self.find(assignment, notebook, question))

    @authenticated
    async def post(self, assignment: str, notebook: str, question: str, action: str) -> None:
        found = await self.find(assignment, notebook, question)
        try:
            body = _body(self.request.body)
            marker = AnswerMarker(self.course, found, self.marking_user)
            match action:
                case "save":
                    outcome = await self.run_in_thread(_save, self.course, marker, found, body)
                case "undo":
                    outcome = await self.run_in_thread(marker.undo, leave_changed=body.get("leave_changed") is True)
                case "again":
                    outcome = await self.run_in_thread(_apply_again, self.course, marker, found)
                case "alone":
                    outcome = await self.run_in_thread(_set_alone, self.course, found, body)
                case "rubric":
                    outcome = await self.run_in_thread(_edit_rubric, self.course, found, body)
                case _:
                    raise HTTPError(HTTPStatus.NOT_FOUND)
        except UsageError as error:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "%s", str(error)) from error
        await self.show(found, outcome)

    async def show(self, question: WrittenQuestion, outcome: SaveResult | None = None) -> None:
        """Reads the board again, and replies with it as HTML and with the outcome of the request."""
        board = await self.board(question)
        values = self.values(board)
        self.xsrf_token  # noqa: B018  # the first access sets a cookie, which only the event loop's thread may do
        self.json(
            {
                "board": await self.run_in_thread(self._render, "written_board.html", **values),
                "group": "" if board.open is None else board.open.id,
                "saved": len(outcome.save.changes) if outcome is not None and outcome.save is not None else 0,
                "clashes": [_clash(board, clash) for clash in (outcome.clashes if outcome is not None else ())],
            }
        )


def _save(course: Course, marker: AnswerMarker, question: WrittenQuestion, body: Mapping[str, Any]) -> SaveResult:
    seen = body.get("seen")
    if not isinstance(seen, Mapping) or not seen or not all(isinstance(digest, str) for digest in seen.values()):
        raise UsageError("choose at least one answer")
    items = body.get("items", [])
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise UsageError("items are the ids of rubric items")
    note = body.get("note")
    if not (note is None or isinstance(note, str)):
        raise UsageError("a comment is text")
    mark = Decision(_number(body.get("score"), "score"), note, tuple(items))
    if mark == Decision():
        raise UsageError("choose a score, a rubric item, or write a comment")
    keys = _keys(course, question)
    wanted = [MarkRequest(_key(keys, label), digest, mark) for label, digest in seen.items()]
    return marker.save(wanted, read_rubric(course, question))


def _apply_again(course: Course, marker: AnswerMarker, question: WrittenQuestion) -> SaveResult:
    return marker.apply_again(read_rubric(course, question))


def _set_alone(course: Course, question: WrittenQuestion, body: Mapping[str, Any]) -> SaveResult:
    chosen = body.get("labels")
    if not isinstance(chosen, list):
        raise UsageError("labels is a list of the answers' labels")
    keys = _keys(course, question)
    set_alone(course, question, [_key(keys, label) for label in chosen], alone=body.get("alone") is True)
    return SaveResult(None)


def _edit_rubric(course: Course, question: WrittenQuestion, body: Mapping[str, Any]) -> SaveResult:
    """Adds an item if the body has no `seen`, deletes the item if `delete` is true, else changes it."""
    name, sentence, points = str(body.get("name") or ""), str(body.get("sentence") or ""), body.get("points")
    seen = body.get("seen")
    if seen is None:
        add_item(course, question, name, _number(points, "points") or 0.0, sentence)
        return SaveResult(None)
    try:
        item = RubricItem(str(seen["id"]), str(seen["name"]), float(seen["points"]), str(seen["sentence"]))
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError("the item as it was seen is not complete; load the page again") from error
    if body.get("delete") is True:
        delete_item(course, question, item)
    else:
        edit_item(course, question, item, name=name, points=_number(points, "points") or 0.0, sentence=sentence)
    return SaveResult(None)


def _keys(course: Course, question: WrittenQuestion) -> dict[str, str]:
    """The gradebook's key of each answer, by its label."""
    answers = Book(course).answers(question)
    called = labels(course.secret(), question, [answer.student for answer in answers])
    return {called[answer.student]: answer.key for answer in answers}


def _key(keys: Mapping[str, str], label: object) -> str:
    if not isinstance(label, str) or label not in keys:
        raise UsageError("one of the answers is no longer there; load the page again")
    return keys[label]


def _clash(board: Board, clash: Clash) -> dict[str, Any]:
    called = {m.answer.key: m.label for group in board.groups for m in group.members}
    mark = clash.answer.mark
    return {
        "label": called.get(clash.answer.key, "?"),
        "name": board.names.get(clash.answer.student, ""),
        "new_text": clash.new_text,
        "digest": None if clash.new_text else clash.answer.digest,  # nobody has seen the new text
        "graded": mark.graded,
        "score": mark.score,
        "comment": mark.comment,
        "by": clash.by,
        "when": clash.when,
    }


def _number(value: object, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UsageError(f"the {what} must be a number")
    return float(value)


def _body(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BODY:
        raise UsageError("the request is too large")
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError) as error:
        raise UsageError("the request is not JSON") from error
    if not isinstance(found, dict):
        raise UsageError("the request is not an object")
    return found


handlers: Handlers = [
    (ASSIGNMENT + r"/written/?", ListHandler),
    (QUESTION + "/?", WrittenHandler),
    ("/api" + QUESTION + r"/(?P<action>[a-z]+)", ActionHandler),
]
