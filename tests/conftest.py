"""Fixtures that several test files share: courses of the warm-up with submissions, one open grader, a browser."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from autograder.starting import without_address_grammar

without_address_grammar()

from autograder.course import Course, read_course, state
from autograder.grading.opening import Options, open_grader
from autograder.grading.scoring import Grader
from autograder.samples.classes import Sample, hand_in
from benchmarks.load import WARMUP, make_warmup
from tests.places import ROOT

# A question marked by hand, below the three functions of the warm-up.
REFLECT = '\n\n# %% [markdown] grade_id="reflect" role="manual" points=2\n# Nothing to add.\n'
# One for all runs, whatever the clone has drawn for itself; TEST_SECRET=anything draws all hidden inputs anew.
SECRET = hashlib.sha256(os.environ.get("TEST_SECRET", "").encode()).digest()

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",  # as root in a container there is no other way, and only our own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# nbgrader's command line, without the seconds that each start and each new gradebook would take.
NBGRADER = [
    sys.executable,
    "-c",
    "from autograder.starting import without_address_grammar as first; first(); import nbgrader.api; "
    "from autograder.gradebook.beginning import head; nbgrader.api.get_alembic_version = head; "  # without its process
    "from nbgrader.apps.nbgraderapp import main; main()",
]

MakeCourse = Callable[[str, list[Sample]], Course]


# Files that take minutes: begun first, so that no core waits for the last of them.
LONGEST_FIRST = (
    "test_second_course", "test_grader_side", "test_certify", "test_tiers", "test_pool", "test_jobs", "test_nbgrader",
    "test_interrupted", "test_execution", "test_faults", "test_browser", "test_record", "test_tree",
    "test_cells_like_nbclient", "test_other_course", "test_unfinished", "test_where_it_runs", "test_course",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))  # stable: the rest stays in its order


@pytest.fixture(scope="session")
def root() -> Path:
    """The course that this repository is."""
    return ROOT


@pytest.fixture(scope="session")
def warmup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warm-up's course with a question marked by hand, quickly graded; nobody may write to it."""
    folder = tmp_path_factory.mktemp("warmup") / "course"
    make_warmup(folder, text=REFLECT)
    return folder


@pytest.fixture(scope="session")
def make_short(tmp_path_factory: pytest.TempPathFactory, warmup: Path) -> MakeCourse:
    """make_short(name, samples): a fresh copy of the warm-up in its own folder, with these submissions handed in."""

    def made(name: str, samples: list[Sample]) -> Course:
        folder = tmp_path_factory.mktemp(name) / "course"
        shutil.copytree(warmup, folder)
        hand_in(folder, WARMUP, samples, built=warmup)
        write_secret(folder)
        return read_course(folder)

    return made


@pytest.fixture(scope="session")
def short(make_short: MakeCourse) -> Iterator[tuple[Grader, dict[str, Any]]]:
    """A grader of the warm-up whose sandbox is up, and the prepared notebooks."""
    with open_grader(make_short("short", []), WARMUP, Options()) as opened:
        yield opened


def write_secret(course: Path) -> None:
    state.folder(course).mkdir(mode=0o700, exist_ok=True)
    state.secret(course).write_text(SECRET.hex() + "\n")
    state.secret(course).chmod(0o600)


@pytest.fixture(scope="session")
def written_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course where a class waits to be marked by hand; to be copied by who writes to it."""
    from tests.engine.written.written_class import make_course as make_written
    from tests.engine.written.written_class import small_class

    folder = tmp_path_factory.mktemp("written") / "course"
    folder.mkdir()
    make_written(folder, small_class())
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium, or put one on PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The attack suite's class whose pages are looked at. Here and not beside it: a second conftest would hide this one
    from `from conftest import`."""
    from tests.attacks.shown import make_pages  # of tests/attacks, whose tests alone ask for it

    return make_pages(tmp_path_factory.mktemp("pages"))


def autograder(course: Path, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a course."""
    command = [sys.executable, "-m", "autograder", *words]
    return subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=timeout, env=environment())


def command(course: Path, *words: str) -> int:
    """The command line in this process, which is quicker; its exit code. Output goes where a test captures it."""
    from autograder.cli.main import main

    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(course)
        patched.setattr(sys, "argv", ["autograder", *words])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


def nbgrader(course: Path, *words: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    quiet = [] if words[0] == "validate" else ["--log-level", "WARN"]  # validate takes files only
    command = [*NBGRADER, *words, *quiet]
    return subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=timeout, env=environment())


def environment() -> dict[str, str]:
    """PATH with the interpreter's own folder, since nbgrader starts alembic by name."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
