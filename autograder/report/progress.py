"""The terminal's progress bar for grading, with one line above it for each failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:  # it imports nbgrader, which is slow
    from autograder.grading.batch import SubmissionResult


def watch(results: Iterator[SubmissionResult], total: int, console: Console) -> Iterator[SubmissionResult]:
    """Yields the results and shows a progress bar; without a terminal only the lines for failures."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("grading", total=total)
        for done in results:
            progress.advance(task)
            result = done.result
            if result.status != "graded":
                progress.console.print(f"{escape(result.student)}: {result.status}: {escape(result.reason)}")
            yield done
