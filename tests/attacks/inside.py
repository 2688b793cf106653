"""Grades a few submissions with another program, behind walls; `elsewhere.py` starts it there, as text.

    inside.py WALLS STAGED SCRATCH SECONDS LIMITS TOOL

One process keeps the sandbox and the clock; its fork becomes nobody, copies the course, runs the program, and answers
with one JSON object: marks by student and test, the notebooks as they ran, and which files of others are left.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.limits import Limits
from autograder.sandbox.walls import walls

COURSE = Path("course")
SLOTS = {"nbgrader": 5, "otter": 6}  # users of their own, so that both can be measured at once
OTHERS = ("submitted/neighbour/warmup/warmup.ipynb", ".autograder/secret")  # of people who handed in nothing here
MARKS = """
SELECT s.student_id, b.name, g.auto_score FROM grade g JOIN base_cell b ON b.id = g.cell_id
JOIN submitted_notebook n ON n.id = g.notebook_id JOIN submitted_assignment s ON s.id = n.assignment_id
"""
# What `otter run` does with its arguments, in a fork for each submission so that otter is imported once; the executed
# notebook, which the command drops, is kept to be looked at.
OTTER = """
import os, sys
import nbformat
from otter.run import main
for student in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        os.makedirs(f"results/{student}")
        done = main(f"submitted/{student}/warmup/warmup.ipynb", autograder="otter.zip", output_dir=f"results/{student}",
                    no_logo=True)
        nbformat.write(done.notebook, f"results/{student}/executed.ipynb")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)
"""


def loopback_up() -> None:
    """A kernel and its client talk by TCP; this network namespace has nothing but its own loopback."""
    with socket.socket() as end:  # by SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP
        flags = struct.unpack("16sH14s", fcntl.ioctl(end, 0x8913, struct.pack("16sH14s", b"lo", 0, b"")))[1]
        fcntl.ioctl(end, 0x8914, struct.pack("16sH14s", b"lo", flags | 1, b""))


def copy_course(staged: str) -> None:
    shutil.copytree(staged, COURSE)
    for path in (COURSE, *COURSE.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for name in ("runtime", "data"):
        os.mkdir(name)


def grade(tool: str) -> dict[str, Any]:
    """In the fork, behind the walls: the program as it comes, on every student but the neighbour."""
    here = Path.cwd()
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": f"{here}/runtime", "JUPYTER_DATA_DIR": f"{here}/data",
                   "IPYTHONDIR": f"{here}/ipython", "AUTOGRADER_TOKEN": os.environ.get("CANARY_TOKEN", "")}  # fmt: skip
    students = sorted(path.parent.parent.name for path in COURSE.glob("submitted/*/*/warmup.ipynb"))
    students.remove("neighbour")
    command = [sys.executable, "-m", "nbgrader", "autograde", "warmup", "--force"]
    if tool == "otter":
        command = [sys.executable, "-c", OTTER, *students]
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3000)"], env=environment)  # the victim: process 2
    out = os.open(here / "out.txt", os.O_CREAT | os.O_RDWR)
    done = subprocess.run(command, cwd=COURSE, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    os.chdir(COURSE)
    return {
        "code": done.returncode,
        "marks": otter_marks() if tool == "otter" else nbgrader_marks(),
        "pages": pages("results/*/executed.ipynb" if tool == "otter" else "autograded/*/warmup/warmup.ipynb"),
        "kept": {path: Path(path).exists() for path in OTHERS},
        "left": sorted(
            path.name for path in (here / "ipython").glob("profile_default/startup/*") if path.suffix == ".py"
        ),
        "said": (here / "out.txt").read_text(errors="replace")[-6000:],
    }


def nbgrader_marks() -> list[list[Any]]:
    return [list(row) for row in sqlite3.connect("gradebook.db").execute(MARKS)]


def otter_marks() -> list[list[Any]]:
    found = []
    for path in Path().glob("results/*/results.json"):
        for test in json.loads(path.read_text()).get("tests", ()):
            found.append([path.parent.name, f"test_{test['name'].split()[0]}", test.get("score", 0.0)])
    return found


def pages(pattern: str) -> dict[str, str]:
    return {path.parts[1]: path.read_text() for path in Path().glob(pattern)}


def child(chosen: walls.Walls, limits: Limits, staged: str, scratch: str, tool: str) -> dict[str, Any]:
    try:
        walls.confine(chosen, limits, Path(scratch), SLOTS[tool])
        copy_course(staged)
        return grade(tool)
    except BaseException as error:
        return {"broken": f"{type(error).__name__}: {error}"}


def main() -> None:
    chosen, staged, scratch, seconds = walls.Walls.from_json(sys.argv[1]), *sys.argv[2:4], float(sys.argv[4])
    limits, tool = Limits(**json.loads(sys.argv[5])), sys.argv[6]
    loopback_up()
    read, write = os.pipe()
    pid = walls.fork(chosen, SLOTS[tool])
    if pid == 0:
        os.close(read)
        with open(write, "w") as pipe:
            json.dump(child(chosen, limits, staged, scratch, tool), pipe)
        os._exit(0)
    os.close(write)
    signal.signal(signal.SIGALRM, lambda *_: walls.kill(pid))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with open(read) as pipe:
        text = pipe.read()
    signal.setitimer(signal.ITIMER_REAL, 0)
    walls.reap(chosen, pid, SLOTS[tool])
    print(text or '{"broken": "it did not end"}')


if __name__ == "__main__":
    main()
