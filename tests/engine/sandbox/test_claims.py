"""What a living grader holds is cleared away by no other, and what a killed one left is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.limits import Limits
from autograder.sandbox import process
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls import claims
from autograder.sandbox.walls.walls import Walls

GRADER = """
import sys
from autograder.limits import Limits
from autograder.sandbox.process import Sandbox
from autograder.sandbox.walls.walls import Walls
print(Sandbox(Walls(1, ()), Limits()).scratch, flush=True)
sys.stdin.read()
"""


def test_a_folder_is_held_until_its_holder_closes_it(tmp_path: Path) -> None:
    folder, held = claims.make(lambda: Path(tempfile.mkdtemp(dir=tmp_path)))
    with claims.take_over(folder) as so:
        assert not so
    process.os.close(held)
    with claims.take_over(folder) as so:
        assert so
    with claims.take_over(tmp_path / "missing") as so:
        assert not so


def test_one_that_is_cleared_away_before_it_is_held_is_made_anew(tmp_path: Path) -> None:
    made = []

    def swept() -> Path:
        made.append(Path(tempfile.mkdtemp(dir=tmp_path)))
        if len(made) < 3:
            made[-1].rmdir()
        return made[-1]

    folder, held = claims.make(swept)
    process.os.close(held)
    assert (folder, len(made)) == (made[2], 3)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go; its name is short enough for sockets."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_a_killed_graders_folder_goes_and_a_living_ones_stays(place: Path) -> None:
    """Also where the other grader's process cannot be seen, as from within a container: nothing here asks for it."""
    graders = [
        subprocess.Popen([sys.executable, "-c", GRADER], env={"TMPDIR": str(place), "PATH": ""}, text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]  # fmt: skip
    killed, living = ((Path((grader.stdout or sys.stdin).readline().strip())) for grader in graders)
    try:
        assert killed.is_dir()
        graders[0].kill()
        graders[0].wait()
        with Sandbox(Walls(1, ()), Limits()) as sandbox:
            assert sandbox.scratch.parent == place
            assert not killed.exists()
            assert living.is_dir()
    finally:
        graders[1].kill()
        for grader in graders:
            grader.communicate()
