"""Commands on a class that is graded: its report, and its marks as other systems take them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.terminal import current_course, err, escape_markup, out
from autograder.errors import UsageError


def export(
    assignment: str,
    form: Annotated[str, typer.Option("--format", help="csv (nbgrader's columns), canvas, moodle or gradescope.")],
    roster: Annotated[Path | None, typer.Option(help="The school's list of students, a CSV file.")] = None,
    output: Annotated[Path | None, typer.Option(help="Where to write it; default: standard output.")] = None,
    column: Annotated[
        str | None, typer.Option(help="For canvas: the column of the marks, as the roster has it.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing unless every mark is final.")] = False,
) -> None:
    """Write an assignment's marks as a file that the school's system takes."""
    from autograder.exports import export as exporting
    from autograder.exports.roster import read_roster
    from autograder.exports.ungraded import find_ungraded
    from autograder.gradebook.reader import read_marks
    from autograder.report.exported import summary

    if form not in exporting.FORMATS:
        raise UsageError(f"--format {form}: choose one of {', '.join(exporting.FORMATS)}")
    if column and form != "canvas":
        raise UsageError(f"--column names the assignment's column of Canvas; --format {form} has one name for it")
    listed = read_roster(roster) if roster else None
    course = current_course()
    marks = read_marks(course, assignment)
    done = exporting.export(marks, form, listed, handed_in=find_ungraded(course, marks), column=column)
    for line in summary(done):
        err.print(escape_markup(line))
    if strict and not done.complete:
        err.print("nothing was written, since --strict asks for final marks of everybody")
        raise typer.Exit(1)
    if output is None:
        sys.stdout.write(done.text)
        return
    try:
        output.write_text(done.text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error}") from None
    err.print(f"wrote {output}")


def report(
    assignment: str,
    output: Annotated[Path | None, typer.Option(help="The file to write; default: reports/ASSIGNMENT.html.")] = None,
) -> None:
    """Write the report of a class: scores, questions, mistakes, time; one HTML file without names."""
    from autograder.report.cohort import write_report

    out.print(str(write_report(current_course(), assignment, output)), soft_wrap=True)
