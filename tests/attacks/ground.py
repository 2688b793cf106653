"""The shooting range: a course full of canaries, a grader per tier, a living neighbour, and what is looked at after
each attack."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import from_dict
from nbgrader.utils import determine_grade

from autograder.course import Course, read_course
from autograder.errors import SubmissionError
from autograder.grading.opening import Options, open_grader
from autograder.grading.scoring import Grader
from autograder.grading.travel import GradedSubmission, SubmittedWork
from autograder.limits import Limits
from autograder.samples.classes import Sample, notebook
from autograder.sandbox.execution import Execution
from autograder.sandbox.walls.survey import choose
from benchmarks.load import FUNCTIONS as FUNCTIONS
from benchmarks.load import WARMUP as NAME
from benchmarks.load import make_warmup
from tests.attacks.attack import BROKE_OUT, Attack

HERE = Path(__file__).parent
# Set before the first attack runs. Memory counts beyond what the zygote has.
LIMITS = Limits(cell_seconds=20.0, probe_seconds=10.0, submission_seconds=60.0, cpu_seconds=40, memory_mib=1024,
                processes=48, file_mib=16, scratch_mib=48, output_kib=256)  # fmt: skip
SETTLE_SECONDS = 5.0  # from the end of a submission to the end of all it started, on a busy machine
CANARIES = {
    "secret": "ca" * 32,
    "hidden check": "CANARY-hidden-check-9b74c989",
    "hidden test": "CANARY-hidden-test-5d41402a",
    "gradebook": "CANARY-gradebook-7d793037",
    "neighbour's file": "CANARY-neighbour-a0b92338",
    "environment": "CANARY-token-5f4dcc3b",
    "grader's memory": "-".join(("CANARY", "memory", "e99a18c4")),
    "living sibling": "CANARY-sibling-0cc175b9",
}
EXPECTED_STATUS = {"CRASH": "crashed", "TIMEOUT": "timed_out", "LIMIT": "limit_exceeded", "INVALID": "invalid"}


def below(pid: int) -> list[int]:
    """All living processes started by `pid` and by those, zombies left out."""
    found: list[int] = []
    queue = [pid]
    while queue:
        for task in Path(f"/proc/{queue.pop(0)}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = [int(word) for word in task.read_text().split()]
                queue += children
                found += [child for child in children if _lives(child)]
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def make_course(folder: Path) -> Course:
    """The warm-up's course, built, with a canary in each place that student code must not read."""
    settings = "".join(f"c.Autograder.{k} = {getattr(LIMITS, k)}\n" for k in Limits.__dataclass_fields__)
    make_warmup(folder, settings=settings)
    with (folder / "checks" / NAME / "_shared.py").open("a") as bank:
        bank.write(f"\n# {CANARIES['hidden check']}\n")
    (folder / ".autograder").mkdir(exist_ok=True)
    (folder / ".autograder" / "secret").write_text(CANARIES["secret"] + "\n")
    neighbour = folder / "submitted" / "neighbour" / NAME
    neighbour.mkdir(parents=True)
    (neighbour / f"{NAME}.ipynb").write_text(json.dumps({"cells": [], "canary": CANARIES["neighbour's file"]}))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)  # the walls alone shall keep them, not their modes
    for path in (folder, folder / "checks", *(folder / "checks").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # banks that everybody may write are refused
    (folder / ".autograder" / "secret").chmod(0o600)  # until the grader has read it
    for above in folder.parents[:3]:
        with contextlib.suppress(OSError):
            above.chmod(0o755)
    return read_course(folder)


def canary_gradebook(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as db, db:
        db.execute("CREATE TABLE grade (student TEXT, score REAL, note TEXT)")
        db.execute("INSERT INTO grade VALUES ('ada', 9, ?)", (CANARIES["gradebook"],))
    (folder / "gradebook.db").chmod(0o666)


@dataclass
class Range:
    """One tier's grader and all that stands around it."""

    course: Path
    grader: Grader
    words: dict[str, str]  # what @word@ in a cell stands for
    sibling: Execution
    secret_in_memory: str = CANARIES["grader's memory"]

    @cached_property
    def kept(self) -> set[int]:
        """The neighbour's processes, which are to live on."""
        return set(below(self.zygote))

    @cached_property
    def best(self) -> int:
        """The tier that grades here when none is asked for."""
        return choose(None).tier

    @property
    def zygote(self) -> int:
        process = self.grader.sandbox._process
        if process is None:
            return 0
        for pid in (process.pid, *below(process.pid)):
            with contextlib.suppress(OSError):
                if b"autograder.sandbox.walls.launch" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return 0

    def digests(self) -> dict[str, str]:
        files = sorted(p for p in self.course.rglob("*") if p.is_file())
        return {
            str(p.relative_to(self.course)): hashlib.sha256(p.read_bytes()).hexdigest() + oct(p.stat().st_mode)
            for p in files
        }

    def fill(self, text: str) -> str:
        for word, value in self.words.items():
            text = text.replace(f"@{word}@", value)
        return text

    def notebook(self, attack: Attack) -> bytes:
        if attack.raw is not None:
            return attack.raw()
        built = {kind: json.loads((self.course / kind / NAME / f"{NAME}.ipynb").read_text())
                 for kind in ("release", "solutions")}  # fmt: skip
        sample = Sample(
            attack.name,
            {k: self.fill(v) for k, v in attack.cells.items()},
            {k: "\n\n" + self.fill(v) for k, v in attack.appended.items()},
            tuple(self.fill(source) for source in attack.extra),
        )
        made = notebook(built["release"], built["solutions"], sample)
        for number, source in enumerate(attack.first):
            made["cells"].insert(number, own_cell(self.fill(source), f"first-{number}"))
        if attack.edit is not None:
            attack.edit(made)
        return json.dumps(made).encode()

    def grade(self, attack: Attack) -> GradedSubmission:
        sandbox, limits = self.grader.sandbox, self.grader.sandbox.limits
        if attack.seconds is not None:  # kept by the grader alone, so that the zygote need not know
            sandbox.limits = replace(limits, cell_seconds=attack.seconds, probe_seconds=attack.seconds)
        try:
            data: bytes | SubmissionError = self.notebook(attack)
            return self.grader.grade(SubmittedWork("eve", {NAME: data}, dict(attack.files)))
        finally:
            sandbox.limits = limits


def own_cell(source: str, identity: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "id": identity, "metadata": {}, "outputs": [],
            "source": source}  # fmt: skip


SIBLING = f"""
import os, torch
note = {CANARIES["living sibling"]!r}
os.environ["SIBLING_TOKEN"] = note
open("secret.txt", "w").write(note)
descriptor = os.open("/dev/shm/sibling-answers", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
os.write(descriptor, note.encode())
answers = torch.arange(3.0)
"""


@contextlib.contextmanager
def open_range(folder: Path, tier: int) -> Iterator[Range]:
    """A course in `folder`, a victim with a token in its environment, listening sockets, a sibling, and the grader."""
    course = make_course(folder)
    canary_gradebook(folder)
    with contextlib.ExitStack() as stack:
        words = stack.enter_context(_targets(folder))
        grader, _ = stack.enter_context(open_grader(course, NAME, Options(device="cpu", tier=tier)))
        os.chmod(folder / ".autograder" / "secret", 0o666)
        sibling = stack.enter_context(Execution(grader.sandbox, [SIBLING]))
        sibling.run()
        assert not sibling.cells[0].failed, sibling.cells[0]
        made = Range(folder, grader, words, sibling)
        words["zygote"] = str(made.zygote)
        words["sibling"] = str(min(made.kept, default=0))
        words["scratch"] = str(grader.sandbox.scratch)
        yield made
    Path("/dev/shm/sibling-answers").unlink(missing_ok=True)  # tier 0 leaves it


@contextlib.contextmanager
def _targets(folder: Path) -> Iterator[dict[str, str]]:
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, "AUTOGRADER_TOKEN": CANARIES["environment"]}
        argv = [sys.executable, "-c", "import time; time.sleep(900)"]
        victim = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL)
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        tcp, udp = (stack.enter_context(socket.socket(type=kind)) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = int(tcp.getsockname()[1])
        udp.bind(("127.0.0.1", port))
        abstract = f"autograder-range-{os.getpid()}"
        for address in (str(folder / "socket"), "\0" + abstract):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
        os.chmod(folder / "socket", 0o777)
        yield {"course": str(folder), "victim": str(victim.pid), "grader": str(os.getpid()), "port": str(port),
               "abstract": abstract, "repository": str(HERE.parent.parent)}  # fmt: skip


# ---- what is looked at ------------------------------------------------------------------------------------


def outputs(graded: GradedSubmission) -> str:
    """All that cells have shown, without their sources."""
    cells = (cell for text in graded.notebooks.values() for cell in json.loads(text)["cells"])
    return json.dumps([cell.get("outputs", []) for cell in cells])


def faults(attack: Attack, graded: GradedSubmission) -> list[str]:
    """What came out otherwise than the case says; empty when all held."""
    result = graded.result
    found = [f"the canary of the {place} came out" for place, text in CANARIES.items() if text in told(graded)]
    if BROKE_OUT in outputs(graded):
        found.append("it broke out: " + outputs(graded).partition(BROKE_OUT)[2][:200])
    status = attack.statuses or (EXPECTED_STATUS.get(attack.expect, "graded"),)
    if result.status not in status:
        found.append(f"status {result.status} ({result.reason}), not {' or '.join(status)}")
    missing = [flag for flag in attack.flags if not any(f.startswith(flag) for f in result.flags)]
    if missing:
        found.append(f"flags {list(result.flags)} without {missing}")
    if attack.expect == "PASS" and result.flags:
        found.append(f"an honest one was flagged: {list(result.flags)}")
    if attack.expect == "INVALID":
        return found + ([] if attack.said in result.reason else [f"the reason is {result.reason!r}"])
    return found + _marks(attack, graded) + _as_nbgrader_reads(graded)


def told(graded: GradedSubmission) -> str:
    """All that comes of a submission: outputs, verdicts, messages, flags. Sources stay out: the autograded notebook
    shows the instructor's test cells whole, as nbgrader's does."""
    return outputs(graded) + json.dumps(dict(graded.comments)) + repr(graded.result)


def _marks(attack: Attack, graded: GradedSubmission) -> list[str]:
    found = []
    lost = attack.attacked if attack.expect in ("FAIL", "CRASH", "TIMEOUT", "LIMIT") else ""
    for question in graded.result.questions:
        share = question.score / question.max_score
        if question.id == lost:
            if share > attack.at_most:
                passed = [v.name for v in question.checks if v.passed]
                found.append(f"{question.score} of {question.max_score} marks for {question.id}: {passed}")
        elif share < 1 and question.id not in attack.takes_along:
            why = next((v.message for v in question.checks if not v.passed), question.message)
            found.append(f"{question.id} lost marks that it had earned: {why}")
    return found


def _as_nbgrader_reads(graded: GradedSubmission) -> list[str]:
    """nbgrader's own rule, on the notebook that the formgrader opens, must find the judge's marks."""
    found = []
    questions = {q.grade_id: q.score for q in graded.result.questions}
    for text in graded.notebooks.values():
        for cell in json.loads(text)["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if name in questions and determine_grade(from_dict(cell))[0] != questions[name]:
                found.append(f"nbgrader reads {determine_grade(from_dict(cell))} for {name}, not {questions[name]}")
    return found


def remains(place: Range) -> list[int]:
    """Processes of a submission that live on, after a moment to end in."""
    until = time.monotonic() + SETTLE_SECONDS
    while (left := set(below(place.zygote)) - place.kept) and time.monotonic() < until:
        time.sleep(0.02)
    return sorted(left)


def clear(place: Range) -> None:
    """Removes what a hole has left in /dev/shm."""
    shutil.rmtree("/dev/shm/folder-of-eve", ignore_errors=True)


HONEST = Attack("honest", "earns its marks", "PASS")
