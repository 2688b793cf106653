"""An instructor's notebook of nbgrader's becomes authored text, and what is graded by it gets nbgrader's own marks."""

from __future__ import annotations

import codecs
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import nbformat
import nbgrader as nbgrader_package
import pytest
from nbformat import v4

from autograder.authoring import build, percent, rules
from autograder.authoring.importing import import_notebook
from autograder.authoring.importing.draft import NOT_WRITTEN
from autograder.errors import AutograderError, SourceError, UsageError
from autograder.grading.submission import parse
from tests.conftest import autograder, command, nbgrader

EXAMPLE = Path(nbgrader_package.__file__).parent / "docs" / "source" / "user_guide"  # what `nbgrader quickstart` copies
CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "taken_in"\n'


def _write(folder: Path, *cells: Any, name: str = "given.ipynb") -> Path:
    nbformat.write(v4.new_notebook(cells=list(cells)), folder / name)
    return folder / name


def _cell(source: str, kind: str = "code", **flags: Any) -> Any:
    known = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3, **flags}
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}[kind]
    return make(source, metadata={"nbgrader": known})


def _test(source: str, grade_id: str = "t", points: float = 1) -> Any:
    return _cell(source, grade=True, locked=True, grade_id=grade_id, points=points)


# ---- nbgrader's example: the same marks -------------------------------------------------------------------


def _marks(course: Path, assignment: str) -> dict[tuple[str, str], tuple[float | None, float]]:
    query = (
        "SELECT s.student_id, b.name, g.auto_score, COALESCE(c.max_score, t.max_score) FROM grade g "
        "JOIN base_cell b ON b.id = g.cell_id "
        "LEFT JOIN grade_cells c ON c.id = b.id LEFT JOIN task_cells t ON t.id = b.id "
        "JOIN submitted_notebook n ON n.id = g.notebook_id JOIN submitted_assignment s ON s.id = n.assignment_id "
        "JOIN assignment a ON a.id = s.assignment_id WHERE a.name = ?"
    )
    with sqlite3.connect(course / "gradebook.db") as db:
        found = db.execute(query, [assignment]).fetchall()
    return {(student, cell): (score, points) for student, cell, score, points in found}


