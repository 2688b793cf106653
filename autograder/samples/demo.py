"""Runs the whole path, from release to feedback, on a class of sample submissions; behind `autograder demo`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console

from autograder.authoring import build
from autograder.course import CONFIG, Course, read_course
from autograder.course.state import demo_marker
from autograder.errors import AutograderError, UsageError
from autograder.gradescope.packed import modules
from autograder.grading.batch import Class
from autograder.grading.opening import Options, cores
from autograder.grading.pool import open_pool
from autograder.judging.banks import Banks
from autograder.report.cohort import write_report
from autograder.report.progress import watch
from autograder.report.tables import class_table
from autograder.samples.classes import assignment_banks, demo_class, hand_in

# Short timeouts, because the sample class has endless loops. The demo uses nbgrader's default folders and its own
# gradebook, whatever the course's settings say.
SETTINGS = """
c.Autograder.cell_seconds = 15.0
c.Autograder.probe_seconds = 3.0
for _name in ("root", "db_url", "directory_structure"):
    c.CourseDirectory.pop(_name, None)
for _name in ("source", "release", "submitted", "autograded", "feedback"):
    c.CourseDirectory.pop(f"{_name}_directory", None)
"""
MADE_BY_US = "demo course of autograder\n"


def run_demo(course: Course, folder: Path, out: Console, err: Console) -> None:
    """Makes a course with a class of students in `folder` and grades their submissions. An older demo there is
    replaced. UsageError if no assignment calls check()."""
    folder = folder if folder.is_absolute() else Path.cwd() / folder
    banks = Banks(course.root)
    for assignment in (names := build.assignments(course.root)):
        compiled = build.compile_assignment(
            course.root,
            assignment,
            known_checks=set(banks),
            repository=course.repository,
            ignore=course.nbgrader.ignore,
        )
        err.print(f"{assignment}: compiled{'' if compiled.written else ', nothing had changed'}")
    judged = {name: found for name in names if (found := assignment_banks(course, name, banks))}
    if not judged:
        raise UsageError(f"there is nothing to show: no assignment of {course.root} has a test cell with check()")
    make_course(course.root, folder, judged)
    for assignment, found in judged.items():
        samples = demo_class(found)
        hand_in(folder, assignment, samples, built=course.root)
        _grade(read_course(folder), assignment, len(samples), out, err)
    out.print(f"feedback: {folder / 'feedback' / 'STUDENT' / 'ASSIGNMENT' / 'ASSIGNMENT.html'}")
    out.print(f"report of a class: {folder / 'reports' / 'ASSIGNMENT.html'}")
    out.print(f"formgrader: cd {folder} && jupyter lab, then Nbgrader > Formgrader", soft_wrap=True)


def _grade(course: Course, assignment: str, count: int, out: Console, err: Console) -> None:
    with open_pool(course, assignment, Options(), cores()) as (pool, opening, prepared):
        walls = opening.confinement.walls
        layers = ", ".join(walls.layers)
        err.print(f"{assignment}: {count} submissions, behind walls of tier {walls.tier} ({layers})")
        done = list(watch(Class(course, opening, prepared).grade([], pool), count, err))
    class_table(done, opening.assignment, course, out=out, brief=False)
    out.print()
    err.print("writing feedback pages with nbgrader ...")
    feedback(course.root, assignment)
    write_report(course, assignment)


def make_course(built: Path, folder: Path, assignments: Iterable[str]) -> None:
    """Makes a course with only the built assignments and all banks. Refuses an existing folder that is not a demo."""
    marker = demo_marker(folder)
    if folder.exists() and any(folder.iterdir()) and not marker.is_file():
        raise UsageError(f"{folder} is not empty and no demo of ours; name another with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    for name in assignments:
        source = folder / "source" / name
        shutil.copytree(built / "source" / name, source, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    for path, text in Banks(built).files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    marker.parent.mkdir(mode=0o700)
    marker.write_text(MADE_BY_US)
    for path, text in modules(built).items():
        (folder / path).write_bytes(text)
    (folder / CONFIG).write_text((built / CONFIG).read_text() + SETTINGS)


def feedback(folder: Path, assignment: str) -> None:
    """Runs nbgrader's generate_feedback for all graded submissions."""
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", assignment, "--force", "--log-level", "ERROR"]
    # nbgrader runs `alembic` from PATH
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode:
        raise AutograderError(f"nbgrader generate_feedback failed: {done.stderr.strip()[-500:]}")
