"""What `compile` takes from a course's own folder: what to ignore, and the names of its banks without importing one."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.course import read_course
from autograder.grading.opening import Options, read_opening
from tests.conftest import command

TEXT = '''# %% grade_id="f" role="solution"
def f(x):
    """x, as it is."""
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION


# %% grade_id="test_f" role="test" points=2
assert f(1) == 1
### BEGIN HIDDEN TESTS
check("f")
### END HIDDEN TESTS
'''
IGNORE = 'c = get_config()\nc.CourseDirectory.ignore.append("*.key")\n'
NO_IMPORT = 'raise ImportError("compile needs names only")\n'
COMPILES = """
import sys
sys.argv = ["autograder", "compile", *sys.argv[1:]]
from autograder.cli.main import main
try:
    main()
finally:
    print(*sorted(name for name in sys.modules if name == "torch" or name.startswith("_autograder_banks_")))
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "checks" / "a").mkdir(parents=True)
    (tmp_path / "checks" / "a" / "f.py").write_text(NO_IMPORT)
    (tmp_path / "source" / "a" / "data").mkdir(parents=True)
    (tmp_path / "source" / "a.py").write_text(TEXT)
    for name in ("answers.key", "data/numbers.csv", "data/more.key"):
        (tmp_path / "source" / "a" / name).write_text("1,2")
    (tmp_path / "nbgrader_config.py").write_text(IGNORE)
    return tmp_path


def keys(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.key") if path.is_file()]


def test_what_the_course_ignores_goes_nowhere(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(course, "compile", "--with-secret") == 0, capsys.readouterr().err
    for folder in ("release", "release-otter", "solutions"):
        assert (course / folder / "a" / "data" / "numbers.csv").is_file()
        assert not keys(course / folder)
    zips = [*(course / "build").rglob("*.zip"), *(course / ".autograder").rglob("*.zip")]
    assert len(zips) == 2
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            assert "files/data/numbers.csv" in archive.namelist()
            assert not [name for name in archive.namelist() if name.endswith(".key")]
    (course / "release" / "a" / "mine.key").write_text("nbgrader leaves it alone, and so does compile")
    assert command(course, "compile", "--check") == 0, capsys.readouterr().err
    assert command(course, "compile") == 0
    assert keys(course / "release") == [course / "release" / "a" / "mine.key"]


def test_what_the_course_ignores_lies_beside_no_submission(course: Path) -> None:
    assert command(course, "compile", "--target", "nbgrader") == 0
    read = read_course(course)
    confinement: Any = None  # nothing runs
    opening, _ = read_opening(read, "a", confinement, Options("cpu"))
    assert set(opening.files) == {"data/numbers.csv"}


@pytest.mark.parametrize("words", [(), ("--check",), ("--target", "nbgrader")])
def test_compile_imports_no_bank_and_no_torch(words: tuple[str, ...], course: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", COMPILES, *words], cwd=course, capture_output=True, text=True, timeout=200
    )
    assert ran.stdout == "\n", ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unknown_check_is_told_where_its_bank_belongs_and_how_it_begins(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "checks" / "a" / "f.py").unlink()
    assert command(course, "compile") == 2
    err = capsys.readouterr().err
    assert "a.py:12: there are no checks named 'f'; the course has no checks yet" in err
    assert "They belong in checks/a/f.py, which begins:\n    from autograder.checks import" in err
    assert '\n    def f(draw): return {"x": draw.normal(5)}  # ' in err
