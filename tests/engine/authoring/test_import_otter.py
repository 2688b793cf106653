"""A master notebook of `otter assign` becomes authored text: same questions, points and tests; all else is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from otter.assign.solutions import replace_solutions

from autograder.authoring import build, percent, rules
from autograder.authoring.importing import ImportedNotebook, import_notebook
from autograder.authoring.importing.draft import NOT_WRITTEN
from autograder.authoring.importing.otter_markers import mark
from autograder.authoring.percent import AuthoredCell
from autograder.errors import SourceError, UsageError
from tests.conftest import nbgrader
from tests.engine.authoring.otter_notebook import FALLING, Cell, block, question, write


def _taken(folder: Path, cells: list[Cell]) -> tuple[ImportedNotebook, dict[str | None, AuthoredCell]]:
    """The import, and the authored cells that have a grade_id by it."""
    imported = import_notebook(write(folder, cells))
    text = folder / "falling.py"
    text.write_text(imported.text)
    authored = percent.read(text)
    rules.verify(authored)
    return imported, {cell.grade_id: cell for cell in authored.cells if cell.grade_id}


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportedNotebook, dict[str | None, AuthoredCell]]:
    return _taken(tmp_path_factory.mktemp("otter"), FALLING)


def test_questions_and_points_are_otters(taken: tuple[ImportedNotebook, dict[str | None, AuthoredCell]]) -> None:
    imported, cells = taken
    assert imported.origin == "Otter"
    assert {name: (cell.role, cell.points) for name, cell in cells.items()} == {
        "fall_time": ("solution", None),
        "test_fall_time_1": ("test", 1),  # (4 - 1) / 3: what one test says itself is its own, the others share the rest
        "test_fall_time_2": ("test", 1),
        "test_fall_time_3": ("test", 1),
        "test_fall_time_4": ("test", 1),
        "q_2": ("solution", None),
        "test_q_2": ("test", 1),
        "q3": ("manual", 2.5),
        "q4": ("manual", 2),
    }
    assert (imported.questions, imported.points) == (7, 9.5)


def test_a_solution_is_hidden_and_its_prompt_a_comment(
    taken: tuple[ImportedNotebook, dict[str | None, AuthoredCell]],
) -> None:
    _, cells = taken
    assert cells["fall_time"].source == (
        "def fall_time(h):\n    # t = ...\n    ### BEGIN SOLUTION\n    t = (2 * h / g) ** 0.5\n    return t\n"
        "    ### END SOLUTION"
    )
    assert cells["q_2"].source == ("### BEGIN SOLUTION\nheavy = 10\nlight = 1\n### END SOLUTION\nboth = (heavy, light)")
    assert cells["q3"].source == (
        "Because ...\n\n### BEGIN SOLUTION\nForce and inertia both grow with it.\n### END SOLUTION"
    )
    assert cells["q4"].source.startswith("# ts = ...\n### BEGIN SOLUTION\nts = [")


def test_a_test_raises_where_otters_would_fail(taken: tuple[ImportedNotebook, dict[str | None, AuthoredCell]]) -> None:
    _, cells = taken
    right = {"fall_time": lambda h: (2 * h / 9.81) ** 0.5, "heavy": 10, "light": 1, "both": (10, 1)}
    tests = {name: cell.source for name, cell in cells.items() if cell.role == "test"}
    for source in tests.values():
        exec(source, dict(right))
    wrong = {"fall_time": lambda h: 2.02, "heavy": 1, "light": 1, "both": (1, 1)}
    for name in ("test_fall_time_2", "test_fall_time_3", "test_fall_time_4", "test_q_2"):
        with pytest.raises(AssertionError):
            exec(tests[name], dict(wrong))
    assert tests["test_fall_time_2"].endswith(", 'From rest at 0 m it takes no time.'")
    exec(tests["test_fall_time_1"], dict(wrong))
    with pytest.raises(AssertionError):
        exec(tests["test_fall_time_1"], {**wrong, "fall_time": lambda h: 2.03})


def test_hidden_tests_are_hidden(taken: tuple[ImportedNotebook, dict[str | None, AuthoredCell]]) -> None:
    _, cells = taken
    shown = {name: cell.source.split("### BEGIN HIDDEN")[0].strip() for name, cell in cells.items()}
    assert shown["test_fall_time_3"] == shown["test_fall_time_4"] == "# Hidden tests of q1 run here."
    assert "light > 0" not in shown["test_q_2"]
    assert "light > 0" in cells["test_q_2"].source


def test_all_else_is_named_with_its_cell(taken: tuple[ImportedNotebook, dict[str | None, AuthoredCell]]) -> None:
    said = "\n".join(map(str, taken[0].remarks))
    for words in (
        "cell 1: ASSIGNMENT CONFIG, files: ['falls.csv']: copy",
        "cell 1: ASSIGNMENT CONFIG, seed:",
        "cell 1: ASSIGNMENT CONFIG, export_cell: True: students hand in through nbgrader",
        "the name 'q 2' is 'q_2' now",
    ):
        assert words in said
    assert 'role="author"\n## Ignore ##' in taken[0].text, "a cell for the author stays the author's"


def test_what_is_taken_in_compiles_and_validates(tmp_path: Path) -> None:
    imported = import_notebook(write(tmp_path, FALLING))
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "falling.py").write_text(imported.text)
    build.compile_assignment(tmp_path, "falling", execute=False)
    released = (tmp_path / "release/falling/falling.ipynb").read_text()
    assert "fall_time(80)" not in released
    assert "inertia" not in released
    ran = nbgrader(tmp_path, "validate", "source/falling/falling.ipynb")
    assert ran.returncode == 0, ran.stderr
    assert "Success" in ran.stdout, ran.stdout


FIXED = block("SOLUTION", ("code", "x = 1  # SOLUTION"))
CASES: dict[str, tuple[list[Cell], str, str]] = {  # what the question holds, words of the text, words of the remarks
    "nothing is marked": (block("SOLUTION", ("code", "x = 1")), "\nx = 1\n", "students get it as it is"),
    "no tests": (FIXED, "### BEGIN SOLUTION\nx = 1\n", "'q' has no tests: it earns no points"),
    "a seed": (block("SOLUTION", ("code", "seed(3)  # SEED\nx = 1  # SOLUTION")), "seed(3)\n", "'seed(3)' belongs to"),
    "a test that never ran": (
        [*FIXED, *block("TESTS", ("code", "x == 1"))],
        "assert x == 1",
        "never run; it is taken to have shown True",
    ),
    "a test without a claim": ([*FIXED, *block("TESTS", ("code", "x + 1;"))], NOT_WRITTEN, "write what must hold"),
    "a place in memory": (
        [*FIXED, *block("TESTS", ("code", "object()", "<object at 0x7f00aa>"))],
        f"object()\n{NOT_WRITTEN}",
        "names a place in memory",
    ),
    "a string of several lines": (
        [*FIXED, *block("TESTS", ("code", 'print("""a\n  b""")', ">a\n  b\n"))],
        '    print("""a\n  b""")\n',
        "",
    ),
    "a plugin": ([("code", "# BEGIN PLUGIN\na.b\n# END PLUGIN"), *FIXED], 'role="author"', "plugin of Otter's"),
    "a stub that would not parse": (
        block("SOLUTION", ("code", "if x:  # SOLUTION\n    y = 1")),
        "### BEGIN SOLUTION\nif x:\n    y = 1\n### END SOLUTION",
        "all of the cell is the solution now",
    ),
    "a line that would begin a cell": ([("markdown", "%% new"), *FIXED], "# % % new", "would begin a cell"),
    "several functions": (
        block("SOLUTION", ("code", "# BEGIN SOLUTION\ndef f(): pass\ndef g(): pass\n# END SOLUTION")),
        'grade_id="q" role="answer"',
        "no tests",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_its_own(tmp_path: Path, case: str) -> None:
    cells, words, remark = CASES[case]
    imported, _ = _taken(tmp_path, question("name: q", *cells))
    assert words in imported.text
    assert remark in "\n".join(map(str, imported.remarks))


@pytest.mark.parametrize(
    "line",
    [
        "x = 42  # SOLUTION",
        "x = 42  # SOLUTION: see lecture 3",
        "x = 42  #SOLUTION, one of two",
        "return a + 42 # SOLUTION (any form)",
        "x = 42  # SOLUTION NO PROMPT",
        "x = 42  # SOLUTION NO PROMPT: see lecture 3",
        "seed(42)  # SEED",
        "x = 42  # SOLUTIONS differ",
        "x = 42  # the SOLUTION",
        "x = 42  # solution",
    ],
)
def test_what_otter_takes_out_is_taken_out(line: str) -> None:
    otter_leaves = "\n".join(replace_solutions([line], "python"))
    taken = mark(line)
    assert bool(taken.regions) == (otter_leaves != line)
    assert ("42" in rules.stub(taken.source)) == ("42" in otter_leaves)
    if taken.regions and ":" in line:
        assert "see lecture 3" in taken.source, "a note stays in the solution"


def test_tests_that_are_functions_are_called(tmp_path: Path) -> None:
    test = ("code", "def test_x(env, x):\n    assert env['x'] == x == 1")
    config: Cell = ("raw", "# ASSIGNMENT CONFIG\ntests:\n  ok_format: false")
    _, graded = _taken(tmp_path, [config, *question("name: q", *FIXED, *block("TESTS", test))])
    assert graded["test_q"].source.endswith("\n\ntest_x(globals(), x)")


def test_solutions_outside_questions_are_hidden_where_the_configuration_says_so(tmp_path: Path) -> None:
    config: Cell = ("raw", "# ASSIGNMENT CONFIG\nstrip_solutions_from_all_cells: true")
    cells: list[Cell] = [config, ("code", "y = 2  # SOLUTION"), ("code", "z = 3"), *question("name: q", *FIXED)]
    _, graded = _taken(tmp_path, cells)
    assert graded["given"].source == "# y = ...\n### BEGIN SOLUTION\ny = 2\n### END SOLUTION"


def test_a_fenced_block_in_markdown_is_a_block(tmp_path: Path) -> None:
    cells: list[Cell] = [
        (
            "markdown",
            "Text above\n\n```otter\n# BEGIN QUESTION\nname: q\n```\nText of it\n```otter\n# BEGIN SOLUTION\n```",
        ),
        ("code", "x = 1  # SOLUTION"),
        ("markdown", "```otter\n# END SOLUTION\n```\n```otter\n# END QUESTION\n```\nText below"),
    ]
    _, graded = _taken(tmp_path, cells)
    assert graded["q"].source == "# x = ...\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION"
    assert [cell.source for cell in percent.read(tmp_path / "falling.py").cells if cell.kind == "markdown"] == [
        "Text above", "Text of it", "Text below",
    ]  # fmt: skip


TEST_CONFIG = '""" # BEGIN TEST CONFIG\npoints: 2\n'
TESTED = block("TESTS", ("code", "1"))
BROKEN: dict[str, tuple[list[Cell], str]] = {
    "unended question": ([("raw", "# BEGIN QUESTION\nname: q")], "'q' of cell 1 has no END QUESTION"),
    "end without a begin": ([*question("name: q"), ("raw", "# END TESTS")], "cell 3: END TESTS outside a question"),
    "nested": (question("name: q", ("raw", "# BEGIN QUESTION\nname: r")), "cell 2: BEGIN QUESTION inside question 'q'"),
    "wrong end": (question("name: q", ("raw", "# BEGIN TESTS")), "cell 3: END QUESTION inside TESTS"),
    "no name": (question("points: 1"), "cell 1: this question has no name"),
    "not YAML": (question("name: [q"), "cell 1: its YAML cannot be read"),
    "a list": (question("- q"), "cell 1: lines of the form key: value"),
    "text among tests": (question("name: q", *block("TESTS", ("markdown", "x"))), "cell 3: among tests stands a mark"),
    "a broken test": (question("name: q", *block("TESTS", ("code", "x ="))), "cell 3: this test does not parse"),
    "points too many": (
        question("name: q\npoints: 1", *block("TESTS", ("code", f'{TEST_CONFIG}""" # END TEST CONFIG\n1'))),
        "its tests are worth 2 points, it only 1",
    ),
    "points of another number": (question("name: q\npoints: [1, 2]", *TESTED), "2 points are given for 1 tests"),
    "points that are none": (question("name: q\npoints: many", *TESTED), "'many' is not a number"),
    "an open mark": (
        question("name: q", *block("SOLUTION", ("code", "# BEGIN SOLUTION\nx"))),
        "cell 3: # BEGIN SOLUTION is never ended",
    ),
    "an open test config": (question("name: q", *block("TESTS", ("code", f'{TEST_CONFIG}"""'))), "is never ended by"),
    "the first format": ([("markdown", "```\nBEGIN QUESTION\nname: q\n```")], "cell 1 is of Otter's first format"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_notebook_is_refused_with_the_cell(tmp_path: Path, case: str) -> None:
    cells, words = BROKEN[case]
    with pytest.raises(SourceError) as caught:
        import_notebook(write(tmp_path, cells))
    assert words in str(caught.value)


def test_another_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="written in R; only Python"):
        import_notebook(write(tmp_path, FALLING, language="R"))
