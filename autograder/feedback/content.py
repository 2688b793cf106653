"""A notebook's questions -> the content of the feedback page, as HTML; between the questions and the page.

Each question gets a card. By default test cells are not shown, so the page has no hidden input and no test code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder.authoring.regions import HIDDEN, drop
from autograder.feedback.questions import GradedQuestion, read_questions
from autograder.feedback.verdicts import is_own
from autograder.gradebook.rule import NotebookMarks, add_up
from autograder.rendering.code import code_html
from autograder.rendering.markup import markdown_html
from autograder.rendering.outputs import outputs_html
from autograder.rendering.text import join_lines, plain_text

OWN, GIVEN = "A cell of your own", "A cell that was given"
TRACEBACK = "Traceback (most recent call last)"
LAST_WORDS = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)): (.+)", re.MULTILINE)

UNSAID = "an AssertionError, whose words are not shown: they do not stand in the visible tests"

LOOK = (
    "Read the first check below that did not pass: it says what came back and what was expected. Call your function on "
    "a small input of that kind, one that you can work out by hand."
)
NAMED = (
    "Change that one thing first, and run the visible tests again. Then look whether the other checks still have "
    "something to say."
)
NEXT = {  # advice, by state
    "partial": LOOK,
    "failed": LOOK,
    "error": "Restart the kernel and run all cells from the top: the error should come again. Its last line says what "
    "went wrong, the lines above where.",
    "timed_out": "Look for a loop that never ends, or for one over single entries where one operation on the whole "
    "tensor would do.",
    "missing": "Write it in the cell of that name; the lesson above it says what goes in and what comes out. A part is "
    "worth handing in: each check counts by itself.",
}
RAN = {  # how the notebook ran, by the submission's status
    "crashed": "Your code ended its own process: by exit(), by os._exit(), or since a library crashed.",
    "timed_out": "Something in it did not come to an end in time.",
    "limit_exceeded": "Something in it took more memory, or wrote more, than is allowed.",
}


@dataclass(frozen=True)
class CellView:
    """One cell with its outputs; a text cell's rendered text is its output."""

    label: str
    code: str = ""
    outputs: tuple[Markup, ...] = ()


@dataclass(frozen=True)
class Card:
    """One question; `said` is the error message with which its test cell stopped."""

    question: GradedQuestion
    title: Markup
    next_step: str
    said: str = ""
    cells: tuple[CellView, ...] = ()
    tests: tuple[CellView, ...] = ()
    comments: tuple[Markup, ...] = ()

    @property
    def lost_points(self) -> float:
        mark = self.question.mark
        return 0.0 if mark.waiting else max(0.0, self.question.max_score - mark.points)


@dataclass(frozen=True)
class Content:
    title: Markup
    marks: NotebookMarks
    status: str
    reason: str
    cards: tuple[Card, ...] = ()
    others: tuple[CellView, ...] = ()  # cells that belong to no question

    @property
    def waiting_points(self) -> float:
        """The points of the questions that wait for a person."""
        return add_up(card.question.max_score for card in self.cards if card.question.mark.waiting)

    def share(self, points: float) -> str:
        """`points` as a percentage of the notebook's points, at most 100."""
        return f"{100 * min(1.0, points / self.marks.max_score):.1f}" if self.marks.max_score else "0"

    @property
    def unread(self) -> bool:
        """Whether the notebook could not be graded and no person has marked it yet."""
        return self.status == "invalid" and not any(card.question.mark.by_person for card in self.cards)

    @property
    def run_note(self) -> str:
        return RAN.get(self.status, "")

    @property
    def begin(self) -> list[Card]:
        """At most three cards to begin with: first those that use no wrong answer, then by lost points."""
        lost = (card for card in self.cards if card.lost_points > 0)
        return sorted(lost, key=lambda c: (bool(c.question.first), -c.lost_points, c.question.number))[:3]


