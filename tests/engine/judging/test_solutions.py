"""The solutions of an authored text, as a module to be run: all that they need, and nothing else."""

import textwrap

import pytest

from autograder.errors import SourceError, UsageError
from autograder.judging.solutions import solution_of, solution_text

TEXT = '''\
# %% grade_id="setup" role="locked"
from __future__ import annotations
import math
import json
%matplotlib inline

HALF = 0.5
UNUSED = 3


# a helper of the notebook
def scaled(x):
    return x * HALF


figure = print("drawn")

# %% role="author"
from autograder import check

# %% grade_id="root" role="solution"
def root(x: float) -> float:
    """The root of half of x."""
    ### BEGIN SOLUTION
    return math.sqrt(scaled(x))  # not x
    ### END SOLUTION


print("a solution cell may print")

# %% grade_id="test_root" role="test" points=1
HALF = 4
### BEGIN HIDDEN TESTS
check("root")
### END HIDDEN TESTS

# %%
shown = [root(n) for n in range(3)]
shown.append(1)

# %% grade_id="twice" role="solution"
LIMIT = 2

@staticmethod
def twice(x):
    return _step(root(x)) * LIMIT

def _step(x):
    return x
'''


@pytest.fixture
def course(tmp_path):
    def write(text=TEXT):
        (tmp_path / "source").mkdir(exist_ok=True)
        (tmp_path / "source" / "roots.py").write_text(text)
        return tmp_path

    return write


def test_the_module_holds_the_solutions_and_what_they_need_in_order(course):
    text = solution_text(course(), "roots")
    space = {"__name__": "solutions"}
    exec(text, space)
    assert space["twice"](8) == 4.0
    starts = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert starts == [
        "from __future__ import annotations",
        "import math",
        "HALF = 0.5",
        "def scaled(x):",
        "def root(x: float) -> float:",
        "LIMIT = 2",
        "@staticmethod",
        "def twice(x):",
        "def _step(x):",
    ]
    assert "math.sqrt(scaled(x))  # not x" in text


def test_for_one_function_it_holds_that_one_alone(course):
    text = solution_text(course(), "roots", "root")
    assert "def root" in text
    assert "twice" not in text


def test_a_solution_stands_apart_from_what_it_calls_and_knows_its_lines(course):
    root = course()
    found = solution_of(root, "roots", "twice")
    lines = (root / "source" / "roots.py").read_text().splitlines()
    for number, line in enumerate(found.text.splitlines()):
        assert line in ("", lines[found.line - 1 + number])
    assert found.text.startswith("LIMIT = 2")
    assert "def _step" in found.text
    assert "def root" in found.around
    space = {"__name__": "solutions"}
    exec(found.around, space)
    exec(found.text.replace("root(x)", "(root(x) + 1)"), space)
    assert space["twice"](8) == 6.0
    assert space["root"](8) == 2.0


def test_later_and_conditional_definitions_are_taken_too(course):
    text = """\
    # %% grade_id="one" role="solution"
    def one():
        return late() + fast

    # %%
    from __future__ import annotations

    def late():
        return 1

    try:
        import no_such_module_at_all as fast
    except ImportError:
        fast = 0
    if late() > 5:
        print("shown, so this is no definition")
        late = None
    """
    text = solution_text(course(textwrap.dedent(text)), "roots")
    space = {"__name__": "solutions"}
    exec(text, space)
    assert space["one"]() == 1
    assert "shown" not in text


def test_errors_name_the_file_and_the_line(course, tmp_path):
    with pytest.raises(UsageError, match=r"no_such\.py: no such file"):
        solution_text(course(), "no_such")
    with pytest.raises(SourceError, match=r"roots\.py:1: no cell with role=\"solution\" defines cube"):
        solution_of(tmp_path, "roots", "cube")
    with pytest.raises(SourceError, match=r"roots\.py:3: the solution needs 'other'"):
        solution_text(course('# %% grade_id="f" role="solution"\n\ndef f():\n    return other()\n'), "roots")
    with pytest.raises(SourceError, match=r"roots\.py:4: the solution is not Python"):
        solution_text(course('# %% grade_id="f" role="solution"\n\ndef f():\n    return (\n'), "roots")
    with pytest.raises(UsageError, match="no cell has role"):
        solution_text(course("# %%\nx = 1\n"), "roots")
