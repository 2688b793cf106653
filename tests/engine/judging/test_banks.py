"""Banks of a course's folder: what others may write is refused, since the grader runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.judging.banks import Banks


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Two banks; the group may write all of it, as in a course directory that graders share."""
    root = tmp_path / "course"
    for name in ("ps1/softmax.py", "ps1/layer_norm/__init__.py", "ps1/layer_norm/wrong.py", "builders/module.py"):
        path = root / "checks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for path in (tmp_path, root, *root.rglob("*")):
        path.chmod(0o775 if path.is_dir() else 0o664)
    return root


def test_the_owner_and_the_group_may_write_banks(course: Path) -> None:
    assert list(Banks(course)) == ["layer_norm", "softmax"]


@pytest.mark.parametrize(
    ("place", "mode"),
    [
        (".", 0o777),
        ("checks", 0o777),
        ("checks", 0o1777),  # what is there cannot be replaced, and anybody can add a bank
        ("checks/ps1", 0o777),
        ("checks/ps1", 0o1777),
        ("checks/builders", 0o777),
        ("checks/ps1/layer_norm", 0o777),
        ("checks/ps1/softmax.py", 0o666),
        ("checks/ps1/softmax.py", 0o602),
        ("checks/ps1/softmax.py", 0o1666),  # of a file the sticky bit says nothing
        ("checks/ps1/layer_norm/wrong.py", 0o666),
        ("checks/builders/module.py", 0o646),
    ],
)
def test_what_everybody_may_write_is_refused(course: Path, place: str, mode: int) -> None:
    """Also where another file than a bank's own would be run."""
    (course / place).chmod(mode)
    with pytest.raises(UsageError) as error:
        Banks(course)
    assert str(error.value).endswith(f": chmod o-w {course / place}")


def test_a_folder_between_that_holds_no_bank_itself_is_refused(course: Path) -> None:
    (course / "checks" / "ps1" / "softmax.py").unlink()
    (course / "checks" / "ps1").chmod(0o777)
    with pytest.raises(UsageError, match="everybody on this machine may write it"):
        Banks(course)


def test_a_course_directly_in_a_sticky_folder_is_taken(course: Path) -> None:
    """As /tmp is one: nobody but its owner can replace what lies there."""
    course.chmod(0o1777)
    assert list(Banks(course)) == ["layer_norm", "softmax"]


def file(course: Path, elsewhere: Path) -> None:
    (course / "checks" / "ps1" / "gelu.py").symlink_to(elsewhere / "gelu.py")


def folder(course: Path, elsewhere: Path) -> None:
    (course / "checks").rename(elsewhere / "checks")
    (course / "checks").symlink_to(elsewhere / "checks")


@pytest.mark.parametrize("link", [file, folder], ids=["file", "folder"])
@pytest.mark.parametrize(("mode", "refused"), [(0o755, False), (0o1777, False), (0o777, True)])
def test_a_link_is_as_safe_as_the_folder_where_it_leads(
    course: Path, tmp_path: Path, link: Callable[[Path, Path], None], mode: int, refused: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "gelu.py").write_text("")
    (elsewhere / "gelu.py").chmod(0o644)
    link(course, elsewhere)
    elsewhere.chmod(mode)
    if refused:
        with pytest.raises(UsageError, match=f": chmod o-w {elsewhere}$"):
            Banks(course)
    else:
        assert "softmax" in Banks(course)


def test_a_course_without_hidden_checks_has_no_banks(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert list(Banks(tmp_path)) == []
