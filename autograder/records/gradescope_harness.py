"""What `run_autograder` runs on Gradescope: the folders that it lays out -> our engine -> results.json.

    python -m autograder.records.gradescope_harness grade ROOT ASSIGNMENT      for each submission
    python -m autograder.records.gradescope_harness prepare ROOT ASSIGNMENT    once, from setup.sh

ROOT is /autograder: source/ (our zip file, unpacked), submission/ (what was handed in), submission_metadata.json.
Student code runs behind the walls of tier 1 or 2, never in this process. Whatever happens, there is a results.json.
"""

from __future__ import annotations

import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.authoring.master import read_assignment
from autograder.course import CONFIG, Course
from autograder.errors import AutograderError, SubmissionError
from autograder.model import Result
from autograder.records import gradescope
from autograder.records.files import write_text
from autograder.records.gradescope import Earlier, Metadata
from autograder.records.gradescope_image import open_course, prepare
from autograder.records.running import Options, open_grader
from autograder.records.submitted import read_elsewhere

NEVER = datetime.min.replace(tzinfo=UTC)  # of a submission without a time: before all others
NOBODY = "nobody"  # where Gradescope names no user, as while an instructor tries the autograder
RENAMED = "It was handed in under another name than {name}.ipynb, and graded all the same."


def grade(root: Path, assignment: str) -> dict[str, Any]:
    """The results object of the submission in ROOT/submission. Never raises: a fault of ours is a result, too."""
    about = Metadata(NOBODY)
    try:
        about = read_metadata(root / "submission_metadata.json")
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
            return gradescope.results(result, grader.assignment, about, note)
    except AutograderError as error:
        print(f"our fault: {error}")
        return gradescope.broken(assignment, about, str(error))
    except Exception as error:  # a mistake in the grader must not look like a student's
        traceback.print_exc(file=sys.stdout)  # which instructors see
        return gradescope.broken(assignment, about, f"{type(error).__name__}: {error}")


def _refuse(course: Course, name: str, about: Metadata, reason: str) -> dict[str, Any]:
    """Of what holds no notebook nothing is run, so no sandbox is raised for it."""
    assignment = read_assignment(course.folder("source", name).parent, name)
    result = Result(name, about.student, "invalid", "", 0, (), (), (), assignment.max_score, reason)
    return gradescope.results(result, assignment, about)


def read_metadata(path: Path) -> Metadata:
    """What Gradescope tells of the submission. A group is one student, named by all its addresses."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    users = [user for user in _list(found, "users") if isinstance(user, dict)]
    emails = sorted(str(user["email"]) for user in users if user.get("email"))
    earlier = [_earlier(one) for one in _list(found, "previous_submissions") if isinstance(one, dict)]
    own = [user["assignment"] for user in users if isinstance(user.get("assignment"), dict)]  # extensions
    dates = [*own, found.get("assignment") or {}]
    return Metadata(
        student=",".join(emails) or NOBODY,
        submitted=_time(found.get("created_at")),
        due=_latest(dates, "due_date"),
        late_due=_latest(dates, "late_due_date"),
        earlier=tuple(sorted(earlier, key=lambda one: one.when or NEVER)),
    )


def _earlier(found: dict[str, Any]) -> Earlier:
    """One entry of previous_submissions; judged if it has a score, and our own results say that it was graded."""
    results = found.get("results")
    extra = results.get("extra_data") if isinstance(results, dict) else None
    status = extra.get("status") if isinstance(extra, dict) else None
    score = found.get("score")
    number = isinstance(score, int | float) and not isinstance(score, bool)
    judged = number and status not in (None, "grader_error", "invalid")
    return Earlier(_time(found.get("submission_time")), float(score) if isinstance(score, int | float) else 0.0, judged)


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _latest(dates: list[dict[str, Any]], key: str) -> datetime | None:
    """The date that holds: the latest of a group's own ones and the assignment's."""
    times = [time for time in (_time(one.get(key)) for one in dates) if time is not None]
    return max(times, default=None)


def _time(text: object) -> datetime | None:
    """An ISO time with its zone; None for anything else."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def main(words: list[str]) -> int:
    match words:
        case ["grade", root, assignment]:
            text = json.dumps(grade(Path(root), assignment), indent=1, ensure_ascii=False, allow_nan=False)
            path = Path(root) / "results" / "results.json"
            write_text(path, text + "\n")
            path.chmod(0o644)  # whoever carries it to Gradescope need not be root
        case ["prepare", root, assignment]:
            try:
                prepare(Path(root), assignment)
            except AutograderError as error:
                print(f"this image is not fit to grade in: {error}", file=sys.stderr)
                return error.exit_code
        case _:
            print(
                f"usage: grade ROOT ASSIGNMENT, or prepare ROOT ASSIGNMENT; ROOT has source/course/{CONFIG}",
                file=sys.stderr,
            )
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
