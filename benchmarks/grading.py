"""One benchmark: the same submissions through `nbgrader autograde` as it comes and through `grade`, ABAB.

    python -m benchmarks.grading [--submissions 40] [--many 400] [--rounds 2]

Both grade the same notebooks on the same machine in one run, taking turns, each on a fresh copy of its course.
nbgrader's course has its own preprocessors: hidden tests run in the student's kernel. Reported: the median of each,
the ratio, CPU per submission beyond what the cells and calls themselves cost in a warm process, and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder.course import CONFIG, read_course
from autograder.judging.banks import Banks
from autograder.samples.classes import Sample, assignment_banks, demo_class, hand_in
from autograder.samples.demo import make_course

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = "attention"
SAMPLE_SECONDS = 0.5  # between two looks at memory
LOSSES = ("crashing", "endless-cell", "endless-call", "memory-hog")  # they would measure time limits, not work


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu: float  # seconds, of the command and all that it started
    peak_mib: float  # proportional set size, summed over its processes


def students(count: int, assignment: str = ASSIGNMENT) -> list[Sample]:
    """`count` students who hand in what the demo's class does, the crashing and endless ones left out."""
    banks = assignment_banks(read_course(ROOT), assignment, Banks(ROOT))
    kinds = [s for s in demo_class(banks) if s.student not in LOSSES]
    chosen = [kinds[n % len(kinds)] for n in range(count)]
    return [Sample(f"s{n:04}", k.cells, k.appended, k.extra, k.untouched) for n, k in enumerate(chosen)]


def as_it_comes(course: Path) -> None:
    """Takes our judge out of a course's configuration."""
    text = (course / CONFIG).read_text()
    text, found = re.subn(r"c\.Autograde\.autograde_preprocessors = \[.*?\]\n", "", text, flags=re.DOTALL)
    assert found == 1, "the configuration names the judge once"
    (course / CONFIG).write_text(text)


def measure(command: list[str], course: Path, *, memory: bool = False) -> Run:
    """Runs a command to its end; RuntimeError with its last words if it fails.

    Looking at memory holds the processes up while the kernel walks their pages: never in a run that is timed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            command, cwd=course, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, stderr=words
        )
        peak = [0.0]
        if memory:
            watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
            watcher.start()
            watcher.join()
        process.wait()
        seconds = time.monotonic() - began
        words.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} failed: {words.read()[-2000:].decode(errors='replace')}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, peak[0])


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.poll() is None:
        total = 0
        try:
            parent = psutil.Process(process.pid)
            for one in (parent, *parent.children(recursive=True)):
                with one.oneshot():
                    total += one.memory_full_info().pss
        except psutil.Error:
            pass  # a process ended while it was looked at
        peak[0] = max(peak[0], total / (1 << 20))
        time.sleep(SAMPLE_SECONDS)


def fresh(template: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return folder


def cells_alone(course: Path) -> float:
    """CPU seconds per submission of the cells and the checks' calls in one warm process, without any of our walls."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cells_alone", str(course)],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"},
    )  # fmt: skip
    return float(json.loads(done.stdout)["cpu_per_submission"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--many", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--memory-of-nbgrader", action="store_true", help="one more run of nbgrader, for its memory")
    options = parser.parse_args()
    ours = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT]
    theirs = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, "--log-level", "ERROR"]
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        top = Path(place)
        template, many, plain = top / "few", top / "many", top / "plain"
        for folder, count in ((template, options.submissions), (many, options.many)):
            make_course(ROOT, folder, [ASSIGNMENT])
            hand_in(folder, ASSIGNMENT, students(count), built=ROOT)
        fresh(template, plain)
        as_it_comes(plain)
        measure([sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT, "--log-level", "ERROR"], plain)
        a: list[Run] = []
        b: list[Run] = []
        for number in range(options.rounds):
            a.append(measure(theirs, fresh(plain, top / "a")))
            print(f"round {number + 1}: nbgrader autograde {a[-1].seconds:.1f} s", file=sys.stderr)
            b.append(measure(ours, fresh(template, top / "b")))
            print(f"round {number + 1}: grade {b[-1].seconds:.1f} s", file=sys.stderr)
        large = measure(ours, fresh(many, top / "large"))
        print(f"{options.many} submissions: grade {large.seconds:.1f} s", file=sys.stderr)
        alone = cells_alone(template)
        memory = [
            measure(theirs, fresh(plain, top / "a"), memory=True) if options.memory_of_nbgrader else None,
            measure(ours, fresh(template, top / "b"), memory=True),
            measure(ours, fresh(many, top / "large"), memory=True),
        ]
    report(options.submissions, options.many, a, b, large, alone, [0.0 if m is None else m.peak_mib for m in memory])


def report(few: int, many: int, a: list[Run], b: list[Run], large: Run, alone: float, peaks: list[float]) -> None:
    theirs, ours = statistics.median(r.seconds for r in a), statistics.median(r.seconds for r in b)
    each = (large.cpu - statistics.median(r.cpu for r in b)) / (many - few)
    per = (large.seconds - ours) / (many - few)
    print(f"{'':34}{'nbgrader autograde':>20}{'grade':>12}")
    print(f"{f'{few} submissions, median':34}{theirs:>18.1f} s{ours:>10.1f} s   ratio {theirs / ours:.1f}")
    print(f"{f'{many} submissions':34}{'':>20}{large.seconds:>10.1f} s")
    print(f"{'each further submission':34}{theirs / few:>18.2f} s{per:>10.3f} s   ratio {theirs / few / per:.1f}")
    print(f"{'CPU of each further submission':34}{'':>20}{1000 * each:>9.0f} ms")
    print(f"{'  its cells and calls, warm':34}{'':>20}{1000 * alone:>9.0f} ms")
    print(f"{'  what grading adds':34}{'':>20}{1000 * (each - alone):>9.0f} ms")
    nbgrader = f"{peaks[0]:.0f} MiB" if peaks[0] else ""
    print(f"{f'peak memory at {few}':34}{nbgrader:>20}{peaks[1]:>8.0f} MiB")
    print(f"{f'peak memory at {many}':34}{'':>20}{peaks[2]:>8.0f} MiB")
    print(f"cores: {len(os.sched_getaffinity(0))}")


if __name__ == "__main__":
    main()
