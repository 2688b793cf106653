"""An autograded notebook and its marks -> what stands on the feedback page, in order; between the judged and the page.

Each question gets a card. Test cells are not shown: a student's page holds no hidden input and no test code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from autograder.records.feedback.judged import Judged, is_own, judged, status_of
from autograder.records.feedback.words import NEXT, STATES, State
from autograder.records.marks import Mark, Marks
from autograder.rendering.code import code_html
from autograder.rendering.markup import markdown_html
from autograder.rendering.outputs import outputs_html
from autograder.rendering.text import humane, joined, plain

NUMBERED = re.compile(r"\W*(question|exercise|task|problem)\s*\d", re.IGNORECASE)
TRACEBACK = "Traceback (most recent call last)"
LAST_WORDS = re.compile(r"^([A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)): (.+)", re.MULTILINE)
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
OWN, GIVEN = "A cell of your own", "A cell that was given"
NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell: the card says so already


@dataclass(frozen=True)
class CellShown:
    """One cell with its outputs; a text cell is an output of itself."""

    label: str
    code: str = ""
    outputs: tuple[Markup, ...] = ()


@dataclass(frozen=True)
class Card:
    """One question."""

    number: int
    title: Markup
    function: str  # the name of what was asked for; empty for a written answer
    state: State
    mark: Mark
    judged: Judged | None
    next_step: str
    cells: tuple[CellShown, ...] = ()
    said: str = ""  # what the visible tests stopped with
    tests: tuple[CellShown, ...] = ()
    comments: tuple[Markup, ...] = ()

    @property
    def lost(self) -> float:
        return 0.0 if self.mark.waiting else max(0.0, self.mark.max_score - self.mark.score)


@dataclass(frozen=True)
class Content:
    title: Markup
    marks: Marks
    status: str
    reason: str
    cards: tuple[Card, ...] = ()
    others: tuple[CellShown, ...] = ()  # cells that belong to no question

    @property
    def total(self) -> float:
        return max(0.0, self.marks.score - self.marks.penalty)

    @property
    def waiting(self) -> float:
        """Points that a person has yet to give."""
        return sum(card.mark.max_score for card in self.cards if card.mark.waiting)

    def share(self, points: float) -> str:
        """Of all points, in percent."""
        return f"{100 * min(1.0, points / self.marks.max_score):.1f}" if self.marks.max_score else "0"

    @property
    def most_lost(self) -> list[Card]:
        """Where there is most to gain: at most three."""
        lost = sorted((c for c in self.cards if c.lost > 0), key=lambda card: (-card.lost, card.number))
        return lost[:3]


@dataclass
class _Reading:
    """What has been seen since the last question."""

    headings: list[str] = field(default_factory=list)
    cells: list[Mapping[str, Any]] = field(default_factory=list)  # the student's solution cells


def content(notebook: Mapping[str, Any], marks: Marks, *, show_tests: bool = False) -> Content:
    """All of the page; `marks` are the gradebook's, which decide, whatever the notebook says."""
    status, reason = status_of(notebook["metadata"])
    cards: list[Card] = []
    others: list[CellShown] = []
    title = ""
    seen = _Reading()
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        source = joined(cell["source"])
        graded = marks.cells.get(str(about.get("grade_id")))
        if graded is not None:
            cards.append(_card(len(cards) + 1, cell, seen, graded, marks, status, show_tests=show_tests))
            seen = _Reading()
        elif about.get("solution"):
            seen.cells.append(cell)
        elif is_own(cell):
            others.append(_shown(cell, OWN))
        elif cell["cell_type"] == "markdown":
            title = title or next(iter(HEADING.findall(source)), "")
            seen.headings += HEADING.findall(source)
        elif (shown := _shown(cell, GIVEN)).outputs:
            others.append(shown)
    others += [_shown(cell, OWN) for cell in seen.cells]
    return Content(_inline(title or humane(marks.notebook)), marks, status, reason, tuple(cards), tuple(others))


