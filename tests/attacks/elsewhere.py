"""Grades the same cases with `nbgrader autograde` as it comes, for the table: `python tests/attacks/elsewhere.py`.

    elsewhere.py [--only THEME ...] [--cases NAME ...] [--seconds N]

Each case has a sandbox of this project to itself, with limits on memory, processes, disk and time, and a course inside
it: nothing of an attack runs bare. The hidden tests there are asserts, as those programs have them. What is measured
goes into elsewhere.json; `table.py` then puts it into docs/security.md. Cases on this project's own wire, rules, pages
and folders have no counterpart there. `otter run` has its column in the table; see OTTER below for what it still needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import nbformat  # noqa: E402  # after the path above
from attack import BROKE_OUT, Attack  # noqa: E402
from cases import BY_THEME  # noqa: E402
from ground import CANARIES, FUNCTIONS, HONEST, LIMITS, NAME, Range, make_course  # noqa: E402

from autograder.sandbox import survey, walls  # noqa: E402

FOUND = HERE / "elsewhere.json"
THEMES = ("honest", "values", "python_state", "hunts", "ipython", "rebuild", "ends", "limits", "reach", "invalid")
SECONDS = 90  # a run of two submissions takes about fifteen
INSIDE = "/tmp/work/course"  # where the course lies in the sandbox
# otter-grader: build autograder.zip by `otter assign` from the same notebook, then run in the sandbox, for each case,
# `otter run --no-logo -a autograder.zip -o results eve.ipynb`, and read results/results.json as `verdict` reads scores.
OTTER = "otter"

HIDDEN = {
    "softmax": """
for shape, dim in (((7,), -1), ((3, 5), 0), ((2, 3, 5), 1)):
    x = torch.randn(shape) * 5
    assert torch.allclose(softmax(x, dim), torch.softmax(x, dim), atol=1e-6)
assert torch.allclose(softmax(torch.full((3,), 1e4)), torch.full((3,), 1 / 3))
""",
    "causal_mask": """
assert torch.equal(causal_mask(4), torch.ones(4, 4, dtype=torch.bool).tril())
assert torch.equal(causal_mask(2, 5), torch.ones(2, 5, dtype=torch.bool).tril(3))
""",
    "scaled_dot_product_attention": """
q, k, v = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6)
assert torch.allclose(scaled_dot_product_attention(q, k, v), F.scaled_dot_product_attention(q, k, v), atol=1e-5)
""",
}
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "elsewhere"
"""

# The process that runs behind the walls, and becomes nobody before it touches anything of a case.
PROGRAM = """
import fcntl, json, os, shutil, signal, socket, struct, subprocess, sys
from pathlib import Path
from autograder.sandbox import walls
from autograder.sandbox.limits import Limits
chosen, staged, scratch, seconds = walls.Walls.from_json(sys.argv[1]), *sys.argv[2:4], float(sys.argv[4])
limits = Limits(**json.loads(sys.argv[5]))
with socket.socket() as end:  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP: the loopback of this network namespace
    flags = struct.unpack("16sH14s", fcntl.ioctl(end, 0x8913, struct.pack("16sH14s", b"lo", 0, b"")))[1]
    fcntl.ioctl(end, 0x8914, struct.pack("16sH14s", b"lo", flags | 1, b""))
read, write = os.pipe()
pid = walls.fork(chosen, 5)
if pid == 0:
    try:
        os.close(read)
        walls.confine(chosen, limits, Path(scratch), 5)
        shutil.copytree(staged, "course")
        for path in (Path("course"), *Path("course").rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        for name in ("runtime", "data"):
            os.mkdir(name)
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": "/tmp/work/runtime", "JUPYTER_DATA_DIR": "/tmp/work/data",
                       "IPYTHONDIR": "/tmp/work/ipython", "AUTOGRADER_TOKEN": os.environ.get("CANARY_TOKEN", "")}
        out = os.open("/tmp/work/out.txt", os.O_CREAT | os.O_RDWR)
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"], env=environment)
        done = subprocess.run([sys.executable, "-m", "nbgrader", "autograde", "warmup", "--force"], cwd="course",
                              env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
        os.chdir("course")
        query = ("SELECT s.student_id, b.name, g.auto_score FROM grade g JOIN base_cell b ON b.id = g.cell_id JOIN"
                 " submitted_notebook n ON n.id = g.notebook_id JOIN submitted_assignment s ON s.id = n.assignment_id")
        import sqlite3
        marks = [list(row) for row in sqlite3.connect("gradebook.db").execute(query)]
        pages = {str(p.parts[1]): p.read_text() for p in Path("autograded").rglob("*.ipynb")}
        others = ("submitted/neighbour/warmup/warmup.ipynb", ".autograder/secret")
        kept = {path: Path(path).exists() for path in others}
        answer = {"code": done.returncode, "marks": marks, "pages": pages, "kept": kept,
                  "said": Path("/tmp/work/out.txt").read_text(errors="replace")[-6000:]}
    except BaseException as error:
        answer = {"broken": f"{type(error).__name__}: {error}"}
    with open(write, "w") as pipe:
        json.dump(answer, pipe)
    os._exit(0)
os.close(write)
signal.signal(signal.SIGALRM, lambda *_: walls.kill(pid))
signal.setitimer(signal.ITIMER_REAL, seconds)
with open(read) as pipe:
    text = pipe.read()
signal.setitimer(signal.ITIMER_REAL, 0)
walls.reap(chosen, pid, 5)
print(text or '{"broken": "it did not end"}')
"""


