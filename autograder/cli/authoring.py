"""Commands for who writes a course: compile, certify, import."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli.terminal import Assignments, Json, current_course, err, escape_markup, out
from autograder.errors import SourceError, UsageError
from autograder.rendering.text import printable_line

if TYPE_CHECKING:  # nbgrader comes with the one, traitlets with the other
    from autograder.authoring.targets import Target
    from autograder.course import Course


def compile_(
    assignments: Assignments = None,
    check: Annotated[bool, typer.Option("--check", help="Build nothing; fail on drift, and on leaks.")] = False,
    target: Annotated[
        list[str] | None, typer.Option(help="nbgrader, otter or gradescope: build for this one only.")
    ] = None,
    with_secret: Annotated[
        bool, typer.Option("--with-secret", help="Also write the Gradescope autograders that hold the course's secret.")
    ] = False,
) -> None:
    """Build from the authored text what students, nbgrader, Otter and Gradescope need."""
    from autograder.authoring import build

    targets = _targets(target or ())
    course = current_course()
    names = assignments or build.assignments(course.root)
    if not names:
        raise UsageError(f"no source/*.py in {course.root}: there is nothing to compile")
    known = _check_names(course)
    if check:
        _check_drift(course, names, targets, known)
        return
    for name in names:
        built = build.compile_assignment(course.root, name, targets=targets, **_settings(course, known))
        for path in built.written:
            err.print(f"wrote {path.relative_to(course.root)}")
        if with_secret:
            _write_secret(course, name, known)
        err.print(f"{name}: built")
    if course.repository and course.repository.is_placeholder:
        err.print(
            f"c.Autograder.repository in nbgrader_config.py is still {course.repository.name}: "
            "the notebooks do not open in Colab until it names yours"
        )
    _check_leaks(course, names)


def certify(
    names: Annotated[list[str] | None, typer.Argument(help="Assignments or functions; all, if none is given.")] = None,
    sets: Annotated[
        int | None,
        typer.Option(min=1, help="Sets of inputs to try; default: all for functions named, else 3."),
    ] = None,
    suggest: Annotated[
        str | None,
        typer.Option(metavar="ASSIGNMENT", help="List a graded class's wrong answers that no misconception explains."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove the checks: every variant passes, every misconception fails and is named, and no small mistake in the
    solution survives.

    A function that is named is tried on every set of inputs, with mutants of its solution; those that survive go into
    its lock (checks/ASSIGNMENT/FUNCTION.lock). If one is the same function, say why there, under "because"; if not, the
    bank needs another case.
    """
    if suggest is not None:
        _suggest(current_course(), suggest, as_json)
        return
    from autograder.judging.banks import Banks
    from autograder.judging.certify import SEEDS, Certificate
    from autograder.judging.proof import certify_in_course, propose
    from autograder.report.certificate import certificate_table

    course = current_course()
    banks = Banks(course.root, measure=True)
    if not banks:
        raise UsageError(f"there are no banks to certify: {banks.folder} is empty or missing")
    chosen, named = banks.select(names or ()), {name for name in names or () if name in banks}
    reports, cores = [], len(os.sched_getaffinity(0))
    for name in chosen:
        number = sets or (course.settings.input_sets if name in named else SEEDS)
        own = name in named
        reports.append(certify_in_course(course, banks, name, sets=number, mutants=own, processes=cores if own else 1))
        if name in named:
            propose(banks, reports[-1])
    certificate = Certificate(tuple(reports))
    for path in banks.write_locks(chosen):
        err.print(f"wrote {path.relative_to(banks.folder.parent)}")
    if as_json:
        print(json.dumps(certificate.to_json()))
    else:
        certificate_table(certificate, out)
    if not certificate.ok:
        raise typer.Exit(1)


def _suggest(course: Course, assignment: str, as_json: bool) -> None:
    from dataclasses import asdict

    from autograder.report.suggestions import suggestions

    found = suggestions(course, assignment)
    if as_json:
        print(json.dumps([{**asdict(one), "draft": one.draft} for one in found]))
        return
    for one in found:
        example = escape_markup(one.students[0])
        out.print(f"\n[bold]{one.function}[/bold]  {len(one.students)} answers, one of them by {example}")
        for check, message in one.messages.items():
            out.print(f"  {escape_markup(check)}: {escape_markup(message)}")
        for line in one.draft.splitlines():
            out.print(escape_markup(printable_line(line)), highlight=False)
    err.print(f"{sum(len(one.students) for one in found)} wrong answers without a name, in {len(found)} groups")


