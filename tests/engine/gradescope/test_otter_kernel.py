"""The cells that Otter's notebook has beside the release's, run in a kernel as a student runs them."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.authoring import build
from tests.places import TESTS

AUTHORED = TESTS / "engine" / "authoring" / "authored" / "sums.py"
SECONDS = 120  # for one cell: the first imports otter on a busy machine
WRONG = "def squares(n):\n    return [0] * n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("otter")
    (folder / "source").mkdir()
    shutil.copy(AUTHORED, folder / "source")
    build.compile_assignment(folder, "sums", execute=False)
    return folder


def run(course: Path, folder: Path, own: dict[str, str]) -> dict[str, str]:
    """What each of Otter's cells showed, by its id, in the solved notebook with these cells in the student's words."""
    made = nbformat.read(course / "release-otter" / "sums" / "sums.ipynb", as_version=4)
    solved = nbformat.read(course / "solutions" / "sums" / "sums.ipynb", as_version=4)
    answers = {grade_id(cell): cell.source for cell in solved.cells if grade_id(cell)} | own
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[grade_id(cell)]
    nbformat.write(made, folder / "sums.ipynb")
    NotebookClient(made, timeout=SECONDS, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    return {cell.id: shown(cell) for cell in made.cells if cell.id.startswith("otter_") and cell.cell_type == "code"}


def grade_id(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def shown(cell: Any) -> str:
    texts = [one.get("text", "") or one.get("data", {}).get("text/plain", "") for one in cell.outputs]
    return "\n".join([*texts, *("\n".join(one.traceback) for one in cell.outputs if one.output_type == "error")])


def test_right_work_passes_and_is_packed(course: Path, tmp_path: Path) -> None:
    found = run(course, tmp_path, {})
    assert found.pop("otter_start") == ""
    export = found.pop("otter_export")
    assert set(found) == {"otter_check_squares", "otter_check_total_of_ten"}
    assert all("passed" in text for text in found.values()), found
    assert "Traceback" not in export
    [packed] = tmp_path.glob("*.zip")
    assert "sums.ipynb" in zipfile.ZipFile(packed).namelist()


def test_wrong_work_is_told_so(course: Path, tmp_path: Path) -> None:
    found = run(course, tmp_path, {"squares": WRONG})
    assert "the squares of 1, 2 and 3 are 1, 4 and 9" in found["otter_check_squares"]