def stage(folder: Path) -> Range:
    """A course with asserts for hidden tests, registered in nbgrader's gradebook; nothing of a student runs here."""
    course = make_course(folder)
    path = folder / "source" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("from autograder import check\n", "")
        for function in FUNCTIONS:
            cell.source = cell.source.replace(f'check("{function}")', HIDDEN[function].strip())
    nbformat.write(notebook, path)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    made = folder / "release"
    kept = {p: p.read_bytes() for p in made.rglob("*.ipynb")}
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--force", "--create"], cwd=folder,
                   env=environment, check=True, capture_output=True, timeout=300)  # fmt: skip
    for path, data in kept.items():
        path.write_bytes(data)
    pid = "2"  # the victim is the first process that is started in the sandbox
    words = {"course": INSIDE, "victim": pid, "grader": pid, "zygote": pid, "sibling": pid, "port": "1",
             "abstract": "none", "repository": "/nowhere", "scratch": "/nowhere"}  # fmt: skip
    return Range(course.root, None, words, None)  # type: ignore[arg-type]  # only its notebooks are asked for


def run(place: Range, attack: Attack, staged: Path, seconds: float) -> dict[str, object]:
    """What nbgrader made of one case and an honest submission after it."""
    shutil.copytree(place.course, staged)
    for student, one in (("eve", attack), ("honest", HONEST)):
        folder = staged / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(place.notebook(one))
        for name, data in one.files.items():
            (folder / name).write_bytes(data)
    for path in (staged.parent, staged, *staged.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # A kernel talks to its client by TCP, which landlock and the system call filter of a submission refuse: here the
    # namespaces, with a network of their own that has nothing in it, another user, and the limits are the walls.
    best = survey.choose(2)
    chosen = replace(best, layers=tuple(name for name in best.layers if name not in ("landlock", "seccomp")))
    limits = {**LIMITS.__dict__, "memory_mib": 3072, "processes": 96, "cpu_seconds": int(seconds), "scratch_mib": 256}
    argv = [sys.executable, "-P", "-c", PROGRAM, chosen.to_json(), str(staged), str(staged.parent / "scratch"),
            str(seconds), json.dumps(limits)]  # fmt: skip
    command = walls.zygote_argv(chosen, argv, [staged])
    environment = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
                   "HOME": "/tmp", "OMP_NUM_THREADS": "1", "CANARY_TOKEN": CANARIES["environment"]}  # fmt: skip
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=seconds + 60)
    found: dict[str, object] = json.loads(done.stdout or json.dumps({"broken": done.stderr[-300:]}))
    return found


def verdict(attack: Attack, found: dict[str, object]) -> str:
    """ "held", or in a few words what was open."""
    if "broken" in found:
        return "open: the run did not end" if "end" in str(found["broken"]) else f"error: {found['broken']}"
    marks = {(s, n): m for s, n, m in found["marks"]}  # type: ignore[attr-defined]
    pages: dict[str, str] = found["pages"]  # type: ignore[assignment]
    full = {"softmax": 3.0, "causal_mask": 2.0, "scaled_dot_product_attention": 4.0}
    if any(marks.get(("honest", f"test_{name}")) != most for name, most in full.items()):
        return "open: the next one was not graded"
    if not all(found["kept"].values()):  # type: ignore[attr-defined]
        return "open: it deleted files of others"
    cells = json.loads(pages.get("eve", '{"cells": []}'))["cells"]
    shown = json.dumps([cell.get("outputs", []) for cell in cells])
    texts = [text for place, text in CANARIES.items() if place != "hidden test"]  # its feedback shows those by itself
    if BROKE_OUT in shown or any(text in shown for text in texts):
        return "open: it read what it should not"
    lost = attack.attacked if attack.expect in ("FAIL", "CRASH", "TIMEOUT", "LIMIT") else ""
    if attack.expect == "INVALID":
        return "held" if not any(m for (s, _), m in marks.items() if s == "eve") else "open: it got marks"
    for name, most in full.items():
        got = marks.get(("eve", f"test_{name}")) or 0.0
        if name == lost and got > attack.at_most * most:
            return f"open: {got:g} of {most:g} marks"
        if name != lost and got < most and name not in attack.takes_along:
            return "open: earned marks were lost"
    return "held"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=THEMES, choices=THEMES)
    parser.add_argument("--cases", nargs="*")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    found = json.loads(FOUND.read_text()) if FOUND.is_file() else {}
    mine = found.setdefault("nbgrader", {})
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        place = stage(folder / "course")
        for attack in (attack for theme in given.only for attack in BY_THEME[theme]):
            if given.cases and attack.name not in given.cases:
                continue
            with tempfile.TemporaryDirectory(dir=folder) as inner:
                mine[attack.name] = verdict(attack, run(place, attack, Path(inner) / "staged", given.seconds))
            print(f"{attack.name}: {mine[attack.name]}", flush=True)
            FOUND.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