def import_(
    notebook: Annotated[Path, typer.Argument(help="A source notebook of nbgrader's, or a master of otter assign.")],
    output: Annotated[Path | None, typer.Option(help="The text to write; default: source/NAME.py.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> None:
    """Take in a notebook of another course as authored text; says what has no counterpart."""
    from autograder.authoring import percent, rules
    from autograder.authoring.importing import import_notebook

    taken = import_notebook(notebook)
    path = output or current_course().root / "source" / f"{taken.name}.py"
    beside = {path.with_suffix("") / name: content for name, content in taken.files.items()}
    there = [str(one) for one in (path, *beside) if one.exists()]
    if there and not force:
        raise UsageError(f"{', '.join(there)}: exists already; name another with --output, or replace it with --force")
    for one, content in ({path: taken.text.encode()} | beside).items():
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_bytes(content)
    for remark in taken.remarks:
        err.print(escape_markup(remark))
    print(path)
    counted = f"{taken.questions} graded cells, {taken.points:g} points, {len(taken.remarks)} remarks"
    err.print(f"{taken.origin} notebook: {counted}")
    try:
        rules.verify(percent.read(path), _check_names_here())
    except SourceError as error:
        err.print(f"[red]does not compile yet[/red] {escape_markup(error)}")
        raise typer.Exit(1) from None


def _targets(words: Collection[str]) -> list[Target]:
    """The targets that the words of --target stand for; all, for none."""
    from autograder.authoring.targets import NBGRADER, OTTER
    from autograder.gradescope.target import GRADESCOPE

    meant = {"nbgrader": (NBGRADER,), "otter": (OTTER, GRADESCOPE), "gradescope": (GRADESCOPE,)}
    for word in words:
        if word not in meant:
            raise UsageError(f"--target {word}: choose {', '.join(list(meant)[:-1])} or {list(meant)[-1]}")
    return list(dict.fromkeys(target for word in words or meant for target in meant[word]))


def _check_names(course: Course) -> set[str]:
    from autograder.judging.banks import Banks

    return set(Banks(course.root))


def _check_names_here() -> set[str]:
    """None, where the current folder lies in no course: a notebook can be taken in anywhere."""
    try:
        course = current_course()
    except UsageError:
        return set()
    return _check_names(course)


def _settings(course: Course, known: set[str]) -> dict[str, Any]:
    """What of the course a plan is made by."""
    return {"known_checks": known, "repository": course.repository, "ignore": course.nbgrader.ignore}


def _check_drift(course: Course, names: Iterable[str], targets: Sequence[Target], known: set[str]) -> None:
    from autograder.authoring import build
    from autograder.authoring.plan import make_plan

    drifts = []
    for name in names:
        plan = make_plan(course.root, name, **_settings(course, known))
        drifts += build.drift(plan, targets)
        for old in build.outdated_uploads(plan, targets):
            err.print(f"[yellow]old[/yellow] {old}: no longer what would be built; compile before you upload it")
    for line in drifts:
        err.print(f"[red]drift[/red] {escape_markup(line)}")
    if drifts:
        err.print("run: autograder compile")
    _check_leaks(course, names, failed=bool(drifts))


def _check_leaks(course: Course, names: Iterable[str], failed: bool = False) -> None:
    from autograder.authoring.leaks import leaks

    leaked = [line for name in names for line in leaks(course.root, name)]
    for line in leaked:
        err.print(f"[red]leak[/red] {escape_markup(line)}")
    if leaked or failed:
        raise typer.Exit(1)


def _write_secret(course: Course, name: str, known: set[str]) -> None:
    from autograder.authoring.plan import make_plan
    from autograder.course import state
    from autograder.gradescope.target import write_secret_bundle

    path = state.secret_zip(course.root, name)
    if write_secret_bundle(make_plan(course.root, name, **_settings(course, known)), path, course.secret()):
        err.print(f"wrote {path.relative_to(course.root)}: with the course's secret in it, for Gradescope alone")
