"""Writes the executed notebook that TAs and the formgrader open, and scores cells of asserts; after the judge.

A graded cell gets its score in the form that nbgrader reads: one execute_result that is a plain float. Outputs that
would change nbgrader's score (an error, the stream stderr) are converted to ordinary text. The judgement is stored in
the notebook's metadata (see `record.py`), and each cell that the student added is marked in its own metadata.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.grading.record import Judgement, notebook_metadata
from autograder.grading.submission import RebuiltCell
from autograder.model import OURS, MasterNotebook, QuestionResult
from autograder.rendering.text import points
from autograder.sandbox.execution import CellRun

JSON_MIME = re.compile(r"application/(.*\+)?json")  # nbformat's schema: any JSON for these, text for the rest
WIDTH = 88  # columns: what a feedback page shows of preformatted text without scrolling
SPLIT_MIMES = ("application/javascript", "image/svg+xml")  # besides text/*, what nbformat stores line by line


@dataclass(frozen=True)
class ExecutedCell:
    cell: RebuiltCell
    run: CellRun


def executed_notebook(master: MasterNotebook, cells: Sequence[ExecutedCell], judgement: Judgement) -> str:
    """The text of the autograded .ipynb: sorted keys and an indent of one, as nbformat writes it."""
    graded = {q.grade_id: q for q in judgement.questions}
    used: set[str] = set()
    given = {cell.source.strip() for cell in master.cells}
    notebook = {
        "cells": [_cell(executed, graded, used, given) for executed in cells],
        "metadata": {**master.metadata, **notebook_metadata(judgement)},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cell(executed: ExecutedCell, graded: dict[str, QuestionResult], used: set[str], given: set[str]) -> dict[str, Any]:
    cell, run = executed.cell, executed.run
    made: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": _cell_id(cell, used),
        "metadata": _metadata(cell, given),
        "source": cell.source.splitlines(keepends=True),
    }
    if cell.kind != "code":
        return made
    outputs = [o for o in map(_validate_output, run.outputs) if o is not None]
    question = None if cell.master is None or cell.master.grade_id is None else graded.get(cell.master.grade_id)
    if question is not None and question.judged_by != "hand":
        verdicts, score = _marks(question, run)
        outputs = [verdicts, *(_disarm_output(o) for o in outputs), score]
    made["execution_count"] = run.execution_count
    made["outputs"] = outputs
    return made


def _metadata(cell: RebuiltCell, given: set[str]) -> dict[str, Any]:
    """The instructor's metadata; a cell whose text is not from the instructor's notebook is marked as the student's."""
    if cell.master is not None:
        return dict(cell.master.metadata)
    return {} if cell.source.strip() in given else {OURS: {"own": True}}


def _cell_id(cell: RebuiltCell, used: set[str]) -> str:
    if cell.master is not None:
        used.add(cell.master.cell_id)
        return cell.master.cell_id
    number = 0
    while True:
        name = hashlib.sha256(f"{number}\n{cell.kind}\n{cell.source}".encode()).hexdigest()[:16]
        if name not in used:
            used.add(name)
            return name
        number += 1


def _marks(question: QuestionResult, run: CellRun) -> list[dict[str, Any]]:
    """The verdicts as text, and the score as the plain float that nbgrader reads."""
    lines = [f"{question.id}: {points(question.score)} of {points(question.max_score)} points"]
    named = dict.fromkeys(v.diagnosis.text for v in question.checks if v.diagnosis is not None)
    for text in (*named, question.message):
        lines += textwrap.wrap(text, WIDTH)
    said: set[object] = set()  # show the numbers of one diagnosed mistake once, not for every check
    for verdict in question.checks:
        if verdict.passed:
            lines.append(f"  ✓ {verdict.name}")
            continue
        reason = verdict.diagnosis or verdict.message
        lines.append(
            f"  {'◐' if verdict.points else '✗'} {verdict.name}{': the same mistake' if reason in said else ''}"
        )
        for paragraph in verdict.message.splitlines() if reason not in said else ():
            lines += textwrap.wrap(paragraph, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
        said.add(reason)
    return [
        {"name": "stdout", "output_type": "stream", "text": [f"{line}\n" for line in lines]},
        {
            "data": {"text/plain": [repr(float(question.score))]},
            "execution_count": run.execution_count,
            "metadata": {},
            "output_type": "execute_result",
        },
    ]


def _disarm_output(output: dict[str, Any]) -> dict[str, Any]:
    """Converts an output so that it reads the same and nbgrader's determine_grade ignores it."""
    match output["output_type"]:
        case "error":
            text = "\n".join(output["traceback"]) + "\n"
            return {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}
        case "stream":
            return {**output, "name": "stdout"}
        case "execute_result":
            return {k: v for k, v in {**output, "output_type": "display_data"}.items() if k != "execution_count"}
    return output


def _validate_output(output: dict[str, Any]) -> dict[str, Any] | None:
    """An output of the student's process, reduced to the fields of nbformat's schema; None if it does not fit."""
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return {"name": name, "output_type": "stream", "text": _clean(text).splitlines(keepends=True)}
        case {"output_type": "error", "ename": str(ename), "evalue": str(evalue), "traceback": list(lines)}:
            return {
                "ename": _clean(ename),
                "evalue": _clean(evalue),
                "output_type": "error",
                "traceback": [_clean(str(line)) for line in lines],
            }
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data), "metadata": dict(metadata)}:
            made = {"data": _bundle(data), "metadata": _plain_json(metadata), "output_type": kind}
            if kind == "execute_result":
                count = output.get("execution_count")
                made["execution_count"] = count if type(count) is int and count >= 0 else None
            return made
    return None


def _bundle(data: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for mime, value in data.items():
        mime = _clean(mime)
        if JSON_MIME.fullmatch(mime):
            made[mime] = _plain_json(value)
        elif isinstance(value, str):
            split = mime.startswith("text/") or mime in SPLIT_MIMES
            made[mime] = _clean(value).splitlines(keepends=True) if split else _clean(value)
    return made


def _plain_json(value: Any) -> Any:
    """Replaces NaN and infinity, which JSON does not have, by null."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case str():
            return _clean(value)
        case list():
            return [_plain_json(v) for v in value]
        case dict():
            return {_clean(str(k)): _plain_json(v) for k, v in value.items()}
    return value


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()  # lone surrogates cannot be written to a file


def asserts_score(run: CellRun, max_score: float) -> float:
    """The score of a cell of asserts by nbgrader's rule: 0 for an error, a float result as it is, else `max_score`.

    Unlike nbgrader, output on stderr does not give 0, because a warning is not a mistake.
    """
    if run.trouble is not None:
        return 0.0
    for output in run.outputs:
        if output.get("output_type") == "error":
            return 0.0
        if output.get("output_type") == "execute_result":
            return _partial_score(output, max_score)
    return max_score


def _partial_score(output: dict[str, Any], max_score: float) -> float:
    data = output.get("data")
    try:
        value = float(data["text/plain"])  # type: ignore[index]  # a value that is not a number is caught below
    except (TypeError, KeyError, ValueError):
        return max_score
    return value if 0 <= value <= max_score else 0.0 if value > max_score else max_score
