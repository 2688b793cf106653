"""A Result as the JSON object that `run --json` and `grade --json` print."""

from __future__ import annotations

from typing import Any

from autograder.model import QuestionResult, Result, Verdict


def result_json(result: Result) -> dict[str, Any]:
    return {
        "assignment": result.assignment,
        "student": result.student,
        "status": result.status,
        "score": result.score,
        "max_score": result.max_score,
        "device": result.device,
        "sandbox": {"tier": result.tier, "layers": list(result.layers)},
        "flags": list(result.flags),
        "reason": result.reason,
        "questions": [_question(q) for q in result.questions],
        "seconds": {
            "total": round(result.seconds.total, 4),
            "cells": round(result.seconds.cells, 4),
            "checks": round(result.seconds.checks, 4),
        },
    }


def _question(question: QuestionResult) -> dict[str, Any]:
    return {
        "id": question.id,
        "status": question.status,
        "score": question.score,
        "max_score": question.max_score,
        "message": question.message,
        "checks": [_check(v) for v in question.checks],
    }


def _check(verdict: Verdict) -> dict[str, Any]:
    diagnosis = verdict.diagnosis
    return {
        "name": verdict.name,
        "passed": verdict.passed,
        "points": verdict.points,
        "message": verdict.message,
        "diagnosis": None if diagnosis is None else {"misconception": diagnosis.misconception, "text": diagnosis.text},
    }