@pytest.mark.matrix
def test_the_marks_of_nbgraders_example_are_nbgraders(tmp_path: Path) -> None:
    """problem1 of its ps1, and the two submissions that it ships, graded by nbgrader itself and by us."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for course, assignment in ((theirs, "ps1"), (ours, "problem1")):
        course.mkdir()
        (course / "nbgrader_config.py").write_text(CONFIG)
        for student in ("bitdiddle", "hacker"):
            folder = course / "submitted" / student / assignment
            folder.mkdir(parents=True)
            shutil.copy(EXAMPLE / "submitted" / student / "ps1" / "problem1.ipynb", folder)
    (theirs / "source" / "ps1").mkdir(parents=True)
    shutil.copy(EXAMPLE / "source" / "ps1" / "problem1.ipynb", theirs / "source" / "ps1")
    for step in ("generate_assignment", "autograde"):
        ran = nbgrader(theirs, step, "ps1", *(["--create"] if step == "autograde" else []))
        assert ran.returncode == 0, ran.stderr

    taken = autograder(ours, "import", str(theirs / "source" / "ps1" / "problem1.ipynb"))
    assert taken.returncode == 0, taken.stderr
    assert "7 graded cells, 10 points" in taken.stderr
    build.compile_assignment(ours, "problem1", execute=False)
    graded = autograder(ours, "grade", "problem1", "--json")
    assert graded.returncode == 0, graded.stderr
    wanted = _marks(theirs, "ps1")
    assert {score for score, _ in wanted.values()} >= {None, 0, 1}, "some right, some wrong, some by hand"
    assert _marks(ours, "problem1") == wanted

    ran = nbgrader(ours, "generate_assignment", "problem1", "--force")
    assert ran.returncode == 0, ran.stderr


# ---- what has no counterpart ------------------------------------------------------------------------------

CASES: dict[str, tuple[Any, str, str]] = {  # a cell, words of the text, words of the remarks
    "a test that raises without assert": (_test("verify(x)"), f"verify(x)\n{NOT_WRITTEN}", "write what must hold"),
    "a hidden test without assert": (
        _test("### BEGIN HIDDEN TESTS\nverify(x)\n### END HIDDEN TESTS"),
        f"verify(x)\n{NOT_WRITTEN}\n### END HIDDEN TESTS",
        "until then nobody gets its points",
    ),
    "a generated test": (
        _test("assert x\n### AUTOTEST f(1)"),
        'assert x\n# to be tested: f(1)\nraise NotImplementedError("write this test")',
        "assert it: f(1)",
    ),
    "generated tests alone": (
        _test("if True:\n    ### HASHED AUTOTEST f(1)"),
        'if True:\n    # to be tested: f(1)\n    raise NotImplementedError("write this test")\n',
        "assert it: f(1)",
    ),
    "hidden tests where a person marks": (
        _cell("x = 1\n### BEGIN HIDDEN TESTS\nassert x\n### END HIDDEN TESTS\ny = 2", solution=True, grade=True,
              points=2, grade_id="by-hand"),
        "x = 1\ny = 2",
        "left out: assert x",
    ),
    "a name that is not the function's": (
        _cell("def f():\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION", solution=True, grade_id="part-a"),
        'grade_id="part-a" role="answer"',
        "",
    ),
    "a solution without marks": (_cell("x = 1", solution=True, grade_id="x"), 'role="answer"', ""),
    "a task": (
        _cell("Do it.\n\n=== BEGIN MARK SCHEME ===\nOne.\n=== END MARK SCHEME ===", "markdown", task=True, locked=True,
              grade_id="do", points=2),
        'grade_id="do" role="task" points=2',
        "",
    ),
    "tags": (v4.new_code_cell("1", metadata={"tags": ["raises-exception"]}), "1", "tags have no counterpart: raises"),
    "another note": (v4.new_code_cell("1", metadata={"slideshow": {}}), "1", "no counterpart: slideshow"),
    "a shell cell": (v4.new_code_cell("%%bash\nls"), '# %% language="bash"\n# ls', ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_its_own(tmp_path: Path, case: str) -> None:
    cell, words, remark = CASES[case]
    imported = import_notebook(_write(tmp_path, cell, v4.new_markdown_cell("end")))
    assert words in imported.text
    assert remark in "\n".join(map(str, imported.remarks))
    (tmp_path / "given.py").write_text(imported.text)
    authored = percent.read(tmp_path / "given.py")
    rules.verify(authored)
    assert len(authored.cells) == 2


def test_a_notebook_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = _write(tmp_path, v4.new_code_cell("x = 1"))
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes())
    assert "x = 1" in import_notebook(path).text
    assert [cell.source for cell in parse(path.read_bytes(), path.name)] == ["x = 1"], "handed in, it may as well"


def test_a_task_keeps_its_mark_scheme_from_students(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "given.py").write_text(import_notebook(_write(tmp_path, CASES["a task"][0])).text)
    build.compile_assignment(tmp_path, "given", execute=False)
    kept = json.loads((tmp_path / "source/given/given.ipynb").read_text())["cells"][0]
    released = json.loads((tmp_path / "release/given/given.ipynb").read_text())["cells"][0]
    assert (kept["metadata"]["nbgrader"]["task"], kept["metadata"]["nbgrader"]["points"]) == (True, 2)
    assert "One." in "".join(kept["source"])
    assert "".join(released["source"]) == "Do it.\n"


def test_a_pasted_picture_becomes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = v4.new_markdown_cell("![](attachment:map.png)", attachments={"map.png": {"image/png": "aGk="}})
    course = tmp_path / "course"
    course.mkdir()
    (course / "nbgrader_config.py").write_text(CONFIG)
    words = ("import", str(_write(tmp_path, cell, name="two words.ipynb")))
    assert command(course, *words) == 0
    assert "![](map.png)" in (course / "source/two_words.py").read_text()
    assert (course / "source/two_words/map.png").read_bytes() == b"hi"
    assert "'map.png' is now the file map.png" in capsys.readouterr().err
    assert command(course, *words) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("{", SourceError, "not JSON"),
        ("[]", SourceError, "not a"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', SourceError, "there is no cell in it"),
        (None, UsageError, "no such notebook"),
    ],
)
def test_a_file_that_is_no_notebook(
    tmp_path: Path, content: str | None, error: type[AutograderError], words: str
) -> None:
    path = tmp_path / "bad.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(error, match=words):
        import_notebook(path)


def test_a_text_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give a notebook"):
        import_notebook(tmp_path / "given.py")


def test_what_does_not_compile_yet_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path, _test("check('f')"))
    assert command(tmp_path, "import", str(path), "--output", str(tmp_path / "given.py")) == 1
    said = capsys.readouterr().err
    assert "does not compile yet" in said
    assert "check() outside" in said
