"""The record of a judgement: written by whoever grades, ignored where it does not fit, and graded anew where what it
was made of has changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.course import CONFIG, Course, read_course
from autograder.errors import SubmissionError
from autograder.feedback.questions import read_questions
from autograder.gradebook.rule import CellMark, NotebookMarks
from autograder.grading.batch import STAND
from autograder.grading.record import Conditions, Inputs, Judgement, Judgements, judgement_of
from autograder.grading.travel import Opening, SubmittedWork, pack_submission, unpack_submission
from autograder.grading.typed import read_as
from autograder.judging.banks import Banks
from autograder.model import Question, Seconds
from autograder.samples.classes import Sample, hand_in
from autograder.server.results import Results
from autograder.server.standing import Submission, standing
from autograder.server.submissions import _questions
from tests.conftest import WARMUP, MakeCourse, command, nbgrader
from tests.engine.server.light import NAME, WRONG, make
from tests.judgements import question, with_judgement, write_judgement
from tests.pools import Warm, grade_here, opening_of

BANK = "from .._shared import one\n"
FOUND = Judgement(NAME, "ada", NAME, "graded", questions=(question(),))


# ---- whoever grades ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_nbgrader(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Course:
    """ada's answer was right and ben's wrong when `autograder grade` judged them. Both hand in again, ada what is wrong
    and ben an empty notebook, and nbgrader's own command grades."""
    course = make(tmp_path_factory.mktemp("record") / "course", root, [Sample("ada"), Sample("ben", {"double": WRONG})])
    assert command(course.root, "grade", NAME, "--jobs", "1") == 0
    assert summaries(course) == {"ada": ("graded", []), "ben": ("graded", ["double"])}
    hand_in(course.root, NAME, [Sample("ada", {"double": WRONG})], built=course.root)
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (course.folder("submitted", NAME, "ben") / f"{NAME}.ipynb").write_text(json.dumps(empty))
    assert nbgrader(course.root, "generate_assignment", NAME, "--force").returncode == 0
    nbgrader(course.root, "autograde", NAME, "--force")  # fails, for ben
    return course


def summaries(course: Course) -> dict[str, tuple[str, list[str]]]:
    found = Results().read(course, NAME, ["ada", "ben"])
    return {
        student: (one.status, [f.question for f in one.failed if f.question == "double"])
        for student, one in found.items()
    }


def row(course: Course, student: str) -> Submission:
    found = standing(course, NAME, Results())
    assert found is not None
    return next(one for one in found.submissions if one.student == student)


def test_after_nbgraders_own_command_the_page_shows_what_that_has_found(by_nbgrader: Course) -> None:
    ada = row(by_nbgrader, "ada")
    assert (ada.state, ada.score, [one.question for one in ada.summary.failed]) == ("by_hand", 0.0, ["double"])
    (double, why) = _questions(by_nbgrader, NAME, "ada")
    assert (double.score, double.status, why.status) == (0.0, "failed", "needs_manual")


def test_what_nbgraders_own_command_refuses_has_its_reason_on_the_page(by_nbgrader: Course) -> None:
    ben = row(by_nbgrader, "ben")
    assert not by_nbgrader.folder("autograded", NAME, "ben").exists()
    assert (ben.state, ben.summary.status) == ("refused", "invalid")
    assert ben.summary.reason == "tiny is a notebook without any cell of this assignment"


def test_what_nbgrader_has_graded_is_not_called_done(by_nbgrader: Course) -> None:
    """Its marks stand in the gradebook, but whether they all do, only a run of ours knows."""
    record = Judgements(by_nbgrader, NAME).read("ada")
    assert record is not None
    assert (record.complete, record.conditions) == (False, Conditions())


# ---- what does not fit ------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / CONFIG).write_text("c = get_config()\n")
    return read_course(tmp_path)


@pytest.mark.parametrize("values", [{"student": "eve"}, {"assignment": "another"}])
def test_the_judgement_of_another_submission_is_ignored(course: Course, values: dict[str, str]) -> None:
    path = write_judgement(course, FOUND)
    assert Judgements(course, NAME).read("ada") is not None
    path.write_text(json.dumps(with_judgement(replace(FOUND, **values))))
    assert Judgements(course, NAME).read("ada") is None


