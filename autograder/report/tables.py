"""Tables for the terminal: one result, a class, and the certificate of `certify`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.course import Course
from autograder.gradebook.address import database
from autograder.model import Assignment, Question, QuestionResult, Result
from autograder.rendering.text import points

if TYPE_CHECKING:  # these import torch and nbgrader, which are slow
    from autograder.grading.batch import SubmissionResult

MARKS = {
    "passed": "[green]✓[/green]",
    "needs_manual": "[blue]hand[/blue]",
    "missing": "[dim]–[/dim]",
    "timed_out": "[red]time[/red]",
    "error": "[red]error[/red]",
}


def result_table(result: Result, out: Console) -> None:
    """Prints one submission's result with all questions and checks."""
    score = f"{points(result.score)} of {points(result.max_score)}"
    how = f"({result.status}, {result.device}, sandbox tier {result.tier})"
    out.print(f"[bold]{escape(result.student)}[/bold]  {result.assignment}: {score}  {how}")
    if result.reason:
        out.print(escape(result.reason))
    for flag in result.flags:
        out.print(f"[yellow]flag[/yellow] {escape(flag)}")
    for question in result.questions:
        score = f"{points(question.score)}/{points(question.max_score)}"
        out.print(f"\n[bold]{question.id}[/bold]  {score}  {question.status}")
        if question.message:
            out.print(f"  {escape(question.message)}")
        for verdict in question.checks:
            part = "[yellow]◐[/yellow]" if verdict.points else "[red]✗[/red]"
            mark = "[green]✓[/green]" if verdict.passed else part
            out.print(f"  {mark} {escape(verdict.name)}")
            if not verdict.passed and verdict.message:
                out.print(f"      {escape(verdict.message)}")
        for text in _mistakes(question):
            out.print(f"  [cyan]likely[/cyan] {escape(text)}")


def class_table(
    done: Sequence[SubmissionResult], assignment: Assignment, course: Course, *, out: Console, brief: bool
) -> None:
    """Prints a row for each student (not if `brief`), counts, students who need a person, and the output paths."""
    results = sorted((one.result for one in done), key=lambda r: r.student)
    if not brief:
        out.print(_table(results, assignment))
    counts = Counter(r.status for r in results)
    fresh = sum(one.fresh for one in done)
    kept = f"; {len(done) - fresh} unchanged and kept" if fresh < len(done) else ""
    out.print(f"{fresh} graded{kept}: " + ", ".join(f"{n} {status}" for status, n in sorted(counts.items())))
    older = sum("engine" in one.differing for one in done)
    if older:
        out.print(f"{older} of those kept were judged by another version of autograder; to judge them anew: --regrade")
    for result in results:
        if result.status in ("invalid", "grader_error"):
            out.print(f"[yellow]needs a person[/yellow] {escape(result.student)}: {escape(result.reason)}")
    by_hand = sum(any(q.status == "needs_manual" for q in r.questions) for r in results)
    if by_hand:
        out.print(f"{by_hand} have written answers to be marked by hand (formgrader)")
    out.print(f"notebooks: {course.folder('autograded', assignment.name, 'STUDENT')}")
    out.print(f"gradebook: {database(course)}")


def _table(results: Sequence[Result], assignment: Assignment) -> Table:
    questions = [q for nb in assignment.notebooks for q in nb.questions]
    legend = ", ".join(f"Q{n} {q.id} ({points(q.max_score)})" for n, q in enumerate(questions, start=1))
    table = Table(header_style="bold", pad_edge=False, box=None, caption=legend, caption_justify="left")
    table.add_column("student", no_wrap=True, max_width=40)  # students choose the name, which may be long
    table.add_column("score", justify="right", no_wrap=True)
    for number in range(1, len(questions) + 1):
        table.add_column(f"Q{number}", justify="right", no_wrap=True)
    table.add_column("status, mistakes named, flags", overflow="fold")
    for result in results:
        found = {q.grade_id: q for q in result.questions}
        cells = [_mark(found[q.grade_id]) if q.grade_id in found else "" for q in questions]
        table.add_row(escape(result.student), points(result.score), *cells, ", ".join(_notes(result, questions)))
    return table


def _notes(result: Result, questions: Sequence[Question]) -> list[str]:
    """The status unless it is "graded", known mistakes with their question's number, then flags."""
    color = "red bold" if result.status == "grader_error" else "yellow"
    status = [] if result.status == "graded" else [f"[{color}]{result.status}[/{color}]"]
    number = {question.id: n for n, question in enumerate(questions, start=1)}
    named = {
        f"Q{number[question.id]} {verdict.diagnosis.misconception}": None
        for question in result.questions
        for verdict in question.checks
        if verdict.diagnosis is not None
    }
    return status + [escape(n) for n in named] + [f"[yellow]{escape(f)}[/yellow]" for f in result.flags]


def _mark(question: QuestionResult) -> str:
    if question.status in ("partial", "failed"):
        return f"{math.floor(100 * question.score / question.max_score)}%"
    return MARKS[question.status]


def _mistakes(question: QuestionResult) -> list[str]:
    return list(dict.fromkeys(v.diagnosis.text for v in question.checks if v.diagnosis is not None))
