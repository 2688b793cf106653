"""The JSON of `run` and `grade`, on which scripts, the hub and Gradescope rely: its keys, types and words."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, get_args

import pytest

from autograder.model import QuestionStatus, SubmissionStatus
from autograder.samples.classes import Sample, misconception
from benchmarks.load import FUNCTIONS
from tests.conftest import WARMUP, MakeCourse, autograder, json_lines
from tests.engine.banks import find_bank

SAMPLES = [
    Sample("right"),
    Sample(
        "wrong",
        {"scaled_dot_product_attention": misconception(find_bank("scaled_dot_product_attention"), "not_scaled")},
    ),
    Sample("unfinished", {"softmax": None, "scaled_dot_product_attention": None, "reflect": None}),
]
QUESTIONS = [*FUNCTIONS, "reflect"]  # as they stand in the notebook
DIAGNOSIS = {"misconception": str, "text": str}  # or null
SHAPE = {
    "assignment": str,
    "student": str,
    "status": get_args(SubmissionStatus),
    "score": (int, float),
    "max_score": (int, float),
    "device": ("cpu", "cuda"),
    "sandbox": {"tier": (0, 1, 2), "layers": [str]},
    "flags": [str],
    "reason": str,
    "questions": [
        {
            "id": tuple(QUESTIONS),
            "status": get_args(QuestionStatus),
            "score": (int, float),
            "max_score": (int, float),
            "message": str,
            "checks": [
                {
                    "name": str,
                    "passed": bool,
                    "points": (int, float),
                    "message": str,
                    "diagnosis": DIAGNOSIS,
                }
            ],
        }
    ],
    "seconds": {"total": float, "cells": float, "checks": float},
}


def faults(value: Any, shape: Any, where: str = "") -> list[str]:
    """Where `value` differs from `shape`: a type, the words or types allowed, keys, or what a list is made of."""
    if shape is DIAGNOSIS and value is None:
        return []
    match shape:
        case dict():
            if not isinstance(value, dict) or list(value) != list(shape):
                return [f"{where}: {value}"]
            return [f for key, inner in shape.items() for f in faults(value[key], inner, f"{where}.{key}")]
        case list():
            if not isinstance(value, list):
                return [f"{where}: {value}"]
            return [f for n, one in enumerate(value) for f in faults(one, shape[0], f"{where}[{n}]")]
        case tuple() if isinstance(shape[0], type):
            return [] if type(value) in shape else [f"{where}: {value!r}"]
        case tuple():
            return [] if value in shape else [f"{where}: {value!r}"]
    return [] if type(value) is shape else [f"{where}: {value!r}"]


class Ran:
    def __init__(self, course: Path, graded: CompletedProcess[str]) -> None:
        self.course, self.graded = course, graded
        self.by_student = {line["student"]: line for line in json_lines(graded.stdout)}


@pytest.fixture(scope="module")
def ran(make_short: MakeCourse) -> Ran:
    course = make_short("shape", SAMPLES).root
    return Ran(course, autograder(course, "grade", WARMUP, "--json"))


def question(line: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [q for q in line["questions"] if q["id"] == name]
    return found


@pytest.mark.parametrize("student", ["right", "wrong", "unfinished"])
def test_each_line_of_grade_has_the_shape(ran: Ran, student: str) -> None:
    line = ran.by_student[student]
    assert faults(line, SHAPE) == []
    assert [q["id"] for q in line["questions"]] == QUESTIONS
    assert line["score"] == sum(q["score"] for q in line["questions"])
    assert (line["assignment"], line["max_score"]) == (WARMUP, 11)


def test_results_go_to_stdout_and_all_else_to_stderr(ran: Ran) -> None:
    assert ran.graded.returncode == 0
    assert len(ran.graded.stdout.splitlines()) == len(SAMPLES)
    assert f"{len(SAMPLES)} graded: {len(SAMPLES)} graded" in ran.graded.stderr
    assert "gradebook: sqlite" in ran.graded.stderr


def test_a_right_submission_in_words(ran: Ran) -> None:
    line = ran.by_student["right"]
    assert (line["status"], line["score"], line["reason"], line["flags"]) == ("graded", 9, "", [])
    assert {q["id"]: q["status"] for q in line["questions"]} == {
        name: "needs_manual" if name == "reflect" else "passed" for name in QUESTIONS
    }
    assert all(c["passed"] and c["diagnosis"] is None for q in line["questions"] for c in q["checks"])


def test_a_wrong_submission_in_words(ran: Ran) -> None:
    found = question(ran.by_student["wrong"], "scaled_dot_product_attention")
    assert found["status"] in ("partial", "failed")
    failed = [c for c in found["checks"] if not c["passed"]]
    assert failed
    assert all(c["points"] == 0 and c["message"] for c in failed)
    assert {c["diagnosis"]["misconception"] for c in failed if c["diagnosis"]} == {"not_scaled"}


def test_an_unfinished_submission_in_words(ran: Ran) -> None:
    line = ran.by_student["unfinished"]
    for name in ("softmax", "scaled_dot_product_attention", "reflect"):
        assert (question(line, name)["status"], question(line, name)["score"]) == ("missing", 0)
    assert question(line, "causal_mask")["status"] == "passed"


def test_run_prints_the_same_object(ran: Ran) -> None:
    notebook = ran.course / "submitted" / "wrong" / WARMUP / f"{WARMUP}.ipynb"
    words = ("run", str(notebook), "--assignment", WARMUP, "--student", "wrong", "--json")
    done = autograder(ran.course, *words)
    assert (done.returncode, done.stderr) == (0, "")
    line = json.loads(done.stdout)
    assert faults(line, SHAPE) == []
    graded = ran.by_student["wrong"]
    assert {k: v for k, v in line.items() if k != "seconds"} == {k: v for k, v in graded.items() if k != "seconds"}