def test_a_notebook_that_the_assignment_does_not_ask_for_has_no_say(course: Course) -> None:
    write_judgement(course, replace(FOUND, notebook="extra"))
    source = course.folder("source", NAME)
    source.mkdir(parents=True)
    (source / f"{NAME}.ipynb").write_text("{}")
    assert Judgements(course, NAME).read("ada") is None


@pytest.mark.parametrize("damage", [
    lambda made: made["cells"][0].update(source="x = 2"),  # somebody has edited the notebook
    lambda made: made["cells"].pop(),
    lambda made: made["metadata"].pop("autograder"),
    lambda made: made["metadata"].update(autograder=[]),
    lambda made: made["metadata"]["autograder"]["judgement"].update(status="perfect"),
    lambda made: made["metadata"]["autograder"]["judgement"]["questions"][0].update(score="2"),
    lambda made: made["metadata"]["autograder"]["judgement"]["questions"][0].update(max_score=float("nan")),
    lambda made: made["metadata"]["autograder"]["judgement"]["questions"][0].pop("status"),
    lambda made: made.update(cells=[3]),
])  # fmt: skip
def test_what_is_damaged_or_edited_holds_no_judgement(damage: Callable[[Any], Any]) -> None:
    made = with_judgement(FOUND, [{"cell_type": "code", "source": "x = 1", "metadata": {}}])
    assert judgement_of(made) is not None
    damage(made)
    assert judgement_of(made) is None


