"""The image in which Gradescope grades: one that cannot grade is not built, and its log says why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import SandboxError
from autograder.gradescope.bundle import TEMPLATES
from autograder.gradescope.image import check_walls, memory_of_container, open_course, try_out
from autograder.sandbox.walls.survey import Offer, Survey
from tests.engine.gradescope.tree import NAME, make_course, zip_of

BEGIN = "find_python() {"
# A Python that says that it is another version, as Ubuntu's packages do.
PRETENDS = """#!{python}
import collections, sys
Version = collections.namedtuple("Version", "major minor micro releaselevel serial")
sys.version_info = Version({version})
exec(sys.argv[2])
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The warm-up course as it lies in the image."""
    made = make_course(tmp_path / "authored")
    source = tmp_path / "autograder" / "source"
    source.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(zip_of(made)), str(source)], check=True)
    (source / "course" / ".autograder" / "secret").chmod(0o600)
    return open_course(tmp_path / "autograder")


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ({"python3.11": '3, 11, 0, "candidate", 1', "python3": '3, 10, 12, "final", 0'}, ""),  # Ubuntu 22.04
        ({"python3.12": '3, 12, 3, "final", 0', "python3": '3, 12, 3, "final", 0'}, "python3.12"),  # Ubuntu 24.04
        ({"python3.13": '3, 13, 0, "beta", 2', "python3": '3, 11, 2, "final", 0'}, "python3"),
    ],
)
def test_a_python_that_is_no_release_is_not_taken(tmp_path: Path, versions: dict[str, str], found: str) -> None:
    for name, version in versions.items():
        (tmp_path / name).write_text(PRETENDS.format(python=sys.executable, version=version))
        (tmp_path / name).chmod(0o755)
    setup = (TEMPLATES / "setup.sh").read_text()
    function = BEGIN + setup.partition(BEGIN)[2].partition("\n}\n")[0] + "\n}\nfind_python"
    done = subprocess.run(["/bin/bash", "-c", function], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.stdout.strip() == found


def test_the_solved_notebook_gets_all_its_points(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    try_out(course, NAME)
    assert "has all its points" in capsys.readouterr().out


def test_an_image_in_which_it_does_not_is_refused_with_the_reason(course: Course) -> None:
    path = course.folder("source", NAME) / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "softmax")
    cell["source"] = "import no_such_package\n" + "".join(cell["source"])
    path.write_text(json.dumps(notebook))
    with pytest.raises(SandboxError, match=r"(?s)does not get its points .*softmax 0 of 3: .*no_such_package"):
        try_out(course, NAME)


def test_walls_that_are_missing_are_named_with_what_would_give_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_walls(), "on the machine of this test"
    offers = (Offer("landlock", False, "not known to this kernel", "use Linux 5.13"),)
    offers += tuple(Offer(layer, True) for layer in ("seccomp", "rlimits"))
    monkeypatch.setattr("autograder.gradescope.image.survey", lambda: Survey(offers, None))
    assert not check_walls()
    assert "landlock: not known to this kernel. To get it: use Linux 5.13" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "size"),
    [
        ("memory.max", "4294967296\n", 4096),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "805306368\n", 768),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
        ("elsewhere", "1", None),
    ],
)
def test_the_containers_memory_is_read(tmp_path: Path, file: str, text: str, size: int | None) -> None:
    path = tmp_path / "sys" / "fs" / "cgroup" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert memory_of_container(tmp_path) == size


@pytest.mark.parametrize(("size", "limit"), [(4096, 2896), (768, 512), (1 << 20, 4096), (None, 4096)])
def test_a_submission_may_use_what_the_container_has_left(
    course: Course, monkeypatch: pytest.MonkeyPatch, size: int | None, limit: int
) -> None:
    monkeypatch.setattr("autograder.gradescope.image.memory_of_container", lambda _: size)
    assert open_course(course.root.parent.parent).settings.memory_mib == limit
