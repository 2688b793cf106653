"""Of a course's settings only what grading needs goes along to Gradescope, and it says the same there."""

from __future__ import annotations

from pathlib import Path

import pytest
from traitlets.config import PyFileConfigLoader

from autograder.errors import UsageError
from autograder.gradescope import packed
from autograder.limits import Limits

SETTINGS = """
from nbgrader.preprocessors import LockCells

c = get_config()
c.CourseDirectory.db_url = "postgresql://ta:PASSWORD@db.test/course"
c.CourseDirectory.root = "/srv/course"
c.CourseDirectory.ignore.append("*.tmp")
c.Autograder.tier = 2
c.Autograder.device = "cuda"
c.Autograder.memory_mib = 2048
c.GenerateAssignment.preprocessors = ["nbgrader.preprocessors.IncludeHeaderFooter", LockCells, "ours.Stub"]
c.IncludeHeaderFooter.header = "header.ipynb"
c.ClearSolutions.code_stub = {"python": "# here"}
c.Stub.text = "write here"
c.Exchange.root = "/srv/exchange"
c.AssignLatePenalties.plugin_class = "late.Penalty"
c.Penalty.points = 0.5
"""


def test_settings_that_grading_needs_are_packed_and_no_others(tmp_path: Path) -> None:
    (tmp_path / packed.CONFIG).write_text(SETTINGS)
    (tmp_path / "late.py").write_text("class Penalty: pass\n")
    (tmp_path / "ours.py").write_text("class Stub: pass\n")
    found = packed.settings(tmp_path)
    assert sorted(found) == ["late.py", "nbgrader_config.py", "ours.py"]
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / packed.CONFIG).write_bytes(found[packed.CONFIG])
    there = PyFileConfigLoader(packed.CONFIG, path=str(tmp_path / "there")).load_config()
    assert there.CourseDirectory.ignore.get_value([".ipynb_checkpoints"]) == [".ipynb_checkpoints", "*.tmp"]
    del there.CourseDirectory
    assert there == {
        "Autograder": {"memory_mib": 2048},
        "GenerateAssignment": {
            "preprocessors": [
                "nbgrader.preprocessors.IncludeHeaderFooter",
                "nbgrader.preprocessors.lockcells.LockCells",
                "ours.Stub",
            ]
        },
        "ClearSolutions": {"code_stub": {"python": "# here"}},
        "Stub": {"text": "write here"},
        "AssignLatePenalties": {"plugin_class": "late.Penalty"},
        "Penalty": {"points": 0.5},
    }
    assert b"PASSWORD" not in b"".join(found.values())


def test_all_limits_are_packed() -> None:
    assert set(packed.LIMITS) == {*Limits.__dataclass_fields__, "preload"}


def test_a_value_that_cannot_be_written_down_is_refused(tmp_path: Path) -> None:
    (tmp_path / packed.CONFIG).write_text("c = get_config()\nc.LateSubmissionPlugin.rule = lambda late: 1\n")
    with pytest.raises(UsageError, match=r"LateSubmissionPlugin\.rule = .* cannot be packed for Gradescope"):
        packed.settings(tmp_path)


def test_a_course_without_settings_has_an_empty_file(tmp_path: Path) -> None:
    assert packed.settings(tmp_path) == {packed.CONFIG: b"c = get_config()\n"}
