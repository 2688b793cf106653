"""`otter run` gives the marks of our own engine: on a sample always, on every variant and misconception if deep."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from otter import api

from autograder.authoring.plan import make_plan
from autograder.course import CONFIG, read_course
from autograder.gradescope.target import write_secret_bundle
from autograder.grading.opening import Options, open_grader
from autograder.grading.scoring import Grader
from autograder.grading.travel import SubmittedWork
from autograder.judging import sets
from autograder.model import Result
from autograder.samples.classes import Sample, misconception, notebook
from autograder.samples.texts import student_text
from tests.course.banks import ASSIGNMENTS, bank_names, find_bank
from tests.course.otter_many import keep_references
from tests.engine.gradescope.tree import NAME, SECRET, handed_in, make_course, zip_of
from tests.places import ROOT

SAMPLE = Sample(
    "nobody",
    {
        "softmax": misconception(find_bank("softmax"), "no_maximum"),
        "scaled_dot_product_attention": misconception(find_bank("scaled_dot_product_attention"), "not_scaled"),
    },
)


def test_otter_run_gives_the_engines_marks(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course")
    shutil.copy(ROOT / CONFIG, course)  # that of the zip file names what is not here
    secret = course / ".autograder" / "secret"
    secret.write_text(f"{SECRET.hex()}\n")
    secret.chmod(0o600)
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(handed_in(course, SAMPLE))
    with open_grader(read_course(course), NAME, Options()) as (grader, _):
        ours = grader.grade(SubmittedWork("nobody", {NAME: path.read_bytes()})).result
    theirs = api.grade_submission(str(path), str(zip_of(course)), quiet=True)
    by_checks = [q for q in ours.questions if q.checks]
    assert {q.id: q.score for q in by_checks} == {name: theirs.get_score(name) for name in theirs.test_files}
    assert 0 < ours.score < 9
    for question in by_checks:
        cases = theirs.get_result(question.id).test_case_results
        hidden = [case for case in cases if case.test_case.points]
        assert [v.passed for v in question.checks] == [case.passed for case in hidden]
        for verdict, case in zip(question.checks, hidden, strict=True):
            assert verdict.passed or verdict.message in case.message
    public = {n: theirs.get_result(n).passed_all_public for n in theirs.test_files}
    assert public == {"softmax": True, "causal_mask": True, "scaled_dot_product_attention": True}


# ---- every implementation of every bank ----------------------------------------------------------------------


def implementations(function: str) -> list[tuple[str, str]]:
    """(name, text) of all that is known of a function, wrong and right."""
    bank = find_bank(function)
    return [(one.name, student_text(function, one.implementation)) for one in (*bank.misconceptions, *bank.variants)]


def notebooks(assignment: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Notebooks that together hold every implementation once: the n-th has the n-th of each function, or, where a bank
    has fewer, the model solution. With each the names of what it holds. Pictures and examples are left out."""
    given = json.loads((ROOT / "release-otter" / assignment / f"{assignment}.ipynb").read_text())
    given["cells"] = [c for c in given["cells"] if "nbgrader" in c["metadata"]]
    solved = json.loads((ROOT / "solutions" / assignment / f"{assignment}.ipynb").read_text())
    banks = {function: implementations(function) for function in ASSIGNMENTS[assignment]}
    for number in range(max(map(len, banks.values()))):
        chosen = {f: bank[number] for f, bank in banks.items() if number < len(bank)}
        sample = Sample("nobody", {f: text for f, (_, text) in chosen.items()})
        made = json.dumps(notebook(given, solved, sample)).encode()
        yield f"{assignment}-{number:03}", made, {f: name for f, (name, _) in chosen.items()}


def patiently(grader: Grader, handed_in: SubmittedWork) -> Result:
    """The result; again where the grader failed, since these hours of grading may meet a machine that is very busy."""
    for _ in range(5):
        result = grader.grade(handed_in).result
        if result.status != "grader_error":
            break
    assert result.status not in ("invalid", "grader_error"), result.reason
    return result


def by_otter(work: Path, assignment: str) -> dict[str, Any]:
    """What Otter's checker says of the notebooks in work/jobs."""
    source, zip_file = work / "source", work / "autograder.zip"
    write_secret_bundle(make_plan(ROOT, assignment, known_checks=set(bank_names())), zip_file, SECRET)
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(source)
    script = str(Path(__file__).parent / "otter_many.py")
    command = [sys.executable, script, str(source), str(work / "jobs")]
    done = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(line) for line in done.stdout.splitlines())


def differences(ours: Result, theirs: dict[str, Any], names: dict[str, str]) -> list[str]:
    if "broken" in theirs:
        return [theirs["broken"]]
    found = []
    for question in ours.questions:
        if question.judged_by == "hand":
            continue
        other = theirs[question.id]
        cases = {f"{question.id}: {v.name}": v.passed for v in question.checks}
        # A test case of Otter's is worth all its points or none, so that a partly right check gets none there.
        score = question.score - sum(v.points for v in question.checks if not v.passed)
        if (score, question.max_score, cases) != (other["score"], other["possible"], other["cases"]):
            unlike = {name: cases[name] for name in cases if cases[name] != other["cases"].get(name)}
            found.append(f"{question.id} ({names.get(question.id)}): {score} here, {other['score']}: {unlike}")
    return found


@pytest.mark.deep
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_otter_gives_the_engines_marks_on_every_implementation(
    assignment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "Reference", sets.Reference)  # put back what keep_references changes
    keep_references()
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    held: dict[str, dict[str, str]] = {}
    ours: dict[str, Result] = {}
    course = read_course(ROOT)
    with open_grader(course, assignment, Options(device="cpu")) as (opened, _):
        grader = Grader(opened.assignment, opened.sandbox, SECRET, "cpu", opened.files)
        for name, data, names in notebooks(assignment):
            (jobs / f"{name}.ipynb").write_bytes(data)
            held[name] = names
            ours[name] = patiently(grader, SubmittedWork("nobody", {assignment: data}))
    theirs = by_otter(tmp_path, assignment)
    unlike = {name: differences(ours[name], theirs[name], held[name]) for name in held}
    count = sum(len(names) for names in held.values())
    assert count == sum(len(implementations(f)) for f in ASSIGNMENTS[assignment])
    print(f"{assignment}: {count} implementations in {len(held)} notebooks")
    assert not {name: lines for name, lines in unlike.items() if lines}
