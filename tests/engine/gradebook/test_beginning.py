"""An empty gradebook is nbgrader's own, made without a process of alembic's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, get_alembic_version
from sqlalchemy import create_engine, inspect, make_url, text

from autograder.gradebook.beginning import begin, head


def tables(file: Path) -> dict[str, list[str]]:
    found = inspect(create_engine(f"sqlite:///{file}"))
    return {
        name: [f"{one['name']} {one['type']}" for one in found.get_columns(name)] for name in found.get_table_names()
    }


@pytest.mark.matrix
def test_it_is_what_nbgrader_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert head() == get_alembic_version()
    Gradebook(f"sqlite:///{tmp_path / 'theirs.db'}").close()
    begin(make_url(f"sqlite:///{tmp_path / 'ours.db'}"))
    assert tables(tmp_path / "ours.db") == tables(tmp_path / "theirs.db")
    with create_engine(f"sqlite:///{tmp_path / 'ours.db'}").connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(head(),)]


def test_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'gradebook.db'}")
    begin(url)
    with Gradebook(str(url)) as gradebook:
        gradebook.add_student("ada")
    begin(url)
    with Gradebook(str(url)) as gradebook:
        assert [student.id for student in gradebook.students] == ["ada"]


def test_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    url = make_url(f"sqlite:///{tmp_path / 'gradebook.db'}")
    begin(url)
    Gradebook(str(url)).close()
