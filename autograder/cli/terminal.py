"""What all commands share: the two streams, the course of the current folder, and options that several have."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograder.errors import UsageError

if TYPE_CHECKING:  # traitlets comes with it
    from autograder.course import Course

PIPE_WIDTH = 130  # columns of a table that goes to a file
err = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)

Assignments = Annotated[list[str] | None, typer.Argument(help="Names of assignments; all, if none is given.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda: where checks run.")]
Tier = Annotated[int | None, typer.Option(min=0, max=2, help="Insist on this sandbox tier; 0 has rlimits only.")]


def current_course() -> Course:
    """The course that the current folder lies in."""
    from autograder.course import find_course

    return find_course(Path.cwd())


def check_device(device: str | None) -> None:
    if device not in (None, "auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose auto, cpu or cuda")


def print_line(text: str) -> None:
    """Prints to stdout; when nobody reads that any more, what is at work goes on: marks are written elsewhere."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        err.print("nobody reads the results any more: grading goes on, and writes what it always writes")


def escape_markup(text: object) -> str:
    """Text that rich prints as it stands."""
    return escape(str(text))
