"""The same notebooks through nbclient with an ipykernel and through `Shell`: the outputs must be equal.

A notebook is a file in tests/notebooks, its cells apart by lines of "# %%". Since a kernel takes seconds to start,
most run one after the other in one kernel, and in one forked process. What may differ is in `normalised`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.sandbox.inside.capture import ERROR_ROOM

NOTEBOOKS = Path(__file__).parent / "notebooks"
TOPICS = sorted(path.stem for path in NOTEBOOKS.glob("*.ipy"))
SECONDS = 120  # for all notebooks one way: a hang must end
ROOMY = 1 << 22  # characters of output a cell: more than any of these notebooks shows


ALONE = ("broken", "input")  # these harm the session for those that follow
GROUPS = [[topic for topic in TOPICS if topic not in ALONE], *([topic] for topic in ALONE)]

Cells = list[dict[str, Any]]
Session = dict[str, Cells]  # the cells of each topic, after a run


def cells_of(topic: str) -> list[str]:
    text = (NOTEBOOKS / f"{topic}.ipy").read_text()
    return [source.strip("\n") for source in re.split(r"^# %%\n", text, flags=re.M)]


def sessions() -> list[list[str]]:
    return [[source for topic in topics for source in cells_of(topic)] for topics in GROUPS]


def by_topic(ran: list[Cells]) -> Session:
    session: Session = {}
    for topics, cells in zip(GROUPS, ran, strict=True):
        rest = iter(cells)
        session |= {topic: [next(rest) for _ in cells_of(topic)] for topic in topics}
    return session


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("places")


@pytest.fixture(scope="module")
def from_nbclient(places: Path) -> Session:
    return by_topic([run_in_kernel(sources, places) for sources in sessions()])


@pytest.fixture(scope="module")
def forked(places: Path) -> list[Cells]:
    """All that runs in forks, since what they are forks of takes seconds to make."""
    alike = [(ROOMY, sources) for sources in sessions()]
    return run_forked(alike + [(SMALL, [source, ALIVE]) for source in HARM.values()] + [(SMALL, LEFT_RUNNING)], places)


@pytest.fixture(scope="module")
def from_shell(forked: list[Cells]) -> Session:
    return by_topic(forked[: len(GROUPS)])


def run_in_kernel(sources: list[str], places: Path) -> Cells:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    folder = places / "nbclient"
    folder.mkdir(exist_ok=True)
    resources = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=SECONDS, resources=resources)
    client.execute(env=_environment(places))
    return [dict(cell) for cell in notebook.cells]


def _environment(places: Path) -> dict[str, str]:
    # ipykernel watches the file descriptors only where this variable is not set
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTEST_CURRENT_TEST", "MPLBACKEND")}
    return {**environment, "IPYTHONDIR": str(places / "ipython"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def run_forked(sessions: list[tuple[int, list[str]]], places: Path) -> list[Cells]:
    """The cells after runs in forks of one process that has made a Shell, as a zygote does.

    A session is its limit, in characters of output a cell, and the cells.
    """
    folder = places / "shell"
    folder.mkdir(exist_ok=True)
    ran = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(sessions),
        cwd=folder, env=_environment(places), capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    done: list[Cells] = [json.loads(line) for line in ran.stdout.splitlines()]
    for outcomes in done:
        for outcome in outcomes:
            for cell, place, output in outcome["updates"]:
                outcomes[cell]["outputs"][place] = output
    return done


def serve() -> None:
    """The zygote's part: make a shell; for each session fork, run the cells there and print the outcomes."""
    import torch  # noqa: F401  # a zygote has it

    from autograder.sandbox.inside.cells import Shell

    sessions = json.loads(sys.stdin.read())
    shell = Shell()
    for limit, sources in sessions:
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            sys.exit(f"{threads} threads before the fork")
        out = os.dup(1)
        child = os.fork()
        if child == 0:
            shell.begin(limit)
            outcomes = [
                json.dumps(vars(shell.run_cell(source))) for source in sources
            ]  # at once, as a worker sends them
            with open(out, "w") as file:
                file.write(f"[{', '.join(outcomes)}]\n")
            os._exit(0)
        os.close(out)
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"a session ended with status {status}")


