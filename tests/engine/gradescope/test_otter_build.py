"""What is built for Otter and Gradescope: the students' notebook, and the zip file that grades it."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from otter.execute import Checker
from otter.nbmeta_config import NBMetadataConfig
from otter.test_files import TestFile

from autograder.authoring import build, leaks
from autograder.authoring.plan import make_plan
from autograder.authoring.targets import NBGRADER, OTTER, TARGETS, otter
from autograder.cli.authoring import compile_
from autograder.errors import UsageError
from autograder.gradescope import target
from autograder.gradescope.bundle import SECRET, bundle
from autograder.gradescope.pins import pins
from autograder.gradescope.target import GRADESCOPE, write_secret_bundle
from autograder.model import MasterNotebook, Question
from tests.places import TESTS

AUTHORED = TESTS / "engine" / "authoring" / "authored"
ZIPS = Path("build", "gradescope")
BANK = b"raise ImportError('whoever packs a bank need not import it')\n"


def make(folder: Path) -> Path:
    (folder / "source" / "sums").mkdir(parents=True)
    (folder / "source" / "sums" / "numbers.csv").write_bytes(b"1,2\r\n\xff")
    (folder / "checks" / "judged").mkdir(parents=True)
    (folder / "checks" / "judged" / "largest.py").write_bytes(BANK)
    for name in ("sums", "judged"):
        shutil.copy(AUTHORED / f"{name}.py", folder / "source")
        build.compile_assignment(folder, name, execute=False, targets=(*TARGETS, GRADESCOPE))
    return folder


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("course"))


def read(course: Path, folder: str, name: str) -> Any:
    return nbformat.read(course / folder / name / f"{name}.ipynb", as_version=4)


def check(notebook: Any, test: str, path: Path, namespace: dict[str, Any]) -> TestFile:
    """What `grader.check(test)` does, given the names that the notebook's cells have left."""
    nbformat.write(notebook, path)
    return Checker.check(str(path), NBMetadataConfig.from_notebook(notebook), test, namespace)


# ---- the students' notebook ----------------------------------------------------------------------------------


def test_the_notebook_is_the_release_and_otters_cells(course: Path) -> None:
    made = read(course, "release-otter", "sums")
    nbformat.validate(made)
    own = [cell for cell in made.cells if "otter_ignore" in cell.metadata.get("tags", ())]
    assert [cell for cell in made.cells if cell not in own] == read(course, "release", "sums").cells
    sources = [cell.source for cell in own if cell.cell_type == "code"]
    assert 'grader = otter.Notebook("sums.ipynb")' in sources[0]
    assert sources[1:] == ['grader.check("squares")', 'grader.check("total_of_ten")', "grader.export(pdf=False)"]
    at = {cell.id: place for place, cell in enumerate(made.cells)}
    assert at["otter_check_squares"] == at["test_squares"] + 1
    assert len(at) == len(made.cells)


def test_its_metadata_holds_the_public_tests_and_no_other(course: Path) -> None:
    found = read(course, "release-otter", "sums").metadata.otter
    assert (found.OK_FORMAT, found.assignment_name) == (False, "sums")
    assert set(found.tests) == {"squares", "total_of_ten"}
    assert "the squares of 1, 2 and 3 are 1, 4 and 9" in found.tests["squares"]
    assert "squares(7)" not in json.dumps(found)
    judged = read(course, "release-otter", "judged")
    assert set(judged.metadata.otter.tests) == {"largest"}, "what has hidden tests only has nothing to check"
    assert "otter_check_smallest" not in {cell.id for cell in judged.cells}


def test_files_beside_the_notebook_go_along(course: Path) -> None:
    assert (course / "release-otter" / "sums" / "numbers.csv").read_bytes() == b"1,2\r\n\xff"


def test_a_wrong_function_is_told_the_sentence_of_its_assert(course: Path, tmp_path: Path) -> None:
    made = read(course, "release-otter", "sums")
    right = check(made, "squares", tmp_path / "sums.ipynb", {"squares": lambda n: [i * i for i in range(1, n + 1)]})
    assert (right.grade, right.score) == (1, 2)
    wrong = check(made, "squares", tmp_path / "sums.ipynb", {"squares": lambda n: [0] * n})
    assert wrong.grade == 0
    assert "AssertionError: the squares of 1, 2 and 3 are 1, 4 and 9" in wrong.test_case_results[0].message
    missing = check(made, "squares", tmp_path / "sums.ipynb", {})
    assert "NameError: name 'squares' is not defined" in missing.test_case_results[0].message


