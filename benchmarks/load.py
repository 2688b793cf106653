"""Grades the same class on a quiet machine and on one that is busy, and compares all that comes of it.

    python -m benchmarks.load [--submissions 500] [--busy 8] [--minutes 60] [--assignment warmup]

The warm-up, on which the engine's tests stand, has three functions and no slow cell: many are graded in a short time.

Both runs grade fresh copies of one course, with the same secret. Compared byte for byte: what `grade --json` prints
(but for the seconds), the rows of the gradebook by the names of things (its own ids are random), and the autograded
folder. Exit code 1 when anything differs. It ends by itself: each run has the given time, and the busy processes end
with it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.authoring.build import compile_assignment
from autograder.course import CONFIG, read_course
from autograder.judging.banks import Banks
from autograder.samples.classes import Sample, hand_in, misconception, variant
from autograder.samples.demo import make_course
from benchmarks.contents import notebooks, rows
from benchmarks.grading import ROOT, fresh, students

# Counts, and looks now and then whether whoever started it still lives and its time is not up.
BUSY = """
import os, sys, time
parent, until = os.getppid(), time.monotonic() + float(sys.argv[1])
while os.getppid() == parent and time.monotonic() < until:
    for _ in range(1_000_000):
        pass
"""


WARMUP = "warmup"
FUNCTIONS = ("softmax", "causal_mask", "scaled_dot_product_attention")  # of the warm-up


@dataclass(frozen=True)
class Run:
    seconds: float
    results: dict[str, Any]  # by student
    rows: dict[str, list[tuple[Any, ...]]]
    notebooks: dict[str, bytes]


def make_warmup(course: Path, *, text: str = "", settings: str = "") -> None:
    """The course that the engine is tested on, built, in the folder `course`: three functions and no slow cell.

    `text` comes below its source, `settings` below its configuration.
    """
    shutil.copytree(ROOT / "tests" / "engine" / WARMUP, course, dirs_exist_ok=True)
    for path, more in ((course / "source" / f"{WARMUP}.py", text), (course / CONFIG, settings)):
        path.write_text(path.read_text() + more)
    compile_assignment(course, WARMUP, known_checks=set(Banks(course)), execute=False)


def make_class(course: Path, assignment: str, count: int) -> None:
    """A course in `course` with `count` submissions: right ones of all kinds, and each known mistake."""
    if assignment != WARMUP:
        make_course(ROOT, course, [assignment])
        hand_in(course, assignment, students(count, assignment), built=ROOT)
        return
    make_warmup(course)
    banks = [Banks(course)[name] for name in FUNCTIONS]
    kinds = [Sample(""), *(Sample("", {bank.name: variant(bank, n) for bank in banks}) for n in range(5))]
    kinds += [
        Sample("", {bank.name: misconception(bank, wrong.name)}) for bank in banks for wrong in bank.misconceptions
    ]
    kinds += [Sample("", {name: None}) for name in FUNCTIONS]
    samples = [replace(kinds[n % len(kinds)], student=f"s{n:04}") for n in range(count)]
    hand_in(course, WARMUP, samples, built=course)


@contextmanager
def busy(count: int, seconds: float) -> Iterator[None]:
    """`count` processes that do nothing but use a core each."""
    started = [subprocess.Popen([sys.executable, "-c", BUSY, str(seconds)]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def grade(course: Path, assignment: str, seconds: float) -> Run:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "autograder", "grade", assignment, "--json"]
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=course, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=seconds
    )
    took = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f"grade ended with {done.returncode}: {done.stderr[-2000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    results = {line["student"]: {k: v for k, v in line.items() if k != "seconds"} for line in lines}
    if len(results) != len(lines):
        raise RuntimeError("a student was graded twice in one run")
    return Run(took, results, rows(course), notebooks(course))


def differences(quiet: Run, loaded: Run) -> list[str]:
    found = [
        f"{student}: {told(quiet.results.get(student))} when quiet, {told(loaded.results.get(student))} under load"
        for student in sorted({*quiet.results, *loaded.results})
        if quiet.results.get(student) != loaded.results.get(student)
    ]
    found += [f"rows of the table {name} differ" for name in quiet.rows if quiet.rows[name] != loaded.rows[name]]
    found += [
        f"autograded/{name} differs"
        for name in sorted({*quiet.notebooks, *loaded.notebooks})
        if quiet.notebooks.get(name) != loaded.notebooks.get(name)
    ]
    return found


def told(result: dict[str, Any] | None) -> str:
    return "nothing" if result is None else f"{result['score']:g} ({result['status']})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=500)
    parser.add_argument("--busy", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=60, help="most that one of the two runs may take")
    parser.add_argument("--assignment", default=WARMUP)
    options = parser.parse_args()
    seconds = options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="load-") as place:
        top = Path(place)
        make_class(top / "course", options.assignment, options.submissions)
        read_course(top / "course").secret()  # made before the copies, which share it
        quiet = grade(fresh(top / "course", top / "quiet"), options.assignment, seconds)
        print(f"quiet: {len(quiet.results)} submissions in {quiet.seconds:.0f} s", flush=True)
        with busy(options.busy, seconds):
            loaded = grade(fresh(top / "course", top / "loaded"), options.assignment, seconds)
        print(f"beside {options.busy} busy processes: {len(loaded.results)} in {loaded.seconds:.0f} s", flush=True)
    found = differences(quiet, loaded)
    print("\n".join(found[:40]) or "results, gradebook and notebooks are the same")
    print(f"{len(found)} differences; cores: {len(os.sched_getaffinity(0))}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
