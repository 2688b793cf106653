"""A progress bar for people; one line per failure stays above it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:  # nbgrader comes with it
    from autograder.grading.batch import Done


def watch(results: Iterator[Done], total: int, console: Console) -> Iterator[Done]:
    """Passes results on and shows how far they are. Nothing is drawn where there is no terminal."""
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
