"""Cells and probes in a forked process: what a submission does to its process costs it that, and nobody else."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from autograder.grading.scoring import Grader
from autograder.grading.travel import SubmittedWork
from autograder.limits import Limits
from autograder.model import Call, Observation, Probe
from autograder.samples.classes import Sample, notebook
from autograder.sandbox.execution import MAX_CELL_LOSSES, CellRun, Execution
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose
from tests.conftest import WARMUP
from tests.processes import forks, gone, wait_for, zygote

LIMITS = Limits(cell_seconds=1.0, probe_seconds=1.0, submission_seconds=60, memory_mib=1024, output_kib=256, file_mib=8)
CALL = Probe((Call("answer", (torch.tensor([1.0, 2.0]),)),))
ANSWER = "def answer(x):\n    return x.sum()"
OPEN_SOCKETS = """
import os, stat
def sockets():
    found = []
    for fd in range(64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(choose(None), LIMITS) as made:
        yield made


@pytest.fixture(autouse=True)
def _nobody_is_left(sandbox: Sandbox) -> Iterator[None]:
    """After each test no process of a submission lives, and the next honest one gets its answer."""
    yield
    assert forks(sandbox) == []
    with Execution(sandbox, ["import torch", ANSWER]) as execution:
        execution.run()
        assert value(execution.ask(CALL)) == 3.0
        assert (execution.troubles, execution.flags) == ([], [])


def ran(sandbox: Sandbox, *sources: str) -> Execution:
    """The cells run, and their process ended."""
    with Execution(sandbox, sources) as execution:
        execution.run()
    return execution


def text(cell: CellRun) -> str:
    return "".join(str(o.get("text", "")) for o in cell.outputs)


def error(cell: CellRun) -> str:
    return next((f"{o['ename']}: {o['evalue']}" for o in cell.outputs if o["output_type"] == "error"), "")


def value(observation: Observation) -> float:
    assert observation.status == "returned", observation
    return float(observation.values["out"].data)


# ---- cells ------------------------------------------------------------------------------------------------


def test_an_endless_cell_is_interrupted_and_the_later_ones_go_on(sandbox: Sandbox) -> None:
    execution = ran(sandbox, "kept = 41", "while True:\n    pass", "print(kept + 1)")
    assert [c.trouble for c in execution.cells] == [None, "timed_out", None]
    assert error(execution.cells[1]).startswith("KeyboardInterrupt")
    assert text(execution.cells[2]) == "42\n"
    assert (execution.troubles, execution._started) == (["timed_out"], 1)


@pytest.mark.parametrize("deaf", [
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
    "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
    "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
])  # fmt: skip
def test_a_cell_that_does_not_hear_is_killed_and_the_rest_runs_without_it(sandbox: Sandbox, deaf: str) -> None:
    execution = ran(sandbox, "kept = 41", deaf, "print(kept + 1)")
    if deaf.endswith("SIGSTOP)") and execution.cells[1].trouble is None:
        # The first process of a process namespace cannot stop itself: nothing has happened at all.
        assert sandbox.walls.tier == 2
        return
    assert execution.cells[1].trouble == "timed_out"
    assert error(execution.cells[1]) == "CellTimeoutError: the cell did not end in time, and was stopped"
    assert text(execution.cells[2]) == "42\n"
    assert (execution.troubles, execution._started) == (["timed_out"], 2)


@pytest.mark.parametrize(("deadly", "why"), [
    ("import os\nos._exit(0)", "exit code 0"),
    ("import os\nos._exit(7)", "exit code 7"),
    ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
    ("import os\nos.abort()", "ended by SIG"),  # ABRT; in a process namespace its first process gets SEGV instead
])  # fmt: skip
def test_a_cell_that_ends_its_process_costs_only_itself(sandbox: Sandbox, deadly: str, why: str) -> None:
    execution = ran(sandbox, "kept = 41", deadly, "print(kept + 1)")
    assert execution.cells[1].trouble == "crashed", execution.cells[1]
    assert why in error(execution.cells[1])
    assert text(execution.cells[2]) == "42\n"
    assert execution.flags == []


def test_deep_recursion_is_an_ordinary_error(sandbox: Sandbox) -> None:
    execution = ran(sandbox, "def f(): f()\nf()", "print('on')")
    assert error(execution.cells[0]).startswith("RecursionError")
    assert text(execution.cells[1]) == "on\n"
    assert execution.troubles == []


@pytest.mark.parametrize("greedy", ["import torch\ntorch.ones(10**10)", "hoard = bytearray(10**10)"])
def test_memory_beyond_the_limit_is_said_to_be_that(sandbox: Sandbox, greedy: str) -> None:
    execution = ran(sandbox, "kept = 41", greedy, "print(kept + 1)")
    assert execution.cells[1].trouble == "limit_exceeded"
    assert text(execution.cells[2]) == "42\n"
    assert execution.troubles == ["limit_exceeded"]


@pytest.mark.parametrize("flood", [
    "for n in range(10**5):\n    print('x' * 100)",
    "print('x' * 10**8)",
    "for n in range(20_000):\n    display(n)",
])  # fmt: skip
def test_a_flood_of_outputs_is_cut_and_named(sandbox: Sandbox, flood: str) -> None:
    execution = ran(sandbox, flood, "print('on')")
    assert len(json.dumps(execution.cells[0].outputs)) < 4 * LIMITS.output_kib << 10
    assert "limit_exceeded" in execution.troubles
    assert text(execution.cells[1]) == "on\n"


@pytest.mark.parametrize("closing", ["import os\nos.close(0)", "import sys\nsys.stdin.close()"])
def test_a_closed_stdin_changes_nothing(sandbox: Sandbox, closing: str) -> None:
    execution = ran(sandbox, closing, "print('on')")
    assert text(execution.cells[1]) == "on\n"
    assert execution.troubles == []


def test_sys_exit_ends_a_cell_not_the_process(sandbox: Sandbox) -> None:
    execution = ran(sandbox, "import atexit, sys\natexit.register(lambda: print('bye'))\nsys.exit(0)", "print('on')")
    assert text(execution.cells[1]) == "on\n"
    assert execution._started == 1


def test_a_notebook_of_deadly_cells_comes_to_an_end(sandbox: Sandbox) -> None:
    execution = ran(sandbox, *["import os\nos._exit(1)"] * (MAX_CELL_LOSSES + 2), "print('never')")
    assert execution._started == MAX_CELL_LOSSES
    assert "NotRun" in error(execution.cells[-1])
    assert all(c.failed for c in execution.cells)


def test_what_lies_beside_the_notebook_is_there(sandbox: Sandbox) -> None:
    files = {"ways.py": b"def way(): return 'imported'", "data/table.csv": b"1,2\n", "data/\xe9.txt": b"name"}
    source = "from ways import way\nprint(way(), open('data/table.csv').read().strip(), open('data/\xe9.txt').read())"
    with Execution(sandbox, [source, "open('mine', 'w').write('x')"], files) as execution:
        execution.run()
    assert text(execution.cells[0]) == "imported 1,2 name\n"


def test_nothing_of_one_submission_is_seen_by_the_next(sandbox: Sandbox) -> None:
    leave = "open('left', 'w').write('x')\nopen('/dev/shm/left', 'w').write('x')\ntorch.left = 1"
    assert error(ran(sandbox, f"import os, torch\n{leave}").cells[0]) == ""
    look = "import os, torch\nprint(os.path.exists('left'), os.path.exists('/dev/shm/left'), hasattr(torch, 'left'))"
    assert text(ran(sandbox, look).cells[0]) == "False False False\n"


def test_daemons_end_with_their_submission(sandbox: Sandbox) -> None:
    daemon = "import os, time\nif os.fork() == 0:\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)"
    execution = ran(sandbox, daemon, "print('on')")
    assert text(execution.cells[1]) == "on\n"  # the fixture looks for those left


# ---- probes -----------------------------------------------------------------------------------------------


def asked(sandbox: Sandbox, body: str, before: str = "") -> tuple[Execution, Observation, Observation]:
    """A probe of a function with this body, then one that asks whether another function still answers."""
    cells = [before, "import os, torch, time, sys", f"def sly(x):\n    {body}", ANSWER]
    with Execution(sandbox, cells) as execution:
        execution.run()
        first = execution.ask(Probe((Call("sly", (torch.zeros(2),)),)))
        then = execution.ask(CALL)
    return execution, first, then


@pytest.mark.parametrize(("body", "status", "trouble"), [
    ("while True: pass", "timed_out", "timed_out"),
    ("time.sleep(600)", "timed_out", "timed_out"),
    ("os._exit(0)", "died", "crashed"),
    ("import ctypes; ctypes.string_at(0)", "died", "crashed"),
])  # fmt: skip
def test_a_probe_that_costs_the_process_costs_only_itself(
    sandbox: Sandbox, body: str, status: str, trouble: str
) -> None:
    execution, first, then = asked(sandbox, body)
    assert first.status == status
    assert value(then) == 3.0, "asked in a new process"
    assert (execution.troubles, execution.flags) == ([trouble], [])


def test_an_exception_is_an_observation_and_the_process_goes_on(sandbox: Sandbox) -> None:
    execution, first, then = asked(sandbox, "raise SystemExit(0)")
    assert (first.status, value(then), execution._started) == ("raised", 3.0, 1)
    assert first.failure is not None
    assert first.failure.kind == "SystemExit"


def test_a_slow_destructor_of_a_result_costs_its_probe(sandbox: Sandbox) -> None:
    slow = "class Slow:\n    def __del__(self):\n        while True: pass"
    execution, first, then = asked(sandbox, "return Slow()", slow)
    assert first.status in ("timed_out", "returned")
    assert value(then) == 3.0
    assert set(execution.troubles) <= {"timed_out"}


def test_prints_during_a_probe_are_dropped(sandbox: Sandbox) -> None:
    cells = ["import os, sys, torch", "def answer(x):\n    print('saw', x); sys.__stderr__.write(str(x)); "
             "os.write(1, b'saw'); return x.sum()", "print('end')"]  # fmt: skip
    with Execution(sandbox, cells) as execution:
        execution.run()
        assert value(execution.ask(CALL)) == 3.0
        assert "saw" not in json.dumps([c.outputs for c in execution.cells])


def test_the_students_time_begins_when_the_zygote_is_ready() -> None:
    with Sandbox(choose(None), replace(LIMITS, submission_seconds=0.5)) as sandbox:
        sandbox.start()  # it imports torch, which takes longer than that
        execution = ran(sandbox, "print('in time')")
    assert text(execution.cells[0]) == "in time\n"


def test_probes_asked_after_the_time_is_up_are_timed_out() -> None:
    short = replace(LIMITS, submission_seconds=1.5)
    with Sandbox(choose(None), short) as sandbox:
        sandbox.wait_ready()
        cells = ["import time\ntime.sleep(0.9)", "time.sleep(9)", "print('never')", ANSWER]
        with Execution(sandbox, cells) as execution:
            execution.run()
            assert [c.trouble for c in execution.cells[:2]] == [None, "timed_out"]
            assert execution.ask(CALL).status == "timed_out"


# ---- forged frames ----------------------------------------------------------------------------------------

FORGED_ANSWER = """
import json, struct
def frame(header, block=b""):
    text = json.dumps(header).encode()
    return struct.pack(">IQ", len(text), len(block)) + text + block
answer = {"outputs": [], "execution_count": 1, "failed": False, "updates": [], "overflow": False, "nonce": NONCE}
for fd in sockets():
    try:
        os.write(fd, SENT)
    except OSError:
        pass
"""


@pytest.mark.parametrize("sent", [
    "frame(answer)",
    "b'rubbish' * 1000",
    "struct.pack('>IQ', 2**32 - 1, 2**64 - 1)",
    "frame({'a': 1}) * 50",
    "struct.pack('>IQ', 400000, 0) + b'[' * 400000",
])  # fmt: skip
def test_forged_frames_are_flagged_and_cost_their_cell(sandbox: Sandbox, sent: str) -> None:
    forging = OPEN_SOCKETS + FORGED_ANSWER.replace("NONCE", "'0' * 16").replace("SENT", sent)
    with Execution(sandbox, ["import torch", forging, ANSWER]) as execution:
        execution.run()
        assert execution.cells[1].trouble == "crashed"
        assert execution.flags == ["forged_frames"]
        assert value(execution.ask(CALL)) == 3.0, "the rest is judged without the forging cell"


def test_an_answer_sent_before_its_question_is_flagged(sandbox: Sandbox) -> None:
    later = OPEN_SOCKETS + (
        "import threading, time\n"
        "def early():\n    time.sleep(0.3)\n    for fd in sockets():\n        os.write(fd, b'x' * 64)\n"
        "threading.Thread(target=early).start()"
    )
    with Execution(sandbox, ["import torch", later, ANSWER]) as execution:
        execution.run()
        time.sleep(0.5)  # the thread of the submission writes while nothing is asked
        assert execution.ask(CALL).status == "forged"
    assert execution.flags == ["forged_frames"]


def test_a_submission_that_closes_its_socket_has_crashed(sandbox: Sandbox) -> None:
    closing = OPEN_SOCKETS + "for fd in sockets():\n    os.close(fd)"
    execution = ran(sandbox, "import torch", closing, "print('on')")
    assert execution.cells[1].trouble == "crashed"
    assert text(execution.cells[2]) == "on\n"


@pytest.mark.parametrize("field", ["'execution_count': -1", "'execution_count': True", "'outputs': [3]", "'updates': 3",
                                   "'updates': [[0, 0, 3]]", "'failed': 2", "'overflow': None"])  # fmt: skip
def test_an_answer_with_the_right_nonce_and_wrong_facts_is_flagged(sandbox: Sandbox, field: str) -> None:
    # The nonce can be found in the worker's frames: student code stands beside it.
    find = (
        "import sys\ndepth = 0\nwhile sys._getframe(depth).f_code.co_name != 'serve':\n    depth += 1\n"
        "n = sys._getframe(depth).f_locals['call']['nonce']\n"
    )
    forging = OPEN_SOCKETS + find + FORGED_ANSWER.replace("NONCE", "n").replace("SENT", f"frame({{**answer, {field}}})")
    execution = ran(sandbox, "import torch", forging, "print('on')")
    assert execution.flags == ["forged_frames"]
    assert text(execution.cells[2]) == "on\n"


# ---- the zygote dies --------------------------------------------------------------------------------------


def handed_in(course: Path, student: str, sample: Sample) -> SubmittedWork:
    release = json.loads((course / f"release/{WARMUP}/{WARMUP}.ipynb").read_text())
    solved = json.loads((course / f"solutions/{WARMUP}/{WARMUP}.ipynb").read_text())
    return SubmittedWork(student, {WARMUP: json.dumps(notebook(release, solved, sample)).encode()})


@pytest.mark.matrix
def test_a_killed_zygote_costs_one_submission_and_no_mark(short: tuple[Grader, dict[str, Any]], warmup: Path) -> None:
    with Sandbox(
        choose(None), replace(LIMITS, cell_seconds=30, probe_seconds=30), ("torch", "numpy", "matplotlib.pyplot")
    ) as sandbox:
        grader = replace(short[0], sandbox=sandbox)
        asleep = Sample("asleep", extra=("import time\ntime.sleep(30)",))
        jobs = [handed_in(warmup, s.student, s) for s in (asleep, Sample("ada"), Sample("bob"))]
        with ThreadPoolExecutor(1) as executor:
            found = executor.submit(lambda: [grader.grade(job) for job in jobs])
            wait_for(lambda: forks(sandbox))
            killed = zygote(sandbox)
            left = forks(sandbox)
            os.kill(killed, signal.SIGKILL)
            graded = {g.result.student: g.result for g in found.result(timeout=120)}
        assert graded["asleep"].status == "grader_error"
        assert graded["asleep"].score == 0
        assert {q.status for q in graded["asleep"].questions} == {"error"}
        assert "zygote" in graded["asleep"].reason
        assert [graded[s].status for s in ("ada", "bob")] == ["graded", "graded"]
        assert graded["ada"].score == graded["bob"].score == 9
        assert zygote(sandbox) != killed
        wait_for(lambda: all(map(gone, left)))


@pytest.mark.parametrize("length", [33, 34, 200])
def test_a_socket_can_be_made_in_a_students_temporary_folder(tmp_path: Path, length: int) -> None:
    """Otherwise a DataLoader with workers waits for ever; whatever TMPDIR is."""
    with tempfile.TemporaryDirectory() as short, pytest.MonkeyPatch.context() as patch:
        top = Path(short, "x" * (length - len(short) - 1))
        top.mkdir()
        patch.setattr(tempfile, "tempdir", str(top))
        with Sandbox(choose(0), LIMITS) as made:
            folder = made.scratch / "s12345678" / "tmp" / "pymp-12345678"
            folder.mkdir(parents=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(folder / "listener-12345678"))
            assert (made.scratch.parent == top) == (length == 33)


def test_a_closed_sandbox_starts_no_new_zygote() -> None:
    from autograder.errors import SandboxError

    sandbox = Sandbox(choose(None), LIMITS)
    sandbox.start()
    sandbox.close()
    with pytest.raises(SandboxError, match="ended"), sandbox.session():
        pass
    assert sandbox._process is None
