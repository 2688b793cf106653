"""A course that lies where the sandbox lets students read is refused before anything is run, with what to do."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.exchange.default import Exchange

from autograder.course import Course, read_course
from autograder.errors import UsageError
from autograder.grading import exposure, opening, pool
from autograder.report import doctor
from autograder.sandbox.walls.view import view
from tests.conftest import ROOT

SECONDS = 120  # for a Python that imports nbgrader on a busy machine
Show = Callable[[Path], None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the sandbox shows, as /usr."""
    shown = tmp_path / "usr"
    shown.mkdir()
    seen = replace(view(), trees=(str(shown),))
    monkeypatch.setattr(exposure, "view", lambda: seen)
    return shown


def make_course(root: Path, *settings: str) -> Course:
    (root / "source" / "ps1").mkdir(parents=True, exist_ok=True)
    lines = ["c = get_config()", "c.CourseDirectory.course_id = 'physics'", *settings]
    (root / "nbgrader_config.py").write_text("\n".join(lines))
    return read_course(root)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def test_a_course_of_its_own_is_hidden(tree: Path, tmp_path: Path) -> None:
    """Also one with an environment and a link to data that students get, and one beside whose name another begins."""
    assert exposure.exposure(make_course(tmp_path / "usr2")) == ""
    course = make_course(tmp_path / "course")
    link(course.root / "source" / "ps1" / "physics.txt", tree / "physics.txt")
    link(course.root / ".venv", tree)
    assert exposure.exposure(course) == ""


def test_a_course_below_a_shown_tree_is_refused_before_anything_is_run(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "Sandbox", None)  # calling it would be another error
    course = make_course(tree / "share" / "physics")
    with (
        pytest.raises(UsageError, match=rf"^the course \({course.root}\) lies in {tree}, .*: move it") as error,
        opening.open_grader(course, "ps1", opening.Options()),
    ):
        pass
    assert "\n" not in str(error.value)
    with pytest.raises(TypeError), opening.open_grader(course, "ps1", opening.Options(tier=0)):  # it promises nothing
        pass
    link(tmp_path / "home", course.root)
    assert exposure.exposure(make_course(tmp_path / "home"))
    assert exposure.exposure(make_course(tree)), "the tree itself"


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (".autograder", r"course's \.autograder \("),
        ("checks", r"course's checks \("),
        ("checks/ps1", r"a file or folder of the course \("),
        ("checks/ps1/softmax.py", r"a file or folder of the course \("),
        ("solutions", r"course's solutions \("),
        ("source", r"nbgrader's step source \("),
        ("source/ps2", r"a file or folder of the course \("),
        ("source/ps2.py", r"a file or folder of the course \("),
        ("source/ps1/ps1.ipynb", r"a file or folder of the course \("),
        ("submitted", r"nbgrader's step submitted \("),
        ("autograded", r"nbgrader's step autograded \("),
        ("feedback", r"nbgrader's step feedback \("),
        ("gradebook.db", r"the gradebook \("),
    ],
)
def test_a_link_to_a_shown_tree_is_refused(tree: Path, tmp_path: Path, moved: str, said: str) -> None:
    course = make_course(tmp_path / "course")
    if moved == "source":
        (course.root / "source").rename(tmp_path / "kept")
    link(course.root / moved, tree / "elsewhere")
    with pytest.raises(UsageError, match=rf"{said}.*, which leads to {tree}/elsewhere\) lies in {tree}, "):
        exposure.refuse_exposure(course, None)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("c.CourseDirectory.db_url = 'sqlite:///@/gradebook.db'", "c.CourseDirectory.db_url"),
        ("c.CourseDirectory.submitted_directory = '@/in'", "and name that in nbgrader_config.py"),
        ("c.CourseDirectory.directory_structure = '@/{nbgrader_step}/{student_id}/{assignment_id}'", "step source"),
    ],
)
def test_what_settings_keep_elsewhere_is_refused_there(tree: Path, tmp_path: Path, setting: str, said: str) -> None:
    course = make_course(tmp_path / "course", setting.replace("@", str(tree)))
    assert said in exposure.exposure(course)


def test_a_database_server_shows_nothing(tree: Path, tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", "c.CourseDirectory.db_url = 'postgresql://ta@db/usr'")
    assert exposure.exposure(course) == ""


@pytest.mark.parametrize("setting", ["", "c.Exchange.root = '@/exchange'"])
def test_an_exchange_below_a_shown_tree_is_hidden(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Also nbgrader's own, which lies in /usr; with a course's folders in it, which can be links."""
    (tree / "exchange" / "physics" / "inbound").mkdir(parents=True)
    course = make_course(tmp_path / "course", setting.replace("@", str(tree)))
    root = tree / "exchange" if setting else Path(Exchange.root.default_value)
    inside = ("", "physics", "physics/inbound", "physics/outbound", "physics/feedback")
    given: list[tuple[str, ...]] = []
    for module in (opening, pool):  # None is no sandbox, and so it ends there
        monkeypatch.setattr(module, "Sandbox", lambda *_, hidden: given.append(hidden))
    with contextlib.suppress(TypeError), opening.open_grader(course, "ps1", opening.Options()):
        pass
    with contextlib.suppress(AttributeError), pool.open_pool(course, "ps1", opening.Options(), 1):
        pass
    assert given == [tuple(str(root / name) for name in inside)] * 2


def test_an_environment_inside_a_folder_of_hidden_things_is_refused(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m venv .`, entered by mistake below checks/ or source/."""
    course = make_course(tmp_path / "course")
    monkeypatch.setattr(exposure, "view", lambda: replace(view(), trees=(str(course.root / "checks" / "ps1"),)))
    monkeypatch.setattr(sys, "prefix", str(course.root / "checks" / "ps1"))
    assert "holds in ps1 the environment of this Python" in exposure.exposure(course)


def test_the_doctor_says_it(tree: Path, tmp_path: Path) -> None:
    hidden = doctor._exposure(make_course(tmp_path / "course"))
    shown = doctor._exposure(make_course(tree / "course"))
    assert (hidden.good, shown.good) == (True, False)
    assert "move it" in shown.detail


@pytest.mark.parametrize(("place", "code"), [(".", 2), (".venv", 0)])
def test_a_course_whose_root_is_the_environment_is_refused(tmp_path: Path, place: str, code: int) -> None:
    """The real thing: `python -m venv .`, and the way that the message advises."""
    course = make_course(tmp_path / "course")
    prefix = course.root / place
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True, timeout=SECONDS)
    python = prefix / "bin" / "python"
    purelib = sysconfig.get_path("purelib", vars={"base": str(prefix)})
    Path(purelib, "autograder.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    program = "from pathlib import Path; from autograder.cli.main import main; main()"
    if code == 0:
        program = (
            "from pathlib import Path; from autograder.course import find_course; "
            "from autograder.grading.exposure import refuse_exposure; refuse_exposure(find_course(Path()), None)"
        )
    done = subprocess.run(
        [str(python), "-c", program, "grade", "ps1"], cwd=course.root, capture_output=True, text=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    if code:
        assert "the environment of this Python, which every submission can read: make an environment" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
