"""Turns a Result into the results.json that Gradescope documents; the last step before harness writes the file.

    Result, Assignment, Metadata -> dict -> results.json

Public tests are visible at once, hidden checks when the marks are published. Gradescope marks late work as late but
does not reduce an autograder's score, so the course's late penalty is deducted and explained here. All text that a
student could have written is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograder.gradescope.markdown import escape
from autograder.gradescope.metadata import FORMATS, VISIBLE, Metadata, extra_data, failure_results, lateness, paragraphs
from autograder.model import Assignment, Question, QuestionResult, Result, Verdict
from autograder.rendering.text import points

Test = dict[str, Any]  # one of "tests", by Gradescope's format

LATER = "after_published"
DIGITS = 4  # of a test's score, for display only; the total score is exact


def results(
    result: Result, assignment: Assignment, about: Metadata, note: str = "", penalty: float = 0.0
) -> dict[str, Any]:
    """The results object of a graded or refused submission.

    `note` is a sentence for the student, escaped here; `penalty` are points deducted for late work, at most the score.
    """
    if result.status == "grader_error":
        return failure_results(assignment.name, about, result.reason)
    questions = [question for notebook in assignment.notebooks for question in notebook.questions]
    if result.status == "invalid":
        tests = [_refusal(result)]
    else:
        found = {(q.notebook, q.grade_id): q for q in result.questions}
        judged = [found[notebook.name, q.grade_id] for notebook in assignment.notebooks for q in notebook.questions]
        numbered = enumerate(zip(questions, judged, strict=True), start=1)
        tests = [test for number, (question, one) in numbered for test in _tests(number, question, one)]
    said = [_opening(result, questions), escape(note), _trouble(result)]
    extra = extra_data(assignment.name, about, result.status, result.reason) | _grading_facts(result, questions)
    extra["late"]["penalty"] = penalty
    return {
        "score": result.score - penalty,
        "execution_time": round(result.seconds.total, 1),
        "output": paragraphs(*said, _lateness(about, result, penalty)),
        **FORMATS,
        "visibility": VISIBLE,
        "stdout_visibility": "hidden",
        "extra_data": extra,
        "tests": tests,
    }


# ---- the whole submission ------------------------------------------------------------------------------------


def _opening(result: Result, questions: list[Question]) -> str:
    if result.status == "invalid":
        return "**Nothing could be graded.** See below what is wrong with what you handed in, and hand in again."
    by_hand = [q for q in questions if q.judged_by == "hand"]
    count = len(questions) - len(by_hand)
    said = f"{count} question{'s' * (count != 1)} graded. You see the public tests now, the others with the marks."
    if by_hand:
        worth = points(sum(q.max_score for q in by_hand))
        said += f" {len(by_hand)} more ({worth} points) will be marked by hand and are not in the score."
    return said


def _trouble(result: Result) -> str:
    told = result.reason and result.status != "invalid"  # a refused submission has its own entry
    return escape(f"While it ran: {result.reason}.") if told else ""


def _lateness(about: Metadata, result: Result, penalty: float) -> str:
    if not about.seconds_late:
        return ""
    rule = "The course's rule for late work takes nothing off."
    if penalty:
        parts = f"{points(penalty)} of the {points(result.score)} points"
        rule = f"The course's rule for late work takes off {parts}: the score is {points(result.score - penalty)}."
    return f"{lateness(about)} {rule}"


def _grading_facts(result: Result, questions: list[Question]) -> dict[str, Any]:
    return {
        "max_score": result.max_score,
        "flags": list(result.flags),
        "sandbox": {"tier": result.tier, "layers": list(result.layers)} if result.layers else None,  # None: no code ran
        "device": result.device,
        "by_hand": [q.id for q in questions if q.judged_by == "hand"],
    }


# ---- tests -----------------------------------------------------------------------------------------------------


def _refusal(result: Result) -> Test:
    return {
        "name": "The notebook could not be read",
        "score": 0.0,
        "max_score": round(result.max_score, DIGITS),
        "status": "failed",
        "output": escape(result.reason),
        "output_format": "md",
        "visibility": VISIBLE,
        "tags": ["refused"],
    }


def _tests(number: int, question: Question, result: QuestionResult) -> Iterator[Test]:
    """The entries of one question: public tests, then hidden checks; or one entry if it has no checks."""
    if question.judged_by == "hand":
        yield _by_hand(number, question, result)
    elif question.judged_by == "asserts":
        passed = result.score >= result.max_score
        yield _test(str(number), f"{question.id}: tests", "passed" if passed else "failed", result.message) | {
            "score": round(result.score, DIGITS),
            "max_score": round(result.max_score, DIGITS),
            "visibility": LATER,
            "tags": [question.id, "asserts"],
        }
    else:
        if result.public:
            name = f"{question.id}: public tests"
            yield _test(str(number), name, result.public, result.public_message, result.message) | {
                "visibility": VISIBLE,
                "tags": [question.id, "public"],
            }
        for place, verdict in enumerate(result.checks, start=1):
            yield _check(f"{number}.{place}", question, verdict)


def _check(number: str, question: Question, verdict: Verdict) -> Test:
    likely = [] if verdict.diagnosis is None else [f"Likely cause: {verdict.diagnosis.text}"]
    said = [] if verdict.passed else [verdict.message, *likely]
    status = "passed" if verdict.passed else "failed"
    named = [] if verdict.diagnosis is None else [verdict.diagnosis.misconception]
    return _test(number, f"{question.id}: {verdict.name}", status, *said) | {
        "score": round(verdict.points, DIGITS),
        "max_score": round(verdict.max_points, DIGITS),
        "visibility": VISIBLE if verdict.public else LATER,
        "tags": [question.id, *named],
    }


def _by_hand(number: int, question: Question, result: QuestionResult) -> Test:
    """An entry without score and status, so that Gradescope does not show a zero."""
    answered = result.status == "needs_manual"
    test = _test(str(number), f"{question.id}: marked by hand ({points(question.max_score)} points)", "")
    test["output"] = "Your answer waits for a person." if answered else "There is no answer yet."
    return test | {"visibility": VISIBLE, "tags": [question.id, "by hand"]}


def _test(number: str, name: str, status: str, *said: str) -> Test:
    """The fields that every entry has; `said` is escaped here."""
    output = paragraphs(*(escape(text) for text in said)) or {"passed": "Passed.", "failed": "Failed."}.get(status, "")
    base: Mapping[str, Any] = {"name": name, "number": number, "output": output, "output_format": "md"}
    return {**base, **({"status": status} if status else {})}