def _card(
    number: int,
    cell: Mapping[str, Any],
    seen: _Reading,
    mark: Mark,
    marks: Marks,
    status: str,
    *,
    show_tests: bool,
) -> Card:
    about = cell["metadata"]["nbgrader"]
    is_test = not about.get("solution") and cell["cell_type"] == "code"
    found = judged(cell) if is_test else None
    answers = [*seen.cells, *([] if is_test else [cell])]
    state = _state(mark, found, answers, marks, status)
    comments = [marks.comments.get(str(c["metadata"]["nbgrader"].get("grade_id")), "") for c in answers]
    return Card(
        number=number,
        title=_title(number, seen.headings, found.id if found else str(about.get("grade_id"))),
        function=found.id if found else "",
        state=state,
        mark=mark,
        judged=found,
        next_step=_next_step(state, found),
        cells=tuple(_shown(c, "Your answer") for c in answers),
        said=_last_words(cell, found) if is_test and state.key != "missing" else "",
        tests=_tests(cell, found, show_tests=show_tests) if is_test else (),
        comments=tuple(markdown_html(text) for text in comments if text and text != NO_RESPONSE),
    )


def _state(mark: Mark, found: Judged | None, answers: Sequence[Mapping[str, Any]], marks: Marks, status: str) -> State:
    if mark.by_person:
        return STATES["by_person"]
    if status == "invalid":
        return STATES["not_graded"]
    if mark.waiting:
        return STATES["waiting"]
    if mark.score >= mark.max_score:
        return STATES["passed"]
    if found is not None and found.status in STATES:
        return STATES[found.status]
    if any(marks.comments.get(str(c["metadata"]["nbgrader"].get("grade_id"))) == NO_RESPONSE for c in answers):
        return STATES["missing"]
    return STATES["partial" if mark.score > 0 else "failed"]


def _next_step(state: State, found: Judged | None) -> str:
    if state.key in ("partial", "failed") and found is not None and found.mistakes:
        return NEXT["named"]
    return NEXT.get(state.key, "")


def _title(number: int, headings: Sequence[str], name: str) -> Markup:
    """The lesson's own heading above the question; where there is none, its cell's name."""
    numbered = next((h for h in headings if NUMBERED.match(h)), None)
    if numbered is not None:
        return _inline(numbered)
    return Markup("Question {}: {}").format(number, _inline(headings[-1]) if headings else humane(name))


def _inline(text: str) -> Markup:
    """A heading's text, with its formulas and emphasis."""
    return Markup(markdown_html(text).strip().removeprefix("<p>").removesuffix("</p>"))


def _shown(cell: Mapping[str, Any], label: str) -> CellShown:
    source = joined(cell["source"])
    if cell["cell_type"] == "code":
        return CellShown(label, code_html(source), tuple(outputs_html(cell.get("outputs", ()))))
    if cell["cell_type"] == "markdown" and source.strip():
        return CellShown(label, outputs=(Markup('<div class="rich">{}</div>').format(_text_cell(cell, source)),))
    return CellShown(label, Markup.escape(plain(source)))


def _text_cell(cell: Mapping[str, Any], source: str) -> Markup:
    attachments = cell.get("attachments")
    return markdown_html(source, attachments if isinstance(attachments, Mapping) else None)


def _tests(cell: Mapping[str, Any], found: Judged | None, *, show_tests: bool) -> tuple[CellShown, ...]:
    """The test cell as it ran, for courses that show it."""
    outputs = cell.get("outputs", ())
    own = outputs[1:-1] if found is not None else outputs  # between the verdicts as text and the marks
    return (CellShown("The tests", code_html(joined(cell["source"])), tuple(outputs_html(own))),) if show_tests else ()


def _last_words(cell: Mapping[str, Any], found: Judged | None) -> str:
    """What a test cell stopped with: one line, that its author wrote for the student.

    Nothing else of a test cell's outputs is shown. A traceback has test code in it; and where hidden asserts ran in the
    student's process, what the student's code prints or raises there tells what is hidden.
    """
    for output in cell.get("outputs", ()):
        text = plain(joined(output.get("text")))
        if output.get("output_type") == "error":
            text = f"{TRACEBACK}\n{joined(output.get('ename'))}: {plain(joined(output.get('evalue')))}"
        said = LAST_WORDS.findall(text) if TRACEBACK in text else []
        if said and (said[-1][0] == "AssertionError" or (found is not None and found.by == "checks")):
            return ": ".join(said[-1])
    return ""
