"""What stands in results.json when the grader itself fails, however early: the score of the last judged submission."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.gradescope import harness as gradescope_harness
from autograder.gradescope import metadata as gradescope_metadata

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text())
EARLIER = {"submission_time": "2026-02-27T10:00:00Z", "score": 7.25, "results": {"extra_data": {"status": "graded"}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "submission_metadata.json").write_text(json.dumps({"previous_submissions": [EARLIER]}))
    return tmp_path


def read(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_result_stands_while_the_grader_works_and_is_replaced(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def grade(root: Path, _: str) -> dict[str, Any]:
        seen.append(read(root))
        return {"score": 1.0, "tests": []}

    monkeypatch.setattr(gradescope_harness, "grade", grade)
    assert gradescope_harness.main(["grade", str(root), "warmup"]) == 0
    assert (seen[0]["score"], seen[0]["extra_data"]["status"]) == (7.25, "grader_error")
    assert "for its memory" in seen[0]["extra_data"]["reason"]
    assert read(root)["score"] == 1.0


def test_a_package_that_cannot_be_imported_costs_no_marks(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "autograder.gradescope.image", None)
    assert gradescope_harness.main(["grade", str(root), "warmup"]) == 0
    assert (read(root)["score"], read(root)["extra_data"]["status"]) == (7.25, "grader_error")
    assert "gradescope.image" in capsys.readouterr().out, "the trace, for instructors"


def test_metadata_that_cannot_be_read_have_a_result_too(root: Path) -> None:
    (root / "submission_metadata.json").write_text("{")
    assert gradescope_harness.main(["grade", str(root), "warmup"]) == 0
    assert read(root)["score"] == 0.0
    assert "JSONDecodeError" in read(root)["extra_data"]["reason"]


def test_any_python_of_the_machine_can_write_it_with_no_package(root: Path) -> None:
    words = [sys.executable, "-I", "-S", gradescope_metadata.__file__, str(root), "warmup", "it ended with 1"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    assert (found["score"], found["extra_data"]["reason"]) == (7.25, "it ended with 1")
