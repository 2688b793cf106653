"""What is built of an authored text: the same in every run, the same as nbgrader's, and nothing of it a secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.authoring import build, execute, leaks, percent
from autograder.authoring.plan import make_plan
from autograder.errors import AutograderError, SourceError, UsageError
from tests.conftest import NBGRADER
from tests.places import TESTS

AUTHORED = TESTS / "engine" / "authoring" / "authored"

CONFIG = """
c = get_config()
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions
c.GenerateAssignment.preprocessors = [
    "autograder.authoring.clearsolutions.NamedClearSolutions" if kind is ClearSolutions else kind
    for kind in GenerateAssignment.preprocessors.default_args[0]
]
"""


def _lay_out(root: Path) -> Path:
    (root / "source" / "sums" / "data").mkdir(parents=True)
    (root / "source" / "sums" / "data" / "numbers.csv").write_bytes(b"1,2\r\n\xff")
    (root / "source" / "sums" / "data" / "x.pyc").write_bytes(b"nbgrader ignores it")
    for name in ("sums", "judged"):
        shutil.copy(AUTHORED / f"{name}.py", root / "source")
    return root


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with the two samples and files beside one of them, nothing built."""
    return _lay_out(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same course, built and executed once for the tests that only look; copy it to change it."""
    root = _lay_out(tmp_path_factory.mktemp("built"))
    for name in ("sums", "judged"):
        build.compile_assignment(root, name)
    return root


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "course")


def _files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def _sources(path: Path) -> str:
    return "\n\n".join(cell.source for cell in _notebook(path).cells)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _line_of(name: str, words: str) -> int:
    lines = (AUTHORED / f"{name}.py").read_text().split("\n")
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def _drift(course: Path, name: str) -> list[str]:
    return build.drift(make_plan(course, name))


def _nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # nbgrader calls alembic by its bare name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(course / ".jupyter"), "PATH": path}
    return subprocess.run(
        [*NBGRADER, *arguments],
        cwd=course, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


# ---- what is built ----------------------------------------------------------------------------------------


def test_two_builds_are_the_same_bytes(built: Path, course: Path) -> None:
    for name in ("judged", "sums"):
        build.compile_assignment(course, name)
        for folder in ("source", "release", "solutions"):
            assert _files(course / folder / name) == _files(built / folder / name)


def test_files_beside_the_notebook_go_along(built: Path) -> None:
    for folder in ("release", "solutions"):
        assert set(_files(built / folder / "sums")) == {"sums.ipynb", "data/numbers.csv"}
        assert (built / folder / "sums" / "data" / "numbers.csv").read_bytes() == b"1,2\r\n\xff"


def test_every_notebook_is_valid_with_its_ids(built: Path) -> None:
    for path in built.rglob("*.ipynb"):
        notebook = _notebook(path)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        ids = [cell.id for cell in notebook.cells]
        assert len(set(ids)) == len(ids)
        for cell in notebook.cells:
            if "nbgrader" in cell.metadata:
                assert cell.id == cell.metadata.nbgrader.grade_id


def test_the_source_notebook_finds_check_in_hidden_regions(built: Path) -> None:
    cells = {cell.id: cell for cell in _notebook(built / "source" / "judged" / "judged.ipynb").cells}
    assert cells["test_largest"].source.split("\n") == [
        "assert largest([1.0, 2.0]) == 2.0",
        "### BEGIN HIDDEN TESTS",
        "from autograder import check",
        'check("largest")',
        'check("largest_of_many")',
        "### END HIDDEN TESTS",
    ]
    assert "import" not in cells["test_smallest"].source
    assert cells["test_largest"].metadata.nbgrader == {
        "grade": True,
        "grade_id": "test_largest",
        "locked": True,
        "points": 3,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def test_the_release_keeps_signatures_and_names_the_stubs(built: Path) -> None:
    cells = {cell.id: cell.source for cell in _notebook(built / "release" / "judged" / "judged.ipynb").cells}
    assert cells["largest"] == (
        'def largest(values: list[float]) -> float:\n    """The largest of some values."""\n'
        '    # YOUR CODE HERE\n    raise NotImplementedError("largest")'
    )
    assert cells["test_largest"] == "assert largest([1.0, 2.0]) == 2.0"
    assert cells["why"] == "YOUR ANSWER HERE"
    assert not any("autograder" in source for source in cells.values())


def test_the_solved_notebook_shows_solutions_plots_and_no_markers(built: Path) -> None:
    path = built / "solutions" / "sums" / "sums.ipynb"
    sources = _sources(path)
    assert "return sum(squares(n))" in sources
    assert "$\\sum_{i=1}^n i^2$" in sources
    for word in ("BEGIN", "END", "squares(7)", "import check"):
        assert word not in sources
    outputs = [output for cell in _notebook(path).cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert "<object at 0x...>" in json.dumps(outputs)


def test_unchanged_files_are_left_alone(copied: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()}
    again = build.compile_assignment(copied, "sums")
    assert (again.written, again.removed, again.executed) == ((), (), False)
    assert {path: path.stat().st_mtime_ns for path in copied.rglob("*") if path.is_file()} == before


def test_another_hidden_test_does_not_run_the_notebook_again(copied: Path) -> None:
    _edit(copied / "source" / "sums.py", "assert squares(7)[-1] == 49", "assert squares(8)[-1] == 64")
    again = build.compile_assignment(copied, "sums")
    assert [path.relative_to(copied).as_posix() for path in again.written] == ["source/sums/sums.ipynb"]
    assert not again.executed


@pytest.mark.parametrize("change", ["code", "beside", "outputs", "force", "broken"])
def test_the_notebook_runs_again_when_it_must(copied: Path, change: str) -> None:
    solved = copied / "solutions" / "judged" / "judged.ipynb"
    match change:
        case "code":
            _edit(copied / "source" / "judged.py", "return max(values)", "return sorted(values)[-1]")
        case "beside":
            (copied / "source" / "judged" / "new.txt").write_text("new")
        case "outputs":
            _edit(solved, '"execution_count": 1', '"execution_count": null')
        case "broken":
            solved.write_text("{}")
    again = build.compile_assignment(copied, "judged", force=change == "force")
    assert again.executed
    assert execute.is_executed(_notebook(solved))


def test_without_execution_outputs_are_kept_while_the_code_stays(copied: Path) -> None:
    solved = copied / "solutions" / "judged" / "judged.ipynb"
    assert not build.compile_assignment(copied, "judged", execute=False).written
    _edit(copied / "source" / "judged.py", "return max(values)", "return sorted(values)[-1]")
    build.compile_assignment(copied, "judged", execute=False)
    assert not execute.is_executed(_notebook(solved))
    assert build.compile_assignment(copied, "judged").executed


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return max(values)", "return min(values)", "AssertionError"),
        ("return max(values)", "import os; os._exit(1)", "the kernel died"),
    ],
)
def test_a_solution_that_fails_is_named_and_nothing_is_written(copied: Path, old: str, new: str, words: str) -> None:
    _edit(copied / "source" / "judged.py", old, new)
    before = _files(copied)
    with pytest.raises(SourceError, match=words) as caught:
        build.compile_assignment(copied, "judged")
    assert caught.value.line == _line_of("judged", 'grade_id="test_largest"')
    assert _files(copied) == before


def test_without_a_kernel_the_message_says_what_to_install(built: Path) -> None:
    notebook = _notebook(built / "solutions" / "judged" / "judged.ipynb")
    notebook.metadata.kernelspec.name = "nowhere"
    with pytest.raises(AutograderError, match="install ipykernel"):
        execute.execute(notebook, percent.read(AUTHORED / "judged.py"), {})


def test_a_plot_is_drawn_whatever_backend_the_shell_names(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    _edit(course / "source" / "sums.py", "# %matplotlib inline\n", "")
    build.compile_assignment(course, "sums")
    assert "image/png" in (course / "solutions" / "sums" / "sums.ipynb").read_text()


def test_running_the_notebook_leaves_nothing_in_the_course(course: Path) -> None:
    _edit(course / "source" / "sums.py", 'print("drawn")', 'open("data/left.txt", "w").close()')
    build.compile_assignment(course, "sums")
    assert not list(course.rglob("left.txt"))


def test_assignments_are_the_authored_texts(course: Path, tmp_path: Path) -> None:
    assert build.assignments(course) == ["judged", "sums"]
    with pytest.raises(UsageError, match=r"is .* a course directory"):
        build.assignments(tmp_path / "nowhere")


# ---- nbgrader on it ---------------------------------------------------------------------------------------


def test_nbgrader_releases_the_same_bytes(copied: Path) -> None:
    (copied / "nbgrader_config.py").write_text(CONFIG)
    for name in ("sums", "judged"):
        ours = _files(copied / "release" / name)
        shutil.rmtree(copied / "release" / name)
        done = _nbgrader(copied, "generate_assignment", name, "--log-level", "ERROR")
        assert done.returncode == 0, done.stderr
        assert _files(copied / "release" / name) == ours


@pytest.mark.parametrize("folder", ["source", "solutions"])
def test_nbgrader_validates_what_has_solutions(built: Path, folder: str) -> None:
    done = _nbgrader(built, "validate", f"{folder}/sums/sums.ipynb")
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr


def test_nbgrader_does_not_validate_the_release(built: Path) -> None:
    done = _nbgrader(built, "validate", "release/sums/sums.ipynb")
    assert "VALIDATION FAILED" in done.stdout


# ---- drift ------------------------------------------------------------------------------------------------


def test_nothing_drifts_after_a_build(built: Path) -> None:
    assert _drift(built, "sums") == []
    assert _drift(built, "judged") == []


def test_before_a_build_everything_is_missing(course: Path) -> None:
    assert _drift(course, "judged") == [
        "release/judged/judged.ipynb: missing",
        "release-otter/judged/judged.ipynb: missing",
        "solutions/judged/judged.ipynb: missing",
        "source/judged/judged.ipynb: missing",
    ]


def test_outputs_are_no_drift(copied: Path) -> None:
    path = copied / "solutions" / "sums" / "sums.ipynb"
    notebook = _notebook(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], 7
    nbformat.write(notebook, path)
    assert _drift(copied, "sums") == []


def test_drift_names_the_cell(copied: Path) -> None:
    _edit(copied / "source" / "sums.py", "points=0.5", "points=1")
    _edit(copied / "source" / "sums.py", "sum(squares(n))", "sum(squares(n), 0)")
    assert _drift(copied, "sums") == [
        "release/sums/sums.ipynb: differs from cell 8 (total_of_ten) on, in its metadata",
        "release-otter/sums/sums.ipynb: differs from cell 10 (total_of_ten) on, in its metadata",
        "solutions/sums/sums.ipynb: differs from cell 7 (total) on, in its source",
        "source/sums/sums.ipynb: differs from cell 7 (total) on, in its source",
    ]


def test_drift_of_other_files(copied: Path) -> None:
    (copied / "release" / "sums" / "data" / "numbers.csv").write_text("edited")
    (copied / "release" / "sums" / "old.txt").write_text("stale")
    (copied / "solutions" / "sums" / "old.ipynb").write_text("stale")
    (copied / "source" / "sums" / "draft.ipynb").write_text("{}")
    _edit(copied / "release" / "sums" / "sums.ipynb", '"outputs": []', '"outputs":  []')
    assert _drift(copied, "sums") == [
        "release/sums/data/numbers.csv: differs",
        "release/sums/sums.ipynb: differs in its outputs, notebook metadata or layout",
        "release/sums/old.txt: unexpected, nothing builds it",
        "solutions/sums/old.ipynb: unexpected, nothing builds it",
        "source/sums/draft.ipynb: unexpected, nbgrader would release it",
    ]
    (copied / "source" / "sums" / "draft.ipynb").unlink()
    removed = build.compile_assignment(copied, "sums").removed
    assert [path.name for path in removed] == ["old.txt", "old.ipynb"]
    assert _drift(copied, "sums") == []


# ---- leaks ------------------------------------------------------------------------------------------------


def test_the_samples_leak_nothing(built: Path) -> None:
    assert leaks.leaks(built, "sums") == []
    assert leaks.leaks(built, "judged") == []


@pytest.mark.parametrize("place", ["markdown", "output", "metadata", "file", "cell"])
def test_a_planted_line_is_found(copied: Path, place: str) -> None:
    path = copied / "release" / "sums" / "sums.ipynb"
    line = '    raise ValueError("n is at least 1")'
    notebook = _notebook(path)
    match place:
        case "markdown":
            notebook.cells[0].source += f"\n```\n{line}\n```"
        case "output":
            notebook.cells[4].outputs = [nbformat.v4.new_output("stream", text=f"{line}\n")]
        case "metadata":
            notebook.metadata["note"] = {"kept": [line]}
        case "cell":
            notebook.cells[2].source += f"\n{line}"
        case "file":
            (path.parent / "model.py").write_text(f"def squares(n):\n{line}\n")
    nbformat.write(notebook, path)
    at = _line_of("sums", line)
    where = "model.py" if place == "file" else "sums.ipynb"
    assert leaks.leaks(copied, "sums") == [
        f"release/sums/{where}: shows 'raise ValueError(\"n is at least 1\")' (source/sums.py:{at})"
    ]


@pytest.mark.parametrize(
    "line",
    [
        'check("largest_of_many")',
        "return max(values)",
        "assert smallest([3.0, 2.0]) == 2.0",
        "Because the negative of the largest negative is the smallest.",
    ],
)
def test_a_secret_is_named_with_its_line(copied: Path, line: str) -> None:
    (copied / "release" / "judged" / "notes.txt").write_text(f"  {line}\n")
    assert leaks.leaks(copied, "judged") == [
        f"release/judged/notes.txt: shows {line!r} (source/judged.py:{_line_of('judged', line)})"
    ]


@pytest.mark.parametrize("marker", ["BEGIN SOLUTION", "END HIDDEN TESTS", "from autograder import check"])
def test_a_marker_is_a_secret(copied: Path, marker: str) -> None:
    (copied / "release" / "judged" / "notes.txt").write_text(f"  ### {marker}\n")
    assert leaks.leaks(copied, "judged") == [f"release/judged/notes.txt: shows {marker!r} (a marker of the author's)"]


def test_lines_that_students_see_anyway_are_no_leak(copied: Path) -> None:
    _edit(copied / "source" / "sums.py", "# Use `squares`", '# `raise ValueError("n is at least 1")`. Use `squares`')
    build.compile_assignment(copied, "sums", execute=False)
    assert leaks.leaks(copied, "sums") == []