def test_a_feedback_page_tells_nothing_of_somebody_elses_judgement() -> None:
    cell = {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": "test_double", "grade": True}}}
    notebook = with_judgement(FOUND, [cell])
    mark = {"test_double": CellMark(auto_score=0.0)}
    found = {
        name: read_questions(notebook, NotebookMarks(name, NAME, mark, {"test_double": 2.0})).questions[0]
        for name in ("ada", "eve")
    }
    assert found["ada"].verdicts is not None
    assert found["eve"].verdicts is None


def test_the_judgement_of_a_notebook_that_is_not_there_counts_until_it_is(course: Course) -> None:
    judgements = Judgements(course, NAME)
    refused = replace(FOUND, status="grader_error", reason="a fault", questions=())
    judgements.finish([refused], Conditions(2, ("seccomp",), Seconds(1.0)), written=())
    record = judgements.read("ada")
    assert record is not None
    assert (record.result.status, record.result.tier, record.result.seconds.total) == ("grader_error", 2, 1.0)
    stamp = judgements.stamp("ada")
    write_judgement(course, FOUND)
    record = judgements.read("ada")
    assert record is not None
    assert (record.result.status, record.result.tier, record.complete) == ("graded", 0, False)
    assert judgements.stamp("ada") != stamp


def test_types_are_checked_to_the_bottom() -> None:
    assert read_as(
        Question, {"id": "f", "grade_id": "g", "max_score": 2, "judged_by": "hand", "checks": ["a"], "new": 1}
    )
    for values in ({"checks": "a"}, {"checks": [1]}, {"judged_by": "me"}, {"max_score": True}, {"solution_id": 1}):
        with pytest.raises(TypeError):
            read_as(Question, {"id": "f", "grade_id": "g", "max_score": 2.0, "judged_by": "hand", **values})


def test_a_refusal_keeps_its_flags_on_its_way_to_a_worker() -> None:
    data = SubmittedWork("ada", {"a": SubmissionError("twice", flags=("duplicate_cell",))}, digests={"a": "1"})
    found = unpack_submission(data.student, pack_submission(data))
    assert isinstance(found.notebooks["a"], SubmissionError)
    assert (str(found.notebooks["a"]), found.notebooks["a"].flags) == ("twice", ("duplicate_cell",))
    assert found.digests == data.digests


# ---- what is graded anew ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(make_short: MakeCourse, short: Warm) -> Course:
    course = make_short("graded", [Sample("ada", untouched=True)])
    assert [one.fresh for one in grade_here(course, short)] == [True]
    assert [one.fresh for one in grade_here(course, short)] == [False]
    return course


@pytest.mark.parametrize("part", [one.name for one in fields(Inputs)])
def test_a_part_that_has_changed_regrades_unless_a_person_decides(
    graded: Course, short: Warm, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    real = Opening.inputs

    def changed(self: Opening, handed_in: SubmittedWork) -> dict[str, Inputs]:
        return {name: replace(one, **{part: "another"}) for name, one in real(self, handed_in).items()}

    monkeypatch.setattr(Opening, "inputs", changed)
    (done,) = grade_here(graded, short)
    assert (done.fresh, done.differing) == ((False, {part}) if part in STAND else (True, frozenset()))


def test_each_part_follows_what_it_stands_for(warmup: Path, short: Warm, tmp_path: Path) -> None:
    opening = opening_of(short[0])
    handed_in = SubmittedWork("ada", {}, digests={WARMUP: "1"})
    before = opening.inputs(handed_in)[WARMUP]
    banks = tmp_path / "banks"
    shutil.copytree(warmup / "checks", banks / "checks")
    assert differing(before, opening, handed_in, banks=Banks(banks)) == set()
    (path,) = banks.glob("checks/*/causal_mask.py")
    path.write_text(path.read_text() + "\n# changed\n")
    assert differing(before, opening, handed_in, banks=Banks(banks)) == {"banks"}
    (notebook,) = opening.assignment.notebooks
    dearer = replace(notebook, questions=tuple(replace(q, max_score=q.max_score + 1) for q in notebook.questions))
    assert differing(before, opening, handed_in, assignment=replace(opening.assignment, notebooks=(dearer,))) == {
        "points"
    }
    assert differing(before, opening, handed_in, files={"data.csv": b"1"}) == {"assignment"}
    assert differing(before, opening, replace(handed_in, digests={WARMUP: "2"})) == {"submission"}
    assert differing(before, opening, handed_in, secret=b"another" * 5, device="cuda") == {"secret", "device"}
    assert differing(before, opening, handed_in, sets=8) == {"sets"}


def differing(before: Inputs, opening: Opening, handed_in: SubmittedWork, **values: Any) -> set[str]:
    return before.differences(replace(opening, **values).inputs(handed_in)[WARMUP])


def banks_of(root: Path, **texts: str) -> Banks:
    for name, text in texts.items():
        path = root / "checks" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Banks(root)


@pytest.mark.parametrize(("changed", "counts"), [
    ("one__f", True), ("one___shared", True), ("builders__kind", True),
    ("two__h", True),  # f imports from there
    ("three__i", False),
])  # fmt: skip
def test_the_digest_of_banks_is_of_what_these_banks_may_use(tmp_path: Path, changed: str, counts: bool) -> None:
    texts = {"one__f": BANK + "from ...two.h import x\n", "one___shared": "one = 1", "builders__kind": "",
             "two__h": "x = 1", "three__i": "y = 1"}  # fmt: skip
    before = banks_of(tmp_path, **texts).digest_of(["f"])
    assert banks_of(tmp_path, **texts).digest_of(["f"]) == before
    assert (banks_of(tmp_path, **{changed: "z = 3\n" + texts[changed]}).digest_of(["f"]) != before) is counts


def test_a_text_that_was_not_compiled_is_said(tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = make(tmp_path / "course", root, [Sample("ada")])
    assert command(course.root, "compile", NAME, "--target", "nbgrader") == 0  # as the course's settings have it
    assert command(course.root, "grade", NAME, "--jobs", "1") == 0
    assert "not compiled" not in capsys.readouterr().err
    text = course.root / "source" / f"{NAME}.py"
    text.write_text(text.read_text().replace("points=2", "points=3"))
    assert command(course.root, "grade", NAME, "--jobs", "1") == 0
    said = capsys.readouterr()
    assert f"not compiled source/{NAME}.py is not what source/{NAME}/{NAME}.ipynb was compiled from" in said.err
    assert "(test_double) on, in its metadata" in said.err
    assert "1 unchanged and kept" in said.out
    assert command(course.root, "compile", NAME, "--target", "nbgrader") == 0
    capsys.readouterr()
    assert command(course.root, "grade", NAME, "--jobs", "1") == 0
    said = capsys.readouterr()
    assert ("not compiled" in said.err, "1 graded" in said.out) == (False, True), said
