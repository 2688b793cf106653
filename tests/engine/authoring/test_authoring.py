"""What an author may write: every mistake is named with the file, the line and what to do."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from autograder.authoring import percent, rules
from autograder.errors import SourceError, UsageError
from tests.places import TESTS

AUTHORED = TESTS / "engine" / "authoring" / "authored"

SOLUTION = '''
    # %% grade_id="f" role="solution"
    def f(x):
        """x."""
        ### BEGIN SOLUTION
        return x
        ### END SOLUTION
'''

# Each case: what the text says, the line of the mistake (marked in the text by <--), and words of the message.
WRONG = {
    "unknown key": ('# %% grade_id="a" role="locked" hidden=true  # <--\n# text', "unknown key 'hidden'"),
    "unquoted value": ('# %% grade_id=a role="locked"  # <--', "cannot read 'grade_id=a': write grade_id=\"name\""),
    "a title": ('# %% Softmax grade_id="a" role="locked"  # <--', "'Softmax' on the line of a cell"),
    "unknown role": (
        '# %% grade_id="a" role="tests"  # <--',
        "unknown role 'tests'; it is one of solution, answer",
    ),
    "role on the wrong cell": (
        '# %% [markdown] grade_id="a" role="test" points=1  # <--',
        "role 'test' on a markdown cell",
    ),
    "no grade_id": ('# %% role="locked"  # <--\n1', "role 'locked' needs a name"),
    "grade_id without a role": ('# %% grade_id="a"  # <--\n1', "add a role, or drop the grade_id"),
    "grade_id that nbgrader refuses": (
        '# %% grade_id="a b" role="locked"  # <--',
        "grade_id 'a b': nbgrader allows letters",
    ),
    "duplicate grade_id": (
        '# %% grade_id="a" role="locked"\n1\n# %% grade_id="a" role="locked"  # <--',
        "grade_id 'a' stands on line 1 already",
    ),
    "points on a solution": ('# %% grade_id="f" role="solution" points=1  # <--', "points on a cell that earns none"),
    "points on a plain cell": ("# %% points=1  # <--\n1", "points on a cell that earns none"),
    "no points on a test": ('# %% grade_id="t" role="test"  # <--\nassert 1', "a test cell needs points"),
    "negative points": ('# %% grade_id="t" role="test" points=-1  # <--\nassert 1', "points=-1 is negative"),
    "points that are no number": ('# %% grade_id="t" role="test" points="2"  # <--\nassert 1', "is not a number"),
    "a test of nothing": ('# %% grade_id="test_f" role="test" points=1  # <--\nf(2)', "nothing is tested here"),
    "no solution for a test": (
        '# %% grade_id="test_f" role="test" points=1  # <--\n### BEGIN HIDDEN TESTS\ncheck("f")\n### END HIDDEN TESTS',
        "no solution cell 'f' for this test",
    ),
    "a test by another name": (
        '# %% grade_id="ft" role="test" points=1  # <--\n### BEGIN HIDDEN TESTS\ncheck("f")\n### END HIDDEN TESTS',
        'is named after its function: grade_id="test_f"',
    ),
    "checks of no function": (
        '# %% grade_id="f" role="solution"\n### BEGIN SOLUTION\nf = 1\n### END SOLUTION\n'
        '# %% grade_id="test_f" role="test" points=1  # <--\n### BEGIN HIDDEN TESTS\ncheck("f")\n### END HIDDEN TESTS',
        "the solution cell 'f' defines none",
    ),
    "nested solution": (
        '# %% grade_id="f" role="solution"\n### BEGIN SOLUTION\n1\n### BEGIN SOLUTION  # <--\n### END SOLUTION',
        "BEGIN SOLUTION inside another one",
    ),
    "unclosed solution": ('# %% grade_id="f" role="solution"\n1\n### BEGIN SOLUTION  # <--\n2', "is never closed"),
    "unopened solution": ('# %% grade_id="f" role="solution"\n1\n### END SOLUTION  # <--', "without BEGIN SOLUTION"),
    "nested hidden tests": (
        '# %% grade_id="t" role="test" points=1\n### BEGIN HIDDEN TESTS\n### BEGIN HIDDEN TESTS  # <--',
        "BEGIN HIDDEN TESTS inside another one",
    ),
    "unclosed hidden tests": (
        '# %% grade_id="t" role="test" points=1\nassert 1\n\n### BEGIN HIDDEN TESTS  # <--\nassert 2',
        "add a line ### END HIDDEN TESTS",
    ),
    "solution in a plain cell": (
        "# %%\n### BEGIN SOLUTION  # <--\n1\n### END SOLUTION",
        'in a cell with role="solution" or role="answer" or role="manual"',
    ),
    "solution in a markdown cell": (
        '# %% [markdown] grade_id="a" role="locked"\n# x\n# ### BEGIN SOLUTION  # <--\n# ### END SOLUTION',
        "BEGIN SOLUTION stands only in a cell with",
    ),
    "hidden tests in a solution": (
        '# %% grade_id="f" role="solution"\n### BEGIN HIDDEN TESTS  # <--\n### END HIDDEN TESTS',
        'BEGIN HIDDEN TESTS stands only in a cell with role="test"',
    ),
    "a mark scheme": (
        "# %% [markdown]\n# ### BEGIN MARK SCHEME  # <--\n# ### END MARK SCHEME",
        'stands only in a cell with role="task"',
    ),
    "nbgrader's generated tests": (
        '# %% grade_id="t" role="test" points=1\nassert 1\n### AUTOTEST f(1)  # <--',
        "use asserts or check()",
    ),
    "a check beside an assert": (
        dedent(SOLUTION) + '# %% grade_id="test_f" role="test" points=1\n### BEGIN HIDDEN TESTS\ncheck("f")\n'
        "assert f(1) == 1  # <--\n### END HIDDEN TESTS",
        "beside check() this would never run",
    ),
    "a check beside an assert in another region": (
        dedent(SOLUTION) + '# %% grade_id="test_f" role="test" points=1\n### BEGIN HIDDEN TESTS\ncheck("f")\n'
        "### END HIDDEN TESTS\n### BEGIN HIDDEN TESTS\nx = 1  # <--\n### END HIDDEN TESTS",
        "beside check() this would never run",
    ),
    "a check in a loop": (
        dedent(SOLUTION) + '# %% grade_id="test_f" role="test" points=1\n### BEGIN HIDDEN TESTS\n'
        'for n in ["f"]:\n    check(n)  # <--\n### END HIDDEN TESTS',
        "check() takes one name in quotes",
    ),
    "an unknown check": (
        dedent(SOLUTION) + '# %% grade_id="test_f" role="test" points=1\n### BEGIN HIDDEN TESTS\n'
        'check("g")  # <--\n### END HIDDEN TESTS',
        "there are no checks named 'g'; there are checks for: f, h. They belong in checks/",
    ),
    "a visible check": (
        dedent(SOLUTION) + '# %% grade_id="test_f" role="test" points=1\ncheck("f")  # <--',
        "check() outside ### BEGIN HIDDEN TESTS",
    ),
    "a visible import of ours": ("# %%\nx = 1\nfrom autograder import check  # <--", 'give this cell role="author"'),
    "two functions": (
        '# %% grade_id="f" role="solution"\ndef f():\n    ### BEGIN SOLUTION\n    1\n    ### END SOLUTION\n'
        "\ndef g():  # <--\n    pass",
        "'g' is the second one here",
    ),
    "another function": (
        '# %% grade_id="f" role="solution"\n\ndef g():  # <--\n    ### BEGIN SOLUTION\n    1\n    ### END SOLUTION',
        "this defines 'g' but its grade_id is 'f'",
    ),
    "a hidden signature": (
        '# %% grade_id="f" role="solution"\n### BEGIN SOLUTION\ndef f():  # <--\n    return 1\n### END SOLUTION',
        "the signature stands inside the solution",
    ),
    "a solution without a region": ('# %% grade_id="f" role="solution"  # <--\ndef f(): pass', "marks what students"),
    "code that does not parse": ("# %%\n%matplotlib inline\nx = (1,  # <--\ny = 2\n", "this does not parse"),
    "code that does not parse below blank lines": ("# %%\n\n\nx = 1\nif x  # <--\n", "this does not parse"),
    "a stub that does not parse": (
        '# %% grade_id="f" role="solution"  # <--\ndef f():\n    x = [\n### BEGIN SOLUTION\n1]\n### END SOLUTION',
        "without its solution this cell does not parse",
    ),
    "a test that does not parse without hidden lines": (
        '# %% grade_id="t" role="test" points=1  # <--\nif 1:\n### BEGIN HIDDEN TESTS\n    assert 1\n'
        "### END HIDDEN TESTS",
        "without its hidden tests this cell does not parse",
    ),
    "code before the first cell": ("# a comment\nimport os  # <--\n# %%\n1", "code before the first cell"),
    "a form feed": ("# %%\nx = 1\n\x0c  # <--\ny = 2", "U+000C ends a line for some programs only"),
    "text that nests too deeply": ("# %%\n" + "-" * 3000 + "1  # <--", "the parser gives up at text that nests"),
    "a value that nests too deeply": ("# %% points=" + "-" * 3000 + "1  # <--", "a value here nests too deeply"),
    "a cell line in a string": ('# %%\ns = """\n# %% no cell  # <--\n"""', "begins no cell"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]
    line = next(number for number, each in enumerate(text.split("\n"), start=1) if "# <--" in each)
    path = tmp_path / "wrong.py"
    path.write_text(text.replace("  # <--", "") + "\n")
    with pytest.raises(SourceError) as caught:
        rules.verify(percent.read(path), {"f", "h"})
    assert message in str(caught.value)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert str(caught.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("name", ["sums", "judged"])
def test_the_samples_are_right(name: str) -> None:
    rules.verify(percent.read(AUTHORED / f"{name}.py"), {"largest", "largest_of_many"})


def test_without_known_checks_no_name_is_looked_up() -> None:
    rules.verify(percent.read(AUTHORED / "judged.py"))


def test_cells_know_their_lines() -> None:
    path = AUTHORED / "sums.py"
    lines = path.read_text().split("\n")
    for cell in percent.read(path).cells:
        assert lines[cell.line - 1].startswith("# %%")
        first = cell.source.split("\n")[0]
        assert lines[cell.first - 1].removeprefix("# ") == first


def test_text_in_quotes_knows_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "quoted.py"
    path.write_text('# %% [markdown]\n"""\nA line\nanother\n"""\n\n# %%\n\n\nx = 1\n')
    quoted, blank = percent.read(path).cells
    assert (quoted.source, quoted.first) == ("A line\nanother", 3)
    assert (blank.source, blank.first) == ("x = 1", 10)


def test_magics_and_await_are_python_of_notebooks(tmp_path: Path) -> None:
    path = tmp_path / "magic.py"
    path.write_text("# %%\n# %matplotlib inline\nx = await f()\n\n# %%\n# !ls\n\n# %%\n# %%time\n1\n")
    authored = percent.read(path)
    assert [cell.source.split("\n")[0] for cell in authored.cells] == ["%matplotlib inline", "!ls", "%%time"]
    rules.verify(authored)


def test_a_cell_of_asserts_needs_no_name_or_solution(tmp_path: Path) -> None:
    path = tmp_path / "free.py"
    path.write_text('# %% grade_id="anything" role="test" points=0\nimport torch\ntorch.testing.assert_close(1, 1)\n')
    rules.verify(percent.read(path), set())


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (None, UsageError, "no such file"),
        (b"x = 1\n\xff\n", SourceError, ":2: not UTF-8"),
        (b"", SourceError, ":1: no cells"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, error: type[Exception], words: str) -> None:
    path = tmp_path / "odd.py"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=words):
        percent.read(path)


def test_a_file_name_that_names_no_assignment(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="letters, digits"):
        percent.read(tmp_path / "two words.py")
