"""Certifies the banks of a course: on the input sets of its secret, with mutants of its solutions, as it demands.

course, its banks, source/, locks -> Certificate; called by the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autograder.course import Course
from autograder.course.demands import Demands, demands_on
from autograder.course.secret import read_if_made
from autograder.errors import SourceError, UsageError
from autograder.judging.banks import Banks
from autograder.judging.certify import BankReport, certify_bank
from autograder.judging.lock import Proof, Same
from autograder.judging.sets import InputSets
from autograder.judging.solutions import solution_of
from autograder.judging.survivors import Mutation, Namespaces

NO_SECRET = b"certify"  # before the course's first grading, which makes the secret


def certify_in_course(
    course: Course,
    banks: Banks,
    function: str,
    *,
    sets: int,
    mutants: bool = True,
    secret: bytes | None = None,
    processes: int = 1,
) -> BankReport:
    """Certifies one bank on the first `sets` input sets of the course's secret, or of another one.

    Without `mutants`, what the course demands of them, and of all its sets, is asked of the proof in the bank's lock.
    UsageError for a wrong setting; AutograderError as `certify`.
    """
    assignment = banks.assignment_of(function)
    inputs = InputSets(banks, secret or secret_of(course), assignment, course.settings.input_sets)
    demands = _demands(course, function)
    mutation, fault = _mutation(course, banks, function) if mutants else (None, "")
    report = certify_bank(
        banks[function],
        seeds=min(sets, inputs.count),
        source=lambda number: inputs.seeds(function, number),
        demands=demands,
        mutation=mutation,
        same=banks.lock(function).same,
        processes=processes,
    )
    if not mutants:
        return replace(report, problems=(*report.problems, *_unproven(banks, function, demands, inputs.count)))
    if not fault:
        return report
    if demands.mutants:
        return replace(report, problems=(*report.problems, f"the course demands mutants of the solution: {fault}"))
    return replace(report, notes=(*report.notes, f"no mutants were made: {fault}"))


def _unproven(banks: Banks, function: str, demands: Demands, sets: int) -> Iterator[str]:
    """What the course demands and the lock does not prove of the bank as it is now."""
    proof, run = banks.proof(function), f"run: autograder certify {function}"
    if not demands.mutants and not demands.stable:
        return
    if proof is None:
        yield f"the lock holds no proof of this version of the bank and the solution; {run}"
        return
    alive = sum(not one.because for one in banks.lock(function).same)
    if demands.mutants and not proof.mutants:
        yield f"the course demands mutants of the solution, and the lock says that none were tried; {run}"
    if demands.mutants and alive:
        yield f"the course demands that no mutant survives; {alive} in the lock do, without a reason"
    if demands.stable and proof.sets < sets:
        yield f"the course demands equal verdicts on all {sets} sets; the lock says that {proof.sets} were tried; {run}"
    if demands.stable and proof.unstable:
        yield f"the course demands equal verdicts on all sets; {proof.unstable} are not; {run}"


def secret_of(course: Course) -> bytes:
    return read_if_made(course.state, shared=course.is_shared) or NO_SECRET


def propose(banks: Banks, report: BankReport) -> None:
    """Puts what was proved into the bank's lock, and the mutants that survive, beside those accepted, for a person to
    fill in the reasons.

    If there were no mutants, those in the lock stay as they are.
    """
    same = banks.lock(report.name).same
    if report.mutants:
        new = {(one.line, one.change): Same(one.line, one.change, "") for one in report.survivors}
        same = (*(one for one in same if one.because), *new.values())
    banks.propose(report.name, same, Proof(report.sets, report.mutants, len(report.unstable)))


def _demands(course: Course, function: str) -> Demands:
    try:
        return demands_on(course.settings.demands, function)
    except ValueError as error:
        raise UsageError(f"{course.root}: c.Autograder.demands: {error}") from None


def _mutation(course: Course, banks: Banks, function: str) -> tuple[Mutation | None, str]:
    """The mutants of the solution, or why there are none."""
    try:
        return Mutation(Namespaces.of(solution_of(course.root, banks.assignment_of(function), function))), ""
    except (SourceError, UsageError) as error:
        return None, str(error)
