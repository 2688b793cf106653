"""Grades the same cases with `nbgrader autograde` and `otter run` as they come, for the table.

    python tests/attacks/elsewhere.py nbgrader|otter [--only THEME ...] [--cases NAME ...] [--again]

Each run has a sandbox of this project to itself, with limits on memory, processes, disk and time, and a course inside
it: nothing of an attack runs bare. The hidden tests there are asserts, as those programs have them. Several cases share
a run, with an honest submission behind them; where the run, that submission or a file of others came to harm, the cases
are run again in halves, until the one that did it is alone. What is measured goes into elsewhere.json; `table.py` then
puts it into docs/security.md. Cases on this project's own wire, rules, pages and folders have no counterpart there.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import nbformat  # noqa: E402  # after the path above

from autograder.authoring import regions  # noqa: E402
from autograder.sandbox.walls import survey, walls  # noqa: E402
from tests.attacks import otter_zip  # noqa: E402
from tests.attacks.attack import BROKE_OUT, Attack  # noqa: E402
from tests.attacks.cases import BY_THEME  # noqa: E402
from tests.attacks.ground import CANARIES, FUNCTIONS, HONEST, LIMITS, NAME, Range, make_course  # noqa: E402

FOUND = HERE / "elsewhere.json"
PROGRAM = (HERE / "inside.py").read_text()
TOOLS = ("nbgrader", "otter")
THEMES = (
    "values", "python_state", "ipython", "rebuild", "hunts", "honest", "invalid", "reach", "ends", "limits",
)  # fmt: skip  # those first that go quickly
TOGETHER = {"reach": 6, "ends": 1, "ipython": 1}  # cases of a run: one where many stop those behind; 12 elsewhere
POINTS = {"softmax": 3.0, "causal_mask": 2.0, "scaled_dot_product_attention": 4.0}
LAST = "zz-honest"  # the student whose work comes last
INSIDE = "/tmp/work/course"  # where the course lies in the sandbox

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


@dataclass(frozen=True)
class Place:
    """Two courses, never run in: asserts for hidden tests, registered in nbgrader's gradebook; and Otter's zip."""

    writer: Range
    zip: bytes
    patience: float = 600.0  # seconds for a run of one case


def stage(folder: Path, tool: str) -> Place:
    course = make_course(folder)
    path = folder / "source" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("from autograder import check\n", "")
        for function in FUNCTIONS:
            cell.source = cell.source.replace(f'check("{function}")', HIDDEN[function].strip())
    nbformat.write(notebook, path)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    data = b""
    if tool == "otter":
        solved = {c.metadata.nbgrader.grade_id: regions.drop_markers(c.source, regions.SOLUTION) for c in notebook.cells
                  if c.metadata.get("nbgrader", {}).get("solution")}  # fmt: skip
        data = otter_zip.make(folder.parent / "otter", solved, HIDDEN, POINTS)
    else:
        _register(folder)
    pid = "2"  # the victim is the first process that is started in the sandbox
    words = {"course": INSIDE, "victim": pid, "grader": pid, "zygote": pid, "sibling": pid, "port": "1",
             "abstract": "none", "repository": "/nowhere", "scratch": "/nowhere"}  # fmt: skip
    return Place(Range(course.root, None, words, None), data)  # type: ignore[arg-type]  # only its notebooks are asked for


def _register(folder: Path) -> None:
    """nbgrader knows the assignment from now on; the released notebook stays as it was built."""
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    kept = {p: p.read_bytes() for p in (folder / "release").rglob("*.ipynb")}
    subprocess.run([sys.executable, "-m", "nbgrader", "generate_assignment", NAME, "--force", "--create"], cwd=folder,
                   env=environment, check=True, capture_output=True, timeout=900)  # fmt: skip
    for path, data in kept.items():
        path.write_bytes(data)


def run(place: Place, tool: str, attacks: Sequence[Attack], staged: Path) -> dict[str, Any]:
    """What the program made of these cases, and of an honest submission behind them."""
    shutil.copytree(place.writer.course, staged)
    (staged / "otter.zip").write_bytes(place.zip)
    for student, one in [*named(attacks).items(), (LAST, HONEST)]:
        folder = staged / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_bytes(place.writer.notebook(one))
        for name, data in one.files.items():
            (folder / name).write_bytes(data)
    for path in (staged.parent, staged, *staged.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    # A kernel talks to its client by TCP, which landlock and the system call filter of a submission refuse: here the
    # namespaces, with a network of their own that has nothing in it, another user, and the limits are the walls.
    best = survey.choose(2)
    chosen = replace(best, layers=tuple(name for name in best.layers if name not in ("landlock", "seccomp")))
    seconds = place.patience * (1 + len(attacks) / 2)
    limits = {**LIMITS.__dict__, "memory_mib": 3072, "processes": 96, "cpu_seconds": int(seconds), "scratch_mib": 256,
              "file_mib": 128}  # fmt: skip
    argv = [sys.executable, "-P", "-c", PROGRAM, chosen.to_json(), str(staged), str(staged.parent / "scratch"),
            str(seconds), json.dumps(limits), tool]  # fmt: skip
    command = walls.zygote_argv(chosen, argv, [staged])
    environment = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
                   "HOME": "/tmp", "OMP_NUM_THREADS": "1", "CANARY_TOKEN": CANARIES["environment"]}  # fmt: skip
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=seconds + 120)
    found: dict[str, Any] = json.loads(done.stdout or json.dumps({"broken": done.stderr[-300:]}))
    return found


def named(attacks: Sequence[Attack]) -> dict[str, Attack]:
    return {f"s{number:02}": attack for number, attack in enumerate(attacks)}


# ---- what came of it --------------------------------------------------------------------------------------


def harm(found: dict[str, Any]) -> str:
    """How a run harmed others, in a few words; "" when it did not."""
    if "broken" in found:
        return "open: the run did not end" if "end" in str(found["broken"]) else f"error: {found['broken']}"
    marks = {(s, n): m for s, n, m in found["marks"]}
    if any(marks.get((LAST, f"test_{name}")) != most for name, most in POINTS.items()):
        return "open: the next one was not graded"
    if not all(found["kept"].values()):
        return "open: it deleted files of others"
    return ""


def verdict(attack: Attack, student: str, found: dict[str, Any]) -> str:
    """ "held", or in a few words what was open."""
    if harmed := harm(found):
        return harmed
    if found["left"]:
        return "open: it stays in what the next one starts with"
    marks = {name: mark for who, name, mark in found["marks"] if who == student}
    cells = json.loads(found["pages"].get(student, '{"cells": []}'))["cells"]
    shown = json.dumps([cell.get("outputs", []) for cell in cells])
    texts = [text for place, text in CANARIES.items() if place != "hidden test"]  # its feedback shows those by itself
    if BROKE_OUT in shown or any(text in shown for text in texts):
        return "open: it read what it should not"
    if attack.expect == "INVALID":
        return "open: it got marks" if any(marks.values()) else "held"
    lost = attack.attacked if attack.expect in ("FAIL", "CRASH", "TIMEOUT", "LIMIT") else ""
    for name, most in POINTS.items():
        got = marks.get(f"test_{name}") or 0.0
        if name == lost and got > attack.at_most * most:
            return f"open: {got:g} of {most:g} marks"
        if name != lost and got < most and name not in attack.takes_along:
            return "open: earned marks were lost"
    return "held"


# ---- the runs ---------------------------------------------------------------------------------------------


def batches(themes: Sequence[str], wanted: Sequence[str], done: dict[str, str]) -> Iterator[list[Attack]]:
    for theme in themes:
        cases = [a for a in BY_THEME[theme] if (not wanted or a.name in wanted) and a.name not in done]
        alone = [a for a in cases if theme == "limits" or a.expect in ("TIMEOUT", "LIMIT") or not a.safe]
        together = [a for a in cases if a not in alone]
        size = TOGETHER.get(theme, 12)
        yield from (together[first : first + size] for first in range(0, len(together), size))
        yield from ([a] for a in alone)


def measure(place: Place, tool: str, attacks: list[Attack], folder: Path) -> None:
    """Runs cases together, and again in halves where that did harm; keeps what came of each."""
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        found = run(place, tool, attacks, Path(inner) / "staged")
    if len(attacks) > 1 and (harm(found) or found["left"]):
        print(f"{len(attacks)} cases in halves: {harm(found) or found['left']}", flush=True)
        middle = len(attacks) // 2
        measure(place, tool, attacks[:middle], folder)
        measure(place, tool, attacks[middle:], folder)
        return
    for student, attack in named(attacks).items():
        said = verdict(attack, student, found)
        if not said.startswith("error"):  # ours: it stays "not measured"
            keep(tool, attack.name, said)
        print(f"{attack.name}: {said}", flush=True)
        if said.startswith("error") or (attack.expect == "PASS" and said != "held"):
            print(found.get("said", "")[-1500:], flush=True)


def keep(tool: str, case: str, said: str) -> None:
    """Puts one verdict into elsewhere.json, which a run for the other program may be writing too."""
    with open(FOUND, "r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        found = json.load(stream)
        found.setdefault(tool, {})[case] = said
        stream.seek(0)
        stream.write(json.dumps(found, indent=1, sort_keys=True) + "\n")
        stream.truncate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("--only", nargs="*", default=THEMES, choices=THEMES)
    parser.add_argument("--cases", nargs="*", default=())
    parser.add_argument("--again", action="store_true", help="also what was measured before")
    given = parser.parse_args()
    done = {} if given.again else json.loads(FOUND.read_text()).get(given.tool, {})
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        place = stage(folder / "course", given.tool)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            assert not harm(found := run(place, given.tool, [], Path(inner) / "staged")), found
        # What takes five times as long as an honest one did just now does not end.
        place = replace(place, patience=max(90.0, 5 * (time.monotonic() - began)))
        print(f"patience: {place.patience:.0f} s", flush=True)
        for attacks in batches(given.only, given.cases, done):
            measure(place, given.tool, attacks, folder)


if __name__ == "__main__":
    main()