def normalised(outputs: Cells) -> Cells:
    """What is not the same in two runs of one kernel either, or is in the kernel's own files."""
    merged: Cells = []
    for output in outputs:
        output = json.loads(_same_everywhere(json.dumps(output, sort_keys=True)))
        if output["output_type"] == "stream" and merged and merged[-1].get("name") == output["name"]:
            merged[-1]["text"] += output["text"]  # ipykernel sends what has gathered in 0.2 s
        else:
            merged.append(output)
    for output in merged:
        if output["output_type"] == "stream":
            output["text"] = _without_times(output["text"])
        if output["output_type"] == "error":
            lines = [_without_times(line) for line in output["traceback"] if not _in_the_kernel(line)]
            output["traceback"] = [line for line, _ in groupby(lines)]  # how deep a recursion gets: a kernel has frames
    return merged


def _same_everywhere(text: str) -> str:
    text = re.sub(r"ipykernel_\d+", "ipykernel_PID", text)
    text = re.sub(r"\b(0x)?[0-9a-f]{12}\b", "ADDRESS", text)
    text = re.sub(r"-f \S+\.json", "-f CONNECTION", text)
    return re.sub(r"places\d+/(nbclient|shell)", "places", text)


def _without_times(text: str) -> str:
    text = re.sub(r"(?m)^(CPU times|Wall time): .*$", r"\1", text)
    text = re.sub(r"[\d.]+ [mnμ]?s ± [\d.]+ [mnμ]?s per loop", "per loop", text)
    return re.sub(r"\bin \d+\.\d+s", "in SECONDS", text)


def _in_the_kernel(line: str) -> bool:
    """A frame in which a kernel raises for input() or print(); our tracebacks end at the student's line."""
    return "/ipykernel/" in line


@pytest.mark.matrix
@pytest.mark.parametrize("topic", TOPICS)
def test_same_outputs(topic: str, from_nbclient: Session, from_shell: Session) -> None:
    for source, theirs, ours in zip(cells_of(topic), from_nbclient[topic], from_shell[topic], strict=True):
        assert normalised(ours["outputs"]) == normalised(theirs["outputs"]), source
        assert (ours["execution_count"] or None) == theirs["execution_count"], source


@pytest.mark.parametrize("topic", TOPICS)
def test_outputs_are_valid(topic: str, from_shell: Session) -> None:
    for source, cell in zip(cells_of(topic), from_shell[topic], strict=True):
        _validate(source, cell)


def _validate(source: str, cell: dict[str, Any]) -> None:
    outputs = [nbformat.from_dict(output) for output in cell["outputs"]]
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, outputs=outputs)]))


# ---- what nbclient is no measure for ------------------------------------------------------------------------

SMALL = 2000  # characters of output a cell in the sessions below
ALIVE = "print('alive')"

ENDURED = {  # what a cell does to its process, after which the next one runs as if nothing had been
    "no streams": "import sys; sys.stdout = sys.stderr = sys.__stdout__ = None",
    "descriptors closed": "import os; os.close(1); os.close(2)",
    "loop stopped": "import asyncio; asyncio.get_running_loop().stop()",
    "cancelled": "import asyncio; raise asyncio.CancelledError",
    "own base exception": "class E(BaseException): ...\nraise E",
    "exiting task": "import asyncio, sys\nasync def f(): sys.exit(3)\nt = asyncio.create_task(f())",
    "unprintable": "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "trace function": "import sys; sys.settrace(lambda *_: 1 / 0)\ndef f(): ...\nf()",
    "no trace function": "import sys; sys.settrace = sys.setprofile = None",
    "no input": "import builtins; builtins.input = None",
    "signals": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "fork": "import os\nif not os.fork(): print('in the child')\nos.wait",
    "no names": "globals().clear()",
    "shell changed": "get_ipython().payload_manager = get_ipython().display_pub = get_ipython().display_trap = None",
    "endless loop": "import os, signal, threading\n"
    "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\nwhile True: pass",
    "endless loop that awaited": "import asyncio, os, signal, threading\nawait asyncio.sleep(0)\n"
    "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\nwhile True: pass",
}
NO_TERMINALS = """
import pty
def no_terminal(): raise OSError("out of pty devices")
pty.fork = no_terminal
!echo out; echo err >&2; exit 3
_exit_code
"""
ENDURED["no terminals"] = NO_TERMINALS
BROKEN = {  # what cannot be endured: there is an answer all the same
    "no run_cell": "get_ipython().run_cell = get_ipython().run_cell_async = None",
    "loop closed": "import asyncio; asyncio.get_running_loop()._selector.close()",
    "no recorder": "import autograder.sandbox.inside.capture as c\nc.Recorder.finish = c.Recorder.error = None",
}
LARGE = {
    "line": "print('x' * 5000)",
    "lines": "for i in range(10_000): print(i)",
    "displays": "for i in range(10_000): display(i)",
    "value": "'x' * 5000",
    "descriptor": "import os; os.write(1, b'x' * 5000);",
    "error": "raise ValueError('x' * 5000)",
    "error after a flood": "print('x' * 5000); 1 / 0",
}
MODEST = {
    "updates": "h = display(0, display_id=True)\nfor i in range(1000): h.update('x' * 100)",
    "clearing": "from IPython.display import *\nfor i in range(100): clear_output(wait=True); print('x' * 1500)",
}
ODD = {  # outputs that no notebook can hold as they are
    "number for text": "display({'text/plain': 5, 'text/html': ['a', 1]}, raw=True)",
    "deep": "d = 0\nfor _ in range(100): d = [d]\ndisplay({'application/json': d}, raw=True, metadata={'d': d})",
    "not a number": "display({'application/json': float('nan'), 'text/plain': 'x'}, raw=True)",
    "bytes for text": "display({'text/plain': b'x', 'image/png': b'y'}, raw=True)",
}
HARM = {**ENDURED, **BROKEN, **LARGE, **MODEST, **ODD}

