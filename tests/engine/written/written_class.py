"""A class of written answers: many students, few distinct texts, with the differences that typing brings; for tests."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums
from sqlalchemy import text

from autograder.course import Course, read_course
from autograder.gradebook.writer import GradebookWriter
from autograder.model import QuestionResult, Result

ASSIGNMENT = "heads"
QUESTION = "explain_a_head"
CODE = "write_a_mask"  # a second question, code that is marked by hand
KEY = (ASSIGNMENT, ASSIGNMENT, QUESTION)

PROMPT = """Some text of the lesson.

## Question 9: explain a head
*20 minutes · 3 points, marked by hand*

Choose **one head** and say what it looks for. Support it with two rows of the map, where the weights are
$w_{ij} = e^{s_{ij}} / \\sum_k e^{s_{ik}}$, and name one row that does not fit."""

MODEL_ANSWER = """**Your answer**

### BEGIN SOLUTION
*Model answer.* Head 0 looks for the thing that a word is about: *it* gives .86 to *ball*, *falls* gives it .81. The
rows of *the* and *ball* do not fit, they are flat at $1/7$.
### END SOLUTION"""

STUB = "**Your answer**\n\nYOUR ANSWER HERE"

# What a class writes to one question: right, half right, wrong in two ways, short, long, and one that is not there.
ANSWERS = (
    "Head 0 follows the pronoun: in the last row nearly all weight of *it* stands on *ball* (0.86). The row of *falls* "
    "gives 0.81 to *ball* as well. The row of *the* does not fit, its weights are all equal to $1/7$.",
    "Head 1 looks for the cause. The words *falls*, *because* and *pulls* give 0.89 of their weight to *gravity*. "
    "All rows fit this sentence.",
    "Head 0 follows the pronoun: in the last row nearly all weight of *it* stands on *ball* (0.86).",
    "The columns add up to one, so the head looks for the word that is asked most often, and that word is *ball*.",
    "It looks at the previous word. Every row gives most of its weight to the word on its left.",
    "The head does not look for anything: attention weights are no explanation, since the values could be zero.",
    "Head 0 looks for nouns.\n\n- *it* reads *ball* with 0.86\n- *falls* reads *ball* with 0.81\n\nThe row of *the* is "
    "flat because its query is zero, so that $s_{ij} = 0$ for all $j$ and $w_{ij} = 1/7$.",
    "I don't know.",
    "Head 1 reads the first word, because it is the beginning of the sentence.",
    "Every word attends to itself most, which is why the diagonal of the map is bright.",
    "Head 0 finds the object of a verb, for example *pulls* gives 0.77 to *it*.",
    "The mask makes the upper triangle empty, and so *falls* cannot see *gravity* yet.",
)
CODES = (
    "def mask(n):\n    return torch.ones(n, n).tril().bool()",
    "def mask(n):\n    return torch.ones(n, n).triu().bool()",
)


@dataclass(frozen=True)
class Written:
    """One student; `kind` is the number of the text in ANSWERS that was typed, -1 for an answer left as it was."""

    student: str
    kind: int
    words: str
    code: str = CODES[0]


def written_class(count: int, kinds: int = len(ANSWERS), *, seed: int = 0, empty: int = 0) -> list[Written]:
    """`count` students who wrote the first `kinds` texts, the earlier ones more often; the last `empty` none."""
    source = random.Random(seed)
    found = []
    for n in range(count):
        # every kind once, then fewer and fewer of the later ones
        kind = n if n < kinds else min(int(source.expovariate(3 / kinds)), kinds - 1)
        answer = ANSWERS[kind] if n < kinds else typed(ANSWERS[kind], source)
        if n >= count - empty:
            kind, answer = -1, source.choice(["", "YOUR ANSWER HERE", "  \n"])
        found.append(Written(f"student-{n:03}", kind, answer, CODES[n % 3 == 2]))
    return found


def small_class() -> list[Written]:
    """The class of the fixture `written_answers`: four texts, and two students without an answer."""
    return written_class(24, kinds=4, empty=2)


