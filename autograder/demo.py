"""The whole path on a class of sample submissions, for people who want to see it before they read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from autograder.authoring import build
from autograder.checks import bank_names
from autograder.course import CONFIG, STATE, Course, read_course
from autograder.errors import AutograderError, UsageError
from autograder.pool import LocalPool
from autograder.records.grading import Class
from autograder.records.running import Options, cores, open_grader
from autograder.report.progress import watch
from autograder.report.tables import class_table
from autograder.sample_class import demo_class, hand_in

ASSIGNMENT = "attention"
# The sample class has endless loops; nobody wants to wait 30 s for each.
LIMITS = "\nc.Autograder.cell_seconds = 5.0\nc.Autograder.probe_seconds = 3.0\n"
MADE_BY_US = "demo course of autograder\n"


def run_demo(course: Course, folder: Path, out: Console, err: Console) -> None:
    """Makes a course in `folder`, with 24 students, and grades it; an older demo there is replaced."""
    folder = folder if folder.is_absolute() else Path.cwd() / folder
    built = build.compile_assignment(course.root, ASSIGNMENT, known_checks=set(bank_names()))
    err.print(f"{ASSIGNMENT}: compiled{'' if built.written else ', nothing had changed'}")
    make_course(course.root, folder)
    samples = demo_class()
    hand_in(folder, ASSIGNMENT, samples, built=course.root)
    err.print(f"{len(samples)} submissions handed in: {folder / 'submitted'}")
    made = read_course(folder)
    with open_grader(made, ASSIGNMENT, Options()) as (grader, prepared):
        tier = grader.sandbox.walls.tier
        err.print(f"grading behind walls of tier {tier} ({', '.join(grader.sandbox.walls.layers)})")
        graded = Class(made, grader, prepared).grade([], LocalPool(cores()))
        done = list(watch(graded, len(samples), err))
    class_table(done, grader.assignment, made, out=out, brief=False)
    err.print("writing feedback pages with nbgrader ...")
    feedback(folder)
    out.print(f"feedback: {folder / 'feedback' / 'STUDENT' / ASSIGNMENT / (ASSIGNMENT + '.html')}")
    out.print(f"formgrader: cd {folder} && jupyter lab, then Nbgrader > Formgrader", soft_wrap=True)


def make_course(built: Path, folder: Path) -> None:
    """An nbgrader course with the built assignment and nothing else; refuses a folder that is not a demo's."""
    marker = folder / STATE / "demo"
    if folder.exists() and any(folder.iterdir()) and not marker.is_file():
        raise UsageError(f"{folder} is not empty and no demo of ours; name another with --folder")
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source" / ASSIGNMENT
    shutil.copytree(built / "source" / ASSIGNMENT, source, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    marker.parent.mkdir(mode=0o700)
    marker.write_text(MADE_BY_US)
    (folder / CONFIG).write_text((built / CONFIG).read_text() + LIMITS)


def feedback(folder: Path) -> None:
    """nbgrader's own generate_feedback for all that is graded."""
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", ASSIGNMENT, "--force", "--log-level", "ERROR"]
    # nbgrader starts alembic by its name
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    if done.returncode:
        raise AutograderError(f"nbgrader generate_feedback failed: {done.stderr.strip()[-500:]}")
