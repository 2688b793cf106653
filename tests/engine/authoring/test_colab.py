"""The cell that lets a notebook run in Colab: which packages it installs, and where its files come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograder.authoring import build, colab, percent
from autograder.authoring.colab import Repository
from autograder.course import read_course
from autograder.errors import SourceError, UsageError

TEXT = '# %%\nimport yaml\nimport os\nfrom torch import nn\nimport beside\n\n# %% role="author"\nimport rich\n'


def test_packages_are_those_of_the_students_notebook(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT)
    found = colab.packages(percent.read(tmp_path / "a.py"), {"beside.py": b""})
    assert found == {"torch": "torch", "yaml": "pyyaml"}


SOLVED = '''# %% grade_id="f" role="solution"
import torch


def f(x):
    """It."""
    ### BEGIN SOLUTION
    import scipy

    return scipy.special.expit(x)
    ### END SOLUTION


# %% grade_id="free" role="answer"
import networkx
'''


def test_packages_tell_nothing_of_a_solution(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOLVED)
    assert colab.packages(percent.read(tmp_path / "a.py"), {}) == {"torch": "torch"}


def test_without_a_repository_nothing_is_added(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.py").write_text(TEXT)
    build.compile_assignment(tmp_path, "a", execute=False)
    assert len(json.loads((tmp_path / "release/a/a.ipynb").read_text())["cells"]) == 1
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert read_course(tmp_path).repository is None


def test_the_name_of_the_cell_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'# %%\n1\n\n# %% grade_id="{colab.GRADE_ID}" role="locked"\n2\n')
    with pytest.raises(SourceError, match=":4: grade_id 'get_ready' is the cell's"):
        colab.make_standalone(percent.read(tmp_path / "a.py"), {}, Repository("a/b"))


@pytest.mark.parametrize("text", ["course", "https://github.com/a/b", "a/b@", "a/b c", "a/b/c"])
def test_a_repository_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.Autograder.repository = {text!r}\n")
    with pytest.raises(UsageError, match=r"c\.Autograder\.repository"):
        print(read_course(tmp_path).repository)


def test_a_branch_is_part_of_the_address() -> None:
    found = Repository.parse("a.b/c-d@spring/2030")
    assert (found.name, found.branch) == ("a.b/c-d", "spring/2030")
    assert found.files == "https://raw.githubusercontent.com/a.b/c-d/spring/2030"
