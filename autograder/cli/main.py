"""The command line: parse, call, exit code. Last on the path; messages go to stderr, results to stdout.

Exit codes: 0 done; 1 something was judged and falls short; 2 bad usage or input; 3 our fault.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from autograder.errors import AutograderError, SourceError, UsageError
from autograder.starting import without_address_grammar

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
secret_app = typer.Typer(no_args_is_help=True, help="The secret from which hidden inputs are drawn.")
app.add_typer(secret_app, name="secret")
INTERRUPTED = 130  # exit code of a command ended by Ctrl-C, as shells have it
GRADESCOPE = "gradescope"  # below the course's state: zip files with the secret in them
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


def _known_checks(course: Any) -> set[str]:
    from autograder.judging.banks import Banks

    return set(Banks(course.root))


@app.command("compile")
def compile_(
    assignments: Assignments = None,
    check: Annotated[bool, typer.Option("--check", help="Build nothing; fail on drift, and on leaks.")] = False,
    target: Annotated[list[str] | None, typer.Option(help="nbgrader or otter: build for this one only.")] = None,
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="Also write the Gradescope autograders that hold the course's secret.")
    ] = False,
) -> None:
    """Build from the authored text what students, nbgrader, Otter and Gradescope need."""
    from autograder.authoring import build

    targets = target or build.TARGETS
    for word in targets:
        if word not in build.TARGETS:
            raise UsageError(f"--target {word}: choose {' or '.join(build.TARGETS)}")
    course = _course()
    names = assignments or build.assignments(course.root)
    if not names:
        raise UsageError(f"no source/*.py in {course.root}: there is nothing to compile")
    if check:
        _check_built(course, names, targets)
        return
    for name in names:
        built = build.compile_assignment(
            course.root, name, known_checks=_known_checks(course), repository=course.repository, targets=targets
        )
        for path in built.written:
            err.print(f"wrote {path.relative_to(course.root)}")
        if with_secret:
            _with_secret(course, name)
        err.print(f"{name}: built")
    if course.repository and course.repository.is_placeholder:
        err.print(
            f"c.Autograder.repository in nbgrader_config.py is still {course.repository.name}: "
            "the notebooks do not open in Colab until it names yours"
        )
    _check_leaks(course, names)


def _check_built(course: Any, names: Iterable[str], targets: Collection[str]) -> None:
    from autograder.authoring import build

    known, drifts, repository = _known_checks(course), [], course.repository
    for name in names:
        drifts += build.drift(course.root, name, known_checks=known, repository=repository, targets=targets)
        old = build.old_bundle(course.root, name, known_checks=known, repository=repository)
        if "otter" in targets and old:
            err.print(f"[yellow]old[/yellow] {old}: no longer what would be built; compile before you upload it")
    for line in drifts:
        err.print(f"[red]drift[/red] {_escaped(line)}")
    if drifts:
        err.print("run: autograder compile")
    _check_leaks(course, names, failed=bool(drifts))


def _check_leaks(course: Any, names: Iterable[str], failed: bool = False) -> None:
    from autograder.authoring.leaks import leaks

    leaked = [line for name in names for line in leaks(course.root, name)]
    for line in leaked:
        err.print(f"[red]leak[/red] {_escaped(line)}")
    if leaked or failed:
        raise typer.Exit(1)


def _with_secret(course: Any, name: str) -> None:
    from autograder.authoring import build

    secret, path = course.secret(), course.state / GRADESCOPE / f"{name}-autograder.zip"
    known = _known_checks(course)
    if build.write_secret_bundle(course.root, name, path, secret, known_checks=known, repository=course.repository):
        err.print(f"wrote {path.relative_to(course.root)}: with the course's secret in it, for Gradescope alone")


@app.command()
def certify(
    names: Annotated[list[str] | None, typer.Argument(help="Assignments or functions; all, if none is given.")] = None,
    as_json: Json = False,
) -> None:
    """Prove the checks: every variant passes, every misconception fails and is named."""
    from autograder.judging.banks import Banks
    from autograder.judging.certify import certify as run_certify
    from autograder.report.tables import certificate_table

    banks = Banks(_course().root)
    if not banks:
        raise UsageError(f"there are no banks to certify: {banks.folder} is empty or missing")
    certificate = run_certify([banks[name] for name in banks.chosen(names or ())])
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
    from autograder.grading.opening import Options, open_grader
    from autograder.report.json_lines import result_json
    from autograder.report.tables import result_table

    _check_device(device)
    if not notebook.exists() and not notebook.is_symlink():
        raise UsageError(f"there is no file {notebook}")
    with open_grader(_course(), assignment, Options(device, tier)) as (grader, _):
        from autograder.grading.submitted import read_one

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
    from autograder.grading.opening import Options, cores, open_grader
    from autograder.report.json_lines import result_json
    from autograder.report.progress import watch
    from autograder.report.tables import class_table

    _check_device(device)
    course = _course()
    with open_grader(course, assignment, Options(device, tier)) as (grader, prepared):
        from autograder.grading.batch import Class, Done
        from autograder.grading.pool import (
            LocalPool,  # torch comes with it, and nbgrader: once the sandbox is being started
        )

        a_class = Class(course, grader, prepared)
        chosen = student or []
        total = len(a_class.students(chosen))
        pool = LocalPool(jobs or course.settings.jobs or cores())
        done: list[Done] = []
        for one in watch(a_class.grade(chosen, pool, regrade=regrade), total, err):
            done.append(one)
            if as_json:
                _print_line(json.dumps(result_json(one.result)))
    class_table(done, grader.assignment, course, out=err if as_json else out, brief=as_json)
    if any(one.result.status == "grader_error" for one in done):
        raise typer.Exit(3)


@secret_app.command("rotate")
def rotate_secret() -> None:
    """Make a new secret: hidden inputs are drawn anew from now on. The old one is kept beside it."""
    from autograder.course import secret
    from autograder.grading.batch import earlier_results

    course = _course()
    old, new = secret.rotate(course.state, shared=course.shared)
    err.print(f"the secret {old} is now {course.state / secret.NAME}.{old}; the new one is {new}")
    for assignment, count in earlier_results(course).items():
        err.print(
            f"{assignment}: {count} results from earlier secrets stand as they are; to draw new inputs for them too: "
            f"autograder grade {_escaped(assignment)} --regrade"
        )
    for path in sorted((course.state / GRADESCOPE).glob("*.zip")):
        name = path.name.removesuffix("-autograder.zip")
        err.print(
            f"{path.relative_to(course.root)} holds an earlier secret, and so does Gradescope: "
            f"autograder compile {_escaped(name)} --with-secret, and upload it again"
        )


@app.command("import")
def import_(
    notebook: Annotated[Path, typer.Argument(help="A source notebook of nbgrader's, or a master of otter assign.")],
    output: Annotated[Path | None, typer.Option(help="The text to write; default: source/NAME.py.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Take in a notebook of another course as authored text; says what has no counterpart."""
    from autograder.authoring import percent, rules
    from autograder.authoring.importing import import_notebook

    taken = import_notebook(notebook)
    path = output or _course().root / "source" / f"{taken.name}.py"
    beside = {path.with_suffix("") / name: content for name, content in taken.files.items()}
    there = [str(one) for one in (path, *beside) if one.exists()]
    if there and not force:
        raise UsageError(f"{', '.join(there)}: exists already; name another with --output, or replace it with --force")
    for one, content in ({path: taken.text.encode()} | beside).items():
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_bytes(content)
    for remark in taken.remarks:
        err.print(_escaped(remark))
    print(path)
    counted = f"{taken.questions} graded cells, {taken.points:g} points, {len(taken.remarks)} remarks"
    err.print(f"{taken.origin} notebook: {counted}")
    try:
        rules.verify(percent.read(path), _known_checks(_course()))
    except SourceError as error:
        err.print(f"[red]does not compile yet[/red] {_escaped(error)}")
        raise typer.Exit(1) from None


@app.command()
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
    from autograder.exports.ungraded import ungraded
    from autograder.gradebook.final_marks import read_marks
    from autograder.report.exported import summary

    if form not in exporting.FORMATS:
        raise UsageError(f"--format {form}: choose one of {', '.join(exporting.FORMATS)}")
    if column and form != "canvas":
        raise UsageError(f"--column names the assignment's column of Canvas; --format {form} has one name for it")
    listed = read_roster(roster) if roster else None
    course = _course()
    marks = read_marks(course, assignment)
    done = exporting.export(marks, form, listed, handed_in=ungraded(course, marks), column=column)
    for line in summary(done):
        err.print(_escaped(line))
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
    from autograder.samples.demo import run_demo

    run_demo(_course(), folder, out, err)


def _print_line(text: str) -> None:
    """Prints to stdout; when nobody reads that any more, what is at work goes on: marks are written elsewhere."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        err.print("nobody reads the results any more: grading goes on, and writes what it always writes")


def _check_device(device: str | None) -> None:
    if device not in (None, "auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose auto, cpu or cuda")


def main() -> None:
    without_address_grammar()
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
