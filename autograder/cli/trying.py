"""Commands for who tries the grader out: doctor for the machine, demo for the whole path."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.terminal import Json, current_course, err, out


def doctor(as_json: Json = False) -> None:
    """Attempt what the walls must deny, and say what works on this machine."""
    from autograder.report.doctor import examine, show

    found = examine(Path.cwd())
    if as_json:
        print(json.dumps(asdict(found)))
    else:
        show(found, out)
    if not found.sound:
        raise typer.Exit(1)


def demo(
    folder: Annotated[Path, typer.Option(help="Where the sample course is made.")] = Path("build/demo"),
) -> None:
    """The whole path on a class of sample submissions: compile, hand in, grade, feedback."""
    from autograder.samples.demo import run_demo

    run_demo(current_course(), folder, out, err)
