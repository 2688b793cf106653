"""The command line: parse, call, exit code. Last on the path; messages go to stderr, results to stdout.

Exit codes: 0 done; 1 something was judged and falls short; 2 bad usage or input; 3 our fault.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from autograder.errors import AutograderError, UsageError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
INTERRUPTED = 130  # exit code of a command ended by Ctrl-C, as shells have it
PIPE_WIDTH = 130  # columns of a table that goes to a file
err = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)

Assignments = Annotated[list[str] | None, typer.Argument(help="Names of assignments; all, if none is given.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu or cuda: where checks run.")]
Tier = Annotated[int | None, typer.Option(min=0, max=2, help="Insist on this sandbox tier; 0 has rlimits only.")]


def _course() -> Any:
    from autograder.course import find_course

    return find_course(Path.cwd())


def _known_checks() -> set[str]:
    from autograder.checks import bank_names

    return set(bank_names())


@app.command("compile")
def compile_(
    assignments: Assignments = None,
    check: Annotated[bool, typer.Option("--check", help="Build nothing; fail on drift, and on leaks.")] = False,
) -> None:
    """Build release/, solutions/ and source/*/ from the authored text."""
    from autograder.authoring import build
    from autograder.authoring.leaks import leaks

    course = _course()
    names = assignments or build.assignments(course.root)
    if not names:
        raise UsageError(f"no source/*.py in {course.root}: there is nothing to compile")
    drifts: list[str] = []
    for name in names:
        if check:
            drifts += build.drift(course.root, name, known_checks=_known_checks())
            continue
        built = build.compile_assignment(course.root, name, known_checks=_known_checks())
        for path in built.written:
            err.print(f"wrote {path.relative_to(course.root)}")
        err.print(f"{name}: built")
    leaked = [line for name in names for line in leaks(course.root, name)]
    for line in drifts:
        err.print(f"[red]drift[/red] {_escaped(line)}")
    for line in leaked:
        err.print(f"[red]leak[/red] {_escaped(line)}")
    if drifts:
        err.print("run: autograder compile")
    if drifts or leaked:
        raise typer.Exit(1)


@app.command()
def certify(assignments: Assignments = None, as_json: Json = False) -> None:
    """Prove the checks: every variant passes, every misconception fails and is named."""
    from autograder.certify import certify as run_certify
    from autograder.checks import functions_of
    from autograder.report.tables import certificate_table

    certificate = run_certify(functions_of(assignments or ()))
    if as_json:
        print(json.dumps(certificate.to_json()))
    else:
        certificate_table(certificate, out)
    if not certificate.ok:
        raise typer.Exit(1)


@app.command()
def run(
    notebook: Annotated[Path, typer.Argument(help="A submitted notebook.")],
    assignment: Annotated[str, typer.Option(help="The assignment that it answers.")],
    student: Annotated[str, typer.Option(help="Whose it is: hidden inputs are drawn for each student.")] = "nobody",
    device: Device = None,
    tier: Tier = None,
    as_json: Json = False,
) -> None:
    """Judge one notebook; writes nothing."""
    from autograder.records.running import Options, open_grader
    from autograder.records.submitted import read_one
    from autograder.report.json_lines import result_json
    from autograder.report.tables import result_table

    _check_device(device)
    if not notebook.exists() and not notebook.is_symlink():
        raise UsageError(f"there is no file {notebook}")
    with open_grader(_course(), assignment, Options(device, tier)) as (grader, _):
        handed_in = read_one(notebook, [m.name for m in grader.assignment.notebooks], student)
        result = grader.grade(handed_in).result
    if as_json:
        print(json.dumps(result_json(result)))
    else:
        result_table(result, out)
    if result.status == "grader_error":
        raise typer.Exit(3)


@app.command()
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
    from autograder.pool import LocalPool
    from autograder.records.grading import Class, Done
    from autograder.records.running import Options, cores, open_grader
    from autograder.report.json_lines import result_json
    from autograder.report.progress import watch
    from autograder.report.tables import class_table

    _check_device(device)
    course = _course()
    with open_grader(course, assignment, Options(device, tier)) as (grader, prepared):
        a_class = Class(course, grader, prepared)
        chosen = student or []
        total = len(a_class.students(chosen))
        pool = LocalPool(jobs or course.settings.jobs or cores())
        done: list[Done] = []
        for one in watch(a_class.grade(chosen, pool, regrade=regrade), total, err):
            done.append(one)
            if as_json:
                print(json.dumps(result_json(one.result)), flush=True)
    class_table(done, grader.assignment, course, out=err if as_json else out, brief=as_json)
    if any(one.result.status == "grader_error" for one in done):
        raise typer.Exit(3)


@app.command()
def report(
    assignment: str,
    output: Annotated[Path | None, typer.Option(help="The file to write; default: reports/ASSIGNMENT.html.")] = None,
) -> None:
    """Write the report of a class: scores, questions, mistakes, time; one HTML file without names."""
    from autograder.report.cohort import write_report

    out.print(str(write_report(_course(), assignment, output)), soft_wrap=True)


@app.command()
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


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the sample course is made.")] = Path("build/demo"),
) -> None:
    """The whole path on a class of sample submissions: compile, hand in, grade, feedback."""
    from autograder.demo import run_demo

    run_demo(_course(), folder, out, err)


def _check_device(device: str | None) -> None:
    if device not in (None, "auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose auto, cpu or cuda")


def main() -> None:
    try:
        app(standalone_mode=True)
    except AutograderError as error:
        err.print(f"[red]error[/red] {_escaped(error)}")
        sys.exit(error.exit_code)
    except SystemExit as ended:  # typer turns Ctrl-C into this code, and says nothing
        if ended.code == INTERRUPTED:
            err.print("interrupted: what is graded is kept; run the same command to go on")
        raise
    except Exception as error:  # a mistake of ours: one line, and the place of it for a report
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        err.print(f"[red]our fault[/red] {_escaped(f'{type(error).__name__}: {error} ({place})')}")
        sys.exit(3)


def _escaped(error: object) -> str:
    from rich.markup import escape

    return escape(str(error))


if __name__ == "__main__":
    main()
