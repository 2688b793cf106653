"""A class of submissions that are made to stop the batch, each in its own way: all are graded, and the last as ever."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.grading.batch import Class, SubmissionResult
from autograder.grading.opening import Options
from autograder.grading.pool import open_pool
from autograder.samples.classes import Sample, hand_in
from tests.attacks.ground import NAME, make_course

Change = Callable[[Path], None]  # of the folder that was handed in


def cell(source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None, "source": source,
            **more}  # fmt: skip


def with_cell(source: str, **more: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / f"{NAME}.ipynb"
        notebook = json.loads(path.read_text())
        notebook["cells"].append(cell(source, **more))
        path.write_text(json.dumps(notebook))

    return change


def stamped(text: str) -> Change:
    return lambda folder: (folder / "timestamp.txt").write_text(text) and None


def folder_named_as_the_notebook(folder: Path) -> None:
    (folder / f"{NAME}.ipynb").unlink()
    (folder / f"{NAME}.ipynb").mkdir()
    (folder / f"{NAME}.ipynb" / "x").write_text("x")


def folder_named_as_the_timestamp(folder: Path) -> None:
    (folder / "timestamp.txt").unlink()
    (folder / "timestamp.txt").mkdir()
    (folder / "timestamp.txt" / "x").write_text("x")


def longest_path(folder: Path) -> None:
    """As long as it can be where it was handed in; the autograded folder's name is longer while it is written."""
    here = folder
    while (room := 4095 - len(str(here))) > 8:
        here = here / ("d" * min(250, room - 4))
        if len(here.relative_to(folder).parts) > 15:
            break
        here.mkdir()
    (here.parent / "x").write_text("x")


def rename(name: str) -> Change:
    return lambda folder: os.rename(folder.parent, folder.parent.parent / name)


SURROGATES = "'\\ud800 \\udfff \\x00 \\x1b[31m \\u202e'"
HOSTILE: dict[str, Change] = {
    "number-as-time": stamped("9" * 30),
    "endless-time": stamped("1" * 5000),
    "no-time": stamped("\0\0\0"),
    "notebook-folder": folder_named_as_the_notebook,
    "timestamp-folder": folder_named_as_the_timestamp,
    "longest-path": longest_path,
    "surrogates-in-source": with_cell("x = '\ud800'"),
    "surrogates-in-id": with_cell("1", metadata={"nbgrader": {"grade_id": "\ud800", "solution": True}}, id="\ud800"),
    "surrogates-shown": with_cell(
        f"print({SURROGATES}); display({{'text/html': {SURROGATES}}}, raw=True); {SURROGATES}"
    ),
    "surrogates-raised": with_cell(f"raise type({SURROGATES}.replace(chr(0), ''), (Exception,), {{}})({SURROGATES})"),
    "long-student": rename("l" * 250),
    "braces": rename("{student_id}{0.__class__}"),
    "star": rename("*"),
    "percent": rename("%(student)s -rf ~"),
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[SubmissionResult]]:
    folder = tmp_path_factory.mktemp("batch")
    course = make_course(folder)
    os.rename(folder / "submitted", folder / "neighbours")
    with open_pool(course, NAME, Options(device="cpu"), 2) as (pool, opening, prepared):
        hand_in(folder, NAME, [*map(Sample, HOSTILE), Sample("zoe")], built=folder)
        for name, change in HOSTILE.items():
            change(folder / "submitted" / name / NAME)
        yield list(Class(course, opening, prepared).grade([], pool))


def test_all_are_graded_or_refused_with_a_reason(done: list[SubmissionResult]) -> None:
    assert len(done) == len(HOSTILE) + 1
    assert {one.result.student: one.result.reason for one in done if one.result.status == "grader_error"} == {}
    assert all(one.result.reason for one in done if one.result.status != "graded")


def test_the_next_one_has_full_marks(done: list[SubmissionResult]) -> None:
    zoe = next(one.result for one in done if one.result.student == "zoe")
    assert zoe.status == "graded"
    assert all(q.score == q.max_score for q in zoe.questions)
