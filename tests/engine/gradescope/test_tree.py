"""`run_autograder` as Gradescope runs it: as root, in a container without namespaces, in /autograder. Every submission
gets a results.json by the documented schema, with the marks of our own engine."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autograder.course.settings import INPUT_SETS
from autograder.judging.judge import judge_with
from autograder.judging.sets import InputSets
from autograder.samples.texts import student_text
from autograder.sandbox.inside.probing import observe
from tests.engine.banks import find_bank
from tests.engine.gradescope.tree import NAME, SECRET, cases, command, lay_out, make_course

pytestmark = pytest.mark.matrix

SCHEMA = json.loads((Path(__file__).parent / "results.schema.json").read_text())
DOCKER = "00000000a80425fb"  # the capabilities that Docker leaves to root


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What came of the cases, all graded in one image."""
    folder = tmp_path_factory.mktemp("gradescope")
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "chroot"))):
        pytest.skip("needs root, unshare, setpriv and chroot, to make the machine that Gradescope gives")
    if subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("needs a root that may mount (CAP_SYS_ADMIN)")
    course, given, results = make_course(folder / "course"), folder / "cases", folder / "out"
    results.mkdir()
    lay_out(given, cases(course))
    done = subprocess.run(command(course, given, results), capture_output=True, text=True, timeout=1800, check=False)
    setup = results / "setup.log"
    assert done.returncode == 0, done.stderr + (setup.read_text() if setup.is_file() else "")
    return results


