"""A process of the grader begins with what others wait for, and is over when nothing is left to do."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.limits import Limits
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.survey import choose
from tests.conftest import WARMUP, environment
from tests.processes import below, gone, wait_for

# Ends where the zygote would be started, and tells whether it comes too late.
STARTS = """
import sys
from autograder.sandbox.process import Sandbox
def start(sandbox):
    print("torch" in sys.modules)
    sys.exit(7)
Sandbox.start = start
from autograder.cli.main import main
main()
"""


@pytest.mark.parametrize(
    "words",
    [("grade", WARMUP), ("run", f"release/{WARMUP}/{WARMUP}.ipynb", "--assignment", WARMUP)],
    ids=["grade", "run"],
)
def test_the_zygote_is_started_before_torch_is_imported(warmup: Path, words: tuple[str, ...]) -> None:
    """So that it imports its packages while the grader imports its own."""
    command = [sys.executable, "-c", STARTS, *words]
    ran = subprocess.run(command, cwd=warmup, env=environment(), capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, "False\n", "")


# As started, with words that it does nothing with.
BEGINS = """
import contextlib, sys
import {module} as module
sys.argv = ["-", "--help"]
with contextlib.suppress(SystemExit, IndexError):
    module.main({words})
print(sys.modules.get("rfc3987_syntax", "may be imported"), "jsonschema" in sys.modules)
"""


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("autograder.cli.main", ""),
        ("autograder.server.runner", ""),
        ("autograder.gradescope.harness", "sys.argv[1:]"),
    ],
)
def test_no_process_of_the_grader_imports_the_grammar_of_addresses(module: str, words: str, tmp_path: Path) -> None:
    """Its import is seconds of work (autograder/starting.py)."""
    code = BEGINS.format(module=module, words=words)
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.stdout.splitlines()[-1:] == ["None False"], ran.stderr


@pytest.mark.parametrize("tier", [2, 1, 0])
def test_a_zygote_that_is_still_importing_is_not_waited_for(tier: int) -> None:
    walls = choose(tier)
    with Sandbox(walls, Limits(), ["torch"]) as sandbox:
        sandbox.start()
        process = sandbox._process
        assert process is not None
        if walls.tier:
            wait_for(lambda: below(process.pid))
        started = [process.pid, *below(process.pid)]
    # The launcher says of the zygote what a shell would, unless it did not listen yet; 0 would be an end in peace.
    assert process.returncode in (128 + signal.SIGKILL, -signal.SIGTERM)
    assert all(map(gone, started))
