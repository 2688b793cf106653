"""An instructor's own course, from its texts to Gradescope's zip, with the package as a wheel installs it: numpy and
plain Python, three functions with hidden checks, a plot and a written answer, and no file of the package changed."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from autograder.judging.banks import Banks
from autograder.samples.classes import Sample, hand_in, misconception, variant
from tests.conftest import json_lines
from tests.engine.instructor import Installed, build_wheel, install, required
from tests.places import ROOT, TESTS

pytestmark = pytest.mark.slow

TEXTS = TESTS / "engine" / "second_course"
BANKS = Banks(TEXTS)
SIGNALS = [
    Sample("right", {"moving_average": variant(BANKS["moving_average"], 1)}),
    Sample("wrong", {
        "moving_average": misconception(BANKS["moving_average"], "sums"),
        "standard_error": misconception(BANKS["standard_error"], "nothing_refused"),
    }),
    Sample("partly", {"standard_error": None, "plot": None, "trend": None}),
]  # fmt: skip
WORDS = [
    Sample("right", {"count_words": variant(BANKS["count_words"], 0)}),
    Sample("wrong", {"count_words": misconception(BANKS["count_words"], "capitals_kept")}),
    Sample("partly", untouched=True),
]


@dataclass(frozen=True)
class Term:
    """The course after all its commands have run, and what they said."""

    course: Path
    said: dict[str, list[str]]  # on stdout, by command
    graded: dict[tuple[str, str], dict[str, Any]]  # by assignment and student
    before: dict[str, str]  # the package's files
    after: dict[str, str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("instructor") / "venv"
    yield install(wheel, folder)
    shutil.rmtree(folder)  # a hundred thousand links, which pytest would keep for its last three runs


@pytest.fixture(scope="module")
def term(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Term:
    course = tmp_path_factory.mktemp("measuring") / "course"
    shutil.copytree(TEXTS, course, ignore=shutil.ignore_patterns("__pycache__"))
    before = installed.digests()
    said: dict[str, list[str]] = {}
    graded: dict[tuple[str, str], dict[str, Any]] = {}

    def run(*words: str) -> str:
        done = installed.run(*words, cwd=course)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        said[" ".join(words)] = done.stdout.splitlines()
        return done.stdout

    run("autograder", "compile")
    run("autograder", "certify")
    run("python", "-m", "nbgrader", "generate_assignment", "signals", "--force")
    for name, samples in (("signals", SIGNALS), ("words", WORDS)):
        hand_in(course, name, samples, built=course)
        for line in json_lines(run("autograder", "grade", name, "--json")):
            graded[name, line["student"]] = line
    run("python", "-m", "nbgrader", "generate_feedback", "signals")
    run("autograder", "report", "signals")
    run("autograder", "export", "signals", "--format", "csv")
    run("autograder", "compile", "signals", "--target", "otter", "--with-secret")
    return Term(course, said, graded, before, installed.digests())


def question(term: Term, assignment: str, student: str, name: str) -> dict[str, Any]:
    (found,) = [q for q in term.graded[assignment, student]["questions"] if q["id"] == name]
    return found


def test_the_wheel_requires_nothing_of_this_repositorys_course(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
        inside = {Path(name).parts[0] for name in archive.namelist()}
    needed = required(metadata.get_all("Requires-Dist", []))
    assert "nbgrader" in needed
    assert not needed & {"gensim", "transformers", "tokenizers"}
    assert {part for part in inside if not part.startswith("autograder-")} == {"autograder"}


def test_the_environment_has_none_of_what_this_repositorys_course_needs(installed: Installed, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('gensim', 'transformers', 'tokenizers')])"
    assert installed.run("python", "-c", code, cwd=tmp_path).stdout == "[None, None, None]\n"
    where = installed.run("python", "-c", "import autograder; print(autograder.__file__)", cwd=tmp_path)
    assert where.stdout.strip() == str(installed.package / "__init__.py"), where.stderr


def test_no_file_of_the_package_is_another_than_in_this_repository(term: Term) -> None:
    ours = {str(p.relative_to(ROOT / "autograder")) for p in (ROOT / "autograder").rglob("*.py")}
    assert ours <= set(term.before)
    assert term.after == term.before


def test_compile_builds_what_students_get(term: Term) -> None:
    for name in ("signals", "words"):
        text = (term.course / "release" / name / f"{name}.ipynb").read_text()
        assert "BEGIN" not in text
        assert "check(" not in text
        assert "import torch" not in text
    assert (term.course / "release" / "signals" / "readings.csv").is_file()
    solved = json.loads((term.course / "solutions" / "signals" / "signals.ipynb").read_text())
    outputs = [output for cell in solved["cells"] for output in cell.get("outputs", ())]
    assert any("image/png" in output.get("data", ()) for output in outputs), "the plot is drawn"


@pytest.mark.parametrize("name", sorted(BANKS))
def test_certify_proves_each_bank(term: Term, name: str) -> None:
    assert any(name in line for line in term.said["autograder certify"])


@pytest.mark.parametrize(
    ("assignment", "student", "scores"),
    [
        ("signals", "right", {"moving_average": 3, "standard_error": 2, "plot": 0, "trend": 0}),
        ("signals", "wrong", {"moving_average": 0.5, "standard_error": 1.6, "plot": 0, "trend": 0}),
        ("signals", "partly", {"moving_average": 3, "standard_error": 0, "plot": 0, "trend": 0}),
        ("words", "right", {"count_words": 4}),
        ("words", "wrong", {"count_words": 3.2}),
        ("words", "partly", {"count_words": 0}),
    ],
)
def test_each_gets_its_marks(term: Term, assignment: str, student: str, scores: dict[str, float]) -> None:
    line = term.graded[assignment, student]
    assert (line["status"], line["flags"]) == ("graded", [])
    assert {q["id"]: q["score"] for q in line["questions"]} == pytest.approx(scores)
    by_hand = [q["id"] for q in line["questions"] if q["status"] == "needs_manual"]
    assert by_hand == (["plot", "trend"] if assignment == "signals" and student != "partly" else [])


def test_a_mistake_is_named_and_told(term: Term) -> None:
    sums = question(term, "signals", "wrong", "moving_average")
    failed = [check for check in sums["checks"] if not check["passed"]]
    assert [check["name"] for check in failed] == ["values", "extremes", "large inputs", "inputs untouched"]
    assert {check["diagnosis"]["misconception"] for check in failed} == {"sums"}
    assert failed[0]["message"].startswith("The mean of each window, for odd and even widths. ")
    assert re.search(r"moving_average\(float64 \(\d+,\), 3\): (\d+) of \1 values are wrong", failed[0]["message"])
    (refused,) = [c for c in question(term, "signals", "wrong", "standard_error")["checks"] if not c["passed"]]
    assert refused["message"].endswith("should raise ValueError, but returned.")
    assert refused["diagnosis"]["misconception"] == "nothing_refused"
    (capitals,) = [c for c in question(term, "words", "wrong", "count_words")["checks"] if not c["passed"]]
    assert capitals["diagnosis"]["text"] == "'The' and 'the' are counted as two words: use lower()."


def test_what_is_not_written_is_missing(term: Term) -> None:
    found = question(term, "signals", "partly", "standard_error")
    assert found["status"] == "missing"
    assert "standard_error is not written yet" in found["checks"][0]["message"]


def test_feedback_report_and_table_are_there(term: Term) -> None:
    page = (term.course / "feedback" / "wrong" / "signals" / "signals.html").read_text()
    assert "You give the sums of the windows: divide by the width." in page
    report = (term.course / "reports" / "signals.html").read_text()
    assert "You give the sums of the windows: divide by the width." in report
    rows = {row["student_id"]: row for row in csv.DictReader(term.said["autograder export signals --format csv"])}
    scores = {student: float(row["score"]) for student, row in rows.items()}
    assert scores == pytest.approx({"right": 5, "wrong": 2.1, "partly": 3})


@pytest.mark.parametrize("kept", ["build", ".autograder"], ids=["for-otter", "with-secret"])
def test_gradescopes_zip_holds_the_courses_banks(term: Term, kept: str) -> None:
    with zipfile.ZipFile(term.course / kept / "gradescope" / "signals-autograder.zip") as archive:
        names = set(archive.namelist())
    assert {
        "course/checks/signals/moving_average.py",
        "course/checks/signals/standard_error.py",
        "course/checks/signals/moving_average.lock",
        "course/checks/signals/_solution_of_moving_average.py",
        "package/autograder/checks.py",
    } <= names
    assert not [name for name in names if re.search(r"softmax|gensim|embeddings", name)]


@pytest.mark.matrix
def test_the_demo_shows_this_course(installed: Installed, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(TEXTS, course, ignore=shutil.ignore_patterns("__pycache__", "signals*"))
    done = installed.run("autograder", "demo", "--folder", "shown", cwd=course)
    assert done.returncode == 0, done.stderr
    assert "Q1 count_words (4)" in " ".join(done.stdout.split())
    assert "count_words" in (course / "shown" / "reports" / "words.html").read_text()
    assert "capitals_kept" in done.stdout