def read(out: Path, case: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / f"{case}.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def entries(found: dict[str, Any], question: str, *, hidden: bool) -> list[dict[str, Any]]:
    one = [t for t in found["tests"] if t["name"].startswith(f"{question}: ")]
    return [t for t in one if (t["visibility"] != "visible") == hidden]


def scores(found: dict[str, Any]) -> dict[str, float]:
    """The score of each question, as its tests add up."""
    names = {test["name"].split(":")[0] for test in found["tests"]}
    return {n: sum(t.get("score", 0.0) for t in found["tests"] if t["name"].startswith(f"{n}:")) for n in names}


def test_the_image_is_that_of_a_container_and_its_secrets_are_roots_alone(out: Path) -> None:
    assert DOCKER in (out / "capabilities").read_text()
    modes = [line.split(maxsplit=2) for line in (out / "modes").read_text().splitlines()]
    source = {path: (mode, user) for mode, user, path in modes if path.startswith("/autograder/source")}
    assert all(int(mode, 8) & 0o077 == 0 and user == "0" for mode, user in source.values())
    assert source["/autograder/source/course/.autograder/secret"][0] == "600"
    installed = {path.partition("site-packages/")[2]: mode for mode, _, path in modes if "site-packages" in path}
    assert "/autograder/source/course/checks/warmup/softmax.py" in source
    assert not any("warmup" in path for path in installed), "no bank lies among the packages"
    assert all(int(mode, 8) & 0o004 for mode in installed.values()), "the engine's text is open"


def test_no_case_changes_what_it_is_graded_by_or_leaves_a_process(out: Path) -> None:
    assert not (out / "changed").exists()
    left = [line for path in out.glob("*.processes") for line in path.read_text().splitlines()]
    assert not [line for line in left if "sleep" in line or "autograder.sandbox" in line], left


def test_an_honest_submission_gets_its_marks_less_what_the_courses_rule_takes_off(out: Path) -> None:
    found = read(out, "honest-and-late")
    assert found["score"] == 8.0, "half a point for each day begun, by the course's own module"
    assert scores(found) == pytest.approx(
        {"softmax": 3, "causal_mask": 2, "scaled_dot_product_attention": 4, "reflect": 0}, abs=0.01
    )
    assert found["extra_data"]["late"]["seconds_late"] == 25 * 3600 + 1800
    assert found["extra_data"]["late"]["after_late_due"] is False
    assert "1 day and 1 hour and 30 minutes after the due date" in found["output"]
    assert "takes off 1 of the 9 points: the score is 8." in found["output"]
    assert found["extra_data"]["late"]["penalty"] == 1.0
    assert found["extra_data"]["sandbox"]["tier"] == 1
    assert found["extra_data"]["flags"] == []
    assert found["extra_data"]["earlier_submissions"] == 1
    assert found["stdout_visibility"] == "hidden"


def test_public_tests_are_visible_and_hidden_checks_wait_for_the_marks(out: Path) -> None:
    found = read(out, "honest-and-late")
    public = entries(found, "softmax", hidden=False)
    assert [(t["name"], t["number"], t["status"]) for t in public] == [("softmax: public tests", "1", "passed")]
    hidden = entries(found, "softmax", hidden=True)
    assert [t["number"] for t in hidden] == [f"1.{n}" for n in range(1, len(find_bank("softmax").checks) + 1)]
    assert {t["visibility"] for t in hidden} == {"after_published"}
    assert {t["visibility"] for t in found["tests"] if t["name"].startswith("causal_mask: ")} == {"visible"}, (
        "these checks are public"
    )


def test_a_question_marked_by_hand_is_listed_and_is_no_zero(out: Path) -> None:
    answered = read(out, "honest-and-late")["tests"][-1]
    assert answered["name"] == "reflect: marked by hand (2 points)"
    assert not {"score", "max_score", "status"} & set(answered)
    assert "waits for a person" in answered["output"]
    assert "no answer yet" in read(out, "wrong")["tests"][-1]["output"]


def test_a_wrong_function_gets_the_engines_marks_and_words(out: Path) -> None:
    """Also: under another name, in a folder, by a group, in the notebook for Otter."""
    found = read(out, "wrong")
    bank = find_bank("causal_mask")
    wrong = next(m for m in bank.misconceptions if m.name == "first_sees_first")
    space: dict[str, Any] = {}
    text = student_text("causal_mask", wrong.implementation)
    exec(text, space)
    reference = InputSets({"causal_mask": bank}, SECRET, NAME, INPUT_SETS).reference_for("causal_mask", [text])
    verdicts = judge_with(reference, 2.0, partial(observe, namespace=space), [text], root="causal_mask")
    assert found["score"] == pytest.approx(7.0 + sum(v.points for v in verdicts))
    shown = entries(found, "causal_mask", hidden=False)
    assert [(t["status"] == "passed", t["score"]) for t in shown[1:]] == [
        (v.passed, round(v.points, 4)) for v in verdicts
    ]
    for verdict, test in zip(verdicts, shown[1:], strict=True):
        said = [] if verdict.passed else [verdict.message, f"Likely cause: {wrong.text}"]
        assert html.unescape(test["output"]).split("\n\n") == (said or ["Passed."])
    assert (shown[0]["name"], shown[0]["status"]) == ("causal_mask: public tests", "passed"), "they see squares only"
    assert found["extra_data"]["flags"] == ["renamed"]
    assert "another name" in found["output"]


def test_a_hostile_submission_gets_nothing_and_breaks_out_of_nothing(out: Path) -> None:
    found = read(out, "hostile")
    assert scores(found)["softmax"] == scores(found)["causal_mask"] == 0.0
    assert found["score"] == 4.0
    text = json.dumps(found)
    assert "BROKE OUT" not in text
    assert not [t for t in found["tests"] if "<" in t["output"] or "`" in t["output"] or "**" in t["output"]]
    assert any("alert&#40;" in t["output"] for t in found["tests"]), "the error is shown, and harmless"


def test_a_crash_in_student_code_still_has_a_result(out: Path) -> None:
    found = read(out, "crashing")
    assert found["extra_data"]["status"] == "crashed"
    assert scores(found)["softmax"] == pytest.approx(3.0, abs=0.01)
    assert scores(found)["causal_mask"] == 0.0
    assert "While it ran: the student's code ended its process" in html.unescape(found["output"])


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("empty", "there is no notebook"),
        ("nothing-and-too-late", "there is no notebook"),
        ("two-notebooks", "2 notebooks"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(out: Path, case: str, reason: str) -> None:
    found = read(out, case)
    assert (found["score"], found["extra_data"]["status"]) == (0.0, "invalid")
    assert len(found["tests"]) == 1
    assert reason in html.unescape(found["tests"][0]["output"])
    assert found["tests"][0]["visibility"] == "visible"


def test_what_is_handed_in_after_the_last_date_is_told(out: Path) -> None:
    found = read(out, "nothing-and-too-late")
    assert found["extra_data"]["late"]["after_late_due"] is True
    assert "8 days after the due date" in found["output"]


def test_our_fault_is_no_zero_the_student_keeps_the_last_score(out: Path) -> None:
    found = read(out, "our-fault")
    assert found["score"] == 7.25, "of the submission before the one that failed as well"
    assert found["extra_data"]["needs_person"] is True
    assert "not a mark" in found["output"]
    assert "no such assignment" in found["extra_data"]["reason"]
    assert "no such assignment" in (out / "our-fault.log").read_text()
    assert "no such assignment" not in found["output"] + json.dumps(found["tests"]), "for instructors, not for the page"


def test_a_grader_that_cannot_start_leaves_a_result_that_says_so_and_the_last_score(out: Path) -> None:
    found = read(out, "killed")
    other = ["/usr/bin/python3", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    usable = os.path.exists(other[0]) and not subprocess.run(other, check=False).returncode
    assert found["score"] == (7.25 if usable else 0.0), "written by the machine's own Python, if it has one"
    assert found["extra_data"]["status"] == "grader_error"
    assert "A person must look" in found["output"]
    assert "the grader ended with 1" in (out / "killed.log").read_text()
