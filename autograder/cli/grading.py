"""Commands that judge: run for one notebook, grade for a class, secret rotate for what both draw inputs from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.terminal import (
    Device,
    Json,
    Tier,
    check_device,
    current_course,
    err,
    escape_markup,
    out,
    print_line,
)
from autograder.errors import UsageError

if TYPE_CHECKING:  # torch and nbgrader come with it
    from autograder.grading.batch import SubmissionResult


def run(
    notebook: Annotated[Path, typer.Argument(help="A submitted notebook.")],
    assignment: Annotated[str, typer.Option(help="The assignment that it answers.")],
    student: Annotated[str, typer.Option(help="Whose it is.")] = "nobody",
    device: Device = None,
    tier: Tier = None,
    as_json: Json = False,
) -> None:
    """Judge one notebook; writes nothing."""
    from autograder.grading.opening import Options, open_grader
    from autograder.report.json_lines import result_json
    from autograder.report.tables import result_table

    check_device(device)
    if not notebook.exists() and not notebook.is_symlink():
        raise UsageError(f"there is no file {notebook}")
    with open_grader(current_course(), assignment, Options(device, tier)) as (grader, _):
        from autograder.grading.submitted import read_one

        handed_in = read_one(notebook, [m.name for m in grader.assignment.notebooks], student)
        result = grader.grade(handed_in).result
    if as_json:
        print(json.dumps(result_json(result)))
    else:
        result_table(result, out)
    if result.status == "grader_error":
        raise typer.Exit(3)


def grade(
    assignment: str,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Submissions at once; default: one for each core.")] = None,
    device: Device = None,
    tier: Tier = None,
    regrade: Annotated[bool, typer.Option("--regrade", help="Also what is graded and has not changed.")] = False,
    as_json: Json = False,
) -> None:
    """Grade a class: autograded notebooks, nbgrader's gradebook, and a table."""
    from autograder.grading.opening import Options, cores
    from autograder.grading.pool import open_pool
    from autograder.report.json_lines import result_json
    from autograder.report.progress import watch
    from autograder.report.tables import class_table

    check_device(device)
    course = current_course()
    at_once = jobs or course.settings.jobs or cores()
    with open_pool(course, assignment, Options(device, tier), at_once) as (pool, opening, prepared):
        # nbgrader comes with these: once the workers are being started
        from autograder.authoring.build import uncompiled_notice
        from autograder.grading.batch import Class

        a_class = Class(course, opening, prepared)
        chosen = student or []
        total = len(a_class.students(chosen))
        done: list[SubmissionResult] = []
        for one in watch(a_class.grade(chosen, pool, regrade=regrade), total, err):
            done.append(one)
            if as_json:
                print_line(json.dumps(result_json(one.result)))
    class_table(done, opening.assignment, course, out=err if as_json else out, brief=as_json)
    if line := uncompiled_notice(course.root, assignment, course.repository):
        err.print(f"[yellow]not compiled[/yellow] {escape_markup(line)}")
    if any(one.result.status == "grader_error" for one in done):
        raise typer.Exit(3)


def rotate_secret() -> None:
    """Make a new secret: hidden inputs are drawn anew from now on. The old one is kept beside it."""
    from autograder.course import secret, state
    from autograder.grading.batch import count_earlier_results

    course = current_course()
    old, new = secret.rotate(course.state, shared=course.is_shared)
    err.print(f"the secret {old} is now {state.secret(course.root)}.{old}; the new one is {new}")
    for assignment, count in count_earlier_results(course).items():
        err.print(
            f"{assignment}: {count} results from earlier secrets stand as they are; to draw new inputs for them too: "
            f"autograder grade {escape_markup(assignment)} --regrade"
        )
    for name, path in state.secret_zips(course.root):
        err.print(
            f"{path.relative_to(course.root)} holds an earlier secret, and so does Gradescope: "
            f"autograder compile {escape_markup(name)} --with-secret, and upload it again"
        )
