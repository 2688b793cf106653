"""`check("softmax")` in an author's own kernel: runs the hidden checks with the same judge, without a sandbox.

It is not on the path of grading: it trusts the function that it runs.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.course import find_course
from autograder.judging.banks import Banks
from autograder.judging.draw import derive_seed
from autograder.judging.judge import judge_question
from autograder.model import Verdict
from autograder.sandbox.inside.probing import observe


class CheckFailed(AssertionError):
    """A function failed some of its checks; the text says which and why."""


def check(name: str, *, namespace: Mapping[str, Any] | None = None) -> None:
    """Runs the checks of the function `name` and prints a summary.

    The function is looked up in `namespace`; without one, in the calling frames from the inside out, then in __main__.
    The bank is that of the course around the current folder. Raises CheckFailed when a check fails, and UsageError
    if there is no course or no bank of that name.
    """
    bank = Banks(find_course(Path.cwd()).root, measure=True).find(name)
    given = namespace if namespace is not None else _calling_namespace(name)
    verdicts = judge_question(
        bank,
        float(bank.weight),
        lambda probe: observe(probe, given, catch=Exception),
        seed_of=lambda one: derive_seed(b"in-process", "author", name, one),
        source=cells_of(given, name),
    )
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if failed:
        raise CheckFailed(_summary(name, failed, len(verdicts)))
    print(f"{name}: all {len(verdicts)} checks passed")


def _calling_namespace(name: str) -> Mapping[str, Any]:
    """The first namespace that defines `name`, from the caller's frame outwards; else that of __main__."""
    frame = sys._getframe(2)
    while frame is not None:
        if name in frame.f_locals:
            return dict(frame.f_locals)
        if name in frame.f_globals:
            return frame.f_globals
        frame = frame.f_back  # type: ignore[assignment]  # None after the outermost, which ends the loop
    return vars(sys.modules["__main__"])


def cells_of(namespace: Mapping[str, Any], name: str) -> list[str]:
    """The code to check rules on: IPython's cells if there are any, else the source of the function's module."""
    history = namespace.get("In")
    if isinstance(history, list):
        return [cell for cell in history if isinstance(cell, str)]
    module = inspect.getmodule(namespace.get(name))
    try:
        return [inspect.getsource(module)] if module is not None else []
    except (OSError, TypeError):  # typed at a prompt: there is no source to search
        return []


def _summary(name: str, failed: list[Verdict], total: int) -> str:
    lines = [f"{name}: {total - len(failed)} of {total} checks passed"]
    lines += [f"  {verdict.name}: {verdict.message}" for verdict in failed]
    diagnosis = failed[0].diagnosis
    return "\n".join([*lines, f"  Likely cause: {diagnosis.text}"] if diagnosis else lines)
