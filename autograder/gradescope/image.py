"""Finishes the image in which Gradescope grades, and tests it on the solved notebook; the last step of setup.sh.

A fault of the image thus shows in the build log, which the instructor reads, and not in every submission.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from autograder.course import Course, read_course
from autograder.errors import SandboxError
from autograder.grading.opening import Options, modules, open_grader
from autograder.grading.travel import SubmittedWork
from autograder.model import QuestionResult
from autograder.sandbox.walls.survey import missing_layers, survey

GRADERS_MIB = 1200  # used by the judge, the zygote and Gradescope's own program
LEAST_MIB = 512  # torch does not run with less
NO_LIMIT_MIB = 1 << 40  # cgroups version 1 writes a huge number for "no limit"
ROUNDING = 1e-6  # points of checks are fractions, so their sum may be inexact


def open_course(root: Path) -> Course:
    """Opens the packed course and makes its own modules importable."""
    folder = (root / "source" / "course").resolve()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # at the end, so that installed packages come first
        sys.dont_write_bytecode = True  # no .pyc files in the course's folder
    course = read_course(folder)
    size = memory_of_container(Path("/"))
    if size is not None:  # with a higher limit the container would be killed, not the student's code
        course.settings.memory_mib = min(course.settings.memory_mib, max(size - GRADERS_MIB, LEAST_MIB))
    return course


def memory_of_container(root: Path) -> int | None:
    """The memory limit of this container in MiB, for all its processes together; None if there is no limit.

    `root` is the root of the file system; control groups of version 2 are read, or else of version 1.
    """
    groups = root / "sys" / "fs" / "cgroup"
    sizes = []
    for file in (groups / "memory.max", groups / "memory" / "memory.limit_in_bytes"):
        try:
            sizes.append(int(file.read_text()) >> 20)
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return next((size for size in sizes if size < NO_LIMIT_MIB), None)


def prepare(root: Path, assignment: str) -> None:
    """Makes a secret for this image, unless the zip file contains the course's, and grades the solved notebook.
    SandboxError if it does not get all points."""
    course = open_course(root)
    course.secret()
    for module in needed_modules(course, assignment):
        importlib.import_module(module)
    if check_walls():
        try_out(course, assignment)


def needed_modules(course: Course, assignment: str) -> list[str]:
    """The installed modules that the zygote imports. Importing them tests the image: an installed package can fail to
    import (torch._dynamo needs more of Python than torch does). Optional imports of a notebook may be missing."""
    wanted = modules(course.settings.preload, course.folder("source", assignment).glob("*.ipynb"))
    names = dict.fromkeys(name.partition(":")[0] for name in wanted)
    return [name for name in names if importlib.util.find_spec(name.partition(".")[0]) is not None]


def check_walls() -> bool:
    """Whether this machine has a sandbox for student code; if not, prints what is missing and how to get it."""
    found = survey()
    if found.best is not None:
        print(f"walls of tier {found.best.tier} can be raised here: {', '.join(found.best.layers)}")
        return True
    print("No walls can be raised here, where the image is built, so the solved notebook is not tried. If the machines")
    print("that grade are the same, no submission will be graded: hand in the solved notebook to see. What is missing:")
    for offer in missing_layers(found)[1]:
        print(f"  {offer.layer}: {offer.detail}. To get it: {offer.advice}")
    return False


def try_out(course: Course, name: str) -> None:
    """Grades the solved notebook as a submission. SandboxError unless it gets all points."""
    solved = (course.folder("source", name) / f"{name}.ipynb").read_bytes()
    with open_grader(course, name, Options()) as (grader, _):
        result = grader.grade(SubmittedWork("nobody", {name: solved})).result
    judged = [q for q in result.questions if q.judged_by != "hand"]
    short = [q for q in judged if q.score < q.max_score - ROUNDING]
    if result.status == "graded" and not short:
        print(f"the solved notebook was graded in {result.seconds.total:.1f} s and has all its points")
        return
    lost = "; ".join(f"{q.id} {q.score:g} of {q.max_score:g}: {_why(q)}" for q in short)
    raise SandboxError(
        f"the solved notebook does not get its points in this image ({result.status}). {result.reason} {lost}. Does "
        "`autograder certify` pass in your course? If so, this image lacks something: see docs/gradescope.md, Packages"
    )


def _why(question: QuestionResult) -> str:
    failed = [verdict.message for verdict in question.checks if not verdict.passed]
    return failed[0] if failed else question.message