VISIBLE = '''text = """two
    lines
"""
assert text == "two\\n    lines\\n"
%pwd
for n in (1,
          2):

    assert f"""{n}
 {n}""".split() == [str(n)] * 2
'''


def test_a_test_of_many_lines_keeps_its_strings(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(otter.public_test(Question("x", "test_x", 1.0, "asserts"), VISIBLE))
    result = Checker.check(str(path), NBMetadataConfig(), None, {"get_ipython": lambda: _Shell()})
    assert result.grade == 1, result.summary()


REBINDS = """from math import *
data = data[:2]
def f(): return floor(data[0])
assert f() == 1
assert [n + len(data) for n in range(2)] == [2, 3]
"""


def test_a_test_runs_as_in_a_cell_and_changes_no_name_of_the_notebook(tmp_path: Path) -> None:
    path, env = tmp_path / "x.py", {"data": [1.5, 2, 3]}
    path.write_text(otter.public_test(Question("x", "test_x", 1.0, "asserts"), REBINDS))
    result = Checker.check(str(path), NBMetadataConfig(), None, env)
    assert result.grade == 1, result.summary()
    assert env == {"data": [1.5, 2, 3]}


class _Shell:
    def run_line_magic(self, name: str, line: str) -> None:
        assert (name, line) == ("pwd", "")


def test_a_test_that_awaits_at_its_top_level_has_no_check_cell() -> None:
    cell = nbformat.v4.new_code_cell("await f()", metadata={"nbgrader": {"grade_id": "test_f"}})
    released = nbformat.v4.new_notebook(cells=[cell])
    made = otter.student(released, MasterNotebook("x", (), (Question("f", "test_f", 1.0, "asserts"),)))
    assert made.metadata.otter.tests == {}


@pytest.mark.parametrize("written", ["assert squares(7)[-1] == 49", "SOURCE = 'assert squares\\x287)[-1] == 49'"])
def test_a_leak_into_the_metadata_is_found(course: Path, tmp_path: Path, written: str) -> None:
    copied = shutil.copytree(course, tmp_path / "course")
    path = copied / "release-otter" / "sums" / "sums.ipynb"
    made = json.loads(path.read_text())
    made["metadata"]["otter"]["tests"]["squares"] += f"{written}\n"
    path.write_text(json.dumps(made))
    assert [line.split(": ")[0] for line in leaks.leaks(copied, "sums")] == ["release-otter/sums/sums.ipynb"]


# ---- the zip file ----------------------------------------------------------------------------------------------


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_zip_has_what_gradescope_and_otter_look_for_at_its_root(course: Path) -> None:
    found = files((course / ZIPS / "sums-autograder.zip").read_bytes())
    assert {"setup.sh", "run_autograder", "requirements.txt", "constraints.txt", "otter_config.json"} <= set(found)
    assert found["files/numbers.csv"] == found["course/source/sums/numbers.csv"] == b"1,2\r\n\xff"
    assert {n for n in found if n.startswith("tests/")} == {"tests/squares.py", "tests/total_of_ten.py"}
    assert b"squares(7)" in found["course/source/sums/sums.ipynb"], "the zip is the instructor's, hidden tests included"
    assert found["course/checks/judged/largest.py"] == BANK
    assert "package/autograder/judging/banks.py" in found
    assert not [n for n in found if "__pycache__" in n or n == SECRET or n.endswith("pip.conf")]


def test_scripts_are_executable_and_times_and_owners_are_nobodys(course: Path) -> None:
    with zipfile.ZipFile(course / ZIPS / "sums-autograder.zip") as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    assert {entry.date_time for entry in entries.values()} == {(1980, 1, 1, 0, 0, 0)}
    modes = {name: stat.S_IMODE(entry.external_attr >> 16) for name, entry in entries.items()}
    assert (modes["setup.sh"], modes["run_autograder"], modes["requirements.txt"]) == (0o755, 0o755, 0o644)


def test_two_builds_are_the_same_bytes_wherever_they_are_made(course: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        again = make(tmp_path / "elsewhere")
    finally:
        os.umask(before)
    for name in ("sums", "judged"):
        zip_file = ZIPS / f"{name}-autograder.zip"
        assert (again / zip_file).read_bytes() == (course / zip_file).read_bytes()
        built = Path("release-otter", name, f"{name}.ipynb")
        assert (again / built).read_bytes() == (course / built).read_bytes()


def test_the_secret_is_in_the_one_that_was_asked_for_alone(course: Path) -> None:
    path = course / ".autograder" / "gradescope" / "sums-autograder.zip"
    assert write_secret_bundle(make_plan(course, "sums", known_checks=set()), path, b"\x01" * 32)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with_it, without = files(path.read_bytes()), files((course / ZIPS / "sums-autograder.zip").read_bytes())
    assert with_it.pop(SECRET) == b"01" * 32 + b"\n"
    assert with_it == without


def test_the_one_with_the_secret_is_closed_from_the_first_byte_and_the_groups_in_a_shared_course(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = shutil.copytree(course, tmp_path / "course")
    path = copied / ".autograder" / "gradescope" / "sums-autograder.zip"
    shutil.rmtree(path.parent, ignore_errors=True)
    seen, replace = [], os.replace

    def replaced(old: Path, new: Path) -> None:
        seen.append(stat.S_IMODE(Path(old).stat().st_mode))
        replace(old, new)

    monkeypatch.setattr(os, "replace", replaced)
    write = partial(write_secret_bundle, make_plan(copied, "sums", known_checks=set()), path, b"\x01" * 32)
    assert (write(), write(), seen) == (True, False, [0o600])
    for folder in (copied, copied / ".autograder"):
        folder.chmod(0o2770)
    shutil.rmtree(path.parent)
    assert (write(), write(), seen) == (True, False, [0o600, 0o640])
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o2070 == 0o2070, "another grader can put a new one in its place"


def test_an_old_zip_is_named_and_is_no_drift(course: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(course, tmp_path / "course")
    plan, chosen = make_plan(copied, "sums"), (OTTER, GRADESCOPE)
    assert build.outdated_uploads(plan, chosen) == []
    zip_file = copied / ZIPS / "sums-autograder.zip"
    zip_file.write_bytes(zip_file.read_bytes() + b"x")
    assert build.outdated_uploads(plan, chosen) == [ZIPS / "sums-autograder.zip"]
    assert build.outdated_uploads(plan, TARGETS) == []
    assert build.drift(plan, chosen) == []
    zip_file.unlink()
    assert build.outdated_uploads(plan, chosen) == []
    (copied / "release-otter" / "sums" / "sums.ipynb").unlink()
    assert build.drift(plan, chosen) == ["release-otter/sums/sums.ipynb: missing"]
    assert build.drift(plan, (NBGRADER,)) == []


BUILDS = {
    "nbgrader": {"source", "release", "solutions"},
    "otter": {"release-otter", "build"},
    "gradescope": {"build"},
}


@pytest.mark.parametrize("word", BUILDS)
def test_a_target_builds_its_own_files_alone(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even in memory: where no zip file is asked for, none is packed."""
    packs: list[MasterNotebook] = []
    monkeypatch.setattr(target, "bundle", lambda course, master, *others: packs.append(master) or b"")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    (tmp_path / "source").mkdir()
    shutil.copy(AUTHORED / "sums.py", tmp_path / "source")
    compile_(target=[word])
    built = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert built - {"nbgrader_config.py"} == BUILDS[word] | {"source"}
    assert len(packs) == ("build" in BUILDS[word])
    assert (tmp_path / "source" / "sums" / "sums.ipynb").is_file() == (word == "nbgrader")
    compile_(check=True, target=[word])


def test_versions_are_the_courses_and_else_those_installed(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("Torch==2.0.9  # older\nnumpy==1.26.1\n")
    required, constraints = pins(tmp_path)
    lines = required.splitlines()
    assert {"torch==2.0.9", "numpy==1.26.1"} <= set(lines)
    assert len(lines) > 15
    assert all(line.count("==") == 1 for line in lines)
    assert constraints.startswith("Torch==2.0.9")
    (tmp_path / "constraints.txt").unlink()
    required, constraints = pins(tmp_path)
    assert set(required.splitlines()) <= set(constraints.splitlines())
    assert "+" not in constraints, "a build for CPU is no version of its own"


def test_where_pip_finds_packages_is_the_courses_to_say(course: Path, tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\n")
    master = MasterNotebook("x", (), ())
    assert files(bundle(tmp_path, master, b"{}", {}))["pip.conf"] == b"[global]\n"


def test_an_unknown_target_is_a_usage_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError, match="--target otters: choose nbgrader, otter or gradescope"):
        compile_(target=["otters"])
