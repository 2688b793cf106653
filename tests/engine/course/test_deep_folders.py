"""Folders nested deeper than Python's stack, or than a path may be long: left in a scratch folder, or handed in."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.grading.submitted import read_submitted
from autograder.samples.classes import Sample
from autograder.sandbox.removal import remove
from tests.conftest import WARMUP, MakeCourse

DEPTH = 3000  # a path of 6,000 characters; Python's stack ends at 1,000


def nest(top: Path, depth: int = DEPTH) -> None:
    """a/a/a/... below `top`, made from inside, as a path would be too long."""
    top.mkdir(exist_ok=True)
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("a", dir_fd=here)
        inner = os.open("a", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    nest(tmp_path / "deep")
    yield tmp_path / "deep"
    subprocess.run(["rm", "-rf", str(tmp_path / "deep")], check=True)  # pytest's own clean-up would fail on it


def test_a_scratch_folder_is_removed_however_deep(deep: Path) -> None:
    remove(deep)
    assert not deep.exists()


def test_a_folder_that_is_gone_is_fine(tmp_path: Path) -> None:
    remove(tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []


def test_deep_folders_beside_a_notebook_are_flagged_and_the_rest_is_read(make_short: MakeCourse) -> None:
    course = make_short("deep", [Sample("ada")])
    folder = course.folder("submitted", WARMUP, "ada")
    (folder / "own.py").write_text("x = 1")
    nest(folder / "deep")
    try:
        read = read_submitted(course, WARMUP, "ada", [WARMUP])
    finally:
        subprocess.run(["rm", "-rf", str(folder / "deep")], check=True)
    assert read.handed_in.flags == ("file_refused",)
    assert list(read.handed_in.files) == ["own.py"]
    assert isinstance(read.handed_in.notebooks[WARMUP], bytes)