def typed(words: str, source: random.Random) -> str:
    """The text as another student may have typed it: the same words, up to slips that nobody would mark."""
    for change in (_spaces, _slips, _looks, _ends):
        if source.random() < 0.4:
            words = change(words, source)
    return words


def _spaces(text: str, source: random.Random) -> str:
    words = text.split(" ")
    place = source.randrange(len(words))
    words[place] = source.choice(["\n", " ", "\t"]) + words[place]
    return " ".join(words) + source.choice(["", " ", "\n\n"])


def _slips(text: str, source: random.Random) -> str:
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if word.isalpha() and len(word) >= 6]
    for place in source.sample(long, min(len(long), source.randint(1, 2))):
        word = words[place]
        at = source.randrange(1, len(word) - 2)
        words[place] = source.choice(
            [
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],  # swapped
                word[:at] + word[at + 1 :],  # left out
                word[:at] + word[at] + word[at:],  # twice
            ]
        )
    return " ".join(words)


def _looks(text: str, source: random.Random) -> str:
    return source.choice(
        [text.replace("*", ""), text.replace("'", "’"), text.replace("0.", "."), text.replace(" the ", " ", 1)]
    )


def _ends(text: str, source: random.Random) -> str:
    return source.choice([text.rstrip("."), text[0].lower() + text[1:], text + " ", text.replace(",", "", 1)])


# ---- the course -------------------------------------------------------------------------------------------


def source_notebook() -> Any:
    def marked(grade_id: str, points: int) -> dict[str, Any]:
        return {
            "nbgrader": {
                "grade": True, "solution": True, "locked": False, "task": False,
                "grade_id": grade_id, "points": points, "schema_version": 3,
            }
        }  # fmt: skip

    new = nbformat.v4
    cells = [
        new.new_markdown_cell("# Heads", id="title"),
        new.new_markdown_cell(PROMPT, id="prompt"),
        new.new_markdown_cell(MODEL_ANSWER, id="answer", metadata=marked(QUESTION, 3)),
        new.new_markdown_cell("## Question 10: a mask", id="prompt-2"),
        new.new_code_cell("### BEGIN SOLUTION\nmask = 1\n### END SOLUTION", id="mask", metadata=marked(CODE, 2)),
    ]
    return new.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def make_course(folder: Path, students: Sequence[Written]) -> Course:
    """A course with the assignment and these answers graded as far as a machine can."""
    (folder / "source" / ASSIGNMENT).mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    nbformat.write(source_notebook(), folder / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    course = read_course(folder)
    course.secret()
    prepared = source_notebook()
    for step in (ClearSolutions(), ComputeChecksums()):
        prepared, _ = step.preprocess(prepared, {})
    with GradebookWriter(course) as records:
        records._gradebook.db.execute(text("PRAGMA synchronous = OFF"))  # hundreds of commits, on a slow disk seconds
        records.register(ASSIGNMENT, {ASSIGNMENT: prepared})
        for one in students:
            hand_in(course, records, one)
    return course


def hand_in(course: Course, records: GradebookWriter, one: Written) -> None:
    """The autograded notebook, and the rows that grading leaves: a person must look, or nothing was written."""
    notebook = source_notebook()
    answered, mask = notebook.cells[2], notebook.cells[4]
    answered.source = f"**Your answer**\n\n{one.words}"
    mask.source = one.code
    folder = course.folder("autograded", ASSIGNMENT, one.student)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    questions = tuple(
        QuestionResult(name, name, ASSIGNMENT, "missing" if empty else "needs_manual", 0.0, points, "hand")
        for name, points, empty in ((QUESTION, 3.0, one.kind < 0), (CODE, 2.0, False))
    )
    result = Result(ASSIGNMENT, one.student, "graded", "cpu", 2, (), (), questions, 5.0)
    comments = {ASSIGNMENT: {QUESTION: "No response."}} if one.kind < 0 else {}
    records.save(result, comments, None)