def content(notebook: Mapping[str, Any], marks: NotebookMarks, *, show_tests: bool = False) -> Content:
    """The page's content. `show_tests` adds the test cells with their outputs."""
    found = read_questions(notebook, marks)
    cards = tuple(_card(question, show_tests=show_tests) for question in found.questions)
    others = (_cell_view(cell, OWN if is_own(cell) else GIVEN) for cell in found.others)
    kept = tuple(shown for shown in others if shown.outputs or shown.label == OWN)
    return Content(_inline(found.title), marks, found.status, found.reason, cards, kept)


def _card(question: GradedQuestion, *, show_tests: bool) -> Card:
    test = question.is_test
    return Card(
        question=question,
        title=_inline(question.title),
        next_step=_next_step(question),
        said=_last_words(question) if test and question.state.key != "missing" else "",
        cells=tuple(_cell_view(cell, "Your answer") for cell in question.answers),
        tests=(_test(question),) if test and show_tests else (),
        comments=tuple(markdown_html(text) for text in question.comments),
    )


def _next_step(question: GradedQuestion) -> str:
    if question.state.key in ("partial", "failed") and question.verdicts is not None and question.verdicts.mistakes:
        return NAMED
    return NEXT.get(question.state.key, "")


def _inline(text: str) -> Markup:
    """A heading's text as inline HTML, with formulas and emphasis."""
    return Markup(markdown_html(text).strip().removeprefix("<p>").removesuffix("</p>"))


def _cell_view(cell: Mapping[str, Any], label: str) -> CellView:
    source = join_lines(cell["source"])
    if cell["cell_type"] == "code":
        return CellView(label, code_html(source), tuple(outputs_html(cell.get("outputs", ()))))
    if cell["cell_type"] == "markdown" and source.strip():
        attachments = cell.get("attachments")
        text = markdown_html(source, attachments if isinstance(attachments, Mapping) else None)
        return CellView(label, outputs=(Markup('<div class="rich">{}</div>').format(text),))
    return CellView(label, Markup.escape(plain_text(source)))


def _test(question: GradedQuestion) -> CellView:
    """The test cell with its outputs, for courses that show tests."""
    outputs = question.cell.get("outputs", ())
    own = outputs[1:-1] if question.verdicts is not None else outputs  # between the verdicts as text and the marks
    return CellView("The tests", code_html(join_lines(question.cell["source"])), tuple(outputs_html(own)))


def _last_words(question: GradedQuestion) -> str:
    """The message with which a test cell stopped, in one line; empty if it did not stop with an error.

    The page shows no other output of a test cell, because a traceback contains test code. If hidden asserts ran in the
    student's process, the student's code could print or raise their text. For such a cell the page shows a message only
    if it equals the message of a visible assert.
    """
    by_checks = question.verdicts is not None and question.verdicts.by == "checks"
    for output in question.cell.get("outputs", ()):
        text = plain_text(join_lines(output.get("text")))
        if output.get("output_type") == "error":
            text = f"{TRACEBACK}\n{join_lines(output.get('ename'))}: {plain_text(join_lines(output.get('evalue')))}"
        said = LAST_WORDS.findall(text) if TRACEBACK in text else []
        if said and by_checks:
            return ": ".join(said[-1])
        if said and said[-1][0] == "AssertionError":
            visible = said[-1][1].strip() in _messages(join_lines(question.cell["source"]))
            return ": ".join(said[-1]) if visible else UNSAID
    return ""


def _messages(source: str) -> set[str]:
    """The first line of each literal message of an assert outside of the test cell's hidden regions."""
    try:
        tree = ast.parse(drop(source, HIDDEN))
    except (SyntaxError, ValueError, RecursionError):  # ValueError: unpaired region marks
        return set()
    asserts = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    literals = [msg.value for msg in asserts if isinstance(msg, ast.Constant) and isinstance(msg.value, str)]
    return {plain_text(text).partition("\n")[0].strip() for text in literals}
