"""A course's own requirements.txt: read, pinned for a grader elsewhere, and refused where it cannot travel."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course.requirements import read_requirements
from autograder.errors import UsageError
from autograder.gradescope.pins import pins

TEXT = """
# of the course
einops>=0.7  # for one notebook
Some.Package[extra]
numpy>=1.26
colorama; sys_platform == "win32"
"""


def test_it_names_packages_for_this_machine(tmp_path: Path) -> None:
    assert read_requirements(tmp_path) == ()
    (tmp_path / "requirements.txt").write_text(TEXT)
    assert [requirement.name for requirement in read_requirements(tmp_path)] == ["einops", "Some.Package", "numpy"]


@pytest.mark.parametrize("line", ["-r other.txt", "--index-url https://example.org", "einops ==", "./local"])
def test_a_line_that_is_no_package_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"numpy\n{line}\n")
    with pytest.raises(UsageError, match=r"requirements\.txt, line 2"):
        read_requirements(tmp_path)


def test_what_the_course_asks_for_is_installed_where_gradescope_grades(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(TEXT)
    (tmp_path / "constraints.txt").write_text("einops==0.7.1\nsome-package==3.0\nnumpy==2.0.0\n")
    lines = pins(tmp_path)[0].splitlines()
    assert {"einops==0.7.1", "some-package[extra]==3.0", "numpy==2.0.0"} <= set(lines)
    assert len([line for line in lines if line.startswith("numpy")]) == 1


def test_without_constraints_the_versions_are_those_installed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pytest\n")
    required, constraints = pins(tmp_path)
    assert any(line.startswith("pytest==") for line in required.splitlines())
    assert {line.partition("==")[0] for line in constraints.splitlines()} >= {"pytest", "pluggy", "iniconfig"}


def test_a_version_that_is_known_nowhere_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("no-such-package-here\n")
    with pytest.raises(UsageError, match="no-such-package-here"):
        pins(tmp_path)
