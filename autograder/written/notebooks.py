"""Reads texts from notebooks for the TA's page: the student's answer, the question and the model answer."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring import regions
from autograder.course import Course
from autograder.errors import SubmissionError
from autograder.grading.submission import SubmittedCell, parse, read_bytes
from autograder.written.answers import WrittenQuestion, is_empty, own_words

LOOK_BACK = 8  # cells above an answer that are searched for its heading: code cells may be in between
_HEADING = re.compile(r"^#{1,2} ", re.MULTILINE)
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class QuestionTexts:
    """A question's text and model answer from the instructor's notebook, as markdown; empty if there is none."""

    prompt: str
    model_answer: str


def answer_text(course: Course, question: WrittenQuestion, student: str) -> tuple[str | None, str]:
    """The answer's text in the student's autograded notebook and "", or None and the reason why there is none."""
    path = course.folder("autograded", question.assignment, student) / f"{question.notebook}.ipynb"
    try:
        text = _answer_in(course.root, course.parts_below(path), _stamp(path), question.grade_id)
    except SubmissionError as error:
        return None, str(error)
    return (None, "the notebook does not have this question's cell") if text is None else (text, "")


def read_texts(course: Course, question: WrittenQuestion) -> QuestionTexts:
    """The question's text and the model answer, from the source notebook."""
    cells = source_cells(course, question)
    places = [n for n, cell in enumerate(cells) if cell.grade_id == question.grade_id]
    if not places:
        return QuestionTexts("", "")
    return QuestionTexts(_prompt(cells[: places[0]]), _model_answer(cells[places[0]].source, question))


def source_cells(course: Course, question: WrittenQuestion) -> tuple[SubmittedCell, ...]:
    """The cells of the instructor's notebook, with solutions; empty if the notebook is missing."""
    path = course.folder("source", question.assignment) / f"{question.notebook}.ipynb"
    try:
        return _cells(course.root, course.parts_below(path), _stamp(path))
    except SubmissionError:
        return ()


def _prompt(above: tuple[SubmittedCell, ...]) -> str:
    """The markdown from the question's heading to its answer, without code cells.

    Without a heading: the cell just above the answer, if it is markdown.
    """
    found: list[str] = []
    for cell in reversed(above[-LOOK_BACK:]):
        if cell.kind != "markdown":
            continue
        headings = list(_HEADING.finditer(cell.source))
        if headings:
            return "\n\n".join([cell.source[headings[-1].start() :], *found])
        found.insert(0, cell.source)
    last = above[-1] if above else None
    return last.source if last is not None and last.kind == "markdown" else ""


def _model_answer(source: str, question: WrittenQuestion) -> str:
    try:
        marked = [*regions.texts(source, regions.SOLUTION), *regions.texts(source, regions.MARK_SCHEME)]
    except regions.RegionFault:
        return ""  # `autograder compile` reports the fault
    if marked:
        return "\n\n".join(marked)
    # Without region marks nbgrader replaces the whole cell by its stub, so the whole cell is the model answer.
    return "" if is_empty(source, question) else own_words(source, question)


def _stamp(path: Path) -> Stamp:
    """A cache key for the file's content: time, size and inode. SubmissionError if the file is missing."""
    try:
        about = os.lstat(path)
    except OSError as error:
        raise SubmissionError(f"there is no autograded notebook {path.name}: grade the submission first") from error
    return about.st_mtime_ns, about.st_size, about.st_ino


@functools.lru_cache(maxsize=8192)  # answers of some cohorts, a few kB each; notebooks are not cached
def _answer_in(root: Path, parts: tuple[str, ...], _: Stamp, grade_id: str) -> str | None:
    for cell in parse(read_bytes(root, *parts), parts[-1]):
        if cell.grade_id == grade_id:
            return cell.source
    return None


@functools.lru_cache(maxsize=16)
def _cells(root: Path, parts: tuple[str, ...], _: Stamp) -> tuple[SubmittedCell, ...]:
    return parse(read_bytes(root, *parts), parts[-1])
