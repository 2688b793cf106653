"""Grades one submission on Gradescope, called by `run_autograder`: Gradescope's folders -> engine -> results.json.

    python -m autograder.gradescope.harness grade ROOT ASSIGNMENT      for each submission
    python -m autograder.gradescope.harness prepare ROOT ASSIGNMENT    once, from setup.sh

ROOT is /autograder: source/ (our zip file, unpacked), submission/ (the student's files), submission_metadata.json.
Student code runs in a sandbox of tier 1 or 2, never in this process. There is always a results.json: the first one,
written at the start, says that the grader failed, and the marks replace it. Modules that need torch are therefore
imported only when they are used.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course.files import write_text
from autograder.errors import AutograderError, SubmissionError
from autograder.gradescope.metadata import NOBODY, Metadata, failure_results, read_metadata
from autograder.starting import without_address_grammar

if TYPE_CHECKING:
    from autograder.course import Course

RENAMED = "It was handed in under another name than {name}.ipynb, and graded all the same."
BEGUN = "the grader was ended before it had a result, most often for its memory: see docs/gradescope.md, On Gradescope"


def grade(root: Path, assignment: str) -> dict[str, Any]:
    """The results object of the submission in ROOT/submission. Never raises: an error of the grader is a result too."""
    about = Metadata(NOBODY)
    try:
        about = read_metadata(root / "submission_metadata.json")
        return _grade_submission(root, assignment, about)
    except AutograderError as error:
        print(f"our fault: {error}")
        return failure_results(assignment, about, str(error))
    except Exception as error:  # an error of the grader must not look like the student's
        traceback.print_exc(file=sys.stdout)  # only instructors see stdout
        return failure_results(assignment, about, f"{type(error).__name__}: {error}")


def _grade_submission(root: Path, assignment: str, about: Metadata) -> dict[str, Any]:
    from autograder.gradescope import results as gradescope
    from autograder.gradescope.image import open_course
    from autograder.grading.opening import Options, open_grader
    from autograder.grading.submitted import read_elsewhere

    course = open_course(root)
    ignore = [str(pattern) for pattern in course.nbgrader.ignore]
    handed_in = read_elsewhere(root, root / "submission", assignment, about.student, ignore)
    refused = handed_in.notebooks[assignment]
    if isinstance(refused, SubmissionError):
        return _refuse(course, assignment, about, str(refused))
    with open_grader(course, assignment, Options()) as (grader, _):
        result = grader.grade(handed_in).result
        if result.status == "grader_error":
            print(f"our fault: {result.reason}")
        note = RENAMED.format(name=assignment) if "renamed" in result.flags else ""
        off = 0.0 if result.status == "grader_error" else _penalty(course, about, result.score)
        return gradescope.results(result, grader.assignment, about, note, off)


def _penalty(course: Course, about: Metadata, score: float) -> float:
    """Points that the course's rule for late work deducts, as in nbgrader's AssignLatePenalties."""
    if not about.seconds_late:
        return 0.0
    from nbgrader.preprocessors import AssignLatePenalties

    from autograder.gradebook.rule import penalty_on

    rule = AssignLatePenalties(config=course.config)
    rule.init_plugin()
    penalty = rule.plugin_inst.late_submission_penalty(about.student, score, about.seconds_late)
    return penalty_on(score, penalty) or 0.0


def _refuse(course: Course, name: str, about: Metadata, reason: str) -> dict[str, Any]:
    """The results object of a submission without a notebook. No code runs, so no sandbox is started."""
    from autograder.authoring.master import read_assignment
    from autograder.gradescope import results as gradescope
    from autograder.model import Result

    assignment = read_assignment(course.folder("source", name).parent, name)
    result = Result(name, about.student, "invalid", "", 0, (), (), (), assignment.max_score, reason)
    return gradescope.results(result, assignment, about)


def _begin(root: Path, assignment: str) -> None:
    """Writes the results.json that remains if this process is killed."""
    try:
        about = read_metadata(root / "submission_metadata.json")
    except Exception:  # `grade` meets the same error and reports it
        about = Metadata(NOBODY)
    _write(root, failure_results(assignment, about, BEGUN))


def _write(root: Path, found: dict[str, Any]) -> None:
    path = root / "results" / "results.json"
    write_text(path, json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    path.chmod(0o644)  # the program that uploads it may not be root


def main(words: list[str]) -> int:
    without_address_grammar()
    match words:
        case ["grade", root, assignment]:
            _begin(Path(root), assignment)
            _write(Path(root), grade(Path(root), assignment))
        case ["prepare", root, assignment]:
            from autograder.gradescope.image import prepare

            try:
                prepare(Path(root), assignment)
            except AutograderError as error:
                print(f"this image is not fit to grade in: {error}", file=sys.stderr)
                return error.exit_code
        case _:
            print("usage: (grade or prepare) ROOT ASSIGNMENT; ROOT has source/course", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
