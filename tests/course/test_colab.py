"""The notebooks that students get open in Colab, and get by themselves what they need, wherever they run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring import build, colab
from autograder.course import read_course
from tests.places import ROOT

NAMES = build.assignments(ROOT)
HERE = Path(__file__).parent


class Server:
    """Serves a folder on the loopback device, and remembers what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(SimpleHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                asked.append(self.path)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def repository() -> Iterator[Server]:
    """This repository's files, as GitHub serves them raw."""
    server = Server(ROOT)
    yield server
    server.stop()


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def _get_ready(name: str) -> str:
    return next(cell["source"] for cell in _cells(_release(name)) if cell["cell_type"] == "code")


def _release(name: str) -> Path:
    return ROOT / "release" / name / f"{name}.ipynb"


# ---- what is built ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_release_has_its_badge_and_begins_with_the_cell(name: str) -> None:
    where = read_course(ROOT).repository
    assert where is not None
    address = f"https://colab.research.google.com/github/{where.name}/blob/{where.branch}/release/{name}/{name}.ipynb"
    cells = _cells(_release(name))
    assert cells[0]["source"].endswith(f"]({address})")
    first = next(cell for cell in cells if cell["cell_type"] == "code")
    assert first["metadata"]["nbgrader"]["grade_id"] == colab.GRADE_ID
    assert f"https://raw.githubusercontent.com/{where.name}/{where.branch}" in first["source"]
    shipped = {path.name for path in (ROOT / "release" / name).rglob("*") if path.is_file()} - {f"{name}.ipynb"}
    assert all(file in first["source"] for file in shipped)


# ---- what the cell does -----------------------------------------------------------------------------------


def test_files_are_fetched_once(
    repository: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_FILES", repository.address)
    exec(_get_ready("gpt2"), {})
    shipped = ROOT / "release" / "gpt2" / "physics-gpt2"
    for path in shipped.iterdir():
        assert (tmp_path / "physics-gpt2" / path.name).read_bytes() == path.read_bytes()
    assert len(repository.asked) == len(list(shipped.iterdir()))
    assert "Fetched physics-gpt2/model.safetensors" in capsys.readouterr().out
    exec(_get_ready("gpt2"), {})
    assert (len(repository.asked), capsys.readouterr().out) == (len(list(shipped.iterdir())), "")


def test_a_file_of_another_version_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "served/release/embeddings").mkdir(parents=True)
    (tmp_path / "served/release/embeddings/physics.txt").write_text("cut off")
    server = Server(tmp_path / "served")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_FILES", server.address)
    try:
        exec(_get_ready("embeddings"), {})
    finally:
        server.stop()
    assert not (tmp_path / "physics.txt").exists()
    assert "is of another version" in capsys.readouterr().out


def test_a_file_of_another_version_beside_the_notebook_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be the student's own: it stays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_FILES", "http://127.0.0.1:9")
    Path("physics.txt").write_text("of last year")
    exec(_get_ready("embeddings"), {})
    assert "physics.txt here is of another version than this notebook" in capsys.readouterr().out
    assert Path("physics.txt").read_text() == "of last year"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nonsense"])
def test_without_a_network_the_notebook_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_FILES", address)
    exec(_get_ready("embeddings"), {})
    assert f"physics.txt is missing, and {address}/release/embeddings does not give it" in capsys.readouterr().out


def test_a_missing_package_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def record(command: list[str]) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", record)
    code = _get_ready("attention").replace('"torch": "torch"', '"torch": "torch", "no_such_module": "no-such-package"')
    exec(code, {})
    assert ran == [[sys.executable, "-m", "pip", "install", "--quiet", "no-such-package"]]
    assert "That did not work" in capsys.readouterr().out


def test_notebooks_run_with_four_packages_and_files_from_the_repository(repository: Server, tmp_path: Path) -> None:
    """embeddings and gpt2, as students get them, each alone in a folder: only what is not written yet may fail."""
    paths = []
    for name in ("embeddings", "gpt2"):
        (tmp_path / name).mkdir()
        paths.append(shutil.copy(_release(name), tmp_path / name))
    env = {**os.environ, "COURSE_FILES": repository.address, "MPLBACKEND": "agg", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, str(HERE / "plain_environment.py"), *map(str, paths)]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    for name in ("embeddings", "gpt2"):
        assert [error for error in told[name]["errors"] if not error.startswith("NotImplementedError")] == []
        assert told[name]["first"].startswith("Fetched ")
