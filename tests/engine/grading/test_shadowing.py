"""Which file of a student's would be imported in the place of a module: found on this machine, not on a list."""

from __future__ import annotations

import pytest

from autograder.grading.submitted import _autorun_flag


@pytest.mark.parametrize("path", [
    "torch.py", "torch/__init__.py", "numpy.py", "nbgrader.py", "pygments/__init__.py", "yaml.py", "json.py", "zmq.py",
    "typing_extensions.py", "autograder.py",
])  # fmt: skip
def test_what_can_be_imported_here_is_shadowed(path: str) -> None:
    assert _autorun_flag(path) == f"shadows_module:{path}"


@pytest.mark.parametrize("path", [
    "helper.py", "my_torch.py", "torch/notes.py", "data/torch.py", "torch.txt", "tests.py", "materials.py",
])  # fmt: skip
def test_a_student_s_own_module_is_not_refused(path: str) -> None:
    assert _autorun_flag(path) == ""