LEFT_RUNNING = [  # a task has time to go on between cells; not compared, as a busy kernel may give it one turn only
    """import asyncio; state = []
async def later():
    for _ in range(5): await asyncio.sleep(0)
    state.append("ran")
task = asyncio.create_task(later())""",
    "state",
]


@pytest.fixture(scope="module")
def harmed(forked: list[Cells]) -> dict[str, Cells]:
    return dict(zip(HARM, forked[len(GROUPS) : -1], strict=True))


@pytest.mark.parametrize("name", [*ENDURED, *LARGE, *MODEST, *ODD])
def test_the_next_cell_runs(name: str, harmed: dict[str, Cells]) -> None:
    _, after = harmed[name]
    shown = [{"output_type": "stream", "name": "stdout", "text": "alive\n"}]
    assert not after["failed"]
    assert after["outputs"] == ([] if name == "no streams" else shown)


@pytest.mark.parametrize("name", BROKEN)
def test_there_is_always_an_answer(name: str, harmed: dict[str, Cells]) -> None:
    _, after = harmed[name]
    assert after["failed"]
    assert [output["output_type"] for output in after["outputs"]] == ["error"]


def test_a_task_goes_on_between_cells(forked: list[Cells]) -> None:
    _, after = forked[-1]
    assert after["outputs"][0]["data"] == {"text/plain": "['ran']"}


@pytest.mark.parametrize("name", ["endless loop", "endless loop that awaited"])
def test_an_interrupt_ends_the_cell(name: str, harmed: dict[str, Cells]) -> None:
    interrupted, _ = harmed[name]
    assert interrupted["failed"]
    assert [output["ename"] for output in interrupted["outputs"]] == ["KeyboardInterrupt"]


def test_commands_run_without_terminals(harmed: dict[str, Cells]) -> None:
    cell, _ = harmed["no terminals"]
    assert cell["outputs"][0]["text"] == "out\r\nerr\r\n"
    assert cell["outputs"][1]["data"] == {"text/plain": "3"}


@pytest.mark.parametrize("name", LARGE)
def test_outputs_end_at_the_limit(name: str, harmed: dict[str, Cells]) -> None:
    cell, _ = harmed[name]
    assert cell["overflow"]
    assert sum(len(output.get("text", "")) for output in cell["outputs"]) <= SMALL
    assert len(json.dumps(cell["outputs"])) < 5 * ERROR_ROOM  # the error that is shown in any case, and a little
    assert cell["failed"] == ("error" in name)
    assert ("error" in [output["output_type"] for output in cell["outputs"]]) == ("error" in name)


@pytest.mark.parametrize("name", MODEST)
def test_what_is_replaced_is_not_counted(name: str, harmed: dict[str, Cells]) -> None:
    cell, _ = harmed[name]
    assert not cell["overflow"]
    assert len(cell["outputs"]) == 1


@pytest.mark.parametrize("name", ODD)
def test_odd_outputs_become_valid_ones(name: str, harmed: dict[str, Cells]) -> None:
    cell, _ = harmed[name]
    assert len(cell["outputs"]) == 1
    _validate(ODD[name], cell)


if __name__ == "__main__":
    serve()
